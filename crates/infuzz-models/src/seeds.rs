//! Conversations that fuzzing starts from.

use crate::{Formats, Transfer, says};
use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Saying, Step};
use infuzz::device::Line;

/// Their names.
pub const SEEDS: &[&str] = &[
    "library",
    "in-pieces",
    "two-hosts",
    "resumed",
    "bad-library",
    "too-large",
    "time",
    "power-cut",
    "everything",
    "read",
    "read-while-a-library-comes",
    "read-again",
];

/// The conversations by name.
pub fn seeds(formats: Formats<'_>) -> Vec<(&'static str, Conversation)> {
    SEEDS.iter().map(|name| (*name, Conversation { steps: steps(name, formats) })).collect()
}

fn library(formats: Formats<'_>, name: &str) -> Vec<u8> {
    let seed = Builtin::named("drug-library").map(|builtin| builtin.seed(formats.libraries, name));
    seed.and_then(Result::ok).unwrap_or_default()
}

fn steps(name: &str, formats: Formats<'_>) -> Vec<Step> {
    let known = |name: &str| library(formats, name);
    let brings = |library: &[u8], number: u8| says::on(number, formats.brings(library, 64));
    let whole = brings(&known("minimal"), 0);
    let (head, tail) = whole.split_at(6.min(whole.len()));
    let mut damaged = known("minimal");
    if let Some(byte) = damaged.get_mut(8) {
        *byte ^= 1;
    }
    let ask = |information: &str| formats.asks(information);
    let ack = || says::bare(0x06);
    let reads: Vec<Step> = [
        ack(),
        formats.request("2", "ADMIN:ALIVE", &[]),
        ask("ADMIN:ALIVE"),
        ask("ADMIN:VERSION"),
        ask("MEM:GET"),
        ack(),
        ack(),
        ack(),
        ack(),
    ]
    .into_iter()
    .chain([ask("MEM:GETSLOT#11"), ack(), ask("MEM:GETSLOT#12"), ask("MEM:GETSLOT#44"), ask("MEM:PUT"), ack()])
    .collect();
    match name {
        "library" => [&whole[..], &[Step::Restart]].concat(),
        "in-pieces" => whole.into_iter().map(in_pieces).collect(),
        "two-hosts" => [head, &brings(&known("known-good-b"), 1)[..3], tail].concat(),
        "resumed" => {
            let lost = [Step::Disconnect(Line { path: Transfer::PATH.into(), number: 0 })];
            [head, &lost, &whole[..4], tail].concat()
        }
        "bad-library" => [brings(&damaged, 0), whole].concat(),
        "too-large" => [&whole[..3], &[formats.announces(1 << 24)][..]].concat(),
        "time" => {
            let waits = [Step::Start, Step::Wait(30_001), Step::Stop];
            [head, &waits, &whole[..4], tail, &[Step::Wait(600_001)]].concat()
        }
        "power-cut" => [&whole[..4], &[Step::Cut { writes: 3, torn: true }], &whole[4..], &[Step::Restart]].concat(),
        "everything" => [whole, formats.asks_of_transfer()].concat(),
        "read" => reads,
        "read-while-a-library-comes" => {
            let both = whole.iter().zip(&reads).flat_map(|(one, other)| [one.clone(), other.clone()]);
            both.chain([Step::Start, Step::Wait(3_600_000)]).chain(reads.iter().cloned()).collect()
        }
        _ => {
            let nak = || says::bare(0x15);
            let get = ask("MEM:GET");
            [ask("ADMIN:ALIVE"), nak(), get, nak(), ack(), nak(), ack(), ack(), ack(), nak(), ack()].to_vec()
        }
    }
}

fn in_pieces(step: Step) -> Step {
    match step {
        Step::Say(saying) => Step::Say(Saying { pieces: 7, ..saying }),
        step => step,
    }
}
