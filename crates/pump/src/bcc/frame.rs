//! One complete frame: `SOH length STX bed-id /1/1> information (ETX | ETB) check EOT`.

use alloc::vec::Vec;
use core::ops::Range;

use super::refusal::{Refusal, Rule};
use super::stuffing::{destuff, stuff};

/// The control characters of the protocol.
pub mod control {
    /// Begins a frame.
    pub const SOH: u8 = 0x01;
    /// Begins the text of a frame.
    pub const STX: u8 = 0x02;
    /// Ends the information of the last block.
    pub const ETX: u8 = 0x03;
    /// Ends a frame.
    pub const EOT: u8 = 0x04;
    /// Asks for the next block.
    pub const ACK: u8 = 0x06;
    /// Asks for the last block again.
    pub const NAK: u8 = 0x15;
    /// Ends the information of a block that others follow.
    pub const ETB: u8 = 0x17;
    /// Stands between two quadruples.
    pub const RS: u8 = 0x1E;
    /// All of them.
    pub const ALL: [u8; 8] = [SOH, STX, ETX, EOT, ACK, NAK, ETB, RS];
}

use control::{EOT, ETB, ETX, SOH, STX};

/// The bed id that a device answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BedId {
    bytes: [u8; MOST_BED],
    length: usize,
}

impl BedId {
    /// The bed id of the first request.
    pub const FIRST: Self = match Self::new("1") {
        Some(first) => first,
        None => Self { bytes: [0; MOST_BED], length: 0 },
    };

    /// A bed id; none: it has more than 15 characters, or others than those with the codes 47 to 57
    /// and 65 to 122.
    #[must_use]
    pub const fn new(text: &str) -> Option<Self> {
        let (mut bytes, mut length, mut rest) = ([0; MOST_BED], 0, text.as_bytes());
        let mut places: &mut [u8] = &mut bytes;
        while let [byte, after @ ..] = rest {
            let Some((place, free)) = places.split_first_mut() else { return None };
            if !is_bed(*byte) {
                return None;
            }
            *place = *byte;
            length = text.len().saturating_sub(after.len());
            (rest, places) = (after, free);
        }
        Some(Self { bytes, length })
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The largest frame that five digits can state, before stuffing.
pub const MOST: usize = 99_999;
/// Most characters of a bed id.
pub const MOST_BED: usize = 15;
/// Follows the bed id.
const PREFIX: &[u8] = b"/1/1>";
/// Where the bed id begins: after SOH, five digits and STX.
const BED: usize = 7;
/// Bytes after the information: its end, five digits and EOT.
const TAIL: usize = 7;
/// Bytes of a frame around its bed id and its information.
pub const AROUND: usize = BED + PREFIX.len() + TAIL;

/// Five ASCII digits.
fn digits(number: usize) -> [u8; 5] {
    let digit = |unit: usize| u8::try_from(number / unit % 10).unwrap_or(0) + b'0';
    [digit(10_000), digit(1_000), digit(100), digit(10), digit(1)]
}

/// The sum of bytes, modulo 256.
fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// Whether a bed id may have this byte: codes 47 to 57 and 65 to 122.
const fn is_bed(byte: u8) -> bool {
    matches!(byte, 47..=57 | 65..=122)
}

/// A frame that is whole and right; what its information says is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    plain: Vec<u8>,
    bed: Range<usize>,
    information: Range<usize>,
    last: bool,
}

impl Frame {
    /// Reads one complete frame and nothing else.
    ///
    /// # Errors
    /// The first broken rule of those about the frame.
    pub fn read(wire: &[u8], stuffed: bool) -> Result<Frame, Refusal> {
        let plain = match stuffed {
            true => destuff(wire, MOST)?,
            false => {
                require!(wire.len() <= MOST, Refusal::of_frame(Rule::FrameLength, "length", 1));
                wire.to_vec()
            }
        };
        let refuse = Refusal::of_frame;
        require!(plain.first() == Some(&SOH), refuse(Rule::FrameControl, "soh", 0));
        let stated = plain.get(1..BED.saturating_sub(1)).unwrap_or_default();
        require!(stated == digits(plain.len()), refuse(Rule::FrameLength, "length", 1));
        let stx = BED.saturating_sub(1);
        require!(plain.get(stx) == Some(&STX), refuse(Rule::FrameControl, "stx", stx));
        let eot = plain.len().saturating_sub(1);
        require!(plain.get(eot) == Some(&EOT), refuse(Rule::FrameControl, "eot", eot));
        let end = plain.len().saturating_sub(TAIL);
        let text = plain.get(BED..end).unwrap_or_default();
        require!(!text.iter().any(|byte| matches!(*byte, ETX | ETB)), refuse(Rule::FrameExact, "", 0));
        let last = plain.get(end) == Some(&ETX);
        require!(last || plain.get(end) == Some(&ETB), refuse(Rule::FrameEnd, "end", end));
        let (summed, rest) = plain.split_at_checked(end.saturating_add(1)).unwrap_or_default();
        let check = digits(usize::from(sum(summed)));
        require!(rest.starts_with(&check), refuse(Rule::FrameCheck, "check", end.saturating_add(1)));
        let bed = text.windows(PREFIX.len()).position(|window| window == PREFIX);
        let bed = bed.ok_or_else(|| refuse(Rule::BedPrefix, "prefix", end))?;
        let id = text.get(..bed).unwrap_or_default();
        require!(core::str::from_utf8(id).is_ok(), refuse(Rule::TextUtf8, "bed", BED));
        require!(id.len() <= MOST_BED, refuse(Rule::BedCharacters, "bed", BED));
        require!(id.iter().all(|byte| is_bed(*byte)), refuse(Rule::TextCharset, "bed", BED));
        let bed = BED..BED.saturating_add(bed);
        let information = bed.end.saturating_add(PREFIX.len())..end;
        Ok(Frame { bed, information, last, plain })
    }

    /// The id of the bed.
    #[must_use]
    pub fn bed(&self) -> &[u8] {
        self.plain.get(self.bed.clone()).unwrap_or_default()
    }

    /// What the frame is about.
    #[must_use]
    pub fn information(&self) -> &[u8] {
        self.plain.get(self.information.clone()).unwrap_or_default()
    }

    /// Where that begins in the frame before stuffing.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.information.start
    }

    /// Whether no further block follows.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.last
    }
}

/// Why a frame cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Five digits cannot state its length.
    #[error("a frame has at most {MOST} bytes")]
    TooLong,
    /// The bed id has too many characters, or others than it may have.
    #[error("a bed id has at most {MOST_BED} characters with the codes 47 to 57 and 65 to 122")]
    Bed,
    /// The information has a control character that would end it.
    #[error("the information has a control character of the frame")]
    Control,
}

/// Appends a frame as it travels.
///
/// # Errors
/// There is no such frame; nothing is appended then.
pub fn write(bed: &[u8], information: &[u8], last: bool, stuffed: bool, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let length = AROUND.saturating_add(bed.len()).saturating_add(information.len());
    require!(length <= MOST, Unwritable::TooLong);
    require!(bed.len() <= MOST_BED && bed.iter().all(|byte| is_bed(*byte)), Unwritable::Bed);
    let ends = |byte: &u8| *byte != control::RS && control::ALL.contains(byte);
    require!(!information.iter().any(ends), Unwritable::Control);
    let mut plain = Vec::with_capacity(length);
    plain.push(SOH);
    plain.extend_from_slice(&digits(length));
    plain.push(STX);
    plain.extend_from_slice(bed);
    plain.extend_from_slice(PREFIX);
    plain.extend_from_slice(information);
    plain.push(if last { ETX } else { ETB });
    let check = sum(&plain);
    plain.extend_from_slice(&digits(usize::from(check)));
    plain.push(EOT);
    if stuffed {
        stuff(&plain, out);
    } else {
        out.append(&mut plain);
    }
    Ok(())
}
