//! Starts a worker process and watches over it: its answers, its death, its silence.

use infuzz_devices::process::end_left_over;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// In the number file: the worker waits for requests.
pub const IDLE: u64 = 1;
/// In the number file: this and the request's number while a request runs. 0 until then.
pub const WORKING: u64 = 2;

/// End of the name of the file beside the number file that names the group of processes that a
/// worker has started.
pub const GROUP: &str = "group";

/// How long the watchdog waits between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// How much of the end of the worker's standard error is kept.
const TAIL: usize = 64 * 1024;

/// How long a worker may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until it is ready.
    pub set_up: Duration,
    /// For one request.
    pub case: Duration,
}

impl Limits {
    /// With this limit for one request.
    pub fn of_case(case: Duration) -> Self {
        Limits { set_up: Duration::from_secs(30).max(case), case }
    }
}

/// What a worker was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Setting up.
    SetUp,
    /// Nothing.
    Waiting,
    /// This request.
    Request(u64),
}

/// How a worker came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, all requests served.
    Done,
    /// Because the user wanted it.
    Stopped,
    /// Abnormally: doing what, and how.
    Died(Doing, String),
    /// It was silent for too long, and was killed.
    Hung(Doing),
}

/// What the watchdog noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line of the worker's standard output.
    Line(String),
    /// Nothing for a moment.
    Nothing,
    /// The worker is gone; nothing more will be heard.
    End(End),
}

/// A worker process.
#[derive(Debug)]
pub struct Host {
    child: Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<Vec<u8>>>,
    number_file: File,
    group_file: PathBuf,
    seen: u64,
    since: Instant,
    limits: Limits,
    end: Option<End>,
}

impl Host {
    /// Starts `command`, which writes what it does to `number_file`.
    pub fn start(mut command: Command, number_file: &Path, limits: Limits) -> io::Result<Host> {
        std::fs::write(number_file, 0u64.to_le_bytes())?;
        let group_file = number_file.with_extension(GROUP);
        let number_file = File::open(number_file)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).env("RUST_BACKTRACE", "0");
        let mut child = command.spawn()?;
        let (sender, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut from = BufReader::with_capacity(1 << 16, stdout);
                let mut line = Vec::new();
                while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                    if sender.send(String::from_utf8_lossy(line.trim_ascii_end()).into_owned()).is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
        let errors = child.stderr.take().map(|stderr| std::thread::spawn(move || tail(stderr)));
        Ok(Host { child, lines, errors, number_file, group_file, seen: 0, since: Instant::now(), limits, end: None })
    }

    /// Where requests are written; can be taken once. Dropping it lets the worker end.
    pub fn requests(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits a moment for what the worker says or does.
    pub fn hear(&mut self, stop: &AtomicBool) -> Heard {
        match self.lines.recv_timeout(LOOK) {
            Ok(line) => {
                self.since = Instant::now();
                Heard::Line(line)
            }
            Err(RecvTimeoutError::Disconnected) => self.finished(stop),
            Err(RecvTimeoutError::Timeout) => {
                if self.end.is_none() {
                    self.watch(stop);
                }
                Heard::Nothing
            }
        }
    }

    fn watch(&mut self, stop: &AtomicBool) {
        let number = self.number();
        if number != self.seen || number == IDLE {
            self.seen = number;
            self.since = Instant::now();
        }
        let limit = if number == 0 { self.limits.set_up } else { self.limits.case };
        if stop.load(Ordering::Relaxed) {
            self.kill(End::Stopped);
        } else if self.since.elapsed() > limit {
            self.kill(End::Hung(self.doing()));
        }
    }

    /// Ends the worker; nothing more of it is wanted.
    pub fn stop(&mut self) {
        self.kill(End::Stopped);
    }

    fn kill(&mut self, end: End) {
        self.end = Some(end);
        let _ = self.child.kill();
    }

    /// The worker's standard output is closed: it has ended, or is about to.
    fn finished(&mut self, stop: &AtomicBool) -> Heard {
        let patience = Instant::now();
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if patience.elapsed() > self.limits.case => {
                    let _ = self.child.kill();
                    let _ = self.child.wait();
                    break None;
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                Err(_) => break None,
            }
        };
        let errors = self.errors.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let doing = self.doing();
        let end = self.end.clone().unwrap_or_else(|| match status {
            None => End::Hung(doing),
            Some(status) if status.success() => End::Done,
            // An interrupt reaches the worker too.
            Some(status) if matches!(status.signal(), Some(1 | 2 | 15)) || stop.load(Ordering::Relaxed) => End::Stopped,
            Some(status) => End::Died(doing, how(status, &String::from_utf8_lossy(&errors))),
        });
        self.end = Some(end.clone());
        Heard::End(end)
    }

    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        match self.number_file.read_exact_at(&mut bytes, 0) {
            Ok(()) => u64::from_le_bytes(bytes),
            Err(_) => 0,
        }
    }

    fn doing(&self) -> Doing {
        match self.number() {
            0 => Doing::SetUp,
            IDLE => Doing::Waiting,
            number => Doing::Request(number - WORKING),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // A worker that was killed could not end what it had started.
        end_left_over(&self.group_file);
    }
}

/// Reads to the end and gives the last part.
fn tail(mut from: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(length) = from.read(&mut piece)
        && length > 0
    {
        kept.extend_from_slice(&piece[..length]);
        if kept.len() > 2 * TAIL {
            kept.drain(..kept.len() - TAIL);
        }
    }
    kept
}

/// How a process ended, in plain words.
fn how(status: ExitStatus, errors: &str) -> String {
    let lines: Vec<&str> = errors.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let Some(at) = lines.iter().rposition(|line| line.contains(" panicked at ")) {
        let place = lines[at].split(" panicked at ").nth(1).unwrap_or_default();
        let message = lines[at + 1..]
            .iter()
            .take_while(|line| !line.starts_with("note:") && !line.starts_with("stack backtrace"));
        let message: Vec<&str> = message.copied().collect();
        return format!("panic at {} {}", place, message.join(" ")).trim_end().to_string();
    }
    if let Some(line) = lines.iter().find(|line| line.contains("has overflowed its stack")) {
        // The number of the thread says nothing and changes from run to run.
        let thread = line.split(" (").next().unwrap_or(line);
        return format!(
            "stack overflow: {} has overflowed its stack",
            thread.trim_end_matches(" has overflowed its stack")
        );
    }
    let ending = match (status.signal(), status.code()) {
        (Some(6), _) => "aborted (signal 6)".to_string(),
        (Some(9), _) => "killed (signal 9)".to_string(),
        (Some(11), _) => "invalid memory access (signal 11)".to_string(),
        (Some(signal), _) => format!("ended by signal {signal}"),
        (None, Some(code)) => format!("ended with exit status {code}"),
        (None, None) => "ended".to_string(),
    };
    match lines.last() {
        Some(last) => format!("{ending}: {last}"),
        None => ending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Scratch;

    fn end_of(script: &str, number: u64, stop: bool) -> (Vec<String>, End) {
        let scratch = Scratch::new().expect("a folder");
        let file = scratch.path().join("number");
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        let limits = Limits { set_up: Duration::from_millis(300), case: Duration::from_millis(300) };
        let mut host = Host::start(command, &file, limits).expect("sh");
        std::fs::write(&file, number.to_le_bytes()).expect("written");
        let stop = AtomicBool::new(stop);
        let mut lines = Vec::new();
        loop {
            match host.hear(&stop) {
                Heard::Line(line) => lines.push(line),
                Heard::Nothing => {}
                Heard::End(end) => return (lines, end),
            }
        }
    }

    #[test]
    fn a_worker_that_ends_well_is_done() {
        assert_eq!(end_of("echo a; echo b", IDLE, false), (vec!["a".into(), "b".into()], End::Done));
    }

    #[test]
    fn a_worker_that_sleeps_in_a_case_has_hung_there() {
        let (lines, end) = end_of("echo begun; exec sleep 60", WORKING + 41, false);
        assert_eq!((lines, end), (vec!["begun".into()], End::Hung(Doing::Request(41))));
    }

    #[test]
    fn a_worker_that_never_gets_ready_has_hung_in_setting_up() {
        assert_eq!(end_of("exec sleep 60", 0, false).1, End::Hung(Doing::SetUp));
    }

    #[test]
    fn a_worker_that_closes_its_output_and_stays_has_hung() {
        assert_eq!(end_of("exec sleep 60 >&- 2>&-", WORKING, false).1, End::Hung(Doing::Request(0)));
    }

    #[test]
    fn a_worker_that_aborts_died_in_its_case() {
        let End::Died(Doing::Request(7), why) = end_of("kill -ABRT $$", WORKING + 7, false).1 else {
            panic!("it died")
        };
        assert!(why.contains("aborted"), "{why}");
    }

    #[test]
    fn a_panic_is_told_with_its_place_and_message() {
        let script = "echo \"thread 'main' (12) panicked at src/parse.rs:3:9:\" >&2; echo 'index out of bounds' >&2; echo 'note: run with' >&2; exit 101";
        assert_eq!(
            end_of(script, WORKING, false).1,
            End::Died(Doing::Request(0), "panic at src/parse.rs:3:9: index out of bounds".into())
        );
    }

    #[test]
    fn a_stack_overflow_is_told_as_such() {
        let script = "echo \"thread 'main' has overflowed its stack\" >&2; kill -ABRT $$";
        let End::Died(_, why) = end_of(script, WORKING, false).1 else { panic!("it died") };
        assert!(why.starts_with("stack overflow"), "{why}");
    }

    #[test]
    fn a_worker_is_stopped_when_the_user_wants_it() {
        assert_eq!(end_of("exec sleep 60", WORKING, true).1, End::Stopped);
    }

    #[test]
    fn a_waiting_worker_is_left_alone() {
        assert_eq!(end_of("sleep 0.6; echo late", IDLE, false), (vec!["late".into()], End::Done));
    }

    #[test]
    fn a_flood_of_error_output_does_not_block_the_worker() {
        let script = "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789012345678901234567890123456789 >&2; i=$((i+1)); done; echo end; exit 4";
        let (lines, end) = end_of(script, IDLE, false);
        assert_eq!(lines, ["end"]);
        assert!(matches!(end, End::Died(Doing::Waiting, why) if why.starts_with("ended with exit status 4")));
    }
}
