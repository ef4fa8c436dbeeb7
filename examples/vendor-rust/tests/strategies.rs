//! The parser as a property for proptest, with the strategies of infuzz.

use infuzz::format::Format;
use infuzz::judgement::Judgement;
use infuzz::strategy::{edited, single_fault, valid};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use proptest::{prop_assert, prop_assert_eq};
use vendor_rust::glue::{format, seeds};
use vendor_rust::parser::{Bug, DrugList};

const MAX_SIZE: usize = 2048;

/// A runner that does the same each time and keeps nothing.
fn runner() -> TestRunner {
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[1; 32]))
}

fn check<S: Strategy>(strategy: &S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    runner().run(strategy, holds).unwrap_or_else(|error| panic!("{error}"));
}

fn loaded() -> Format {
    format().expect("loads")
}

#[test]
fn valid_lists_are_taken() {
    check(&valid(&loaded(), 8), |bytes| {
        prop_assert_eq!(DrugList::parse(&bytes).map(|_| ()), Ok(()));
        Ok(())
    });
}

#[test]
fn a_list_with_a_single_fault_is_refused() {
    let format = loaded();
    check(&single_fault(&format, 8), |(bytes, rule)| {
        prop_assert!(DrugList::parse(&bytes).is_err(), "accepted though rule {} is broken", format.rule(rule));
        Ok(())
    });
}

#[test]
fn an_edited_list_is_taken_just_if_no_rule_is_broken() {
    let format = loaded();
    let seeds = seeds(&format).expect("composes").to_vec();
    check(&edited(&format, seeds, MAX_SIZE), |(bytes, judgement)| {
        prop_assert_eq!(DrugList::parse(&bytes).is_ok(), judgement == Judgement::Accept);
        Ok(())
    });
}

#[test]
fn a_mistake_is_found_and_its_input_is_made_small() {
    let format = loaded();
    let broken = runner().run(&single_fault(&format, 8), |(bytes, _)| {
        prop_assert!(DrugList::parse_with(&bytes, Some(Bug::SoftMaxNotCompared)).is_err());
        Ok(())
    });
    let Err(TestError::Fail(_, (bytes, rule))) = broken else { panic!("{broken:?}") };
    assert_eq!(format.rule(rule), "limit.order");
    assert!(bytes.len() <= 80, "{} bytes", bytes.len());
}
