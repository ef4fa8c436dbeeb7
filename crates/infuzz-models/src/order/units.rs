//! Units of doses, read from their names.

use super::fraction::{Exact, Fraction};

/// What a dose, a rate or a concentration is measured in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    /// One of it, in base units (ng, unit, mEq, mmol, ml; per hour) of its substance.
    pub(super) one: Fraction,
    pub(super) substance: Substance,
    pub(super) basis: Basis,
    /// It is an amount per time.
    pub(super) is_rate: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Substance {
    Mass,
    Units,
    Equivalents,
    Moles,
    Volume,
}

/// What an amount is to be multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    Patient,
    Kilogram,
    SquareMetre,
}

/// The names of MDC in UCUM.
const MDC: [(&str, &str); 5] = [
    ("MDC_DIM_MILLI_L", "mL"),
    ("MDC_DIM_KILO_G", "kg"),
    ("MDC_DIM_MILLI_G", "mg"),
    ("MDC_DIM_MILLI_L_PER_HR", "mL/h"),
    ("MDC_DIM_MICRO_G_PER_KG_PER_MIN", "ug/kg/min"),
];

/// A name as UCUM has it.
pub(super) fn ucum(name: &str) -> &str {
    MDC.iter().find(|(mdc, _)| *mdc == name).map_or(name, |(_, ucum)| ucum)
}

impl Unit {
    /// The unit of this name, of an order or of a library; none: it is not one of a dose.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut parts = ucum(name).split('/');
        let (substance, one) = match parts.next()? {
            "ng" => (Substance::Mass, 1),
            "ug" | "mcg" => (Substance::Mass, 1_000),
            "mg" => (Substance::Mass, 1_000_000),
            "g" => (Substance::Mass, 1_000_000_000),
            "[iU]" | "unit" => (Substance::Units, 1),
            "meq" | "mEq" => (Substance::Equivalents, 1),
            "mmol" => (Substance::Moles, 1),
            "mL" | "ml" => (Substance::Volume, 1),
            _ => return None,
        };
        let mut unit = Unit { one: Fraction::whole(one), substance, basis: Basis::Patient, is_rate: false };
        for part in parts {
            match part {
                "kg" => unit.basis = Basis::Kilogram,
                "m2" => unit.basis = Basis::SquareMetre,
                "min" => unit = unit.per(1, 60),
                "h" => unit = unit.per(1, 1),
                "d" => unit = unit.per(24, 1),
                _ => return None,
            }
        }
        Some(unit)
    }

    /// An amount per so many hours, or so many times an hour.
    fn per(self, hours: u64, times: u64) -> Self {
        let one = self.one * Fraction::whole(times) / Fraction::whole(hours);
        Unit { one, is_rate: true, ..self }
    }

    /// Whether it measures the same.
    pub(super) fn is_like(&self, other: &Unit) -> bool {
        self.substance == other.substance && self.basis == other.basis && self.is_rate == other.is_rate
    }
}

/// Seconds in a unit of time.
pub(super) fn seconds(name: &str) -> Option<u64> {
    Some(match name {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    })
}
