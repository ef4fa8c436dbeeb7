//! The pump's memory, with a power supply that can fail.

use pump::{ControlCopy, MemoryStorage, Slot, Storage, StorageError};
use std::cell::Cell;
use std::rc::Rc;

/// The power supply; all its handles are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Power(Rc<Cell<State>>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Writes still carried out; none: no end.
    left: Option<u32>,
    torn: bool,
}

impl Power {
    /// When it fails.
    pub(crate) fn fail_after(&self, left: Option<u32>, torn: bool) {
        self.0.set(State { left, torn });
    }

    /// How much of a write of `length` bytes is carried out.
    fn allowed(&self, length: usize) -> usize {
        let State { left, torn } = self.0.get();
        let (allowed, left, torn) = match left {
            None => (length, None, torn),
            Some(0) if torn => (length / 2, Some(0), false),
            Some(0) => (0, Some(0), false),
            Some(left) => (length, Some(left - 1), torn),
        };
        self.0.set(State { left, torn });
        allowed
    }
}

/// Memory that stops writing when its power fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    inner: MemoryStorage,
    power: Power,
}

impl Memory {
    /// Empty memory on a power supply.
    pub(crate) fn on(power: &Power) -> Self {
        Memory { inner: MemoryStorage::new(), power: power.clone() }
    }
}

impl Storage for Memory {
    fn capacity(&self) -> u32 {
        self.inner.capacity()
    }

    fn slot(&self, slot: Slot) -> &[u8] {
        self.inner.slot(slot)
    }

    fn erase(&mut self, slot: Slot) -> Result<(), StorageError> {
        // An erasure is carried out or not.
        if self.power.allowed(1) == 0 { Err(StorageError::Failed) } else { self.inner.erase(slot) }
    }

    fn program(&mut self, slot: Slot, bytes: &[u8]) -> Result<(), StorageError> {
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
