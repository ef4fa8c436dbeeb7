//! Inputs of every built-in format: its seeds, and examples of the documents made by hand.

#![allow(dead_code, reason = "each test binary uses its part of this module")]

use infuzz::builtin::{BUILTIN, Builtin};
use infuzz::format::Format;
use infuzz::rules::{Cause, Checker, Violation};
use infuzz::tree::Tree;

/// A built-in description by name.
pub fn load(name: &str) -> Format {
    Builtin::named(name).expect("built in").load().unwrap_or_else(|e| panic!("{name}.toml:{e}"))
}

/// A named seed of the drug library.
pub fn library(format: &Format, name: &str) -> Vec<u8> {
    Builtin::named("drug-library").expect("built in").seed(format, name).unwrap_or_else(|e| panic!("{e}"))
}

/// Every built-in description with its seeds.
pub fn formats() -> Vec<(Format, Vec<Vec<u8>>)> {
    BUILTIN
        .iter()
        .map(|builtin| {
            let format = load(builtin.name);
            let seed = |(name, _): &(&str, &str)| builtin.seed(&format, name).unwrap_or_else(|e| panic!("{name}: {e}"));
            let inputs = builtin.seeds.iter().map(seed).collect();
            (format, inputs)
        })
        .collect()
}

/// Every broken rule as `rule at path`.
pub fn broken(format: &Format, bytes: &[u8]) -> Vec<String> {
    let tree = Tree::decode(format, bytes);
    let show = |v: &Violation| format!("{} at {}", format.rule(v.rule), tree.path(v.node));
    Checker::default().all(&tree).iter().map(show).collect()
}

/// Every size, count, offset or check that does not hold, as `rule at path`.
pub fn broken_relations(format: &Format, bytes: &[u8]) -> Vec<String> {
    let tree = Tree::decode(format, bytes);
    let show = |v: &Violation| format!("{} at {}", format.rule(v.rule), tree.path(v.node));
    Checker::default().all(&tree).iter().filter(|v| v.cause == Cause::Relation).map(show).collect()
}

/// CRC-32 bit by bit, independent of the crate's.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

// ---- bcc ----

/// The exact frame of the document, before stuffing.
pub const BCC_ALIVE: &[u8] = b"\x0100031\x021/1/1>ADMIN:ALIVE\x0300061\x04";

/// An unstuffed frame around a bed id and an information.
pub fn bcc_frame(bed: &str, information: &str, end: u8) -> Vec<u8> {
    let length = 1 + 5 + 1 + bed.len() + 5 + information.len() + 1 + 5 + 1;
    let mut frame = format!("\x01{length:05}\x02{bed}/1/1>{information}").into_bytes();
    frame.push(end);
    let sum = frame.iter().map(|byte| u32::from(*byte)).sum::<u32>() % 256;
    frame.extend(format!("{sum:05}\x04").bytes());
    frame
}

/// Byte by byte as the document says, independent of the crate's codec.
pub fn stuffed(plain: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for byte in plain {
        match byte {
            b'D' => wire.extend(b"EX"),
            b'E' => wire.extend(b"EE"),
            b'd' => wire.extend(b"ex"),
            b'e' => wire.extend(b"ee"),
            other => wire.push(*other),
        }
    }
    wire
}

// ---- order ----

/// The first example order of the technical framework, segment by segment.
pub const DOPAMINE: [&str; 7] = [
    r"MSH|^~\&|IOPVENDOR^1234560000000001^EUI-64|IOPVENDOR|IOCVENDOR^6543210000000001^EUI-64|IOCVENDOR|20080101123456-0600||RGV^O15^RGV_O15|1|P|2.5|||AL|ER||ASCII|EN^English^ISO659||IHE_PCD_PIV_001",
    "PID|||98765^^^IHE^PI||Doe^John^^^^^L||19660101000000-0600|M",
    "ORC|RE|12345|||||||||||||||||N0001",
    "RXG|1|||1234^Dopamine|250||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM||||||||10|3475^ug/kg/min^UCUM^265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC|400|1746^mg^UCUM^263890^MDC_DIM_MILLI_G^MDC|||||250|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM",
    "RXR|IV||IVP",
    "OBX|1||69986^MDC_DEV_PUMP_INFUS_VMD^MDC||||||||X|||||||^^A0001^PUMPVENDOR",
    "OBX|2|NM|68063^MDC_ATTR_PT_WEIGHT^MDC||85.0|kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC",
];

/// A message in its envelope; a carriage return ends the last segment too.
pub fn mllp(message: &str) -> Vec<u8> {
    [b"\x0b", message.as_bytes(), b"\r\x1c\r"].concat()
}
