//! The oracles: delivers a case to a device, compares with the judgement, and makes sure that a
//! known-good library is still accepted afterwards.

use crate::device::{Answer, Device, Held, Observation, Outcome, Request};
use crate::finding::{Kind, Raised};
use crate::format::Format;
use crate::judgement::{Judge, Judgement};
use crate::session::{Session, SessionResult, SessionStep, SessionStepResult};
use crate::tree::{NodeId, Tables, Tree};

/// The therapy that runs while libraries are delivered: rate and volume in ten-thousandths.
const RATE: u32 = 1_000_003;
const VTBI: u32 = 5_000_000;
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
    pub key: Vec<Vec<u8>>,
}

/// Measures memory around a delivery; lives in the binary that owns the allocator.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    /// Forgets the peak.
    pub start: fn(),
    /// Bytes allocated at the peak since, above what was allocated at the start.
    pub peak: fn() -> usize,
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
    judge: Judge<'f>,
    tables: Tables,
    known: [KnownGood; 2],
    /// Which of the two is active.
    active: usize,
    /// What the device showed in the known-good step when no case came before, by active library.
    twin: [Vec<Observation>; 2],
    meter: Option<Meter>,
    ready: Option<usize>,
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
    /// The two do not differ enough.
    #[error("the known-good libraries have no entry that tells them apart")]
    NotDistinct,
    /// The device does not take them before any case has run.
    #[error("the device does not accept the known-good libraries before the first case: {0}")]
    NotAccepted(String),
}

/// Keys of all entries that can be looked up.
pub fn keys<'t>(tree: &'t Tree<'_>, tables: &'t Tables) -> impl Iterator<Item = Vec<Vec<u8>>> + 't {
    let lookup = tree.format().lookup.as_ref();
    let list = lookup.and_then(|l| tree.lists().iter().copied().find(|list| tree.node(*list).field == l.table));
    list.into_iter().flat_map(|list| tree.children(list)).filter_map(move |row| key_of(tree, tables, row))
}

/// The key of the entry that a record is.
fn key_of(tree: &Tree<'_>, tables: &Tables, row: NodeId) -> Option<Vec<Vec<u8>>> {
    let lookup = tree.format().lookup.as_ref()?;
    let part = |operand| Some(tree.text(tree.locate(row, operand, Some(tables))?).to_vec());
    lookup.key.iter().map(part).collect()
}

/// Keys of the first and the last entry.
fn end_keys(tree: &Tree<'_>, tables: &Tables) -> [Option<Vec<Vec<u8>>>; 2] {
    let lookup = tree.format().lookup.as_ref();
    let list = lookup.and_then(|l| tree.lists().iter().copied().find(|list| tree.node(*list).field == l.table));
    let rows: Vec<NodeId> = list.into_iter().flat_map(|list| tree.children(list)).collect();
    let key = |row: &NodeId| key_of(tree, tables, *row);
    [rows.iter().find_map(key), rows.iter().rev().find_map(key)]
}

fn all_keys(format: &Format, bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let tree = Tree::decode(format, bytes);
    let mut tables = Tables::default();
    tables.rebuild(&tree);
    keys(&tree, &tables).collect()
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
        let keys = known_good.each_ref().map(|bytes| all_keys(format, bytes));
        let only = |own: usize| keys[own].iter().find(|key| !keys[1 - own].contains(key)).cloned();
        let (Some(a), Some(b)) = (only(0), only(1)) else { return Err(BenchError::NotDistinct) };
        let [first, second] = known_good;
        let prepare = |bytes: Vec<u8>, key| KnownGood { held: Held::of(&bytes), bytes, key };
        let known = [prepare(first, a), prepare(second, b)];
        let mut bench = Bench {
            device,
            judge,
            tables: Tables::default(),
            known,
            active: 0,
            twin: [Vec::new(), Vec::new()],
            meter: None,
            ready: None,
            log: Vec::new(),
        };
        bench.reset()?;
        Ok(bench)
    }

    /// Also holds deliveries against the memory budget.
    pub fn with_meter(mut self, meter: Meter) -> Self {
        self.meter = Some(meter);
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
        if let Some(ready) = self.ready {
            self.device.restore(ready);
            self.active = 0;
            return Ok(());
        }
        self.device.reset();
        let answer = self.device.deliver(&self.known[0].bytes);
        if answer.outcome != Outcome::Accepted {
            return Err(BenchError::NotAccepted(describe(&answer)));
        }
        self.device.restart();
        self.active = 0;
        self.device.start(RATE, VTBI);
        for _ in 0..2 {
            let active = self.active;
            if let Err(raised) = self.known_good_step() {
                return Err(BenchError::NotAccepted(raised.detail));
            }
            self.twin[active] = std::mem::take(&mut self.log);
        }
        if self.device.capabilities().snapshot {
            self.ready = Some(self.device.snapshot());
        }
        Ok(())
    }

    /// Which library the next case finds staged: none, or the known-good one that is not active.
    pub fn stage_other(&mut self) {
        let other = 1 - self.active;
        self.device.deliver(&self.known[other].bytes);
    }

    /// Delivers a case and then the known-good library that is not active.
    pub fn case(&mut self, bytes: &[u8]) -> CaseResult {
        let judgement = self.judge.judge(bytes);
        let mut raised = Vec::new();
        let answer = self.delivery(bytes, judgement, &mut raised);
        let known_good = self.afterwards(&mut raised);
        CaseResult { judgement, answer, raised, known_good }
    }

    /// Delivers several inputs in a row and then the known-good library.
    pub fn cases(&mut self, inputs: &[Vec<u8>]) -> Vec<CaseResult> {
        let Some((last, before)) = inputs.split_last() else { return Vec::new() };
        let mut results = Vec::new();
        for bytes in before {
            let judgement = self.judge.judge(bytes);
            let mut raised = Vec::new();
            let answer = self.delivery(bytes, judgement, &mut raised);
            results.push(CaseResult { judgement, answer, raised, known_good: false });
        }
        results.push(self.case(last));
        results
    }

    fn delivery(&mut self, bytes: &[u8], judgement: Judgement, raised: &mut Vec<Raised>) -> Answer {
        let before = self.device.observe();
        if let Some(meter) = self.meter {
            (meter.start)();
        }
        let answer = self.device.deliver(bytes);
        if let Some(meter) = self.meter {
            let (peak, most) = ((meter.peak)(), 4 * bytes.len() + 64 * 1024);
            if peak > most {
                raised.push(Raised::new(
                    Kind::OverBudget,
                    format!("{peak} bytes at the peak, {most} allowed for an input of {}", bytes.len()),
                ));
            }
        }
        let after = self.device.observe();
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
            Outcome::Accepted => {
                let sent = Held::of(bytes);
                if !unchanged {
                    raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
                }
                // The active library sent again is accepted, and there is then nothing to activate.
                let staged = (before.active != Some(sent)).then_some(sent);
                if after.staged != staged {
                    raised.push(Raised::new(
                        Kind::StateChanged,
                        "accepted, but the staged slot does not hold what was sent",
                    ));
                } else if judgement == Judgement::Accept && raised.is_empty() && staged.is_some() {
                    self.put_to_use(bytes, sent, raised);
                }
            }
            Outcome::Refused | Outcome::Silent => {
                if before != after {
                    raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
                }
                if answer.outcome == Outcome::Refused && answer.reason.is_none() && self.device.capabilities().reasons {
                    raised.push(Raised::new(Kind::WrongReason, "refused without a reason"));
                }
            }
        }
        answer
    }

    /// A valid library that was accepted waits while a therapy runs, is in use after a restart,
    /// and its entries can be looked up.
    fn put_to_use(&mut self, bytes: &[u8], sent: Held, raised: &mut Vec<Raised>) {
        let before = self.device.observe();
        if before.running && before.staged.is_some() {
            let answer = self.device.activate();
            let after = self.device.observe();
            if answer.outcome != Outcome::Refused || after != before {
                raised.push(Raised::new(Kind::StateChanged, "a library was activated while a therapy was running"));
                return;
            }
        }
        self.device.stop();
        self.device.restart();
        let after = self.device.observe();
        if after.active != Some(sent) {
            raised.push(Raised::new(
                Kind::ValidRefused,
                "accepted, but not in use after the therapy was stopped and the device restarted",
            ));
        } else {
            // A case may be the known-good library that comes next; the two then change roles.
            if sent == self.known[1 - self.active].held {
                self.active = 1 - self.active;
            }
            let tree = self.judge.tree_of(bytes);
            self.tables.rebuild(tree);
            let ends = end_keys(tree, &self.tables);
            if ends.into_iter().flatten().any(|key| !self.device.look_up(&key)) {
                raised.push(Raised::new(Kind::ValidRefused, "in use, but one of its set-ups cannot be looked up"));
            }
        }
        self.device.start(RATE, VTBI);
    }

    /// The heart: the library that is not active is sent, staged, activated and looked up.
    fn known_good_step(&mut self) -> Result<(), Raised> {
        self.log.clear();
        let other = 1 - self.active;
        let lost = |what: String| Err(Raised::new(Kind::NotRecovered, what));
        let known = &self.known[other];
        let answer = self.device.deliver(&known.bytes);
        if answer.outcome != Outcome::Accepted {
            return lost(format!("the known-good library was {}", describe(&answer)));
        }
        let seen = self.device.observe();
        if seen.staged != Some(known.held) {
            return lost("the known-good library was accepted, but is not in the staged slot".into());
        }
        self.device.tick(PASSES_MS);
        let ticked = self.device.observe();
        self.log.push(Observation { active: None, ..ticked });
        self.device.stop();
        self.device.restart();
        let seen = self.device.observe();
        self.log.push(seen);
        if seen.active != Some(known.held) {
            return lost("the known-good library was accepted, but is not active after a restart".into());
        }
        if !self.device.look_up(&known.key) {
            return lost("the known-good library is active, but a set-up that only it has cannot be looked up".into());
        }
        if self.device.look_up(&self.known[self.active].key) {
            return lost(
                "the known-good library is active, but a set-up that only the other one has is still found".into(),
            );
        }
        self.active = other;
        self.device.start(RATE, VTBI);
        self.log.push(self.device.observe());
        Ok(())
    }

    /// The known-good step after a case, and whether the device behaves as its twin that had none.
    fn afterwards(&mut self, raised: &mut Vec<Raised>) -> bool {
        match self.known_good_step() {
            Ok(()) => {
                let (active, twin) = (1 - self.active, std::mem::take(&mut self.log));
                if self.twin[active] != twin {
                    raised.push(Raised::new(
                        Kind::StateChanged,
                        "afterwards the device behaves otherwise than without this delivery",
                    ));
                }
                true
            }
            Err(one) => {
                raised.push(one);
                false
            }
        }
    }

    /// Runs the steps of a session in a row, and then delivers the known-good library. What is
    /// sent is judged as in [`Bench::cases`].
    pub fn session(&mut self, session: &Session) -> SessionResult {
        let steps = session.steps.iter().map(|step| self.step(step)).collect();
        // The session may have put the other known-good library to use itself.
        if self.device.observe().active == Some(self.known[1 - self.active].held) {
            self.active = 1 - self.active;
        }
        let mut raised = Vec::new();
        let known_good = self.afterwards(&mut raised);
        SessionResult { steps, raised, known_good }
    }

    fn step(&mut self, step: &SessionStep) -> SessionStepResult {
        let mut raised = Vec::new();
        match step {
            SessionStep::Send(bytes) => {
                let judgement = self.judge.judge(bytes);
                let answer = self.delivery(bytes, judgement, &mut raised);
                SessionStepResult { judgement: Some(judgement), answer: Some(answer), raised }
            }
            SessionStep::Activate => {
                let before = self.device.observe();
                let answer = self.device.activate();
                let after = self.device.observe();
                let accepted = answer.outcome == Outcome::Accepted;
                if before.running && accepted && before.staged.is_some() {
                    raised.push(Raised::new(Kind::StateChanged, "a library was activated while a therapy was running"));
                } else if !accepted && before != after {
                    raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
                }
                SessionStepResult { judgement: None, answer: Some(answer), raised }
            }
            SessionStep::Request(request, refused) => {
                let answer = self.request(request, refused.as_deref(), &mut raised);
                SessionStepResult { judgement: None, answer, raised }
            }
            SessionStep::Cut { writes, torn, bytes } => {
                let answer = self.power_cut(*writes, *torn, bytes, &mut raised);
                SessionStepResult { judgement: None, answer, raised }
            }
            SessionStep::Restart => {
                let before = self.device.observe();
                self.device.restart();
                let after = self.device.observe();
                if after.active != before.staged.or(before.active) {
                    raised.push(Raised::new(
                        Kind::StateChanged,
                        "after the restart another library is in use than the one that was staged or in use before",
                    ));
                }
                self.device.start(RATE, VTBI);
                SessionStepResult { judgement: None, answer: None, raised }
            }
        }
    }

    /// A request to the receiver: refused because of the stated rule, or accepted; what is refused
    /// changes nothing.
    fn request(&mut self, request: &Request, refused: Option<&str>, raised: &mut Vec<Raised>) -> Option<Answer> {
        if !self.device.capabilities().transfer {
            return None;
        }
        let before = self.device.observe();
        let answer = self.device.request(request);
        let after = self.device.observe();
        match (refused, answer.outcome) {
            (_, Outcome::Silent) => raised.push(Raised::new(Kind::Silent, "no answer to a request of a transfer")),
            (Some(rule), Outcome::Accepted) => {
                raised.push(Raised::new(Kind::InvalidAccepted, format!("a request was accepted that breaks {rule}")));
            }
            (None, Outcome::Refused) => {
                raised.push(Raised::new(
                    Kind::ValidRefused,
                    format!("a request of a correct transfer was {}", describe(&answer)),
                ));
            }
            (Some(rule), Outcome::Refused) if answer.reason.as_ref().is_some_and(|reason| reason.rule != rule) => {
                raised.push(Raised::new(
                    Kind::WrongReason,
                    format!("{rule} is broken, but it was {}", describe(&answer)),
                ));
            }
            _ => {}
        }
        if answer.outcome == Outcome::Refused && before != after {
            raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
        }
        Some(answer)
    }

    /// Whenever the power fails, the device has the old library or the new one, whole; what it
    /// said it accepted it has.
    fn power_cut(&mut self, writes: u32, torn: bool, bytes: &[u8], raised: &mut Vec<Raised>) -> Option<Answer> {
        if !self.device.capabilities().power_cut {
            return None;
        }
        let before = self.device.observe();
        self.device.fail_power_after(Some(writes), torn);
        let answer = self.device.deliver(bytes);
        self.device.restart();
        self.device.fail_power_after(None, false);
        self.device.restart();
        let after = self.device.observe();
        let (old, new) = (before.active, Some(Held::of(bytes)));
        if answer.outcome == Outcome::Accepted && after.active != new {
            raised.push(Raised::new(Kind::NotRecovered, "a library was accepted and is lost after the power failed"));
        } else if after.active != old && after.active != new {
            raised.push(Raised::new(
                Kind::StateChanged,
                "after the power failed neither the old nor the new library is in use",
            ));
        }
        self.device.start(RATE, VTBI);
        Some(answer)
    }
}

impl Judge<'_> {
    fn rule(&mut self, rule: crate::format::RuleId) -> String {
        let (tree, _) = self.explain(&[]);
        tree.format().rule(rule).to_string()
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

fn difference(before: &Observation, after: &Observation) -> String {
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
    format!("the delivery changed {}", parts.join(", "))
}
