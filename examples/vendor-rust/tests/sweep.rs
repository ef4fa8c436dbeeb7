//! The sweep: every field with every value class, every rule broken, every boundary cut.

use infuzz::finding::Kind;
use infuzz::sweep::{Instances, Outcome, Plan, Sweeper};
use vendor_rust::glue::{bench, format, seeds};
use vendor_rust::parser::Bug;

/// Sweeps the parser; gives how many cases were planned and what came of each.
fn sweep(bug: Option<Bug>) -> (usize, Vec<Outcome>) {
    let format = format().expect("loads");
    let [ward, a, b] = seeds(&format).expect("composes");
    let plan = Plan::new(&format, &ward, vec![("a".into(), a), ("b".into(), b)], Instances::Three);
    let bench = bench(&format, bug).expect("the known-good lists are accepted").thorough().catch_panics();
    let mut sweeper = Sweeper::new(&plan, bench);
    (plan.cases.len(), (0..plan.cases.len()).filter_map(|case| sweeper.run(case)).collect())
}

/// The cases with a finding: its kind, the rule that the case breaks, and the details.
fn findings(outcomes: &[Outcome]) -> Vec<(Kind, Option<&str>, &str)> {
    let all = outcomes.iter().flat_map(|o| o.raised.iter().map(|(kind, what)| (*kind, o.rule.as_deref(), &**what)));
    all.collect()
}

/// The mistake is found as this kind, at a case that breaks this rule; every finding is one again when
/// its case is run alone.
#[track_caller]
fn finds(bug: Bug, kind: Kind, rule: &str) {
    let (_, outcomes) = sweep(Some(bug));
    let found = findings(&outcomes);
    assert!(found.iter().any(|one| (one.0, one.1) == (kind, Some(rule))), "{bug:?}: {found:?}");
    assert!(outcomes.iter().all(|o| o.raised.is_empty() || o.alone && o.deterministic), "{bug:?}");
}

#[test]
fn all_that_is_planned_is_run_and_nothing_is_found() {
    let (planned, outcomes) = sweep(None);
    assert_eq!(findings(&outcomes), []);
    assert_eq!(outcomes.len(), planned);
    assert!(outcomes.iter().all(|outcome| outcome.known_good));
    let must = |word: &str| outcomes.iter().filter(|outcome| outcome.expected == word).count();
    assert!(must("accept") >= 200 && must("refuse") >= 800, "{} {}", must("accept"), must("refuse"));
    println!("planned {planned}: must accept {}, must refuse {}", must("accept"), must("refuse"));
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
    finds(Bug::CountTrusted, Kind::Crash, "file.count");
}
