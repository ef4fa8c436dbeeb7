//! The pump's memory, with a power supply that can fail and slots that can lose a byte.

use infuzz::device::{Held, Observation};
use pump::{ControlCopy, MemoryStorage, Slot, Storage, StorageError, Therapy};
use std::cell::Cell;
use std::rc::Rc;

/// The power supply, and what has become of the memory; all its handles are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Power(Rc<Cell<State>>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Writes still carried out; none: no end.
    left: Option<u32>,
    torn: bool,
    /// The slot that has lost its last byte.
    damaged: Option<Slot>,
}

impl Power {
    /// When it fails.
    pub(crate) fn fail_after(&self, left: Option<u32>, torn: bool) {
        self.0.set(State { left, torn, ..self.0.get() });
    }

    /// A slot loses its last byte; none: no slot does.
    pub(crate) fn damage(&self, damaged: Option<Slot>) {
        self.0.set(State { damaged, ..self.0.get() });
    }

    /// How much of a write of `length` bytes is carried out.
    fn allowed(&self, length: usize) -> usize {
        let State { left, torn, damaged } = self.0.get();
        let (allowed, left, torn) = match left {
            None => (length, None, torn),
            Some(0) if torn => (length / 2, Some(0), false),
            Some(0) => (0, Some(0), false),
            Some(left) => (length, Some(left - 1), torn),
        };
        self.0.set(State { left, torn, damaged });
        allowed
    }
}

/// Memory that stops writing when its power fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    inner: MemoryStorage,
    power: Power,
    /// How often each slot was written or erased.
    changes: [u64; 3],
}

impl Memory {
    /// Empty memory on a power supply.
    pub(crate) fn on(power: &Power) -> Self {
        Memory { inner: MemoryStorage::new(), power: power.clone(), changes: [0; 3] }
    }

    /// The slot in which exactly these bytes stand.
    pub(crate) fn slot_at(&self, bytes: &[u8]) -> Option<Slot> {
        Slot::ALL.into_iter().find(|slot| self.slot(*slot).as_ptr() == bytes.as_ptr())
    }

    /// A number that is another one whenever the content of the slot may be.
    pub(crate) fn version(&self, slot: Slot) -> u64 {
        self.changes[slot as usize] << 1 | u64::from(self.power.0.get().damaged == Some(slot))
    }
}

impl Storage for Memory {
    fn capacity(&self) -> u32 {
        self.inner.capacity()
    }

    fn slot(&self, slot: Slot) -> &[u8] {
        let bytes = self.inner.slot(slot);
        match bytes.split_last() {
            Some((_, rest)) if self.power.0.get().damaged == Some(slot) => rest,
            _ => bytes,
        }
    }

    fn erase(&mut self, slot: Slot) -> Result<(), StorageError> {
        self.changes[slot as usize] += 1;
        if self.power.0.get().damaged == Some(slot) {
            self.power.damage(None);
        }
        // An erasure is carried out or not.
        if self.power.allowed(1) == 0 { Err(StorageError::Failed) } else { self.inner.erase(slot) }
    }

    fn program(&mut self, slot: Slot, bytes: &[u8]) -> Result<(), StorageError> {
        self.changes[slot as usize] += 1;
        let allowed = self.power.allowed(bytes.len());
        self.inner.program(slot, &bytes[..allowed])?;
        if allowed < bytes.len() { Err(StorageError::Failed) } else { Ok(()) }
    }

    fn control(&self, copy: ControlCopy) -> &[u8] {
        self.inner.control(copy)
    }

    fn write_control(&mut self, copy: ControlCopy, bytes: &[u8]) -> Result<(), StorageError> {
        let allowed = self.power.allowed(bytes.len());
        if allowed == bytes.len() {
            return self.inner.write_control(copy, bytes);
        }
        if allowed > 0 {
            // The new bytes up to where the power failed, the old ones after that.
            let mut mixed = bytes[..allowed].to_vec();
            mixed.extend(self.inner.control(copy).iter().skip(allowed));
            self.inner.write_control(copy, &mixed)?;
        }
        Err(StorageError::Failed)
    }
}

/// What each slot held last, by its version: a digest takes time in proportion to the library.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeldSlots([Option<(u64, Held)>; 3]);

impl HeldSlots {
    fn of(&mut self, memory: &Memory, slot: Slot) -> Held {
        let version = memory.version(slot);
        match self.0[slot as usize] {
            Some((known, held)) if known == version => held,
            _ => {
                let held = Held::of(memory.slot(slot));
                self.0[slot as usize] = Some((version, held));
                held
            }
        }
    }

    /// What can be seen of a pump, given the slots of its active and its staged library.
    pub(crate) fn observation(&mut self, memory: &Memory, slots: [Option<Slot>; 2], therapy: &Therapy) -> Observation {
        let [active, staged] = slots.map(|slot| slot.map(|slot| self.of(memory, slot)));
        Observation {
            active,
            staged,
            running: therapy.is_running(),
            rate: u64::from(therapy.rate()),
            vtbi: u64::from(therapy.vtbi()),
            infused: u64::from(therapy.infused()),
            ..Observation::default()
        }
    }
}
