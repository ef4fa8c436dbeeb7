//! A seeded loop without an engine: what plain `cargo test` and the defect bank run.

use crate::body::{Body, Fault};
use crate::reach::Tally;
use crate::table::{Input, Target};
use infuzz::oracle::Meter;
use infuzz::rng::Rng;
use std::ops::ControlFlow;

/// What came of an exploration.
#[derive(Debug, Clone)]
pub struct Exploration {
    /// Executions.
    pub executions: u64,
    /// The reach points.
    pub points: Tally,
    /// The states of conversations, where inputs are such.
    pub states: Option<Tally>,
    /// The first finding and the execution that showed it.
    pub fault: Option<(u64, Fault)>,
    /// The input that showed it.
    pub shown: Vec<u8>,
}

/// How inputs are changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutating {
    /// With regard to the structure.
    Structure,
    /// As bytes, to compare with.
    Raw,
}

/// Most inputs kept to mutate further.
const POOL: usize = 512;
/// How often in a row a conversation is mutated: what came of its beginning is known then.
const CHILDREN: u64 = 8;

/// Executes up to `runs` mutated inputs. `before` is called with each execution's number and
/// input before it runs, so that a crash or a hang can be told apart and replayed.
pub fn explore(
    target: &'static Target,
    seed: u64,
    runs: u64,
    mutating: Mutating,
    meter: Option<Meter>,
    mut before: impl FnMut(u64, &[u8]),
) -> Result<Exploration, String> {
    let mut body = Body::new(target, meter)?;
    Ok(explore_on(&mut body, seed, runs, mutating, |run, data| {
        before(run, data);
        ControlFlow::Continue(())
    }))
}

/// The same for a target that is set up already; `before` may also end it.
pub fn explore_on(
    body: &mut Body,
    seed: u64,
    runs: u64,
    mutating: Mutating,
    mut before: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Exploration {
    let target = body.target();
    let mut rng = Rng::new(seed);
    let mut pool: Vec<Vec<u8>> = body.seeds().to_vec();
    let mut parent = Vec::new();
    let mut reached = 0;
    let (mut fault, mut shown) = (None, Vec::new());
    let mut executions = 0;
    for run in 0..runs {
        let data = match target.input {
            Input::File | Input::Conversation => {
                if target.input == Input::File || run % CHILDREN == 0 {
                    let from = if rng.one_in(4) { body.seeds() } else { &pool };
                    parent = rng.pick(from).cloned().unwrap_or_default();
                }
                let mut data = parent.clone();
                if (run as usize) >= pool.len() {
                    for _ in 0..=rng.below(2) {
                        match mutating {
                            Mutating::Structure => _ = body.mutate(&mut data, target.max_len, rng.draw()),
                            Mutating::Raw => infuzz::mutate::raw(&mut data, target.max_len, &mut rng),
                        }
                    }
                }
                data
            }
            Input::Edits => (0..rng.between(32, 256)).map(|_| rng.draw() as u8).collect(),
        };
        if before(run, &data).is_break() {
            break;
        }
        executions += 1;
        if let Some(found) = body.execute(&data) {
            (fault, shown) = (Some((executions, found)), data);
            break;
        }
        let now = body.reach().points().iter().filter(|p| p.hits > 0).count();
        if target.input != Input::Edits && (now > reached || body.accepted() && rng.one_in(16)) {
            if pool.len() < POOL {
                pool.push(data);
            } else {
                let at = 2 + rng.below(POOL - 2);
                pool[at] = data;
            }
        }
        reached = now;
    }
    let reach = body.reach();
    let was = |at: usize| reach.points()[at].hits > 0;
    Exploration { executions, points: reach.tally(was), states: reach.tally_of_states(was), fault, shown }
}
