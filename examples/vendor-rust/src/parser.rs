//! The vendor's parser. It knows nothing of infuzz.
//!
//! All numbers are big-endian; the layout is told in `format.toml`.

use std::fmt;

const HEADER: usize = 16;
const RECORD: usize = 16;

/// A drug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drug {
    /// Its number, by which limits name it.
    pub id: u8,
    /// Its name.
    pub name: String,
    /// 1 fluid, 2 sedative, 4 vasopressor.
    pub class: u8,
}

/// The limits of a drug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The drug's number.
    pub drug: u8,
    /// 1 ml/h, 2 mg/h, 3 mcg/min.
    pub unit: u8,
    /// What may be exceeded after a confirmation, in tenths of the unit.
    pub soft_max: u32,
    /// What may not be exceeded, in tenths of the unit.
    pub hard_max: u32,
    /// The longest infusion in minutes.
    pub minutes: u16,
    /// Of its alarms.
    pub priority: u8,
}

/// A drug list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrugList {
    /// Its revision.
    pub revision: u16,
    /// Its drugs, by ascending number.
    pub drugs: Vec<Drug>,
    /// At most one for each drug.
    pub limits: Vec<Limit>,
}

/// Why a list is not taken: the rule of the vendor's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// Mistakes to plant, to see them found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The soft maximum is not compared with the hard one.
    SoftMaxNotCompared,
    /// The sum of the last limit is not looked at.
    LastSumSkipped,
    /// The stated number of limits is believed.
    CountTrusted,
}

impl DrugList {
    /// Reads a list; whatever breaks a rule is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        Self::parse_with(bytes, None)
    }

    /// The same with a mistake in it.
    pub fn parse_with(bytes: &[u8], bug: Option<Bug>) -> Result<Self, Refused> {
        let header = bytes.first_chunk::<HEADER>().ok_or(Refused("file.length"))?;
        require(header.starts_with(b"DRIP"), "file.magic")?;
        require(header[4] == 2, "file.version")?;
        let (drugs, limits) = (usize::from(header[5]), usize::from(header[6]));
        require((1..=32).contains(&drugs) && (1..=64).contains(&limits), "count.range")?;
        require(header[7] == 0, "file.reserved")?;
        let (drugs_at, limits_at) = (usize::from(be16(header, 8)), usize::from(be16(header, 10)));
        require(drugs_at == HEADER && limits_at == HEADER + drugs * RECORD, "file.offset")?;
        let end = limits_at + limits * RECORD;
        require(usize::from(be16(header, 12)) == bytes.len(), "file.length")?;
        require(bytes.len() == end || bug == Some(Bug::CountTrusted), "file.length")?;
        let revision = be16(header, 14);
        require(revision > 0, "number.range")?;

        let mut list = DrugList { revision, drugs: Vec::new(), limits: Vec::new() };
        for record in bytes[drugs_at..limits_at].chunks_exact(RECORD) {
            require(is_sum_right(record), "record.sum")?;
            list.add_drug(record)?;
        }
        for position in 0..limits {
            let at = limits_at + position * RECORD;
            let record = &bytes[at..at + RECORD];
            let skipped = bug == Some(Bug::LastSumSkipped) && position + 1 == limits;
            require(skipped || is_sum_right(record), "record.sum")?;
            list.add_limit(record, bug)?;
        }
        Ok(list)
    }

    fn add_drug(&mut self, record: &[u8]) -> Result<(), Refused> {
        let id = record[0];
        require(id > 0, "number.range")?;
        require(self.drugs.last().is_none_or(|last| last.id < id), "drug.order")?;
        // The name ends at the first zero or fills its place.
        let name = record[1..14].split(|byte| *byte == 0).next().unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| Refused("text.utf8"))?;
        require(name.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "text.charset")?;
        require(!name.trim().is_empty(), "text.blank")?;
        require(self.drugs.iter().all(|drug| drug.name != name), "drug.unique")?;
        require(matches!(record[14], 1 | 2 | 4), "enum.value")?;
        self.drugs.push(Drug { id, name: name.to_string(), class: record[14] });
        Ok(())
    }

    fn add_limit(&mut self, record: &[u8], bug: Option<Bug>) -> Result<(), Refused> {
        let limit = Limit {
            drug: record[0],
            unit: record[1],
            soft_max: be32(record, 2),
            hard_max: be32(record, 6),
            minutes: be16(record, 10),
            priority: record[12],
        };
        require(self.drugs.iter().any(|drug| drug.id == limit.drug), "limit.drug")?;
        require(self.limits.iter().all(|other| other.drug != limit.drug), "limit.unique")?;
        require((1..=3).contains(&limit.unit), "enum.value")?;
        for dose in [limit.soft_max, limit.hard_max] {
            require((1..=999_999).contains(&dose), "number.range")?;
        }
        require(limit.soft_max <= limit.hard_max || bug == Some(Bug::SoftMaxNotCompared), "limit.order")?;
        require((1..=1440).contains(&limit.minutes), "number.range")?;
        require((1..=3).contains(&limit.priority), "number.range")?;
        require(record[13..15] == [0, 0], "file.reserved")?;
        self.limits.push(limit);
        Ok(())
    }

    /// The limits of the drug with this name.
    pub fn limit_of(&self, name: &str) -> Option<&Limit> {
        let drug = self.drugs.iter().find(|drug| drug.name == name)?;
        self.limits.iter().find(|limit| limit.drug == drug.id)
    }
}

fn require(holds: bool, rule: &'static str) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(Refused(rule)) }
}

/// The last byte of a record is the sum of those before it.
fn is_sum_right(record: &[u8]) -> bool {
    record.split_last().is_some_and(|(sum, rest)| rest.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) == *sum)
}

fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
