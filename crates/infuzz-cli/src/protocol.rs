//! What the command and its worker process say to each other.
//!
//! Requests are binary frames on the worker's standard input (number, length, bytes);
//! answers are JSON, one per line, on its standard output. Before the worker runs a request it
//! writes the request's number to a file, so that its death or its silence can be told apart.

use infuzz::finding::Kind;
use infuzz::session::Course;
use infuzz::sweep::Outcome;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// What a worker does with the inputs it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Serves {
    /// Cases of a sweep: no reset before each, a short answer.
    Sweep,
    /// Files by themselves, each after a reset: a full answer.
    Replay,
}

impl Serves {
    /// As the worker is told.
    pub fn word(self) -> &'static str {
        match self {
            Serves::Sweep => "sweep",
            Serves::Replay => "replay",
        }
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub number: u64,
    /// The bytes to deliver, or a session.
    pub bytes: Vec<u8>,
}

/// The largest input taken.
const MOST: u64 = 1 << 30;

impl Request {
    /// Writes a request.
    pub fn write(to: &mut impl Write, number: u64, bytes: &[u8]) -> io::Result<()> {
        to.write_all(&number.to_le_bytes())?;
        to.write_all(&(bytes.len() as u64).to_le_bytes())?;
        to.write_all(bytes)
    }

    /// Reads a request; none at the end.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Request>> {
        let mut head = [0; 16];
        let mut have = 0;
        while have < head.len() {
            match from.read(&mut head[have..])? {
                0 if have == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => have += more,
            }
        }
        let word = |at: usize| head[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let (number, length) = (word(0), word(8));
        if length > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = vec![0; length as usize];
        from.read_exact(&mut bytes)?;
        Ok(Some(Request { number, bytes }))
    }
}

/// An answer of the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The device is on the bench; the kinds of finding it cannot show.
    Ready(Vec<String>),
    /// The device does not accept the known-good libraries.
    NotAccepted(String),
    /// The device crashed or did not answer on them.
    Fell(Kind, String),
    /// The bench cannot be set up.
    Failed(String),
    /// Cases of a sweep in which nothing is wrong: the first's number, and the first letter of
    /// what was expected (`a`, `r`, `u`) of each.
    Passed(u64, String),
    /// A case of a sweep in which something is wrong.
    Wrong(Outcome),
    /// What came of a replay.
    Replayed(Replayed),
}

/// What came of a replay.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Replayed {
    /// The request.
    pub number: u64,
    /// Once per state of the device.
    pub passes: Vec<Pass>,
}

/// One run of a file.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Pass {
    /// What the device was doing.
    pub state: String,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What went wrong afterwards.
    pub raised: Vec<(Kind, String)>,
    /// What was said to bring the known-good library after a conversation.
    #[serde(default)]
    pub afterwards: Vec<Said>,
    /// Whether the known-good library was accepted afterwards.
    pub known_good: bool,
    /// Whether a second run gave the same.
    pub deterministic: bool,
}

/// One step of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Step {
    /// `send`, `activate` or `restart`.
    pub word: String,
    /// Bytes sent.
    pub length: usize,
    /// `accept`, `refuse` or `unspecified`.
    pub expected: Option<String>,
    /// The broken rule.
    pub rule: Option<String>,
    /// The broken field.
    pub field: Option<String>,
    /// `accept`, `refuse` or `none`.
    pub answer: Option<String>,
    /// The rule that the device names.
    pub reason: Option<String>,
    /// The field that the device names.
    pub reason_field: Option<String>,
    /// What happened in it, where it is a step of a conversation.
    #[serde(default)]
    pub told: Option<Told>,
    /// What went wrong.
    pub raised: Vec<(Kind, String)>,
    /// Whether it was done.
    #[serde(default)]
    pub course: Course,
}

/// What happened in a step of a conversation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Told {
    /// The step, without what was said.
    pub what: String,
    /// What was really said and what came back, by connection.
    pub exchanges: Vec<Said>,
}

/// What was really said on a connection, and what came back.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Said {
    /// The connection.
    pub line: String,
    /// The bytes, in hexadecimal digits.
    pub sent: String,
    /// Likewise.
    pub received: String,
    /// The device closed the connection.
    pub closed: bool,
    /// What became of each message.
    pub became: String,
}

impl Replayed {
    /// Everything that went wrong, with the state and the step in which it did.
    pub fn raised(&self) -> impl Iterator<Item = (&Pass, Option<&Step>, &(Kind, String))> {
        self.passes.iter().flat_map(|pass| {
            let steps = pass
                .steps
                .iter()
                .flat_map(move |step| step.raised.iter().map(move |raised| (pass, Some(step), raised)));
            steps.chain(pass.raised.iter().map(move |raised| (pass, None, raised)))
        })
    }

    /// The step that decides what the file as a whole was: the first with a finding, else the
    /// last delivery.
    pub fn decisive(&self) -> Option<&Step> {
        let steps =
            || self.passes.first().into_iter().flat_map(|pass| &pass.steps).filter(|step| step.expected.is_some());
        steps().find(|step| !step.raised.is_empty()).or_else(|| steps().next_back())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_read_back_as_written() {
        let mut pipe = Vec::new();
        Request::write(&mut pipe, 7, b"abc").expect("written");
        Request::write(&mut pipe, u64::MAX, b"").expect("written");
        let mut from = pipe.as_slice();
        assert_eq!(Request::read(&mut from).expect("read"), Some(Request { number: 7, bytes: b"abc".to_vec() }));
        assert_eq!(Request::read(&mut from).expect("read").map(|r| r.number), Some(u64::MAX));
        assert_eq!(Request::read(&mut from).expect("read"), None);
    }

    #[test]
    fn a_cut_request_is_an_error() {
        let mut pipe = Vec::new();
        Request::write(&mut pipe, 7, b"abc").expect("written");
        for length in 1..pipe.len() {
            assert!(Request::read(&mut &pipe[..length]).is_err(), "{length}");
        }
    }
}
