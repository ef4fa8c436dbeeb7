//! The library of the demonstration: both drugs of the example orders of IHE PCD-03 in one care area.
//!
//! It is for no patient. No limit in it is a clinical one: they are left out where the format allows
//! that, and are the ends of its ranges where it does not.

use crc::{CRC_32_ISO_HDLC, Crc};
use pump::Storage;
use pump::network::NetworkPump;

use crate::problem::Problem;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// Bytes that are put together.
#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u8(self, value: u8) -> Self {
        self.raw(&[value])
    }

    fn u16s(self, values: &[u16]) -> Self {
        values.iter().fold(self, |out, value| out.raw(&value.to_le_bytes()))
    }

    fn u32s(self, values: &[u32]) -> Self {
        values.iter().fold(self, |out, value| out.raw(&value.to_le_bytes()))
    }

    fn text(self, text: &str) -> Self {
        self.u8(text.len() as u8).raw(text.as_bytes())
    }

    fn crc(self) -> Self {
        let sum = CRC.checksum(&self.0);
        self.u32s(&[sum])
    }
}

/// Rates up to 999 ml/h, volumes up to 9999 ml, no KVO, the lowest pressure and volume of air, weights
/// up to 500 kg.
fn profile(name: &str, setups: u16) -> Vec<u8> {
    let out = Out::default().u16s(&[1]).text(name).u16s(&[setups]);
    // No restart by itself, unlocked, a weight.
    out.u32s(&[9_990_000, 99_990_000, 0]).u16s(&[25, 50]).raw(&[0, 0, 4]).u32s(&[5_000_000]).0
}

fn drug(id: u16, [name, short, code]: [&str; 3]) -> Vec<u8> {
    // No category, the lowest priority and colour, no agent, aliases and packages.
    Out::default().u16s(&[id]).text(name).text(short).text(code).text("").raw(&[1, 0, 0, 0, 0]).0
}

fn setup([kind, unit]: [u8; 2], drug: u16, concentration: u16, body: &[u8]) -> Vec<u8> {
    let length = 18 + body.len() as u16;
    // A large-volume pump, the primary line.
    let head = Out::default().u16s(&[length]).raw(&[kind, 1, 1, unit]);
    head.u16s(&[1, drug, concentration, 0, 0, 0]).raw(body).0
}

/// The library, for the care area of this name.
#[must_use]
pub fn library(care_area: &str) -> Vec<u8> {
    // 400 mg in 250 ml, that is 1.6 mg/ml.
    let concentration = Out::default().u16s(&[1, 1]).raw(&[1, 3]).u32s(&[4_000_000, 2_500_000, 16_000]).0;
    // ug/kg/min without limits; ml/h without limits.
    let setups = [setup([1, 81], 1, 1, &[81, 0]), setup([5, 64], 2, 0, &[0])];
    let tables = [
        vec![profile(care_area, 2)],
        vec![drug(1, ["Dopamine", "DOP", "1234"]), drug(2, ["Normal Saline", "NaCl", "5678"])],
        vec![concentration],
        vec![],
        vec![],
        vec![],
        setups.to_vec(),
    ];
    let (name, hospital) = ("Demonstration", "No patients");
    let header = 139 + 1 + name.len() + 1 + hospital.len() + 4;
    let bodies = tables.each_ref().map(|table| table.concat());
    let total = header + bodies.iter().map(Vec::len).sum::<usize>() + 4;
    let counts = tables.each_ref().map(|table| table.len() as u16);
    let mut out = Out::default().raw(b"IDL1").u16s(&[1, header as u16]).u32s(&[total as u32]).u16s(&counts).u16s(&[0]);
    let mut offset = header as u32;
    for body in &bodies {
        out = out.u32s(&[offset, body.len() as u32, CRC.checksum(body)]);
        offset += body.len() as u32;
    }
    // Released on 1 January 2024.
    out = out.raw(b"demo, no patient").u16s(&[1]).u8(3).u32s(&[1_704_067_200, 1_704_067_200]);
    let out = out.text(name).text(hospital).crc();
    bodies.iter().fold(out, |out, body| out.raw(body)).crc().0
}

/// Puts the library to use, unless one is in use already.
///
/// # Errors
/// The care area cannot be the name of a profile, or the memory failed.
pub fn install<S: Storage>(pump: &mut NetworkPump<S>, care_area: &str) -> Result<(), Problem> {
    if pump.pump().active().is_some() {
        return Ok(());
    }
    let library = library(care_area);
    let bedside = pump.bedside();
    let done = bedside
        .begin(u32::try_from(library.len()).unwrap_or(u32::MAX))
        .and_then(|()| bedside.chunk(0, &library))
        .and_then(|()| bedside.finish())
        .and_then(|_| bedside.activate());
    let hint = "a care area of at most 20 characters, and a folder with room";
    done.map_err(|error| Problem::new("the library of the demonstration is refused", care_area, error, hint))
}

#[cfg(test)]
mod tests {
    use super::library;

    #[test]
    fn it_is_valid_and_knows_both_drugs() {
        let bytes = library("Ward");
        let index = pump::validate(&bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
        let library = pump::Library::new(&bytes, &index);
        for drug in ["Dopamine", "Normal Saline"] {
            assert!(library.find_setup("Ward", drug).is_some(), "{drug}");
        }
        assert_eq!(pump::encode(&library), bytes, "as the pump would write it");
    }
}
