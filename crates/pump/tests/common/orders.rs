//! A library that knows the drugs of the example orders.

use super::{Draft, Out, continuous_in, drug, profile, setup, small, standard};

/// A library with both drugs of the examples. Limits of dopamine: 5, 20 and 50 ug/kg/min; a weight
/// of at most 150 kg; 999 ml/h; 9999 ml. Of saline: 1, 2 and 100 ml/h. A drug over time, in mg.
pub fn library(initial: &str) -> Vec<u8> {
    draft(initial).write()
}

/// The same as a draft.
pub fn draft(initial: &str) -> Draft {
    let mut draft = small();
    let over_time =
        Out::default().u8(0b1111).u16(5).u16(10).u16(30).u16(20).u8(3).u8(0b111).u32s(&[10_000, 20_000, 30_000]);
    let fluid = Out::default().u8(0b111).u32s(&[10_000, 20_000, 1_000_000]);
    draft.tables[0] = vec![profile(1, initial, 3, 9_990_000, 99_990_000, 0b1111)];
    draft.tables[1] = vec![
        drug(1, "Dopamine", "1234", 0),
        drug(2, "Normal Saline", "5678", 0),
        drug(3, "Other", "9", 0),
        drug(4, "Unused", "10", 0),
    ];
    draft.tables[2] = vec![standard(1, 1, 3, 4_000_000, 2_500_000, 16_000), standard(2, 3, 3, 10_000, 100_000, 1000)];
    draft.tables[6] = vec![
        setup([1, 1, 1, 81], [1, 1, 1, 0, 0, 0], continuous_in(81, [50_000, 200_000, 500_000, 100_000])),
        setup([5, 1, 1, 64], [1, 2, 0, 0, 0, 0], fluid),
        setup([3, 1, 1, 3], [1, 3, 2, 0, 0, 0], over_time),
    ];
    draft
}
