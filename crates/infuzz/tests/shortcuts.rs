//! The quick ways to a judgement give what the rules looked at in full give: on mutated, cut,
//! spliced and random inputs of every format.

mod common;

use common::formats;
use infuzz::format::Format;
use infuzz::judgement::{Judge, Judgement};
use infuzz::mutate::Mutation;
use infuzz::rng::Rng;
use infuzz::rules::{Checker, Violation};
use infuzz::tree::Tree;

/// Inputs per small seed, and per larger one.
const INPUTS: [usize; 2] = [600, 30];

/// A small seed has at most so many bytes.
const SMALL: usize = 8 * 1024;

/// Larger seeds take too long in full.
const LARGEST: usize = 128 * 1024;

/// What the broken rules, all of them known, come to.
fn judged(format: &Format, violations: &[Violation]) -> Judgement {
    let open = |v: &&Violation| format.rules[usize::from(v.rule.0)].open;
    match violations.iter().find(|v| !open(v)) {
        Some(violation) => Judgement::Refuse(violation.rule),
        None => violations.last().map_or(Judgement::Accept, |v| Judgement::Unspecified(v.rule)),
    }
}

/// Calls `each` with an input and the one it was made from.
fn inputs(format: &Format, seeds: &[Vec<u8>], mut each: impl FnMut(&[u8], &[u8])) {
    let mut rng = Rng::new(11);
    let mut mutation = Mutation::new(format, seeds.to_vec());
    for seed in seeds.iter().filter(|seed| seed.len() <= LARGEST) {
        each(seed, seed);
        let mut data = seed.clone();
        for round in 0..INPUTS[usize::from(seed.len() > SMALL)] {
            let from = if round % 4 == 0 { seed.clone() } else { data.clone() };
            data.clone_from(&from);
            match rng.below(12) {
                0 => data.truncate(rng.below(data.len() + 1)),
                1 => {
                    let other = &seeds[rng.below(seeds.len())];
                    data.truncate(rng.below(data.len() + 1));
                    data.extend_from_slice(&other[rng.below(other.len().min(LARGEST))..]);
                    data.truncate(2 * LARGEST);
                }
                2 => data = (0..rng.below(200)).map(|_| rng.draw() as u8).collect(),
                _ => {
                    mutation.mutate(&mut data, 2 * LARGEST, rng.draw());
                }
            }
            each(&from, &data);
        }
    }
}

#[test]
fn the_judgement_is_that_of_the_rules_looked_at_in_full() {
    for (format, seeds) in formats() {
        let mut judge = Judge::new(&format);
        let mut checker = Checker::default();
        let (mut accepted, mut refused) = (0, 0);
        inputs(&format, &seeds, |_, data| {
            let tree = Tree::decode(&format, data);
            let full = checker.all_in_full(&tree);
            let judgement = judge.judge(data);
            assert_eq!(judgement, judged(&format, &full), "{}: {full:?}", format.name);
            assert_eq!(checker.all(&tree), full, "{}", format.name);
            match judgement {
                Judgement::Accept => accepted += 1,
                _ => refused += 1,
            }
        });
        assert!(accepted >= 1 && refused >= 20, "{}: {accepted} accepted, {refused} refused", format.name);
    }
}

#[test]
fn what_an_input_was_made_from_does_not_change_its_judgement() {
    for (format, seeds) in formats() {
        let mut judge = Judge::new(&format);
        let mut checker = Checker::default();
        inputs(&format, &seeds, |from, data| {
            let from = Tree::decode(&format, from);
            let fresh = Tree::decode(&format, data);
            judge.decode_like(&from, data);
            let near = judge.tree_of(data);
            assert_eq!(near.encode(), data, "{}", format.name);
            assert_eq!(near.nodes(), fresh.nodes(), "{}", format.name);
            assert_eq!(near.problems(), fresh.problems(), "{}", format.name);
            assert_eq!(near.relations(), fresh.relations(), "{}", format.name);
            assert_eq!(near.lists(), fresh.lists(), "{}", format.name);
            let all = checker.all_in_full(&fresh);
            assert_eq!(judge.judge(data), judged(&format, &all), "{}", format.name);
            let valid = Some(&from).filter(|from| checker.all_in_full(from).is_empty());
            assert_eq!(checker.all_since(valid, &fresh), all, "{}", format.name);
            assert_eq!(checker.first_since(valid, &fresh).as_ref(), all.first(), "{}", format.name);
        });
    }
}

#[test]
fn an_empty_input_is_decoded_before_it_is_judged() {
    for (format, _) in formats() {
        let mut judge = Judge::new(&format);
        let empty = Tree::empty(&format);
        let full = judged(&format, &Checker::default().all_in_full(&Tree::decode(&format, &[])));
        assert_eq!(judge.judge(&[]), full, "{}", format.name);
        judge.decode_like(&empty, &[]);
        assert_eq!(judge.judge(&[]), full, "{}", format.name);
    }
}
