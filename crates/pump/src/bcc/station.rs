//! The station behind the device: its pillars, slots and pumps, and what they report.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use super::address::Address;

/// What is in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// No pump.
    Empty,
    /// A pump that answers.
    Pump,
    /// A pump that does not answer, and how it fails: 0 to 9.
    Silent(u8),
    /// The slot is not where the topology says, and how: 0 to 9.
    Misplaced(u8),
}

/// Where a device takes its values from.
pub trait Station {
    /// Seconds since power-on.
    fn seconds(&self) -> u32;

    /// What is in a slot; of [`Address::Device`], which is always there, it is not asked.
    fn slot(&self, address: Address) -> Slot;

    /// Tells name and value of each parameter that is reported of a pump, or of the device itself.
    fn parameters(&self, address: Address, tell: &mut dyn FnMut(&str, &str));

    /// The next pump of which a parameter changed that is reported at once.
    fn triggered(&mut self) -> Option<Address>;
}

/// A station in memory, for tests and simulations.
#[derive(Debug, Clone, Default)]
pub struct MemoryStation {
    seconds: u32,
    slots: BTreeMap<Address, Slot>,
    values: BTreeMap<Address, Vec<(String, String)>>,
    triggered: VecDeque<Address>,
}

impl MemoryStation {
    /// A station without pumps.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the seconds since power-on.
    pub fn set_seconds(&mut self, seconds: u32) {
        self.seconds = seconds;
    }

    /// Puts a pump into a slot, takes it out, or makes it fail.
    pub fn put(&mut self, address: Address, slot: Slot) {
        self.slots.insert(address, slot);
    }

    /// Sets a value that is reported from now on.
    pub fn report(&mut self, address: Address, name: &str, value: &str) {
        let values = self.values.entry(address).or_default();
        match values.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.into(),
            None => values.push((name.into(), value.into())),
        }
    }

    /// The same, for a value that is reported at once.
    pub fn trigger(&mut self, address: Address, name: &str, value: &str) {
        self.report(address, name, value);
        if !self.triggered.contains(&address) {
            self.triggered.push_back(address);
        }
    }
}

impl Station for MemoryStation {
    fn seconds(&self) -> u32 {
        self.seconds
    }

    fn slot(&self, address: Address) -> Slot {
        self.slots.get(&address).copied().unwrap_or(Slot::Empty)
    }

    fn parameters(&self, address: Address, tell: &mut dyn FnMut(&str, &str)) {
        for (name, value) in self.values.get(&address).into_iter().flatten() {
            tell(name, value);
        }
    }

    fn triggered(&mut self) -> Option<Address> {
        self.triggered.pop_front()
    }
}
