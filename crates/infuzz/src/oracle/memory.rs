//! The memory that a device uses, and what it keeps of it.

use super::Bench;
use crate::device::Answer;
use crate::finding::{Kind, Raised};

/// Measures memory around a delivery; lives in the binary that owns the allocator.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// Forgets the peak.
    pub start: fn(),
    /// Bytes allocated at the peak since, above what was allocated at the start.
    pub peak: fn() -> usize,
    /// Bytes allocated now.
    pub held: fn() -> isize,
}

/// A device whose memory is watched.
pub(super) struct Metered<'b, D> {
    pub meter: Option<Meter>,
    pub kept: &'b mut isize,
    pub device: &'b mut D,
}

impl<D> Metered<'_, D> {
    pub fn run<R>(self, run: impl FnOnce(&mut D) -> R) -> R {
        let held = || self.meter.map_or(0, |meter| (meter.held)());
        let before = held();
        let result = run(self.device);
        *self.kept += held() - before;
        result
    }

    /// The same for what gives an answer: that is not the device's memory.
    pub fn ask(self, ask: impl FnOnce(&mut D) -> Answer) -> Answer {
        let Metered { meter, kept, device } = self;
        let answer = Metered { meter, kept: &mut *kept, device }.run(ask);
        if meter.is_some() {
            *kept -= answer.heap() as isize;
        }
        answer
    }
}

impl<D> Bench<'_, D> {
    /// The device, with what it allocates and does not free.
    pub(super) fn metered(&mut self) -> Metered<'_, D> {
        Metered { meter: self.meter, kept: &mut self.kept, device: &mut self.device }
    }

    /// What the device holds must not grow with the number of inputs. Several libraries, each in
    /// memory that may have grown by doubling, are allowed.
    pub(super) fn kept_memory(&mut self, raised: &mut Vec<Raised>) {
        let most = 16 * self.longest.max(self.known[0].bytes.len()).max(self.known[1].bytes.len()) + 64 * 1024;
        if self.kept > most as isize {
            raised.push(Raised::new(
                Kind::OverBudget,
                format!("{} bytes kept since the last reset, {most} allowed", self.kept),
            ));
            self.kept = 0;
        }
    }
}
