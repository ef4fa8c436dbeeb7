//! What a therapy must be, as far as it follows from what was done at the bedside and from time.
//! Rates are in ten-thousandths of ml/h, volumes in ten-thousandths of a ml.

use crate::device::Act;

/// Parts of a volume: what flows in a millisecond at a rate of one.
const PARTS: u128 = 3_600_000;

/// What a person is called for, as bits.
pub mod alarm {
    /// Air in the line.
    pub const AIR: u8 = 1;
    /// The line is occluded.
    pub const OCCLUSION: u8 = 2;
    /// The volume has been infused.
    pub const INFUSION_ENDED: u8 = 4;
    /// The time of a standby is over.
    pub const STANDBY_ENDED: u8 = 8;
}

/// Whether and how the pump moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    /// It does not.
    #[default]
    Stopped,
    /// It infuses the volume.
    Infusing,
    /// It keeps the vein open.
    KeepingOpen,
}

/// A bolus that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bolus {
    /// Its rate.
    pub rate: u32,
    /// Its whole volume.
    pub volume: u32,
    /// Parts of the volume that are left.
    left: u128,
}

/// The therapy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Therapy {
    /// Whether and how the pump moves.
    pub motion: Motion,
    rate: u32,
    vtbi: u32,
    /// Parts of a volume that were infused.
    given: u128,
    /// The rate that keeps the vein open after the volume, if there is one.
    pub kvo: u32,
    /// The drug by its id in the library in use, if an order named it.
    pub drug: Option<u64>,
    /// The bolus that is given.
    pub bolus: Option<Bolus>,
    /// Boluses that were begun.
    pub boluses: u8,
    /// See [`alarm`].
    pub alarms: u8,
    /// Milliseconds of standby that are left.
    pub standby: u32,
}

impl Therapy {
    /// Whether something flows.
    pub fn is_running(&self) -> bool {
        self.motion != Motion::Stopped
    }

    /// Whether nothing may be begun.
    pub fn is_forbidden(&self) -> bool {
        self.alarms & (alarm::AIR | alarm::OCCLUSION) != 0
    }

    /// The rate of the therapy, whether it runs or not.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The volume to be infused.
    pub fn vtbi(&self) -> u32 {
        self.vtbi
    }

    /// What was infused, rounded down.
    pub fn infused(&self) -> u32 {
        u32::try_from(self.given / PARTS).unwrap_or(u32::MAX)
    }

    /// What is left of the volume.
    pub fn left(&self) -> u32 {
        self.vtbi.saturating_sub(self.infused())
    }

    /// The rate at which the vein is kept open.
    pub fn kept_open(&self) -> u32 {
        self.kvo.min(self.rate)
    }

    /// A therapy begins in place of the one before.
    pub fn start(&mut self, rate: u32, vtbi: u32) {
        if !self.is_forbidden() {
            let motion = if vtbi > 0 { Motion::Infusing } else { Motion::Stopped };
            *self = Therapy { motion, rate, vtbi, kvo: self.kvo, ..Therapy::default() };
        }
    }

    /// The therapy goes on at another rate, for so much more.
    pub fn change(&mut self, rate: u32, more: u32) {
        (self.rate, self.vtbi) = (rate, self.infused().saturating_add(more));
    }

    /// A person does something about it.
    pub fn act(&mut self, act: Act) {
        match act {
            Act::Start => self.start(Act::RATE, Act::VOLUME),
            Act::Stop => self.stop(),
            Act::Resume if self.is_forbidden() => {}
            Act::Resume if self.motion == Motion::Stopped && self.left() > 0 => {
                (self.motion, self.standby) = (Motion::Infusing, 0);
            }
            Act::Resume if self.motion == Motion::Infusing => self.standby = 0,
            Act::Bolus => {
                if self.motion == Motion::Infusing && self.bolus.is_none() && Act::BOLUS_VOLUME <= self.left() {
                    let (rate, volume) = (Act::BOLUS_RATE, Act::BOLUS_VOLUME);
                    self.bolus = Some(Bolus { rate, volume, left: u128::from(volume) * PARTS });
                    self.boluses = self.boluses.saturating_add(1);
                }
            }
            Act::Standby => {
                if self.motion == Motion::Stopped {
                    self.standby = Act::STANDBY_MINUTES * 60_000;
                }
            }
            Act::Air => self.alarmed(alarm::AIR),
            Act::Occlusion => self.alarmed(alarm::OCCLUSION),
            Act::Acknowledge => self.alarms = 0,
            Act::Resume | Act::Confirm | Act::Reject => {}
        }
    }

    fn stop(&mut self) {
        (self.motion, self.bolus) = (Motion::Stopped, None);
    }

    fn alarmed(&mut self, alarm: u8) {
        self.alarms |= alarm;
        self.stop();
    }

    /// Time passes.
    pub fn pass(&mut self, milliseconds: u32) {
        let mut time = u128::from(milliseconds);
        while time > 0 && self.motion == Motion::Infusing {
            let rate = u128::from(self.bolus.map_or(self.rate, |bolus| bolus.rate));
            let whole = (u128::from(self.vtbi) * PARTS).saturating_sub(self.given);
            let next = self.bolus.map_or(whole, |bolus| bolus.left.min(whole));
            // The first millisecond at which it is reached; never without a rate.
            let until = if rate == 0 { u128::MAX } else { next.div_ceil(rate) };
            let flown = if until > time { rate * time } else { next };
            self.given += flown;
            if let Some(bolus) = &mut self.bolus {
                bolus.left -= flown;
            }
            if until > time {
                break;
            }
            time -= until;
            if self.bolus.is_some_and(|bolus| bolus.left == 0) {
                self.bolus = None;
            }
            if flown == whole {
                self.alarms |= alarm::INFUSION_ENDED;
                self.bolus = None;
                self.motion = if self.kept_open() > 0 { Motion::KeepingOpen } else { Motion::Stopped };
            }
        }
        if self.motion == Motion::KeepingOpen {
            self.given += u128::from(self.kept_open()) * time;
        }
        if self.standby > 0 {
            self.standby = self.standby.saturating_sub(milliseconds);
            if self.standby == 0 {
                self.alarms |= alarm::STANDBY_ENDED;
            }
        }
    }
}
