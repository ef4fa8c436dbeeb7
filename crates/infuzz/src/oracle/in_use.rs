//! What must be so once a library was accepted: it waits, it comes into use, and it is found.

use super::{Bench, Entries, describe, difference};
use crate::device::{Device, Held, LookUp, Observation, Outcome};
use crate::finding::{Kind, Raised};

/// Entries that a thorough bench looks up in a library.
const LOOK_UPS: usize = 16;

impl<D: Device> Bench<'_, D> {
    /// A valid library that was accepted waits while a therapy runs. It is in use after a restart,
    /// and after its activation where no therapy runs; its entries, and no others, can be looked up.
    pub(super) fn put_to_use(&mut self, bytes: &[u8], sent: Held, before: Observation, raised: &mut Vec<Raised>) {
        if self.has.therapy && self.has.activate && !self.activates(sent, before, raised) {
            return;
        }
        let turn = sent.digest % 2;
        let refused = self.change_over(turn);
        let after = self.observe();
        // Nothing may be left to activate: it was activated above, or is the one in use, where that
        // is not shown.
        let waits = self.has.libraries && (before.running || !self.has.therapy);
        if let Some(what) = refused.filter(|_| waits) {
            raised.push(Raised::new(Kind::ValidRefused, format!("accepted, but {what}")));
        } else if self.shows_use() && after.active != Some(sent) {
            let what = if self.is_activated(turn) { "the library activated" } else { "the device restarted" };
            raised.push(Raised::new(
                Kind::ValidRefused,
                format!("accepted, but not in use after the therapy was stopped and {what}"),
            ));
        } else {
            // A case may be the known-good library that comes next; the two then change roles.
            if sent == self.known[1 - self.active].held {
                self.active = 1 - self.active;
            }
            if self.has.look_up
                && let Some(what) = self.look_ups(bytes, sent)
            {
                raised.push(Raised::new(Kind::ValidRefused, what));
            }
            if self.has.rewrite && self.is_turn(sent, 0) && self.device.rewrite() != Some(sent) {
                raised.push(Raised::new(Kind::NotCanonical, "written anew by the device it has other bytes"));
            }
        }
        self.start_anew();
    }

    /// Asks for the staged library to be used: refused while a therapy runs, carried out
    /// otherwise. Whether all is well.
    fn activates(&mut self, sent: Held, before: Observation, raised: &mut Vec<Raised>) -> bool {
        let answer = self.metered().ask(D::activate);
        let after = self.observe();
        if before.running && (answer.outcome != Outcome::Refused || after != before) {
            raised.push(Raised::new(Kind::StateChanged, "a library was activated while a therapy was running"));
            return false;
        }
        if !before.running {
            let active = self.has.libraries.then_some(sent);
            let expected = Observation { active, staged: None, ..before };
            if answer.outcome != Outcome::Accepted {
                let what = format!("no therapy runs, but the activation of a staged library was {}", describe(&answer));
                raised.push(Raised::new(Kind::ValidRefused, what));
            } else if after != expected {
                raised.push(Raised::new(Kind::StateChanged, difference(&expected, &after)));
            }
        }
        true
    }

    /// Whether one of the costly looks is taken at this library: always in a thorough bench, else at
    /// one library in four, chosen by its content, so that the same input always shows the same.
    fn is_turn(&self, sent: Held, turn: u64) -> bool {
        self.thorough || sent.digest % 4 == turn
    }

    /// What is wrong with looking up entries of the library in use.
    fn look_ups(&mut self, bytes: &[u8], sent: Held) -> Option<String> {
        let (most, strangers) = (if self.thorough { LOOK_UPS } else { 2 }, self.is_turn(sent, 1));
        let tree = self.judge.tree_of(bytes);
        self.tables.rebuild(tree);
        let entries = Entries::of(tree, &self.tables);
        for key in entries.some(most, sent.digest) {
            match self.device.look_up(&key) {
                LookUp::Absent => return Some("in use, but one of its set-ups cannot be looked up".into()),
                found if !found.agrees_with(entries.expected(&key)) => {
                    return Some("in use, but a look-up gives another set-up than the first with that key".into());
                }
                _ => {}
            }
        }
        let strange = strangers && entries.strangers().iter().any(|key| self.device.look_up(key) != LookUp::Absent);
        strange.then(|| "in use, and a look-up finds something under a key that no set-up has".into())
    }
}
