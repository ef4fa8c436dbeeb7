//! Exact numbers.

use num_rational::BigRational;

/// A number without rounding.
pub(super) type Fraction = BigRational;

/// Making and reading them.
pub(super) trait Exact {
    /// A whole number.
    fn whole(number: u64) -> Self;
    /// So many ten-thousandths.
    fn of(number: u64) -> Self;
    /// In ten-thousandths, rounded to a whole number of hundredths, half to even.
    fn hundredths(&self) -> Option<u64>;
}

impl Exact for Fraction {
    fn whole(number: u64) -> Self {
        BigRational::from_integer(number.into())
    }

    fn of(number: u64) -> Self {
        BigRational::new(number.into(), 10_000.into())
    }

    fn hundredths(&self) -> Option<u64> {
        let exact = self * BigRational::from_integer(100.into());
        let below = exact.floor();
        let twice = (&exact - &below) * BigRational::from_integer(2.into());
        let one = BigRational::from_integer(1.into());
        let odd = below.to_integer().bit(0);
        let rounded = if twice > one || (twice == one && odd) { below + one } else { below };
        u64::try_from(rounded.to_integer()).ok()?.checked_mul(100)
    }
}
