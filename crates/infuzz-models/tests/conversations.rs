//! Conversations with the networked pump that is built in, held against the models.

use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Model, Mutator, Runner, Step};
use infuzz::format::Format;
use infuzz_devices::{KEY, Networked};
use infuzz_models::{Bcc, Formats, Order, POWER_SEEDS, SEEDS, Transfer, seeds};

const PATHS: [&str; 3] = [Transfer::PATH, Bcc::PATH, Order::PATH];
use std::sync::LazyLock;

static LIBRARIES: LazyLock<Format> = LazyLock::new(|| load("drug-library"));
static TRANSFER: LazyLock<Format> = LazyLock::new(|| load("library-transfer"));
static REQUESTS: LazyLock<Format> = LazyLock::new(|| load("bcc"));
static ANSWERS: LazyLock<Format> = LazyLock::new(|| load("bcc-answer"));
static ORDERS: LazyLock<Format> = LazyLock::new(|| load("order"));

fn load(name: &str) -> Format {
    Builtin::named(name).expect("built in").load().expect("loads")
}

fn formats() -> Formats<'static> {
    Formats { libraries: &LIBRARIES, transfer: &TRANSFER, requests: &REQUESTS, answers: &ANSWERS, orders: &ORDERS }
}

fn library(name: &str) -> Vec<u8> {
    Builtin::named("drug-library").expect("built in").seed(&LIBRARIES, name).expect("a seed")
}

fn runner() -> Runner<'static, Networked> {
    let known = ["known-good-a", "known-good-b"].map(library);
    Runner::new(Networked::new(), formats().models(&PATHS, KEY).0, known).expect("sets up")
}

fn brings(name: &str) -> Vec<Step> {
    Transfer::new(formats(), KEY).brings(&library(name))
}

#[test]
fn a_library_comes_and_is_in_use_after_a_restart() {
    let mut steps = brings("every-kind");
    steps.push(Step::Restart);
    let ran = runner().run(&Conversation { steps });
    assert!(ran.raised.is_none(), "{:?}", ran.raised);
    let events: Vec<_> = ran.events.clone();
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
    let seeds: Vec<Conversation> = seeds(formats(), SEEDS).into_iter().map(|(_, conversation)| conversation).collect();
    let mut mutator = Mutator::new(&formats().paths(), seeds.clone());
    let mut runner = runner();
    let mut seen = std::collections::BTreeSet::new();
    let mut pool = seeds;
    for seed in 0..20_000u64 {
        let mut conversation = pool[seed as usize % pool.len()].clone();
        mutator.mutate(&mut conversation, seed);
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "seed {seed}: {:?}\n{conversation}", ran.raised);
        let before = seen.len();
        seen.extend(ran.events.iter().map(|[_, kind, became]| format!("{kind} {became}")));
        if seen.len() > before {
            pool.push(conversation);
        }
    }
    let missing: Vec<String> =
        formats().models(&PATHS, KEY).1.into_iter().filter(|point| !seen.contains(point)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn seeds_are_well_and_read_back_as_written() {
    let mut runner = runner();
    for (name, conversation) in seeds(formats(), SEEDS) {
        assert_eq!(Conversation::parse(&conversation.to_string()).as_ref(), Ok(&conversation), "{name}");
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "{name}: {:?}", ran.raised);
        assert!(ran.events.len() >= 8, "{name}");
    }
}

#[test]
fn after_a_power_cut_there_is_the_library_before_or_the_new_one() {
    let known = ["known-good-a", "known-good-b"].map(library);
    let models = formats().models(&[Transfer::PATH], KEY).0;
    let mut runner = Runner::new(Networked::new(), models, known).expect("sets up");
    let mut pool: Vec<Conversation> = seeds(formats(), POWER_SEEDS).into_iter().map(|(_, seed)| seed).collect();
    let mut mutator = Mutator::new(&formats().paths(), pool.clone());
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20_000u64 {
        let mut conversation = pool[seed as usize % pool.len()].clone();
        mutator.mutate(&mut conversation, seed);
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "seed {seed}: {:?}\n{conversation}", ran.raised);
        let before = seen.len();
        seen.extend(ran.events.iter().map(|[_, kind, became]| format!("{kind} {became}")));
        if seen.len() > before {
            pool.push(conversation);
        }
    }
    // Seven moments, and three things that a power cut may leave.
    assert_eq!(seen.iter().filter(|event| event.starts_with("cut")).count(), 21, "{seen:?}");
    for failed in ["begin storage", "chunk storage", "commit storage"] {
        assert!(seen.contains(failed), "{failed}");
    }
}
