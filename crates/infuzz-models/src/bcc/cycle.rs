//! What the device tells by itself in cyclic mode, see `docs/pump.md`.

use super::MOST_WAITING;
use super::report::Trigger;
use super::telling::Telling;
use std::collections::VecDeque;

/// How often the pump is told of.
const PERIOD_MS: u64 = 5_000;

/// What waits to be told on an open link.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycle {
    /// Milliseconds of the period that have passed.
    passed: u64,
    /// What is told of at once when it changes, as it was last.
    seen: Trigger,
    /// Reports that wait, each with the fewest and the most bytes that it has; the first may have been
    /// told in part.
    waiting: VecDeque<(Telling, [usize; 2])>,
    /// A block was sent that is not acknowledged.
    owed: bool,
}

/// What is right about a connection on which so much waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Kept,
    /// It is closed.
    Closed,
    /// Either: how much waits depends on a value that may be one of several.
    Open,
}

impl Cycle {
    /// The link is opened.
    pub(super) fn open(&mut self, now: Trigger) {
        self.seen = now;
    }

    /// The period begins.
    pub(super) fn begin(&mut self) {
        self.passed = 0;
    }

    /// An answer takes the place of what waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.owed = false;
    }

    /// Time passes.
    pub(super) fn pass(&mut self, milliseconds: u32) {
        self.passed += u64::from(milliseconds);
    }

    /// With a tick, what is due by it is added: its kind.
    pub(super) fn due(&mut self, now: Trigger, mut report: impl FnMut() -> Telling) -> &'static str {
        let changed = std::mem::replace(&mut self.seen, now) != now;
        let over = self.passed >= PERIOD_MS;
        self.passed %= PERIOD_MS;
        for _ in 0..usize::from(changed) + usize::from(over) {
            let report = report();
            let bytes = report.bytes();
            self.waiting.push_back((report, bytes));
        }
        match (changed, over) {
            (true, true) => "change and period",
            (true, false) => "change",
            (false, true) => "period",
            (false, false) => "time",
        }
    }

    /// What becomes of the connection by how much waits.
    pub(super) fn fate(&self) -> Fate {
        let sum = |which: usize| self.waiting.iter().map(|(_, bytes)| bytes[which]).sum::<usize>() > MOST_WAITING;
        match (sum(0), sum(1)) {
            (true, _) => Fate::Closed,
            (false, true) => Fate::Open,
            (false, false) => Fate::Kept,
        }
    }

    /// Whether something waits.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether a block was sent that is not acknowledged.
    pub(super) fn is_owed(&self) -> bool {
        self.owed
    }

    /// A block is acknowledged: whether there was one.
    pub(super) fn acknowledge(&mut self) -> bool {
        std::mem::take(&mut self.owed)
    }

    /// A block of what waits is told.
    pub(super) fn take(&mut self, tell: impl FnOnce(&mut Telling) -> Result<bool, String>) -> Result<(), String> {
        self.owed = true;
        if let Some((first, bytes)) = self.waiting.front_mut() {
            if tell(first)? {
                self.waiting.pop_front();
            } else {
                *bytes = first.bytes();
            }
        }
        Ok(())
    }

    /// Of how many values one may be the right one.
    pub(super) fn choices(&self) -> usize {
        self.waiting.iter().map(|(report, _)| report.choices()).max().unwrap_or(1)
    }

    /// What is told apart of it: of several reports it makes no difference how many they are, nor how
    /// much of the first was told.
    pub(super) fn key(&self, now: Trigger) -> (usize, usize, bool) {
        let reports = self.waiting.len().min(2);
        let rest = self.waiting.front().filter(|_| reports == 1).map_or(0, |(first, _)| first.len());
        (reports, rest, self.seen != now)
    }
}
