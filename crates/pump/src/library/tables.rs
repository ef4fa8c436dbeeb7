//! What the tables have in common: ids that ascend, unique names, references.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::library::cursor::{Reader, section_length};
use crate::library::text::{fingerprint, folded};
use crate::refusal::{Record, Refusal, Table};
use crate::rule::Rule;

/// A record that has an id.
pub(crate) trait Entry<'a>: Sized {
    /// Its table.
    const TABLE: Table;
    /// No record takes fewer bytes.
    const LEAST: usize;

    /// Reads the record that follows the one with the id `previous`.
    fn parse(reader: &mut Reader<'a>, previous: u16) -> Result<Self, Refusal>;

    /// Its id.
    fn id(&self) -> u16;
}

/// Reads the id of a record; it is greater than the one before it in the table.
#[inline]
pub(crate) fn read_id(reader: &mut Reader<'_>, previous: u16) -> Result<u16, Refusal> {
    let id = reader.u16()?;
    require!(
        id > previous,
        match id {
            0 => reader.refuse(Rule::NumberRange, "id", 2),
            _ => reader.refuse(Rule::IdOrder, "id", 2),
        }
    );
    Ok(id)
}

/// How many times more ids than records there may be for the records to be found directly.
const SPREAD: usize = 4;

/// The ids of a table and the offsets of its records.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    ids: Vec<u16>,
    offsets: Vec<u32>,
    /// For each id from the first one on: the number of its record, counted from 1, or 0.
    /// Empty if the ids are too far apart for it.
    numbers: Vec<u16>,
}

impl Ids {
    /// The number of the record with the id.
    #[inline]
    pub(crate) fn find(&self, id: u16) -> Option<usize> {
        let first = self.ids.first().copied()?;
        if self.numbers.is_empty() {
            return self.ids.binary_search(&id).ok();
        }
        let number = self.numbers.get(usize::from(id.checked_sub(first)?))?;
        usize::from(*number).checked_sub(1)
    }

    /// Prepares for finding records by their id.
    fn number(&mut self) {
        let (Some(first), Some(last)) = (self.ids.first(), self.ids.last()) else {
            return;
        };
        let span = usize::from(last.saturating_sub(*first)).saturating_add(1);
        if span > self.ids.len().saturating_mul(SPREAD) {
            return;
        }
        self.numbers = vec![0; span];
        for (number, id) in (1..).zip(&self.ids) {
            let place = usize::from(id.saturating_sub(*first));
            if let Some(slot) = self.numbers.get_mut(place) {
                *slot = number;
            }
        }
    }

    /// The offset of a record.
    pub(crate) fn offset(&self, number: usize) -> u32 {
        self.offsets.get(number).copied().unwrap_or_default()
    }

    /// The offsets of all records.
    pub(crate) fn into_offsets(self) -> Vec<u32> {
        self.offsets
    }
}

/// How many records to make room for: not more than the bytes that are there can hold.
pub(crate) fn room(count: u16, reader: &Reader<'_>, least: usize) -> usize {
    usize::from(count).min(reader.rest().len().checked_div(least).unwrap_or(0))
}

/// Reads a section and shows each of its records, with its number and extent, to `each`.
pub(crate) fn read_table<'a, T: Entry<'a>>(
    mut reader: Reader<'a>,
    count: u16,
    mut each: impl FnMut(u16, &T, Range<u32>) -> Result<(), Refusal>,
) -> Result<Ids, Refusal> {
    let room = room(count, &reader, T::LEAST);
    let mut ids = Ids { ids: Vec::with_capacity(room), offsets: Vec::with_capacity(room), numbers: Vec::new() };
    let mut previous = 0;
    for number in 0..count {
        reader.enter(Record { table: T::TABLE, number });
        let offset = reader.offset();
        let record = T::parse(&mut reader, previous)?;
        previous = record.id();
        ids.ids.push(previous);
        ids.offsets.push(offset);
        each(number, &record, offset..reader.offset())?;
    }
    require!(reader.is_empty(), section_length(T::TABLE));
    ids.number();
    Ok(ids)
}

/// Finds names that stand twice in a table.
#[derive(Debug)]
pub(crate) struct Names {
    /// A name's fingerprint, above the number of its record.
    keys: Vec<u64>,
}

impl Names {
    /// Room for the names of so many records.
    pub(crate) fn with_capacity(records: usize) -> Self {
        Self { keys: Vec::with_capacity(records) }
    }

    /// Adds a record's name.
    pub(crate) fn push(&mut self, number: u16, name: &str) {
        self.keys.push(fingerprint(name) << 16 | u64::from(number));
    }

    /// The first record that has the name of an earlier one.
    pub(crate) fn duplicate<'a>(mut self, name: impl Fn(u16) -> &'a str) -> Option<u16> {
        self.keys.sort_unstable();
        self.keys
            .chunk_by_mut(|one, two| *one >> 16 == *two >> 16)
            .filter(|run| run.len() > 1)
            .filter_map(|run| duplicate_in(run, &name))
            .min()
    }
}

/// The first duplicate among names with the same fingerprint.
fn duplicate_in<'a>(run: &mut [u64], name: &impl Fn(u16) -> &'a str) -> Option<u16> {
    let number = |key: u64| u16::try_from(key & 0xFFFF).unwrap_or_default();
    let compare = |one: &u64, two: &u64| folded(name(number(*one))).cmp(folded(name(number(*two))));
    // Equal names keep the order of their records.
    run.sort_unstable_by(|one, two| compare(one, two).then(one.cmp(two)));
    run.windows(2)
        .filter_map(|pair| match pair {
            [one, two] if compare(one, two).is_eq() => Some(number(*two)),
            _ => None,
        })
        .min()
}
