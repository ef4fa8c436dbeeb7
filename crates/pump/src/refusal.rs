//! Why something is refused: the rule, the record, the field and its place in the file.

use core::fmt;

use crate::rule::Rule;

/// A table of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// Profiles (care areas).
    Profile,
    /// Drugs.
    Drug,
    /// Concentrations.
    Concentration,
    /// Therapies.
    Therapy,
    /// Advisories.
    Advisory,
    /// Channel labels.
    Label,
    /// Set-ups.
    Setup,
}

impl Table {
    /// All tables in the order of their sections.
    pub const ALL: [Table; 7] = [
        Table::Profile,
        Table::Drug,
        Table::Concentration,
        Table::Therapy,
        Table::Advisory,
        Table::Label,
        Table::Setup,
    ];

    /// The name of one record of the table in a field path.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Table::Profile => "profile",
            Table::Drug => "drug",
            Table::Concentration => "concentration",
            Table::Therapy => "therapy",
            Table::Advisory => "advisory",
            Table::Label => "label",
            Table::Setup => "setup",
        }
    }

    /// The section's number, from 0.
    pub(crate) const fn number(self) -> usize {
        self as usize
    }
}

/// A record: its table and its number in it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Record {
    /// The table.
    pub table: Table,
    /// The record's number.
    pub number: u16,
}

/// A field within its record (or within the whole file, if it belongs to no record).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The field's name.
    pub field: &'static str,
    /// Its number, if the field is repeated.
    pub element: Option<u8>,
    /// The part of a repeated field, or nothing.
    pub member: &'static str,
}

impl Place {
    /// One of several fields of the same name, or a part of it.
    #[must_use]
    pub const fn element(field: &'static str, element: u8, member: &'static str) -> Self {
        Self { field, element: Some(element), member }
    }
}

impl From<&'static str> for Place {
    fn from(field: &'static str) -> Self {
        Self { field, element: None, member: "" }
    }
}

/// The first broken rule and where it is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {path} at byte {offset}", path = self.path())]
pub struct Refusal {
    /// The broken rule.
    pub rule: Rule,
    /// The record, unless the field belongs to the header or to the file.
    pub record: Option<Record>,
    /// The field.
    pub place: Place,
    /// Offset of the field's first byte in the file.
    pub offset: u32,
}

impl Refusal {
    /// A refusal at a field of a record, or of the file.
    #[cold]
    pub(crate) fn new(rule: Rule, record: Option<Record>, place: impl Into<Place>, offset: u32) -> Self {
        Self { rule, record, place: place.into(), offset }
    }

    /// A refusal of a transfer.
    #[cold]
    pub(crate) fn transfer(rule: Rule) -> Self {
        Self::new(rule, None, "transfer", 0)
    }

    /// A refusal of an activation.
    #[cold]
    pub(crate) fn activation(rule: Rule) -> Self {
        Self::new(rule, None, "activation", 0)
    }

    /// The field's path, to be displayed.
    #[must_use]
    pub const fn path(&self) -> FieldPath {
        FieldPath { record: self.record, place: self.place }
    }
}

/// A field path as the format's description writes it, such as `setup[3].continuous.soft_max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldPath {
    record: Option<Record>,
    place: Place,
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Record { table, number }) = self.record {
            write!(f, "{}[{number}].", table.name())?;
        }
        f.write_str(self.place.field)?;
        if let Some(element) = self.place.element {
            write!(f, "[{element}]")?;
        }
        if !self.place.member.is_empty() {
            write!(f, ".{}", self.place.member)?;
        }
        Ok(())
    }
}
