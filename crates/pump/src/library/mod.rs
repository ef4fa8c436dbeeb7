//! The drug library: its format, its checks and its content.
//!
//! A [`Library`] is a view of bytes that were found valid; records are read from them on demand.

pub mod concentration;
pub mod controlled;
pub mod crc;
mod cursor;
pub mod drug;
pub mod encode;
mod fields;
pub mod groups;
pub mod header;
mod limits;
pub mod named;
pub mod profile;
mod rules;
pub mod setup;
mod tables;
mod text;
pub mod units;
pub mod validate;

use alloc::vec::Vec;

pub use concentration::{Concentration, Content};
pub use controlled::{Accumulated, Mode, Model, Pca, Tci};
pub use drug::{Agent, Drug, Ndc};
pub use groups::{Bolus, Continuous, Fluid, Intermittent};
pub use header::{Header, Section};
pub use named::{Advisory, Label, Therapy};
pub use profile::Profile;
pub use setup::{Body, Line, Module, Setup};
pub use units::{AmountUnit, Basis, Class, DoseUnit, Properties, Substance};

use crate::library::cursor::{Reader, Window, narrow};
use crate::library::tables::Entry;
use crate::refusal::Table;

/// Where the records of a valid library are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Start and end of each section.
    sections: [(u32, u32); 7],
    /// The offsets of each section's records.
    records: [Vec<u32>; 7],
}

impl Index {
    /// How many records a table has.
    #[must_use]
    pub fn count(&self, table: Table) -> usize {
        self.records.get(table.number()).map_or(0, Vec::len)
    }

    /// Offset of a record in the file.
    #[must_use]
    pub fn offset(&self, table: Table, number: usize) -> Option<u32> {
        self.records.get(table.number())?.get(number).copied()
    }
}

/// A view of a valid library.
#[derive(Debug, Clone, Copy)]
pub struct Library<'a> {
    bytes: &'a [u8],
    index: &'a Index,
}

impl<'a> Library<'a> {
    /// A view of the bytes for which [`validate`](validate::validate) gave the index.
    #[must_use]
    pub const fn new(bytes: &'a [u8], index: &'a Index) -> Self {
        Self { bytes, index }
    }

    /// The file.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where its records are.
    #[must_use]
    pub const fn index(&self) -> &'a Index {
        self.index
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> Option<Header<'a>> {
        Header::parse(self.bytes).ok()
    }

    /// The name of the data set.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.header().map_or("", |header| header.name)
    }

    /// The unique id of the data set.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.header().map_or([0; 16], |header| header.id)
    }

    /// The version of the data set.
    #[must_use]
    pub fn revision(&self) -> u16 {
        self.header().map_or(0, |header| header.revision)
    }

    /// When the data set was created, in Unix seconds.
    #[must_use]
    pub fn created(&self) -> u32 {
        self.header().map_or(0, |header| header.created)
    }

    /// The file's CRC.
    #[must_use]
    pub fn crc(&self) -> u32 {
        self.bytes.last_chunk().map_or(0, |crc| u32::from_le_bytes(*crc))
    }

    /// The section from a record on.
    fn reader(&self, table: Table, number: usize) -> Option<Reader<'a>> {
        let (_, end) = *self.index.sections.get(table.number())?;
        let offset = self.index.offset(table, number)?;
        let bytes = self.bytes.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?)?;
        Some(Reader::new(bytes, offset, Window::Section(table)))
    }

    fn entry<T: Entry<'a>>(&self, number: usize) -> Option<T> {
        T::parse(&mut self.reader(T::TABLE, number)?, 0).ok()
    }

    /// A profile, by its number from 0.
    #[must_use]
    pub fn profile(&self, number: usize) -> Option<Profile<'a>> {
        self.entry(number)
    }

    /// A drug, by its number from 0.
    #[must_use]
    pub fn drug(&self, number: usize) -> Option<Drug<'a>> {
        self.entry(number)
    }

    /// A concentration, by its number from 0.
    #[must_use]
    pub fn concentration(&self, number: usize) -> Option<Concentration> {
        self.entry(number)
    }

    /// A therapy, by its number from 0.
    #[must_use]
    pub fn therapy(&self, number: usize) -> Option<Therapy<'a>> {
        self.entry(number)
    }

    /// An advisory, by its number from 0.
    #[must_use]
    pub fn advisory(&self, number: usize) -> Option<Advisory<'a>> {
        self.entry(number)
    }

    /// A label, by its number from 0.
    #[must_use]
    pub fn label(&self, number: usize) -> Option<Label<'a>> {
        self.entry(number)
    }

    /// A set-up, by its number from 0.
    #[must_use]
    pub fn setup(&self, number: usize) -> Option<Setup> {
        Setup::parse(&mut self.reader(Table::Setup, number)?).ok()
    }

    /// All profiles.
    pub fn profiles(self) -> impl Iterator<Item = Profile<'a>> {
        (0..).map_while(move |number| self.profile(number))
    }

    /// All drugs.
    pub fn drugs(self) -> impl Iterator<Item = Drug<'a>> {
        (0..).map_while(move |number| self.drug(number))
    }

    /// All concentrations.
    pub fn concentrations(self) -> impl Iterator<Item = Concentration> {
        (0..).map_while(move |number| self.concentration(number))
    }

    /// All therapies.
    pub fn therapies(self) -> impl Iterator<Item = Therapy<'a>> {
        (0..).map_while(move |number| self.therapy(number))
    }

    /// All advisories.
    pub fn advisories(self) -> impl Iterator<Item = Advisory<'a>> {
        (0..).map_while(move |number| self.advisory(number))
    }

    /// All labels.
    pub fn labels(self) -> impl Iterator<Item = Label<'a>> {
        (0..).map_while(move |number| self.label(number))
    }

    /// All set-ups.
    pub fn setups(self) -> impl Iterator<Item = Setup> {
        (0..).map_while(move |number| self.setup(number))
    }

    /// The first set-up for a drug in a profile; the names are compared as they are.
    #[must_use]
    pub fn find_setup(&self, profile: &str, drug: &str) -> Option<Setup> {
        let profile = self.profiles().find(|one| one.name == profile)?.id;
        let drug = self.drugs().find(|one| one.name == drug)?.id;
        self.setups().find(|setup| setup.profile == profile && setup.drug == drug)
    }
}

/// Start and end of a section.
fn extent(section: &Reader<'_>) -> (u32, u32) {
    let start = section.offset();
    (start, start.saturating_add(narrow(section.rest().len())))
}
