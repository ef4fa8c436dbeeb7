//! Dose units and the amount units of concentrations.

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The code is not that of a unit.
    Undefined,
    /// An amount.
    Amount,
    /// An amount per time.
    Rate,
    /// A concentration to be reached.
    Target,
}

/// Of what a unit measures an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Substance {
    /// Mass.
    Mass,
    /// International units.
    Unit,
    /// Equivalents.
    Equivalent,
    /// Moles.
    Mole,
    /// Volume.
    Volume,
}

/// To what a unit's amount is related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// To nothing.
    Absolute,
    /// To the body weight.
    Weight,
    /// To the body surface.
    Surface,
}

/// The properties of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties {
    /// What it measures.
    pub class: Class,
    /// Of what.
    pub substance: Substance,
    /// In relation to what.
    pub basis: Basis,
    /// The resolution of its quantities in ten-thousandths, at least 1.
    pub resolution: u32,
}

const UNDEFINED: Properties =
    Properties { class: Class::Undefined, substance: Substance::Volume, basis: Basis::Absolute, resolution: 1 };

static UNITS: [Properties; 128] = {
    use Basis::{Absolute, Surface, Weight};
    use Class::{Amount, Rate, Target};
    use Substance::{Equivalent, Mass, Mole, Unit, Volume};
    let rows = [
        (1_u8, Amount, Mass, Absolute, 100),
        (2, Amount, Mass, Absolute, 10),
        (3, Amount, Mass, Absolute, 10),
        (4, Amount, Mass, Absolute, 10),
        (5, Amount, Unit, Absolute, 100),
        (6, Amount, Equivalent, Absolute, 10),
        (7, Amount, Mole, Absolute, 10),
        (8, Amount, Volume, Absolute, 1000),
        (16, Amount, Mass, Weight, 100),
        (17, Amount, Mass, Weight, 10),
        (18, Amount, Mass, Weight, 1),
        (19, Amount, Unit, Weight, 10),
        (20, Amount, Equivalent, Weight, 10),
        (21, Amount, Mole, Weight, 10),
        (22, Amount, Volume, Weight, 100),
        (32, Amount, Mass, Surface, 10),
        (33, Amount, Mass, Surface, 10),
        (34, Amount, Unit, Surface, 100),
        (64, Rate, Volume, Absolute, 1000),
        (65, Rate, Volume, Weight, 100),
        (66, Rate, Mass, Absolute, 100),
        (67, Rate, Mass, Absolute, 10),
        (68, Rate, Mass, Absolute, 10),
        (69, Rate, Mass, Absolute, 10),
        (70, Rate, Mass, Absolute, 10),
        (71, Rate, Mass, Absolute, 10),
        (72, Rate, Unit, Absolute, 10),
        (73, Rate, Unit, Absolute, 100),
        (74, Rate, Equivalent, Absolute, 10),
        (75, Rate, Mole, Absolute, 10),
        (80, Rate, Mass, Weight, 100),
        (81, Rate, Mass, Weight, 1),
        (82, Rate, Mass, Weight, 10),
        (83, Rate, Mass, Weight, 1),
        (84, Rate, Unit, Weight, 10),
        (85, Rate, Equivalent, Weight, 10),
        (86, Rate, Mole, Weight, 10),
        (90, Rate, Mass, Surface, 10),
        (91, Rate, Unit, Surface, 100),
        (96, Target, Mass, Absolute, 100),
        (97, Target, Mass, Absolute, 100),
    ];
    let mut units = [UNDEFINED; 128];
    let mut row = 0;
    while row < rows.len() {
        let (code, class, substance, basis, resolution) = rows[row];
        units[code as usize] = Properties { class, substance, basis, resolution };
        row += 1;
    }
    units
};

/// The unit of a dose, by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DoseUnit(pub u8);

impl DoseUnit {
    /// Millilitres.
    pub const ML: DoseUnit = DoseUnit(8);
    /// Millilitres per hour.
    pub const ML_PER_HOUR: DoseUnit = DoseUnit(64);

    /// The unit's properties.
    #[inline]
    #[must_use]
    pub fn properties(self) -> Properties {
        UNITS.get(usize::from(self.0)).copied().unwrap_or(UNDEFINED)
    }

    /// Whether the code is that of a unit.
    #[inline]
    #[must_use]
    pub fn is_defined(self) -> bool {
        self.properties().class != Class::Undefined
    }

    /// Whether it measures the same as another unit, in a multiple at most.
    #[inline]
    #[must_use]
    pub fn has_dimension_of(self, other: DoseUnit) -> bool {
        let (one, two) = (self.properties(), other.properties());
        one.class == two.class && one.substance == two.substance && one.basis == two.basis
    }
}

/// The unit of the amount in a concentration, by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AmountUnit(pub u8);

impl AmountUnit {
    /// Whether the code is that of a unit.
    #[inline]
    #[must_use]
    pub fn is_defined(self) -> bool {
        (1..=7).contains(&self.0)
    }

    /// What the unit measures.
    #[inline]
    #[must_use]
    pub fn substance(self) -> Substance {
        DoseUnit(self.0).properties().substance
    }

    /// The resolution of its amounts in ten-thousandths.
    #[inline]
    #[must_use]
    pub fn resolution(self) -> u32 {
        match self.0 {
            1 => 1000,
            2 | 5 => 100,
            3 | 4 | 6 | 7 => 10,
            _ => 1,
        }
    }
}
