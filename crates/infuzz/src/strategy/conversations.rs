//! A strategy for conversations, made as a state machine goes: several hosts, each with a seed to carry
//! out, take their next steps in turn, and between them things happen to the device.

use crate::conversation::{BEFORE, Conversation, MOST_STEPS, Mutator, Step};
use crate::device::{Act, Line};
use crate::format::Format;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use std::cell::RefCell;
use std::sync::Arc;

/// Hosts that talk to the device.
const HOSTS: u8 = 3;

/// What happens next.
#[derive(Clone, Debug)]
enum Next {
    /// A host says what comes next, as it stands or changed.
    Goes(u8, Option<u64>),
    /// It says the last thing again.
    Repeats(u8),
    /// It says what comes next as if the last answer had been lost.
    Unheard(u8),
    /// It loses its connection, and begins anew.
    Gone(u8),
    /// This step, which is no host's.
    Other(Step),
}

/// What a host is about to do.
struct Host<'s> {
    number: u8,
    seed: &'s [Step],
    done: usize,
}

impl Host<'_> {
    /// The step before the next one (back 1), or the next one (back 0), on a line of its own.
    fn step(&self, back: usize) -> Option<Step> {
        let mut step = self.seed.get(self.done.checked_sub(back)?)?.clone();
        if let Some(line) = step.line_mut() {
            line.number = self.number;
        }
        Some(step)
    }

    fn line(&self) -> Option<Line> {
        (0..=self.done).rev().find_map(|back| self.step(back)?.line().cloned())
    }
}

/// Conversations of up to `most` steps, of hosts that carry `seeds` out on the paths that these formats
/// describe.
///
/// Shrinks to fewer steps, steps that are not changed, fewer hosts, and earlier seeds.
pub fn conversations<'f>(
    formats: &[(&'static str, &'f Format)],
    seeds: Vec<Conversation>,
    most: usize,
) -> impl Strategy<Value = Conversation> + use<'f> {
    let host = || 0..HOSTS;
    let waits = prop_oneof![Just(1u32), Just(1_000), Just(5_001), Just(30_001), Just(600_001)];
    let acts = (0..Act::ALL.len()).prop_map(|at| Step::Act(Act::ALL[at].0));
    let cut = (0..8u32, any::<bool>()).prop_map(|(writes, torn)| Step::Cut { writes, torn });
    let next = prop_oneof![
        16 => host().prop_map(|host| Next::Goes(host, None)),
        3 => (host(), any::<u64>().no_shrink()).prop_map(|(host, draw)| Next::Goes(host, Some(draw))),
        2 => host().prop_map(Next::Repeats),
        1 => host().prop_map(Next::Unheard),
        1 => host().prop_map(Next::Gone),
        2 => waits.prop_map(|wait| Next::Other(Step::Wait(wait))),
        4 => acts.prop_map(Next::Other),
        1 => Just(Next::Other(Step::Restart)),
        1 => cut.prop_map(Next::Other),
    ];
    let mutator = RefCell::new(Mutator::new(formats, seeds.clone()));
    let carried_out = vec(0..seeds.len().max(1), usize::from(HOSTS));
    (vec(next, 0..=most.min(MOST_STEPS)), carried_out).prop_map(move |(next, of)| {
        let seed = |at: usize| seeds.get(at).map_or(&[][..], |seed| &seed.steps);
        let hosts = (0..HOSTS).zip(of).map(|(number, of)| Host { number, seed: seed(of), done: 0 });
        goes(&next, hosts.collect(), &mut mutator.borrow_mut())
    })
}

fn goes(next: &[Next], mut hosts: Vec<Host<'_>>, mutator: &mut Mutator<'_>) -> Conversation {
    let mut steps = Vec::new();
    for one in next {
        match one {
            Next::Goes(host, changed) => {
                let host = &mut hosts[usize::from(*host)];
                let mut step = host.step(0);
                host.done += 1;
                if let (Some(Step::Say(saying)), Some(seed)) = (&mut step, changed) {
                    mutator.change(Arc::make_mut(saying), *seed);
                }
                steps.extend(step);
            }
            Next::Repeats(host) => steps.extend(hosts[usize::from(*host)].step(1)),
            Next::Unheard(host) => {
                let host = &mut hosts[usize::from(*host)];
                let mut step = host.step(0);
                host.done += 1;
                if let Some(Step::Say(saying)) = &mut step {
                    let fills = Arc::make_mut(saying).fills.iter_mut();
                    fills.for_each(|(_, slot)| slot.insert_str(0, BEFORE));
                }
                steps.extend(step);
            }
            Next::Gone(host) => {
                let host = &mut hosts[usize::from(*host)];
                steps.extend(host.line().map(Step::Disconnect));
                host.done = 0;
            }
            Next::Other(step) => {
                if *step == Step::Restart {
                    hosts.iter_mut().for_each(|host| host.done = 0);
                }
                steps.push(step.clone());
            }
        }
    }
    Conversation { steps }
}
