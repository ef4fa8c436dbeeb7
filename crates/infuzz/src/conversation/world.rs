//! What follows from the steps of a conversation beside what is said on its paths.

use super::therapy::{Motion, Therapy};
use crate::device::{Held, Observation};
use std::rc::Rc;

/// What the device must show, as far as it follows from what happened so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    /// The library in use.
    pub active: Option<Held>,
    /// The library that waits to be used.
    pub staged: Option<Held>,
    /// The largest library that the device has room for, if it says so.
    pub capacity: Option<u32>,
    /// The power fails after so many writes, or may have: what needs memory may fail.
    pub failing: Option<u32>,
    /// Libraries that may be in use after the power has failed: what was being stored then.
    pub perhaps: Vec<Held>,
    /// The bytes of the libraries that the device has had.
    pub(super) libraries: Vec<(Held, Rc<[u8]>)>,
    /// The therapy.
    pub therapy: Therapy,
    /// Rate and volume of the order that waits for a person.
    pub proposed: Option<[u32; 2]>,
    /// How far the last order has come, as the device numbers that.
    pub order_state: u8,
    /// Why it came no further: one of these codes.
    pub order_error: Vec<u16>,
    /// The device reports by itself, until the next restart.
    pub cyclic: bool,
}

impl World {
    /// The device may hold this library from now on.
    pub fn learn(&mut self, bytes: &[u8]) -> Held {
        let held = Held::of(bytes);
        if !self.libraries.iter().any(|(known, _)| *known == held) {
            self.libraries.push((held, bytes.into()));
        }
        held
    }

    /// The length of the largest library that the device has had.
    pub(super) fn largest(&self) -> usize {
        self.libraries.iter().map(|(_, bytes)| bytes.len()).max().unwrap_or(0)
    }

    /// The bytes of the library in use.
    pub fn active_bytes(&self) -> Option<&[u8]> {
        let active = self.active?;
        self.libraries.iter().find(|(held, _)| *held == active).map(|(_, bytes)| &**bytes)
    }

    pub(super) fn restart(&mut self) {
        self.active = self.staged.take().or(self.active);
        self.therapy = Therapy::default();
        (self.proposed, self.order_state) = (None, 0);
        self.order_error.clear();
    }

    /// What the device must show.
    pub fn due(&self) -> Observation {
        Observation {
            active: self.active,
            staged: self.staged,
            running: self.therapy.is_running(),
            rate: self.therapy.rate().into(),
            vtbi: self.therapy.vtbi().into(),
            infused: self.therapy.infused().into(),
            proposed: self.proposed.map(|numbers| numbers.map(u64::from)),
            alarms: self.therapy.alarms,
            keeps_open: self.therapy.motion == Motion::KeepingOpen,
            bolus: self.therapy.bolus.map(|bolus| [bolus.rate, bolus.volume].map(u64::from)),
            standby: self.therapy.standby.div_ceil(60_000),
        }
    }
}
