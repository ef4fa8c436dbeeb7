//! Whether the pump gets its time: ticks that the clock owes it, against ticks that were done.

/// Counts ticks. A tick that is not done in time is done later, so that no time is lost, and counted
/// as missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watchdog {
    period_ms: u64,
    patience: u64,
    began_ms: u64,
    owed: u64,
    done: u64,
    missed: u64,
}

impl Watchdog {
    /// From a moment on, one tick is owed after each period, and missed once so many others are owed
    /// after it before it is done. A period is at least 1 ms.
    #[must_use]
    pub fn new(period_ms: u32, patience: u32, now_ms: u64) -> Self {
        let (period_ms, patience) = (u64::from(period_ms.max(1)), patience.into());
        Self { period_ms, patience, began_ms: now_ms, owed: 0, done: 0, missed: 0 }
    }

    /// Looks at the clock, before a tick; whether one is to be done. A clock that goes back owes
    /// nothing.
    pub fn is_owed(&mut self, now_ms: u64) -> bool {
        let owed = now_ms.saturating_sub(self.began_ms).checked_div(self.period_ms).unwrap_or(0);
        self.owed = self.owed.max(owed);
        self.owed > self.done
    }

    /// A tick was done that was owed when the clock was last looked at.
    pub fn did(&mut self) {
        if self.owed > self.done {
            self.done = self.done.saturating_add(1);
            if self.owed.saturating_sub(self.done) > self.patience {
                self.missed = self.missed.saturating_add(1);
            }
        }
    }

    /// When the next tick is owed.
    #[must_use]
    pub fn next_ms(&self) -> u64 {
        self.began_ms.saturating_add(self.done.saturating_add(1).saturating_mul(self.period_ms))
    }

    /// Ticks owed so far.
    #[must_use]
    pub const fn owed(&self) -> u64 {
        self.owed
    }

    /// Ticks done so far.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.done
    }

    /// Ticks that were done too late.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }
}
