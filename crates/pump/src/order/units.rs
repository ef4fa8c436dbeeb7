//! Units of an order, by their names in UCUM and in the MDC nomenclature.

use crate::library::{Basis, Class, DoseUnit, Substance};

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// An amount of a drug or fluid.
    Amount,
    /// An amount per time.
    Rate,
    /// Body weight.
    Weight,
    /// Body height.
    Length,
    /// Body surface.
    Area,
    /// Time.
    Time,
}

/// The system that a unit's name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// UCUM.
    Ucum,
    /// ISO/IEEE 11073-10101.
    Mdc,
}

/// A unit: `numerator / denominator` of the base unit of what it measures. Those are ng,
/// international units, mEq, mmol, ml, each per hour if it is a rate; g, cm, m2 and s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// Its name in UCUM.
    pub name: &'static str,
    /// What it measures.
    pub measure: Measure,
    /// Of what, if that is an amount.
    pub substance: Substance,
    /// In relation to what.
    pub basis: Basis,
    /// Of the base unit.
    pub numerator: u64,
    /// Of the base unit.
    pub denominator: u64,
}

const fn unit(
    name: &'static str,
    measure: Measure,
    substance: Substance,
    basis: Basis,
    numerator: u64,
    denominator: u64,
) -> Unit {
    Unit { name, measure, substance, basis, numerator, denominator }
}

/// All units, with their code in the drug library; 0: they stand in none.
static UNITS: [(u8, Unit); 56] = {
    use Basis::{Absolute, Surface, Weight};
    use Measure::{Amount, Rate};
    use Substance::{Equivalent, Mass, Mole, Unit, Volume};
    const UG: u64 = 1_000;
    const MG: u64 = 1_000_000;
    const G: u64 = 1_000_000_000;
    [
        (1, unit("ng", Amount, Mass, Absolute, 1, 1)),
        (2, unit("ug", Amount, Mass, Absolute, UG, 1)),
        (3, unit("mg", Amount, Mass, Absolute, MG, 1)),
        (4, unit("g", Amount, Mass, Absolute, G, 1)),
        (5, unit("[iU]", Amount, Unit, Absolute, 1, 1)),
        (6, unit("meq", Amount, Equivalent, Absolute, 1, 1)),
        (7, unit("mmol", Amount, Mole, Absolute, 1, 1)),
        (8, unit("mL", Amount, Volume, Absolute, 1, 1)),
        (16, unit("ng/kg", Amount, Mass, Weight, 1, 1)),
        (17, unit("ug/kg", Amount, Mass, Weight, UG, 1)),
        (18, unit("mg/kg", Amount, Mass, Weight, MG, 1)),
        (19, unit("[iU]/kg", Amount, Unit, Weight, 1, 1)),
        (20, unit("meq/kg", Amount, Equivalent, Weight, 1, 1)),
        (21, unit("mmol/kg", Amount, Mole, Weight, 1, 1)),
        (22, unit("mL/kg", Amount, Volume, Weight, 1, 1)),
        (32, unit("ug/m2", Amount, Mass, Surface, UG, 1)),
        (33, unit("mg/m2", Amount, Mass, Surface, MG, 1)),
        (34, unit("[iU]/m2", Amount, Unit, Surface, 1, 1)),
        (64, unit("mL/h", Rate, Volume, Absolute, 1, 1)),
        (65, unit("mL/kg/h", Rate, Volume, Weight, 1, 1)),
        (66, unit("ng/min", Rate, Mass, Absolute, 60, 1)),
        (67, unit("ug/min", Rate, Mass, Absolute, 60 * UG, 1)),
        (68, unit("ug/h", Rate, Mass, Absolute, UG, 1)),
        (69, unit("mg/min", Rate, Mass, Absolute, 60 * MG, 1)),
        (70, unit("mg/h", Rate, Mass, Absolute, MG, 1)),
        (71, unit("g/h", Rate, Mass, Absolute, G, 1)),
        (72, unit("[iU]/min", Rate, Unit, Absolute, 60, 1)),
        (73, unit("[iU]/h", Rate, Unit, Absolute, 1, 1)),
        (74, unit("meq/h", Rate, Equivalent, Absolute, 1, 1)),
        (75, unit("mmol/h", Rate, Mole, Absolute, 1, 1)),
        (80, unit("ng/kg/min", Rate, Mass, Weight, 60, 1)),
        (81, unit("ug/kg/min", Rate, Mass, Weight, 60 * UG, 1)),
        (82, unit("ug/kg/h", Rate, Mass, Weight, UG, 1)),
        (83, unit("mg/kg/h", Rate, Mass, Weight, MG, 1)),
        (84, unit("[iU]/kg/h", Rate, Unit, Weight, 1, 1)),
        (85, unit("meq/kg/h", Rate, Equivalent, Weight, 1, 1)),
        (86, unit("mmol/kg/h", Rate, Mole, Weight, 1, 1)),
        (90, unit("mg/m2/h", Rate, Mass, Surface, MG, 1)),
        (91, unit("[iU]/m2/h", Rate, Unit, Surface, 1, 1)),
        (0, unit("mL/d", Rate, Volume, Absolute, 1, 24)),
        (0, unit("mg/d", Rate, Mass, Absolute, MG, 24)),
        (0, unit("g/d", Rate, Mass, Absolute, G, 24)),
        (0, unit("[iU]/d", Rate, Unit, Absolute, 1, 24)),
        (0, unit("mmol/d", Rate, Mole, Absolute, 1, 24)),
        (0, unit("mg/kg/d", Rate, Mass, Weight, MG, 24)),
        (0, unit("mg/m2/d", Rate, Mass, Surface, MG, 24)),
        (0, unit("ml", Amount, Volume, Absolute, 1, 1)),
        (0, unit("ml/h", Rate, Volume, Absolute, 1, 1)),
        (0, unit("ml/kg/h", Rate, Volume, Weight, 1, 1)),
        (0, unit("kg", Measure::Weight, Mass, Absolute, 1_000, 1)),
        (0, unit("cm", Measure::Length, Volume, Absolute, 1, 1)),
        (0, unit("m2", Measure::Area, Volume, Absolute, 1, 1)),
        (0, unit("h", Measure::Time, Volume, Absolute, 3_600, 1)),
        (0, unit("min", Measure::Time, Volume, Absolute, 60, 1)),
        (0, unit("s", Measure::Time, Volume, Absolute, 1, 1)),
        (0, unit("d", Measure::Time, Volume, Absolute, 86_400, 1)),
    ]
};

/// Units of the MDC nomenclature: number, name, and the same in UCUM.
static MDC: [(&str, &str, &str); 5] = [
    ("263762", "MDC_DIM_MILLI_L", "mL"),
    ("263875", "MDC_DIM_KILO_G", "kg"),
    ("263890", "MDC_DIM_MILLI_G", "mg"),
    ("265266", "MDC_DIM_MILLI_L_PER_HR", "mL/h"),
    ("265619", "MDC_DIM_MICRO_G_PER_KG_PER_MIN", "ug/kg/min"),
];

impl Unit {
    /// The unit with this name, and the system that the name is of.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<(Self, System)> {
        let ucum = |name: &[u8]| UNITS.iter().find(|(_, unit)| unit.name.as_bytes() == name).map(|(_, unit)| *unit);
        match MDC.iter().find(|(_, mdc, _)| mdc.as_bytes() == name) {
            Some((_, _, same)) => Some((ucum(same.as_bytes())?, System::Mdc)),
            None => Some((ucum(name)?, System::Ucum)),
        }
    }

    /// The number of the unit with this name in the MDC nomenclature.
    #[must_use]
    pub fn mdc_number(name: &[u8]) -> Option<&'static str> {
        MDC.iter().find(|(_, mdc, _)| mdc.as_bytes() == name).map(|(number, ..)| *number)
    }

    /// The unit in which a library states doses.
    #[must_use]
    pub fn of_library(code: DoseUnit) -> Option<Self> {
        UNITS.iter().find(|(known, _)| *known == code.0 && *known != 0).map(|(_, unit)| *unit)
    }

    /// Whether it means the same as another one.
    #[must_use]
    pub fn is_same_as(&self, other: &Unit) -> bool {
        self.has_dimension_of(other) && (self.numerator, self.denominator) == (other.numerator, other.denominator)
    }

    /// Whether it measures the same as another one, in a multiple at most.
    #[must_use]
    pub fn has_dimension_of(&self, other: &Unit) -> bool {
        (self.measure, self.substance, self.basis) == (other.measure, other.substance, other.basis)
    }

    /// Whether it is the unit of a dose: an amount, or an amount per time.
    #[must_use]
    pub const fn is_dose(&self) -> bool {
        matches!(self.measure, Measure::Amount | Measure::Rate)
    }

    /// Whether it is an amount of a drug, in relation to nothing.
    #[must_use]
    pub fn is_drug(&self) -> bool {
        self.measure == Measure::Amount && self.basis == Basis::Absolute && self.substance != Substance::Volume
    }

    /// Whether it is the millilitre.
    #[must_use]
    pub fn is_volume(&self) -> bool {
        self.measure == Measure::Amount && self.basis == Basis::Absolute && self.substance == Substance::Volume
    }

    /// Whether a body's weight may be stated in it.
    #[must_use]
    pub fn is_weight(&self) -> bool {
        matches!(self.name, "kg" | "g")
    }

    /// A weight of so many of this unit, in grams.
    #[must_use]
    pub fn grams(&self) -> u64 {
        if self.measure == Measure::Weight { self.numerator } else { 1 }
    }
}

/// Whether the library speaks of the same kind of dose.
#[must_use]
pub fn fits(unit: &Unit, code: DoseUnit) -> bool {
    let properties = code.properties();
    let class = match unit.measure {
        Measure::Amount => Class::Amount,
        Measure::Rate => Class::Rate,
        _ => return false,
    };
    properties.class == class && properties.substance == unit.substance && properties.basis == unit.basis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dose_unit_of_the_library_has_its_properties_here() {
        for code in (0..128).map(DoseUnit).filter(|unit| unit.is_defined()) {
            match Unit::of_library(code) {
                Some(unit) => assert!(fits(&unit, code), "{}", unit.name),
                None => assert_eq!(code.properties().class, Class::Target, "{}", code.0),
            }
        }
    }

    #[test]
    fn names_are_unique_and_numbers_are_of_known_units() {
        for (number, (_, unit)) in UNITS.iter().enumerate() {
            assert!(UNITS.iter().skip(number + 1).all(|(_, other)| other.name != unit.name), "{}", unit.name);
        }
        for (number, name, same) in MDC {
            assert_eq!(Unit::mdc_number(name.as_bytes()), Some(number));
            assert_eq!(Unit::named(name.as_bytes()).map(|(unit, _)| unit.name), Some(same));
        }
    }
}
