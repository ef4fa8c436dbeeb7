//! The transfer of a drug library over a network, see `docs/formats/library-transfer.md`.

use crate::{Formats, says};
use hmac::{Hmac, KeyInit, Mac};
use infuzz::conversation::{Event, Judged, Model, Remembered, Step, World, loaded, unasked};
use infuzz::device::{Held, Reply};
use infuzz::finding::{Kind, Raised};
use infuzz::format::Format;
use infuzz::judgement::Judgement;
use infuzz::tree::{Tree, compute_check};
use sha2::{Digest, Sha256};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};

const HEADER: usize = 10;
const CRC: usize = 4;
const LONGEST_PAYLOAD: usize = 1028;
const IDLE_MS: u32 = 30_000;
const RESUME_MS: u32 = 600_000;
const PATIENCE_MS: u32 = 5_000;
/// Hosts that may wait with a challenge.
const WAITING: usize = 4;
const REFUSED: u8 = 255;

/// Why a request is refused, by its code.
mod why {
    pub const FRAME: u8 = 1;
    pub const BUSY: u8 = 2;
    pub const SESSION: u8 = 3;
    pub const AUTHENTICATION: u8 = 4;
    pub const SIZE: u8 = 5;
    pub const ORDER: u8 = 6;
    pub const IDLE: u8 = 7;
    pub const CHUNK: u8 = 8;
    pub const DIGEST: u8 = 9;
    pub const LIBRARY: u8 = 10;
    pub const STORAGE: u8 = 11;
}

/// The kinds of request by their number; anything else has none.
const KINDS: [&str; 8] = ["rubbish", "hello", "proof", "begin", "chunk", "commit", "status", "abort"];
/// What became of a request, by the code of its refusal.
const VERDICTS: [&str; 12] = [
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
];

fn mac(key: &[u8; 32], purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut code) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    code.update(purpose);
    parts.iter().for_each(|part| code.update(part));
    code.finalize().into_bytes().into()
}

/// One connection.
#[derive(Clone, Debug, Default)]
struct Host {
    part: Vec<u8>,
    waited: u32,
    /// Nonce and challenge of the last hello.
    greeting: Option<([u8; 16], [u8; 16])>,
    /// When its challenge was given.
    greeted: u64,
    /// The number that was given to it last, also if its session has ended.
    session: u32,
    /// What a commit must be made with.
    key: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Announced {
    id: [u8; 16],
    size: u32,
    digest: [u8; 32],
    chunk: u16,
}

#[derive(Clone, Debug)]
struct Progress {
    announced: Announced,
    next: u32,
    bytes: Vec<u8>,
    idle: u32,
}

impl Progress {
    fn due(&self) -> usize {
        (self.announced.size as usize).saturating_sub(self.bytes.len()).min(usize::from(self.announced.chunk))
    }
}

/// What the device must answer.
enum Due {
    Challenge,
    Welcome,
    Next(u32),
    Stored(bool),
    Progress,
    Aborted,
    /// No, for one of these reasons.
    No(Vec<u8>),
    /// Stored or not: the library is one whose judgement is open.
    Open,
}

/// What is known of a conversation.
#[derive(Clone, Debug, Default)]
struct State {
    hosts: BTreeMap<u8, Host>,
    /// The connection that has the session, and how long it has been idle.
    session: Option<(u8, u32)>,
    progress: Option<Progress>,
    /// Hellos so far.
    hellos: u64,
    /// Challenges given in this conversation, also before a restart.
    given: BTreeSet<[u8; 16]>,
}

/// The model.
pub struct Transfer<'f> {
    key: [u8; 32],
    formats: Formats<'f>,
    frames: Judged<'f>,
    libraries: Judged<'f>,
    /// The rate of KVO of libraries.
    kvo: Remembered<u32>,
    now: State,
    events: Vec<Event>,
}

impl<'f> Transfer<'f> {
    /// The path.
    pub const PATH: &'static str = "library-transfer";

    /// For a device with this key.
    pub fn new(formats: Formats<'f>, key: [u8; 32]) -> Self {
        Transfer {
            key,
            formats,
            frames: Judged::new(formats.transfer),
            libraries: Judged::new(formats.libraries),
            kvo: Remembered::default(),
            now: State::default(),
            events: Vec::new(),
        }
    }

    /// Each answer that there is to each kind of message.
    pub fn points(&self) -> Vec<String> {
        let of: [(&str, &[&str]); 8] = [
            ("rubbish", &["frame", "closed"]),
            ("hello", &["done", "busy"]),
            ("proof", &["done", "session", "authentication", "busy"]),
            ("begin", &["done", "session", "size", "storage"]),
            ("chunk", &["done", "session", "idle", "order", "chunk size", "storage"]),
            ("commit", &["done", "session", "idle", "size", "authentication", "digest", "library", "storage"]),
            ("status", &["done", "session"]),
            ("abort", &["done", "session", "idle"]),
        ];
        of.iter().flat_map(|(kind, verdicts)| verdicts.iter().map(move |verdict| format!("{kind} {verdict}"))).collect()
    }

    /// What one frame must come to, before anything changes by it.
    fn due(&mut self, number: u8, frame: &[u8], world: &World) -> Due {
        if matches!(self.frames.judge(frame), Judgement::Refuse(_)) {
            return Due::No(vec![why::FRAME]);
        }
        let payload = &frame[HEADER..frame.len() - CRC];
        let kind = frame[3];
        match kind {
            1 => match self.now.session {
                Some((other, _)) if other != number => Due::No(vec![why::BUSY]),
                _ => Due::Challenge,
            },
            2 => {
                let Some((nonce, challenge)) = self.now.hosts.get(&number).and_then(|host| host.greeting) else {
                    return Due::No(vec![why::SESSION]);
                };
                let proved = mac(&self.key, b"LT1 hello", &[&nonce, &challenge]) == payload;
                let mut not = Vec::new();
                if !proved {
                    not.push(why::AUTHENTICATION);
                }
                if self.now.session.is_some() {
                    not.push(why::BUSY);
                }
                if not.is_empty() { Due::Welcome } else { Due::No(not) }
            }
            _ => self.due_in_session(number, frame, payload, world),
        }
    }

    fn due_in_session(&mut self, number: u8, frame: &[u8], payload: &[u8], world: &World) -> Due {
        let named = u32::from_le_bytes(array(&frame[4..8]));
        let host = self.now.hosts.get(&number);
        let holds = self.now.session.is_some_and(|(holder, _)| holder == number);
        if !holds || host.is_none_or(|host| host.session != named) {
            return Due::No(vec![why::SESSION]);
        }
        let key = host.map(|host| host.key).unwrap_or_default();
        match (frame[3], &self.now.progress) {
            (3, progress) => {
                let announced = announced(payload);
                match progress {
                    Some(progress) if progress.announced == announced => Due::Next(progress.next),
                    _ if world.capacity.is_some_and(|capacity| announced.size > capacity) => Due::No(vec![why::SIZE]),
                    _ => Due::Next(0),
                }
            }
            (6, _) => Due::Progress,
            (_, None) => Due::No(vec![why::IDLE]),
            (4, Some(progress)) => {
                let chunk = u32::from_le_bytes(array(&payload[..4]));
                if progress.next > 0 && chunk == progress.next - 1 {
                    return Due::Next(progress.next);
                }
                let mut not = Vec::new();
                if chunk != progress.next {
                    not.push(why::ORDER);
                }
                if payload.len() - 4 != progress.due() {
                    not.push(why::CHUNK);
                }
                if not.is_empty() { Due::Next(progress.next + 1) } else { Due::No(not) }
            }
            (5, Some(progress)) => {
                let Announced { id, size, digest, .. } = &progress.announced;
                let mut not = Vec::new();
                if progress.bytes.len() != *size as usize {
                    not.push(why::SIZE);
                }
                if mac(&key, b"LT1 commit", &[id, &size.to_le_bytes(), digest]) != payload {
                    not.push(why::AUTHENTICATION);
                }
                if !not.is_empty() {
                    return Due::No(not);
                }
                let received: [u8; 32] = Sha256::digest(&progress.bytes).into();
                if received != *digest {
                    return Due::No(vec![why::DIGEST]);
                }
                match self.libraries.judge(&progress.bytes) {
                    Judgement::Accept => Due::Stored(world.active == Some(Held::of(&progress.bytes))),
                    Judgement::Refuse(_) => Due::No(vec![why::LIBRARY]),
                    Judgement::Unspecified(_) => Due::Open,
                }
            }
            _ => Due::Aborted,
        }
    }

    /// Holds an answer against what was due, and notes what changed by it.
    fn answered(&mut self, number: u8, frame: &[u8], answer: &[u8], world: &mut World) -> Option<Raised> {
        let due = self.due(number, frame, world);
        let (kind, payload) = (answer[3], &answer[HEADER..answer.len() - CRC]);
        let readable = !matches!(&due, Due::No(why) if why[..] == [why::FRAME]);
        let asked = if readable { frame[3] } else { 0 };
        let name = KINDS[usize::from(asked)];
        let named = if readable { u32::from_le_bytes(array(&frame[4..8])) } else { 0 };
        let verdict = if kind == REFUSED { payload.get(1).copied().unwrap_or(u8::MAX) } else { 0 };
        let became = VERDICTS.get(usize::from(verdict)).copied().unwrap_or("unknown");
        self.events.push([self.state(), name, became]);
        if u32::from_le_bytes(array(&answer[4..8])) != named {
            return Some(Raised::new(Kind::WrongReason, format!("the answer to {name} names another session")));
        }
        let refused = (kind == REFUSED).then(|| payload.get(1).copied().unwrap_or(0));
        if refused.is_some() && (payload.len() != 2 || payload[0] != asked) || refused.is_none() && kind != asked | 0x80
        {
            return Some(Raised::new(Kind::WrongReason, format!("{name} has the answer of another request")));
        }
        self.touch(number, asked, named);
        // Whatever needs memory may fail while the power does; then the transfer is at its end.
        if world.failing.is_some() && refused == Some(why::STORAGE) && matches!(asked, 3 | 4 | 5 | 7) {
            if let Some(progress) = self.now.progress.take()
                && asked == 5
                && matches!(due, Due::Stored(_) | Due::Open)
            {
                let held = world.learn(&progress.bytes);
                world.perhaps.push(held);
            }
            return None;
        }
        let raised = match (&due, refused) {
            (Due::No(why), Some(code)) if why.contains(&code) => None,
            (Due::No(why), Some(code)) => Some((
                Kind::WrongReason,
                format!("{name} was refused because of {code}, where it must be because of {why:?}"),
            )),
            (Due::No(why), None) => {
                Some((Kind::InvalidAccepted, format!("{name} was taken, where it must be refused because of {why:?}")))
            }
            (Due::Open, _) => None,
            (_, Some(code)) => Some((Kind::ValidRefused, format!("{name} was refused because of {code}"))),
            (Due::Challenge, None) => length(name, payload, 16).or_else(|| {
                let again = self.now.given.contains(&array(payload));
                again.then(|| (Kind::StateChanged, "a challenge came again, so that a proof serves again".into()))
            }),
            (Due::Welcome, None) => length(name, payload, 4),
            (Due::Next(next), None) => says(name, payload, &next.to_le_bytes()),
            (Due::Stored(active), None) => says(name, payload, &[u8::from(*active)]),
            (Due::Aborted, None) => says(name, payload, &[]),
            (Due::Progress, None) => says(name, payload, &self.status(world)),
        };
        if let Some((kind, what)) = raised {
            return Some(Raised::new(kind, what));
        }
        self.change(number, frame, payload, (&due, refused), world);
        None
    }

    /// The state that the device is in.
    fn state(&self) -> &'static str {
        match (&self.now.session, &self.now.progress) {
            (None, None) => "closed",
            (None, Some(_)) => "closed, receiving",
            (Some(_), None) => "open",
            (Some(_), Some(progress)) if progress.due() == 0 => "open, all received",
            (Some(_), Some(_)) => "open, receiving",
        }
    }

    /// What is asked in a session keeps it open.
    fn touch(&mut self, number: u8, asked: u8, named: u32) {
        if let Some((holder, idle)) = &mut self.now.session
            && *holder == number
            && self.now.hosts.get(&number).is_some_and(|host| host.session == named)
            && asked > 2
        {
            *idle = 0;
        }
    }

    fn status(&self, world: &World) -> Vec<u8> {
        let flags = u8::from(self.now.progress.is_some())
            | u8::from(world.staged.is_some()) << 1
            | u8::from(world.active.is_some()) << 2;
        let next = self.now.progress.as_ref().map_or(0, |progress| progress.next);
        let received = self.now.progress.as_ref().map_or(0, |progress| progress.bytes.len() as u32);
        [&[flags][..], &next.to_le_bytes(), &received.to_le_bytes()].concat()
    }

    fn change(
        &mut self,
        number: u8,
        frame: &[u8],
        answer: &[u8],
        (due, refused): (&Due, Option<u8>),
        world: &mut World,
    ) {
        let payload = &frame[HEADER.min(frame.len())..frame.len().saturating_sub(CRC).max(HEADER.min(frame.len()))];
        match due {
            Due::Challenge => {
                self.now.session = None;
                let waiting =
                    self.now.hosts.iter().filter(|(other, host)| **other != number && host.greeting.is_some());
                let longest = waiting.clone().min_by_key(|(_, host)| host.greeted).map(|(other, _)| *other);
                if waiting.count() >= WAITING
                    && let Some(longest) = longest.and_then(|longest| self.now.hosts.get_mut(&longest))
                {
                    longest.greeting = None;
                }
                self.now.hellos += 1;
                let host = self.now.hosts.entry(number).or_default();
                host.greeting = Some((array(&payload[18..34]), array(answer)));
                host.greeted = self.now.hellos;
                self.now.given.insert(array(answer));
            }
            Due::Welcome => {
                let host = self.now.hosts.entry(number).or_default();
                if let Some((nonce, challenge)) = host.greeting.take() {
                    host.key = mac(&self.key, b"LT1 session", &[&nonce, &challenge]);
                }
                host.session = u32::from_le_bytes(array(answer));
                self.now.session = Some((number, 0));
            }
            Due::Next(next) if frame[3] == 3 => {
                let announced = announced(payload);
                match &mut self.now.progress {
                    Some(progress) if progress.announced == announced => progress.idle = 0,
                    progress => *progress = Some(Progress { announced, next: *next, bytes: Vec::new(), idle: 0 }),
                }
            }
            Due::Next(next) => {
                if let Some(progress) = &mut self.now.progress {
                    progress.idle = 0;
                    if *next > progress.next {
                        progress.next = *next;
                        progress.bytes.extend_from_slice(&payload[4..]);
                    }
                }
            }
            Due::Stored(_) | Due::Open => {
                if let Some(progress) = self.now.progress.take().filter(|_| refused.is_none()) {
                    let held = world.learn(&progress.bytes);
                    world.staged = Some(held).filter(|held| world.active != Some(*held));
                    world.perhaps.clear();
                }
            }
            Due::Aborted => self.now.progress = None,
            Due::No(_) if frame.get(3) == Some(&2) => {
                // A challenge serves once.
                if let Some(host) = self.now.hosts.get_mut(&number).filter(|_| refused != Some(why::FRAME)) {
                    host.greeting = None;
                }
            }
            Due::No(_) => match (refused, &mut self.now.progress) {
                (Some(why::DIGEST | why::LIBRARY), progress) => *progress = None,
                // An announcement of a library that is too large ends what was under way.
                (Some(why::SIZE), progress) if frame[3] == 3 => *progress = None,
                (Some(why::ORDER | why::CHUNK), Some(progress)) => progress.idle = 0,
                _ => {}
            },
            Due::Progress => {}
        }
    }
}

/// The first so many bytes; zeros, if there are less.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

fn announced(payload: &[u8]) -> Announced {
    Announced {
        id: array(payload),
        size: u32::from_le_bytes(array(&payload[16..])),
        digest: array(&payload[20..]),
        chunk: u16::from_le_bytes(array(&payload[52..])),
    }
}

fn length(name: &str, payload: &[u8], due: usize) -> Option<(Kind, String)> {
    let what = || format!("the answer to {name} has {} bytes, and not {due}", payload.len());
    (payload.len() != due).then(|| (Kind::WrongReason, what()))
}

fn says(name: &str, payload: &[u8], due: &[u8]) -> Option<(Kind, String)> {
    (payload != due).then(|| (Kind::StateChanged, format!("{name} was answered by {payload:02X?}, and not {due:02X?}")))
}

/// The bytes of a frame by its header; none: not all of it has come. False: it cannot be one.
fn size(start: &[u8]) -> Result<Option<usize>, ()> {
    let magic = &start[..start.len().min(3)];
    if !b"LT\x01".starts_with(magic) {
        return Err(());
    }
    let Some(length) = start.get(8..HEADER) else { return Ok(None) };
    let length = usize::from(u16::from_le_bytes(array(length)));
    if length > LONGEST_PAYLOAD { Err(()) } else { Ok(Some(HEADER + length + CRC)) }
}

/// The answer at the start of what came back, if it is one of the right form.
fn first_answer(bytes: &[u8]) -> Option<&[u8]> {
    let answer = bytes.get(..size(bytes).ok()??)?;
    let (covered, crc) = answer.split_last_chunk::<CRC>()?;
    let right = compute_check(infuzz::format::Algorithm::Crc32, covered) == u64::from(u32::from_le_bytes(*crc));
    right.then_some(answer)
}

impl Model for Transfer<'_> {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn format(&self) -> &Format {
        self.formats.transfer
    }

    fn reset(&mut self) {
        self.now = State::default();
        self.events.clear();
    }

    fn restarted(&mut self) {
        let given = std::mem::take(&mut self.now.given);
        self.reset();
        self.now.given = given;
    }

    fn save(&self) -> Box<dyn Any> {
        Box::new(self.now.clone())
    }

    fn load(&mut self, saved: &dyn Any) -> bool {
        loaded(&mut self.now, saved)
    }

    fn key(&self, _world: &World) -> String {
        let host = |number: &u8| {
            let host = self.now.hosts.get(number);
            let greeted = host.is_some_and(|host| host.greeting.is_some());
            let known = host.is_some_and(|host| host.session > 0);
            (host.is_some(), greeted, known, self.now.session.is_some_and(|(holder, _)| holder == *number))
        };
        let next = self.now.progress.as_ref().map(|progress| (progress.next, progress.due()));
        format!("{:?} {} {next:?}", [0, 1].map(|number| host(&number)), self.state())
    }

    /// The rate that keeps the vein open is that of the first profile, as the device is set to none.
    fn powered_on(&mut self, world: &mut World) {
        let Some(bytes) = world.active_bytes() else { return };
        let kvo = self.kvo.of(bytes, || {
            let tree = Tree::decode(self.formats.libraries, bytes);
            let rate = tree.find("profile[0].kvo_rate").and_then(|node| tree.number(node));
            rate.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(0)
        });
        world.therapy.kvo = kvo;
    }

    fn connected(&mut self, number: u8) {
        self.now.hosts.insert(number, Host::default());
    }

    fn disconnected(&mut self, number: u8) {
        // The number of its session is still known to who had it.
        if let Some(host) = self.now.hosts.get_mut(&number) {
            *host = Host { session: host.session, key: host.key, ..Host::default() };
        }
        if self.now.session.is_some_and(|(holder, _)| holder == number) {
            self.now.session = None;
        }
    }

    fn fill(&self, number: u8, slot: &str) -> Option<Vec<u8>> {
        let host = self.now.hosts.get(&number)?;
        Some(match slot {
            "session" => host.session.to_le_bytes().to_vec(),
            "proof" => {
                let (nonce, challenge) = host.greeting?;
                mac(&self.key, b"LT1 hello", &[&nonce, &challenge]).to_vec()
            }
            "commit" => {
                let Announced { id, size, digest, .. } = &self.now.progress.as_ref()?.announced;
                mac(&host.key, b"LT1 commit", &[id, &size.to_le_bytes(), digest]).to_vec()
            }
            "next" => self.now.progress.as_ref()?.next.to_le_bytes().to_vec(),
            "digest" => Sha256::digest(&self.now.progress.as_ref()?.bytes).to_vec(),
            _ => return None,
        })
    }

    fn exchanged(&mut self, number: u8, sent: &[u8], reply: &Reply, world: &mut World) -> Option<Raised> {
        self.events.clear();
        let mut host = std::mem::take(self.now.hosts.entry(number).or_default());
        host.part.extend_from_slice(sent);
        host.waited = 0;
        let stream = std::mem::take(&mut host.part);
        self.now.hosts.insert(number, host);
        let (mut rest, mut answers) = (&stream[..], &reply.bytes[..]);
        let mut closes = false;
        loop {
            let frame = match size(rest) {
                Err(()) => {
                    closes = true;
                    break;
                }
                Ok(Some(size)) if size <= rest.len() => &rest[..size],
                Ok(_) => break,
            };
            rest = &rest[frame.len()..];
            let Some(answer) = first_answer(answers) else {
                let name = KINDS.get(usize::from(frame[3])).copied().unwrap_or(KINDS[0]);
                return Some(Raised::new(Kind::Silent, format!("{name} has no answer of the right form")));
            };
            answers = &answers[answer.len()..];
            if let Some(raised) = self.answered(number, frame, answer, world) {
                return Some(raised);
            }
        }
        if let Some(host) = self.now.hosts.get_mut(&number) {
            host.part = rest.to_vec();
        }
        if let Some(surplus) = unasked(answers, false) {
            return Some(surplus);
        }
        match (closes, reply.closed) {
            (true, false) => {
                Some(Raised::new(Kind::InvalidAccepted, "what cannot be a frame did not end the connection"))
            }
            (false, true) => Some(Raised::new(Kind::Silent, "the connection was closed without a reason")),
            _ => {
                if closes {
                    self.events.push([self.state(), KINDS[0], "closed"]);
                }
                None
            }
        }
    }

    fn passed(&mut self, milliseconds: u32) {
        if let Some((_, idle)) = &mut self.now.session {
            *idle = idle.saturating_add(milliseconds);
            if *idle > IDLE_MS {
                self.now.session = None;
            }
        }
        if let Some(progress) = &mut self.now.progress {
            progress.idle = progress.idle.saturating_add(milliseconds);
            if progress.idle > RESUME_MS {
                self.now.progress = None;
            }
        }
        for host in self.now.hosts.values_mut().filter(|host| !host.part.is_empty()) {
            host.waited = host.waited.saturating_add(milliseconds);
        }
    }

    fn lost(&mut self) -> Vec<u8> {
        let late = self.now.hosts.iter().filter(|(_, host)| host.waited > PATIENCE_MS);
        late.map(|(number, _)| *number).collect()
    }

    fn holds(&self) -> usize {
        self.now.progress.as_ref().map_or(0, |progress| progress.bytes.len())
    }

    fn events(&self) -> &[Event] {
        &self.events
    }

    fn brings(&self, library: &[u8]) -> Vec<Step> {
        says::on(u8::MAX, self.formats.brings(library, 1024))
    }
}
