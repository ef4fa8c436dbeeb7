//! Conversations with the networked pump that is built in, held against the models.

use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Model, Mutator, Ran, Runner, Step};
use infuzz::format::Format;
use infuzz_devices::Networked;
use infuzz_models::{Bcc, Transfer, seeds};
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

static REQUESTS: LazyLock<Format> = LazyLock::new(|| load("bcc"));
static ANSWERS: LazyLock<Format> = LazyLock::new(|| load("bcc-answer"));

fn reading() -> Bcc<'static> {
    Bcc::new(&REQUESTS, &ANSWERS, &LIBRARIES)
}

fn runner() -> Runner<'static, Networked> {
    let known = ["known-good-a", "known-good-b"].map(library);
    Runner::new(Networked::new(), vec![Box::new(model()), Box::new(reading())], known).expect("sets up")
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
    let events: Vec<_> = ran.events().copied().collect();
    assert_eq!(
        events[..6],
        [
            ["closed", "hello", "done"],
            ["closed", "proof", "done"],
            ["open", "begin", "done"],
            ["open, receiving", "chunk", "done"],
            ["open, receiving", "chunk", "done"],
            ["open, all received", "commit", "done"],
        ]
    );
}

#[test]
fn conversations_that_are_mutated_show_nothing_and_reach_every_answer() {
    let seeds: Vec<Conversation> = seeds(&LIBRARIES).into_iter().map(|(_, conversation)| conversation).collect();
    let mut mutator = Mutator::new(vec![("library-transfer", &FRAMES), ("bcc", &REQUESTS)], seeds.clone());
    let mut runner = runner();
    let mut seen = std::collections::BTreeSet::new();
    let mut pool = seeds;
    for seed in 0..20_000u64 {
        let mut conversation = pool[seed as usize % pool.len()].clone();
        mutator.mutate(&mut conversation, seed);
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "seed {seed}: {:?}\n{conversation}", ran.raised);
        let before = seen.len();
        seen.extend(ran.events().map(|[_, kind, became]| format!("{kind} {became}")));
        if seen.len() > before {
            pool.push(conversation);
        }
    }
    let missing: Vec<String> =
        [model().points(), reading().points()].concat().into_iter().filter(|point| !seen.contains(point)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn seeds_are_well_and_read_back_as_written() {
    let mut runner = runner();
    for (name, conversation) in seeds(&LIBRARIES) {
        assert_eq!(Conversation::parse(&conversation.to_string()).as_ref(), Ok(&conversation), "{name}");
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "{name}: {:?}", ran.raised);
        assert!(ran.events().count() >= 8, "{name}");
    }
}
