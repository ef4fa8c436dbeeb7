//! Products of numbers, and what singles can tell of them.

use super::record::read;
use crate::format::{Factor, Tail, Value};
use crate::tree::{NodeId, Tables, Tree};

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

/// Products of as many singles as a rule may have, each step rounded to 24 bits, are right to this
/// part; those of doubles, of which they are made here, by far more.
const SINGLES: f64 = 1.0 / 1_048_576.0;

/// Just above and just below another product, by twice what singles can tell.
pub(super) const ABOVE: f64 = 1.0 + 2.0 * SINGLES;
pub(super) const BELOW: f64 = 1.0 - 2.0 * SINGLES;

/// A factor; none: it is not there, or no number that is finite and not negative.
fn number(tree: &Tree<'_>, tables: &Tables, record: NodeId, factor: &Factor) -> Option<f64> {
    let operand = match factor {
        Factor::Number(number) => return Some(*number as f64),
        Factor::Field(operand) => operand,
    };
    let Value::Number(number) = tree.value_of(record, operand, Some(tables))? else { return None };
    if operand.tail != Tail::Value || !tree.format().field(operand.field).float {
        return Some(number as f64);
    }
    let single = f32::from_bits(u32::try_from(number).ok()?);
    (single.is_finite() && single >= 0.0).then(|| f64::from(single))
}

fn product<'r>(
    tree: &Tree<'_>,
    tables: &Tables,
    record: NodeId,
    mut factors: impl Iterator<Item = &'r Factor>,
) -> Option<f64> {
    factors.try_fold(1.0, |product, factor| Some(product * number(tree, tables, record, factor)?))
}

/// Compares two products; none: a factor is not there or no number.
pub(super) fn compare(
    tree: &Tree<'_>,
    tables: &Tables,
    record: NodeId,
    left: &[Factor],
    right: &[Factor],
) -> Option<Compared> {
    let (left, right) = (product(tree, tables, record, left.iter())?, product(tree, tables, record, right.iter())?);
    Some(if left > right * (1.0 + SINGLES) {
        Compared::Above
    } else if left < right * (1.0 - SINGLES) || left == 0.0 {
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
    let Some(wanted) = product(tree, tables, record, others.iter()).map(|product| product * by) else {
        return Vec::new();
    };
    let singles = factors.iter().enumerate().filter_map(|(at, factor)| {
        let operand = factor.operand().filter(|operand| tree.format().field(operand.field).float)?;
        let (node, _) = read(tree, tables, record, operand)?;
        let rest = product(tree, tables, record, factors[..at].iter().chain(&factors[at + 1..]))?;
        let value = (wanted / rest) as f32;
        (value.is_finite() && value >= 0.0).then(|| (node, u64::from(value.to_bits())))
    });
    singles.collect()
}
