//! Conversations begin alike: what came of a beginning that was met before is kept, and gone on from.

use super::slots::{Earlier, Recalled};
use super::{Conversation, Ran, Step, World};
use crate::device::{Line, digest};
use std::any::Any;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// The most beginnings that are kept.
const KEPT: usize = 256;
/// Beginnings of which it is known that they were met, by their number.
const SEEN: usize = 1 << 12;
/// Steps from one beginning of a conversation to the next.
const EVERY: usize = 4;

/// What came of a beginning.
pub(super) struct Mark {
    /// The beginning, and what the conversation refers back to.
    pub steps: Vec<Step>,
    pub recalled: Recalled,
    /// The device's own.
    pub snapshot: usize,
    /// Those of the models, in their order.
    pub models: Vec<Box<dyn Any>>,
    pub world: World,
    pub open: Vec<Line>,
    pub earlier: Earlier,
    pub ran: Ran,
}

/// What came of beginnings.
pub(super) struct Marks {
    /// By number, each with when it was of use last.
    kept: HashMap<u64, (u64, Mark)>,
    seen: Vec<u64>,
    uses: u64,
}

impl Default for Marks {
    fn default() -> Self {
        Marks { kept: HashMap::new(), seen: vec![0; SEEN], uses: 0 }
    }
}

/// The numbers of the beginnings of a conversation: steps, and what tells it from others.
pub(super) fn beginnings(conversation: &Conversation, recalled: &Recalled) -> Vec<(usize, u64)> {
    let last = conversation.steps.len();
    let mut hasher = Mix(0);
    recalled.hash(&mut hasher);
    let mut all = Vec::with_capacity(last / EVERY + 2);
    for (at, step) in conversation.steps.iter().enumerate() {
        step.hash(&mut hasher);
        let length = at + 1;
        if length.is_multiple_of(EVERY) || length + 1 == last || length == last {
            all.push((length, hasher.finish()));
        }
    }
    all
}

impl Marks {
    /// The longest of the beginnings of a conversation that is kept.
    pub(super) fn longest(
        &mut self,
        conversation: &Conversation,
        recalled: &Recalled,
        of: &[(usize, u64)],
    ) -> Option<(usize, &Mark)> {
        let is = |mark: &Mark, length: usize| {
            conversation.steps.get(..length) == Some(&mark.steps[..]) && mark.recalled == *recalled
        };
        let kept = |(length, number): &&(usize, u64)| self.kept.get(number).is_some_and(|(_, mark)| is(mark, *length));
        let (length, number) = of.iter().rev().find(kept)?;
        self.uses += 1;
        let (used, mark) = self.kept.get_mut(number)?;
        *used = self.uses;
        Some((*length, mark))
    }

    /// Whether a beginning was met before and is not kept: it may come again.
    pub(super) fn is_wanted(&mut self, number: u64) -> bool {
        let seen = &mut self.seen[number as usize % SEEN];
        let again = std::mem::replace(seen, number) == number;
        again && !self.kept.contains_key(&number)
    }

    /// Keeps a beginning; if another one goes for it, the one of least use lately, this is its snapshot.
    pub(super) fn keep(&mut self, number: u64, mark: Mark) -> Option<usize> {
        self.uses += 1;
        let oldest = || self.kept.iter().min_by_key(|(_, (used, _))| *used).map(|(number, _)| *number);
        let gone = if self.kept.len() < KEPT { Some(number) } else { oldest() };
        let gone = gone.and_then(|number| self.kept.remove(&number));
        self.kept.insert(number, (self.uses, mark));
        gone.map(|(_, mark)| mark.snapshot)
    }

    /// Nothing is kept any more; these snapshots were.
    pub(super) fn clear(&mut self) -> Vec<usize> {
        self.seen.fill(0);
        self.kept.drain().map(|(_, (_, mark))| mark.snapshot).collect()
    }
}

/// A hash that is quick with long messages.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = (self.0.rotate_left(23) ^ digest(bytes)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
