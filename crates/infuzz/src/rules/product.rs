//! Products of numbers, compared exactly, and what singles can tell of them.

use super::record::read;
use crate::format::{Factor, Tail, Value};
use crate::tree::{NodeId, Tables, Tree};
use std::cmp::Ordering;

/// How two products compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compared {
    /// The first is greater, however one rounds.
    Above,
    /// They differ by no more than singles can tell, or not at all.
    Near,
    /// The first is less, however one rounds, or both are 0.
    Below,
}

/// Products of up to nine singles, each step rounded to 24 bits, are right to a part in 2^20.
const SINGLES: i32 = 20;

/// Just above and just below another product, by twice what singles can tell.
pub(super) const ABOVE: f64 = 1.0 + 1.0 / 524_288.0;
pub(super) const BELOW: f64 = 1.0 - 1.0 / 524_288.0;

/// An exact product of numbers: digits in base 2^32, the least first, and a power of two.
#[derive(Clone, Debug)]
struct Product {
    digits: Vec<u32>,
    exponent: i32,
}

impl Product {
    fn one() -> Self {
        Product { digits: vec![1], exponent: 0 }
    }

    fn times(mut self, factor: u64) -> Self {
        let mut result = vec![0u32; self.digits.len() + 2];
        for (at, digit) in self.digits.iter().enumerate() {
            let mut carry = 0u128;
            for (place, part) in [factor & u64::from(u32::MAX), factor >> 32].into_iter().enumerate() {
                let sum = u128::from(*digit) * u128::from(part) + u128::from(result[at + place]) + carry;
                result[at + place] = sum as u32;
                carry = sum >> 32;
            }
            for place in &mut result[at + 2..] {
                let sum = u128::from(*place) + carry;
                *place = sum as u32;
                carry = sum >> 32;
            }
        }
        self.digits = result;
        self
    }

    /// The position of its highest bit; none: it is 0.
    fn top(&self) -> Option<i32> {
        let (at, digit) = self.digits.iter().enumerate().rev().find(|(_, digit)| **digit != 0)?;
        Some(32 * at as i32 + 31 - digit.leading_zeros() as i32 + self.exponent)
    }

    fn bit(&self, position: i32) -> bool {
        let Ok(at) = usize::try_from(position - self.exponent) else { return false };
        self.digits.get(at / 32).is_some_and(|digit| digit >> (at % 32) & 1 == 1)
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.top(), other.top()) {
            (Some(own), Some(top)) if own == top => {
                let lowest = self.exponent.min(other.exponent);
                let differs = (lowest..=top).rev().find(|at| self.bit(*at) != other.bit(*at));
                differs.map_or(Ordering::Equal, |at| self.bit(at).cmp(&other.bit(at)))
            }
            (own, top) => own.cmp(&top),
        }
    }
}

/// Mantissa and power of two of a single that is a number and not negative.
fn parts(bits: u64) -> Option<(u64, i32)> {
    let bits = u32::try_from(bits).ok()?;
    let (fraction, exponent) = (u64::from(bits & 0x7F_FFFF), (bits >> 23) as i32);
    match exponent {
        0 => Some((fraction, -149)),
        1..255 => Some((fraction | 0x80_0000, exponent - 150)),
        _ => None,
    }
}

fn product(tree: &Tree<'_>, tables: &Tables, record: NodeId, factors: &[Factor]) -> Option<Product> {
    factors.iter().try_fold(Product::one(), |product, factor| {
        let operand = match factor {
            Factor::Number(number) => return Some(product.times(*number)),
            Factor::Field(operand) => operand,
        };
        let Value::Number(number) = tree.value_of(record, operand, Some(tables))? else { return None };
        if operand.tail == Tail::Value && tree.format().field(operand.field).float {
            let (mantissa, exponent) = parts(number)?;
            let product = product.times(mantissa);
            return Some(Product { exponent: product.exponent + exponent, ..product });
        }
        Some(product.times(number))
    })
}

/// Compares two products; none: a factor is not there or no number.
pub(super) fn compare(
    tree: &Tree<'_>,
    tables: &Tables,
    record: NodeId,
    left: &[Factor],
    right: &[Factor],
) -> Option<Compared> {
    let (left, right) = (product(tree, tables, record, left)?, product(tree, tables, record, right)?);
    if left.top().is_none() {
        return Some(Compared::Below);
    }
    let scaled = |product: &Product, factor: u64| {
        let product = product.clone().times(factor);
        Product { exponent: product.exponent - SINGLES, ..product }
    };
    let whole = 1u64 << SINGLES;
    Some(if left.compare(&scaled(&right, whole + 1)) == Ordering::Greater {
        Compared::Above
    } else if left.compare(&scaled(&right, whole - 1)) == Ordering::Less {
        Compared::Below
    } else {
        Compared::Near
    })
}

/// For each single among the first factors the value with which their product is that of the
/// others times `by`.
pub(super) fn adapted(
    tree: &Tree<'_>,
    tables: &Tables,
    record: NodeId,
    (factors, others): (&[Factor], &[Factor]),
    by: f64,
) -> Vec<(NodeId, u64)> {
    let number = |factor: &Factor| -> Option<f64> {
        let operand = match factor {
            Factor::Number(number) => return Some(*number as f64),
            Factor::Field(operand) => operand,
        };
        let Value::Number(number) = tree.value_of(record, operand, Some(tables))? else { return None };
        match operand.tail == Tail::Value && tree.format().field(operand.field).float {
            true => Some(f64::from(f32::from_bits(u32::try_from(number).ok()?))),
            false => Some(number as f64),
        }
    };
    let all = |factors: &[Factor]| factors.iter().map(number).try_fold(1.0, |product, one| Some(product * one?));
    let Some(wanted) = all(others).map(|product| product * by) else { return Vec::new() };
    let singles = factors.iter().enumerate().filter_map(|(at, factor)| {
        let operand = factor.operand().filter(|operand| tree.format().field(operand.field).float)?;
        let (node, _) = read(tree, tables, record, operand)?;
        let rest = all(&[&factors[..at], &factors[at + 1..]].concat())?;
        let value = (wanted / rest) as f32;
        (value.is_finite() && value >= 0.0).then(|| (node, u64::from(value.to_bits())))
    });
    singles.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(factors: &[f32]) -> Product {
        factors.iter().fold(Product::one(), |product, factor| {
            let (mantissa, exponent) = parts(u64::from(factor.to_bits())).expect("a number");
            let product = product.times(mantissa);
            Product { exponent: product.exponent + exponent, ..product }
        })
    }

    #[test]
    fn products_of_singles_compare_exactly() {
        assert_eq!(of(&[0.1, 10.0]).compare(&of(&[1.0])), Ordering::Greater, "0.1 as a single is above it");
        assert_eq!(of(&[5.0, 720.0, 250.0]).compare(&of(&[900_000.0])), Ordering::Equal);
        assert_eq!(of(&[f32::MIN_POSITIVE / 2.0, f32::MIN_POSITIVE]).compare(&of(&[0.0])), Ordering::Greater);
        assert_eq!(of(&[f32::MAX, f32::MAX, f32::MAX]).compare(&of(&[f32::MAX, f32::MAX])), Ordering::Greater);
        assert_eq!(of(&[1.5]).compare(&of(&[1.5, 1.0, 1.0])), Ordering::Equal);
        let (mut one, mut other) = (1.0f32, 1.0f32);
        for step in 1..200 {
            (one, other) = (one * 1.1 % 7.0 + 0.01, other * 1.3 % 5.0 + 0.01);
            let expected = (f64::from(one) * f64::from(other)).partial_cmp(&f64::from(step as f32));
            assert_eq!(Some(of(&[one, other]).compare(&of(&[step as f32]))), expected, "{one} {other} {step}");
        }
    }

    #[test]
    fn whole_numbers_of_64_bits_are_factors() {
        let square = Product::one().times(u64::MAX).times(u64::MAX);
        assert_eq!(square.top(), Some(127));
        assert_eq!(square.compare(&Product::one().times(u64::MAX).times(u64::MAX - 1)), Ordering::Greater);
    }
}
