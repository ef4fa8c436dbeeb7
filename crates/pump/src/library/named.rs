//! The small tables: therapies, advisories and channel labels.

use alloc::vec::Vec;

use crate::library::cursor::Reader;
use crate::library::fields::{self, Fields, Visitor};
use crate::library::tables::{Entry, read_id};
use crate::library::text;
use crate::refusal::{Refusal, Table};
use crate::rule::Rule;

/// How many lines an advisory may have.
const MOST_LINES: usize = 8;

/// A therapy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Therapy<'a> {
    /// Id.
    pub id: u16,
    /// Name.
    pub name: &'a str,
}

/// An advisory: what the pump tells the nurse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advisory<'a> {
    /// Id.
    pub id: u16,
    /// Name.
    pub name: &'a str,
    /// Text of at most eight lines.
    pub text: &'a str,
}

/// A channel label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// Id.
    pub id: u16,
    /// Name.
    pub name: &'a str,
}

impl<'a> Entry<'a> for Therapy<'a> {
    const TABLE: Table = Table::Therapy;
    const LEAST: usize = 4;

    fn parse(r: &mut Reader<'a>, previous: u16) -> Result<Self, Refusal> {
        let id = read_id(r, previous)?;
        let name = text::read(r, "name", text::NAME)?;
        Ok(Self { id, name })
    }

    fn id(&self) -> u16 {
        self.id
    }
}

impl<'a> Entry<'a> for Advisory<'a> {
    const TABLE: Table = Table::Advisory;
    const LEAST: usize = 6;

    fn parse(r: &mut Reader<'a>, previous: u16) -> Result<Self, Refusal> {
        let id = read_id(r, previous)?;
        let name = text::read(r, "name", text::NAME)?;
        let start = r.offset();
        let text = text::read(r, "text", text::ADVISORY)?;
        require!(text.split('\n').count() <= MOST_LINES, Refusal::new(Rule::TextLines, r.record(), "text", start));
        Ok(Self { id, name, text })
    }

    fn id(&self) -> u16 {
        self.id
    }
}

impl<'a> Entry<'a> for Label<'a> {
    const TABLE: Table = Table::Label;
    const LEAST: usize = 4;

    fn parse(r: &mut Reader<'a>, previous: u16) -> Result<Self, Refusal> {
        let id = read_id(r, previous)?;
        let name = text::read(r, "name", text::NAME)?;
        Ok(Self { id, name })
    }

    fn id(&self) -> u16 {
        self.id
    }
}

impl Therapy<'_> {
    /// Appends the record's bytes.
    pub fn emit(&self, out: &mut Vec<u8>) {
        fields::emit(self, out);
    }
}

impl Advisory<'_> {
    /// Appends the record's bytes.
    pub fn emit(&self, out: &mut Vec<u8>) {
        fields::emit(self, out);
    }
}

impl Label<'_> {
    /// Appends the record's bytes.
    pub fn emit(&self, out: &mut Vec<u8>) {
        fields::emit(self, out);
    }
}

impl Fields for Therapy<'_> {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u16("id", self.id);
        visitor.text("name", self.name);
    }
}

impl Fields for Advisory<'_> {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u16("id", self.id);
        visitor.text("name", self.name);
        visitor.text("text", self.text);
    }
}

impl Fields for Label<'_> {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u16("id", self.id);
        visitor.text("name", self.name);
    }
}
