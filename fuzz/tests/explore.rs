//! The targets without an engine: every reach point within the budget, nothing found.

use infuzz_fuzz::{Mutating, TARGETS, explore, target};

#[test]
fn drug_library_reaches_every_point_within_200_000_executions() {
    let found =
        explore(target("drug_library").expect("in the table"), 1, 200_000, Mutating::Structure, None, |_, _| {})
            .expect("sets up");
    assert!(found.fault.is_none(), "seed 1: {:?}", found.fault);
    assert!(found.points.missing.is_empty(), "seed 1: not reached: {:?}", found.points.missing);
    assert!(found.points.total >= 40, "{:?}", found.points);
}

#[test]
fn every_other_target_reaches_every_point_within_its_budget() {
    for target in TARGETS.iter().filter(|target| !target.name.starts_with("drug_library")) {
        let (seed, budget) = match target.name {
            "bcc_host" => (2, 120_000),
            "order" => (1, 300_000),
            "power_cut" => (3, 100_000),
            _ => (2, 40_000),
        };
        let found = explore(target, seed, budget, Mutating::Structure, None, |_, _| {}).expect("sets up");
        assert!(found.fault.is_none(), "{}, seed {seed}: {:?}", target.name, found.fault);
        assert!(
            found.points.missing.is_empty(),
            "{}, seed {seed}: not reached: {:?}",
            target.name,
            found.points.missing
        );
    }
}

#[test]
fn every_target_explores_without_a_finding() {
    for target in TARGETS {
        let found = explore(target, 7, 3_000, Mutating::Structure, None, |_, _| {}).expect("sets up");
        assert!(found.fault.is_none(), "{} seed 7: {:?}", target.name, found.fault);
        assert_eq!(found.executions, 3_000);
    }
}
