//! What the pump needs of its non-volatile memory.
//!
//! Three slots hold a library each. Two copies of a small control record say what the slots are
//! for. Any write may be the last one before the power fails, and of that one perhaps only the
//! first bytes are stored.

mod memory;

pub use memory::MemoryStorage;

/// A slot for a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The first one.
    A,
    /// The second one.
    B,
    /// The third one.
    C,
}

impl Slot {
    /// All slots.
    pub const ALL: [Slot; 3] = [Slot::A, Slot::B, Slot::C];
}

/// A copy of the control record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlCopy {
    /// The first one.
    First,
    /// The second one.
    Second,
}

impl ControlCopy {
    /// The other copy.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            ControlCopy::First => ControlCopy::Second,
            ControlCopy::Second => ControlCopy::First,
        }
    }
}

/// A write that the memory did not carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The slot has no room for the bytes.
    #[error("the slot is full")]
    Full,
    /// The memory does not work.
    #[error("the memory failed")]
    Failed,
}

/// The non-volatile memory.
pub trait Storage {
    /// How many bytes each slot can hold.
    fn capacity(&self) -> u32;

    /// What has been written to a slot since it was erased.
    fn slot(&self, slot: Slot) -> &[u8];

    /// Empties a slot.
    ///
    /// # Errors
    /// The memory failed.
    fn erase(&mut self, slot: Slot) -> Result<(), StorageError>;

    /// Appends bytes to a slot.
    ///
    /// # Errors
    /// The slot has no room, or the memory failed.
    fn program(&mut self, slot: Slot, bytes: &[u8]) -> Result<(), StorageError>;

    /// A copy of the control record; empty if it was never written.
    fn control(&self, copy: ControlCopy) -> &[u8];

    /// Replaces a copy of the control record.
    ///
    /// # Errors
    /// The memory failed.
    fn write_control(&mut self, copy: ControlCopy, bytes: &[u8]) -> Result<(), StorageError>;
}
