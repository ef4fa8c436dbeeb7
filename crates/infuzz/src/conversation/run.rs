//! Runs a conversation on a device, held against models of its protocols.

use super::marks::{Mark, Marks, beginnings};
use super::memory::Memory;
use super::model::unasked;
use super::slots::{Earlier, Recalled, filled, recalled};
use super::{Conversation, Event, Model, Remembered, Saying, Step, World};
use crate::device::{Act, Device, Held, Line, Reply};
use crate::finding::{Kind, Raised};
use crate::oracle::Meter;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// When the power failed, by the number of writes that were still carried out.
const CUTS: [&str; 6] = [
    "cut at once",
    "cut after 1 write",
    "cut after 2 writes",
    "cut after 3 writes",
    "cut after 4 writes",
    "cut after 5 writes",
];
const LATER: &str = "cut later";

/// What came of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// What was really sent and what came back, for each step that said something, and what the
    /// device said by itself.
    pub transcript: Vec<Exchange>,
    /// What became of each message, and of what a person decided, in order.
    pub events: Vec<Event>,
    /// What went wrong first, and at which step; none: after the last one.
    pub raised: Option<(Option<usize>, Raised)>,
}

/// What was really sent at a step, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The step; the steps of the known-good library come after those of the conversation.
    pub step: usize,
    /// The line.
    pub line: Line,
    /// The bytes, their slots filled; none: the device said something by itself.
    pub sent: Vec<u8>,
    /// What came back.
    pub reply: Reply,
    /// What became of each message.
    pub events: Vec<Event>,
}

/// A known-good library.
struct Known {
    /// As the device holds it.
    held: Held,
    /// What brings it.
    brings: Rc<[Step]>,
    /// What makes use of it.
    uses: Rc<[Step]>,
}

/// A conversation that has begun.
#[derive(Default)]
struct Begun {
    /// Steps that are done.
    steps: usize,
    /// What came of them.
    ran: Ran,
    /// The beginnings that are still to come, see [`beginnings`].
    ahead: Vec<(usize, u64)>,
}

/// A device and the models of its paths.
pub struct Runner<'m, D> {
    device: D,
    models: Vec<Box<dyn Model + 'm>>,
    known: [Known; 2],
    start: World,
    world: World,
    open: Vec<Line>,
    /// Paths and slots of which the conversation wants to know what they stood for before.
    recalled: Recalled,
    /// What they stood for when something was said on a line last.
    earlier: Earlier,
    /// Messages with their slots filled.
    filled: Remembered<Vec<u8>>,
    ready: usize,
    marks: Marks,
    memory: Memory,
    steps: u64,
    catches: bool,
}

impl<'m, D: Device> Runner<'m, D> {
    /// Puts a device on the bench with the first known-good library in use.
    ///
    /// # Errors
    /// The device has no network, cannot go back to a state, or does not take the library.
    pub fn new(mut device: D, mut models: Vec<Box<dyn Model + 'm>>, known: [Vec<u8>; 2]) -> Result<Self, String> {
        let has = device.capabilities();
        if !(has.network && has.libraries && has.restart && has.snapshot) {
            return Err("conversations need a device with a network, libraries, restart and snapshot".into());
        }
        device.reset();
        device.deliver(&known[0]);
        device.restart();
        let known_good = |library: &Vec<u8>| {
            let uses: Result<Vec<_>, String> = models.iter().map(|model| model.uses(library)).collect();
            let brings = models.iter().flat_map(|model| model.brings(library)).chain([Step::Restart]);
            Ok::<_, String>(Known { held: Held::of(library), brings: brings.collect(), uses: uses?.concat().into() })
        };
        let libraries = known;
        let known = [known_good(&libraries[0])?, known_good(&libraries[1])?];
        let mut start = World { active: Some(known[0].held), capacity: device.capacity(), ..World::default() };
        libraries.iter().for_each(|library| _ = start.learn(library));
        models.iter_mut().for_each(|model| model.powered_on(&mut start));
        if device.observe() != start.due() {
            return Err("the device does not take the known-good library before any conversation".into());
        }
        let ready = device.snapshot();
        let world = start.clone();
        Ok(Runner {
            device,
            models,
            known,
            start,
            world,
            open: Vec::new(),
            recalled: Vec::new(),
            earlier: BTreeMap::new(),
            filled: Remembered::default(),
            ready,
            marks: Marks::default(),
            memory: Memory::default(),
            steps: 0,
            catches: true,
        })
    }

    /// Lets a panic of the device pass: an engine wants to see it.
    pub fn letting_panics_pass(mut self) -> Self {
        self.catches = false;
        self
    }

    /// Measures the device's memory, if it can be.
    pub fn with_meter(mut self, meter: Meter) -> Self {
        self.memory.meter = self.device.capabilities().memory.then_some(meter);
        self
    }

    /// The paths that have a model.
    pub fn paths(&self) -> Vec<&'static str> {
        self.models.iter().map(|model| model.path()).collect()
    }

    /// The device.
    pub fn device(&mut self) -> &mut D {
        &mut self.device
    }

    /// Runs a conversation, and then has a known-good library brought. It goes on from the longest
    /// beginning that was met before; what goes wrong then is shown again from the very beginning.
    pub fn run(&mut self, conversation: &Conversation) -> Ran {
        let whole = |runner: &mut Self, mut begun: Begun| {
            runner.go_on(conversation, &mut begun);
            let mut ran = begun.ran;
            if ran.raised.is_none() {
                ran.raised = runner.known_good(conversation.steps.len(), &mut ran).err().map(|raised| (None, raised));
            }
            ran
        };
        let begun = self.go_back(conversation);
        let from = begun.steps;
        let ran = whole(self, begun);
        if ran.raised.is_none() || from == 0 {
            return ran;
        }
        self.forget();
        self.start_anew();
        let again = whole(self, Begun::default());
        if again.raised.is_some() { again } else { kept_something(ran) }
    }

    /// What is told apart of the state that the last conversation led to.
    pub fn key(&self) -> String {
        let models = self.models.iter().map(|model| model.key(&self.world)).collect::<Vec<_>>().join(", ");
        let World { active, staged, failing, perhaps, therapy, .. } = &self.world;
        let (first, motion) = (*active == self.start.active, therapy.motion);
        let (staged, perhaps, drug) = (staged.is_some(), !perhaps.is_empty(), therapy.drug.is_some());
        format!("{models}, {first} {staged} {failing:?} {perhaps}, {motion:?} {drug}")
    }

    /// Runs a conversation, and no more.
    pub fn run_only(&mut self, conversation: &Conversation) -> Ran {
        let mut begun = self.go_back(conversation);
        self.go_on(conversation, &mut begun);
        begun.ran
    }

    /// Steps that were carried out so far; those of beginnings that were gone on from count once.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Forgets the beginnings that were met: the next conversation is run from the very beginning.
    pub fn forget(&mut self) {
        self.marks.clear().into_iter().for_each(|snapshot| self.device.release(snapshot));
    }

    fn start_anew(&mut self) {
        self.device.restore(self.ready);
        self.memory = Memory::of(self.memory.meter);
        self.world = self.start.clone();
        self.open.clear();
        self.earlier.clear();
        self.models.iter_mut().for_each(|model| model.reset());
    }

    /// Goes back to the end of the longest beginning that is kept.
    fn go_back(&mut self, conversation: &Conversation) -> Begun {
        self.recalled = recalled(conversation);
        let mut ahead = beginnings(conversation, &self.recalled);
        let longest = self.marks.longest(conversation, &self.recalled, &ahead);
        let longest = longest.filter(|(_, mark)| {
            let mut models = self.models.iter_mut().zip(&mark.models);
            models.all(|(model, saved)| model.load(&**saved))
        });
        let Some((steps, mark)) = longest else {
            self.start_anew();
            return Begun { ahead, ..Begun::default() };
        };
        // What the device keeps is what it kept before, without that and with what it goes back to.
        self.memory.during(|| self.device.restore(mark.snapshot));
        self.world = mark.world.clone();
        self.open.clone_from(&mark.open);
        self.earlier.clone_from(&mark.earlier);
        ahead.retain(|(length, _)| *length > steps);
        Begun { steps, ran: mark.ran.clone(), ahead }
    }

    /// Runs the steps that are still to come.
    fn go_on(&mut self, conversation: &Conversation, begun: &mut Begun) {
        let Begun { steps, ran, ahead } = begun;
        let mut ahead = ahead.iter().copied().peekable();
        for (at, step) in conversation.steps.iter().enumerate().skip(*steps) {
            if let Err(raised) = self.caught(at, step, ran) {
                ran.raised = Some((Some(at), raised));
                return;
            }
            // A snapshot does not hold when the power fails.
            if let Some((length, number)) = ahead.next_if(|(length, _)| *length == at + 1)
                && self.world.failing.is_none()
                && self.marks.is_wanted(number)
            {
                let mark = Mark {
                    steps: conversation.steps[..length].to_vec(),
                    recalled: self.recalled.clone(),
                    snapshot: self.device.snapshot(),
                    models: self.models.iter().map(|model| model.save()).collect(),
                    world: self.world.clone(),
                    open: self.open.clone(),
                    earlier: self.earlier.clone(),
                    ran: ran.clone(),
                };
                let gone = self.marks.keep(number, mark);
                gone.into_iter().for_each(|snapshot| self.device.release(snapshot));
            }
        }
    }

    /// A known-good library comes, is stored, is in use after a restart, and is made use of.
    fn known_good(&mut self, at: usize, ran: &mut Ran) -> Result<(), Raised> {
        self.caught(at, &Step::Restart, ran)?;
        let which = usize::from(self.world.active == Some(self.known[0].held));
        let (brings, uses) = (self.known[which].brings.clone(), self.known[which].uses.clone());
        self.all(at, &brings, ran)?;
        if self.world.active != Some(self.known[which].held) {
            return Err(not_recovered("it was not stored"));
        }
        self.all(at, &uses, ran)?;
        match uses.is_empty() || self.world.therapy.is_running() {
            true => Ok(()),
            false => Err(not_recovered("no therapy runs by it")),
        }
    }

    /// All of some steps about a known-good library.
    fn all(&mut self, at: usize, steps: &[Step], ran: &mut Ran) -> Result<(), Raised> {
        let came = steps.iter().try_for_each(|step| self.caught(at, step, ran));
        came.map_err(|raised| if raised.kind == Kind::Crash { raised } else { not_recovered(&raised.detail) })
    }

    fn caught(&mut self, at: usize, step: &Step, ran: &mut Ran) -> Result<(), Raised> {
        if !self.catches {
            return self.step(at, step, ran);
        }
        catch_unwind(AssertUnwindSafe(|| self.step(at, step, ran))).unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("the device panicked");
            Err(Raised::new(Kind::Crash, words))
        })
    }

    fn step(&mut self, at: usize, step: &Step, ran: &mut Ran) -> Result<(), Raised> {
        self.steps += 1;
        match step {
            Step::Connect(line) => self.connect(line),
            Step::Disconnect(line) => self.disconnect(line),
            Step::Say(saying) => self.say(at, saying, ran)?,
            Step::Wait(milliseconds) => self.wait(at, *milliseconds, ran)?,
            Step::Act(act) => {
                self.memory.during(|| self.device.act(*act));
                let (models, world) = (&mut self.models, &mut self.world);
                match act {
                    Act::Confirm => ran.events.extend(models.iter_mut().filter_map(|model| model.confirmed(world))),
                    Act::Reject => ran.events.extend(models.iter_mut().filter_map(|model| model.rejected(world))),
                    act => world.therapy.act(*act),
                }
            }
            Step::Cut { writes, torn } => {
                self.device.fail_power_after(Some(*writes), *torn);
                self.world.failing = Some(*writes);
            }
            Step::Restart => ran.events.extend(self.restart(false)?),
            Step::RestartCyclic => ran.events.extend(self.restart(true)?),
        }
        let library = self.models.iter().map(|model| model.holds()).fold(self.world.largest(), usize::max);
        if let Some(raised) = self.memory.keeps_too_much(library, self.open.len()) {
            return Err(raised);
        }
        if let Some(raised) = self.device.said().iter().find_map(|(_, said)| unasked(&said.bytes, said.closed)) {
            return Err(raised);
        }
        let (seen, mut due) = (self.device.observe(), self.world.due());
        // When the library in use comes again, the staged one goes; if the power fails then, that may
        // have begun.
        if let (Some(staged), Some(active)) = (due.staged, due.active)
            && seen.staged.is_none()
            && self.world.perhaps.contains(&active)
        {
            self.world.perhaps.push(staged);
            (self.world.staged, due.staged) = (None, None);
        }
        match seen == due {
            true => Ok(()),
            false => Err(Raised::new(Kind::StateChanged, crate::oracle::difference(&due, &seen))),
        }
    }

    /// Time passes; what the device says by itself is held against the models.
    fn wait(&mut self, at: usize, milliseconds: u32, ran: &mut Ran) -> Result<(), Raised> {
        let mut said = self.memory.told(|| {
            self.device.tick(milliseconds);
            self.device.said()
        });
        self.world.therapy.pass(milliseconds);
        let mut said_on = |line: &Line| {
            let at = said.iter().position(|(known, _)| known == line);
            at.map(|at| said.swap_remove(at).1).unwrap_or_default()
        };
        let mut lost = Vec::new();
        for model in &mut self.models {
            model.passed(milliseconds);
            let path = model.path();
            lost.extend(model.lost().into_iter().map(|number| Line { path: path.into(), number }));
        }
        for line in &lost {
            let last = said_on(line);
            let closed = last.closed;
            if let Some(raised) = unasked(&last.bytes, false) {
                return Err(raised);
            }
            if self.device.capabilities().cyclic && !closed {
                return Err(Raised::new(Kind::WrongReason, "a connection was not closed although its time was over"));
            }
            self.gone(line);
        }
        for line in self.open.clone() {
            let reply = said_on(&line);
            self.told(at, line, reply, ran)?;
        }
        said.iter().find_map(|(_, said)| unasked(&said.bytes, said.closed)).map_or(Ok(()), Err)
    }

    /// The device said this on a line by itself, or nothing.
    fn told(&mut self, at: usize, line: Line, reply: Reply, ran: &mut Ran) -> Result<(), Raised> {
        let Some(index) = self.models.iter().position(|model| model.path() == line.path) else { return Ok(()) };
        let mut events = Vec::new();
        let raised = self.models[index].told(line.number, &reply, &self.world, &mut events);
        ran.events.extend_from_slice(&events);
        if reply.closed {
            self.gone(&line);
        }
        if reply != Reply::default() {
            ran.transcript.push(Exchange { step: at, line, sent: Vec::new(), reply, events });
        }
        raised.map_or(Ok(()), Err)
    }

    fn model(&mut self, path: &str) -> Option<&mut Box<dyn Model + 'm>> {
        self.models.iter_mut().find(|model| model.path() == path)
    }

    fn connect(&mut self, line: &Line) {
        self.disconnect(line);
        if self.model(&line.path).is_some() && self.memory.during(|| self.device.connect(line)) {
            self.open.push(line.clone());
            if let Some(model) = self.model(&line.path) {
                model.connected(line.number);
            }
        }
    }

    fn disconnect(&mut self, line: &Line) {
        if self.open.contains(line) {
            self.memory.during(|| self.device.disconnect(line));
            self.gone(line);
        }
    }

    fn gone(&mut self, line: &Line) {
        self.open.retain(|open| open != line);
        if let Some(model) = self.model(&line.path) {
            model.disconnected(line.number);
        }
    }

    /// Says something on a line, which is opened if it is not.
    fn say(&mut self, at: usize, saying: &Saying, ran: &mut Ran) -> Result<(), Raised> {
        let line = &saying.line;
        if !self.open.contains(line) {
            self.connect(line);
        }
        if !self.open.contains(line) {
            return Ok(());
        }
        let Some(index) = self.models.iter().position(|model| model.path() == line.path) else { return Ok(()) };
        let mut message = filled(&mut self.filled, &*self.models[index], saying, &self.earlier);
        self.remember(line, index);
        let (mut reply, mut events, mut raised) = (Reply::default(), Vec::new(), None);
        let mut sent = 0;
        let size = if saying.pieces == 0 { message.len().max(1) } else { usize::from(saying.pieces) };
        for piece in message.chunks(size) {
            let (one, over) = self.memory.asked(piece.len(), || self.device.exchange(line, piece));
            let model = &mut self.models[index];
            raised = model.exchanged(line.number, piece, &one, &mut self.world).or(over);
            events.extend_from_slice(model.events());
            sent += piece.len();
            reply.bytes.extend(one.bytes);
            reply.closed = one.closed;
            if reply.closed || raised.is_some() {
                break;
            }
        }
        ran.events.extend_from_slice(&events);
        if reply.closed {
            self.gone(line);
        }
        message.truncate(sent);
        ran.transcript.push(Exchange { step: at, line: line.clone(), sent: message, reply, events });
        raised.map_or(Ok(()), Err)
    }

    /// What the slots of a line stand for before something is said on it.
    fn remember(&mut self, line: &Line, model: usize) {
        for (_, slot) in self.recalled.iter().filter(|(path, _)| *path == line.path) {
            let value = self.models[model].fill(line.number, slot);
            self.earlier.insert((line.clone(), slot.clone()), value);
        }
    }

    /// After a restart the staged library is in use, or else the active one; if the power failed
    /// meanwhile, perhaps the one that was being stored.
    fn restart(&mut self, cyclic: bool) -> Result<Option<Event>, Raised> {
        let failed = self.world.failing.take();
        if failed.is_some() {
            self.device.fail_power_after(None, false);
        }
        self.device.report_cyclically(cyclic);
        self.memory.during(|| self.device.restart());
        for line in std::mem::take(&mut self.open) {
            self.gone(&line);
        }
        self.models.iter_mut().for_each(|model| model.restarted());
        self.world.restart();
        self.world.cyclic = cyclic && self.device.capabilities().cyclic;
        let perhaps = std::mem::take(&mut self.world.perhaps);
        let active = self.device.observe().active;
        let is_new = active.is_some_and(|active| perhaps.contains(&active));
        if is_new {
            self.world.active = active;
        }
        if active != self.world.active {
            let what = "after the restart neither the library that was stored before is in use nor a new one";
            return Err(Raised::new(Kind::StateChanged, what));
        }
        self.models.iter_mut().for_each(|model| model.powered_on(&mut self.world));
        Ok(failed.map(|writes| {
            let cut = CUTS.get(writes as usize).copied().unwrap_or(LATER);
            let became = match (!perhaps.is_empty(), is_new) {
                (false, _) => "as it was",
                (true, false) => "the library before",
                (true, true) => "the new library",
            };
            ["power failed", cut, became]
        }))
    }
}

fn not_recovered(why: &str) -> Raised {
    Raised::new(Kind::NotRecovered, format!("a known-good library afterwards: {why}"))
}

/// What is not shown again from the very beginning shows that the device is not wholly in its snapshots.
fn kept_something(mut ran: Ran) -> Ran {
    if let Some((_, raised)) = &mut ran.raised {
        raised.detail += " (not when run from the very beginning: the device keeps something beside its snapshots)";
    }
    ran
}
