//! The known-good step: a known-good message, and the library that is not active sent, staged, put
//! to use and looked up, as if no case had come before.

use super::memory::Metered;
use super::{Bench, BenchError, PASSES_MS, describe, difference};
use crate::device::{Device, LookUp, Observation, Outcome};
use crate::finding::{Kind, Raised};

impl<D: Device> Bench<'_, D> {
    /// Learns what the device shows in the known-good step when no case came before.
    pub(super) fn learn(&mut self) -> Result<(), BenchError> {
        for passed in [false, true] {
            for _ in 0..2 {
                if passed {
                    self.let_time_pass();
                }
                let active = self.active;
                let step = self.known_good_step();
                if let Some(raised) = self.device.fault() {
                    return Err(BenchError::Fell(raised));
                }
                step.map_err(|raised| match raised.kind {
                    Kind::NotRecovered => BenchError::NotAccepted(raised.detail),
                    _ => BenchError::Fell(raised),
                })?;
                self.started()?;
                self.twin[usize::from(passed)][active] = std::mem::take(&mut self.log);
            }
        }
        self.learned = true;
        Ok(())
    }

    /// Whether a library comes into use by its activation, and not by a restart: so it is where only
    /// that can be asked for. Where both can, but no therapy during which an activation is asked for,
    /// `turn` decides, so that neither is left out.
    pub(super) fn is_activated(&self, turn: u64) -> bool {
        let turn = !self.has.therapy && turn == 1;
        self.has.activate && (turn || !self.has.restart)
    }

    /// The staged library comes into use by a restart or its activation; what is wrong with the
    /// answer to that.
    pub(super) fn change_over(&mut self, turn: u64) -> Option<String> {
        self.device.stop();
        if self.is_activated(turn) {
            let answer = self.metered().ask(D::activate);
            return (answer.outcome != Outcome::Accepted).then(|| format!("its activation was {}", describe(&answer)));
        }
        if self.has.restart {
            self.metered().run(D::restart);
        }
        None
    }

    /// Whether it can be seen that a library comes into use.
    pub(super) fn shows_use(&self) -> bool {
        self.has.libraries && (self.has.restart || self.has.activate)
    }

    /// The known-good message is accepted, and nothing changes by it.
    pub(super) fn known_good_message(&mut self) -> Result<(), Raised> {
        if self.messages.is_none() {
            return Ok(());
        }
        let before = self.observe();
        let metered = Metered { meter: self.meter, kept: &mut self.kept, device: &mut self.device };
        let Some(messages) = &self.messages else { return Ok(()) };
        let answer = metered.ask(|device| device.send(&messages.path, &messages.good));
        let lost = |what: String| Err(Raised::new(Kind::NotRecovered, what));
        if answer.outcome != Outcome::Accepted {
            return lost(format!("the known-good message was {}", describe(&answer)));
        }
        match self.observe() {
            after if after != before => lost(format!("of the known-good message {}", difference(&before, &after))),
            _ => Ok(()),
        }
    }

    /// The heart: the library that is not active is sent, staged, activated and looked up.
    pub(super) fn known_good_step(&mut self) -> Result<(), Raised> {
        self.log.clear();
        let other = 1 - self.active;
        let lost = |what: String| Err(Raised::new(Kind::NotRecovered, what));
        let metered = Metered { meter: self.meter, kept: &mut self.kept, device: &mut self.device };
        let known = &self.known[other];
        let answer = metered.ask(|device| device.deliver(&known.bytes));
        if answer.outcome != Outcome::Accepted {
            return lost(format!("the known-good library was {}", describe(&answer)));
        }
        let seen = self.observe();
        let known = &self.known[other];
        if self.has.libraries && seen.staged != Some(known.held) {
            return lost("the known-good library was accepted, but is not in the staged slot".into());
        }
        if let Some(wrong) = self.tick(PASSES_MS) {
            return Err(wrong);
        }
        let ticked = self.observe();
        self.log.push(Observation { active: None, ..ticked });
        let turn = other as u64;
        let refused = self.change_over(turn);
        let seen = self.observe();
        self.log.push(seen);
        let known = &self.known[other];
        if let Some(what) = refused {
            return lost(format!("the known-good library was accepted, but {what}"));
        }
        if self.shows_use() && seen.active != Some(known.held) {
            let what = if self.is_activated(turn) { "its activation" } else { "a restart" };
            return lost(format!("the known-good library was accepted, but is not active after {what}"));
        }
        let look_up = self.has.look_up;
        if look_up && !self.device.look_up(&known.key).agrees_with(known.entry) {
            return lost("the known-good library is active, but a set-up that only it has cannot be looked up".into());
        }
        if look_up && self.device.look_up(&self.known[self.active].key) != LookUp::Absent {
            return lost(
                "the known-good library is active, but a set-up that only the other one has is still found".into(),
            );
        }
        self.active = other;
        let started = self.start_anew();
        self.log.push(started);
        Ok(())
    }

    /// The known-good step after a case, and whether the device behaves as its twin that had none.
    pub(super) fn afterwards(&mut self, raised: &mut Vec<Raised>) -> bool {
        self.kept_memory(raised);
        let returns = self.messages.as_ref().is_some_and(|messages| messages.returns);
        let all = self.known_good_message().and_then(|()| {
            self.known_good_compared(raised)?;
            if returns && self.active != 0 { self.known_good_compared(raised) } else { Ok(()) }
        });
        raised.extend(all.as_ref().err().cloned());
        raised.extend(self.amiss.take());
        all.is_ok()
    }

    /// The known-good step, held against what the device does where no case came before.
    fn known_good_compared(&mut self, raised: &mut Vec<Raised>) -> Result<(), Raised> {
        let passed = usize::from(self.passed);
        self.known_good_step()?;
        let (active, twin) = (1 - self.active, std::mem::take(&mut self.log));
        if self.twin[passed][active] != twin {
            raised.push(Raised::new(
                Kind::StateChanged,
                "afterwards the device behaves otherwise than without this delivery",
            ));
        }
        Ok(())
    }
}
