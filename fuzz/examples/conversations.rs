//! Measures how many conversations a second are run and judged, beside a loop that only mutates them.
//!
//! `cargo run --profile figures -p infuzz-fuzz --example conversations`

use infuzz::rng::Rng;
use infuzz_fuzz::meter::{Counting, METER};
use infuzz_fuzz::{Body, Input, Mutating, TARGETS, Target, explore_on};
use std::ops::ControlFlow;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const RUNS: u64 = 20_000;
const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];
/// A conversation of fewer steps is a short one.
const STEPS: usize = 8;

/// Seconds of the seeded loop.
fn whole(target: &'static Target, seed: u64) -> Result<f64, String> {
    let mut body = Body::new(target, Some(METER))?;
    let begun = Instant::now();
    let came = explore_on(&mut body, seed, RUNS, Mutating::Structure, |_, _| ControlFlow::Continue(()));
    match came.fault {
        Some((run, fault)) => Err(format!("execution {run} shows a finding: {:?}", fault.raised)),
        None => Ok(begun.elapsed().as_secs_f64()),
    }
}

/// Seconds of as many mutations of seeds, without executing anything.
fn empty(target: &'static Target, seed: u64) -> Result<f64, String> {
    let mut body = Body::new(target, Some(METER))?;
    let mut rng = Rng::new(seed);
    let begun = Instant::now();
    for _ in 0..RUNS {
        let mut data = rng.pick(body.seeds()).cloned().unwrap_or_default();
        body.mutate(&mut data, target.max_len, rng.draw());
        std::hint::black_box(data);
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// Steps of the conversations of the seeded loop, without those of the known-good library, and how
/// many of the conversations have enough of them.
fn steps(target: &'static Target, seed: u64) -> Result<(usize, usize), String> {
    let (reader, mut body) = (Body::new(target, None)?, Body::new(target, Some(METER))?);
    let (mut all, mut enough) = (0, 0);
    explore_on(&mut body, seed, RUNS, Mutating::Structure, |_, data| {
        let steps = reader.conversation(data).map_or(0, |conversation| conversation.steps.len());
        (all, enough) = (all + steps, enough + usize::from(steps >= STEPS));
        ControlFlow::Continue(())
    });
    Ok((all, enough))
}

fn main() -> Result<(), String> {
    println!(
        "| target | executions/s, seeds 1 to 5 | median | steps of each | with {STEPS} or more | against mutation alone |"
    );
    println!("|---|---|---|---|---|---|");
    let runs = RUNS as f64;
    for target in TARGETS.iter().filter(|target| target.input == Input::Conversation) {
        let rates: Result<Vec<u64>, String> =
            SEEDS.iter().map(|seed| whole(target, *seed).map(|seconds| (runs / seconds) as u64)).collect();
        let mut sorted = rates?;
        let shown = sorted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        sorted.sort_unstable();
        let median = sorted[SEEDS.len() / 2];
        let (all, enough) = steps(target, 1)?;
        println!(
            "| {} | {shown} | {median} | {:.0} | {:.0} % | {:.2} |",
            target.name,
            all as f64 / runs,
            100.0 * enough as f64 / runs,
            median as f64 * empty(target, 1)? / runs
        );
    }
    Ok(())
}
