//! The infusion: a rate, a volume to be infused, and what has been infused of it.

/// Milliseconds in an hour.
const HOUR: u64 = 3_600_000;

/// An infusion. Rates are in ten-thousandths of ml/h, volumes in ten-thousandths of a ml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Therapy {
    running: bool,
    rate: u32,
    vtbi: u32,
    infused: u32,
    /// What has been infused beyond `infused`, in the 3,600,000th part of its unit.
    remainder: u64,
}

impl Therapy {
    /// No infusion yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { running: false, rate: 0, vtbi: 0, infused: 0, remainder: 0 }
    }

    /// Starts a new infusion at the bedside; nothing has been infused of it yet.
    pub fn start(&mut self, rate: u32, vtbi: u32) {
        *self = Self { running: vtbi > 0, rate, vtbi, infused: 0, remainder: 0 };
    }

    /// Stops the infusion.
    pub fn stop(&mut self) {
        self.running = false;
    }

    /// Lets time pass. The infusion stops when its volume has been infused.
    pub fn tick(&mut self, milliseconds: u32) {
        if !self.running {
            return;
        }
        let infused = u64::from(self.rate).saturating_mul(u64::from(milliseconds)).saturating_add(self.remainder);
        let left = self.vtbi.saturating_sub(self.infused);
        match u32::try_from(infused / HOUR) {
            Ok(volume) if volume < left => {
                self.infused = self.infused.saturating_add(volume);
                self.remainder = infused % HOUR;
            }
            _ => {
                self.infused = self.vtbi;
                self.remainder = 0;
                self.running = false;
            }
        }
    }

    /// Whether the infusion runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.running
    }

    /// The rate.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// The volume to be infused.
    #[must_use]
    pub const fn vtbi(&self) -> u32 {
        self.vtbi
    }

    /// The volume infused so far, rounded down.
    #[must_use]
    pub const fn infused(&self) -> u32 {
        self.infused
    }
}
