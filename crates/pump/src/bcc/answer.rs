//! What a device answers: quadruples `time,address,parameter,value` with RS between them.

use super::address::Address;
use super::frame::{Frame, control};
use super::parameter::{check, known, number, text};
use super::refusal::{Path, Refusal, Rule};

/// The address of the device itself.
const DEVICE: &[u8] = b"50100";

/// One part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// A value.
    Quadruple {
        /// Seconds since power-on; none: more than 64 bits hold.
        time: Option<u64>,
        /// What it is about.
        address: Address,
        /// The name of the parameter, which need not be a known one.
        parameter: &'a [u8],
        /// The value as it stands there.
        value: &'a str,
    },
    /// The version of the protocol.
    Version {
        /// Seconds since power-on; none: more than 64 bits hold.
        time: Option<u64>,
        /// The version without its `V`.
        version: &'a str,
    },
}

/// Reads the parts of an answer one after another.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    /// What is left; none: nothing, or a part was wrong.
    rest: Option<&'a [u8]>,
    at: usize,
    index: u32,
}

impl<'a> Parts<'a> {
    /// The parts of a block.
    #[must_use]
    pub fn of(frame: &'a Frame) -> Self {
        let rest = Some(frame.information()).filter(|information| !information.is_empty());
        Parts { rest, at: frame.offset(), index: 0 }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let end = rest.iter().position(|byte| *byte == control::RS).unwrap_or(rest.len());
        let (own, after) = rest.split_at_checked(end)?;
        let reader = Reader { bytes: own, start: self.at, at: 0, index: self.index };
        self.at = self.at.saturating_add(end).saturating_add(1);
        self.index = self.index.saturating_add(1);
        let read = reader.part();
        self.rest = after.get(1..).filter(|_| read.is_ok());
        Some(read)
    }
}

/// Reads one part.
struct Reader<'a> {
    bytes: &'a [u8],
    /// Where it begins in the frame.
    start: usize,
    /// Where the next field begins in it.
    at: usize,
    index: u32,
}

impl<'a> Reader<'a> {
    fn refuse(&self, rule: Rule, inner: [&'static str; 3], at: usize) -> Refusal {
        let path = Path { head: "information", part: Some(self.index), inner };
        Refusal { rule, path, offset: self.start.saturating_add(at) }
    }

    fn part(mut self) -> Result<Part<'a>, Refusal> {
        let commas = self.bytes.iter().filter(|byte| **byte == b',').count();
        match commas {
            0 | 1 => Err(self.refuse(Rule::QuadrupleForm, [""; 3], 0)),
            2 => self.version(),
            _ => self.quadruple(),
        }
    }

    /// The bytes up to the next comma, which is passed over.
    fn field(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len());
        self.at = self.at.saturating_add(length).saturating_add(1);
        rest.get(..length).unwrap_or_default()
    }

    fn time(&mut self, record: &'static str) -> Result<Option<u64>, Refusal> {
        let time = number(self.field(), 0);
        time.ok_or_else(|| self.refuse(Rule::NumberValue, [record, "time", ""], 0))
    }

    fn version(&mut self) -> Result<Part<'a>, Refusal> {
        let time = self.time("version")?;
        let (address, place) = (self.at, self.field());
        require!(place == DEVICE, self.refuse(Rule::VersionValue, ["version", "address", ""], address));
        let (letter, version) = (self.at, self.field());
        let digits = version.strip_prefix(b"V");
        let digits = digits.ok_or_else(|| self.refuse(Rule::VersionValue, ["version", "release", "letter"], letter))?;
        let version = core::str::from_utf8(digits).ok().filter(|_| number(digits, 2).is_some());
        let version = version.ok_or_else(|| {
            self.refuse(Rule::VersionValue, ["version", "release", "number"], letter.saturating_add(1))
        })?;
        Ok(Part::Version { time, version })
    }

    fn quadruple(&mut self) -> Result<Part<'a>, Refusal> {
        let time = self.time("quadruple")?;
        let address = self.address()?;
        let (name, parameter) = (self.at, self.field());
        // A name is as much of a text as a value.
        text(parameter, usize::MAX).map_err(|rule| self.refuse(rule, ["quadruple", "parameter", ""], name))?;
        let value = self.bytes.get(self.at..).unwrap_or_default();
        let (record, kind) = known(parameter);
        check(kind, value)
            .map_err(|(rule, field, at)| self.refuse(rule, ["quadruple", record, field], self.at.saturating_add(at)))?;
        let value = core::str::from_utf8(value).unwrap_or_default();
        Ok(Part::Quadruple { time, address, parameter, value })
    }

    fn address(&mut self) -> Result<Address, Refusal> {
        let (start, own) = (self.at, self.field());
        let wrong = |rule| self.refuse(rule, ["quadruple", "address", ""], start);
        let [b'5', b'0', b'1', pillar, slot] = *own else { return Err(wrong(Rule::AddressValue)) };
        let known = matches!(pillar, b'0'..=b'3') && matches!(slot, b'0'..=b'9' | b'A'..=b'O');
        require!(known, wrong(Rule::AddressValue));
        require!((pillar == b'0') == (slot == b'0'), wrong(Rule::AddressDevice));
        Ok(Address::of_pump(pillar, slot).unwrap_or(Address::Device))
    }
}

/// Checks one complete frame from a device.
///
/// # Errors
/// The first broken rule: of the frame, then of its parts in the order of the bytes.
pub fn validate_answer(wire: &[u8], stuffed: bool) -> Result<(), Refusal> {
    let frame = Frame::read(wire, stuffed)?;
    Parts::of(&frame).try_for_each(|part| part.map(|_| ()))
}
