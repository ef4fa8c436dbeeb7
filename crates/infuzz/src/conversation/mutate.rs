//! Mutators of conversations: of their steps, and through the descriptions of what is said.

use super::{BEFORE, Conversation, MOST_BYTES, MOST_STEPS, Saying, Step};
use crate::device::Act;
use crate::format::Format;
use crate::mutate::Mutation;
use crate::rng::Rng;
use crate::script::{Base, EditScript};
use std::sync::Arc;

/// How long a wait may be, in milliseconds: around what protocols wait for.
const WAITS: [u32; 9] = [0, 1, 1_000, 5_000, 5_001, 30_000, 30_001, 600_001, 86_400_000];
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
    |mutator, steps, rng| mutator.interleave(steps, rng),
    |mutator, steps, rng| mutator.unheard(steps, rng),
    |mutator, steps, rng| mutator.heard_twice(steps, rng),
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
        // Every other time the beginning stays: what came of it may be known.
        let stays = if rng.one_in(2) { rng.below(conversation.steps.len()) } else { 0 };
        let mut steps = conversation.steps.split_off(stays);
        let before = steps.clone();
        for _ in 0..TRIES {
            for _ in 0..=rng.below(2) {
                // To nothing only something can be added.
                let change = if steps.is_empty() { CHANGES.first() } else { rng.pick(CHANGES) };
                if let Some(change) = change {
                    change(self, &mut steps, &mut rng);
                }
            }
            steps.truncate(MOST_STEPS - stays);
            if steps != before {
                break;
            }
        }
        conversation.steps.append(&mut steps);
    }

    /// The conversation that a script comes to: of a seed, or of the one that its bytes stand for. Scripts
    /// can be drawn with `Arbitrary`.
    pub fn scripted(&mut self, script: &EditScript) -> Conversation {
        let mut conversation = match &script.base {
            Base::Seed(seed) => self.seeds.get(usize::from(*seed) % self.seeds.len().max(1)).cloned(),
            Base::Bytes(bytes) => {
                let paths: Vec<_> = self.paths.iter().map(|(path, _)| *path).collect();
                Some(Conversation::read(bytes, &paths))
            }
        }
        .unwrap_or_default();
        script.edits.iter().for_each(|edit| self.mutate(&mut conversation, *edit));
        conversation
    }

    fn insert(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        let at = rng.below(steps.len() + 1);
        if let Some(step) = self.step(steps, rng) {
            steps.insert(at, step);
        }
    }

    /// A step of any kind, about the lines that the conversation has.
    fn step(&self, steps: &[Step], rng: &mut Rng) -> Option<Step> {
        let lines: Vec<_> = steps.iter().filter_map(Step::line).cloned().collect();
        Some(match rng.below(14) {
            0 => Step::Connect(rng.pick(&lines)?.clone()),
            1 => Step::Disconnect(rng.pick(&lines)?.clone()),
            2 => Step::Wait(*rng.pick(&WAITS)?),
            3 | 4 => Step::Act(rng.pick(&Act::ALL)?.0),
            5 if rng.one_in(2) => Step::RestartCyclic,
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
            Arc::make_mut(first).bytes.extend_from_slice(&second.bytes);
            steps.remove(next);
        }
    }

    /// The same on another line of the path.
    fn line(&mut self, steps: &mut [Step], rng: &mut Rng) {
        let at = rng.below(steps.len());
        let number = rng.below(3) as u8;
        if let Some(line) = steps[at].line_mut() {
            line.number = number;
        }
    }

    /// A seed, or a part of one, is carried out in between, by other hosts every other time.
    fn interleave(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        let Some(seed) = rng.pick(&self.seeds) else { return };
        let from = rng.below(seed.steps.len() + 1);
        let to = from + rng.below(seed.steps.len() - from + 1);
        let number = rng.one_in(2).then(|| rng.below(3) as u8);
        let mut at = rng.below(steps.len() + 1);
        for step in &seed.steps[from..to] {
            let mut step = step.clone();
            if let (Some(number), Some(line)) = (number, step.line_mut()) {
                line.number = number;
            }
            steps.insert(at, step);
            at = (at + 1 + rng.below(3)).min(steps.len());
        }
    }

    /// The answer before a message is lost: its slots have the values from before it, or what was
    /// asked is asked again.
    fn unheard(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        if rng.one_in(2) {
            let at = rng.below(steps.len());
            if matches!(steps[at], Step::Say(_)) {
                steps.insert(at, steps[at].clone());
            }
            return;
        }
        let Some(saying) = said(steps, rng) else { return };
        let one = rng.below(saying.fills.len().max(1));
        if let Some((_, slot)) = saying.fills.get_mut(one) {
            match slot.strip_prefix(BEFORE) {
                Some(rest) => *slot = rest.to_string(),
                None => slot.insert_str(0, BEFORE),
            }
        }
    }

    /// An answer is heard twice: what is said because of it is said again, after a while or at once.
    fn heard_twice(&mut self, steps: &mut Vec<Step>, rng: &mut Rng) {
        let at = rng.below(steps.len());
        let Step::Say(saying) = &steps[at] else { return };
        let line = saying.line.clone();
        let next = |step: &Step| matches!(step, Step::Say(other) if other.line == line);
        if let Some(next) = steps.iter().skip(at + 1).position(next).map(|next| at + 1 + next) {
            let again = next + 1 + rng.below(steps.len() - next);
            steps.insert(again, steps[next].clone());
        }
    }

    fn message(&mut self, steps: &mut [Step], rng: &mut Rng) {
        if let Some(saying) = said(steps, rng) {
            self.change(saying, rng.draw());
        }
    }

    /// Changes what is said; the result depends on nothing but it and the seed.
    pub fn change(&mut self, saying: &mut Saying, seed: u64) {
        if let Some((_, mutation)) = self.paths.iter_mut().find(|(path, _)| saying.line.path == *path) {
            mutation.mutate(&mut saying.bytes, MOST_BYTES, seed);
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
            saying.fills.clone_from(&other.fills);
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

/// Something that is said.
fn said<'s>(steps: &'s mut [Step], rng: &mut Rng) -> Option<&'s mut Saying> {
    let from = rng.below(steps.len());
    let order = (from..steps.len()).chain(0..from);
    let at = order.into_iter().find(|at| matches!(steps[*at], Step::Say(_)))?;
    match &mut steps[at] {
        Step::Say(saying) => Some(Arc::make_mut(saying)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::Builtin;
    use crate::device::Line;
    use std::sync::LazyLock;

    static ORDERS: LazyLock<Format> =
        LazyLock::new(|| Builtin::named("order").expect("built in").load().expect("loads"));

    fn say(number: u8, byte: u8) -> Step {
        let line = Line { path: "order".into(), number };
        let fills = vec![("number".into(), "next".into()), ("code".into(), "before:code".into())];
        Saying { line, bytes: vec![byte], fills, pieces: 0 }.into()
    }

    fn seed(number: u8) -> Vec<Step> {
        (0..4).map(|byte| say(number, byte)).collect()
    }

    fn mutator() -> Mutator<'static> {
        Mutator::new(&[("order", &ORDERS)], vec![Conversation { steps: seed(9) }])
    }

    /// All that a change makes of the conversation on the first line.
    fn all(change: Change) -> Vec<Vec<Step>> {
        let mut mutator = mutator();
        let one = |draw| {
            let mut steps = seed(0);
            change(&mut mutator, &mut steps, &mut Rng::new(draw));
            steps
        };
        (0..400).map(one).collect()
    }

    fn own(steps: &[Step], is_own: bool) -> Vec<Step> {
        steps.iter().filter(|step| step.line().is_some_and(|line| (line.number == 0) == is_own)).cloned().collect()
    }

    #[test]
    fn what_is_interleaved_keeps_both_orders() {
        let all = all(|mutator, steps, rng| mutator.interleave(steps, rng));
        let told_apart = all.iter().filter(|steps| own(steps, true) == seed(0));
        let alternates = |steps: &&Vec<Step>| {
            let lines = steps.iter().filter_map(Step::line).map(|line| line.number == 0).collect::<Vec<_>>();
            lines.windows(2).filter(|pair| pair[0] != pair[1]).count() > 2
        };
        assert!(told_apart.clone().filter(alternates).count() > 20);
        for steps in told_apart {
            let other: Vec<u8> = own(steps, false)
                .iter()
                .filter_map(|step| match step {
                    Step::Say(saying) => saying.bytes.first().copied(),
                    _ => None,
                })
                .collect();
            assert!(other.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{other:?}");
        }
    }

    #[test]
    fn an_answer_is_lost_by_asking_again_or_by_slots_from_before_it() {
        let all = all(|mutator, steps, rng| mutator.unheard(steps, rng));
        assert!(all.iter().any(|steps| steps.len() == 5 && steps[0] == steps[1]));
        let slots = |steps: &[Step]| match &steps[0] {
            Step::Say(saying) => saying.fills.iter().map(|(_, slot)| slot.clone()).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        assert!(all.iter().any(|steps| slots(steps) == ["before:next", "before:code"]));
        assert!(all.iter().any(|steps| slots(steps) == ["next", "code"]));
    }

    #[test]
    fn an_answer_heard_twice_is_followed_twice() {
        let all = all(|mutator, steps, rng| mutator.heard_twice(steps, rng));
        let again = |steps: &&Vec<Step>| steps.len() == 5;
        assert!(all.iter().filter(again).count() > 100);
        assert!(all.iter().filter(again).all(|steps| steps[0] == say(0, 0) && steps[1] == say(0, 1)));
        assert!(all.iter().any(|steps| steps.get(4) == Some(&say(0, 1))), "later");
        assert!(all.iter().any(|steps| steps[1] == steps[2]), "at once");
    }

    #[test]
    fn every_change_changes_something_and_keeps_to_what_a_conversation_may_be() {
        for (at, change) in CHANGES.iter().enumerate() {
            let changed = all(*change).into_iter().filter(|steps| *steps != seed(0)).count();
            assert!(changed > 0, "change {at}");
        }
        let mut mutator = mutator();
        let mut conversation = Conversation { steps: seed(0) };
        for draw in 0..5_000 {
            mutator.mutate(&mut conversation, draw);
            assert!(conversation.steps.len() <= MOST_STEPS);
            assert_eq!(Conversation::parse(&conversation.to_string()), Ok(conversation.clone()), "{draw}");
        }
    }
}
