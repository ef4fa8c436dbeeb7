//! Doses, rates and volumes in exact fractions.

use super::give::{Concentration, Quantity};
use super::number::ONE;
use super::units::{Measure, Unit};
use crate::library::{Basis, Substance};

/// The pump's resolution of rates and volumes: 0.01 ml/h and 0.01 ml, in ten-thousandths.
pub const RESOLUTION: u64 = 100;

/// A fraction that is not negative, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    numerator: u128,
    denominator: u128,
}

fn common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    a.max(1)
}

impl Fraction {
    /// The quotient of two numbers; none: the second is 0.
    #[must_use]
    pub fn new(numerator: u128, denominator: u128) -> Option<Self> {
        let divisor = common_divisor(numerator, denominator);
        let denominator = denominator.checked_div(divisor).filter(|denominator| *denominator > 0)?;
        Some(Self { numerator: numerator.checked_div(divisor)?, denominator })
    }

    /// A number in ten-thousandths.
    #[must_use]
    pub fn of(value: u64) -> Self {
        Self::new(u128::from(value), u128::from(ONE)).unwrap_or(Self { numerator: 0, denominator: 1 })
    }

    /// The product; none: it cannot be held.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        // Crosswise in lowest terms first, so that it is held if at all possible.
        let (one, two) = (Self::new(self.numerator, other.denominator)?, Self::new(other.numerator, self.denominator)?);
        Self::new(one.numerator.checked_mul(two.numerator)?, one.denominator.checked_mul(two.denominator)?)
    }

    /// The quotient; none: the other is 0, or it cannot be held.
    #[must_use]
    pub fn by(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.denominator, other.numerator)?)
    }

    /// Whether it is more than another one; none: that cannot be told.
    #[must_use]
    pub fn exceeds(self, other: Self) -> Option<bool> {
        let (left, right) =
            (self.numerator.checked_mul(other.denominator)?, other.numerator.checked_mul(self.denominator)?);
        Some(left > right)
    }

    /// In ten-thousandths, rounded to a multiple of a step, half to even; none: it is too large.
    #[must_use]
    pub fn rounded(self, step: u64) -> Option<u32> {
        let step = u128::from(step);
        let scaled = self.numerator.checked_mul(u128::from(ONE))?;
        let whole = self.denominator.checked_mul(step)?;
        let (steps, rest) = (scaled.checked_div(whole)?, scaled.checked_rem(whole)?);
        let up = match rest.checked_mul(2)?.cmp(&whole) {
            core::cmp::Ordering::Less => 0,
            core::cmp::Ordering::Equal => steps & 1,
            core::cmp::Ordering::Greater => 1,
        };
        u32::try_from(steps.checked_add(up)?.checked_mul(step)?).ok()
    }

    /// In ten-thousandths, if it is a whole number of them.
    #[must_use]
    pub fn exact(self) -> Option<u64> {
        let scaled = self.numerator.checked_mul(u128::from(ONE))?;
        let whole = scaled.checked_rem(self.denominator)? == 0;
        u64::try_from(scaled.checked_div(self.denominator)?).ok().filter(|_| whole)
    }
}

/// A quantity in the base unit of what it measures.
#[must_use]
pub fn in_base(value: u64, unit: &Unit) -> Option<Fraction> {
    Fraction::of(value).times(Fraction::new(unit.numerator.into(), unit.denominator.into())?)
}

/// The drug per ml, in the base unit of its amount.
#[must_use]
pub fn per_ml(concentration: &Concentration) -> Option<Fraction> {
    in_base(concentration.amount.value, &concentration.amount.unit)?.by(Fraction::of(concentration.volume))
}

/// What is known of a patient's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Body {
    /// Weight in grams.
    pub grams: Option<Fraction>,
    /// Surface in square metres.
    pub surface: Option<Fraction>,
}

impl Body {
    /// What a dose in a unit is to be multiplied by; none: it is not known.
    #[must_use]
    pub fn multiple(&self, basis: Basis) -> Option<Fraction> {
        match basis {
            Basis::Absolute => Fraction::new(1, 1),
            Basis::Weight => self.grams?.by(Fraction::new(1000, 1)?),
            Basis::Surface => self.surface,
        }
    }
}

/// The rate in ml/h, or the volume in ml, that a dose rate or a dose makes. None: weight, surface
/// or concentration is not known, or the result cannot be held.
#[must_use]
pub fn volume(dose: &Quantity, body: &Body, concentration: Option<&Concentration>) -> Option<Fraction> {
    let all = in_base(dose.value, &dose.unit)?.times(body.multiple(dose.unit.basis)?)?;
    match dose.unit.substance {
        Substance::Volume => Some(all),
        _ => all.by(per_ml(concentration?)?),
    }
}

/// A volume in ml over so many ten-thousandths of a second, in ml/h.
#[must_use]
pub fn per_hour(volume: Fraction, duration: u64) -> Option<Fraction> {
    volume.times(Fraction::new(3600, 1)?)?.by(Fraction::of(duration))
}

/// A rate in ml/h over so many ten-thousandths of a second, in ml.
#[must_use]
pub fn over(rate: Fraction, duration: u64) -> Option<Fraction> {
    rate.times(Fraction::of(duration))?.by(Fraction::new(3600, 1)?)
}

/// Whether a unit is one of a dose per time.
#[must_use]
pub fn is_rate(unit: &Unit) -> bool {
    unit.measure == Measure::Rate
}
