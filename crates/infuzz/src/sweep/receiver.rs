//! Transfers that do not follow the protocol of a library receiver: each request that must be
//! refused says because of which rule.

use crate::device::Request::{self, Abort, Activate, Begin, Chunk, Finish};
use crate::session::{Session, SessionStep};

/// More writes than a receiver needs to take a small library and put it to use.
pub(super) const WRITES: u32 = 12;

const IDLE: Option<&str> = Some("transfer.idle");
const SIZE: Option<&str> = Some("transfer.size");
const ORDER: Option<&str> = Some("transfer.order");

/// The sessions, each with a label. `library` is valid.
pub(super) fn transfers(library: &[u8]) -> Vec<(&'static str, Session)> {
    let length = library.len() as u32;
    let (first, rest) = library.split_at(library.len() / 2);
    let half = first.len() as u32;
    let whole = || Chunk(0, library.to_vec());
    let start = || Chunk(0, first.to_vec());
    let mut longer = library.to_vec();
    longer.push(0);
    let session = |requests: Vec<(Request, Option<&str>)>| {
        let steps = requests.into_iter().map(|(request, rule)| SessionStep::Request(request, rule.map(String::from)));
        Session { steps: steps.collect() }
    };
    let send = |then: Vec<(Request, Option<&str>)>| {
        let mut all = session(then);
        all.steps.insert(0, SessionStep::Request(Finish, None));
        all.steps.insert(0, SessionStep::Request(whole(), None));
        all.steps.insert(0, SessionStep::Request(Begin(length), None));
        all
    };
    vec![
        (
            "in two chunks",
            session(vec![(Begin(length), None), (start(), None), (Chunk(half, rest.to_vec()), None), (Finish, None)]),
        ),
        (
            "with an empty chunk",
            session(vec![(Begin(length), None), (Chunk(0, Vec::new()), None), (whole(), None), (Finish, None)]),
        ),
        ("chunk without begin", session(vec![(whole(), IDLE)])),
        ("finish without begin", session(vec![(Finish, IDLE)])),
        ("abort without begin", session(vec![(Abort, IDLE)])),
        ("no bytes announced", session(vec![(Begin(0), SIZE)])),
        ("more bytes announced than fit", session(vec![(Begin(u32::MAX), SIZE)])),
        ("first chunk not at 0", session(vec![(Begin(length), None), (Chunk(1, first.to_vec()), ORDER)])),
        ("chunk again", session(vec![(Begin(length), None), (start(), None), (start(), ORDER)])),
        (
            "gap before a chunk",
            session(vec![(Begin(length), None), (start(), None), (Chunk(half + 1, rest.to_vec()), ORDER)]),
        ),
        (
            "overlap with the chunk before",
            session(vec![(Begin(length), None), (start(), None), (Chunk(half - 1, rest.to_vec()), ORDER)]),
        ),
        ("more than announced", session(vec![(Begin(length), None), (Chunk(0, longer), SIZE)])),
        (
            "more than announced in a second chunk",
            session(vec![(Begin(length), None), (whole(), None), (Chunk(length, vec![0]), SIZE)]),
        ),
        ("less than announced", session(vec![(Begin(length + 1), None), (whole(), None), (Finish, SIZE)])),
        ("half of what was announced", session(vec![(Begin(length), None), (start(), None), (Finish, SIZE)])),
        ("nothing of what was announced", session(vec![(Begin(length), None), (Finish, SIZE)])),
        (
            "chunk after abort",
            session(vec![(Begin(length), None), (start(), None), (Abort, None), (Chunk(half, rest.to_vec()), IDLE)]),
        ),
        ("finish after abort", session(vec![(Begin(length), None), (whole(), None), (Abort, None), (Finish, IDLE)])),
        ("abort again", session(vec![(Begin(length), None), (Abort, None), (Abort, IDLE)])),
        (
            "finish after a refused chunk",
            session(vec![(Begin(length), None), (Chunk(9, first.to_vec()), ORDER), (Finish, IDLE)]),
        ),
        (
            "begun again",
            session(vec![
                (Begin(length), None),
                (start(), None),
                (Begin(length), None),
                (whole(), None),
                (Finish, None),
            ]),
        ),
        ("finish again", send(vec![(Finish, IDLE)])),
        ("chunk after finish", send(vec![(Chunk(length, vec![0]), IDLE)])),
        (
            "broken off, then activation of nothing",
            session(vec![(Begin(length), None), (start(), None), (Abort, None), (Activate, Some("activation.staged"))]),
        ),
        ("activation of nothing", session(vec![(Activate, Some("activation.staged"))])),
        ("activation during a therapy", send(vec![(Activate, Some("activation.therapy"))])),
    ]
}
