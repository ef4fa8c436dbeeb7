//! The example orders of the source, and a library that knows their drugs.

use super::{Draft, Out, continuous_in, drug, profile, setup, small, standard};

pub const MSH: &str = r"MSH|^~\&|IOPVENDOR^1234560000000001^EUI-64|IOPVENDOR|IOCVENDOR^6543210000000001^EUI-64|IOCVENDOR|20080101123456-0600||RGV^O15^RGV_O15|1|P|2.5|||AL|ER||ASCII|EN^English^ISO659||IHE_PCD_PIV_001";
pub const PID: &str = "PID|||98765^^^IHE^PI||Doe^John^^^^^L||19660101000000-0600|M";
pub const ORC: &str = "ORC|RE|12345|||||||||||||||||N0001";
pub const DOPAMINE: &str = "RXG|1|||1234^Dopamine|250||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM||||||||10|3475^ug/kg/min^UCUM^265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC|400|1746^mg^UCUM^263890^MDC_DIM_MILLI_G^MDC|||||250|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM";
pub const SALINE: &str = "RXG|1|||5678^Normal Saline|500||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM||||||||13.3|3122^mL/h^UCUM^265266^MDC_DIM_MILLI_L_PER_HR^MDC";
pub const RXR: &str = "RXR|IV||IVP";
pub const PUMP: &str = "OBX|1||69986^MDC_DEV_PUMP_INFUS_VMD^MDC||||||||X|||||||^^A0001^PUMPVENDOR";
pub const WEIGHT: &str = "OBX|2|NM|68063^MDC_ATTR_PT_WEIGHT^MDC||85.0|kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC";

pub fn mllp(message: &str) -> Vec<u8> {
    [b"\x0b", message.as_bytes(), b"\r\x1c\r"].concat()
}

pub fn dopamine() -> String {
    [MSH, PID, ORC, DOPAMINE, RXR, PUMP, WEIGHT].join("\r")
}

pub fn saline() -> String {
    [&MSH.replace("|1|P|", "|2|P|"), PID, ORC, SALINE, RXR, PUMP].join("\r")
}

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
