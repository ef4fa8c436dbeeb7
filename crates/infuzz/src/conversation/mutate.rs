//! Mutators of conversations: of their steps, and through the descriptions of what is said.

use super::{Conversation, MOST_BYTES, MOST_STEPS, Saying, Step};
use crate::device::Act;
use crate::format::Format;
use crate::mutate::Mutation;
use crate::rng::Rng;

/// How long a wait may be, in milliseconds: around what protocols wait for.
const WAITS: [u32; 8] = [0, 1, 1_000, 5_001, 30_000, 30_001, 600_001, 86_400_000];
/// The most writes before a power fails.
const WRITES: usize = 12;
/// How often something else is tried where a change is none.
const TRIES: usize = 8;

/// The structure-aware mutation of conversations.
pub struct Mutator<'f> {
    /// For each path, the mutation of its messages.
    paths: Vec<(&'static str, Mutation<'f>)>,
    seeds: Vec<Conversation>,
}

type Change = fn(&mut Mutator<'_>, &mut Vec<Step>, &mut Rng);

/// All changes; which one is chosen is uniform.
const CHANGES: &[Change] = &[
    |mutator, steps, rng| mutator.insert(steps, rng),
    |mutator, steps, rng| mutator.delete(steps, rng),
    |mutator, steps, rng| mutator.repeat(steps, rng),
    |mutator, steps, rng| mutator.swap(steps, rng),
    |mutator, steps, rng| mutator.splice(steps, rng),
    |mutator, steps, rng| mutator.pieces(steps, rng),
    |mutator, steps, rng| mutator.together(steps, rng),
    |mutator, steps, rng| mutator.line(steps, rng),
    |mutator, steps, rng| mutator.message(steps, rng),
    |mutator, steps, rng| mutator.message(steps, rng),
    |mutator, steps, rng| mutator.message(steps, rng),
    |mutator, steps, rng| mutator.fills(steps, rng),
];

impl<'f> Mutator<'f> {
    /// A mutator that knows these paths with their descriptions, and starts from these seeds.
    pub fn new(formats: &[(&'static str, &'f Format)], seeds: Vec<Conversation>) -> Self {
        let messages = |path: &str| {
            let said = seeds.iter().flat_map(|seed| &seed.steps).filter_map(|step| match step {
                Step::Say(saying) if saying.line.path == path => Some(saying.bytes.clone()),
                _ => None,
            });
            said.collect::<Vec<_>>()
        };
        let paths = formats.iter().map(|(path, format)| (*path, Mutation::new(format, messages(path)))).collect();
        Mutator { paths, seeds }
    }

    /// Where fuzzing starts from.
    pub fn seeds(&self) -> &[Conversation] {
        &self.seeds
    }

    /// Changes a conversation; the result depends on nothing but it and the seed.
    pub fn mutate(&mut self, conversation: &mut Conversation, seed: u64) {
        let mut rng = Rng::new(seed);
        if conversation.steps.is_empty() || rng.one_in(64) {
            *conversation = rng.pick(&self.seeds).cloned().unwrap_or_default();
            return;
        }
        let before = conversation.steps.clone();
        for _ in 0..TRIES {
            for _ in 0..=rng.below(2) {
                // To nothing only something can be added.
                let change = if conversation.steps.is_empty() { CHANGES.first() } else { rng.pick(CHANGES) };
                if let Some(change) = change {
                    change(self, &mut conversation.steps, &mut rng);
                }
            }
            conversation.steps.truncate(MOST_STEPS);
            if conversation.steps != before {
                return;
            }
        }
    }

    fn insert(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        let at = rng.below(steps.len() + 1);
        if let Some(step) = self.step(steps, rng) {
            steps.insert(at, step);
        }
    }

    /// A step of any kind, about the lines that the conversation has.
    fn step(&self, steps: &[Step], rng: &mut Rng) -> Option<Step> {
        let lines: Vec<_> = steps.iter().filter_map(line_of).cloned().collect();
        Some(match rng.below(14) {
            0 => Step::Connect(rng.pick(&lines)?.clone()),
            1 => Step::Disconnect(rng.pick(&lines)?.clone()),
            2 => Step::Wait(*rng.pick(&WAITS)?),
            3 | 4 => Step::Act(rng.pick(&Act::ALL)?.0),
            5 => Step::Restart,
            6 => Step::Cut { writes: rng.below(WRITES) as u32, torn: rng.one_in(2) },
            7 | 8 => Step::Act(Act::Confirm),
            9 => Step::Act(Act::Start),
            _ => self.foreign(rng)?,
        })
    }

    /// A step of a seed.
    fn foreign(&self, rng: &mut Rng) -> Option<Step> {
        let seed = rng.pick(&self.seeds)?;
        rng.pick(&seed.steps).cloned()
    }

    fn delete(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        if steps.len() > 1 {
            steps.remove(rng.below(steps.len()));
        }
    }

    fn repeat(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        let at = rng.below(steps.len());
        let length = 1 + rng.below(3.min(steps.len() - at));
        let again: Vec<Step> = steps[at..at + length].to_vec();
        let place = if rng.one_in(2) { at + length } else { rng.below(steps.len() + 1) };
        steps.splice(place..place, again);
    }

    fn swap(&mut self, steps: &mut [Step], rng: &mut Rng) {
        let (a, b) = (rng.below(steps.len()), rng.below(steps.len()));
        steps.swap(a, b);
    }

    /// The beginning of the conversation and the end of a seed, or a part of one between.
    fn splice(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        let Some(other) = rng.pick(&self.seeds) else { return };
        let from = rng.below(other.steps.len() + 1);
        let at = rng.below(steps.len() + 1);
        if rng.one_in(2) {
            steps.truncate(at);
            steps.extend_from_slice(&other.steps[from..]);
        } else {
            let to = from + rng.below(other.steps.len() - from + 1);
            steps.splice(at..at, other.steps[from..to].iter().cloned());
        }
    }

    fn pieces(&mut self, steps: &mut [Step], rng: &mut Rng) {
        if let Some(saying) = said(steps, rng) {
            saying.pieces = if rng.one_in(3) { 0 } else { 1 + rng.below(40) as u16 };
        }
    }

    /// What is said next on the same line comes at the same time. Its slots are those of the first.
    fn together(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        let at = rng.below(steps.len());
        let Some(Step::Say(first)) = steps.get(at) else { return };
        let line = first.line.clone();
        let next = steps.iter().skip(at + 1).position(|step| matches!(step, Step::Say(other) if other.line == line));
        if let Some(next) = next.map(|next| at + 1 + next)
            && let Step::Say(second) = steps[next].clone()
            && let Some(Step::Say(first)) = steps.get_mut(at)
            && first.bytes.len() + second.bytes.len() <= MOST_BYTES
        {
            first.bytes.extend(second.bytes);
            steps.remove(next);
        }
    }

    /// The same on another line of the path.
    fn line(&mut self, steps: &mut [Step], rng: &mut Rng) {
        let at = rng.below(steps.len());
        let number = rng.below(3) as u8;
        match &mut steps[at] {
            Step::Connect(line) | Step::Disconnect(line) | Step::Say(Saying { line, .. }) => line.number = number,
            _ => {}
        }
    }

    fn message(&mut self, steps: &mut [Step], rng: &mut Rng) {
        let Some(saying) = said(steps, rng) else { return };
        if let Some((_, mutation)) = self.paths.iter_mut().find(|(path, _)| saying.line.path == *path) {
            mutation.mutate(&mut saying.bytes, MOST_BYTES, rng.draw());
        }
    }

    /// A slot less, or those of another message.
    fn fills(&mut self, steps: &mut [Step], rng: &mut Rng) {
        let foreign = self.foreign(rng);
        let Some(saying) = said(steps, rng) else { return };
        if !saying.fills.is_empty() && rng.one_in(2) {
            saying.fills.remove(rng.below(saying.fills.len()));
        } else if let Some(Step::Say(other)) = foreign
            && other.line.path == saying.line.path
        {
            saying.fills = other.fills;
        }
    }
}

/// The beginning of one conversation and the end of another.
pub fn crossover(first: &Conversation, second: &Conversation, seed: u64) -> Conversation {
    let mut rng = Rng::new(seed);
    let (head, tail) = (rng.below(first.steps.len() + 1), rng.below(second.steps.len() + 1));
    let mut steps = first.steps[..head].to_vec();
    steps.extend_from_slice(&second.steps[tail..]);
    steps.truncate(MOST_STEPS);
    Conversation { steps }
}

fn line_of(step: &Step) -> Option<&crate::device::Line> {
    match step {
        Step::Connect(line) | Step::Disconnect(line) | Step::Say(Saying { line, .. }) => Some(line),
        _ => None,
    }
}

/// Something that is said.
fn said<'s>(steps: &'s mut [Step], rng: &mut Rng) -> Option<&'s mut Saying> {
    let from = rng.below(steps.len());
    let order = (from..steps.len()).chain(0..from);
    let at = order.into_iter().find(|at| matches!(steps[*at], Step::Say(_)))?;
    match &mut steps[at] {
        Step::Say(saying) => Some(saying),
        _ => None,
    }
}
