//! The child process itself. Whatever it does, nothing here waits for longer than it was told to or
//! keeps more than a few lines of it: what may block is on threads that end with the child.

use super::Launch;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest line that a child may say.
const LONGEST: u64 = 16 << 20;
/// Lines that wait in either direction before what comes next is a mistake.
const WAITING: usize = 4;
/// How much of the end of its standard error is kept.
const TAIL: usize = 4096;
/// How long a child that is to end may take for it.
const GRACE: Duration = Duration::from_millis(500);
/// How long its standard error is waited for after its end: another process may hold it open.
const ERRORS: Duration = Duration::from_millis(200);
/// Between two looks at a child that is about to end.
const LOOK: Duration = Duration::from_millis(1);

/// What can be wrong with a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It ended.
    Ended(String),
    /// It did not answer in time.
    Late(String),
    /// It said what is no answer.
    Rubbish(String),
}

/// What came out of a child.
enum Said {
    Line(String),
    TooLong,
    /// Its output is closed, after so much of a line.
    End(usize),
}

/// A child that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    requests: Option<SyncSender<String>>,
    lines: Receiver<Said>,
    errors: Arc<Mutex<Vec<u8>>>,
    errors_end: Receiver<()>,
    group_file: Option<PathBuf>,
    number: u64,
    at_once: bool,
}

impl Running {
    /// Starts a child in a group of its own, so that all it starts can be ended with it.
    pub fn start(launch: &Launch) -> std::io::Result<Self> {
        let mut child = Command::new(&launch.program)
            .args(&launch.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let (requests, to_write) = sync_channel(WAITING);
        let (said, lines) = sync_channel(WAITING);
        let (ended, errors_end) = sync_channel(1);
        let errors = Arc::new(Mutex::new(Vec::new()));
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let tail = Arc::clone(&errors);
        std::thread::spawn(move || write(stdin, &to_write));
        std::thread::spawn(move || stdout.map(|stdout| read(BufReader::with_capacity(1 << 16, stdout), &said)));
        std::thread::spawn(move || {
            if let Some(stderr) = stderr {
                keep_tail(stderr, &tail);
            }
            let _ = ended.send(());
        });
        let group_file = launch.group_file.clone();
        let running = Running {
            child,
            requests: Some(requests),
            lines,
            errors,
            errors_end,
            group_file,
            number: 0,
            at_once: false,
        };
        if let Some(path) = &running.group_file {
            // It only serves to end what the child leaves behind if nobody else can; a disk that is full is no
            // fault of the device.
            let _ = std::fs::write(path, running.child.id().to_string());
        }
        Ok(running)
    }

    /// Sends a request and waits for its answer.
    pub fn exchange(&mut self, request: &str, limit: Duration) -> Result<String, Wrong> {
        self.number += 1;
        let number = self.number.to_string();
        let sent = self.requests.as_ref().map(|requests| requests.try_send(format!("{number} {request}\n")));
        if let Some(Err(TrySendError::Full(_))) = sent {
            return Err(Wrong::Rubbish("it answers, but does not read what it is asked".into()));
        }
        // A child that is gone does not read; its end is heard below.
        let until = Instant::now() + limit;
        match self.lines.recv_timeout(limit) {
            Ok(Said::Line(line)) => match line.split_once(' ') {
                Some((of, said)) if of == number => Ok(said.trim_end().to_string()),
                _ => Err(Wrong::Rubbish(format!("it said {} to request {number}", super::quoted(&line)))),
            },
            Ok(Said::TooLong) => Err(Wrong::Rubbish(format!("it said a line of more than {LONGEST} bytes"))),
            Ok(Said::End(part)) => Err(self.ended(until, limit, part)),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended(until, limit, 0)),
            Err(RecvTimeoutError::Timeout) => Err(Wrong::Late(format!("no answer within {limit:?}"))),
        }
    }

    /// Its output is closed: how it ended, if it did.
    fn ended(&mut self, until: Instant, limit: Duration, part: usize) -> Wrong {
        let Some(status) = self.wait(until) else {
            return Wrong::Late(format!("it closed its output, and did not end within {limit:?}"));
        };
        let part = if part > 0 { format!(" after {part} bytes of an answer") } else { String::new() };
        let _ = self.errors_end.recv_timeout(ERRORS);
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let errors = String::from_utf8_lossy(&errors).into_owned();
        let last = errors.lines().map(str::trim).rfind(|line| !line.is_empty());
        let last = last.map_or(String::new(), |line| format!(": {}", super::quoted(line)));
        Wrong::Ended(format!("{}{part}{last}", how(status)))
    }

    /// Its exit status, if it ends until then.
    fn wait(&mut self, until: Instant) -> Option<ExitStatus> {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < until => std::thread::sleep(LOOK),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Ends it without waiting for it to end by itself.
    pub fn end_at_once(mut self) {
        self.at_once = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its input is closed: one that is well ends now.
        self.requests = None;
        if !self.at_once {
            self.wait(Instant::now() + GRACE);
        }
        end(self.child.id());
        let _ = self.child.wait();
        if let Some(path) = &self.group_file {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Ends a group of processes. One that is gone already is no error.
fn end(group: u32) {
    if let Ok(group) = i32::try_from(group)
        && group > 1
    {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

/// Ends the group of processes that a [`Launch::group_file`] names. The file is only there if the
/// process that started them came to its end without ending them.
pub fn end_left_over(group_file: &Path) {
    let Ok(text) = std::fs::read_to_string(group_file) else { return };
    if let Ok(group) = text.trim().parse() {
        end(group);
    }
    let _ = std::fs::remove_file(group_file);
}

fn write(stdin: Option<ChildStdin>, requests: &Receiver<String>) {
    let Some(mut stdin) = stdin else { return };
    while let Ok(request) = requests.recv() {
        if stdin.write_all(request.as_bytes()).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn read(mut stdout: impl BufRead, said: &SyncSender<Said>) {
    loop {
        let mut line = Vec::new();
        let read = (&mut stdout).take(LONGEST + 1).read_until(b'\n', &mut line);
        let next = match read {
            Ok(_) if line.last() == Some(&b'\n') => {
                line.pop();
                Said::Line(String::from_utf8_lossy(&line).into_owned())
            }
            Ok(length) if length as u64 > LONGEST => Said::TooLong,
            Ok(_) | Err(_) => Said::End(line.len()),
        };
        let is_last = !matches!(next, Said::Line(_));
        if said.send(next).is_err() || is_last {
            return;
        }
    }
}

fn keep_tail(mut stderr: impl Read, tail: &Mutex<Vec<u8>>) {
    let mut piece = [0; 4096];
    while let Ok(length) = stderr.read(&mut piece)
        && length > 0
    {
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend_from_slice(&piece[..length]);
        let over = tail.len().saturating_sub(TAIL);
        tail.drain(..over);
    }
}

/// How a process ended, in plain words.
fn how(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(6), _) => "aborted (signal 6)".into(),
        (Some(11), _) => "ended by invalid memory access (signal 11)".into(),
        (Some(signal), _) => format!("ended by signal {signal}"),
        (None, Some(code)) => format!("ended with exit status {code}"),
        (None, None) => "ended".into(),
    }
}
