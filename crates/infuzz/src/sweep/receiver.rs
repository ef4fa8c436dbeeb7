//! Transfers, activations and power cuts, in order and out of it: each request that must be
//! refused says because of which rule.

use crate::classes::CLASSES;
use crate::device::{
    Request::{self, Abort, Activate, Begin, Chunk, Finish},
    Which,
};
use crate::format::Format;
use crate::rules::Checker;
use crate::session::{Session, SessionStep};
use crate::tree::{Edit, Repair, Tables, Tree};

/// More writes than a receiver needs to take a small library and put it to use.
const WRITES: u32 = 12;

/// How often the same library is sent in a row.
const AGAIN: u32 = 256;

const IDLE: &str = "transfer.idle";
const SIZE: &str = "transfer.size";
const ORDER: &str = "transfer.order";
const STAGED: &str = "activation.staged";
const THERAPY: &str = "activation.therapy";

/// Libraries for the sessions.
pub(super) struct Libraries<'a> {
    /// The rule that a library breaks which has lost a byte.
    exact: String,
    /// The smallest one.
    small: &'a [u8],
    /// The next one in length.
    large: &'a [u8],
    /// The longest one.
    longest: &'a [u8],
    /// The small one with other content under the same identity, if there is one.
    twin: Option<Vec<u8>>,
    /// The small one with a value that is not valid, and the rule that it breaks.
    broken: Option<(Vec<u8>, String)>,
}

impl<'a> Libraries<'a> {
    /// Libraries out of these valid ones; none if there are no two.
    pub(super) fn of(format: &Format, valid: &'a [Vec<u8>]) -> Option<Self> {
        let mut valid: Vec<&[u8]> = valid.iter().map(Vec::as_slice).collect();
        valid.sort_by_key(|bytes| bytes.len());
        valid.dedup();
        let [small, large, .., longest] = *valid.as_slice() else { return None };
        let tree = Tree::decode(format, small);
        let mut twin = None;
        let mut broken = None;
        for (legal, bytes) in last_entry_changed(&tree) {
            let changed = Tree::decode(format, &bytes);
            let violations = Checker::default().all(&changed);
            match violations.as_slice() {
                [] if twin.is_none() && legal && bytes != small => twin = Some(bytes),
                [one] if broken.is_none() && !legal => broken = Some((bytes, format.rule(one.rule).to_string())),
                _ => {}
            }
            if twin.is_some() && broken.is_some() {
                break;
            }
        }
        Some(Libraries { exact: format.rule(format.exact).to_string(), small, large, longest, twin, broken })
    }
}

/// The last of the entries that can be looked up with another number in one of its fields, legal
/// or not.
fn last_entry_changed(tree: &Tree<'_>) -> impl Iterator<Item = (bool, Vec<u8>)> {
    let mut tables = Tables::default();
    tables.rebuild(tree);
    let table = tree.format().lookup.as_ref().map(|lookup| lookup.table);
    let list = tree.lists().iter().copied().find(|list| Some(tree.node(*list).field) == table);
    let mut fields: Vec<_> = list.into_iter().flat_map(|list| tree.used(list)).last().into_iter().collect();
    let mut next = 0;
    while let Some(node) = fields.get(next).copied() {
        fields.extend(tree.children(node));
        next += 1;
    }
    fields.retain(|node| tree.children(*node).next().is_none() && tree.number(*node).is_some());
    fields.into_iter().flat_map(move |node| {
        let classes = CLASSES.iter().filter_map(|class| Some((class.legal, class.apply(tree, &tables, node).ok()?)));
        let values = classes.flat_map(|(legal, values)| values.into_iter().map(move |(_, value)| (legal, value)));
        let edits = values.map(|(legal, value)| (legal, Edit::set(tree, node, value)));
        edits.map(|(legal, edit)| (legal, tree.apply(&edit, Repair::Affected))).collect::<Vec<_>>()
    })
}

type Steps = Vec<SessionStep>;

fn ask(request: Request) -> SessionStep {
    SessionStep::Request(request, None)
}

fn refused(request: Request, rule: &str) -> SessionStep {
    SessionStep::Request(request, Some(rule.into()))
}

/// Begins a transfer of so many bytes.
fn begin(length: usize) -> SessionStep {
    ask(Begin(length as u32))
}

/// A chunk of a library that is the next one.
fn chunk(offset: usize, bytes: &[u8]) -> SessionStep {
    ask(Chunk(offset as u32, bytes.to_vec()))
}

/// A library in chunks of so many bytes.
fn chunks(library: &[u8], size: usize) -> impl Iterator<Item = SessionStep> {
    library.chunks(size).enumerate().map(move |(index, bytes)| chunk(index * size, bytes))
}

/// A library as a transfer of one chunk, but for its end.
fn sent(library: &[u8]) -> [SessionStep; 2] {
    [begin(library.len()), chunk(0, library)]
}

/// A library as a transfer of one chunk: it is staged.
fn staged(library: &[u8]) -> [SessionStep; 3] {
    [begin(library.len()), chunk(0, library), ask(Finish)]
}

/// A library as a transfer of one chunk that ends in a refusal.
fn refused_at_its_end(library: &[u8], rule: &str) -> [SessionStep; 3] {
    [begin(library.len()), chunk(0, library), refused(Finish, rule)]
}

/// A library sent and put to use.
fn in_use(library: &[u8]) -> [SessionStep; 4] {
    let [begin, chunk, finish] = staged(library);
    [begin, chunk, finish, SessionStep::Restart]
}

fn join<const N: usize>(parts: [&[SessionStep]; N]) -> Steps {
    parts.concat()
}

/// The sessions, each with a label.
pub(super) fn transfers(of: &Libraries<'_>) -> Vec<(&'static str, Session)> {
    let mut all = orderly(of);
    all.extend(disorderly(of.small));
    all.extend(one_after_another(of));
    all.extend(activations(of));
    all.extend(worn_out(of));
    all.into_iter().map(|(label, steps)| (label, Session { steps })).collect()
}

/// Transfers that must be accepted.
fn orderly(of: &Libraries<'_>) -> Vec<(&'static str, Steps)> {
    let (library, length) = (of.small, of.small.len());
    let half = length / 2;
    let (first, rest) = library.split_at(half);
    let in_chunks = |library: &[u8], size: usize| {
        let mut steps = vec![begin(library.len())];
        steps.extend(chunks(library, size));
        steps.push(ask(Finish));
        steps
    };
    vec![
        ("in one chunk", staged(of.longest).to_vec()),
        ("in two chunks", vec![begin(length), chunk(0, first), chunk(half, rest), ask(Finish)]),
        ("in chunks of one byte", in_chunks(library, 1)),
        ("in chunks of 255 bytes", in_chunks(of.large, 255)),
        ("in chunks of 257 bytes", in_chunks(of.large, 257)),
        ("in chunks of 4 KiB", in_chunks(of.longest, 4096)),
        ("in chunks of 32 KiB", in_chunks(of.longest, 32_768)),
        ("with an empty chunk first", vec![begin(length), chunk(0, &[]), chunk(0, library), ask(Finish)]),
        (
            "with an empty chunk between two",
            vec![begin(length), chunk(0, first), chunk(half, &[]), chunk(half, rest), ask(Finish)],
        ),
        ("with an empty chunk at its end", vec![begin(length), chunk(0, library), chunk(length, &[]), ask(Finish)]),
        ("begun again", vec![begin(length), chunk(0, first), begin(length), chunk(0, library), ask(Finish)]),
        (
            "begun again with a shorter library",
            join([&[begin(of.large.len()), chunk(0, &of.large[..half])], &staged(library)]),
        ),
        ("begun again with a longer library", join([&[begin(length), chunk(0, first)], &staged(of.large)])),
        ("room announced and broken off", vec![SessionStep::BeginFull { over: false, refused: None }, ask(Abort)]),
        (
            "room announced, then a library",
            join([&[SessionStep::BeginFull { over: false, refused: None }], &staged(library)]),
        ),
    ]
}

/// Requests that must be refused: each session ends, or goes on, with one.
fn disorderly(library: &[u8]) -> Vec<(&'static str, Steps)> {
    let length = library.len();
    let half = length / 2;
    let (first, rest) = library.split_at(half);
    let mut longer = library.to_vec();
    longer.push(0);
    let out_of_order = |offset: usize, bytes: &[u8]| refused(Chunk(offset as u32, bytes.to_vec()), ORDER);
    let too_many = |offset: usize, bytes: &[u8]| refused(Chunk(offset as u32, bytes.to_vec()), SIZE);
    let idle = |offset: usize, bytes: &[u8]| refused(Chunk(offset as u32, bytes.to_vec()), IDLE);
    let over = || SessionStep::BeginFull { over: true, refused: Some(SIZE.into()) };
    vec![
        ("chunk without begin", vec![idle(0, library)]),
        ("empty chunk without begin", vec![idle(0, &[])]),
        ("finish without begin", vec![refused(Finish, IDLE)]),
        ("abort without begin", vec![refused(Abort, IDLE)]),
        ("no bytes announced", vec![refused(Begin(0), SIZE)]),
        ("chunk after no bytes announced", vec![refused(Begin(0), SIZE), idle(0, &[])]),
        ("one byte more announced than there is room for", vec![over()]),
        ("chunk after too many bytes announced", vec![over(), idle(0, library)]),
        ("as many bytes announced as can be", vec![refused(Begin(u32::MAX), SIZE)]),
        (
            "too many bytes announced in the middle of a transfer",
            vec![begin(length), chunk(0, first), over(), idle(half, rest)],
        ),
        ("first chunk not at 0", vec![begin(length), out_of_order(1, first)]),
        ("first chunk at the last offset", vec![begin(length), out_of_order(u32::MAX as usize, first)]),
        ("empty first chunk not at 0", vec![begin(length), out_of_order(1, &[])]),
        ("chunk again", vec![begin(length), chunk(0, first), out_of_order(0, first)]),
        ("gap before a chunk", vec![begin(length), chunk(0, first), out_of_order(half + 1, rest)]),
        ("gap of 256 bytes before a chunk", vec![begin(length), chunk(0, first), out_of_order(half + 256, rest)]),
        ("gap of 65,536 bytes before a chunk", vec![begin(length), chunk(0, first), out_of_order(half + 65_536, rest)]),
        ("overlap with the chunk before", vec![begin(length), chunk(0, first), out_of_order(half - 1, rest)]),
        ("second chunk before the first", vec![begin(length), out_of_order(half, rest), idle(0, first)]),
        ("more than announced", vec![begin(length), too_many(0, &longer)]),
        ("more than announced, one byte announced", vec![begin(1), too_many(0, library)]),
        ("more than announced in a second chunk", vec![begin(length), chunk(0, library), too_many(length, &[0])]),
        ("less than announced", vec![begin(length + 1), chunk(0, library), refused(Finish, SIZE)]),
        ("256 bytes less than announced", vec![begin(length + 256), chunk(0, library), refused(Finish, SIZE)]),
        ("65,536 bytes less than announced", vec![begin(length + 65_536), chunk(0, library), refused(Finish, SIZE)]),
        ("half of what was announced", vec![begin(length), chunk(0, first), refused(Finish, SIZE)]),
        ("nothing of what was announced", vec![begin(length), refused(Finish, SIZE)]),
        ("the rest after a refused end", vec![begin(length), chunk(0, first), refused(Finish, SIZE), idle(half, rest)]),
        (
            "abort after a refused end",
            vec![begin(length), chunk(0, first), refused(Finish, SIZE), refused(Abort, IDLE)],
        ),
        ("chunk after abort", vec![begin(length), chunk(0, first), ask(Abort), idle(half, rest)]),
        ("finish after abort", vec![begin(length), chunk(0, library), ask(Abort), refused(Finish, IDLE)]),
        ("abort again", vec![begin(length), ask(Abort), refused(Abort, IDLE)]),
        ("chunk after a refused chunk", vec![begin(length), chunk(0, first), out_of_order(9, first), idle(half, rest)]),
        (
            "finish after a refused chunk",
            vec![begin(length), chunk(0, library), too_many(length, &[0]), refused(Finish, IDLE)],
        ),
        ("finish again", join([&staged(library), &[refused(Finish, IDLE)]])),
        ("abort after finish", join([&staged(library), &[refused(Abort, IDLE)]])),
        ("chunk after finish", join([&staged(library), &[idle(length, &[0])]])),
        ("chunk after a restart", vec![begin(length), chunk(0, first), SessionStep::Restart, idle(half, rest)]),
        ("finish after a restart", vec![begin(length), chunk(0, library), SessionStep::Restart, refused(Finish, IDLE)]),
    ]
}

/// What one transfer leaves behind must not be in the way of the next.
fn one_after_another(of: &Libraries<'_>) -> Vec<(&'static str, Steps)> {
    let (small, large) = (of.small, of.large);
    let most = large.len() - 1;
    let unfinished = [begin(large.len()), chunk(0, &large[..most])];
    let send = |library: &[u8]| SessionStep::Send(library.to_vec());
    let mut all: Vec<(&'static str, Steps)> = vec![
        ("shorter after an abort", join([&unfinished, &[ask(Abort)], &staged(small)])),
        ("shorter after a restart", join([&unfinished, &[SessionStep::Restart], &staged(small)])),
        ("shorter after a refused chunk", join([&unfinished, &[refused(Chunk(0, vec![0]), ORDER)], &staged(small)])),
        ("shorter after a refused end", join([&unfinished, &[refused(Finish, SIZE)], &staged(small)])),
        ("another staged instead", join([&staged(small), &staged(large)])),
        ("the same staged again", join([&staged(small), &staged(small)])),
        ("aborted with a library staged", join([&staged(large), &sent(small), &[ask(Abort), SessionStep::Restart]])),
        ("unfinished with a library staged", join([&staged(large), &sent(small), &[SessionStep::Restart]])),
        ("the one in use sent again", join([&in_use(small), &staged(small), &[SessionStep::Restart]])),
        (
            "the one in use sent again and nothing staged",
            join([&in_use(small), &staged(small), &[refused(Activate, STAGED)]]),
        ),
        (
            "the one in use sent again after another",
            join([&in_use(small), &staged(large), &staged(small), &[refused(Activate, STAGED), SessionStep::Restart]]),
        ),
        ("the one before sent again", join([&in_use(small), &in_use(large), &in_use(small)])),
        ("the one in use again and again", vec![send(small), SessionStep::Again(AGAIN)]),
        ("three in turn", vec![send(small), send(large), send(small), send(large), send(small)]),
    ];
    if let Some((library, rule)) = &of.broken {
        let broken = refused_at_its_end(library, rule);
        all.extend([
            ("refused with a library staged", join([&staged(large), &broken, &[SessionStep::Restart]])),
            ("refused again and again", join([&[send(library), SessionStep::Again(AGAIN)], &staged(small)])),
            (
                "refused, then the one in use again",
                join([&in_use(small), &broken, &staged(small), &[SessionStep::Restart]]),
            ),
            ("activation of what was refused", join([&broken, &[SessionStep::Stop, refused(Activate, STAGED)]])),
        ]);
    }
    if let Some(twin) = &of.twin {
        all.push(("other content under the identity of the one in use", join([&in_use(small), &in_use(twin)])));
        all.push(("other content under the identity of the one staged", join([&staged(small), &in_use(twin)])));
    }
    all
}

/// When a staged library is put to use, and when it is not.
fn activations(of: &Libraries<'_>) -> Vec<(&'static str, Steps)> {
    let (small, large) = (of.small, of.large);
    let nothing = || refused(Activate, STAGED);
    let wait = || SessionStep::Wait(60_000);
    vec![
        ("activation of nothing", vec![nothing()]),
        ("activation of nothing, no therapy", vec![SessionStep::Stop, nothing()]),
        ("activation of what was broken off", join([&sent(small), &[ask(Abort), SessionStep::Stop, nothing()]])),
        ("activation of what is not finished", join([&sent(small), &[SessionStep::Stop, nothing()]])),
        ("activation during a therapy", join([&staged(small), &[refused(Activate, THERAPY)]])),
        ("activation during a therapy, after a while", join([&staged(small), &[wait(), refused(Activate, THERAPY)]])),
        ("activation after the therapy", join([&staged(small), &[SessionStep::Stop, ask(Activate)]])),
        (
            "activation refused during a therapy, then after it",
            join([&staged(small), &[refused(Activate, THERAPY), SessionStep::Stop, wait(), ask(Activate), nothing()]]),
        ),
        (
            "activation, then a restart",
            join([&staged(small), &[SessionStep::Stop, ask(Activate), SessionStep::Restart, SessionStep::Restart]]),
        ),
        (
            "activation in the middle of the next transfer",
            join([&staged(small), &sent(large), &[SessionStep::Stop, ask(Activate)]]),
        ),
        (
            "activation again and again",
            join([
                &[SessionStep::Stop],
                &staged(small),
                &[ask(Activate)],
                &staged(large),
                &[ask(Activate)],
                &staged(small),
                &[ask(Activate), SessionStep::Restart],
            ]),
        ),
        (
            "a therapy to its end",
            vec![SessionStep::Wait(17_999_000), SessionStep::Wait(1_000), SessionStep::Wait(1_000)],
        ),
        ("a therapy in small steps", vec![SessionStep::Wait(7); 300]),
        (
            "activation after a therapy has come to its end",
            join([&staged(small), &[SessionStep::Wait(20_000_000), ask(Activate), SessionStep::Wait(1_000)]]),
        ),
        (
            "therapy started after staging",
            join([&[SessionStep::Stop], &staged(small), &[SessionStep::Start, refused(Activate, THERAPY)]]),
        ),
    ]
}

/// Libraries that are damaged in the device's memory.
fn worn_out(of: &Libraries<'_>) -> Vec<(&'static str, Steps)> {
    let (small, large) = (of.small, of.large);
    let damage = |which: Which| SessionStep::Damage(which);
    vec![
        (
            "staged library damaged, then activated",
            join([
                &staged(small),
                &[damage(Which::Staged), SessionStep::Stop, refused(Activate, &of.exact), SessionStep::Restart],
            ]),
        ),
        (
            "staged library damaged, then a restart",
            join([&staged(small), &[damage(Which::Staged), SessionStep::Restart]]),
        ),
        (
            "staged library damaged, then another staged",
            join([&staged(small), &[damage(Which::Staged)], &staged(large), &[SessionStep::Restart]]),
        ),
        (
            "active library damaged",
            join([&in_use(small), &in_use(large), &[damage(Which::Active), SessionStep::Restart]]),
        ),
        (
            "active library damaged in the middle of a transfer",
            join([&in_use(small), &in_use(large), &sent(of.longest), &[damage(Which::Active), SessionStep::Restart]]),
        ),
        (
            "active library damaged, another one staged",
            join([&in_use(small), &in_use(large), &staged(small), &[damage(Which::Active), SessionStep::Restart]]),
        ),
        (
            "active library damaged after an activation",
            join([
                &in_use(small),
                &staged(large),
                &[SessionStep::Stop, ask(Activate), damage(Which::Active), SessionStep::Restart],
            ]),
        ),
    ]
}

/// Power cuts between any two writes, with and without a library staged.
pub(super) fn power_cuts(of: &Libraries<'_>) -> Vec<(String, Session)> {
    let mut all = Vec::new();
    for writes in 0..WRITES {
        for torn in [false, true] {
            let cut = SessionStep::Cut { writes, torn, bytes: of.small.to_vec() };
            let label = format!("after {writes} writes{}", if torn { ", the next one torn" } else { "" });
            all.push((format!("{label}, a library staged"), join([&staged(of.large), std::slice::from_ref(&cut)])));
            all.push((label, vec![cut]));
        }
    }
    all.into_iter().map(|(label, steps)| (label, Session { steps })).collect()
}
