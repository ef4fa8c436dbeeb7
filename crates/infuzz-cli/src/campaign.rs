//! A campaign: an engine at work, listened to until it ends, and what came of it.

use crate::device::Chosen;
use crate::engine::{Engine, Left, Place, Told, said};
use crate::failure::Failure;
use crate::remote::{CASE_LIMIT, Came, Remote, STOP};
use crate::setting::Setting;
use crate::verbs::replay;
use crate::{files, output, transcript};
use indicatif::ProgressBar;
use infuzz::finding::{Finding, Kind};
use infuzz::oracle::STATES;
use infuzz::session::{Session, SessionStep};
use infuzz_fuzz::{Body, Input, Tally, Target};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Names the file in which a target says what it found.
const SAID: &str = "INFUZZ_SAID_FILE";
/// How often an engine's files are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long an engine may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(10);
/// Lines kept to say why an engine did not run.
const LAST_LINES: usize = 5;

/// A campaign of an engine on a target.
pub struct Campaign {
    place: Place,
    engine: Box<dyn Engine>,
    body: Body,
    /// What the engine told.
    pub told: Told,
    last_lines: VecDeque<String>,
    reached: Vec<bool>,
}

impl Campaign {
    /// A campaign at a place.
    pub fn new(place: Place, engine: Box<dyn Engine>) -> Result<Self, Failure> {
        let body = Body::new(place.target, None).map_err(|why| Failure::internal(place.target.name, why))?;
        let reached = vec![false; body.reach().points().len()];
        Ok(Campaign { place, engine, body, told: Told::default(), last_lines: VecDeque::new(), reached })
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// The last lines that the engine wrote.
    pub fn last_lines(&self) -> String {
        Vec::from(self.last_lines.clone()).join(" | ")
    }

    /// The reach points.
    pub fn points(&self) -> Tally {
        self.body.reach().tally(|at| self.reached[at])
    }

    /// The states of conversations, where inputs are such.
    pub fn states(&self) -> Option<Tally> {
        self.body.reach().tally_of_states(|at| self.reached[at])
    }

    /// Runs the engine to its end, or until the user wants to stop.
    pub fn run(&mut self, mut command: Command) -> Result<(), Failure> {
        command.env("INFUZZ_REACH_FILE", self.reach_file()).env(SAID, self.said_file());
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that all of an engine's processes can be told to end.
        let mut child = command.process_group(0).spawn().map_err(|e| {
            Failure::new(
                "cannot start the engine",
                self.engine.name(),
                e.to_string(),
                "run the command again; check memory and process limits",
            )
        })?;
        let lines = lines(&mut child);
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        let mut asked: Option<Instant> = None;
        let mut looked = Instant::now();
        loop {
            let ended = child.try_wait().map_err(|e| Failure::worker(&e))?.is_some();
            match lines.recv_timeout(LOOK) {
                Ok(line) => self.line(line),
                // Something that the engine started may still hold its output.
                Err(RecvTimeoutError::Timeout) if ended => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if looked.elapsed() >= LOOK {
                self.look();
                bar.set_message(self.progress());
                looked = Instant::now();
            }
            if STOP.load(Ordering::Relaxed) {
                match asked {
                    None => {
                        signal(&child, "INT");
                        asked = Some(Instant::now());
                    }
                    Some(since) if since.elapsed() > GRACE => signal(&child, "KILL"),
                    Some(_) => {}
                }
            }
        }
        bar.finish_and_clear();
        child.wait().map_err(|e| Failure::worker(&e))?;
        // Whatever it started goes with it, also what left its group: AFL++ may leave a stopped target.
        signal(&child, "KILL");
        end_all_that_know(&self.said_file());
        self.look();
        self.hear();
        // What was found so far is still kept and told.
        STOP.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn progress(&self) -> String {
        let Tally { reached, total, .. } = self.points();
        let told = &self.told;
        format!(
            "{} executions, {}/s, {} edges, corpus {}, reach points {reached}/{total}, findings {}",
            told.executions,
            told.per_second,
            told.edges,
            told.corpus,
            usize::from(told.said.is_some())
        )
    }

    fn line(&mut self, line: String) {
        self.engine.line(&line, &mut self.told);
        if !line.trim().is_empty() {
            self.last_lines.push_back(line.trim().to_string());
            if self.last_lines.len() > LAST_LINES {
                self.last_lines.pop_front();
            }
        }
    }

    fn look(&mut self) {
        self.engine.look(&self.place, &mut self.told);
        let file = std::fs::read(self.reach_file()).unwrap_or_default();
        for (reached, byte) in self.reached.iter_mut().zip(file) {
            *reached |= byte != 0;
        }
    }

    /// What the target itself said: a finding it named, or the panic that ended it.
    fn hear(&mut self) {
        let text = std::fs::read_to_string(self.said_file()).unwrap_or_default();
        let named = text.lines().find_map(said);
        let panic = text.lines().next().map(|line| (Kind::Crash, None, line.to_string()));
        if let Some(said) = named.or(panic) {
            self.told.said = Some(said);
        }
    }

    fn said_file(&self) -> PathBuf {
        self.place.scratch.join("said")
    }

    fn reach_file(&self) -> PathBuf {
        self.place.scratch.join("reach")
    }

    /// Keeps what the engine left behind, each kind of failure once, under a telling name and in a
    /// form that replays.
    pub fn keep(&mut self) -> Result<Vec<Finding>, Failure> {
        let target = self.place.target;
        let setting = Setting::named(target.format)?;
        let case = CASE_LIMIT.max(Duration::from_millis(target.time_limit_ms.into()));
        let mut remote = Remote::new(setting, Chosen::BuiltIn, case)?;
        let mut findings: Vec<Finding> = Vec::new();
        for left in self.engine.left(&self.place)? {
            let input = self.engine.form().wire(&mut self.body, files::read(&left.path)?);
            let deliveries = self.body.deliveries(&input);
            let state = STATES[Body::state(&deliveries)];
            let kept = kept(target, deliveries);
            // Whatever becomes of the replay, the finding is kept.
            let came = remote.ask(&kept).ok();
            let kind = came.as_ref().and_then(|came| came.kinds().first().copied());
            let said = self.told.said.clone();
            let kind = kind.or(said.as_ref().map(|(kind, _, _)| *kind)).unwrap_or(left.kind);
            let path = self.place.findings().join(replay::id(kind, &kept));
            files::make_folder(&self.place.findings())?;
            files::write(&path, &kept)?;
            // What was really said, in the pass that went wrong.
            if let Some(Came::Through(replayed)) = &came
                && let Some(pass) = replayed.passes.iter().find(|pass| transcript::is_conversation(pass))
            {
                files::write(&path.with_added_extension("transcript"), transcript::whole(pass).as_bytes())?;
            }
            let (_, rule, field) = replay::judged(setting, &kept);
            let on = (target, &Chosen::BuiltIn, None);
            let shown = came.map(|came| replay::findings(on, &path, &kept, &came, (rule, field)));
            let mut shown = shown.unwrap_or_default();
            if shown.is_empty() {
                shown.push(self.unseen(&left, &path, &kept, kind, state, said));
            }
            let seed = self.seed_of(&kept)?;
            for mut finding in shown {
                if let Some(seed) = &seed {
                    finding.detail = format!("on the seed {seed} itself: {}", finding.detail);
                }
                if !findings.iter().any(|known| known.kind == finding.kind && known.rule == finding.rule) {
                    findings.push(finding);
                }
            }
        }
        Ok(findings)
    }

    /// What the engine saw and the replay did not.
    fn unseen(
        &self,
        left: &Left,
        path: &Path,
        kept: &[u8],
        kind: Kind,
        state: &str,
        said: Option<(Kind, Option<String>, String)>,
    ) -> Finding {
        let again = self.engine.fails_again(&self.place, &left.path);
        let seen = said.as_ref().map_or("it failed", |(_, _, detail)| detail.as_str());
        Finding {
            id: replay::id(kind, kept),
            target: self.place.target.name.into(),
            kind,
            cwe: format!("CWE-{}", kind.cwe()),
            rule: said.as_ref().and_then(|(_, rule, _)| rule.clone()),
            field: None,
            state: state.into(),
            file: Some(files::shown(path)),
            replay: Some(replay::replay_command((self.place.target, &Chosen::BuiltIn, None), path)),
            alone: again.unwrap_or(false),
            deterministic: again.unwrap_or(false),
            detail: format!("{seen} (under {}; the replay without an engine does not show it)", self.engine.name()),
        }
    }

    /// The name of the seed with these bytes.
    fn seed_of(&self, bytes: &[u8]) -> Result<Option<String>, Failure> {
        for path in files::in_folder(&self.place.seeds())? {
            if files::read(&path)? == bytes {
                return Ok(path.file_name().map(|name| name.to_string_lossy().into_owned()));
            }
        }
        Ok(None)
    }
}

/// An input in the form that is kept: as on the wire, or a session of several.
pub fn kept(target: &Target, deliveries: Vec<Vec<u8>>) -> Vec<u8> {
    match target.input {
        Input::File | Input::Conversation => deliveries.concat(),
        Input::Edits => {
            let steps = deliveries.into_iter().map(SessionStep::Send).collect();
            Session { steps }.to_string().into_bytes()
        }
    }
}

/// The lines of a child's two outputs as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    fn read(from: Option<impl Read + Send + 'static>, sender: Sender<String>) {
        let Some(from) = from else { return };
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                if sender.send(String::from_utf8_lossy(line.trim_ascii_end()).into_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        });
    }
    let (sender, receiver) = channel();
    read(child.stdout.take(), sender.clone());
    read(child.stderr.take(), sender);
    receiver
}

/// Sends a signal to a child and all it has started.
fn signal(child: &Child, name: &str) {
    send(name, &format!("-{}", child.id()));
}

fn send(signal: &str, to: &str) {
    let mut command = Command::new("kill");
    command.args(["-s", signal, "--", to]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.status() {
        output::note(&format!("cannot end the engine: {error}"));
    }
}

/// Ends every process to which this file of a campaign was named, where the system shows that.
fn end_all_that_know(file: &Path) {
    let named = [SAID.as_bytes(), b"=", file.as_os_str().as_encoded_bytes()].concat();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let number = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        if let Some(number) = number.filter(|_| environment.split(|byte| *byte == 0).any(|one| one == named)) {
            send("KILL", &number.to_string());
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_has_left_its_group_ends_too() {
        let start = |file: &str| {
            let mut command = Command::new("sleep");
            let child = command.arg("30").env(SAID, file).process_group(0).spawn();
            child.expect("there is a sleep")
        };
        let (mut own, mut other) = (start("/nowhere/1/said"), start("/nowhere/12/said"));
        end_all_that_know(Path::new("/nowhere/1/said"));
        assert!(!own.wait().expect("it ended").success());
        assert_eq!(other.try_wait().expect("it runs").map(|status| status.success()), None);
        other.kill().and_then(|()| other.wait()).expect("it ends");
    }
}
