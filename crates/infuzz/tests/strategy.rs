//! What the strategies for proptest promise, and that they shrink to something simpler.

mod common;

use common::{library, load};
use infuzz::format::{Format, RuleId};
use infuzz::judgement::{Judge, Judgement};
use infuzz::strategy::{edited, single_fault, valid};
use infuzz::tree::Tree;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;

/// A runner that does the same each time and keeps nothing.
fn runner(cases: u32, seed: u8) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

/// Values of a strategy, as drawn.
fn drawn<S: Strategy>(strategy: &S, cases: u32, seed: u8) -> Vec<S::Value> {
    let mut runner = runner(cases, seed);
    (0..cases).map(|_| strategy.new_tree(&mut runner).expect("draws").current()).collect()
}

/// A value that fails, and the simplest one that it shrinks to and that still does.
fn shrunk<S: Strategy>(strategy: &S, seed: u8, fails: impl Fn(&S::Value) -> bool) -> (S::Value, S::Value) {
    let mut runner = runner(1, seed);
    let mut tree = loop {
        let tree = strategy.new_tree(&mut runner).expect("draws");
        if fails(&tree.current()) {
            break tree;
        }
    };
    let first = tree.current();
    let mut best = tree.current();
    let mut steps = 0;
    while steps < 200 {
        steps += 1;
        if fails(&tree.current()) {
            best = tree.current();
            if !tree.simplify() {
                break;
            }
        } else if !tree.complicate() {
            break;
        }
    }
    (first, best)
}

fn rows(format: &Format, bytes: &[u8]) -> usize {
    let tree = Tree::decode(format, bytes);
    tree.lists().iter().map(|list| tree.children(*list).count()).sum()
}

fn seeds(format: &Format) -> Vec<Vec<u8>> {
    ["minimal", "every-kind"].map(|name| library(format, name)).to_vec()
}

#[test]
fn valid_libraries_are_judged_valid() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    let all = drawn(&valid(&format, 4), 100, 1);
    for bytes in &all {
        assert_eq!(judge.judge(bytes), Judgement::Accept);
    }
    assert!(all.iter().collect::<BTreeSet<_>>().len() > 90);
}

#[test]
fn libraries_with_a_single_fault_are_refused_for_that_rule_alone_and_every_rule_has_its_turn() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    let mut left: BTreeSet<RuleId> = (0..format.rules.len() as u16).map(RuleId).collect();
    let (strategy, mut runner) = (single_fault(&format, 5), runner(1, 2));
    for _ in 0..10_000 {
        let (bytes, rule) = strategy.new_tree(&mut runner).expect("draws").current();
        assert_eq!(judge.judge(&bytes), Judgement::Refuse(rule));
        let (_, violations) = judge.explain(&bytes);
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert_eq!(violations[0].rule, rule);
        left.remove(&rule);
        if left.is_empty() {
            break;
        }
    }
    let left: Vec<&str> = left.iter().map(|rule| format.rule(*rule)).collect();
    assert!(left.is_empty(), "never broken alone: {left:?}");
}

#[test]
fn edited_libraries_are_judged_from_their_bytes_and_come_out_both_ways() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    let (mut accepted, mut refused) = (0, 0);
    for (bytes, judgement) in drawn(&edited(&format, seeds(&format), 4096), 300, 3) {
        assert_eq!(judge.judge(&bytes), judgement);
        assert!(bytes.len() <= 4096);
        match judgement {
            Judgement::Accept => accepted += 1,
            _ => refused += 1,
        }
    }
    assert!(accepted >= 30 && refused >= 30, "{accepted} accepted, {refused} refused");
}

#[test]
fn the_same_seed_gives_the_same() {
    let format = load("drug-library");
    let strategy = edited(&format, seeds(&format), 4096);
    assert_eq!(drawn(&strategy, 20, 9), drawn(&strategy, 20, 9));
    let strategy = single_fault(&format, 3);
    assert_eq!(drawn(&strategy, 20, 9), drawn(&strategy, 20, 9));
}

#[test]
fn a_valid_library_shrinks_to_fewer_records() {
    let format = load("drug-library");
    let (first, best) = shrunk(&valid(&format, 6), 4, |bytes| rows(&format, bytes) >= 12);
    assert!(rows(&format, &first) >= 12 && rows(&format, &best) >= 12);
    assert!(rows(&format, &best) < rows(&format, &first), "{} {}", rows(&format, &best), rows(&format, &first));
}

#[test]
fn an_edited_library_shrinks_to_the_seed_if_the_edits_do_not_matter() {
    let format = load("drug-library");
    let seeds = seeds(&format);
    let changed = |bytes: &[u8]| !seeds.iter().any(|seed| seed == bytes);
    let strategy = edited(&format, seeds.clone(), 4096);
    let (first, best) = shrunk(&strategy, 5, |(bytes, _)| !bytes.is_empty());
    assert!(changed(&first.0));
    assert_eq!(best.0, seeds[0]);
    assert_eq!(best.1, Judgement::Accept);
}

#[test]
fn a_single_fault_stays_single_while_it_shrinks() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    let (_, (bytes, rule)) = shrunk(&single_fault(&format, 6), 6, |_| true);
    assert_eq!(judge.judge(&bytes), Judgement::Refuse(rule));
    assert_eq!(judge.explain(&bytes).1.len(), 1);
    assert!(rows(&format, &bytes) <= 16, "{}", rows(&format, &bytes));
}
