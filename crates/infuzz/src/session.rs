//! Sessions: several deliveries and what happens between them, as text that people can read.
//!
//! The first line is `infuzz session 1`; then one step per line. Blank lines and lines that
//! begin with `#` say nothing.
//!
//! ```text
//! infuzz session 1
//! # a refused library, then the power switch
//! send 49444C31
//! restart
//! ```
//!
//! `send BYTES` delivers a file, `activate` and `restart` do what they say; `start` and `stop` are
//! the therapy's at the bedside, and `wait MILLISECONDS` lets time pass. `again TIMES` delivers the
//! file sent last so many times more: the answer must stay the same, and what the device keeps
//! must stop growing. A transfer can also be
//! made by hand: `begin LENGTH`, `chunk OFFSET BYTES`, `finish`, `abort`. Such a step, and
//! `activate`, may end with `refused RULE`: then it must be refused because of that rule, and
//! otherwise be accepted. `begin capacity` announces as many bytes as the device has room for, and
//! `begin capacity+1` one more. `cut WRITES BYTES`, or `cut WRITES torn BYTES`, delivers a file to
//! a device whose power fails after so many writes to its memory, torn if the last of them is
//! stored in part. `damage active` and `damage staged` take the last byte of a library that the
//! device holds: a staged one is then not activated, and instead of the active one a restart
//! brings back the one before.

use crate::device::{Answer, Capabilities, Request, Which};
use crate::finding::Raised;
use crate::hex::{self, Hex};
use crate::judgement::Judgement;
use std::fmt;
use std::str::FromStr;

/// The first line of every session.
const FIRST_LINE: &str = "infuzz session 1";

/// The largest number of `again`.
const MOST_AGAIN: u32 = 10_000;

/// Several steps in a row.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Session {
    /// The steps, in order.
    pub steps: Vec<SessionStep>,
}

/// One step of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStep {
    /// Sends these bytes on the path of the target.
    Send(Vec<u8>),
    /// Asks for the staged library to be used.
    Activate,
    /// Switches the device off and on.
    Restart,
    /// Starts a therapy.
    Start,
    /// Stops the therapy.
    Stop,
    /// Lets so many milliseconds pass.
    Wait(u32),
    /// Sends the bytes sent last so many times more.
    Again(u32),
    /// A request to the receiver, and the rule because of which it must be refused.
    Request(Request, Option<String>),
    /// Announces as many bytes as the device has room for, or one more.
    BeginFull {
        /// One more.
        over: bool,
        /// The rule because of which it must be refused.
        refused: Option<String>,
    },
    /// Damages a library in the device's memory.
    Damage(Which),
    /// Delivers a file to a device whose power fails after so many writes, then switches it on.
    Cut {
        /// Writes that are still carried out.
        writes: u32,
        /// Whether the next one is stored in part.
        torn: bool,
        /// The file.
        bytes: Vec<u8>,
    },
}

impl SessionStep {
    /// The first word of its line.
    pub fn word(&self) -> &'static str {
        match self {
            SessionStep::Send(_) => "send",
            SessionStep::Activate => "activate",
            SessionStep::Restart => "restart",
            SessionStep::Start => "start",
            SessionStep::Stop => "stop",
            SessionStep::Wait(_) => "wait",
            SessionStep::Again(_) => "again",
            SessionStep::BeginFull { .. } | SessionStep::Request(Request::Begin(_), _) => "begin",
            SessionStep::Request(Request::Chunk(..), _) => "chunk",
            SessionStep::Request(Request::Finish, _) => "finish",
            SessionStep::Request(Request::Abort, _) => "abort",
            SessionStep::Request(Request::Activate, _) => "activate",
            SessionStep::Cut { .. } => "cut",
            SessionStep::Damage(_) => "damage",
        }
    }

    /// Whether a device with these capabilities can do it.
    pub fn is_possible(&self, has: Capabilities) -> bool {
        match self {
            SessionStep::Send(_) | SessionStep::Again(_) => true,
            SessionStep::Activate => has.activate,
            // Whether a therapy runs decides what an activation must come to.
            SessionStep::Start | SessionStep::Stop | SessionStep::Wait(_) => has.therapy,
            SessionStep::Request(Request::Activate, _) => has.therapy && has.activate,
            SessionStep::Restart => has.restart,
            SessionStep::Request(..) | SessionStep::BeginFull { .. } => has.transfer,
            SessionStep::Damage(_) => has.damage && has.libraries,
            SessionStep::Cut { .. } => has.power_cut && has.libraries && has.restart,
        }
    }

    /// The rule because of which this step must be refused.
    pub fn refused(&self) -> Option<&str> {
        match self {
            SessionStep::Request(_, refused) | SessionStep::BeginFull { refused, .. } => refused.as_deref(),
            _ => None,
        }
    }
}

/// What came of a session.
#[derive(Clone, Debug)]
pub struct SessionResult {
    /// What came of each step.
    pub steps: Vec<SessionStepResult>,
    /// What went wrong with the known-good library after the last step.
    pub raised: Vec<Raised>,
    /// Whether the known-good library was accepted, used and looked up after the last step.
    pub known_good: bool,
}

/// What came of one step.
#[derive(Clone, Debug)]
pub struct SessionStepResult {
    /// What the device must do with the bytes sent; none for the other steps.
    pub judgement: Option<Judgement>,
    /// What it said; none for a restart.
    pub answer: Option<Answer>,
    /// What is wrong with that.
    pub raised: Vec<Raised>,
    /// Whether it was done.
    pub course: Course,
}

/// Whether a step of a session was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Course {
    /// It was done, and what came of it was looked at.
    #[default]
    Done,
    /// The device cannot do it, or one before it: what it would show is not observable.
    LeftOut,
    /// The device fell in it, before it or after it.
    NotKnown,
}

/// Why a text is not a session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct SessionError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl Session {
    /// Whether a file is meant to be a session: its first line begins as one of any version.
    pub fn is_session(bytes: &[u8]) -> bool {
        bytes.starts_with(b"infuzz session ")
    }

    /// Whether all its steps deliver files.
    pub fn only_sends(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, SessionStep::Send(_)))
    }

    /// Reads a session.
    pub fn parse(text: &str) -> Result<Session, SessionError> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        match lines.next() {
            Some((_, FIRST_LINE)) => {}
            _ => return Err(SessionError { line: 1, what: format!("the first line must be `{FIRST_LINE}`") }),
        }
        let steps = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let steps = steps.map(|(line, step)| parse_step(step).map_err(|what| SessionError { line, what }));
        Ok(Session { steps: steps.collect::<Result<_, _>>()? })
    }
}

impl FromStr for Session {
    type Err = SessionError;

    fn from_str(text: &str) -> Result<Self, SessionError> {
        Session::parse(text)
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        for step in &self.steps {
            f.write_str(step.word())?;
            match step {
                SessionStep::Send(bytes) => write!(f, " {}", Hex(bytes))?,
                SessionStep::Damage(Which::Active) => f.write_str(" active")?,
                SessionStep::Damage(Which::Staged) => f.write_str(" staged")?,
                SessionStep::Wait(number) | SessionStep::Again(number) => write!(f, " {number}")?,
                SessionStep::BeginFull { over, .. } => write!(f, " capacity{}", if *over { "+1" } else { "" })?,
                SessionStep::Request(request, _) => match request {
                    Request::Begin(length) => write!(f, " {length}")?,
                    Request::Chunk(offset, bytes) => write!(f, " {offset} {}", Hex(bytes))?,
                    Request::Finish | Request::Abort | Request::Activate => {}
                },
                SessionStep::Cut { writes, torn, bytes } => {
                    write!(f, " {writes} {}{}", if *torn { "torn " } else { "" }, Hex(bytes))?;
                }
                SessionStep::Activate | SessionStep::Restart | SessionStep::Start | SessionStep::Stop => {}
            }
            if let Some(rule) = step.refused() {
                write!(f, " refused {rule}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn parse_step(line: &str) -> Result<SessionStep, String> {
    let (line, refused) = match line.split_once(" refused ") {
        Some((line, rule)) => (line, Some(rule.trim().to_string())),
        None => (line, None),
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let request = |request| Ok(SessionStep::Request(request, refused.clone()));
    let step = match words.as_slice() {
        ["send"] => Ok(SessionStep::Send(Vec::new())),
        ["send", hex] => parse_hex(hex).map(SessionStep::Send),
        ["restart"] => Ok(SessionStep::Restart),
        ["activate"] if refused.is_none() => Ok(SessionStep::Activate),
        ["activate"] => request(Request::Activate),
        ["begin", full @ ("capacity" | "capacity+1")] => {
            Ok(SessionStep::BeginFull { over: *full == "capacity+1", refused: refused.clone() })
        }
        ["damage", "active"] => Ok(SessionStep::Damage(Which::Active)),
        ["damage", "staged"] => Ok(SessionStep::Damage(Which::Staged)),
        ["start"] => Ok(SessionStep::Start),
        ["stop"] => Ok(SessionStep::Stop),
        ["wait", milliseconds] => parse_number(milliseconds).map(SessionStep::Wait),
        ["again", times] => match parse_number(times)? {
            times if times <= MOST_AGAIN => Ok(SessionStep::Again(times)),
            _ => Err(format!("`again` stands for at most {MOST_AGAIN} times")),
        },
        ["begin", length] => request(Request::Begin(parse_number(length)?)),
        ["chunk", offset] => request(Request::Chunk(parse_number(offset)?, Vec::new())),
        ["chunk", offset, hex] => request(Request::Chunk(parse_number(offset)?, parse_hex(hex)?)),
        ["finish"] => request(Request::Finish),
        ["abort"] => request(Request::Abort),
        ["cut", writes, hex] => {
            Ok(SessionStep::Cut { writes: parse_number(writes)?, torn: false, bytes: parse_hex(hex)? })
        }
        ["cut", writes, "torn", hex] => {
            Ok(SessionStep::Cut { writes: parse_number(writes)?, torn: true, bytes: parse_hex(hex)? })
        }
        [word @ ("activate" | "restart" | "start" | "stop" | "finish" | "abort"), ..] => {
            Err(format!("`{word}` stands alone on its line"))
        }
        ["damage", ..] => Err("`damage` wants `active` or `staged`".into()),
        [word @ ("send" | "wait" | "again" | "begin" | "chunk" | "cut"), ..] => {
            Err(format!("`{word}` has too few or too many words"))
        }
        _ => Err(format!(
            "`{line}` is no step; steps are send, again, activate, restart, start, stop, wait, begin, chunk, finish, abort, cut"
        )),
    }?;
    if refused.is_some() && step.refused().is_none() {
        return Err("only a request to the receiver can be `refused`".into());
    }
    Ok(step)
}

fn parse_number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number below 4294967296"))
}

fn parse_hex(hex: &str) -> Result<Vec<u8>, String> {
    if !hex.len().is_multiple_of(2) {
        return Err("the bytes of `send` are pairs of hexadecimal digits, but their number is odd".into());
    }
    hex::read(hex).ok_or_else(|| "the bytes of `send` are pairs of hexadecimal digits without spaces".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_reads_back_as_it_was_written() {
        let session = Session {
            steps: vec![
                SessionStep::Send(vec![0x49, 0xFF, 0]),
                SessionStep::Restart,
                SessionStep::Send(Vec::new()),
                SessionStep::Activate,
                SessionStep::Request(Request::Begin(7), None),
                SessionStep::Request(Request::Chunk(3, vec![1, 2]), Some("transfer.order".into())),
                SessionStep::Request(Request::Activate, Some("activation.staged".into())),
                SessionStep::Cut { writes: 2, torn: true, bytes: vec![9] },
                SessionStep::Stop,
                SessionStep::BeginFull { over: true, refused: Some("transfer.size".into()) },
                SessionStep::BeginFull { over: false, refused: None },
                SessionStep::Wait(70_000),
                SessionStep::Again(256),
                SessionStep::Damage(Which::Active),
                SessionStep::Damage(Which::Staged),
                SessionStep::Start,
            ],
        };
        assert_eq!(Session::parse(&session.to_string()), Ok(session));
    }

    #[test]
    fn comments_and_blank_lines_say_nothing() {
        let session = Session::parse("infuzz session 1\r\n\n# why\n  send 4a\n").expect("reads");
        assert_eq!(session.steps, [SessionStep::Send(vec![0x4A])]);
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line) in [
            ("", 1),
            ("infuzz session 2\n", 1),
            ("infuzz session 1\nsend 4\n", 2),
            ("infuzz session 1\n\nsend 4G\n", 3),
            ("infuzz session 1\nrestart now\n", 2),
            ("infuzz session 1\njump\n", 2),
            ("infuzz session 1\nsend 4A\nagain 10001\n", 3),
        ] {
            assert_eq!(Session::parse(text).expect_err(text).line, line, "{text:?}");
        }
    }

    #[test]
    fn a_library_is_not_taken_for_a_session() {
        assert!(Session::is_session(b"infuzz session 1\n"));
        assert!(!Session::is_session(b"IDL1"));
        assert!(!Session::is_session(b""));
    }
}
