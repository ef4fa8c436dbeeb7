//! Inputs from nothing, and from `Arbitrary`.

mod common;

use arbitrary::{Arbitrary, Unstructured};
use common::{broken, library, load};
use infuzz::generate::{Recipe, generate};
use infuzz::judgement::{Judge, Judgement};
use infuzz::mutate::Mutation;
use infuzz::rng::Rng;
use infuzz::script::{Base, EditScript, MAX_EDITS};
use infuzz::tree::Tree;
use std::collections::{BTreeMap, HashSet};

const SEEDS: u64 = 300;

#[test]
fn every_seed_gives_a_valid_library_of_its_own() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    let mut inputs = HashSet::new();
    let mut kinds: BTreeMap<u64, u32> = BTreeMap::new();
    for seed in 0..SEEDS {
        let bytes = generate(&format, seed, 4).unwrap_or_else(|| panic!("seed {seed}"));
        assert_eq!(judge.judge(&bytes), Judgement::Accept, "seed {seed}: {:?}", broken(&format, &bytes));
        let tree = Tree::decode(&format, &bytes);
        let setups = tree.find("setup").expect("there");
        for setup in tree.children(setups) {
            let kind = tree.child(setup, format.field_at("setup[].kind").expect("there"));
            *kinds.entry(kind.and_then(|node| tree.number(node)).expect("a number")).or_default() += 1;
        }
        assert!(inputs.insert(bytes), "seed {seed} gives what another seed gave");
    }
    for kind in 1..=6 {
        assert!(kinds.get(&kind).is_some_and(|times| *times >= 10), "kind {kind}: {kinds:?}");
    }
}

#[test]
fn valid_libraries_come_from_arbitrary_bytes() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    let mut rng = Rng::new(5);
    for case in 0..50 {
        let bytes: Vec<u8> = (0..rng.below(12)).map(|_| rng.draw() as u8).collect();
        let recipe = Recipe::arbitrary(&mut Unstructured::new(&bytes)).unwrap_or_else(|e| panic!("case {case}: {e}"));
        let recipe = Recipe { most: recipe.most % 6, ..recipe };
        let library = recipe.bytes(&format).unwrap_or_else(|| panic!("case {case}: {recipe:?}"));
        assert_eq!(judge.judge(&library), Judgement::Accept, "case {case}: {recipe:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_library() {
    let format = load("drug-library");
    for seed in 0..20 {
        assert_eq!(generate(&format, seed, 3), generate(&format, seed, 3), "seed {seed}");
    }
}

fn script(seed: u64) -> EditScript {
    let mut rng = Rng::new(seed);
    let bytes: Vec<u8> = (0..rng.below(80)).map(|_| rng.draw() as u8).collect();
    EditScript::arbitrary(&mut Unstructured::new(&bytes)).unwrap_or_else(|e| panic!("seed {seed}: {e}"))
}

#[test]
fn edit_scripts_are_deterministic_and_of_effect() {
    let format = load("drug-library");
    let seeds = vec![library(&format, "minimal"), library(&format, "every-kind")];
    let mut mutation = Mutation::new(&format, seeds.clone());
    let mut again = Mutation::new(&format, seeds.clone());
    let (mut different, total) = (0, 1000);
    for seed in 0..total {
        let script = script(seed);
        assert!(script.edits.len() <= MAX_EDITS, "seed {seed}");
        let bytes = script.bytes(&mut mutation, 4096);
        assert_eq!(bytes, script.bytes(&mut again, 4096), "seed {seed}");
        assert!(bytes.len() <= 4096, "seed {seed}");
        let Base::Seed(start) = script.base else { panic!("seed {seed}: drawn from a starting point") };
        different += u64::from(bytes != seeds[usize::from(start) % seeds.len()]);
    }
    assert!(different > total / 3, "{different} of {total} scripts change their start");
}

#[test]
fn edit_scripts_without_a_start_do_not_panic() {
    let format = load("drug-library");
    let mut mutation = Mutation::new(&format, Vec::new());
    for seed in 0..300 {
        let bytes = script(seed).bytes(&mut mutation, 64);
        assert!(bytes.len() <= 64, "seed {seed}");
    }
}
