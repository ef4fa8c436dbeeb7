//! The header of a library.

use crate::library::crc::checksum;
use crate::library::cursor::{Reader, Window, directory_offset};
use crate::library::fields::{Fields, Visitor};
use crate::library::text;
use crate::refusal::{Refusal, Table};
use crate::rule::Rule;

/// The signature at the start of a file.
pub const MAGIC: [u8; 4] = *b"IDL1";
/// The version of the format.
pub const VERSION: u16 = 1;

/// The status of a data set that may be used.
const RELEASED: u8 = 3;
/// The first second of the year 2000 and the last one of the year 2099.
const DATES: core::ops::RangeInclusive<u32> = 946_684_800..=4_102_444_799;

/// Offset of the length and of the CRC in a directory entry.
pub(crate) const DIRECTORY_LENGTH: u32 = 4;
const DIRECTORY_CRC: u32 = 8;

const COUNTS: [&str; 7] = [
    "header.counts.profiles",
    "header.counts.drugs",
    "header.counts.concentrations",
    "header.counts.therapies",
    "header.counts.advisories",
    "header.counts.labels",
    "header.counts.setups",
];
const OFFSETS: [&str; 7] = [
    "header.directory.profiles.offset",
    "header.directory.drugs.offset",
    "header.directory.concentrations.offset",
    "header.directory.therapies.offset",
    "header.directory.advisories.offset",
    "header.directory.labels.offset",
    "header.directory.setups.offset",
];
pub(crate) const LENGTHS: [&str; 7] = [
    "header.directory.profiles.length",
    "header.directory.drugs.length",
    "header.directory.concentrations.length",
    "header.directory.therapies.length",
    "header.directory.advisories.length",
    "header.directory.labels.length",
    "header.directory.setups.length",
];
const CRCS: [&str; 7] = [
    "header.directory.profiles.crc",
    "header.directory.drugs.crc",
    "header.directory.concentrations.crc",
    "header.directory.therapies.crc",
    "header.directory.advisories.crc",
    "header.directory.labels.crc",
    "header.directory.setups.crc",
];
const COUNT_LIMITS: [(u16, u16); 7] = [(1, 30), (1, 2500), (0, 5000), (0, 250), (0, 100), (0, 100), (1, 10000)];

/// Where a section is, and its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Section {
    /// Offset of its first byte.
    pub offset: u32,
    /// How many bytes it has.
    pub length: u32,
    /// The CRC of those bytes.
    pub crc: u32,
}

/// The header of a released data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// Length of the header in bytes.
    pub length: u16,
    /// Length of the file in bytes.
    pub file_length: u32,
    /// The number of records of each table, in the order of [`Table::ALL`].
    pub counts: [u16; 7],
    /// The sections, in the same order.
    pub directory: [Section; 7],
    /// The unique id of the data set.
    pub id: [u8; 16],
    /// The version of the data set.
    pub revision: u16,
    /// When it was created, in Unix seconds.
    pub created: u32,
    /// From when it is meant to be used, in Unix seconds.
    pub activates: u32,
    /// The name of the data set.
    pub name: &'a str,
    /// The hospital.
    pub hospital: &'a str,
    /// The CRC of the header.
    pub crc: u32,
}

impl<'a> Header<'a> {
    /// Reads and checks the header of a file.
    pub(crate) fn parse(file: &'a [u8]) -> Result<Self, Refusal> {
        let mut start = Reader::new(file, 0, Window::File);
        let magic = start.array::<4>()?;
        require!(magic == MAGIC, start.refuse(Rule::HeaderMagic, "header.magic", 4));
        let version = start.u16()?;
        require!(version == VERSION, start.refuse(Rule::HeaderVersion, "header.version", 2));
        let length = start.u16()?;
        let file_length = start.u32()?;
        require!(
            usize::try_from(file_length) == Ok(file.len()),
            start.refuse(Rule::FileLength, "header.file_length", 4)
        );

        let mut whole = Reader::new(file, 0, Window::Header);
        let mut r = whole.take(usize::from(length).saturating_sub(4))?;
        let crc = whole.u32()?;
        require!(checksum(r.rest()) == crc, whole.refuse(Rule::HeaderCrc, "header.crc", 4));
        r.bytes(12)?;

        let mut counts = [0; 7];
        for ((count, (low, high)), name) in counts.iter_mut().zip(COUNT_LIMITS).zip(COUNTS) {
            *count = r.u16()?;
            require!((low..=high).contains(count), r.refuse(Rule::CountRange, name, 2));
        }
        let reserved = r.u16()?;
        require!(reserved == 0, r.refuse(Rule::HeaderReserved, "header.reserved", 2));
        let directory = directory(&mut r, u32::from(length))?;

        let id = r.array::<16>()?;
        require!(id != [0; 16] && id != [0xFF; 16], r.refuse(Rule::HeaderId, "header.id", 16));
        let revision = r.u16()?;
        require!(revision >= 1, r.refuse(Rule::NumberRange, "header.revision", 2));
        let status = r.u8()?;
        require!(
            status == RELEASED,
            match status {
                1 | 2 => r.refuse(Rule::HeaderReleased, "header.status", 1),
                _ => r.refuse(Rule::EnumValue, "header.status", 1),
            }
        );
        let created = r.u32()?;
        require!(DATES.contains(&created), r.refuse(Rule::NumberRange, "header.created", 4));
        let activates = r.u32()?;
        require!(DATES.contains(&activates), r.refuse(Rule::NumberRange, "header.activates", 4));
        require!(activates >= created, r.refuse(Rule::HeaderActivation, "header.activates", 4));
        let name = text::read(&mut r, "header.name", text::NAME)?;
        let hospital = text::read(&mut r, "header.hospital", text::HOSPITAL)?;
        require!(r.is_empty(), Refusal::new(Rule::HeaderLength, None, "header.length", 6));
        Ok(Self { length, file_length, counts, directory, id, revision, created, activates, name, hospital, crc })
    }
}

/// Reads the directory; the sections follow one another after the header.
fn directory(r: &mut Reader<'_>, header_length: u32) -> Result<[Section; 7], Refusal> {
    let mut directory = [Section::default(); 7];
    let mut end = header_length;
    for (section, name) in directory.iter_mut().zip(OFFSETS) {
        let offset = r.u32()?;
        require!(offset == end, r.refuse(Rule::SectionOffset, name, 4));
        let length = r.u32()?;
        let crc = r.u32()?;
        *section = Section { offset, length, crc };
        end = end.saturating_add(length);
    }
    Ok(directory)
}

/// Checks the CRCs of the sections and of the file, and cuts the file into its sections.
pub(crate) fn sections<'a>(file: &'a [u8], header: &Header<'a>) -> Result<[Reader<'a>; 7], Refusal> {
    let start = usize::from(header.length);
    let (before, crc) = file.split_last_chunk::<4>().unwrap_or((&[], &[0; 4]));
    let mut rest = Reader::new(before.get(start..).unwrap_or_default(), u32::from(header.length), Window::File);
    let mut sections = [rest; 7];
    for ((section, table), entry) in sections.iter_mut().zip(Table::ALL).zip(header.directory) {
        let length = usize::try_from(entry.length).unwrap_or(usize::MAX);
        rest = rest.within(Window::Section(table));
        *section = rest.take(length)?;
        let crc_name = CRCS.get(table.number()).copied().unwrap_or_default();
        require!(
            checksum(section.rest()) == entry.crc,
            Refusal::new(Rule::SectionCrc, None, crc_name, directory_offset(table).wrapping_add(DIRECTORY_CRC))
        );
    }
    require!(rest.is_empty(), Refusal::new(Rule::FileLength, None, "header.file_length", 8));
    require!(
        checksum(before) == u32::from_le_bytes(*crc),
        Refusal::new(Rule::FileCrc, None, "file_crc", rest.offset())
    );
    Ok(sections)
}

impl Fields for Header<'_> {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.field("header.magic", super::fields::Value::Bytes(&MAGIC));
        visitor.u16("header.version", VERSION);
        visitor.u16("header.length", self.length);
        visitor.u32("header.file_length", self.file_length);
        for (name, count) in COUNTS.into_iter().zip(self.counts) {
            visitor.u16(name, count);
        }
        visitor.u16("header.reserved", 0);
        let names = OFFSETS.into_iter().zip(LENGTHS).zip(CRCS);
        for (((offset, length), crc), section) in names.zip(self.directory) {
            visitor.u32(offset, section.offset);
            visitor.u32(length, section.length);
            visitor.u32(crc, section.crc);
        }
        visitor.field("header.id", super::fields::Value::Bytes(&self.id));
        visitor.u16("header.revision", self.revision);
        visitor.u8("header.status", RELEASED);
        visitor.u32("header.created", self.created);
        visitor.u32("header.activates", self.activates);
        visitor.text("header.name", self.name);
        visitor.text("header.hospital", self.hospital);
    }
}
