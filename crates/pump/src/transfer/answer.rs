//! What the pump answers.

use alloc::vec::Vec;

use super::frame::{Request, write};

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The frame breaks a rule of the format.
    Frame,
    /// Another host has the session.
    Busy,
    /// There is no session, or another one than named.
    Session,
    /// The proof or the commit was not made with the key.
    Authentication,
    /// The library is larger than a slot, or what came is not as long as announced.
    Size,
    /// The chunk is not the next one.
    Order,
    /// No transfer is under way.
    Idle,
    /// The chunk is not as long as it must be.
    ChunkSize,
    /// What came has another digest than announced.
    Digest,
    /// The library breaks a rule of its format.
    Library,
    /// The memory failed.
    Storage,
}

impl Why {
    /// All reasons.
    pub const ALL: [Why; 11] = [
        Why::Frame,
        Why::Busy,
        Why::Session,
        Why::Authentication,
        Why::Size,
        Why::Order,
        Why::Idle,
        Why::ChunkSize,
        Why::Digest,
        Why::Library,
        Why::Storage,
    ];

    /// Its code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Why::Frame => 1,
            Why::Busy => 2,
            Why::Session => 3,
            Why::Authentication => 4,
            Why::Size => 5,
            Why::Order => 6,
            Why::Idle => 7,
            Why::ChunkSize => 8,
            Why::Digest => 9,
            Why::Library => 10,
            Why::Storage => 11,
        }
    }
}

/// What a host is told about a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Whether a transfer is under way.
    pub receiving: bool,
    /// Whether a library waits for its activation.
    pub staged: bool,
    /// Whether there is an active library.
    pub active: bool,
    /// The next chunk.
    pub next: u32,
    /// Bytes received.
    pub received: u32,
}

/// An answer. Its kind on the wire is 128 more than that of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// To a hello: what the proof is to be about.
    Challenge([u8; 16]),
    /// To a proof: the session to name from now on.
    Welcome(u32),
    /// To begin and chunk: done, and this is the next chunk.
    Next(u32),
    /// To a commit: the library is in the pump's memory, valid, and waits for its activation; or it
    /// is the active one already.
    Stored {
        /// It is the active one already.
        active: bool,
    },
    /// To a status request.
    Progress(Progress),
    /// To an abort: broken off.
    Aborted,
    /// No, to any request.
    Refused(Why),
}

/// The kind of an answer that says no.
const REFUSED: u8 = 0xFF;

impl Answer {
    /// Whether it says no.
    #[must_use]
    pub const fn refused(&self) -> Option<Why> {
        match self {
            Answer::Refused(why) => Some(*why),
            _ => None,
        }
    }

    /// Appends the frame to `out`.
    pub fn write(&self, request: Option<&Request<'_>>, session: u32, out: &mut Vec<u8>) {
        let kind = request.map_or(0, Request::kind);
        let mut done = |payload: &[u8]| write(kind | 0x80, session, payload, out);
        match self {
            Answer::Challenge(challenge) => done(challenge),
            Answer::Welcome(session) => done(&session.to_le_bytes()),
            Answer::Next(next) => done(&next.to_le_bytes()),
            Answer::Stored { active } => done(&[u8::from(*active)]),
            Answer::Aborted => done(&[]),
            Answer::Progress(progress) => {
                let flags =
                    u8::from(progress.receiving) | u8::from(progress.staged) << 1 | u8::from(progress.active) << 2;
                let [a, b, c, d] = progress.next.to_le_bytes();
                let [e, f, g, h] = progress.received.to_le_bytes();
                done(&[flags, a, b, c, d, e, f, g, h]);
            }
            Answer::Refused(why) => write(REFUSED, session, &[kind, why.code()], out),
        }
    }
}
