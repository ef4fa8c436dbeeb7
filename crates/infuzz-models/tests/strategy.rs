//! Conversations drawn by proptest and by `arbitrary`, held against the networked pump that is built in.

mod common;

use arbitrary::{Arbitrary, Unstructured};
use common::{PATHS, formats, met_by, runner};
use infuzz::conversation::{Conversation, Mutator, Step};
use infuzz::device::{Act, Device};
use infuzz::script::EditScript;
use infuzz::strategy::conversations;
use infuzz_models::{SEEDS, seeds};
use proptest::test_runner::{Config, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeSet;

fn starts() -> Vec<Conversation> {
    seeds(formats(), SEEDS).into_iter().map(|(_, seed)| seed).collect()
}

fn test_runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRunner::deterministic().rng().clone())
}

#[test]
fn drawn_conversations_are_well_and_go_far() {
    let pump = RefCell::new(runner(PATHS));
    let met = RefCell::new(BTreeSet::new());
    let strategy = conversations(&formats().paths(), starts(), 40);
    let well = test_runner(2_000).run(&strategy, |conversation| {
        let ran = pump.borrow_mut().run(&conversation);
        assert!(ran.raised.is_none(), "{:?}\n{conversation}", ran.raised);
        met.borrow_mut().extend(ran.events);
        Ok(())
    });
    assert_eq!(well, Ok(()));
    assert!(met.borrow().len() > 150, "{} states, kinds and verdicts were met", met.borrow().len());
}

#[test]
fn what_fails_shrinks_to_what_it_takes() {
    let pump = RefCell::new(runner(PATHS));
    let strategy = conversations(&formats().paths(), starts(), 40);
    // A pump on which a library is staged while it runs: a whole transfer, and a start.
    let failed = test_runner(2_000).run(&strategy, |conversation| {
        pump.borrow_mut().run_only(&conversation);
        let seen = pump.borrow_mut().device().observe();
        proptest::prop_assert!(seen.staged.is_none() || !seen.running);
        Ok(())
    });
    let Err(TestError::Fail(_, conversation)) = failed else { panic!("{failed:?}") };
    let said = conversation.steps.iter().filter(|step| matches!(step, Step::Say(_))).count();
    let starts = conversation.steps.iter().filter(|step| **step == Step::Act(Act::Start)).count();
    assert_eq!((starts, conversation.steps.len() <= said + 3), (1, true), "{conversation}");
}

#[test]
fn scripts_are_arbitrary_conversations() {
    let mut mutator = Mutator::new(&formats().paths(), starts());
    let noise: Vec<u8> = (0..60_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut unstructured = Unstructured::new(&noise);
    let mut conversations = Vec::new();
    while !unstructured.is_empty() {
        let script = EditScript::arbitrary(&mut unstructured).expect("any bytes are a script");
        conversations.push(mutator.scripted(&script));
    }
    assert!(conversations.len() > 1_000);
    assert!(met_by(PATHS, conversations).len() > 150);
}
