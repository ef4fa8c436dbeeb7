//! A seeded loop without an engine: mutate, deliver, compare.

use infuzz::device::Outcome;
use infuzz::finding::Kind;
use infuzz::mutate::Mutation;
use infuzz::rng::Rng;
use vendor_rust::glue::{bench, format, seeds};
use vendor_rust::parser::Bug;

const RUNS: usize = 20_000;
const MAX_SIZE: usize = 2048;
const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

#[derive(Debug, Default)]
struct Explored {
    /// Each finding: its kind and the rule that the input breaks.
    found: Vec<(Kind, String)>,
    accepted: usize,
    refused: usize,
}

/// Executes mutated lists until something is found that is `wanted`.
fn explore(bug: Option<Bug>, seed: u64, wanted: (Kind, &str)) -> Explored {
    let format = format().expect("loads");
    let mut pool = seeds(&format).expect("composes").to_vec();
    let mut mutation = Mutation::new(&format, pool.clone());
    let mut bench = bench(&format, bug).expect("the known-good lists are accepted").catch_panics();
    let mut rng = Rng::new(seed);
    let mut explored = Explored::default();
    for _ in 0..RUNS {
        let mut data = rng.pick(&pool).cloned().unwrap_or_default();
        mutation.mutate(&mut data, MAX_SIZE, rng.draw());
        bench.reset().expect("can be reset");
        let result = bench.case(&data);
        match result.answer.outcome {
            Outcome::Accepted => explored.accepted += 1,
            Outcome::Refused => explored.refused += 1,
            Outcome::Silent => {}
        }
        let rule = result.judgement.rule().map_or("none", |rule| format.rule(rule));
        explored.found.extend(result.raised.iter().map(|raised| (raised.kind, rule.to_string())));
        if result.raised.iter().any(|raised| (raised.kind, rule) == wanted) {
            break;
        }
        if result.answer.outcome == Outcome::Accepted && pool.len() < 256 {
            pool.push(data);
        }
    }
    explored
}

/// The mistake is found from each seed, as this kind and at an input that breaks this rule.
#[track_caller]
fn finds(bug: Bug, kind: Kind, rule: &str) {
    for seed in SEEDS {
        let explored = explore(Some(bug), seed, (kind, rule));
        assert_eq!(explored.found.last(), Some(&(kind, rule.to_string())), "{bug:?} seed {seed}: {explored:?}");
    }
}

#[test]
fn nothing_is_found_in_the_sound_parser() {
    for seed in SEEDS {
        let explored = explore(None, seed, (Kind::Crash, "none"));
        assert_eq!(explored.found, [], "seed {seed}");
        assert!(explored.accepted >= RUNS / 20 && explored.refused >= RUNS / 2, "seed {seed}: {explored:?}");
    }
}

#[test]
fn a_soft_maximum_that_is_not_compared_is_found() {
    finds(Bug::SoftMaxNotCompared, Kind::InvalidAccepted, "limit.order");
}

#[test]
fn a_sum_that_is_skipped_is_found() {
    finds(Bug::LastSumSkipped, Kind::InvalidAccepted, "record.sum");
}

#[test]
fn a_count_that_is_trusted_is_found() {
    finds(Bug::CountTrusted, Kind::Crash, "file.length");
}
