//! Conversations of the library transfer with the pump that is built in.

use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Model, Mutator, Ran, Runner, Step};
use infuzz::format::Format;
use infuzz_devices::Networked;
use infuzz_models::Transfer;
use std::sync::LazyLock;

static FRAMES: LazyLock<Format> = LazyLock::new(|| load("library-transfer"));
static LIBRARIES: LazyLock<Format> = LazyLock::new(|| load("drug-library"));

fn load(name: &str) -> Format {
    Builtin::named(name).expect("built in").load().expect("loads")
}

fn library(name: &str) -> Vec<u8> {
    Builtin::named("drug-library").expect("built in").seed(&LIBRARIES, name).expect("a seed")
}

fn model() -> Transfer<'static> {
    Transfer::new(&FRAMES, &LIBRARIES)
}

fn runner() -> Runner<'static, Networked> {
    let known = ["known-good-a", "known-good-b"].map(library);
    Runner::new(Networked::new(), vec![Box::new(model())], known).expect("sets up")
}

fn brings(name: &str) -> Vec<Step> {
    model().brings(&library(name))
}

fn well(ran: &Ran) {
    assert!(ran.raised.is_none(), "{:?}", ran.raised);
}

#[test]
fn a_library_comes_and_is_in_use_after_a_restart() {
    let mut steps = brings("every-kind");
    steps.push(Step::Restart);
    let ran = runner().run(&Conversation { steps });
    well(&ran);
    let kinds: Vec<_> = ran.triples.iter().map(|[state, kind, verdict]| (*state, *kind, *verdict)).collect();
    assert_eq!(
        kinds[..6],
        [
            ("closed", "hello", "done"),
            ("closed", "proof", "done"),
            ("open", "begin", "done"),
            ("open, receiving", "chunk", "done"),
            ("open, receiving", "chunk", "done"),
            ("open, all received", "commit", "done"),
        ]
    );
}

#[test]
fn conversations_that_are_mutated_show_nothing_and_reach_every_answer() {
    let mut seeds = vec![brings("minimal"), brings("every-kind")];
    let mut twice = brings("minimal");
    twice.extend(brings("known-good-b"));
    seeds.push(twice);
    let seeds: Vec<Conversation> = seeds.into_iter().map(|steps| Conversation { steps }).collect();
    let mut mutator = Mutator::new(vec![("library-transfer", &FRAMES)], seeds.clone());
    let mut runner = runner();
    let mut seen = std::collections::BTreeSet::new();
    let mut pool = seeds;
    for seed in 0..20_000u64 {
        let mut conversation = pool[seed as usize % pool.len()].clone();
        mutator.mutate(&mut conversation, seed);
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "seed {seed}: {:?}\n{conversation}", ran.raised);
        let before = seen.len();
        seen.extend(ran.triples.iter().copied());
        if seen.len() > before {
            pool.push(conversation);
        }
    }
    for verdict in [
        "done",
        "frame",
        "busy",
        "session",
        "authentication",
        "size",
        "order",
        "idle",
        "chunk size",
        "digest",
        "library",
        "storage",
        "closed",
    ] {
        assert!(seen.iter().any(|[_, _, found]| *found == verdict), "{verdict}: {seen:?}");
    }
}
