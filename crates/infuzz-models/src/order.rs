//! Orders of PCD-03, see `docs/formats/order.md` and `docs/pump.md`.

mod answer;
mod fraction;
mod known;
mod programming;
mod read;
mod units;
mod wanted;

use crate::Formats;
use crate::says::said;
use answer::{Answer, Owed};
use infuzz::conversation::therapy::Motion;
use infuzz::conversation::{Event, Model, Remembered, Step, World, loaded, unasked};
use infuzz::device::{Act, Held, Reply};
use infuzz::finding::{Kind, Raised};
use infuzz::format::Format;
use infuzz::judgement::Judge;
use infuzz::tree::Tree;
use programming::{Against, Proposed, Running, code, program};
use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Most bytes of a message, and how long it may stop.
const LONGEST: usize = 16 << 10;
const PATIENCE_MS: u32 = 30_000;
/// Bytes that most messages have at most.
const USUAL: usize = 1 << 10;

/// The pump's id.
pub(crate) const PUMP: &str = "A0001";

/// AUTOPROGSTATE.
pub(crate) mod state {
    pub(super) const WAITS: u8 = 1;
    pub(crate) const BEGUN: u8 = 4;
    pub(super) const REJECTED: u8 = 5;
    pub(super) const FAILED: u8 = 6;
}

/// LASTAUTOPROGERR of a message that breaks a rule.
const SYNTAX: u16 = 1000;
/// Of a confirmation that an alarm forbids.
const ALARM: u16 = 125;

/// Of so many situations it is known what an order came to.
const SITUATIONS: usize = 8;

/// Failures of which no conversation with this pump comes: its start has a library with a profile,
/// and an order without a rate is one for patient control.
const NEVER: [u16; 3] = [code::NO_LIBRARY, code::NO_PROFILE, code::NO_RATE];

fn failed(code: u16) -> &'static str {
    code::ALL.iter().find(|(known, _)| *known == code).map_or("failed otherwise", |(_, words)| words)
}

/// One connection.
#[derive(Clone, Debug, Default)]
struct Host {
    part: Vec<u8>,
    waited: u32,
}

/// What is known of a conversation.
#[derive(Clone, Default)]
struct State {
    hosts: BTreeMap<u8, Host>,
    /// The order that waits for a person.
    waiting: Option<Rc<Owed>>,
    /// Answers since power-on.
    answers: u32,
}

/// The model.
pub struct Order<'f> {
    formats: Formats<'f>,
    orders: Judge<'f>,
    /// What messages are owed.
    owed: Remembered<Rc<Owed>>,
    answers: Remembered<Result<Rc<Answer>, String>>,
    now: State,
    /// The library that was in use last.
    library: Option<(Held, Rc<Tree<'f>>)>,
    events: Vec<Event>,
}

impl<'f> Order<'f> {
    /// The path.
    pub const PATH: &'static str = "order";

    /// Of a pump that was just switched on.
    pub fn new(formats: Formats<'f>) -> Self {
        let orders = Judge::new(formats.orders);
        let (now, events) = (State::default(), Vec::new());
        let (owed, answers) = (Remembered::default(), Remembered::default());
        Order { formats, orders, owed, answers, now, library: None, events }
    }

    /// What there is that becomes of each kind of message, and of each decision.
    pub fn points(&self) -> Vec<String> {
        let fails = code::ALL.iter().filter(|(code, _)| !NEVER.contains(code)).map(|(_, words)| *words);
        let of_change = ["proposed", "failed 1025", "failed 1026", "failed 1044"];
        let of_order = fails.filter(|words| !["failed 1025", "failed 1026"].contains(words)).chain(["proposed"]);
        let others = [
            "rubbish CE",
            "rubbish CR",
            "confirm begun",
            "confirm changed",
            "confirm failed 1025",
            "confirm nothing",
            "confirm waits on",
        ];
        let others = others.into_iter().chain(["reject gone", "reject nothing"]).map(Into::into);
        let orders = of_order.map(|became| format!("order {became}"));
        others.chain(orders).chain(of_change.map(|became| format!("change {became}"))).collect()
    }

    fn library(&mut self, world: &World) -> Option<Rc<Tree<'f>>> {
        let held = world.active?;
        if self.library.as_ref().is_none_or(|(known, _)| *known != held) {
            let tree = Tree::decode(self.formats.libraries, world.active_bytes()?);
            self.library = Some((held, Rc::new(tree)));
        }
        self.library.as_ref().map(|(_, tree)| tree.clone())
    }

    /// What comes of what a valid message wants now.
    fn comes_to(&mut self, owed: &Owed, world: &World) -> Result<Proposed, Against> {
        let therapy = &world.therapy;
        let running = therapy.drug.filter(|_| therapy.motion == Motion::Infusing);
        let running = running.map(|drug| Running { drug, rate: therapy.rate().into(), left: therapy.left().into() });
        let situation = (world.active, running);
        if let Some((_, came_to)) = owed.came_to.borrow().iter().find(|(known, _)| *known == situation) {
            return came_to.clone();
        }
        let library = self.library(world);
        let came_to = program(owed.wanted.as_ref(), library.as_deref(), PUMP, running);
        let mut known = owed.came_to.borrow_mut();
        known.truncate(SITUATIONS - 1);
        known.insert(0, (situation, came_to.clone()));
        came_to
    }

    fn state(&self, world: &World) -> &'static str {
        let therapy = &world.therapy;
        let runs = therapy.motion == Motion::Infusing;
        match (&self.now.waiting, runs, therapy.drug) {
            _ if therapy.is_forbidden() => "not to be begun",
            (Some(_), false, _) => "stopped, an order waits",
            (Some(_), true, None) => "running by hand, an order waits",
            (Some(_), true, Some(_)) => "running by order, an order waits",
            (None, false, _) => "stopped",
            (None, true, None) => "running by hand",
            (None, true, Some(_)) => "running by order",
        }
    }

    /// One message, and the answers to it at the start of what came back.
    fn message(&mut self, message: &[u8], answers: &mut &[u8], world: &mut World) -> Option<Raised> {
        let before = self.state(world);
        let owed = self.owed.of(message, || Rc::new(Owed::of(&mut self.orders, message)));
        let first = match self.take(answers) {
            Ok(answer) => answer,
            Err(raised) => return Some(raised),
        };
        if let Some(raised) = owed.accept_is_wrong(&first) {
            return Some(raised);
        }
        if !owed.broken.is_empty() {
            if self.now.waiting.is_none() {
                world.order_state = state::FAILED;
            }
            world.order_error = vec![SYNTAX];
            self.events.push([before, "rubbish", if first.code == "CR" { "CR" } else { "CE" }]);
            return None;
        }
        let mut came_to = self.comes_to(&owed, world);
        if self.now.waiting.is_some() {
            let mut against = came_to.err().unwrap_or_default();
            against.insert(code::BUSY);
            came_to = Err(against);
        }
        let second = match owed.application.is_owed(came_to.is_err()) {
            false => None,
            true => match self.take(answers) {
                Ok(answer) => Some(answer),
                Err(raised) => return Some(raised),
            },
        };
        if let Some(raised) = second.as_ref().and_then(|second| owed.application_is_wrong(second, &came_to)) {
            return Some(raised);
        }
        let became = match came_to {
            Ok(proposed) => {
                world.proposed = Some([proposed.rate, proposed.volume].map(|number| number as u32));
                (world.order_state, world.order_error) = (state::WAITS, vec![0]);
                self.now.waiting = Some(owed.clone());
                "proposed"
            }
            Err(against) => {
                if self.now.waiting.is_none() {
                    world.order_state = state::FAILED;
                }
                // What it says itself is so from then on.
                let said = second.and_then(|second| second.own).filter(|_| self.now.waiting.is_none());
                let said = said.map(|own| if own == answer::NO_MATCH { code::UNKNOWN_DRUG } else { own });
                world.order_error = match (said, self.now.waiting.is_some()) {
                    (Some(own), _) => vec![own],
                    (None, true) => vec![code::BUSY],
                    (None, false) => against.iter().copied().collect(),
                };
                let shown = said.or(against.iter().copied().max()).unwrap_or_default();
                failed(if self.now.waiting.is_some() { code::BUSY } else { shown })
            }
        };
        self.events.push([before, if owed.change { "change" } else { "order" }, became]);
        None
    }

    /// The next answer.
    fn take(&mut self, answers: &mut &[u8]) -> Result<Rc<Answer>, Raised> {
        let end = answers.windows(2).position(|bytes| bytes == [0x1C, 0x0D]);
        let Some(end) = end else { return Err(Raised::new(Kind::Silent, "an order has no answer")) };
        let (wire, rest) = answers.split_at(end + 2);
        *answers = rest;
        self.now.answers = self.now.answers.wrapping_add(1);
        let answer = self.answers.of(wire, || Answer::read(wire).map(Rc::new));
        let answer = answer.map_err(|what| Raised::new(Kind::WrongReason, format!("an answer {what}")))?;
        if answer.number != self.now.answers.to_string() {
            let what = format!("answer {} has the number {}", self.now.answers, answer.number);
            return Err(Raised::new(Kind::WrongReason, what));
        }
        Ok(answer)
    }
}

impl Model for Order<'_> {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn format(&self) -> &Format {
        self.formats.orders
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

    fn connected(&mut self, number: u8) {
        self.now.hosts.insert(number, Host::default());
    }

    fn disconnected(&mut self, number: u8) {
        self.now.hosts.remove(&number);
    }

    fn fill(&self, _number: u8, _slot: &str) -> Option<Vec<u8>> {
        None
    }

    fn exchanged(&mut self, number: u8, sent: &[u8], reply: &Reply, world: &mut World) -> Option<Raised> {
        self.events.clear();
        let mut answers = &reply.bytes[..];
        let host = self.now.hosts.entry(number).or_default();
        host.waited = 0;
        let messages: Vec<_> = sent.iter().filter_map(|byte| arrival(&mut host.part, *byte)).collect();
        let wrong = messages.iter().find_map(|message| self.message(message, &mut answers, world));
        wrong.or_else(|| unasked(answers, reply.closed))
    }

    fn key(&self, world: &World) -> String {
        format!("{} {:?}", self.state(world), self.now.waiting.as_ref().map(|waiting| waiting.change))
    }

    fn confirmed(&mut self, world: &mut World) -> Option<Event> {
        let before = self.state(world);
        let Some(waiting) = self.now.waiting.take() else { return Some([before, "confirm", "nothing"]) };
        if world.therapy.is_forbidden() {
            self.now.waiting = Some(waiting);
            world.order_error = vec![ALARM];
            return Some([before, "confirm", "waits on"]);
        }
        world.proposed = None;
        let became = match self.comes_to(&waiting, world) {
            Ok(proposed) => {
                let [rate, volume] = [proposed.rate, proposed.volume].map(|number| number as u32);
                if waiting.change {
                    world.therapy.change(rate, volume);
                } else {
                    world.therapy.start(rate, volume);
                }
                world.therapy.drug = Some(proposed.drug);
                (world.order_state, world.order_error) = (state::BEGUN, vec![0]);
                if waiting.change { "changed" } else { "begun" }
            }
            Err(against) => {
                world.order_state = state::FAILED;
                world.order_error = against.iter().copied().collect();
                failed(against.first().copied().unwrap_or_default())
            }
        };
        Some([before, "confirm", became])
    }

    fn rejected(&mut self, world: &mut World) -> Option<Event> {
        let before = self.state(world);
        let became = match self.now.waiting.take() {
            None => "nothing",
            Some(_) => {
                (world.proposed, world.order_state) = (None, state::REJECTED);
                "gone"
            }
        };
        Some([before, "reject", became])
    }

    fn passed(&mut self, milliseconds: u32) {
        for host in self.now.hosts.values_mut() {
            host.waited = host.waited.saturating_add(milliseconds);
            if host.waited >= PATIENCE_MS {
                host.part.clear();
            }
        }
    }

    fn events(&self) -> &[Event] {
        &self.events
    }

    fn uses(&self, library: &[u8]) -> Result<Vec<Step>, String> {
        let library = Tree::decode(self.formats.libraries, library);
        let order = known::order(self.formats.orders, &library, PUMP);
        let order = order.ok_or("no order can be made for a known-good library")?;
        Ok(vec![said(Self::PATH, order, &[]), Step::Act(Act::Confirm)])
    }
}

/// The message that a byte completes.
fn arrival(part: &mut Vec<u8>, byte: u8) -> Option<Vec<u8>> {
    if byte == 0x0B {
        part.clear();
        part.reserve(USUAL);
    } else if part.is_empty() {
        return None;
    }
    if part.len() == LONGEST {
        part.clear();
        return None;
    }
    part.push(byte);
    part.ends_with(&[0x1C, 0x0D]).then(|| std::mem::take(part))
}
