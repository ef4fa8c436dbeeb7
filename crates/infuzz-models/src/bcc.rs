//! The device's end of a conversation in BCC, see `docs/formats/bcc.md`.

mod answer;
mod at_once;
mod cycle;
mod report;
mod telling;

use crate::Formats;
use answer::Answer;
use cycle::{Cycle, Fate};
use infuzz::conversation::{Event, Model, Remembered, World, loaded, unasked};
use infuzz::device::Reply;
use infuzz::finding::{Kind, Raised};
use infuzz::format::Format;
use infuzz::judgement::Judge;
use infuzz::rules::Violation;
use report::{Report, Trigger};
use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;
use telling::Telling;

const SOH: u8 = 0x01;
const EOT: u8 = 0x04;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;

/// When more bytes wait to be sent the connection is closed.
const MOST_WAITING: usize = 96 << 10;
/// The longest frame as it travels.
const LONGEST: usize = 1_024;
const PATIENCE_MS: u32 = 1_000;
const BED: &[u8] = b"Bed7";
const FIRST_BED: &[u8] = b"1";
/// What becomes of something by which the device goes on to tell of the pump.
const OF_CYCLE: &str = "block of a cycle";
const DEVICE: &str = "50100";
const PUMP: &str = "50111";

/// What arrives in a stream.
enum Arrival {
    Frame(Vec<u8>),
    Ack,
    Nak,
}

/// What of a frame has come.
#[derive(Clone, Debug, Default)]
enum Coming {
    #[default]
    Nothing,
    Part(Vec<u8>),
    /// Too long; it goes on to its end.
    Lost,
}

/// One connection.
#[derive(Clone, Debug, Default)]
struct Host {
    coming: Coming,
    waited: u32,
    open: bool,
    /// What of the answer is still to come.
    rest: Telling,
    /// What the device tells by itself.
    cycle: Cycle,
    /// The last block as it travelled.
    last: Vec<u8>,
}

/// What a message must be answered by.
enum Due {
    Nothing,
    /// Good news: the link is open.
    Acknowledged,
    Error(u32),
    Version,
    /// The next block of what is asked for.
    Block,
    /// The next block of what the device tells by itself.
    OfCycle,
    Again,
    /// This, or error 68: the judgement is open.
    Or68(Box<Due>),
}

/// What a frame is.
struct Frame {
    kind: &'static str,
    /// It breaks no rule but perhaps that of the slot.
    well_formed: bool,
    /// It breaks the rule of the slot.
    wrong_slot: bool,
    /// Whether it is a request at all is open.
    open: bool,
    bed: Vec<u8>,
    /// Pillar and slot.
    place: (Option<u8>, Option<u8>),
}

impl Frame {
    fn of(judge: &mut Judge<'_>, frame: &[u8]) -> Self {
        let (tree, violations) = judge.explain(frame);
        let format = tree.format();
        let is_open = |violation: &&Violation| format.rules[usize::from(violation.rule.0)].open;
        let open = violations.iter().any(|violation| is_open(&violation));
        let mut hard = violations.iter().filter(|violation| !is_open(violation)).peekable();
        let wrong_slot = hard.peek().is_some();
        let well_formed = hard.all(|violation| format.rule(violation.rule) == "request.slot");
        let command = tree.find("information.command").and_then(|node| tree.number(node));
        let kind = match command {
            Some(1) => "alive",
            Some(2) => "version",
            Some(3) => "get",
            Some(4) => "slot",
            _ => "frame",
        };
        let bed = tree.find("bed").map(|node| tree.span(node).to_vec()).unwrap_or_default();
        let place = |path: &str| tree.find(path).and_then(|node| tree.span(node).first().copied());
        let place = (place("information.slot.pillar"), place("information.slot.slot"));
        Frame { kind, well_formed, wrong_slot, open, bed, place }
    }
}

/// What is known of a conversation.
#[derive(Clone, Debug, Default)]
struct State {
    hosts: BTreeMap<u8, Host>,
    /// Since power-on.
    up_ms: u64,
}

/// The model.
pub struct Bcc<'f> {
    requests: Judge<'f>,
    answers: Judge<'f>,
    frames: Remembered<Rc<Frame>>,
    /// Blocks that the device sent, or the rule that one breaks.
    blocks: Remembered<Result<Rc<Answer>, String>>,
    formats: Formats<'f>,
    now: State,
    events: Vec<Event>,
    report: Report<'f>,
}

impl<'f> Bcc<'f> {
    /// The path.
    pub const PATH: &'static str = "bcc";

    /// Of a device that was just switched on.
    pub fn new(formats: Formats<'f>) -> Self {
        let (requests, answers) = (Judge::new(formats.requests), Judge::new(formats.answers));
        let report = Report::new(formats.libraries);
        let (frames, blocks) = (Remembered::default(), Remembered::default());
        let (now, events) = (State::default(), Vec::new());
        Bcc { requests, answers, frames, blocks, formats, now, events, report }
    }

    /// Each answer that there is to each kind of message.
    pub fn points(&self) -> Vec<String> {
        let of: [(&str, &[&str]); 11] = [
            ("frame", &["error 68"]),
            ("alive", &["acknowledged", "error 68"]),
            ("version", &["told", "error 68"]),
            ("get", &["block", "error 68"]),
            ("slot", &["block", "error 68", "error 811"]),
            ("ack", &["block", "last block", "block of a cycle", "taken", "error 11", "nothing"]),
            ("nak", &["again", "nothing"]),
            ("period", &["block of a cycle", "waits"]),
            ("change", &["block of a cycle", "waits"]),
            ("change and period", &["block of a cycle", "waits"]),
            ("time", &["block of a cycle"]),
        ];
        of.iter().flat_map(|(kind, became)| became.iter().map(move |became| format!("{kind} {became}"))).collect()
    }

    /// The kind of a frame, and what it must be answered by.
    fn due(&mut self, number: u8, frame: &[u8]) -> (&'static str, Due) {
        let requests = &mut self.requests;
        let frame = self.frames.of(frame, || Rc::new(Frame::of(requests, frame)));
        if !frame.well_formed {
            return ("frame", Due::Error(68));
        }
        let open = self.now.hosts.get(&number).is_some_and(|host| host.open);
        let own = open && frame.bed == BED;
        let due = match frame.kind {
            "alive" if own || frame.bed == FIRST_BED => Due::Acknowledged,
            "version" if own => Due::Version,
            "get" if own => Due::Block,
            "slot" if own && frame.wrong_slot => Due::Error(811),
            "slot" if own && frame.place == (Some(b'1'), Some(b'1')) => Due::Block,
            "slot" if own => Due::Error(811),
            _ => Due::Error(68),
        };
        // Whether it is a request at all may be open.
        match due {
            Due::Error(68) => (frame.kind, due),
            due if frame.open => (frame.kind, Due::Or68(Box::new(due))),
            due => (frame.kind, due),
        }
    }

    /// One message, and the answer to it at the start of what came back.
    fn message(&mut self, number: u8, arrival: Arrival, answers: &mut &[u8], world: &World) -> Option<Raised> {
        let state = self.state(number, world);
        let (kind, due) = self.arrived(number, arrival);
        if let Due::Nothing = due {
            let became = if self.is_open(number) { "taken" } else { "nothing" };
            self.events.push([state, kind, became]);
            return None;
        }
        let answer = self.block(kind, answers);
        let became = answer.and_then(|(answer, wire)| self.answered(number, kind, &due, (&answer, wire), world));
        match became {
            Ok(became) => {
                self.events.push([state, kind, became]);
                None
            }
            Err(raised) => Some(raised),
        }
    }

    /// The kind of a message, and what it must be answered by.
    fn arrived(&mut self, number: u8, arrival: Arrival) -> (&'static str, Due) {
        match arrival {
            Arrival::Frame(frame) => self.due(number, &frame),
            Arrival::Ack => ("ack", self.acknowledged(number)),
            Arrival::Nak => ("nak", if self.is_open(number) { Due::Again } else { Due::Nothing }),
        }
    }

    fn is_open(&self, number: u8) -> bool {
        self.now.hosts.get(&number).is_some_and(|host| host.open)
    }

    /// What a bare ACK must be answered by.
    fn acknowledged(&mut self, number: u8) -> Due {
        let Some(host) = self.now.hosts.get_mut(&number).filter(|host| host.open) else { return Due::Nothing };
        let of_cycle = host.cycle.acknowledge();
        match (host.rest.is_over(), host.cycle.waits()) {
            (false, _) => Due::Block,
            (true, true) => Due::OfCycle,
            (true, false) if of_cycle => Due::Nothing,
            (true, false) => Due::Error(11),
        }
    }

    /// The next block of what came.
    fn block<'a>(&mut self, kind: &str, answers: &mut &'a [u8]) -> Result<(Rc<Answer>, &'a [u8]), Raised> {
        let Some(end) = answers.iter().position(|byte| *byte == EOT) else {
            return Err(Raised::new(Kind::Silent, format!("{kind} has no answer")));
        };
        let (wire, rest) = answers.split_at(end + 1);
        *answers = rest;
        let answer = self.blocks.of(wire, || Answer::of(&mut self.answers, wire).map(Rc::new));
        let breaks = |rule| Raised::new(Kind::WrongReason, format!("the answer to {kind} breaks {rule}"));
        let answer = answer.map_err(breaks)?;
        if answer.bed != BED {
            return Err(Raised::new(Kind::WrongReason, format!("the answer to {kind} has another bed id")));
        }
        Ok((answer, wire))
    }

    fn answered(
        &mut self,
        number: u8,
        kind: &'static str,
        due: &Due,
        (answer, wire): (&Answer, &[u8]),
        world: &World,
    ) -> Result<&'static str, Raised> {
        let wrong =
            |what: &str| Raised::new(Kind::WrongReason, format!("{kind} was answered by {}: {what}", answer.words()));
        let seconds = self.now.up_ms / 1000;
        let host = self.now.hosts.entry(number).or_default();
        // What a block tells was so when it was asked for.
        let at_once = match due {
            Due::Again => false,
            Due::Block | Due::OfCycle => answer.error().is_some(),
            _ => true,
        };
        if at_once && answer.parts.iter().any(|part| part.time != seconds.to_string()) {
            return Err(wrong("it has another time than that since power-on"));
        }
        let refused = answer.error();
        let due = match due {
            Due::Or68(_) if refused == Some(68) => &Due::Error(68),
            Due::Or68(due) => due,
            due => due,
        };
        match (due, refused) {
            (Due::Again, _) => {
                return if wire == host.last { Ok("again") } else { Err(wrong("it is not the last block again")) };
            }
            (Due::Error(code), Some(said)) if *code == said => {}
            (Due::Error(code), _) if refused.is_none() => {
                let what = format!("{kind} was taken, where it must be answered by GNERR {code}");
                return Err(Raised::new(Kind::InvalidAccepted, what));
            }
            (Due::Error(code), _) => return Err(wrong(&format!("it must be GNERR {code}"))),
            (_, Some(said)) => {
                let what = format!("{kind} was answered by GNERR {said}");
                return Err(Raised::new(Kind::ValidRefused, what));
            }
            (Due::Acknowledged, None) if answer.is_one(DEVICE, "GNACK", "0") => {}
            (Due::Version, None) if answer.is_version() => {}
            (Due::Block | Due::OfCycle, None) => {}
            _ => return Err(wrong("it is another answer")),
        }
        host.last = wire.to_vec();
        let code = refused.unwrap_or(0);
        if code == 68 {
            // An answer that is under way stays as it was.
            return Ok("error 68");
        }
        self.begun(number, kind, code, world);
        let host = self.now.hosts.entry(number).or_default();
        match (kind, code) {
            ("alive", _) => return Ok("acknowledged"),
            ("version", _) => return Ok("told"),
            (_, 11) => return Ok("error 11"),
            (_, 811) => return Ok("error 811"),
            _ => {}
        }
        if let Due::OfCycle = due {
            host.cycle.take(|report| report.take(answer)).map_err(|what| wrong(&what))?;
            return Ok(OF_CYCLE);
        }
        let last = host.rest.take(answer).map_err(|what| wrong(&what))?;
        Ok(if last && kind == "ack" { "last block" } else { "block" })
    }

    /// What begins with an answer that is none but error 68.
    fn begun(&mut self, number: u8, kind: &str, code: u32, world: &World) {
        let seconds = self.now.up_ms / 1000;
        let host = self.now.hosts.entry(number).or_default();
        if kind == "ack" {
            return;
        }
        // It takes the place of what waits.
        host.rest = Telling::default();
        host.cycle.clear();
        match (kind, code) {
            ("alive", _) => {
                host.cycle.begin();
                if !std::mem::replace(&mut host.open, true) {
                    host.cycle.open(Trigger::of(world));
                }
            }
            ("get" | "slot", 0) => host.rest = Telling::of(seconds, kind == "get", self.report.now(world)),
            _ => {}
        }
    }

    fn state(&self, number: u8, world: &World) -> &'static str {
        let Some(host) = self.now.hosts.get(&number).filter(|host| host.open) else { return "link closed" };
        match (world.cyclic, host.rest.is_over(), host.cycle.waits(), host.cycle.is_owed()) {
            (false, true, ..) => "link open",
            (false, false, ..) => "link open, blocks to come",
            (true, true, false, false) => "cyclic, link open",
            (true, true, false, true) => "cyclic, last block to acknowledge",
            (true, true, true, true) => "cyclic, block to acknowledge",
            (true, true, true, false) => "cyclic, blocks wait",
            (true, false, false, _) => "cyclic, blocks to come",
            (true, false, true, _) => "cyclic, blocks to come, others wait",
        }
    }
}

impl Model for Bcc<'_> {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn format(&self) -> &Format {
        self.formats.requests
    }

    fn reset(&mut self) {
        self.now = State::default();
        self.events.clear();
    }

    fn save(&self) -> Box<dyn Any> {
        Box::new(self.now.clone())
    }

    fn load(&mut self, saved: &dyn Any) -> bool {
        loaded(&mut self.now, saved)
    }

    fn key(&self, world: &World) -> String {
        let now = Trigger::of(world);
        let cycle = |host: &Host| (world.cyclic && host.open).then(|| host.cycle.key(now));
        let rest = |host: &Host| (host.last.is_empty(), host.rest.len(), cycle(host));
        let host = |number: u8| (self.state(number, world), self.now.hosts.get(&number).map(rest));
        format!("{} {:?}", world.cyclic, [0, 1].map(host))
    }

    fn connected(&mut self, number: u8) {
        self.now.hosts.insert(number, Host::default());
    }

    fn disconnected(&mut self, number: u8) {
        self.now.hosts.remove(&number);
    }

    fn fill(&self, number: u8, slot: &str) -> Option<Vec<u8>> {
        let open = self.now.hosts.get(&number)?.open;
        match slot {
            "bed" => Some(if open { BED } else { FIRST_BED }.to_vec()),
            _ => None,
        }
    }

    fn exchanged(&mut self, number: u8, sent: &[u8], reply: &Reply, world: &mut World) -> Option<Raised> {
        self.events.clear();
        if reply.closed && reply.bytes.is_empty() && self.is_too_much(number, sent, world) {
            return None;
        }
        let mut answers = &reply.bytes[..];
        for byte in sent {
            let host = self.now.hosts.entry(number).or_default();
            host.waited = 0;
            if let Some(arrival) = arrival(host, *byte)
                && let Some(raised) = self.message(number, arrival, &mut answers, world)
            {
                return Some(raised);
            }
        }
        let kept = || Raised::new(Kind::WrongReason, "the connection was not closed although too much was answered");
        let too_much = !reply.closed && reply.bytes.len() > MOST_WAITING;
        unasked(answers, reply.closed).or_else(|| too_much.then(kept))
    }

    fn passed(&mut self, milliseconds: u32) {
        self.now.up_ms += u64::from(milliseconds);
        for host in self.now.hosts.values_mut() {
            host.waited = host.waited.saturating_add(milliseconds);
            host.cycle.pass(milliseconds);
            if host.waited >= PATIENCE_MS {
                host.coming = Coming::Nothing;
            }
        }
    }

    fn told(&mut self, number: u8, said: &Reply, world: &World, events: &mut Vec<Event>) -> Option<Raised> {
        match self.told_in_cycles(number, said, world) {
            Ok(event) => events.extend(event),
            Err(raised) => return Some(raised),
        }
        None
    }

    fn events(&self) -> &[Event] {
        &self.events
    }
}

impl Bcc<'_> {
    /// What the device said by itself with a tick, be it nothing.
    fn told_in_cycles(&mut self, number: u8, said: &Reply, world: &World) -> Result<Option<Event>, Raised> {
        let state = self.state(number, world);
        let nothing_else = |said: &Reply| unasked(&said.bytes, said.closed).map_or(Ok(()), Err);
        let Some(host) = self.now.hosts.get_mut(&number).filter(|host| world.cyclic && host.open) else {
            return nothing_else(said).map(|()| None);
        };
        let (report, seconds) = (&mut self.report, self.now.up_ms / 1000);
        let kind = host.cycle.due(Trigger::of(world), || Telling::of(seconds, false, report.now(world)));
        match host.cycle.fate() {
            Fate::Closed if !said.closed => {
                return Err(Raised::new(Kind::WrongReason, "the connection was not closed although too much waits"));
            }
            Fate::Closed | Fate::Open if said.closed => {
                return nothing_else(&Reply { bytes: said.bytes.clone(), closed: false }).map(|()| None);
            }
            _ => {}
        }
        if host.cycle.is_owed() || !host.rest.is_over() || !host.cycle.waits() {
            nothing_else(said)?;
            return Ok((kind != "time").then_some([state, kind, "waits"]));
        }
        let mut bytes = &said.bytes[..];
        let (answer, wire) = self.block(kind, &mut bytes)?;
        if let Some(raised) = unasked(bytes, said.closed) {
            return Err(raised);
        }
        let Some(host) = self.now.hosts.get_mut(&number) else { return Ok(None) };
        host.last = wire.to_vec();
        let wrong = |what| Raised::new(Kind::WrongReason, format!("{kind} was told by {}: {what}", answer.words()));
        host.cycle.take(|report| report.take(&answer)).map_err(wrong)?;
        Ok(Some([state, kind, OF_CYCLE]))
    }
}

/// What a byte completes.
fn arrival(host: &mut Host, byte: u8) -> Option<Arrival> {
    if byte == SOH {
        host.coming = Coming::Part(vec![SOH]);
        return None;
    }
    match (&mut host.coming, byte) {
        (Coming::Nothing, ACK) => Some(Arrival::Ack),
        (Coming::Nothing, NAK) => Some(Arrival::Nak),
        (Coming::Nothing, _) => None,
        (Coming::Lost, EOT) => {
            host.coming = Coming::Nothing;
            None
        }
        (Coming::Lost, _) => None,
        (Coming::Part(part), _) => {
            part.push(byte);
            let (long, ended) = (part.len() > LONGEST, byte == EOT);
            if !long && !ended {
                return None;
            }
            let frame = std::mem::take(part);
            host.coming = if ended { Coming::Nothing } else { Coming::Lost };
            (!long).then_some(Arrival::Frame(frame))
        }
    }
}
