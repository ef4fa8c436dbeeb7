//! A station in memory with three pumps, whose values cover every parameter.

use super::address::Address;
use super::station::{MemoryStation, Slot};

static DEVICE: &[(&str, &str)] = &[
    ("FMNOR", "3"),
    ("FMSTAT", "00051"),
    ("FMDONGLE", "T"),
    ("FMBANY", "_NV"),
    ("FMRT", "FMS2S1NS"),
    ("FMRSTAT", "00051"),
    ("COMSERIALNO", "184467"),
    ("COMSWVERSION", "012G000033"),
];

/// Of every pump.
static COMMON: &[(&str, &str)] = &[
    ("GNNEW", "686N030005"),
    ("GNMODEL", "686N030005"),
    ("INRT", "12.50"),
    ("INVTB", "50.0"),
    ("INVI", "7.3"),
    ("INRMT", "12240"),
    ("INTIME", "35"),
    ("INAKKU", "480"),
    ("INSTBY", "0"),
    ("INSOL", "Dopamine"),
    ("INSOLSN", "DOP"),
    ("INSOLID", "4711"),
    ("INNR", "01A2B3C4"),
    ("INSERNUM", "27444"),
    ("INDTNR", "26"),
    ("VERSION", "3.36"),
    ("DATE", "20190320"),
    ("TIME", "142501"),
    ("DSSTATUS", "00051"),
    ("RUNSTATE", "2"),
    ("OPMODE", "0"),
    ("INPSOLL", "4"),
    ("INP1", "2"),
    ("INP2", "30"),
];

/// A syringe pump, which reports its alarms one by one.
static SYRINGE: &[(&str, &str)] = &[
    ("INSYR", "50"),
    ("INVOLACT", "42.7"),
    ("TIMEOFINF", "240"),
    ("INBORT", "300.00"),
    ("BASRT", "1.50"),
    ("INBOVAL", "2.50"),
    ("BOVAL", "5.00"),
    ("BOLTYPE", "1"),
    ("INBOCNT", "1"),
    ("BOCNT", "2"),
    ("INAVRT", "12.48"),
    ("INDCON", "2.000"),
    ("INDCONU", "31"),
    ("INDORT", "5.950"),
    ("INDORTU", "71"),
    ("DORT", "5.950"),
    ("DORTU", "71"),
    ("INDOCAL", "1"),
    ("INM1", "0"),
    ("INM2", "0"),
    ("INM3", "0"),
    ("INM4", "0"),
    ("INM5", "0"),
    ("INM6", "0"),
    ("INM7", "0"),
    ("INM8", "0"),
    ("INM9", "_NV"),
    ("INM10", "0"),
    ("INM11", "0"),
    ("INM12", "0"),
    ("INM13", "0"),
    ("INM14", "0"),
    ("INA1", "0"),
    ("INA2", "0"),
    ("INA3", "1"),
    ("INA4", "0"),
    ("INA5", "0"),
    ("INA6", "0"),
    ("INA7", "0"),
    ("INA8", "0"),
    ("INA9", "0"),
    ("INA10", "_NV"),
    ("INA11", "0"),
    ("INA12", "0"),
    ("INA13", "0"),
    ("INA14", "0"),
    ("INA15", "0"),
    ("INA16", "0"),
];

/// A pump with a drug of a library and a patient.
static LIBRARY: &[(&str, &str)] = &[
    ("ALARM1", "00000000"),
    ("ALARM2", "00000000"),
    ("STATUS1", "00000002"),
    ("STATUS2", "_NV"),
    ("PREALARM", "00000001"),
    ("DRUGCAT", "Catecholamines"),
    ("DISPNAME", "Intrafix Safe"),
    ("DLNAME", "Intensive care 7"),
    ("DLCRETIME", "1553040000"),
    ("CAREUNIT", "ICU 2"),
    ("PATID", "98765"),
    ("PATIDBADGE", "98765"),
    ("PATIDDRUG", "_NV"),
    ("NURSEID", "N0001"),
    ("DRUGORDERNO", "A0001"),
    ("PATW", "72.500"),
    ("PATH", "181.0"),
    ("PATAGE", "57"),
    ("PATSEX", "M"),
    ("BOLRTSLLOW", "1.00"),
    ("BOLRTSLHIGH", "800.00"),
    ("BOLRTHLHIGH", "1200.00"),
    ("BOLVOLSLLOW", "0.10"),
    ("BOLVOLSLHIGH", "5.00"),
    ("BOLVOLHLHIGH", "10.00"),
    ("BOLVOLLIMUT", "2"),
    ("VOLREMAIN", "42.70"),
    ("SLLOW", "1.000"),
    ("SLHIGH", "15.000"),
    ("HLHIGH", "20.000"),
    ("RTLIMUT", "71"),
    ("DGDSTATUS", "3"),
    ("DGDALERTSLL", "0"),
    ("DGDALERTSLH", "1"),
    ("DGDALERTHLH", "0"),
    ("DISPCHG", "0"),
    ("ACTCHAN", "1"),
    ("DRROUNDED", "0"),
    ("LASTDA", "1004"),
    ("INSOLPRIO", "2"),
    ("INSOLCOL", "3"),
    ("AUTOPROGSTATE", "4"),
    ("LASTAUTOPROGERR", "0"),
];

/// A pump in target-controlled and patient-controlled therapies.
static CONTROLLED: &[(&str, &str)] = &[
    ("TCIMOD", "1"),
    ("TCIMODEL", "2"),
    ("TCIAWA", "12"),
    ("TCIPLA", "3.200"),
    ("TCIEFF", "3.100"),
    ("TCITAR", "4.000"),
    ("TCIUT", "32"),
    ("PCABR", "6"),
    ("PCABA", "4"),
    ("PCAAD", "66"),
    ("PROGSTAT", "2"),
];

/// A station with three pumps.
#[must_use]
pub fn furnished() -> MemoryStation {
    let mut station = MemoryStation::new();
    station.set_seconds(123);
    for (name, value) in DEVICE {
        station.report(Address::Device, name, value);
    }
    for (pillar, slot, own) in [(1, 1, SYRINGE), (1, 2, LIBRARY), (2, 10, CONTROLLED)] {
        let address = Address::Pump { pillar, slot };
        station.put(address, Slot::Pump);
        for (name, value) in COMMON.iter().chain(own) {
            station.report(address, name, value);
        }
    }
    station
}
