//! Reading numbers and byte strings one after the other, within a window of the file.

use crate::library::header::{DIRECTORY_LENGTH, LENGTHS};
use crate::refusal::{Place, Record, Refusal, Table};
use crate::rule::Rule;

/// What a window is, and so which rule is broken when it has too few bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Window {
    /// The file.
    File,
    /// The header.
    Header,
    /// A section.
    Section(Table),
    /// A set-up that starts at this offset.
    Setup(u32),
}

/// A position in a window of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Offset of the window's end in the file.
    stop: u32,
    window: Window,
    record: Option<Record>,
}

/// A length or an offset as the format states it; no accepted file is too long for it.
pub(crate) fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<'a> Reader<'a> {
    /// A reader of bytes whose first one stands at the offset.
    pub(crate) fn new(bytes: &'a [u8], offset: u32, window: Window) -> Self {
        Self { rest: bytes, stop: offset.wrapping_add(narrow(bytes.len())), window, record: None }
    }

    /// The same position, read as part of another window.
    pub(crate) fn within(self, window: Window) -> Self {
        Self { window, ..self }
    }

    /// The window from another offset on.
    pub(crate) fn at(self, offset: u32) -> Option<Self> {
        let skipped = usize::try_from(offset.checked_sub(self.offset())?).ok()?;
        Some(Self { rest: self.rest.get(skipped..)?, ..self })
    }

    /// Says which record is read from here on.
    #[inline]
    pub(crate) fn enter(&mut self, record: Record) {
        self.record = Some(record);
    }

    /// The record being read.
    #[inline]
    pub(crate) fn record(&self) -> Option<Record> {
        self.record
    }

    /// Offset of the next byte in the file.
    #[inline(always)]
    pub(crate) fn offset(&self) -> u32 {
        self.stop.wrapping_sub(narrow(self.rest.len()))
    }

    /// The bytes not read yet.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The refusal of the field that was read last and has this many bytes.
    #[cold]
    #[inline(never)]
    pub(crate) fn refuse(self, rule: Rule, place: impl Into<Place>, bytes: u32) -> Refusal {
        Refusal::new(rule, self.record, place, self.offset().wrapping_sub(bytes))
    }

    /// The refusal of a window with too few bytes.
    #[cold]
    #[inline(never)]
    fn exhausted(self) -> Refusal {
        match self.window {
            Window::File => Refusal::new(Rule::FileLength, None, "header.file_length", 8),
            Window::Header => Refusal::new(Rule::HeaderLength, None, "header.length", 6),
            Window::Section(table) => section_length(table),
            Window::Setup(offset) => Refusal::new(Rule::RecordLength, self.record, "length", offset),
        }
    }

    /// The next bytes as a window of their own.
    #[inline(always)]
    pub(crate) fn take(&mut self, length: usize) -> Result<Self, Refusal> {
        let offset = self.offset();
        let head = self.bytes(length)?;
        Ok(Self { rest: head, stop: offset.wrapping_add(narrow(length)), ..*self })
    }

    /// The next bytes. Here alone it shows whether there are as many.
    #[inline(always)]
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Refusal> {
        match self.rest.split_at_checked(length) {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(head)
            }
            None => Err(self.exhausted()),
        }
    }

    /// The next bytes of a fixed number.
    #[inline(always)]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let head = self.bytes(N)?;
        Ok(head.first_chunk().copied().unwrap_or([0; N]))
    }

    /// A number of one byte.
    #[inline(always)]
    pub(crate) fn u8(&mut self) -> Result<u8, Refusal> {
        self.array().map(u8::from_le_bytes)
    }

    /// A number of two bytes.
    #[inline(always)]
    pub(crate) fn u16(&mut self) -> Result<u16, Refusal> {
        self.array().map(u16::from_le_bytes)
    }

    /// A number of four bytes.
    #[inline(always)]
    pub(crate) fn u32(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }
}

/// The refusal of a section that has not exactly the length of its records.
#[cold]
pub(crate) fn section_length(table: Table) -> Refusal {
    let field = LENGTHS.get(table.number()).copied().unwrap_or_default();
    Refusal::new(Rule::SectionLength, None, field, directory_offset(table).wrapping_add(DIRECTORY_LENGTH))
}

/// Offset of a section's entry in the header.
pub(crate) fn directory_offset(table: Table) -> u32 {
    28_u32.wrapping_add(narrow(table.number()).wrapping_mul(12))
}
