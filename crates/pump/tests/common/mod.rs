//! A small library written by hand, and ways to change it.
#![allow(dead_code, reason = "each test binary uses its part of this module")]

pub mod examples;
pub mod orders;

use pump::{Refusal, Rule, Table};

/// CRC-32/ISO-HDLC, bit by bit.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// Bytes that are put together.
#[derive(Clone, Default)]
pub struct Out(pub Vec<u8>);

impl Out {
    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }
    pub fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    pub fn u32s(mut self, values: &[u32]) -> Self {
        for value in values {
            self.0.extend(value.to_le_bytes());
        }
        self
    }
    pub fn text(mut self, text: &str) -> Self {
        self.0.push(text.len() as u8);
        self.0.extend(text.bytes());
        self
    }
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

/// A library as lists of records.
#[derive(Clone)]
pub struct Draft {
    pub tables: [Vec<Vec<u8>>; 7],
    pub id: [u8; 16],
    pub revision: u16,
    pub status: u8,
    pub created: u32,
    pub activates: u32,
    pub name: Vec<u8>,
    pub hospital: Vec<u8>,
    pub reserved: u16,
    pub version: u16,
}

pub const HEADER: usize = 139 + 5 + 9 + 4;

impl Draft {
    pub fn table(&mut self, table: Table) -> &mut Vec<Vec<u8>> {
        &mut self.tables[table as usize]
    }

    pub fn record(&mut self, table: Table, number: usize) -> &mut Vec<u8> {
        &mut self.tables[table as usize][number]
    }

    /// Offset of a record in the file.
    pub fn offset(&self, table: Table, number: usize) -> u32 {
        let header = 139 + self.name.len() + self.hospital.len() + 4;
        let before: usize = self.tables[..table as usize].iter().flatten().map(Vec::len).sum();
        let records = &self.tables[table as usize][..number];
        (header + before + records.iter().map(Vec::len).sum::<usize>()) as u32
    }

    pub fn write(&self) -> Vec<u8> {
        let header = 139 + self.name.len() + self.hospital.len() + 4;
        let bodies: Vec<Vec<u8>> = self.tables.iter().map(|table| table.concat()).collect();
        let total = header + bodies.iter().map(Vec::len).sum::<usize>() + 4;
        let mut out = Out::default().raw(b"IDL1").u16(self.version).u16(header as u16).u32(total as u32);
        for table in &self.tables {
            out = out.u16(table.len() as u16);
        }
        out = out.u16(self.reserved);
        let mut offset = header;
        for body in &bodies {
            out = out.u32(offset as u32).u32(body.len() as u32).u32(crc(body));
            offset += body.len();
        }
        out = out
            .raw(&self.id)
            .u16(self.revision)
            .u8(self.status)
            .u32(self.created)
            .u32(self.activates)
            .raw(&self.name)
            .raw(&self.hospital);
        let sum = crc(&out.0);
        out = out.u32(sum);
        for body in &bodies {
            out = out.raw(body);
        }
        let sum = crc(&out.0);
        out.u32(sum).0
    }
}

/// Puts the checksums of a file in order after a change in its header.
pub fn reseal(file: &mut [u8]) {
    let length = usize::from(u16::from_le_bytes([file[6], file[7]]));
    let sum = crc(&file[..length - 4]);
    file[length - 4..length].copy_from_slice(&sum.to_le_bytes());
    reseal_end(file);
}

/// Puts the file's checksum in order.
pub fn reseal_end(file: &mut [u8]) {
    let end = file.len() - 4;
    let sum = crc(&file[..end]);
    file[end..].copy_from_slice(&sum.to_le_bytes());
}

pub fn profile(id: u16, name: &str, setups: u16, rate: u32, vtbi: u32, options: u8) -> Vec<u8> {
    let mut out = Out::default()
        .u16(id)
        .text(name)
        .u16(setups)
        .u32s(&[rate, vtbi, 1000])
        .u16(300)
        .u16(100)
        .u8(2)
        .u8(1)
        .u8(options);
    if options & 4 != 0 {
        out = out.u32(1_500_000);
    }
    if options & 8 != 0 {
        out = out.u32(25_000);
    }
    out.0
}

pub fn drug(id: u16, name: &str, code: &str, agent: u8) -> Vec<u8> {
    Out::default().u16(id).text(name).text("short").text(code).text("").u8(1).u8(5).u8(agent).u8(0).u8(0).0
}

pub fn named(id: u16, name: &str) -> Vec<u8> {
    Out::default().u16(id).text(name).0
}

pub fn advisory(id: u16, name: &str, text: &str) -> Vec<u8> {
    Out::default().u16(id).text(name).text(text).0
}

pub fn standard(id: u16, drug: u16, unit: u8, amount: u32, volume: u32, quotient: u32) -> Vec<u8> {
    Out::default().u16(id).u16(drug).u8(1).u8(unit).u32s(&[amount, volume, quotient]).0
}

/// What a set-up begins with: kind, module, line, dose unit; then its references.
pub fn setup(head: [u8; 4], references: [u16; 6], body: Out) -> Vec<u8> {
    let mut out = Out::default().u16(18 + body.0.len() as u16).raw(&head);
    for reference in references {
        out = out.u16(reference);
    }
    out.raw(&body.0).0
}

pub fn continuous_in(unit: u8, limits: [u32; 4]) -> Out {
    Out::default().u8(unit).u8(0b1111).u32s(&limits)
}

/// Soft min, soft max, hard max, initial, all present; rates in ml/h.
pub fn bolus_in(unit: u8, limits: [u32; 4]) -> Out {
    Out::default().u8(unit).u8(0b1111).u32s(&limits).u8(64).u8(0b1111).u32s(&[10_000, 30_000, 40_000, 20_000])
}

/// The numbers of the set-ups in the small library.
pub const CONTINUOUS: usize = 0;
pub const BOLUS: usize = 1;
pub const INTERMITTENT: usize = 2;
pub const PCA: usize = 3;
pub const FLUID: usize = 4;
pub const TCI: usize = 5;
pub const VOLUMES: usize = 6;

/// A valid library with every kind of set-up.
pub fn small() -> Draft {
    let morphine = Out::default()
        .u16(2)
        .text("Morphine")
        .text("Morph")
        .text("N02AA01")
        .text("Opioid")
        .u8(3)
        .u8(2)
        .u8(0)
        .u8(2)
        .text("MS")
        .text("Morphium1")
        .u8(2)
        .raw(b"0123456789")
        .u16(2)
        .raw(b"0123456780")
        .u16(3);
    let custom = Out::default().u16(3).u16(2).u8(2).u8(3).u8(0b111).u32s(&[1, 10_000, 20_000]);
    let continuous = continuous_in(82, [1000, 3000, 4000, 2000]);
    let mut with_bolus = continuous.raw(&bolus_in(3, [1000, 3000, 4000, 2000]).0);
    with_bolus.0[1] |= 16;
    let intermittent =
        Out::default().u8(0b1111).u16(5).u16(10).u16(30).u16(20).u8(3).u8(0b111).u32s(&[10_000, 20_000, 30_000]);
    let pca_limits = [1000, 3000, 4000, 2000, 5000, 6000, 7000, 8000];
    let pca = Out::default()
        .u8(3)
        .u8(0xFF)
        .u32s(&pca_limits)
        .u8(0b11111)
        .u16(5)
        .u16(10)
        .u16(30)
        .u16(20)
        .u32(100_000)
        .u16(240)
        .u8(2);
    let fluid = Out::default().u8(0b111).u32s(&[10_000, 20_000, 30_000]);
    let tci = Out::default()
        .u8(2)
        .u8(2)
        .u8(0b1111)
        .u32s(&[20_000, 40_000, 60_000, 10_000])
        .u32(9_990_000)
        .u8(18)
        .u8(90)
        .u32s(&[400_000, 1_200_000]);
    let mut volumes = pca.clone();
    volumes.0[0] = 8;
    let tens: Vec<u32> = pca_limits.iter().map(|limit| limit * 10).collect();
    volumes.0.splice(2..34, Out::default().u32s(&tens).0);
    Draft {
        tables: [
            vec![
                profile(1, "Intensive", 6, 9_990_000, 99_990_000, 0b1111),
                profile(3, "Ward é", 1, 200_000, 200_000, 0b0001),
            ],
            vec![drug(1, "Propofol", "N01AX10", 1), morphine.0, drug(5, "Saline", "B05BB01", 0)],
            vec![standard(1, 1, 3, 1_000_000, 1_000_000, 10_000), standard(2, 2, 3, 10_000, 30_000, 3333), custom.0],
            vec![named(1, "Pain"), named(7, "Sedation")],
            vec![advisory(1, "Check", "Look twice.\nThen act.")],
            vec![named(9, "Epidural")],
            vec![
                setup([1, 1, 2, 82], [1, 2, 2, 1, 1, 9], with_bolus),
                setup([2, 2, 1, 3], [1, 2, 2, 0, 0, 0], bolus_in(2, [1000, 3000, 4000, 2000])),
                setup([3, 1, 1, 4], [1, 2, 2, 0, 1, 0], intermittent),
                setup([4, 2, 1, 3], [1, 2, 3, 7, 0, 9], pca),
                setup([5, 1, 1, 64], [1, 5, 0, 0, 0, 0], fluid),
                setup([6, 2, 1, 96], [1, 1, 1, 7, 0, 0], tci),
                setup([4, 2, 1, 8], [3, 2, 2, 0, 0, 0], volumes),
            ],
        ],
        id: *b"a library, small",
        revision: 4,
        status: 3,
        created: 1_700_000_000,
        activates: 1_700_000_001,
        name: Out::default().text("Main").0,
        hospital: Out::default().text("St. Anna").0,
        reserved: 0,
        version: 1,
    }
}

/// Refused with this rule, at this path and offset.
#[track_caller]
pub fn refused(file: &[u8], rule: Rule, path: &str, offset: u32) -> Refusal {
    let refusal = pump::validate(file).expect_err("accepted");
    assert_eq!((refusal.rule.id(), refusal.path().to_string(), refusal.offset), (rule.id(), path.to_string(), offset));
    refusal
}

/// Refused after some bytes of a record were replaced; the offset is that of these bytes.
#[track_caller]
pub fn patched(table: Table, number: usize, at: usize, bytes: &[u8], rule: Rule, path: &str) {
    let mut draft = small();
    let field = draft.offset(table, number) + at as u32;
    draft.record(table, number)[at..at + bytes.len()].copy_from_slice(bytes);
    refused(&draft.write(), rule, path, field);
}
