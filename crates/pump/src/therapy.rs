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
    /// The drug's id in the library, if an order named it.
    drug: Option<u16>,
}

impl Therapy {
    /// No infusion yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { running: false, rate: 0, vtbi: 0, infused: 0, remainder: 0, drug: None }
    }

    /// Starts a new infusion at the bedside; nothing has been infused of it yet.
    pub fn start(&mut self, rate: u32, vtbi: u32) {
        *self = Self { running: vtbi > 0, rate, vtbi, ..Self::new() };
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
            self.vtbi = self.infused.saturating_add(left);
        }
    }

    /// The drug's id means nothing any more.
    pub fn forget_drug(&mut self) {
        self.drug = None;
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

    /// The drug's id in the library in use, if an order named it.
    #[must_use]
    pub const fn drug(&self) -> Option<u16> {
        self.drug
    }

    /// What is left to be infused.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.vtbi.saturating_sub(self.infused)
    }

    /// The volume infused so far, rounded down.
    #[must_use]
    pub const fn infused(&self) -> u32 {
        self.infused
    }
}
