//! A storage in main memory.

use alloc::vec::Vec;

use crate::storage::{ControlCopy, Slot, Storage, StorageError};

/// Storage in main memory: for pumps whose memory is backed by a battery, and for emulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryStorage {
    capacity: u32,
    slots: [Vec<u8>; 3],
    control: [Vec<u8>; 2],
}

impl MemoryStorage {
    /// The capacity of a slot unless told otherwise: 4 MiB.
    pub const CAPACITY: u32 = 4 << 20;

    /// An empty storage with slots of the usual capacity.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_capacity(Self::CAPACITY)
    }

    /// An empty storage with slots of the given capacity.
    #[must_use]
    pub const fn with_capacity(capacity: u32) -> Self {
        Self { capacity, slots: [Vec::new(), Vec::new(), Vec::new()], control: [Vec::new(), Vec::new()] }
    }

    fn slot_mut(&mut self, slot: Slot) -> &mut Vec<u8> {
        let [a, b, c] = &mut self.slots;
        match slot {
            Slot::A => a,
            Slot::B => b,
            Slot::C => c,
        }
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl Storage for MemoryStorage {
    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn slot(&self, slot: Slot) -> &[u8] {
        let [a, b, c] = &self.slots;
        match slot {
            Slot::A => a,
            Slot::B => b,
            Slot::C => c,
        }
    }

    fn erase(&mut self, slot: Slot) -> Result<(), StorageError> {
        self.slot_mut(slot).clear();
        Ok(())
    }

    fn program(&mut self, slot: Slot, bytes: &[u8]) -> Result<(), StorageError> {
        let capacity = usize::try_from(self.capacity).unwrap_or(usize::MAX);
        let content = self.slot_mut(slot);
        if bytes.len() > capacity.saturating_sub(content.len()) {
            return Err(StorageError::Full);
        }
        content.extend_from_slice(bytes);
        Ok(())
    }

    fn control(&self, copy: ControlCopy) -> &[u8] {
        let [first, second] = &self.control;
        match copy {
            ControlCopy::First => first,
            ControlCopy::Second => second,
        }
    }

    fn write_control(&mut self, copy: ControlCopy, bytes: &[u8]) -> Result<(), StorageError> {
        let [first, second] = &mut self.control;
        let control = match copy {
            ControlCopy::First => first,
            ControlCopy::Second => second,
        };
        control.clear();
        control.extend_from_slice(bytes);
        Ok(())
    }
}
