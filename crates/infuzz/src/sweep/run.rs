//! Runs the cases of a plan against a device, without a reset between them.

use super::plan::Plan;
use super::reason::wrong_reason;
use crate::device::Device;
use crate::finding::{Kind, Raised};
use crate::oracle::{Bench, CaseResult, STATES};
use crate::rules::{Cause, Violation};
use crate::session::{Session, SessionStep};
use serde::{Deserialize, Serialize};

/// What came of one case, as the worker reports it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Index in the plan.
    pub case: usize,
    /// `accept`, `refuse` or `unspecified`.
    pub expected: String,
    /// The broken rule.
    pub rule: Option<String>,
    /// The broken field.
    pub field: Option<String>,
    /// Whether the known-good library was accepted afterwards.
    pub known_good: bool,
    /// What went wrong: kind and detail.
    pub raised: Vec<(Kind, String)>,
    /// Whether it also goes wrong alone, after a reset.
    pub alone: bool,
    /// Whether a second run alone gave the same as the first.
    pub deterministic: bool,
}

/// A sweep in progress.
pub struct Sweeper<'p, 'f, D> {
    plan: &'p Plan<'f>,
    bench: Bench<'f, D>,
}

impl<'p, 'f, D: Device> Sweeper<'p, 'f, D> {
    /// A sweep of `plan` on `bench`.
    pub fn new(plan: &'p Plan<'f>, bench: Bench<'f, D>) -> Self {
        Sweeper { plan, bench }
    }

    /// Runs one case of the plan, in each of [`STATES`] in turn.
    pub fn run(&mut self, index: usize) -> Option<Outcome> {
        let planned = self.plan.cases.get(index)?;
        let bytes = self.plan.bytes(planned);
        Some(self.deliver(index, &bytes, &planned.path))
    }

    /// Runs case `index`, whose bytes and path come from elsewhere.
    pub fn deliver(&mut self, index: usize, bytes: &[u8], path: &str) -> Outcome {
        if let Some(session) = session_of(bytes) {
            return self.session(index, &session, path);
        }
        let result = self.one(index, bytes);
        let (expected, rule) = (result.judgement.word().to_string(), result.judgement.rule());
        let mut raised = result.raised.clone();
        raised.extend(wrong_reason(self.bench.judge(), bytes, &result));
        let format = self.plan.base.format();
        let mut outcome = Outcome {
            case: index,
            expected,
            rule: rule.map(|rule| format.rule(rule).to_string()),
            field: None,
            known_good: result.known_good,
            raised: Vec::new(),
            alone: false,
            deterministic: true,
        };
        if !raised.is_empty() {
            let (rule, field) = self.blamed(bytes).unzip();
            outcome.rule = rule.or(outcome.rule);
            outcome.field = Some(field.unwrap_or_else(|| path.to_string()));
            let first = self.alone(index, bytes);
            let second = self.alone(index, bytes);
            // A device that cannot be brought to the beginning any more shows nothing alone.
            let shows = |one: &Raised| raised.iter().any(|r| r.kind == one.kind);
            outcome.alone = first.as_ref().is_some_and(|first| first.iter().any(shows));
            outcome.deterministic = first.zip(second).is_some_and(|(first, second)| are_same(&first, &second));
            outcome.raised = raised.into_iter().map(|r| (r.kind, r.detail)).collect();
            let _ = self.bench.reset();
        }
        outcome
    }

    /// Runs a case that is a session: a misbehaved transfer, or a power cut.
    fn session(&mut self, index: usize, session: &Session, path: &str) -> Outcome {
        let (rule, raised, known_good) = self.steps(session);
        let mut outcome = Outcome {
            case: index,
            expected: "refuse".into(),
            rule,
            field: None,
            known_good,
            raised: raised.iter().map(|r| (r.kind, r.detail.clone())).collect(),
            alone: false,
            deterministic: true,
        };
        if !raised.is_empty() {
            outcome.field = Some(path.to_string());
            let mut again = || self.bench.reset().is_ok().then(|| self.steps(session).1);
            let (first, second) = (again(), again());
            let shows = |one: &Raised| raised.iter().any(|r| r.kind == one.kind);
            outcome.alone = first.as_ref().is_some_and(|first| first.iter().any(shows));
            outcome.deterministic = first.zip(second).is_some_and(|(first, second)| are_same(&first, &second));
            let _ = self.bench.reset();
        }
        outcome
    }

    /// The rule of the first step that went wrong, all that went wrong, and the known-good step.
    fn steps(&mut self, session: &Session) -> (Option<String>, Vec<Raised>, bool) {
        let result = self.bench.session(session);
        let stated = |step: &SessionStep| step.refused().map(String::from);
        let pairs = || session.steps.iter().zip(&result.steps);
        let wrong = pairs().find(|(_, came)| !came.raised.is_empty()).map(|(step, _)| step);
        let rule = wrong.map_or_else(|| session.steps.iter().find_map(stated), stated);
        let mut raised: Vec<Raised> = pairs().flat_map(|(_, came)| came.raised.clone()).collect();
        raised.extend(result.raised);
        (rule, raised, result.known_good)
    }

    fn one(&mut self, index: usize, bytes: &[u8]) -> CaseResult {
        self.bench.prepare(index % STATES.len());
        self.bench.case(bytes)
    }

    /// What a case shows after a reset; none if the device cannot be reset.
    fn alone(&mut self, index: usize, bytes: &[u8]) -> Option<Vec<Raised>> {
        self.bench.reset().ok()?;
        let result = self.one(index, bytes);
        let mut raised = result.raised.clone();
        raised.extend(wrong_reason(self.bench.judge(), bytes, &result));
        Some(raised)
    }

    /// The rule and field that tell most about what is wrong with an input: rather the value of a
    /// field than a length that follows from it, and rather that than bytes that are left over.
    fn blamed(&mut self, bytes: &[u8]) -> Option<(String, String)> {
        let (tree, violations) = self.bench.judge().explain(bytes);
        let rank = |v: &Violation| match v.cause {
            Cause::Field | Cause::Reference | Cause::Record(..) => 0,
            Cause::Relation => 1,
            Cause::Shape => 2,
        };
        let telling = violations.iter().min_by_key(|v| rank(v))?;
        Some((tree.format().rule(telling.rule).to_string(), tree.path(telling.node)))
    }
}

fn are_same(first: &[Raised], second: &[Raised]) -> bool {
    first.len() == second.len() && first.iter().zip(second).all(|(one, other)| one.is_same(other))
}

/// The session that a case's bytes hold, if they do.
pub(super) fn session_of(bytes: &[u8]) -> Option<Session> {
    Session::is_session(bytes).then(|| Session::parse(std::str::from_utf8(bytes).ok()?).ok()).flatten()
}
