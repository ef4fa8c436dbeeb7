//! One frame from the host: a request of a library transfer.

use super::refusal::{Refusal, Rule};
use crate::library::crc::checksum;

/// Bytes before the payload.
pub const HEADER: usize = 10;
/// Bytes after it.
pub const CRC: usize = 4;
/// The longest payload: a chunk's number and its data.
pub const LONGEST_PAYLOAD: usize = 4 + LONGEST_CHUNK;
/// The longest frame.
pub const LONGEST_FRAME: usize = HEADER + LONGEST_PAYLOAD + CRC;
/// The most data of a chunk.
pub const LONGEST_CHUNK: usize = 1024;
/// The largest library.
pub const LARGEST_LIBRARY: u32 = 1 << 24;
/// The version that is spoken here.
pub const VERSION: u8 = 1;

const MAGIC: &[u8; 2] = b"LT";
const CHUNK_SIZES: core::ops::RangeInclusive<u16> = 64..=1024;
const CLIENT: usize = 16;

/// What a host asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// Begins the proof of who it is.
    Hello {
        /// Drawn by the host for this conversation.
        nonce: [u8; 16],
    },
    /// Proves that it has the key.
    Proof {
        /// The code over nonce and challenge.
        mac: [u8; 32],
    },
    /// Begins a transfer, or goes on with one.
    Begin(Announcement),
    /// Part of the library.
    Chunk {
        /// Its number, from 0.
        number: u32,
        /// The bytes.
        data: &'a [u8],
    },
    /// Ends the transfer: the library is to be staged.
    Commit {
        /// The code over what was announced.
        mac: [u8; 32],
    },
    /// Asks how far things are.
    Status,
    /// Breaks the transfer off.
    Abort,
}

impl Request<'_> {
    /// Its kind on the wire.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Request::Hello { .. } => 1,
            Request::Proof { .. } => 2,
            Request::Begin(_) => 3,
            Request::Chunk { .. } => 4,
            Request::Commit { .. } => 5,
            Request::Status => 6,
            Request::Abort => 7,
        }
    }
}

/// What is to be transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// The host's id of the library.
    pub id: [u8; 16],
    /// Its bytes.
    pub size: u32,
    /// Their SHA-256.
    pub digest: [u8; 32],
    /// Bytes of each chunk but the last.
    pub chunk_size: u16,
}

/// A request and the session that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The session; 0: none.
    pub session: u32,
    /// The request.
    pub request: Request<'a>,
}

/// The bytes of a frame, by its header; none: it has not all come yet.
///
/// # Errors
/// `frame.magic`, `frame.version` or `frame.length`, as soon as the bytes that break it are there:
/// where the next frame would begin is then not known.
pub fn size(start: &[u8]) -> Result<Option<usize>, Refusal> {
    let magic = start.get(..MAGIC.len()).unwrap_or(start);
    require!(MAGIC.starts_with(magic), Refusal::new(Rule::FrameMagic, "magic", 0));
    require!(start.get(2).is_none_or(|version| *version == VERSION), Refusal::new(Rule::FrameVersion, "version", 2));
    let Some([low, high]) = start.get(8..HEADER) else { return Ok(None) };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    require!(length <= LONGEST_PAYLOAD, Refusal::new(Rule::FrameLength, "length", 8));
    Ok(Some(HEADER.saturating_add(length).saturating_add(CRC)))
}

/// Reads one frame, every byte of it.
///
/// # Errors
/// The first broken rule: of the frame, then of its payload in the order of the bytes.
pub fn read(frame: &[u8]) -> Result<Frame<'_>, Refusal> {
    let size = size(frame)?.ok_or(Refusal::new(Rule::FrameSize, "", 0))?;
    require!(frame.len() >= size, Refusal::new(Rule::FrameLength, "length", 8));
    require!(frame.len() == size, Refusal::new(Rule::FrameSize, "", 0));
    let (covered, crc) = frame.split_last_chunk::<CRC>().ok_or(Refusal::new(Rule::FrameSize, "", 0))?;
    let stated = u32::from_le_bytes(*crc);
    require!(checksum(covered) == stated, Refusal::new(Rule::FrameCrc, "crc", covered.len()));
    let mut rest = Cursor { rest: covered.get(3..).unwrap_or_default(), at: 3 };
    let [kind] = rest.take("kind")?;
    let session = u32::from_le_bytes(rest.take("session")?);
    let _length: [u8; 2] = rest.take("length")?;
    let request = request(kind, &mut rest)?;
    require!(rest.rest.is_empty(), Refusal::new(Rule::PayloadSize, "payload", HEADER));
    let opens = matches!(request, Request::Hello { .. } | Request::Proof { .. });
    require!(opens == (session == 0), Refusal::new(Rule::FrameSession, "session", 4));
    Ok(Frame { session, request })
}

fn request<'a>(kind: u8, rest: &mut Cursor<'a>) -> Result<Request<'a>, Refusal> {
    Ok(match kind {
        1 => hello(rest)?,
        2 => Request::Proof { mac: rest.take("payload.proof.mac")? },
        3 => Request::Begin(begin(rest)?),
        4 => {
            let number = u32::from_le_bytes(rest.take("payload.chunk.number")?);
            let at = rest.at;
            let data = rest.all();
            require!(!data.is_empty(), Refusal::new(Rule::ChunkData, "payload.chunk.data", at));
            Request::Chunk { number, data }
        }
        5 => Request::Commit { mac: rest.take("payload.commit.mac")? },
        6 => Request::Status,
        7 => {
            let at = rest.at;
            let [reason] = rest.take("payload.abort.reason")?;
            require!((1..=3).contains(&reason), Refusal::new(Rule::AbortReason, "payload.abort.reason", at));
            Request::Abort
        }
        _ => return Err(Refusal::new(Rule::FrameKind, "kind", 3)),
    })
}

fn hello<'a>(rest: &mut Cursor<'a>) -> Result<Request<'a>, Refusal> {
    let at = rest.at;
    let [lowest, highest] = rest.take("payload.hello.lowest")?;
    require!(lowest <= highest, Refusal::new(Rule::HelloOrder, "payload.hello.lowest", at));
    require!(lowest <= VERSION, Refusal::new(Rule::HelloVersion, "payload.hello.lowest", at));
    let after = at.saturating_add(1);
    require!(highest >= VERSION, Refusal::new(Rule::HelloVersion, "payload.hello.highest", after));
    let at = rest.at;
    let client: [u8; CLIENT] = rest.take("payload.hello.client")?;
    check_client(&client).map_err(|rule| Refusal::new(rule, "payload.hello.client", at))?;
    Ok(Request::Hello { nonce: rest.take("payload.hello.nonce")? })
}

/// The name of a client goes into the pump's log.
fn check_client(client: &[u8]) -> Result<(), Rule> {
    let end = client.iter().position(|byte| *byte == 0).unwrap_or(client.len());
    let (name, padding) = client.split_at_checked(end).unwrap_or((client, &[]));
    require!(padding.iter().all(|byte| *byte == 0), Rule::TextPadding);
    let name = core::str::from_utf8(name).map_err(|_| Rule::TextUtf8)?;
    require!(!name.chars().any(char::is_control), Rule::TextCharset);
    require!(!name.trim_matches(' ').is_empty(), Rule::TextBlank);
    Ok(())
}

fn begin(rest: &mut Cursor<'_>) -> Result<Announcement, Refusal> {
    let at = rest.at;
    let id: [u8; 16] = rest.take("payload.begin.id")?;
    require!(id != [0; 16] && id != [0xFF; 16], Refusal::new(Rule::BeginId, "payload.begin.id", at));
    let at = rest.at;
    let size = u32::from_le_bytes(rest.take("payload.begin.size")?);
    let sizes = 1..=LARGEST_LIBRARY;
    require!(sizes.contains(&size), Refusal::new(Rule::BeginSize, "payload.begin.size", at));
    let digest = rest.take("payload.begin.digest")?;
    let at = rest.at;
    let chunk_size = u16::from_le_bytes(rest.take("payload.begin.chunk_size")?);
    let known = CHUNK_SIZES.contains(&chunk_size);
    require!(known, Refusal::new(Rule::BeginChunk, "payload.begin.chunk_size", at));
    Ok(Announcement { id, size, digest, chunk_size })
}

/// What is left of a payload.
struct Cursor<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Refusal> {
        let (own, rest) = self.rest.split_first_chunk::<N>().ok_or(Refusal::new(Rule::PayloadSize, field, self.at))?;
        (self.rest, self.at) = (rest, self.at.saturating_add(N));
        Ok(*own)
    }

    fn all(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }
}

/// Writes a frame of either direction; a payload that is too long is cut.
pub(super) fn write(kind: u8, session: u32, payload: &[u8], out: &mut alloc::vec::Vec<u8>) {
    let payload = payload.get(..LONGEST_PAYLOAD).unwrap_or(payload);
    let start = out.len();
    out.extend_from_slice(MAGIC);
    out.extend([VERSION, kind]);
    out.extend(session.to_le_bytes());
    out.extend(u16::try_from(payload.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(payload);
    let crc = checksum(out.get(start..).unwrap_or_default());
    out.extend(crc.to_le_bytes());
}
