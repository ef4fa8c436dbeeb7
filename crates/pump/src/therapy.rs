//! The infusion: a rate, a volume to be infused, and what has been infused of it.

/// Milliseconds in an hour.
const HOUR: u64 = 3_600_000;

/// Most of a bolus, what hosts can be told of: 1800 ml/h and 500 ml, in ten-thousandths.
pub const MOST_BOLUS: (u32, u32) = (18_000_000, 5_000_000);

/// A volume that is given at a rate of its own, within the infusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bolus {
    /// Its rate.
    pub rate: u32,
    /// Its volume.
    pub volume: u32,
    /// What is still to be given, in the 3,600,000th part of its unit.
    left: u64,
}

/// An infusion. Rates are in ten-thousandths of ml/h, volumes in ten-thousandths of a ml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Therapy {
    running: bool,
    rate: u32,
    vtbi: u32,
    /// What has been infused, in the 3,600,000th part of its unit.
    given: u64,
    /// The drug's id in the library, if an order named it.
    drug: Option<u16>,
    bolus: Option<Bolus>,
    boluses: u8,
    /// The rate that keeps the vein open once the volume has been infused; 0: none.
    kvo: u32,
}

impl Therapy {
    /// No infusion yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { running: false, rate: 0, vtbi: 0, given: 0, drug: None, bolus: None, boluses: 0, kvo: 0 }
    }

    /// Starts a new infusion at the bedside; nothing has been infused of it yet.
    pub fn start(&mut self, rate: u32, vtbi: u32) {
        *self = Self { running: vtbi > 0, rate, vtbi, kvo: self.kvo, ..Self::new() };
    }

    /// Starts a new infusion of a drug, whose id in the library this is.
    pub fn start_drug(&mut self, drug: u16, rate: u32, vtbi: u32) {
        self.start(rate, vtbi);
        self.drug = Some(drug);
    }

    /// Changes the rate of an infusion that runs, and what is left to be infused. What has been
    /// infused stays.
    pub fn change(&mut self, rate: u32, left: u32) {
        if self.running {
            self.rate = rate;
            self.vtbi = self.infused().saturating_add(left);
        }
    }

    /// The drug's id means nothing any more.
    pub fn forget_drug(&mut self) {
        self.drug = None;
    }

    /// The rate that keeps the vein open once the volume has been infused; 0: none. It is never
    /// faster than the infusion was.
    pub fn set_kvo(&mut self, rate: u32) {
        self.kvo = rate;
    }

    /// Stops the infusion, and a bolus for good.
    pub fn stop(&mut self) {
        self.running = false;
        self.bolus = None;
    }

    /// Goes on with an infusion that was stopped; whether there is one with something left.
    pub fn resume(&mut self) -> bool {
        self.running |= self.left() > 0;
        self.running
    }

    /// Gives a bolus, which counts as infused; whether it can: the infusion runs and has as much
    /// left, no other bolus is given, and neither number is 0 or above [`MOST_BOLUS`].
    pub fn give_bolus(&mut self, rate: u32, volume: u32) -> bool {
        let (most_rate, most_volume) = MOST_BOLUS;
        let can = self.running
            && self.bolus.is_none()
            && (1..=most_rate).contains(&rate)
            && (1..=most_volume.min(self.left())).contains(&volume);
        if can {
            self.bolus = Some(Bolus { rate, volume, left: u64::from(volume).saturating_mul(HOUR) });
            self.boluses = self.boluses.saturating_add(1);
        }
        can
    }

    /// Lets time pass; gives whether the volume has been infused with that. The infusion then stops,
    /// or keeps the vein open.
    pub fn tick(&mut self, milliseconds: u32) -> bool {
        if !self.running {
            return false;
        }
        let (mut left, had_left) = (u64::from(milliseconds), self.is_infusing());
        // Of bolus, infusion and open vein each ends at most once.
        while self.running && left > 0 {
            left = self.infuse(left);
        }
        had_left && !self.is_infusing()
    }

    /// Infuses at the rate of the moment until that changes; gives the milliseconds that are left.
    fn infuse(&mut self, milliseconds: u64) -> u64 {
        let rate = u64::from(self.bolus.map_or(self.flow(), |bolus| bolus.rate));
        let volume = rate.saturating_mul(milliseconds);
        let whole = u64::from(self.vtbi).saturating_mul(HOUR).saturating_sub(self.given);
        let room = if self.is_infusing() { self.bolus.map_or(whole, |bolus| bolus.left.min(whole)) } else { u64::MAX };
        let given = volume.min(room);
        self.given = self.given.saturating_add(given);
        if let Some(bolus) = &mut self.bolus {
            bolus.left = bolus.left.saturating_sub(given);
        }
        if volume < room {
            return 0;
        }
        let over = self.bolus.is_none_or(|bolus| bolus.left == 0);
        if over || !self.is_infusing() {
            self.bolus = None;
        }
        self.running = self.is_infusing() || self.kvo > 0;
        milliseconds.saturating_sub(room.div_ceil(rate.max(1)))
    }

    /// Whether the infusion runs, be it only to keep the vein open.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.running
    }

    /// Whether it runs and has something left.
    #[must_use]
    pub fn is_infusing(&self) -> bool {
        self.running && self.given < u64::from(self.vtbi).saturating_mul(HOUR)
    }

    /// Whether it only keeps the vein open.
    #[must_use]
    pub fn is_kvo(&self) -> bool {
        self.running && !self.is_infusing()
    }

    /// The bolus that is given.
    #[must_use]
    pub const fn bolus(&self) -> Option<&Bolus> {
        self.bolus.as_ref()
    }

    /// Boluses begun in this infusion, of which 255 are counted.
    #[must_use]
    pub const fn boluses(&self) -> u8 {
        self.boluses
    }

    /// The rate.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// The rate of the moment, a bolus apart: that of the infusion, or what keeps the vein open.
    #[must_use]
    pub fn flow(&self) -> u32 {
        if self.is_kvo() { self.kvo.min(self.rate) } else { self.rate }
    }

    /// The volume to be infused.
    #[must_use]
    pub const fn vtbi(&self) -> u32 {
        self.vtbi
    }

    /// The drug's id in the library in use, if an order named it.
    #[must_use]
    pub const fn drug(&self) -> Option<u16> {
        self.drug
    }

    /// What is left to be infused.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.vtbi.saturating_sub(self.infused())
    }

    /// The volume infused so far, rounded down.
    #[must_use]
    pub fn infused(&self) -> u32 {
        u32::try_from(self.given / HOUR).unwrap_or(u32::MAX)
    }
}
