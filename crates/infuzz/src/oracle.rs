//! The oracles: delivers a case to a device, compares with the judgement, and makes sure that a
//! known-good library is still accepted afterwards.

mod entries;
mod in_use;
mod known_good;
mod memory;
mod steps;
mod therapy;

use crate::device::{Answer, Capabilities, Device, Held, LookUp, Observation, Outcome, Which};
use crate::finding::{Kind, Raised};
use crate::format::Format;
use crate::judgement::{Judge, Judgement};
use crate::tree::{Tables, Tree};
pub use entries::{Entries, Key};
pub use memory::Meter;
use memory::Metered;
use std::panic::{AssertUnwindSafe, catch_unwind};
use therapy::Clock;

/// What a device may be doing when a case is delivered; see [`Bench::prepare`].
pub const STATES: [&str; 4] = [
    "therapy running",
    "therapy running, library staged",
    "therapy stopped after a while",
    "therapy stopped after a while, library staged",
];

/// Time that passes in each known-good step; the infused volume must follow it.
const PASSES_MS: u32 = 36_007;

/// A known-good library.
#[derive(Clone, Debug)]
pub struct KnownGood {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What a device that holds it reports.
    pub held: Held,
    /// Key of an entry that the other one does not have.
    pub key: Key,
    /// That entry.
    pub entry: LookUp,
}

/// What a bench does with inputs that are no libraries.
#[derive(Clone, Debug)]
struct Messages {
    /// Where they are sent.
    path: String,
    /// One that is accepted, before the first case and after each.
    good: Vec<u8>,
    /// The first known-good library is in use again after each case, since messages are judged
    /// against it.
    returns: bool,
}

/// What came of one case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// What the device must do.
    pub judgement: Judgement,
    /// What it said.
    pub answer: Answer,
    /// What is wrong with that.
    pub raised: Vec<Raised>,
    /// Whether the known-good library was accepted, used and looked up afterwards.
    pub known_good: bool,
}

/// A device on the bench with two known-good libraries.
pub struct Bench<'f, D> {
    device: D,
    /// What can be asked of it.
    has: Capabilities,
    judge: Judge<'f>,
    tables: Tables,
    known: [KnownGood; 2],
    /// Which of the two is active.
    active: usize,
    /// What the device showed in the known-good step when no case came before: by whether time had
    /// passed before it, and by active library.
    twin: [[Vec<Observation>; 2]; 2],
    /// Whether that is known: a device does not come to show something else by a reset.
    learned: bool,
    /// Whether time has passed since the therapy was started.
    passed: bool,
    /// Whether it was stopped for the next case.
    stopped: bool,
    /// How it must go on.
    clock: Clock,
    /// What was wrong when it was started or stopped, until that is told.
    amiss: Option<Raised>,
    /// Inputs are messages, and no libraries.
    messages: Option<Messages>,
    meter: Option<Meter>,
    /// Bytes that the device has allocated and not freed since the last reset.
    kept: isize,
    /// The longest input since then.
    longest: usize,
    /// Takes every look at every library that is put to use.
    thorough: bool,
    /// A panic of the device is a finding.
    catches: bool,
    /// Chunks that a session has sent.
    received: Vec<u8>,
    /// The last file that a session has sent, and what was said to it.
    sent: Option<(Vec<u8>, Outcome)>,
    /// The library that a session has damaged in the device's memory.
    damaged: Option<Which>,
    /// What was active in a session before the library that is active now.
    previous: Option<Held>,
    /// The device after a reset, and its therapy.
    ready: Option<(usize, Clock)>,
    log: Vec<Observation>,
}

/// Why a bench cannot be set up.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BenchError {
    /// A known-good library is not valid.
    #[error("known-good library {name} breaks rule {rule}")]
    NotValid {
        /// Which.
        name: &'static str,
        /// What it breaks.
        rule: String,
    },
    /// There is no known-good message, or it is not valid.
    #[error("the known-good message cannot be used: {0}")]
    NoMessage(String),
    /// The two do not differ enough.
    #[error("the known-good libraries have no entry that tells them apart")]
    NotDistinct,
    /// The device does not take them before any case has run.
    #[error("the device does not accept the known-good libraries before the first case: {0}")]
    NotAccepted(String),
    /// It crashed, did not answer, or did something else that is a finding, before any case has run.
    #[error("{}: {} on the known-good libraries, before the first case", .0.kind.words(), .0.detail)]
    Fell(Raised),
}

impl<'f, D: Device> Bench<'f, D> {
    /// Puts a device on the bench: resets it, makes the first library active and runs the
    /// known-good step in both directions without a case.
    pub fn new(format: &'f Format, device: D, known_good: [Vec<u8>; 2]) -> Result<Self, BenchError> {
        let mut judge = Judge::new(format);
        for (name, bytes) in ["A", "B"].into_iter().zip(&known_good) {
            if let Some(rule) = judge.judge(bytes).rule() {
                return Err(BenchError::NotValid { name, rule: format.rule(rule).to_string() });
            }
        }
        let trees = known_good.each_ref().map(|bytes| Tree::decode(format, bytes));
        let tables = trees.each_ref().map(tables_of);
        let entries = [0, 1].map(|which| Entries::of(&trees[which], &tables[which]));
        let only = |own: usize| {
            // Where nothing can be looked up, it is enough that they are not the same.
            if format.lookup.is_none() {
                return (known_good[own] != known_good[1 - own]).then(|| (LookUp::Absent, Key::new()));
            }
            let mut keys = entries[own].keys();
            let key = keys.find(|key| entries[1 - own].expected(key) == LookUp::Absent)?;
            Some((entries[own].expected(&key), key))
        };
        let (Some(a), Some(b)) = (only(0), only(1)) else { return Err(BenchError::NotDistinct) };
        let [first, second] = known_good;
        let prepare = |bytes: Vec<u8>, (entry, key)| KnownGood { held: Held::of(&bytes), bytes, key, entry };
        let known = [prepare(first, a), prepare(second, b)];
        let declared = device.capabilities().usable();
        let mut bench = Bench {
            has: Capabilities { look_up: declared.look_up && format.lookup.is_some(), ..declared },
            device,
            judge,
            tables: Tables::default(),
            known,
            active: 0,
            twin: Default::default(),
            learned: false,
            passed: false,
            stopped: false,
            clock: Clock::default(),
            amiss: None,
            messages: None,
            meter: None,
            kept: 0,
            longest: 0,
            thorough: false,
            catches: false,
            received: Vec::new(),
            sent: None,
            damaged: None,
            previous: None,
            ready: None,
            log: Vec::new(),
        };
        bench.reset()?;
        Ok(bench)
    }

    /// Inputs are messages of another format, which are sent on the path of its name. None of them
    /// changes anything that can be seen; after each case `good` is accepted, and then the
    /// known-good library.
    pub fn with_messages(mut self, format: &'f Format, good: Vec<u8>) -> Result<Self, BenchError> {
        self.judge = Judge::new(format);
        if let Some(rule) = self.judge.judge(&good).rule() {
            return Err(BenchError::NoMessage(format!("it breaks rule {}", format.rule(rule))));
        }
        self.messages = Some(Messages { path: format.name.clone(), good, returns: format.has_environment() });
        let taken = self.known_good_message();
        if let Some(raised) = self.device.fault() {
            return Err(BenchError::Fell(raised));
        }
        match taken {
            Ok(()) => Ok(self),
            Err(raised) => Err(BenchError::NotAccepted(raised.detail)),
        }
    }

    /// Also holds deliveries against the memory budget, if the device's memory can be measured.
    pub fn with_meter(mut self, meter: Meter) -> Self {
        self.meter = self.has.memory.then_some(meter);
        self
    }

    /// Looks at every library that is put to use in every way: many of its entries, keys that it
    /// does not have, what the device writes of it. Otherwise some looks are taken at one in four.
    pub fn thorough(mut self) -> Self {
        self.thorough = true;
        self
    }

    /// A device that panics is a finding of the kind [`Kind::Crash`], and the bench is reset. Without
    /// this the panic goes on, for an engine or the process around to see.
    pub fn catch_panics(mut self) -> Self {
        self.catches = true;
        self
    }

    /// The device.
    pub fn device(&mut self) -> &mut D {
        &mut self.device
    }

    /// The judge.
    pub fn judge(&mut self) -> &mut Judge<'f> {
        &mut self.judge
    }

    /// The tree of an input; decodes it only if it is not the one judged last.
    pub fn judged(&mut self, bytes: &[u8]) -> &Tree<'f> {
        self.judge.tree_of(bytes)
    }

    /// Back to the first known-good library active and a therapy running.
    pub fn reset(&mut self) -> Result<(), BenchError> {
        (self.kept, self.longest, self.active) = (0, 0, 0);
        (self.passed, self.stopped, self.amiss) = (false, false, None);
        if let Some((ready, clock)) = self.ready {
            self.device.restore(ready);
            self.clock = clock;
            return Ok(());
        }
        self.device.reset();
        let answer = self.device.deliver(&self.known[0].bytes);
        if let Some(raised) = self.device.fault() {
            return Err(BenchError::Fell(raised));
        }
        if answer.outcome != Outcome::Accepted {
            return Err(BenchError::NotAccepted(describe(&answer)));
        }
        if let Some(what) = self.change_over(0) {
            return Err(BenchError::NotAccepted(what));
        }
        self.start_anew();
        self.started()?;
        if !self.learned {
            self.learn()?;
        }
        if self.has.snapshot {
            self.ready = Some((self.device.snapshot(), self.clock));
        }
        Ok(())
    }

    /// Whether each therapy started so far runs, before any case.
    fn started(&mut self) -> Result<(), BenchError> {
        // One that has fallen shows no therapy either.
        let raised = self.device.fault().or(self.amiss.take());
        raised.map_or(Ok(()), |raised| Err(BenchError::Fell(raised)))
    }

    /// Brings the device into one of [`STATES`] for the next case. *Staged* is the known-good
    /// library that is not active.
    pub fn prepare(&mut self, state: usize) {
        if state & 1 != 0 {
            let metered = Metered { meter: self.meter, kept: &mut self.kept, device: &mut self.device };
            metered.ask(|device| device.deliver(&self.known[1 - self.active].bytes));
        }
        self.let_time_pass();
        if state & 2 != 0 {
            self.stop();
            self.stopped = true;
        }
    }

    /// What can be seen of the device; what it does not show is left at its default, and so
    /// never differs.
    fn observe(&mut self) -> Observation {
        let seen = self.device.observe();
        let (libraries, therapy) = (self.has.libraries, self.has.therapy);
        match (libraries, therapy) {
            (true, true) => seen,
            (true, false) => Observation { active: seen.active, staged: seen.staged, ..Observation::default() },
            (false, _) => {
                Observation { active: None, staged: None, ..if therapy { seen } else { Observation::default() } }
            }
        }
    }

    /// Delivers a case and then the known-good library that is not active.
    pub fn case(&mut self, bytes: &[u8]) -> CaseResult {
        match self.caught(|bench| bench.uncaught(bytes)) {
            Ok(result) => result,
            Err(crash) => self.crashed(bytes, crash),
        }
    }

    /// What came of an input at which the device panicked or fell.
    fn crashed(&mut self, bytes: &[u8], crash: Raised) -> CaseResult {
        let answer = Answer { outcome: Outcome::Silent, reason: None };
        CaseResult { judgement: self.judge.judge(bytes), answer, raised: vec![crash], known_good: false }
    }

    /// Runs what may make the device panic or fall. What it has become by that is not known: it is
    /// reset.
    fn caught<R>(&mut self, run: impl FnOnce(&mut Self) -> R) -> Result<R, Raised> {
        let result = if self.catches {
            catch_unwind(AssertUnwindSafe(|| run(self))).map_err(|panic| {
                let said = panic.downcast_ref::<String>().map(String::as_str);
                let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message");
                Raised::new(Kind::Crash, format!("the device panicked: {said}"))
            })
        } else {
            Ok(run(self))
        };
        let result = self.device.fault().map_or(result, Err);
        if result.is_err() {
            let _ = self.reset();
        }
        result
    }

    fn uncaught(&mut self, bytes: &[u8]) -> CaseResult {
        let judgement = self.judge.judge(bytes);
        let mut raised = Vec::new();
        let answer = self.delivery(bytes, judgement, &mut raised);
        if self.stopped {
            self.stays_stopped(&mut raised);
        }
        let known_good = self.afterwards(&mut raised);
        CaseResult { judgement, answer, raised, known_good }
    }

    /// Delivers several inputs in a row and then the known-good library. Nothing comes after an
    /// input at which a panic was caught.
    pub fn cases(&mut self, inputs: &[Vec<u8>]) -> Vec<CaseResult> {
        let Some((last, before)) = inputs.split_last() else { return Vec::new() };
        let mut results = Vec::new();
        for bytes in before {
            let one = self.caught(|bench| {
                let judgement = bench.judge.judge(bytes);
                let mut raised = Vec::new();
                let answer = bench.delivery(bytes, judgement, &mut raised);
                CaseResult { judgement, answer, raised, known_good: false }
            });
            match one {
                Ok(result) => results.push(result),
                Err(crash) => {
                    results.push(self.crashed(bytes, crash));
                    return results;
                }
            }
        }
        results.push(self.case(last));
        results
    }

    /// A therapy that was stopped before the case stays as it is; a new one is started after that.
    fn stays_stopped(&mut self, raised: &mut Vec<Raised>) {
        raised.extend(self.tick(PASSES_MS));
        self.start_anew();
    }

    fn delivery(&mut self, bytes: &[u8], judgement: Judgement, raised: &mut Vec<Raised>) -> Answer {
        let before = self.observe();
        self.longest = self.longest.max(bytes.len());
        if let Some(meter) = self.meter {
            (meter.start)();
        }
        let answer = self.hand_over(bytes);
        if let Some(meter) = self.meter {
            let (peak, most) = ((meter.peak)(), 4 * bytes.len() + 64 * 1024);
            if peak > most {
                raised.push(Raised::new(
                    Kind::OverBudget,
                    format!("{peak} bytes at the peak, {most} allowed for an input of {}", bytes.len()),
                ));
            }
        }
        let after = self.observe();
        let unchanged = Observation { staged: before.staged, ..after } == before;
        match (judgement, answer.outcome) {
            (_, Outcome::Silent) => raised.push(Raised::new(Kind::Silent, "no answer to a delivery")),
            (Judgement::Refuse(rule), Outcome::Accepted) => {
                let rule = self.judge.rule(rule);
                raised.push(Raised::new(Kind::InvalidAccepted, format!("accepted though rule {rule} is broken")));
            }
            (Judgement::Accept, Outcome::Refused) => raised
                .push(Raised::new(Kind::ValidRefused, format!("no rule is broken, but it was {}", describe(&answer)))),
            _ => {}
        }
        match answer.outcome {
            Outcome::Accepted if self.messages.is_some() => {
                if before != after {
                    raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
                }
            }
            Outcome::Accepted => {
                let sent = Held::of(bytes);
                if !unchanged {
                    raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
                }
                // The active library sent again is accepted, and there is then nothing to activate.
                let staged = (before.active != Some(sent)).then_some(sent);
                if self.has.libraries && after.staged != staged {
                    raised.push(Raised::new(
                        Kind::StateChanged,
                        "accepted, but the staged slot does not hold what was sent",
                    ));
                } else if judgement == Judgement::Accept && raised.is_empty() && staged.is_some() {
                    self.put_to_use(bytes, sent, after, raised);
                }
            }
            Outcome::Refused | Outcome::Silent => {
                if before != after {
                    raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
                }
                if answer.outcome == Outcome::Refused && answer.reason.is_none() && self.has.reasons {
                    raised.push(Raised::new(Kind::WrongReason, "refused without a reason"));
                }
            }
        }
        raised.extend(self.amiss.take());
        answer
    }

    /// Gives an input to the device, as a library or as a message.
    fn hand_over(&mut self, bytes: &[u8]) -> Answer {
        let metered = Metered { meter: self.meter, kept: &mut self.kept, device: &mut self.device };
        match &self.messages {
            None => metered.ask(|device| device.deliver(bytes)),
            Some(messages) => metered.ask(|device| device.send(&messages.path, bytes)),
        }
    }
}

fn tables_of(tree: &Tree<'_>) -> Tables {
    let mut tables = Tables::default();
    tables.rebuild(tree);
    tables
}

impl Judge<'_> {
    fn rule(&mut self, rule: crate::format::RuleId) -> String {
        self.last().format().rule(rule).to_string()
    }
}

fn describe(answer: &Answer) -> String {
    match (&answer.outcome, &answer.reason) {
        (Outcome::Accepted, _) => "accepted".into(),
        (Outcome::Silent, _) => "not answered".into(),
        (Outcome::Refused, None) => "refused without a reason".into(),
        (Outcome::Refused, Some(reason)) => format!("refused: {} at {}", reason.rule, reason.field),
    }
}

pub(crate) fn difference(before: &Observation, after: &Observation) -> String {
    let mut parts = Vec::new();
    let mut note = |name: &str, changed: bool| {
        if changed {
            parts.push(name.to_string());
        }
    };
    note("the active library", before.active != after.active);
    note("the staged library", before.staged != after.staged);
    note("the therapy's state", before.running != after.running);
    note("the rate", before.rate != after.rate);
    note("the volume to be infused", before.vtbi != after.vtbi);
    note("the volume infused", before.infused != after.infused);
    note("the order that waits", before.proposed != after.proposed);
    note("an alarm", before.alarms != after.alarms);
    note("keeping the vein open", before.keeps_open != after.keeps_open);
    note("the bolus", before.bolus != after.bolus);
    note("the standby", before.standby != after.standby);
    format!("this changed: {}", parts.join(", "))
}
