//! Conversations that fuzzing starts from.

mod cycles;
pub(crate) mod orders;

use crate::{Formats, Transfer, says};
use infuzz::builtin::Builtin;
use infuzz::conversation::{Conversation, Saying, Step};
use infuzz::device::{Act, Line};

/// Their names.
pub const SEEDS: &[&str] = &[
    "library",
    "in-pieces",
    "two-hosts",
    "two-hosts-to-the-end",
    "resumed",
    "bad-library",
    "too-large",
    "time",
    "power-cut",
    "everything",
    "read",
    "read-while-a-library-comes",
    "read-again",
    "bedside",
    "cyclic",
    "cyclic-triggers",
    "cyclic-requests",
    "cyclic-two-hosts",
    "order",
    "orders",
    "orders-read",
    "orders-in-pieces",
    "orders-that-fail",
    "doses-that-fail",
    "changes-that-fail",
];

/// A library with a set-up for every kind of order.
const ORDERS: &str = include_str!("../seeds/orders.json");

/// The names of those about a power that fails while a library comes.
pub const POWER_SEEDS: &[&str] =
    &["cut-at-once", "cut-while-it-comes", "cut-at-each-write", "cut-within-each-write", "cut-and-resumed"];

/// The conversations with these names.
pub fn seeds(formats: Formats<'_>, names: &[&'static str]) -> Vec<(&'static str, Conversation)> {
    names.iter().map(|name| (*name, Conversation { steps: steps(name, formats) })).collect()
}

/// Transfers up to before the commit: of a damaged library, and of another one than was announced.
pub(crate) fn wrong(formats: Formats<'_>) -> [Vec<Step>; 2] {
    let [known, damaged] = [library(formats, "minimal"), damaged(formats)].map(|library| {
        let mut steps = formats.brings(&library, 64);
        steps.pop();
        steps
    });
    let other = known.iter().take(4).chain(damaged.iter().skip(4)).cloned().collect();
    [damaged, other]
}

/// A library that breaks a rule.
fn damaged(formats: Formats<'_>) -> Vec<u8> {
    let mut damaged = library(formats, "minimal");
    damaged.get_mut(8).into_iter().for_each(|byte| *byte ^= 1);
    damaged
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
    if ["order", "doses", "changes"].iter().any(|about| name.starts_with(about)) {
        return orders::steps(name, formats, reads);
    }
    if name.starts_with("cyclic") {
        return cycles::steps(name, formats);
    }
    if name.starts_with("cut") {
        let both = ["minimal", "known-good-b"].map(known);
        return cuts(name, whole, |number, chunk| formats.brings(&both[number as usize % 2], chunk));
    }
    match name {
        "library" => [&whole[..], &[Step::Restart]].concat(),
        "in-pieces" => whole.into_iter().map(in_pieces).collect(),
        "two-hosts" => [head, &brings(&known("known-good-b"), 1)[..3], tail].concat(),
        "two-hosts-to-the-end" => {
            let other = brings(&known("known-good-b"), 1);
            let (received, commit) = whole.split_at(whole.len().saturating_sub(1));
            let asks = says::on(1, formats.asks_of_transfer());
            [&other[..2], received, &other[2..3], &asks, commit].concat()
        }
        "resumed" => {
            let lost = [Step::Disconnect(Line { path: Transfer::PATH.into(), number: 0 })];
            [head, &lost, &whole[..4], tail].concat()
        }
        "bad-library" => [brings(&damaged(formats), 0), whole].concat(),
        // The second one has room.
        "too-large" => [&whole[..3], &[formats.announces(1 << 24), formats.announces(1 << 20)][..]].concat(),
        "time" => {
            let waits = [Step::Act(Act::Start), Step::Wait(30_001), Step::Act(Act::Stop)];
            [head, &waits, &whole[..4], tail, &[Step::Wait(600_001)]].concat()
        }
        "power-cut" => [&whole[..4], &[Step::Cut { writes: 3, torn: true }], &whole[4..], &[Step::Restart]].concat(),
        "everything" => [whole, formats.asks_of_transfer()].concat(),
        "read" => reads,
        "bedside" => {
            let acts = [
                Act::Start,
                Act::Bolus,
                Act::Stop,
                Act::Resume,
                Act::Stop,
                Act::Air,
                Act::Resume,
                Act::Start,
                Act::Acknowledge,
                Act::Standby,
                Act::Resume,
                Act::Occlusion,
            ];
            let read = [ask("MEM:GETSLOT#11"), ack(), ack(), ack(), ack(), ack(), ack()];
            let act = |act: Act| [Step::Act(act), Step::Wait(20_000)];
            let all = acts[..2].iter().flat_map(|one| act(*one)).chain(read.iter().cloned());
            let all = [ask("ADMIN:ALIVE")].into_iter().chain(all).chain(acts[2..].iter().flat_map(|one| act(*one)));
            let ended = [Step::Act(Act::Acknowledge), Step::Act(Act::Start), Step::Wait(86_400_000)];
            all.chain(ended).chain(read.iter().cloned()).chain([Step::Act(Act::Stop)]).collect()
        }
        "read-while-a-library-comes" => {
            let both = whole.iter().zip(&reads).flat_map(|(one, other)| [one.clone(), other.clone()]);
            both.chain([Step::Act(Act::Start), Step::Wait(3_600_000)]).chain(reads.iter().cloned()).collect()
        }
        "read-again" => {
            let nak = || says::bare(0x15);
            let get = ask("MEM:GET");
            [ask("ADMIN:ALIVE"), nak(), get, nak(), ack(), nak(), ack(), ack(), ack(), nak(), ack()].to_vec()
        }
        _ => Vec::new(),
    }
}

/// Transfers during which the power fails; `brings` brings one of two libraries in chunks of a size.
fn cuts(name: &str, whole: Vec<Step>, brings: impl Fn(u32, u16) -> Vec<Step>) -> Vec<Step> {
    let cut = |writes, torn| Step::Cut { writes, torn };
    // A library that is stored while the power fails after so many writes, counted from the commit
    // on or, where the last one is torn, from the chunk before it.
    let stored = |writes: u32, torn| {
        let mut steps = brings(writes, 1024);
        steps.insert(steps.len().saturating_sub(1 + usize::from(torn)), cut(writes, torn));
        steps.push(Step::Restart);
        steps
    };
    let each = |torn| (0..8).flat_map(|writes| stored(writes, torn)).collect();
    match name {
        "cut-at-once" => [&[cut(0, false)], &whole[..], &[Step::Restart]].concat(),
        "cut-while-it-comes" => {
            // So many writes, and steps before the end.
            let moments = [(4, 2), (4, 3), (5, 3), (5, 4)].into_iter();
            let one = |(writes, before): (u32, usize)| {
                let mut steps = brings(writes, 100);
                steps.insert(steps.len().saturating_sub(before), cut(writes, false));
                steps.push(Step::Restart);
                steps
            };
            moments.flat_map(one).collect()
        }
        "cut-at-each-write" => each(false),
        "cut-within-each-write" => each(true),
        "cut-and-resumed" => {
            [&[Step::Act(Act::Start), cut(6, false)], &whole[..6], &[Step::Restart], &whole, &[Step::Restart]].concat()
        }
        _ => Vec::new(),
    }
}

fn in_pieces(step: Step) -> Step {
    match step {
        Step::Say(saying) => Saying { pieces: 7, ..Saying::clone(&saying) }.into(),
        step => step,
    }
}
