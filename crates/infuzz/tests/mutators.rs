//! The mutators: each as often as the others, deterministic, within the size, and of effect.

mod common;

use common::{formats, library, load};
use infuzz::mutate::{MUTATORS, Mutation, crossover};
use infuzz::tree::Tree;
use std::collections::BTreeMap;

const MAX: usize = 4096;

#[test]
fn every_mutator_is_chosen_as_often_as_the_others() {
    let format = load("drug-library");
    let start = library(&format, "every-kind");
    let mut mutation = Mutation::new(&format, vec![library(&format, "minimal"), start.clone()]);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..20_000 {
        let mut data = start.clone();
        *counts.entry(mutation.mutate(&mut data, MAX, seed)).or_default() += 1;
    }
    let structured: u32 = MUTATORS.iter().filter_map(|mutator| counts.get(mutator.name)).sum();
    let fair = f64::from(structured) / MUTATORS.len() as f64;
    for mutator in MUTATORS {
        let share = f64::from(counts.get(mutator.name).copied().unwrap_or(0)) / fair;
        assert!((0.75..=1.25).contains(&share), "{}: {share:.2} of its share in {counts:#?}", mutator.name);
    }
    assert!(counts["raw"] < 3_000 && counts["seed"] < 1_000, "{counts:#?}");
}

#[test]
fn every_mutator_changes_bytes() {
    let format = load("drug-library");
    let start = library(&format, "every-kind");
    let mut mutation = Mutation::new(&format, vec![start.clone()]);
    let mut changed: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..4_000 {
        let mut data = start.clone();
        let name = mutation.mutate(&mut data, MAX, seed);
        *changed.entry(name).or_default() += u32::from(data != start);
        assert!(data != start || ["seed", "raw"].contains(&name), "seed {seed}: {name} left the bytes as they were");
    }
    for mutator in MUTATORS {
        assert!(changed.get(mutator.name).is_some_and(|times| *times > 50), "{}: {changed:#?}", mutator.name);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for (format, inputs) in formats() {
        let mut first = Mutation::new(&format, inputs.clone());
        let mut second = Mutation::new(&format, inputs.clone());
        for seed in 0..200 {
            let start = &inputs[seed as usize % inputs.len()];
            let (mut a, mut b) = (start.clone(), start.clone());
            let names = (first.mutate(&mut a, 80_000, seed), second.mutate(&mut b, 80_000, seed));
            assert_eq!(names.0, names.1, "{}: seed {seed}", format.name);
            assert_eq!(a, b, "{}: seed {seed}", format.name);
            // Nor does what is decoded already.
            for known in [&a, start, &inputs[0]] {
                let mut c = start.clone();
                let name = second.mutate_like(&Tree::decode(&format, known), &mut c, 80_000, seed);
                assert_eq!((name, &c), (names.0, &a), "{}: seed {seed}", format.name);
            }
            // What the second has seen in between makes no difference.
            second.mutate(&mut inputs[0].clone(), 80_000, seed + 1_000_000);
        }
    }
}

#[test]
fn no_result_is_larger_than_allowed() {
    for (format, inputs) in formats() {
        let small: Vec<_> = inputs.into_iter().filter(|input| input.len() <= 2_000).collect();
        let Some(start) = small.last() else { continue };
        let mut mutation = Mutation::new(&format, small.clone());
        for max in [0, 1, 7, 8, 100, start.len(), start.len() + 1, MAX] {
            for seed in 0..500 {
                let mut data = start[..start.len().min(max)].to_vec();
                let name = mutation.mutate(&mut data, max, seed);
                assert!(data.len() <= max, "{}: seed {seed}, {name}: {} > {max}", format.name, data.len());
                let crossed = crossover(&mut mutation, &data, &small[0], max, seed);
                assert!(crossed.len() <= max, "{}: seed {seed}, crossover: {} > {max}", format.name, crossed.len());
            }
        }
    }
}

#[test]
fn empty_and_tiny_inputs_become_something() {
    for (format, inputs) in formats() {
        let mut mutation = Mutation::new(&format, Vec::new());
        for seed in 0..200 {
            let mut data = Vec::new();
            let mut longest = 0;
            for step in 0..10 {
                mutation.mutate(&mut data, MAX, seed * 10 + step);
                longest = longest.max(data.len());
            }
            assert!(longest > 0, "{}: seed {seed}", format.name);
        }
        let mut mutation = Mutation::new(&format, inputs);
        let mut data = Vec::new();
        assert_eq!(mutation.mutate(&mut data, 80_000, 1), "seed", "{}", format.name);
        assert!(!data.is_empty());
    }
}

#[test]
fn crossover_takes_records_of_the_second_input() {
    let format = load("drug-library");
    let (first, second) = (library(&format, "minimal"), library(&format, "every-kind"));
    let names = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let tree = Tree::decode(&format, bytes);
        ["profile", "drug", "concentration", "therapy", "advisory", "label", "setup"]
            .iter()
            .filter_map(|list| tree.find(list))
            .flat_map(|list| tree.children(list).collect::<Vec<_>>())
            .map(|record| tree.span(record).to_vec())
            .collect()
    };
    let (own, foreign) = (names(&first), names(&second));
    let mut mutation = Mutation::new(&format, vec![first.clone()]);
    let mut taken = 0;
    let mut different = 0;
    for seed in 0..600 {
        let crossed = crossover(&mut mutation, &first, &second, MAX, seed);
        assert_eq!(crossed, crossover(&mut mutation, &first, &second, MAX, seed), "seed {seed}");
        different += u32::from(crossed != first);
        taken += u32::from(names(&crossed).iter().any(|record| foreign.contains(record) && !own.contains(record)));
    }
    assert!(taken >= 100, "{taken} of 600 have a record of the second input");
    assert!(different >= 540, "{different} of 600 differ from the first input");
}
