//! Conversations that fuzzing starts from.

use crate::Transfer;
use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Saying, Step};
use infuzz::device::Line;
use infuzz::format::Format;

/// Their names.
pub const SEEDS: &[&str] =
    &["library", "in-pieces", "two-hosts", "resumed", "bad-library", "too-large", "time", "power-cut", "everything"];

/// The conversations by name, given the description of drug libraries.
pub fn seeds(libraries: &Format) -> Vec<(&'static str, Conversation)> {
    SEEDS.iter().map(|name| (*name, Conversation { steps: steps(name, libraries) })).collect()
}

fn library(libraries: &Format, name: &str) -> Vec<u8> {
    let seed = Builtin::named("drug-library").map(|builtin| builtin.seed(libraries, name));
    seed.and_then(Result::ok).unwrap_or_default()
}

fn steps(name: &str, libraries: &Format) -> Vec<Step> {
    let known = |name: &str| library(libraries, name);
    let brings = |library: &[u8], number: u8| crate::transfer::on(number, crate::transfer::brings(library, 64));
    let whole = brings(&known("minimal"), 0);
    let (head, tail) = whole.split_at(6.min(whole.len()));
    let mut damaged = known("minimal");
    if let Some(byte) = damaged.get_mut(8) {
        *byte ^= 1;
    }
    match name {
        "library" => [&whole[..], &[Step::Restart]].concat(),
        "in-pieces" => whole.into_iter().map(in_pieces).collect(),
        "two-hosts" => [head, &brings(&known("known-good-b"), 1)[..3], tail].concat(),
        "resumed" => {
            let lost = [Step::Disconnect(Line { path: Transfer::PATH.into(), number: 0 })];
            [head, &lost, &whole[..4], tail].concat()
        }
        "bad-library" => [brings(&damaged, 0), whole].concat(),
        "too-large" => [&whole[..3], &crate::transfer::announces(1 << 24)[..]].concat(),
        "time" => {
            let waits = [Step::Start, Step::Wait(30_001), Step::Stop];
            [head, &waits, &whole[..4], tail, &[Step::Wait(600_001)]].concat()
        }
        "power-cut" => [&whole[..4], &[Step::Cut { writes: 3, torn: true }], &whole[4..], &[Step::Restart]].concat(),
        _ => [whole, crate::transfer::asks()].concat(),
    }
}

fn in_pieces(step: Step) -> Step {
    match step {
        Step::Say(saying) => Step::Say(Saying { pieces: 7, ..saying }),
        step => step,
    }
}
