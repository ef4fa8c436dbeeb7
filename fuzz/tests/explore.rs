//! The targets without an engine: every reach point within the budget, nothing found.

use infuzz_fuzz::{Mutating, TARGETS, explore, target};

#[test]
fn drug_library_reaches_every_point_within_200_000_executions() {
    let found =
        explore(target("drug_library").expect("in the table"), 1, 200_000, Mutating::Structure, None, |_, _| {})
            .expect("sets up");
    assert!(found.fault.is_none(), "seed 1: {:?}", found.fault);
    assert!(found.missing.is_empty(), "seed 1: not reached: {:?}", found.missing);
    assert!(found.reached.1 >= 40, "{:?}", found.reached);
}

#[test]
fn the_other_targets_reach_every_point_within_their_budgets() {
    for (name, budget) in [("miva_library", 40_000), ("miva_order", 40_000), ("miva_frame", 40_000), ("order", 100_000)]
    {
        let found = explore(target(name).expect("in the table"), 2, budget, Mutating::Structure, None, |_, _| {})
            .expect("sets up");
        assert!(found.fault.is_none(), "{name}, seed 2: {:?}", found.fault);
        assert!(found.missing.is_empty(), "{name}, seed 2: not reached: {:?}", found.missing);
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
