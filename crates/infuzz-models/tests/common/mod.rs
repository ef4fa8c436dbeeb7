//! The networked pump that is built in, held against the models, and what is met on it.

#![allow(dead_code, reason = "each test binary uses its part of this module")]

use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Event, Mutator, Runner};
use infuzz::format::Format;
use infuzz_devices::{KEY, Networked};
use infuzz_models::{Bcc, Formats, Order, Transfer, seeds};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// All paths.
pub const PATHS: &[&str] = &[Transfer::PATH, Bcc::PATH, Order::PATH];

static FORMATS: LazyLock<[Format; 5]> =
    LazyLock::new(|| ["drug-library", "library-transfer", "bcc", "bcc-answer", "order"].map(load));

fn load(name: &str) -> Format {
    Builtin::named(name).expect("built in").load().expect("loads")
}

pub fn formats() -> Formats<'static> {
    let [libraries, transfer, requests, answers, orders] = &*FORMATS;
    Formats { libraries, transfer, requests, answers, orders }
}

pub fn library(name: &str) -> Vec<u8> {
    Builtin::named("drug-library").expect("built in").seed(formats().libraries, name).expect("a seed")
}

pub fn runner(paths: &[&str]) -> Runner<'static, Networked> {
    let known = ["known-good-a", "known-good-b"].map(library);
    Runner::new(Networked::new(), formats().models(paths, KEY).0, known).expect("sets up")
}

/// What is met by these conversations, in which nothing goes wrong.
pub fn met_by(paths: &[&str], conversations: Vec<Conversation>) -> BTreeSet<Event> {
    let mut runner = runner(paths);
    let mut met = BTreeSet::new();
    for conversation in conversations {
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "{:?}\n{conversation}", ran.raised);
        met.extend(ran.events);
    }
    met
}

/// What is met by so many mutated conversations, in which nothing goes wrong.
pub fn met(paths: &[&str], names: &[&'static str], runs: u64) -> BTreeSet<Event> {
    let mut pool: Vec<Conversation> = seeds(formats(), names).into_iter().map(|(_, seed)| seed).collect();
    let mut mutator = Mutator::new(&formats().paths(), pool.clone());
    let mut runner = runner(paths);
    let mut met = BTreeSet::new();
    for seed in 0..runs {
        let mut conversation = pool[seed as usize / 8 % pool.len()].clone();
        mutator.mutate(&mut conversation, seed);
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "seed {seed}: {:?}\n{conversation}", ran.raised);
        let before = met.len();
        met.extend(ran.events);
        if met.len() > before {
            pool.push(conversation);
        }
    }
    met
}
