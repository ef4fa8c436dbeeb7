//! Writing a library from its records.

use alloc::vec::Vec;

use crate::library::Library;
use crate::library::crc::checksum;
use crate::library::cursor::narrow;
use crate::library::fields;
use crate::library::header::{Header, Section};
use crate::refusal::Table;

/// Writes the whole file anew: records, lengths, directory and checksums.
///
/// For a valid library this gives its bytes again.
#[must_use]
pub fn encode(library: &Library<'_>) -> Vec<u8> {
    let Some(header) = library.header() else {
        return Vec::new();
    };
    let length = fields::length(&header).saturating_add(4);
    let mut header = Header { length: u16::try_from(length).unwrap_or(u16::MAX), ..header };
    let mut body = Vec::new();
    let places = header.counts.iter_mut().zip(&mut header.directory);
    for (table, (count, section)) in Table::ALL.into_iter().zip(places) {
        let start = body.len();
        let records = write_section(library, table, &mut body);
        let bytes = body.get(start..).unwrap_or_default();
        *count = u16::try_from(records).unwrap_or(u16::MAX);
        *section =
            Section { offset: narrow(length.saturating_add(start)), length: narrow(bytes.len()), crc: checksum(bytes) };
    }
    header.file_length = narrow(length.saturating_add(body.len()).saturating_add(4));

    let mut out = Vec::with_capacity(length.saturating_add(body.len()).saturating_add(4));
    fields::emit(&header, &mut out);
    let crc = checksum(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out.append(&mut body);
    let crc = checksum(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// Writes the records of a table and counts them.
fn write_section(library: &Library<'_>, table: Table, out: &mut Vec<u8>) -> usize {
    match table {
        Table::Profile => library.profiles().map(|one| one.emit(out)).count(),
        Table::Drug => library.drugs().map(|one| one.emit(out)).count(),
        Table::Concentration => library.concentrations().map(|one| one.emit(out)).count(),
        Table::Therapy => library.therapies().map(|one| one.emit(out)).count(),
        Table::Advisory => library.advisories().map(|one| one.emit(out)).count(),
        Table::Label => library.labels().map(|one| one.emit(out)).count(),
        Table::Setup => library.setups().map(|one| one.emit(out)).count(),
    }
}
