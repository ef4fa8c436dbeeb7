//! Reading the fields of one record, which knows its place in the image.

use super::refusal::{Path, Refusal, Rule};
use crate::library::crc::checksum;

/// What a field is called within its record.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Name {
    part: &'static str,
    item: Option<u8>,
    field: &'static str,
    end: &'static str,
}

impl From<&'static str> for Name {
    fn from(part: &'static str) -> Self {
        Name { part, ..Name::default() }
    }
}

/// A field within a part.
pub(super) fn within(part: &'static str, field: &'static str) -> Name {
    Name { part, field, ..Name::default() }
}

/// An end of a pair of limits.
pub(super) fn limit(part: &'static str, field: &'static str, end: &'static str) -> Name {
    Name { part, item: None, field, end }
}

/// An item of a list, or a field of it.
pub(super) fn item(part: &'static str, item: usize, field: &'static str) -> Name {
    Name { part, item: u8::try_from(item).ok(), field, end: "" }
}

/// The bytes of a record with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) bytes: &'a [u8],
    offset: usize,
    name: &'static str,
    slot: Option<u8>,
}

impl<'a> Record<'a> {
    pub(super) fn new(bytes: &'a [u8], offset: usize, name: &'static str, slot: Option<usize>) -> Self {
        Self { bytes, offset, name, slot: slot.and_then(|slot| u8::try_from(slot).ok()) }
    }

    /// The refusal of a field that starts at this byte of the record.
    #[cold]
    pub(super) fn refuse(&self, rule: Rule, name: impl Into<Name>, at: usize) -> Refusal {
        let Name { part, item, field, end } = name.into();
        let path = Path { record: self.name, slot: self.slot, part, item, field, end };
        Refusal { rule, path, offset: self.offset.saturating_add(at) }
    }

    /// So many bytes from `at` on; records have them all, since slots have a fixed size.
    pub(super) fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    pub(super) fn u8(&self, at: usize) -> u8 {
        u8::from_le_bytes(self.array(at))
    }

    pub(super) fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.array(at))
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.array(at))
    }

    /// A number that is finite and not negative.
    pub(super) fn number(&self, at: usize, name: impl Into<Name>) -> Result<f32, Refusal> {
        let number = f32::from_le_bytes(self.array(at));
        require!(number.is_finite() && number >= 0.0, self.refuse(Rule::NumberRange, name, at));
        Ok(number)
    }

    /// A time in seconds.
    pub(super) fn time(&self, at: usize, name: impl Into<Name>) -> Result<u32, Refusal> {
        let seconds = self.u32(at);
        require!(seconds.is_multiple_of(60), self.refuse(Rule::NumberResolution, name, at));
        Ok(seconds)
    }

    /// An enumerated field whose values are those below a number.
    pub(super) fn below(&self, at: usize, values: u8, name: impl Into<Name>) -> Result<u8, Refusal> {
        let value = self.u8(at);
        require!(value < values, self.refuse(Rule::EnumValue, name, at));
        Ok(value)
    }

    /// A text in a field of fixed size.
    pub(super) fn text(&self, at: usize, size: usize, most: usize, name: impl Into<Name>) -> Result<&'a [u8], Refusal> {
        let name = name.into();
        let bytes = self.bytes.get(at..at.saturating_add(size)).unwrap_or_default();
        let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let (text, rest) = bytes.split_at_checked(length).unwrap_or_default();
        require!(rest.iter().all(|byte| *byte == 0), self.refuse(Rule::TextPadding, name, at));
        require!(core::str::from_utf8(text).is_ok(), self.refuse(Rule::TextUtf8, name, at));
        require!(text.iter().all(|byte| (0x20..=0x7E).contains(byte)), self.refuse(Rule::TextCharset, name, at));
        require!(length <= most, self.refuse(Rule::TextCharacters, name, at));
        Ok(text)
    }

    /// Whether bytes are all the same.
    fn is_filled(&self, at: usize, size: usize, fill: u8) -> bool {
        self.bytes.get(at..at.saturating_add(size)).unwrap_or_default().iter().all(|byte| *byte == fill)
    }

    /// Bytes that mean nothing.
    pub(super) fn unused(&self, at: usize, size: usize, name: impl Into<Name>) -> Result<(), Refusal> {
        require!(self.is_filled(at, size, 0xFF), self.refuse(Rule::RecordUnused, name, at));
        Ok(())
    }

    /// Bytes that are always the same.
    pub(super) fn constant(&self, at: usize, bytes: &[u8], name: impl Into<Name>) -> Result<(), Refusal> {
        let own = self.bytes.get(at..at.saturating_add(bytes.len())).unwrap_or_default();
        require!(own == bytes, self.refuse(Rule::RecordConstant, name, at));
        Ok(())
    }

    /// The check in the last four bytes.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let at = self.bytes.len().saturating_sub(4);
        let covered = self.bytes.get(..at).unwrap_or_default();
        require!(checksum(covered) == self.u32(at), self.refuse(Rule::RecordCrc, "crc", at));
        Ok(())
    }

    /// How many of a list of small slots are used, as a field states: no more than there are, and
    /// the others are filled with one byte.
    pub(super) fn counted(
        &self,
        count: (usize, &'static str),
        list: (usize, &'static str),
        (slots, size, fill): (usize, usize, u8),
    ) -> Result<usize, Refusal> {
        let used = usize::from(self.u8(count.0));
        require!(used <= slots, self.refuse(Rule::CountRange, count.1, count.0));
        for slot in used..slots {
            let at = list.0.saturating_add(slot.saturating_mul(size));
            let name = item(list.1, slot, "");
            require!(self.is_filled(at, size, fill), self.refuse(Rule::SlotUnused, name, at));
        }
        Ok(used)
    }
}
