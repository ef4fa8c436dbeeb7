//! The therapy that runs while libraries are delivered: it starts, goes on at its rate up to its
//! volume, and ends or keeps the vein open.

use super::{Bench, difference};
use crate::device::{Device, Observation, Resolution};
use crate::finding::{Kind, Raised};

/// Rate and volume to be infused, in ten-thousandths.
const RATE: u32 = 1_000_003;
const VTBI: u32 = 5_000_000;
/// Time that passes before a case in the states in which something has been infused.
const BEFORE_MS: u32 = 3_600_000;
const HOUR_MS: u128 = 3_600_000;
/// Pumps are programmed in steps, of 1 ml/h at such a rate, and may take the next step for the
/// number asked for: what they show may differ from that by one part of so many.
const ROUNDED: u64 = 100;

/// What is known of the therapy since it was started.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// How long it has run.
    ran_ms: u64,
    /// The rate that was shown at its start.
    shown: u64,
    /// What runs on once the volume has been infused.
    open: Option<Open>,
}

/// A vein that is kept open.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The volume infused when that was first seen.
    from: u64,
    /// What the rates shown since then have given at most: rate times milliseconds.
    given: u128,
}

impl<D: Device> Bench<'_, D> {
    /// Lets time pass before a case.
    pub(super) fn let_time_pass(&mut self) {
        self.device.tick(BEFORE_MS);
        self.clock.ran_ms += u64::from(BEFORE_MS);
        self.passed = true;
    }

    /// Starts the therapy; gives what the device shows then. What is wrong with that is kept.
    pub(super) fn start_anew(&mut self) -> Observation {
        self.device.start(RATE, VTBI);
        let seen = self.observe();
        if self.has.therapy && self.amiss.is_none() {
            self.amiss = not_started(&seen, self.has.resolution);
        }
        (self.passed, self.stopped) = (false, false);
        self.clock = Clock { shown: seen.rate, ..Clock::default() };
        seen
    }

    /// Stops the therapy. What is wrong with that is kept.
    pub(super) fn stop(&mut self) {
        self.device.stop();
        if self.has.therapy && self.amiss.is_none() && self.observe().running {
            let what = "the therapy was stopped, but is shown as running";
            self.amiss = Some(Raised::new(Kind::StateChanged, what));
        }
    }

    /// Lets time pass. A therapy goes on at its rate up to its volume, then stops or keeps the vein
    /// open, and nothing else changes. Devices round the volume as they like, but do not lose what
    /// they have rounded off. One that does not run stays as it is, whatever is shown of it.
    pub(super) fn tick(&mut self, milliseconds: u32) -> Option<Raised> {
        let before = self.observe();
        self.device.tick(milliseconds);
        let after = self.observe();
        let wrong = if before.running {
            self.clock.passes(milliseconds, &before, &after, self.has.resolution)
        } else {
            (before != after).then(|| difference(&before, &after))
        };
        wrong.map(|what| Raised::new(Kind::StateChanged, format!("as time passed, {what}")))
    }
}

impl Clock {
    /// What is wrong with a therapy after so much time in which it ran.
    fn passes(
        &mut self,
        milliseconds: u32,
        before: &Observation,
        after: &Observation,
        resolution: Resolution,
    ) -> Option<String> {
        self.ran_ms += u64::from(milliseconds);
        let (off, infused) = (resolution.get(), after.infused);
        let ends = self.open.is_some() || infused.saturating_add(off) > before.vtbi;
        let most = match &mut self.open {
            Some(open) => {
                open.given += u128::from(before.rate.max(after.rate)) * u128::from(milliseconds);
                open.from.saturating_add(volume(open.given))
            }
            None => self.most(before, after),
        };
        let least = match self.open {
            Some(_) => before.infused,
            // A pump may show what it was told and run at what it was told, or round either.
            None => given(before.rate.min(u64::from(RATE)), self.ran_ms).min(before.vtbi).saturating_sub(off),
        };
        let goes_on = ends || after.running;
        if !goes_on || infused < least || infused > most.saturating_add(off) {
            return Some(format!(
                "in {milliseconds} ms at rate {} the volume infused went from {} to {infused} of {}{}",
                before.rate,
                before.infused,
                before.vtbi,
                if after.running { "" } else { ", and the therapy stopped" }
            ));
        }
        if ends && after.running && after.rate > self.shown.max(u64::from(RATE)) {
            return Some(format!("the vein is kept open at rate {}, above that of the therapy", after.rate));
        }
        let mut expected = Observation { infused, ..*before };
        if ends {
            self.ended(after, &mut expected);
        }
        (*after != expected).then(|| difference(&expected, after))
    }

    /// The largest volume of a therapy that had not ended before, rounding apart.
    fn most(&self, before: &Observation, after: &Observation) -> u64 {
        let rate = before.rate.max(u64::from(RATE));
        let volume = given(rate, self.ran_ms);
        if !after.running {
            return volume.min(before.vtbi);
        }
        let ended_ms = u128::from(before.vtbi) * HOUR_MS / u128::from(rate.max(1));
        let over = u128::from(self.ran_ms).saturating_sub(ended_ms);
        volume.min(before.vtbi.saturating_add(given(after.rate, u64::try_from(over).unwrap_or(u64::MAX))))
    }

    /// What may be otherwise once the volume has been infused: the rate, what people are called for,
    /// and of a therapy that stopped what a device does not show of any that is stopped.
    fn ended(&mut self, after: &Observation, expected: &mut Observation) {
        (expected.running, expected.alarms) = (after.running, after.alarms);
        if after.running {
            self.open.get_or_insert(Open { from: after.infused, given: 0 });
            (expected.rate, expected.keeps_open) = (after.rate, after.keeps_open);
        } else {
            expected.keeps_open = false;
            if after.rate == 0 || after.rate == self.shown {
                expected.rate = after.rate;
            }
            if after.vtbi == 0 {
                expected.vtbi = 0;
            }
        }
    }
}

/// What is wrong with a therapy that was started right now.
fn not_started(seen: &Observation, resolution: Resolution) -> Option<Raised> {
    let near = |shown: u64, asked: u32| shown.abs_diff(u64::from(asked)) <= u64::from(asked) / ROUNDED;
    let runs = seen.running && near(seen.rate, RATE) && near(seen.vtbi, VTBI) && seen.infused <= resolution.get();
    let Observation { rate, vtbi, infused, .. } = seen;
    let running = if seen.running { "running" } else { "not running" };
    (!runs).then(|| {
        let what = format!(
            "a therapy was started at rate {RATE} for {VTBI}, but is shown as {running} at rate {rate}, {infused} infused of {vtbi}"
        );
        Raised::new(Kind::StateChanged, what)
    })
}

/// The volume that a rate gives in so many milliseconds, rounded down.
fn given(rate: u64, milliseconds: u64) -> u64 {
    volume(u128::from(rate) * u128::from(milliseconds))
}

/// Rate times milliseconds as a volume.
fn volume(product: u128) -> u64 {
    u64::try_from(product / HOUR_MS).unwrap_or(u64::MAX)
}
