//! The steps of a session: what a device must do at each, and what must not change.

use super::{Bench, describe, difference};
use crate::device::{Answer, Device, Held, Observation, Outcome, Request, Which};
use crate::finding::{Kind, Raised};
use crate::session::{Course, Session, SessionResult, SessionStep, SessionStepResult};

impl<D: Device> Bench<'_, D> {
    /// Runs the steps of a session in a row, and then delivers the known-good library. What is
    /// sent is judged as in [`Bench::cases`].
    pub fn session(&mut self, session: &Session) -> SessionResult {
        self.caught(|bench| bench.steps(session)).unwrap_or_else(|crash| SessionResult {
            steps: session.steps.iter().map(|_| not_done(Course::NotKnown)).collect(),
            raised: vec![crash],
            known_good: false,
        })
    }

    fn steps(&mut self, session: &Session) -> SessionResult {
        self.received.clear();
        (self.sent, self.damaged) = (None, None);
        self.previous = Some(self.known[1 - self.active].held);
        let (possible, rest) = self.possible(&session.steps);
        let mut steps: Vec<SessionStepResult> = possible.iter().map(|step| self.step(step)).collect();
        steps.extend(rest.iter().map(|_| not_done(Course::LeftOut)));
        // The session may have put the other known-good library to use itself.
        if self.has.libraries && self.observe().active == Some(self.known[1 - self.active].held) {
            self.active = 1 - self.active;
        }
        self.start_anew();
        let mut raised = Vec::new();
        let known_good = self.afterwards(&mut raised);
        SessionResult { steps, raised, known_good }
    }

    /// The steps up to the first that the device cannot do, and the others: what they would show
    /// without it is not known.
    fn possible<'s>(&self, steps: &'s [SessionStep]) -> (&'s [SessionStep], &'s [SessionStep]) {
        // One that does not say how much it has room for cannot be filled.
        let can = |step: &SessionStep| {
            let is_full = matches!(step, SessionStep::BeginFull { .. });
            step.is_possible(self.has) && (!is_full || self.device.capacity().is_some())
        };
        steps.split_at(steps.iter().position(|step| !can(step)).unwrap_or(steps.len()))
    }

    fn step(&mut self, step: &SessionStep) -> SessionStepResult {
        let mut raised = Vec::new();
        let mut judgement = None;
        let answer = match step {
            SessionStep::Send(bytes) => {
                let judged = self.judge.judge(bytes);
                judgement = Some(judged);
                let answer = self.delivery(bytes, judged, &mut raised);
                self.sent = Some((bytes.clone(), answer.outcome));
                Some(answer)
            }
            SessionStep::Again(times) => {
                if let Some((bytes, outcome)) = self.sent.take() {
                    self.again(&bytes, outcome, *times, &mut raised);
                    self.sent = Some((bytes, outcome));
                }
                None
            }
            SessionStep::Request(request, refused) => Some(self.request(request, refused.as_deref(), &mut raised)),
            SessionStep::BeginFull { over, refused } => self.device.capacity().and_then(|capacity| {
                let request = Request::Begin(capacity.checked_add(u32::from(*over))?);
                Some(self.request(&request, refused.as_deref(), &mut raised))
            }),
            SessionStep::Cut { writes, torn, bytes } => Some(self.power_cut(*writes, *torn, bytes, &mut raised)),
            SessionStep::Activate => Some(self.activate(&mut raised)),
            SessionStep::Restart => {
                self.restart(&mut raised);
                None
            }
            SessionStep::Start => {
                self.start_anew();
                None
            }
            SessionStep::Stop => {
                self.stop();
                None
            }
            SessionStep::Wait(milliseconds) => {
                raised.extend(self.tick(*milliseconds));
                None
            }
            SessionStep::Damage(which) => {
                self.device.damage(*which);
                self.damaged = Some(*which);
                None
            }
        };
        SessionStepResult { judgement, answer, raised, course: Course::Done }
    }

    /// After a restart the staged library is in use, or else the active one; in place of one that
    /// is damaged what was in use before.
    fn restart(&mut self, raised: &mut Vec<Raised>) {
        let before = self.observe();
        self.metered().run(D::restart);
        let after = self.observe();
        let staged = before.staged.filter(|_| self.damaged != Some(Which::Staged));
        let active = if self.damaged == Some(Which::Active) { self.previous } else { before.active };
        if after.active != staged.or(active) {
            let what = match self.damaged {
                None => "after the restart another library is in use than the one that was staged or in use before",
                Some(_) => "after the restart a damaged library is in use, or not the one before it",
            };
            raised.push(Raised::new(Kind::StateChanged, what));
        }
        self.came_into_use(&before, &after);
        self.damaged = None;
        self.start_anew();
    }

    fn came_into_use(&mut self, before: &Observation, after: &Observation) {
        if before.active != after.active {
            self.previous = before.active;
        }
    }

    /// The same file again and again: always the same answer, and from some time on no more memory.
    fn again(&mut self, bytes: &[u8], outcome: Outcome, times: u32, raised: &mut Vec<Raised>) {
        let before = self.observe();
        let mut half_way = self.kept;
        for time in 0..times {
            if self.hand_over(bytes).outcome != outcome {
                let what = format!("the same file sent again had another answer the {}th time", time + 2);
                raised.push(Raised::new(Kind::NotDeterministic, what));
                return;
            }
            if time + 1 == times / 2 {
                half_way = self.kept;
            }
        }
        let after = self.observe();
        if after != before {
            raised.push(Raised::new(Kind::StateChanged, difference(&before, &after)));
        }
        let grown = self.kept - half_way;
        if grown > 0 {
            let what = format!("the same file sent {times} times more: {grown} bytes kept of the second half of them");
            raised.push(Raised::new(Kind::OverBudget, what));
        }
    }

    /// Asks for the staged library to be used, whatever the answer.
    fn activate(&mut self, raised: &mut Vec<Raised>) -> Answer {
        let before = self.observe();
        let answer = self.metered().ask(D::activate);
        let after = self.observe();
        if before.running && answer.outcome == Outcome::Accepted && before.staged.is_some() {
            raised.push(Raised::new(Kind::StateChanged, "a library was activated while a therapy was running"));
        } else {
            self.activation(&before, &answer, &after, raised);
        }
        answer
    }

    /// A request to the receiver: refused because of the stated rule, or accepted; what is refused
    /// changes nothing.
    fn request(&mut self, request: &Request, refused: Option<&str>, raised: &mut Vec<Raised>) -> Answer {
        let before = self.observe();
        let answer = self.metered().ask(|device| match request {
            Request::Activate => device.activate(),
            _ => device.request(request),
        });
        let after = self.observe();
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
        match request {
            Request::Activate => self.activation(&before, &answer, &after, raised),
            Request::Finish if answer.outcome == Outcome::Accepted => {
                self.finished(&before, &after, raised);
                self.damaged = self.damaged.filter(|which| *which != Which::Staged);
            }
            _ if before != after => raised.push(Raised::new(Kind::StateChanged, difference(&before, &after))),
            Request::Begin(_) if answer.outcome == Outcome::Accepted => self.received.clear(),
            Request::Chunk(_, bytes) if answer.outcome == Outcome::Accepted => {
                self.received.extend(bytes);
                self.longest = self.longest.max(self.received.len());
            }
            _ => {}
        }
        answer
    }

    /// A transfer ended well: what was received is staged, unless it is in use already, and nothing
    /// else is otherwise than before.
    fn finished(&self, before: &Observation, after: &Observation, raised: &mut Vec<Raised>) {
        if !self.has.libraries {
            return;
        }
        let sent = Held::of(&self.received);
        let expected = Observation { staged: (before.active != Some(sent)).then_some(sent), ..*before };
        if *after != expected {
            raised.push(Raised::new(Kind::StateChanged, difference(&expected, after)));
        }
    }

    /// Whenever the power fails, the device has the old library or the new one, whole; what it
    /// said it accepted it has.
    fn power_cut(&mut self, writes: u32, torn: bool, bytes: &[u8], raised: &mut Vec<Raised>) -> Answer {
        let before = self.observe();
        self.longest = self.longest.max(bytes.len());
        self.device.fail_power_after(Some(writes), torn);
        let answer = self.metered().ask(|device| device.deliver(bytes));
        self.metered().run(D::restart);
        self.device.fail_power_after(None, false);
        self.metered().run(D::restart);
        let after = self.observe();
        // What was staged is in use after a restart.
        let (old, new) = (before.staged.or(before.active), Some(Held::of(bytes)));
        if answer.outcome == Outcome::Accepted && after.active != new {
            raised.push(Raised::new(Kind::NotRecovered, "a library was accepted and is lost after the power failed"));
        } else if after.active != old && after.active != new {
            raised.push(Raised::new(
                Kind::StateChanged,
                "after the power failed neither the old nor the new library is in use",
            ));
        }
        self.start_anew();
        answer
    }

    /// An activation puts the staged library to use and changes nothing else; a refused one
    /// changes nothing, but that a damaged library is not staged any more.
    fn activation(&mut self, before: &Observation, answer: &Answer, after: &Observation, raised: &mut Vec<Raised>) {
        let expected = match answer.outcome {
            Outcome::Accepted => Observation { active: before.staged.or(before.active), staged: None, ..*before },
            Outcome::Refused if self.damaged == Some(Which::Staged) => Observation { staged: None, ..*before },
            Outcome::Refused | Outcome::Silent => *before,
        };
        if *after != expected {
            raised.push(Raised::new(Kind::StateChanged, difference(&expected, after)));
        }
        self.came_into_use(before, after);
    }
}

fn not_done(course: Course) -> SessionStepResult {
    SessionStepResult { judgement: None, answer: None, raised: Vec::new(), course }
}
