//! Conversations: what several hosts say to a device on its paths, and what happens to it between,
//! as text that people can read.
//!
//! The first line is `infuzz session 2`; then one step per line. Blank lines and lines that begin
//! with `#` say nothing.
//!
//! ```text
//! infuzz session 2
//! connect library-transfer 1
//! say library-transfer 1 4C5401010000000022000101686F7374
//! say library-transfer 1 4C540102000000002000 payload.proof.mac=proof
//! wait 1000
//! restart
//! ```
//!
//! A line of a device is a path and a number: `connect PATH NUMBER`, `disconnect PATH NUMBER`, and
//! `say PATH NUMBER BYTES`, after which `FIELD=SLOT` names fields of the message that are filled
//! when it is sent, with what the model of the path says at that time (the number of the session,
//! the code over the last challenge): the relations around them are then right again. A slot
//! `before:SLOT` has the value that it had when something was said on the line last: as if the answer
//! to that had been lost. `in N` sends it in pieces of so many bytes. `wait MILLISECONDS` lets time pass; `start`, `stop`, `resume`,
//! `bolus`, `standby`, `air`, `occlusion`, `acknowledge`, `confirm` and `reject` happen at the bedside;
//! `restart` switches the device off and on, set up to answer on request; `restart cyclic` the same,
//! set up to report by itself in cycles until the next `restart`, on the paths that have such a mode;
//! `cut WRITES`, or `cut WRITES torn`, is a power that fails after so many writes and is back at the
//! next `restart` of either kind.

pub mod compact;
mod marks;
mod memory;
mod model;
mod mutate;
mod remembered;
mod run;
mod slots;
mod text;
pub mod therapy;
mod world;

use crate::device::{Act, Line};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub use model::{Event, Model, loaded, unasked};
pub use mutate::{Mutator, crossover};
pub use remembered::{Judged, Remembered};
pub use run::{Exchange, Ran, Runner};
pub use world::World;

/// The first line of every conversation.
pub const FIRST_LINE: &str = "infuzz session 2";

/// Stands in front of a slot that has the value from before the last answer on the line.
pub const BEFORE: &str = "before:";

/// The most steps of a conversation.
pub const MOST_STEPS: usize = 64;
/// The most bytes that a step says.
pub const MOST_BYTES: usize = 64 << 10;

/// Several steps in a row.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Conversation {
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// A host connects.
    Connect(Line),
    /// Its connection is gone.
    Disconnect(Line),
    /// It says something; conversations that begin alike share it.
    Say(Arc<Saying>),
    /// So many milliseconds pass.
    Wait(u32),
    /// A person does something at the bedside.
    Act(Act),
    /// The device is switched off and on, and then says what it is asked for.
    Restart,
    /// From now on the power fails after so many writes, until the next restart.
    Cut {
        /// Writes that are still carried out.
        writes: u32,
        /// Whether the next one is stored in part.
        torn: bool,
    },
    /// The device is switched off and on, and then also reports by itself in cycles.
    RestartCyclic,
}

/// What is said on a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Saying {
    /// The line.
    pub line: Line,
    /// The message before its slots are filled.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// Fields that are filled when it is sent: path and slot, which [`BEFORE`] may stand in front of.
    pub fills: Vec<(String, String)>,
    /// Bytes of each piece; 0: all at once.
    pub pieces: u16,
}

impl From<Saying> for Step {
    fn from(saying: Saying) -> Self {
        Step::Say(saying.into())
    }
}

impl Conversation {
    /// The conversation that any bytes stand for: a text, the few bytes of [`compact`], or else what is
    /// said on one of these paths.
    pub fn read(bytes: &[u8], paths: &[&'static str]) -> Self {
        let text = std::str::from_utf8(bytes).ok().filter(|_| Self::is_conversation(bytes));
        let parsed = text.and_then(|text| Self::parse(text).ok());
        parsed.unwrap_or_else(|| compact::read(bytes, paths))
    }
}

impl Step {
    /// The line that it is about.
    pub fn line(&self) -> Option<&Line> {
        match self {
            Step::Connect(line) | Step::Disconnect(line) => Some(line),
            Step::Say(saying) => Some(&saying.line),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn line_mut(&mut self) -> Option<&mut Line> {
        match self {
            Step::Connect(line) | Step::Disconnect(line) => Some(line),
            Step::Say(saying) => Some(&mut Arc::make_mut(saying).line),
            _ => None,
        }
    }

    /// The first word of its line.
    pub fn word(&self) -> &'static str {
        match self {
            Step::Connect(_) => "connect",
            Step::Disconnect(_) => "disconnect",
            Step::Say(_) => "say",
            Step::Wait(_) => "wait",
            Step::Act(act) => Act::ALL.iter().find(|(known, _)| known == act).map_or("", |(_, word)| word),
            Step::Restart | Step::RestartCyclic => "restart",
            Step::Cut { .. } => "cut",
        }
    }
}
