//! Inputs of every built-in format: the seeds, and for the sketches inputs made by hand.

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

/// Every built-in description with valid inputs.
pub fn formats() -> Vec<(Format, Vec<Vec<u8>>)> {
    BUILTIN
        .iter()
        .map(|builtin| {
            let format = load(builtin.name);
            let inputs = match builtin.name {
                "bcc" => vec![stuffed(BCC_ALIVE), stuffed(&bcc_response())],
                "order" => vec![mllp(&DOPAMINE.join("\r")), mllp(&DOPAMINE.join("\r").replace('|', "#"))],
                "library-transfer" => vec![transfer_frame(1, 0, b"first bytes"), transfer_frame(2, 11, b"")],
                "miva-library" => vec![miva_image()],
                _ => builtin.seeds.iter().map(|(name, _)| library(&format, name)).collect(),
            };
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

fn bcc_response() -> Vec<u8> {
    bcc_frame("Bed", "123,50111,INRT,12.50\x1e123,50111,INSOL,Dopamine\x1e123,50100,GNACK,0", 0x17)
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

// ---- library-transfer ----

/// A chunk of a transfer.
pub fn transfer_frame(chunk: u16, offset: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = b"LT\x02".to_vec();
    frame.extend(7u16.to_le_bytes());
    frame.extend(chunk.to_le_bytes());
    frame.extend(offset.to_le_bytes());
    frame.extend((payload.len() as u16).to_le_bytes());
    frame.extend(payload);
    frame.extend(crc32(&frame).to_le_bytes());
    frame
}

// ---- miva-library ----

/// Writes a record of `size` bytes with its CRC at `at`; what `content` leaves free is FF.
fn put(image: &mut [u8], at: usize, size: usize, content: &[(usize, &[u8])]) {
    let record = &mut image[at..at + size];
    for (place, bytes) in content {
        record[*place..place + bytes.len()].copy_from_slice(bytes);
    }
    let crc = crc32(&record[..size - 4]);
    record[size - 4..].copy_from_slice(&crc.to_le_bytes());
}

fn padded(text: &str, size: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(size, 0);
    bytes
}

/// A small image: a few records on each page, made from the published layout.
pub fn miva_image() -> Vec<u8> {
    let mut image = vec![0xFF; 69_632];
    let node = |image: &mut [u8], at: usize, children: &[u8], label: &str, kind: u8| {
        let mut child = children.to_vec();
        child.resize(10, 0);
        let (label, shown) = (padded(label, 16), padded("Shown", 16));
        let tail = [kind, 0, 0];
        put(image, at, 64, &[(2, &child), (12, &[children.len() as u8]), (13, &label), (29, &shown), (45, &tail)]);
    };
    node(&mut image, 0, &[1], "", 1);
    node(&mut image, 64, &[], "Saline", 2);
    node(&mut image, 0x1900, &[], "", 1);
    node(&mut image, 0x2080, &[1], "", 1);
    node(&mut image, 0x2080 + 64, &[], "Stop", 10);
    for (slot, used) in [2u8, 1, 2].into_iter().enumerate() {
        put(&mut image, 0x2FC0 + 8 * slot, 8, &[(0, &[used])]);
    }
    for slot in 0..2 {
        let rate = f32::to_le_bytes(50.0 + slot as f32);
        let texts = [padded("Saline", 10), padded("", 10), padded("", 105)].concat();
        let content: [(usize, &[u8]); 5] = [
            (0, &rate),
            (80, &[3, 0, 0, 0, 1, 2, 3, 4]),
            (90, &[100, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0]),
            (99, &texts),
            (4, &[0; 40]),
        ];
        put(&mut image, 0x3000 + 256 * slot, 256, &content);
        put(&mut image, 0x7000 + 256 * slot, 256, &[(0, &[0; 88]), (4, &rate)]);
    }
    let view = {
        let mut view = vec![1, 0];
        view.extend(padded("Rate", 8));
        view.resize(181, 0);
        view.push(0);
        view
    };
    put(&mut image, 0xB000, 256, &[(0, &view), (205, &[0])]);
    put(&mut image, 0xF000, 256, &[(0, &view), (205, &[0])]);
    let zeros = [0; 258];
    let name = [padded("Small 1", 20), padded("Nimbus Test", 16)].concat();
    let globals: [(usize, &[u8]); 4] =
        [(4, &zeros[4..]), (116, &[0x58, 2, 100, 0, 20, 0, 20, 0]), (124, &[1, 2]), (222, &name)];
    put(&mut image, 0x10000, 512, &globals);
    put(
        &mut image,
        0x10200,
        64,
        &[(0, &[2]), (1, &[padded("Left", 10), padded("Right", 10), padded("", 30)].concat())],
    );
    put(&mut image, 0x10400, 1024, &[(0, &[0xFF, 0xFF, 0, 0xFF, 0xFF]), (512, &[0, 1])]);
    image
}
