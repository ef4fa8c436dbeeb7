//! The example orders of the source.
#![allow(dead_code, reason = "each test binary uses its part of this module")]

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
