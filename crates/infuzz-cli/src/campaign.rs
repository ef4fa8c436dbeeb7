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
use std::process::{Child, Command, ExitStatus, Stdio};
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
    /// How the engine ended, unless it was asked to.
    ended: Option<ExitStatus>,
}

/// What was kept of a campaign.
pub struct Kept {
    /// What went wrong.
    pub findings: Vec<Finding>,
    /// Something could not be kept elsewhere, and stays in the campaign's own folder.
    pub stays: bool,
}

impl Campaign {
    /// A campaign at a place.
    pub fn new(place: Place, engine: Box<dyn Engine>) -> Result<Self, Failure> {
        let body = Body::new(place.target, None).map_err(|why| Failure::internal(place.target.name, why))?;
        let reached = vec![false; body.reach().points().len()];
        Ok(Campaign { place, engine, body, told: Told::default(), last_lines: VecDeque::new(), reached, ended: None })
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
        let status = child.wait().map_err(|e| Failure::worker(&e))?;
        self.ended = asked.is_none().then_some(status);
        if asked.is_some() {
            output::note("interrupted: this is what came of it until then");
        }
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
    /// form that replays. What cannot be kept is told all the same.
    pub fn keep(&mut self) -> Result<Kept, Failure> {
        let mut kept = Kept { findings: Vec::new(), stays: false };
        let left = self.engine.left(&self.place)?;
        let setting = Setting::named(self.place.target.format)?;
        let case = CASE_LIMIT.max(Duration::from_millis(self.place.target.time_limit_ms.into()));
        let mut remote = Remote::new(setting, Chosen::BuiltIn, case)
            .inspect_err(|failure| output::note(&format!("findings are not run again: {failure}")))
            .ok();
        for left in left {
            for finding in self.keep_one(&left, setting, remote.as_mut()) {
                kept.stays |= finding.file.is_none();
                if !kept.findings.iter().any(|known| known.kind == finding.kind && known.rule == finding.rule) {
                    kept.findings.push(finding);
                }
            }
        }
        if kept.findings.is_empty() {
            kept.findings.extend(self.lost()?);
        }
        Ok(kept)
    }

    /// What one input comes to.
    fn keep_one(&mut self, left: &Left, setting: Setting, remote: Option<&mut Remote>) -> Vec<Finding> {
        let target = self.place.target;
        let said = self.told.said.clone();
        let input = match files::read(&left.path) {
            Ok(input) => input,
            Err(failure) => return vec![self.without_file(left.kind, said, &failure)],
        };
        let input = self.engine.form().wire(&mut self.body, input);
        let deliveries = self.body.deliveries(&input);
        let state = STATES[Body::state(&deliveries)];
        let bytes = kept(target, deliveries);
        // Whatever becomes of the replay, the finding is kept.
        let came = remote.and_then(|remote| remote.ask(&bytes).ok());
        let kind = came.as_ref().and_then(|came| came.kinds().first().copied());
        let kind = kind.or(said.as_ref().map(|(kind, _, _)| *kind)).unwrap_or(left.kind);
        let path = self.place.findings().join(replay::id(kind, &bytes));
        let written = files::make_folder(&self.place.findings()).and_then(|()| files::write(&path, &bytes));
        // What was really said, in the pass that went wrong.
        if let Some(Came::Through(replayed)) = &came
            && let Some(pass) = replayed.passes.iter().find(|pass| transcript::is_conversation(pass))
            && let Err(failure) =
                files::write(&path.with_added_extension("transcript"), transcript::whole(pass).as_bytes())
        {
            output::note(&failure.to_string());
        }
        let (_, rule, field) = replay::judged(setting, &bytes);
        let on = (target, &Chosen::BuiltIn, None);
        let shown = came.map(|came| replay::findings(on, &path, &bytes, &came, (rule, field)));
        let mut shown = shown.unwrap_or_default();
        if shown.is_empty() {
            shown.push(self.unseen(left, &path, &bytes, kind, state, said));
        }
        let seed = self.seed_of(&bytes);
        for finding in &mut shown {
            if let Some(seed) = &seed {
                finding.detail = format!("on the seed {seed} itself: {}", finding.detail);
            }
            if let Err(failure) = &written {
                (finding.file, finding.replay) = (None, None);
                finding.detail += &format!(" (the input stays in {}: {failure})", left.path.display());
            }
        }
        shown
    }

    /// What went wrong although the engine left no input: what the target or the engine said of it. An
    /// engine that failed by itself is an error.
    fn lost(&self) -> Result<Option<Finding>, Failure> {
        let why = || {
            Failure::new(
                "the engine did not end as it should",
                self.engine.name(),
                format!("{}: {}", self.ended.map_or_else(String::new, |status| status.to_string()), self.last_lines()),
                format!("mend what it says; it needs room in {} and memory enough", self.place.scratch.display()),
            )
        };
        match &self.told.said {
            Some(said) => {
                let said = Some(said.clone());
                let kind = said.as_ref().map_or(Kind::Crash, |(kind, _, _)| *kind);
                Ok(Some(self.without_file(kind, said, &why())))
            }
            None if self.ended.is_some_and(|status| !status.success()) => Err(why()),
            None => Ok(None),
        }
    }

    /// A finding whose input there is no file of.
    fn without_file(&self, kind: Kind, said: Option<(Kind, Option<String>, String)>, why: &Failure) -> Finding {
        let (rule, detail) = said.map_or((None, "it failed".to_string()), |(_, rule, detail)| (rule, detail));
        Finding {
            id: replay::id(kind, detail.as_bytes()),
            target: self.place.target.name.into(),
            kind,
            cwe: format!("CWE-{}", kind.cwe()),
            rule,
            field: None,
            state: "not known".into(),
            file: None,
            replay: None,
            alone: false,
            deterministic: false,
            detail: format!("{detail} (under {}; there is no input: {why})", self.engine.name()),
        }
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
    fn seed_of(&self, bytes: &[u8]) -> Option<String> {
        let seeds = files::in_folder(&self.place.seeds()).unwrap_or_default();
        let path = seeds.into_iter().find(|path| files::read(path).is_ok_and(|seed| seed == bytes))?;
        path.file_name().map(|name| name.to_string_lossy().into_owned())
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
    use crate::engine::Budget;

    /// An engine that is a line of shell, and leaves the files that it makes in the scratch folder.
    struct Shell(&'static str);

    impl Engine for Shell {
        fn name(&self) -> &'static str {
            "shell"
        }

        fn build(&mut self, _place: &Place) -> Result<(), Failure> {
            Ok(())
        }

        fn command(&self, place: &Place, _budget: Budget) -> Result<Command, Failure> {
            let mut command = Command::new("sh");
            command.args(["-c", self.0]).current_dir(&place.scratch);
            Ok(command)
        }

        fn left(&self, place: &Place) -> Result<Vec<Left>, Failure> {
            let paths = files::in_folder(&place.scratch)?.into_iter();
            let left = paths.filter(|path| path.file_name().is_some_and(|name| name == "crash"));
            Ok(left.map(|path| Left { kind: Kind::Crash, path }).collect())
        }
    }

    /// What is kept of a campaign in a folder.
    fn campaign(folder: &Path, line: &'static str) -> Result<Kept, Failure> {
        let target = infuzz_fuzz::target("drug_library").expect("in the table");
        let place = Place::new(folder, "shell", target, folder).expect("free");
        let engine = Shell(line);
        let command = engine.command(&place, Budget { runs: None, time: None, seed: 1 }).expect("a command");
        let mut campaign = Campaign::new(place, Box::new(engine)).expect("a target");
        campaign.run(command).expect("it runs");
        campaign.keep()
    }

    const SAYS: &str =
        r#"echo "infuzz: finding wrong-reason (rule: file.crc): too long" >"$INFUZZ_SAID_FILE"; exit 77"#;

    #[test]
    fn a_finding_without_an_input_is_one_and_a_failed_engine_is_an_error() {
        let scratch = files::Scratch::new().expect("a folder");
        let kept = campaign(scratch.path(), SAYS).expect("a finding");
        let [finding] = &kept.findings[..] else { panic!("{:?}", kept.findings) };
        assert_eq!(
            (finding.kind, finding.rule.as_deref(), &finding.file),
            (Kind::WrongReason, Some("file.crc"), &None)
        );
        assert!(finding.detail.starts_with("too long (under shell; there is no input: "), "{}", finding.detail);

        let scratch = files::Scratch::new().expect("a folder");
        let failure = campaign(scratch.path(), "echo no memory >&2; exit 1").err().expect("it failed");
        assert!(failure.to_string().contains("exit status: 1: no memory"), "{failure}");

        let scratch = files::Scratch::new().expect("a folder");
        let kept = campaign(scratch.path(), "exit 0").expect("nothing wrong");
        assert!(kept.findings.is_empty() && !kept.stays);
    }

    #[test]
    fn what_cannot_be_kept_is_told_and_stays() {
        let scratch = files::Scratch::new().expect("a folder");
        files::make_folder(&scratch.path().join("target/infuzz")).expect("a folder");
        files::write(&scratch.path().join("target/infuzz/findings"), b"no folder").expect("a file");
        let kept = campaign(scratch.path(), "printf IDL1 >crash; exit 77").expect("a finding");
        assert!(kept.stays);
        let [finding] = &kept.findings[..] else { panic!("{:?}", kept.findings) };
        assert_eq!((finding.kind, &finding.file, &finding.replay), (Kind::Crash, &None, &None));
        assert!(finding.detail.contains("the input stays in "), "{}", finding.detail);
    }

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
