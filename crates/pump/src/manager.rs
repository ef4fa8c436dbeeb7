//! Receiving, staging and activating libraries.
//!
//! The three slots of the storage change roles: one holds the active library, one a staged one,
//! and the third receives. The library that was active before stays until its slot is needed. The
//! roles stand in a control record of two copies. A change writes the older copy only, as its
//! last step, so whenever the power fails one whole copy tells the roles before or after.

use crate::format::{Idl1, LibraryFormat};
use crate::library::crc::checksum;
use crate::miva;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::storage::{ControlCopy, Slot, Storage, StorageError};

/// Why the manager did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A rule was broken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A rule of a MIVA library was broken.
    #[error(transparent)]
    Miva(#[from] miva::Refusal),
    /// The storage failed.
    #[error("storage: {0}")]
    Storage(#[from] StorageError),
}

impl Error {
    /// The refusal, if a rule of this format or of a transfer was broken.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            Error::Miva(_) | Error::Storage(_) => None,
        }
    }
}

/// What became of a library that was received whole and found valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It waits for its activation.
    Staged,
    /// It is the active library; nothing waits for an activation.
    AlreadyActive,
}

/// The state of the active library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There has not been any.
    NoLibrary,
    /// There is one.
    Active,
    /// There is one; it was staged, and power-on activated it.
    Activated,
    /// The active one was damaged in the storage; the one before it is active again.
    Restored,
    /// The active one was damaged in the storage, and there is none to replace it.
    Lost,
}

/// What the slots are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Roles {
    active: Option<Slot>,
    staged: Option<Slot>,
    /// What was active before.
    previous: Option<Slot>,
}

impl Roles {
    /// Whether the slot has a role.
    fn name(&self, slot: Slot) -> bool {
        [self.active, self.staged, self.previous].contains(&Some(slot))
    }
}

/// A copy of the control record that was not stored whole.
struct Damaged;

/// The control record.
#[derive(Debug, Clone, Copy, Default)]
struct Control {
    sequence: u32,
    roles: Roles,
}

impl Control {
    fn encode(self) -> [u8; 12] {
        let [s0, s1, s2, s3] = self.sequence.to_le_bytes();
        let Roles { active, staged, previous } = self.roles;
        let content = [s0, s1, s2, s3, slot_code(active), slot_code(staged), slot_code(previous), 0];
        let [c0, c1, c2, c3] = checksum(&content).to_le_bytes();
        let [a, b, c, d, e, f, g, h] = content;
        [a, b, c, d, e, f, g, h, c0, c1, c2, c3]
    }

    fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        // A copy never written reads as zeros, which their checksum does not match.
        let record: [u8; 12] = bytes.first_chunk().copied().unwrap_or([0; 12]);
        let [a, b, c, d, active, staged, previous, h, crc @ ..] = record;
        let content = [a, b, c, d, active, staged, previous, h];
        require!(checksum(&content) == u32::from_le_bytes(crc), Damaged);
        Ok(Self {
            sequence: u32::from_le_bytes([a, b, c, d]),
            roles: Roles { active: slot_from(active), staged: slot_from(staged), previous: slot_from(previous) },
        })
    }

    /// Whether it was written after the other one; sequence numbers wrap.
    fn is_newer_than(&self, other: &Self) -> bool {
        let ahead = self.sequence.wrapping_sub(other.sequence);
        ahead != 0 && ahead < 1 << 31
    }
}

fn slot_code(slot: Option<Slot>) -> u8 {
    match slot {
        None => 0,
        Some(Slot::A) => 1,
        Some(Slot::B) => 2,
        Some(Slot::C) => 3,
    }
}

fn slot_from(code: u8) -> Option<Slot> {
    match code {
        1 => Some(Slot::A),
        2 => Some(Slot::B),
        3 => Some(Slot::C),
        _ => None,
    }
}

/// The newest whole control record, and the copy to be written next.
fn newest<S: Storage>(storage: &S) -> (Control, ControlCopy) {
    let first = Control::decode(storage.control(ControlCopy::First));
    let second = Control::decode(storage.control(ControlCopy::Second));
    match (first, second) {
        (Ok(first), Ok(second)) if second.is_newer_than(&first) => (second, ControlCopy::First),
        (Ok(first), _) => (first, ControlCopy::Second),
        (Err(Damaged), Ok(second)) => (second, ControlCopy::First),
        (Err(Damaged), Err(Damaged)) => (Control::default(), ControlCopy::First),
    }
}

/// A valid library in a slot.
#[derive(Debug, Clone)]
struct Held<I> {
    slot: Slot,
    index: I,
}

impl<I> Held<I> {
    fn check<S: Storage, F: LibraryFormat<Index = I>>(storage: &S, slot: Slot) -> Result<Self, Error> {
        let index = F::validate(storage.slot(slot))?;
        Ok(Self { slot, index })
    }
}

/// The transfer of a library.
#[derive(Debug, Clone, Copy)]
struct Transfer {
    running: bool,
    slot: Slot,
    announced: u32,
    received: u32,
}

/// The manager of the libraries in a storage.
#[derive(Debug, Clone)]
pub struct Manager<S, F: LibraryFormat = Idl1> {
    storage: S,
    status: Status,
    /// Libraries activated since power-on.
    activations: u32,
    active: Option<Held<F::Index>>,
    staged: Option<Held<F::Index>>,
    previous: Option<Slot>,
    transfer: Transfer,
    /// The newest control record, as it is stored.
    control: Control,
    /// Its older copy, to be written next.
    older: ControlCopy,
}

impl<S: Storage, F: LibraryFormat> Manager<S, F> {
    /// Finds the libraries in the storage, and activates a staged one.
    pub fn power_on(storage: S) -> Self {
        let (control, older) = newest(&storage);
        let roles = control.roles;
        let hold = |slot: Option<Slot>| Held::check::<S, F>(&storage, slot?).ok();
        let staged = hold(roles.staged);
        let mut active = hold(roles.active);
        let mut previous = roles.previous;
        let mut status = match (&active, roles.active) {
            (Some(_), _) => Status::Active,
            (None, None) => Status::NoLibrary,
            (None, Some(_)) => Status::Lost,
        };
        if status == Status::Lost {
            active = hold(previous.take());
            if active.is_some() {
                status = Status::Restored;
            }
        }
        let mut manager = Self {
            storage,
            status,
            activations: 0,
            active,
            staged,
            previous,
            transfer: Transfer { running: false, slot: Slot::A, announced: 0, received: 0 },
            control,
            older,
        };
        // Should the storage fail now, the library stays staged.
        if manager.staged.is_some() && manager.switch().is_ok() {
            manager.status = Status::Activated;
        }
        manager
    }

    /// The storage.
    #[must_use]
    pub const fn storage(&self) -> &S {
        &self.storage
    }

    /// Gives the storage back; what is in it stays.
    #[must_use]
    pub fn into_storage(self) -> S {
        self.storage
    }

    /// The state of the active library.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The active library.
    #[must_use]
    pub fn active(&self) -> Option<F::Library<'_>> {
        self.active.as_ref().map(|held| self.view(held))
    }

    /// The staged library.
    #[must_use]
    pub fn staged(&self) -> Option<F::Library<'_>> {
        self.staged.as_ref().map(|held| self.view(held))
    }

    /// How often a library was activated since power-on, modulo 2³².
    #[must_use]
    pub const fn activations(&self) -> u32 {
        self.activations
    }

    /// Whether a transfer is under way.
    #[must_use]
    pub const fn is_receiving(&self) -> bool {
        self.transfer.running
    }

    fn view<'m>(&'m self, held: &'m Held<F::Index>) -> F::Library<'m> {
        F::library(self.storage.slot(held.slot), &held.index)
    }

    /// Begins the transfer of a library of so many bytes; one under way is broken off.
    ///
    /// # Errors
    /// `transfer.size` if no slot can hold as many bytes.
    pub fn begin(&mut self, length: u32) -> Result<(), Error> {
        self.break_off()?;
        require!((1..=self.storage.capacity()).contains(&length), Refusal::transfer(Rule::TransferSize));
        let slot = self.free_slot();
        if self.control.roles.name(slot) {
            // What is received must not be taken for a library that was in the slot.
            let roles = self.roles();
            self.write_control(Roles { previous: roles.previous.filter(|previous| *previous != slot), ..roles })?;
            self.previous = self.control.roles.previous;
        }
        self.storage.erase(slot)?;
        self.transfer = Transfer { running: true, slot, announced: length, received: 0 };
        Ok(())
    }

    /// Takes the next bytes of the library. A refusal ends the transfer.
    ///
    /// # Errors
    /// `transfer.idle` if no transfer is under way, `transfer.order` if the bytes are not the next
    /// ones, `transfer.size` if they are more than announced.
    pub fn chunk(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        require!(self.transfer.running, Refusal::transfer(Rule::TransferIdle));
        let result = self.store(offset, bytes);
        if result.is_err() {
            self.break_off()?;
        }
        result
    }

    fn store(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        let Transfer { slot, announced, received, .. } = self.transfer;
        require!(offset == received, Refusal::transfer(Rule::TransferOrder));
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        require!(length <= announced.saturating_sub(received), Refusal::transfer(Rule::TransferSize));
        self.storage.program(slot, bytes)?;
        self.transfer.received = received.saturating_add(length);
        Ok(())
    }

    /// Ends the transfer and checks what is in the slot. A valid library replaces the staged one.
    ///
    /// # Errors
    /// `transfer.idle` if no transfer is under way, `transfer.size` if bytes are missing, or the
    /// rule that the library breaks. The active and the staged library are then as before.
    pub fn finish(&mut self) -> Result<Receipt, Error> {
        require!(self.transfer.running, Refusal::transfer(Rule::TransferIdle));
        let result = self.stage();
        if result == Ok(Receipt::Staged) {
            self.transfer.running = false;
        } else {
            self.break_off()?;
        }
        result
    }

    fn stage(&mut self) -> Result<Receipt, Error> {
        let Transfer { slot, announced, received, .. } = self.transfer;
        require!(received == announced, Refusal::transfer(Rule::TransferSize));
        let held = Held::check::<S, F>(&self.storage, slot)?;
        let roles = self.roles();
        let content = self.storage.slot(slot);
        let is_active = roles.active.is_some_and(|active| self.storage.slot(active) == content);
        if is_active {
            if roles.staged.is_some() {
                self.write_control(Roles { staged: None, ..roles })?;
                self.staged = None;
            }
            return Ok(Receipt::AlreadyActive);
        }
        self.write_control(Roles { staged: Some(slot), ..roles })?;
        self.staged = Some(held);
        Ok(Receipt::Staged)
    }

    /// Breaks the transfer off.
    ///
    /// # Errors
    /// `transfer.idle` if no transfer is under way.
    pub fn abort(&mut self) -> Result<(), Error> {
        require!(self.transfer.running, Refusal::transfer(Rule::TransferIdle));
        self.break_off()
    }

    /// Ends a transfer under way, if any, and empties its slot.
    fn break_off(&mut self) -> Result<(), Error> {
        if self.transfer.running {
            self.transfer.running = false;
            self.storage.erase(self.transfer.slot)?;
        }
        Ok(())
    }

    /// Activates the staged library.
    ///
    /// # Errors
    /// `activation.staged` if there is none, `activation.therapy` if a therapy runs, or the rule
    /// that the library breaks if it is no longer valid; it is then not staged any more.
    pub fn activate(&mut self, therapy_running: bool) -> Result<(), Error> {
        require!(self.staged.is_some(), Refusal::activation(Rule::ActivationStaged));
        require!(!therapy_running, Refusal::activation(Rule::ActivationTherapy));
        let roles = self.roles();
        if let Some(slot) = roles.staged {
            match Held::check::<S, F>(&self.storage, slot) {
                Ok(held) => self.staged = Some(held),
                Err(refusal) => {
                    self.write_control(Roles { staged: None, ..roles })?;
                    self.staged = None;
                    return Err(refusal);
                }
            }
            self.switch()?;
            self.status = Status::Active;
            self.activations = self.activations.wrapping_add(1);
        }
        Ok(())
    }

    /// Makes the staged library, which has just been checked, the active one.
    fn switch(&mut self) -> Result<(), StorageError> {
        let roles = self.roles();
        self.write_control(Roles { active: roles.staged, staged: None, previous: roles.active })?;
        self.active = self.staged.take();
        self.previous = roles.active;
        Ok(())
    }

    fn roles(&self) -> Roles {
        Roles {
            active: self.active.as_ref().map(|held| held.slot),
            staged: self.staged.as_ref().map(|held| held.slot),
            previous: self.previous,
        }
    }

    /// A slot whose content is not needed; the previous library's only if there is no other.
    fn free_slot(&self) -> Slot {
        let roles = self.roles();
        let mut unused = Slot::ALL.into_iter().filter(|slot| ![roles.active, roles.staged].contains(&Some(*slot)));
        let first = unused.next().unwrap_or(Slot::C);
        if roles.previous == Some(first) {
            return unused.next().unwrap_or(first);
        }
        first
    }

    /// Writes the roles to the older copy of the control record.
    fn write_control(&mut self, roles: Roles) -> Result<(), StorageError> {
        let control = Control { sequence: self.control.sequence.wrapping_add(1), roles };
        let record = control.encode();
        self.storage.write_control(self.older, &record)?;
        require!(self.storage.control(self.older) == record, StorageError::Failed);
        self.control = control;
        self.older = self.older.other();
        Ok(())
    }
}
