//! What a sweep found, kept as inputs and sessions.

use super::{Found, Sweep};
use crate::failure::Failure;
use crate::minimise::minimise;
use crate::output::{count, note};
use crate::remote::{Remote, STOP};
use crate::verbs::replay::{id, replay_command};
use crate::{files, targets};
use infuzz::finding::Finding;
use infuzz::oracle::STATES;
use infuzz::session::{Session, SessionStep};
use std::fmt::Write as _;
use std::sync::atomic::Ordering;

/// How many bytes of earlier cases are tried with one that fails only after others.
const MOST_BEFORE: usize = 16 << 20;

impl Sweep<'_> {
    /// Keeps the inputs of the findings. What crashed or hung is run by itself; what only goes
    /// wrong after other cases is kept as a session with as few of them as will do.
    ///
    /// A finding that cannot be run again, because the device is gone for good or the user wants to
    /// stop, is told as it was seen.
    pub(super) fn keep(&mut self) -> Result<Vec<Finding>, Failure> {
        let mut kept = Vec::new();
        if let Some((kind, why)) = self.first_step.take() {
            let bytes = self.setting.known_good()?[0].clone();
            let detail = format!("known-good library before the first case: {why}");
            let found = Found {
                case: 0,
                kind,
                rule: None,
                field: "file".into(),
                detail,
                alone: true,
                deterministic: true,
                same: 1,
                since: 0,
                took_worker: false,
            };
            kept.push(self.finding(&found, &bytes, "no library, no therapy"));
        }
        let mut remote = Remote::new(self.setting, self.chosen.clone(), self.limits.case)
            .inspect_err(|failure| note(&format!("findings are not run again: {failure}")))
            .ok();
        for mut one in std::mem::take(&mut self.found) {
            let mut bytes = self.plan.bytes(&self.plan.cases[one.case]);
            if one.took_worker
                && let Some(first) = self.again(&mut remote, |remote| remote.ask(&bytes))
            {
                one.alone = first.kinds().contains(&one.kind);
                let second = self.again(&mut remote, |remote| remote.ask(&bytes));
                one.deterministic = one.alone && second.is_some_and(|second| second.kinds() == first.kinds());
            }
            if one.same > 1 {
                let _ = write!(one.detail, "; {} showed the same", count(one.same, "case"));
            }
            if !one.alone {
                let session = self.again(&mut remote, |remote| self.session(remote, &one, &bytes)).flatten();
                let _ = write!(one.detail, "; only after cases {}…{}", one.since, one.case.saturating_sub(1));
                if let Some(session) = session {
                    one.detail.push_str(", kept as a session");
                    bytes = session;
                }
            }
            kept.push(self.finding(&one, &bytes, STATES[one.case % STATES.len()]));
        }
        Ok(kept)
    }

    /// Asks for something to be run again, as long as that can be done; why it cannot is told once.
    fn again<R>(&self, remote: &mut Option<Remote>, ask: impl FnOnce(&mut Remote) -> Result<R, Failure>) -> Option<R> {
        if STOP.load(Ordering::Relaxed) {
            return None;
        }
        match ask(remote.as_mut()?) {
            Ok(came) => Some(came),
            Err(failure) => {
                note(&format!("findings are not run again: {failure}"));
                *remote = None;
                None
            }
        }
    }

    /// The cases from the last reset up to that of a finding as a session, made shorter; none if
    /// the session does not show it.
    fn session(&self, remote: &mut Remote, found: &Found, bytes: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let mut steps = vec![SessionStep::Send(bytes.to_vec())];
        let mut room = MOST_BEFORE;
        for case in self.plan.cases[found.since..found.case].iter().rev() {
            let bytes = self.plan.bytes(case);
            let Some(left) = room.checked_sub(bytes.len()) else { break };
            room = left;
            steps.push(SessionStep::Send(bytes));
        }
        steps.reverse();
        let session = Session { steps }.to_string().into_bytes();
        if !remote.ask(&session)?.kinds().contains(&found.kind) {
            return Ok(None);
        }
        // A process takes too long for each of the many tries that this needs.
        if self.chosen.is_process() {
            return Ok(Some(session));
        }
        Ok(Some(minimise(self.setting, remote, &session)?.0))
    }

    fn finding(&mut self, found: &Found, bytes: &[u8], state: &str) -> Finding {
        let name = self.setting.builtin.name;
        let id = id(found.kind, bytes);
        let end = if Session::is_session(bytes) { "session" } else { "bin" };
        let kept = files::workspace().and_then(|root| {
            let folder = root.join("target/infuzz/findings").join(name);
            files::make_folder(&folder)?;
            let path = folder.join(format!("{id}.{end}"));
            files::write(&path, bytes).map(|()| path)
        });
        // One that cannot be kept is reported all the same, and the run ends as one that failed.
        let path = kept.map_err(|failure| self.failure.get_or_insert(failure).clone()).ok();
        Finding {
            id,
            target: name.into(),
            kind: found.kind,
            cwe: format!("CWE-{}", found.kind.cwe()),
            rule: found.rule.clone(),
            field: Some(found.field.clone()),
            state: state.into(),
            file: path.as_deref().map(files::shown),
            replay: path.and_then(|path| {
                let on = (targets::of_format(name)?, &self.chosen, self.setting.library_given());
                Some(replay_command(on, &path))
            }),
            alone: found.alone,
            deterministic: found.deterministic,
            detail: found.detail.clone(),
        }
    }
}
