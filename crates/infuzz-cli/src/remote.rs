//! A device in a worker process, asked one file at a time.

use crate::device::Chosen;
use crate::failure::Failure;
use crate::files::Scratch;
use crate::host::{Doing, End, Heard, Host, Limits};
use crate::protocol::{Answer, Replayed, Request, Serves};
use crate::setting::Setting;
use infuzz::finding::Kind;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set when the user wants to stop.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// The time limit of one delivery with its known-good step.
pub const CASE_LIMIT: Duration = Duration::from_secs(2);

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It ran to its end.
    Through(Replayed),
    /// The worker crashed or hung on it.
    Fell(Kind, String),
}

impl Came {
    /// The kinds of finding raised, each once, in order.
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = match self {
            Came::Through(replayed) => replayed.raised().map(|(_, _, (kind, _))| *kind).collect(),
            Came::Fell(kind, _) => vec![*kind],
        };
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

/// The command that starts a worker for a format.
pub fn worker(setting: Setting, chosen: &Chosen, serves: Serves, number_file: &Path) -> Result<Command, Failure> {
    let own = std::env::current_exe().map_err(|error| Failure::worker(&error))?;
    let mut command = Command::new(own);
    command
        .args(["worker", "--format", setting.builtin.name, "--serves", serves.word()])
        .arg("--number-file")
        .arg(number_file)
        .args(chosen.arguments());
    if let Some(library) = setting.library_given() {
        command.args(["--library", library]);
    }
    Ok(command)
}

/// Why a worker that died before any request cannot be used.
pub fn not_ready(chosen: &Chosen, why: String) -> Failure {
    Failure::new(
        "the device cannot be set up",
        chosen.to_string(),
        why,
        "mend it until it accepts the known-good libraries; see `crates/infuzz/seeds`",
    )
}

/// A device in a worker process; a worker that fell is replaced.
#[derive(Debug)]
pub struct Remote {
    setting: Setting,
    chosen: Chosen,
    limits: Limits,
    number_file: PathBuf,
    worker: Option<(Host, ChildStdin)>,
    asked: u64,
    // Removed after the worker is gone.
    _scratch: Scratch,
}

impl Remote {
    /// A device for inputs of a format; `case` is the time limit of a delivery to a built-in one.
    pub fn new(setting: Setting, chosen: Chosen, case: Duration) -> Result<Remote, Failure> {
        let scratch = Scratch::new()?;
        let number_file = scratch.path().join("number");
        let limits = Limits::of_case(chosen.case_limit(case));
        Ok(Remote { setting, chosen, limits, number_file, worker: None, asked: 0, _scratch: scratch })
    }

    /// Replays a file after a reset.
    pub fn ask(&mut self, bytes: &[u8]) -> Result<Came, Failure> {
        self.asked += 1;
        let number = self.asked;
        let (mut host, mut requests) = match self.worker.take() {
            Some(worker) => worker,
            None => self.start()?,
        };
        // A worker that is gone does not read; what became of it is heard below.
        let _ = Request::write(&mut requests, number, bytes).and_then(|()| requests.flush());
        loop {
            match host.hear(&STOP) {
                Heard::Line(line) => match serde_json::from_str(&line) {
                    Ok(Answer::Replayed(replayed)) if replayed.number == number => {
                        self.worker = Some((host, requests));
                        return Ok(Came::Through(replayed));
                    }
                    Ok(Answer::NotAccepted(why) | Answer::Failed(why) | Answer::Fell(_, why)) => {
                        return Err(not_ready(&self.chosen, why));
                    }
                    _ => {}
                },
                Heard::Nothing => {}
                Heard::End(End::Stopped) => return Err(stopped()),
                Heard::End(End::Died(Doing::SetUp, why)) => return Err(not_ready(&self.chosen, why)),
                Heard::End(End::Hung(Doing::SetUp)) => {
                    return Err(not_ready(&self.chosen, format!("no end within {:?}", self.limits.set_up)));
                }
                Heard::End(End::Hung(_)) => {
                    return Ok(Came::Fell(Kind::Hang, format!("no end within {:?}", self.limits.case)));
                }
                Heard::End(End::Died(_, why)) => return Ok(Came::Fell(Kind::Crash, why)),
                Heard::End(End::Done) => {
                    return Ok(Came::Fell(Kind::Crash, "the process ended in the middle of it".into()));
                }
            }
        }
    }

    fn start(&self) -> Result<(Host, ChildStdin), Failure> {
        let command = worker(self.setting, &self.chosen, Serves::Replay, &self.number_file)?;
        let mut host = Host::start(command, &self.number_file, self.limits).map_err(|error| Failure::worker(&error))?;
        let requests = host.requests().ok_or_else(|| Failure::worker(&std::io::ErrorKind::BrokenPipe.into()))?;
        Ok((host, requests))
    }
}

/// The user interrupted a verb that has nothing to show yet.
pub fn stopped() -> Failure {
    Failure::new("stopped", "the run", "it was interrupted", "run it again to have a result")
}

/// Lets the interrupt key stop workers, so that what was found so far can still be told.
/// Pressed again, it ends the command at once.
pub fn stop_on_interrupt() {
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(2);
        }
    });
}
