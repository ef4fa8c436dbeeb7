//! Everything that can become of each kind of message in each state, found by exhaustive search.
//!
//! The states of the search are what the models tell apart ([`Model::key`]) and what is to be seen of
//! libraries and therapy; its letters are the steps of the seeds, each also on a second line. From the
//! shortest conversation that leads to a state every letter is tried. Orders are tried on the library
//! that the device begins with, and on the one that has a set-up for every kind of order.
//!
//! [`Model::key`]: infuzz::conversation::Model::key

use crate::says::on;
use crate::seeds::{SEEDS, orders, seeds, wrong};
use crate::{Bcc, Formats, Order, Transfer};
use infuzz::conversation::{Conversation, Event, Ran, Runner, Saying, Step};
use infuzz::device::{Act, Device, Line};
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

/// What was found, as the text of this crate has it: a line for each state, kind and verdict.
pub const STATES: &str = include_str!("../states.txt");

/// How a state, a kind and a verdict are written.
pub fn written([state, kind, became]: &Event) -> String {
    format!("{state} | {kind} | {became}")
}

/// All of [`STATES`].
pub fn states() -> impl Iterator<Item = &'static str> {
    STATES.lines().filter(|line| !line.starts_with('#'))
}

/// What the search is about: one path at a time, as no path changes what another answers.
pub struct Search {
    /// The paths whose models are asked.
    pub paths: &'static [&'static str],
    /// Where it begins.
    starts: Vec<Conversation>,
    /// What is tried in every state.
    letters: Vec<Step>,
}

/// A message without what is filled in when it is sent, and with its first or last byte changed.
fn worse(step: &Step) -> Vec<Step> {
    let Step::Say(saying) = step else { return Vec::new() };
    let changed = |at: usize| {
        let mut bytes = saying.bytes.clone();
        bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 0x20);
        Saying { bytes, ..Saying::clone(saying) }.into()
    };
    let bare = Saying { fills: Vec::new(), ..Saying::clone(saying) }.into();
    // The order's own text is changed by orders of their own.
    if saying.line.path == Order::PATH {
        vec![]
    } else {
        vec![bare, changed(0), changed(saying.bytes.len().saturating_sub(1))]
    }
}

/// All searches.
pub fn searches(formats: Formats<'_>) -> Vec<Search> {
    let mut letters: Vec<Step> = Vec::new();
    let mut seen = HashSet::new();
    let seeds = seeds(formats, SEEDS);
    let own: Vec<Step> = seeds.into_iter().flat_map(|(_, seed)| seed.steps).chain(orders::every(formats)).collect();
    let cuts = (0..7).map(|writes| Step::Cut { writes, torn: false });
    for step in own.iter().flat_map(worse).chain(own.iter().cloned()).chain(cuts) {
        for step in on(1, vec![step.clone()]).into_iter().chain([step]) {
            if seen.insert(step.to_string()) {
                letters.push(step);
            }
        }
    }
    let of = |path: &str, lines: u8, others: fn(&Step) -> bool| -> Vec<Step> {
        let here = |line: &Line| line.path == path && line.number < lines;
        let fits = |step: &&Step| match step {
            Step::Connect(line) | Step::Disconnect(line) => here(line),
            Step::Say(saying) => here(&saying.line),
            Step::Wait(_) | Step::Restart => true,
            other => others(other),
        };
        letters.iter().filter(fits).cloned().collect()
    };
    let begin = Conversation::default();
    let wrong = wrong(formats).map(|steps| Conversation { steps }).to_vec();
    let ward = Conversation { steps: orders::ward(formats) };
    // Power cuts are tried with one host, and it makes no difference which of several sends an order.
    let (of_transfer, of_bcc) = (of(Transfer::PATH, 2, |_| false), of(Bcc::PATH, 2, |_| false));
    let with_cuts = of(Transfer::PATH, 1, |step| matches!(step, Step::Cut { .. }));
    let of_order = of(Order::PATH, 1, |step| matches!(step, Step::Act(_)));
    // A report that is due is told at once or waits, whatever the other hosts do.
    let of_cycles = of(Bcc::PATH, 1, |step| matches!(step, Step::RestartCyclic | Step::Act(Act::Start | Act::Stop)));
    let starts = [vec![begin.clone()], wrong].concat();
    vec![
        Search { paths: &[Transfer::PATH], starts, letters: of_transfer },
        Search { paths: &[Transfer::PATH], starts: vec![begin.clone()], letters: with_cuts },
        Search { paths: &[Bcc::PATH], starts: vec![begin.clone()], letters: of_bcc },
        Search { paths: &[Bcc::PATH], starts: vec![begin.clone()], letters: of_cycles },
        Search { paths: &[Order::PATH, Transfer::PATH], starts: vec![begin, ward], letters: of_order },
    ]
}

impl Search {
    /// The shortest conversation to each state, kind and verdict.
    pub fn run<D: Device>(&self, runner: &mut Runner<'_, D>) -> BTreeMap<Event, Conversation> {
        let mut found: BTreeMap<Event, Conversation> = BTreeMap::new();
        self.each(runner, |_, conversation, ran| {
            for event in &ran.events {
                found.entry(*event).or_insert_with(|| conversation.clone());
            }
            ControlFlow::Continue(())
        });
        found
    }

    /// The shortest conversation of fewer steps than these that shows something; a known-good library is
    /// brought after each.
    pub fn first_to_show<D: Device>(&self, runner: &mut Runner<'_, D>, fewer_than: usize) -> Option<Conversation> {
        let mut shown = None;
        self.each(runner, |runner, conversation, ran| {
            if conversation.steps.len() >= fewer_than {
                return ControlFlow::Break(());
            }
            let ran = if ran.raised.is_none() { runner.run(conversation) } else { ran.clone() };
            match ran.raised {
                None => ControlFlow::Continue(()),
                Some(_) => {
                    shown = Some(conversation.clone());
                    ControlFlow::Break(())
                }
            }
        });
        shown
    }

    /// Tries every letter in every state, shorter conversations first.
    fn each<'m, D: Device>(
        &self,
        runner: &mut Runner<'m, D>,
        mut tried: impl FnMut(&mut Runner<'m, D>, &Conversation, &Ran) -> ControlFlow<()>,
    ) {
        let mut known = HashSet::new();
        let mut waiting = BTreeMap::new();
        let mut number = 0;
        for start in &self.starts {
            runner.run_only(start);
            known.insert(runner.key());
            waiting.insert((start.steps.len(), number), start.clone());
            number += 1;
        }
        while let Some((_, prefix)) = waiting.pop_first() {
            for letter in &self.letters {
                let mut conversation = prefix.clone();
                conversation.steps.push(letter.clone());
                let ran = runner.run_only(&conversation);
                let is_new = ran.raised.is_none() && known.insert(runner.key());
                if tried(runner, &conversation, &ran).is_break() {
                    return;
                }
                if is_new {
                    waiting.insert((conversation.steps.len(), number), conversation);
                    number += 1;
                }
            }
        }
    }
}
