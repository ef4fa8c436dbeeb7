//! Rules between fields of a record and of the records it refers to.

use super::{Cause, Found, Violation, product};
use crate::format::{Condition, Factor, Operand, Rule, RuleId, RuleKind, TestKind, Value};
use crate::tree::{NodeId, Tables, Tree};

/// An operand found in the tree.
pub(super) fn read(tree: &Tree<'_>, tables: &Tables, record: NodeId, operand: &Operand) -> Option<(NodeId, u64)> {
    let node = tree.locate(record, operand, Some(tables))?;
    Some((node, tree.number(node)?))
}

/// Whether the rule says anything about this record.
pub(super) fn applies(tree: &Tree<'_>, tables: &Tables, record: NodeId, rule: &Rule) -> bool {
    rule.when.as_ref().is_none_or(|c| tree.holds(record, c, Some(tables)))
        && rule.unless.as_ref().is_none_or(|c| !tree.holds(record, c, Some(tables)))
}

pub(super) fn check(
    tree: &Tree<'_>,
    tables: &Tables,
    record: NodeId,
    index: usize,
    rule: &Rule,
    found: &mut Found<'_>,
) -> bool {
    if rule.needs.is_some_and(|field| tree.child(record, field).is_none()) || !applies(tree, tables, record, rule) {
        return true;
    }
    let mut report = |id: RuleId, node: NodeId, mut involved: Vec<NodeId>| {
        involved.push(node);
        for condition in [&rule.when, &rule.unless].into_iter().flatten() {
            involved.extend(tested(tree, tables, record, condition));
        }
        found(Violation { rule: id, node, involved, cause: Cause::Record(record, index) })
    };
    match &rule.kind {
        RuleKind::Ordered(operands) => {
            let mut last: Option<(NodeId, u64)> = None;
            for operand in operands {
                let Some((node, value)) = read(tree, tables, record, operand) else { continue };
                if last.is_some_and(|(_, before)| before > value) {
                    let all = operands.iter().flat_map(|o| chain(tree, tables, record, o)).collect();
                    return report(rule.id, node, all);
                }
                last = Some((node, value));
            }
            true
        }
        RuleKind::AtMost(operands, limit) => {
            let Some((_, most)) = read(tree, tables, record, limit) else { return true };
            for operand in operands {
                if let Some((node, value)) = read(tree, tables, record, operand)
                    && value > most
                    && !report(rule.id, node, chain(tree, tables, record, limit))
                {
                    return false;
                }
            }
            true
        }
        RuleKind::Between(operand, low, high) => match read(tree, tables, record, operand) {
            Some((node, number)) if !(*low..=*high).contains(&number) => {
                report(rule.id, node, chain(tree, tables, record, operand))
            }
            _ => true,
        },
        RuleKind::Product { left, right, rounding } => {
            let operands = || left.iter().chain(right).filter_map(Factor::operand);
            let Some(first) = operands().find_map(|operand| tree.locate(record, operand, Some(tables))) else {
                return true;
            };
            let all = || operands().flat_map(|operand| chain(tree, tables, record, operand)).collect();
            match product::compare(tree, tables, record, left, right) {
                Some(product::Compared::Above) => report(rule.id, first, all()),
                Some(product::Compared::Near) => report(*rounding, first, all()),
                Some(product::Compared::Below) | None => true,
            }
        }
        RuleKind::Differ(operands) => {
            let mut seen: Vec<(NodeId, u64)> = Vec::new();
            for (node, number) in operands.iter().filter_map(|operand| read(tree, tables, record, operand)) {
                if let Some((other, _)) = seen.iter().find(|(_, known)| *known == number) {
                    return report(rule.id, node, vec![*other]);
                }
                seen.push((node, number));
            }
            true
        }
        RuleKind::Requires(condition) => {
            if tree.holds(record, condition, Some(tables)) || !decidable(tree, tables, record, condition) {
                return true;
            }
            let nodes = tested(tree, tables, record, condition);
            let shown =
                rule.when.iter().flat_map(|c| tested(tree, tables, record, c)).chain(nodes.iter().copied()).next();
            report(rule.id, shown.unwrap_or(record), nodes)
        }
        RuleKind::Same(a, b, columns) => {
            let (Some(left), Some(right)) =
                (tree.locate(record, a, Some(tables)), tree.locate(record, b, Some(tables)))
            else {
                return true;
            };
            let same = if columns.is_empty() {
                match (tree.value_of(record, a, Some(tables)), tree.value_of(record, b, Some(tables))) {
                    (Some(a), Some(b)) => a == b,
                    _ => true,
                }
            } else {
                columns.iter().all(|(x, y)| match (attribute(tree, left, *x), attribute(tree, right, *y)) {
                    (Some(a), Some(b)) => a == b,
                    _ => true,
                })
            };
            let both = || [a, b].into_iter().flat_map(|o| chain(tree, tables, record, o)).collect();
            same || report(rule.id, right, both())
        }
        RuleKind::Quotient { dividend, divisor, result, decimals } => {
            let parts = [dividend, divisor, result].map(|o| read(tree, tables, record, o));
            let [Some((a, x)), Some((b, y)), Some((c, z))] = parts else { return true };
            let expected = match tree.format().field(result.field).float {
                true => float_quotient(x, y),
                false => quotient(x, y, *decimals),
            };
            match expected {
                Some(expected) if expected != z => report(rule.id, c, vec![a, b]),
                _ => true,
            }
        }
        _ => true,
    }
}

/// The quotient of two floats as a float, all as bits.
pub(super) fn float_quotient(dividend: u64, divisor: u64) -> Option<u64> {
    let float = |bits: u64| Some(f32::from_bits(u32::try_from(bits).ok()?));
    let quotient = float(dividend)? / float(divisor)?;
    (quotient.is_finite() && quotient >= 0.0).then(|| u64::from(quotient.to_bits()))
}

/// dividend × 10^decimals / divisor, rounded half away from zero.
pub(super) fn quotient(dividend: u64, divisor: u64, decimals: u32) -> Option<u64> {
    let doubled = u128::from(dividend).checked_mul(10u128.checked_pow(decimals)?)?.checked_mul(2)?;
    let divisor = u128::from(divisor);
    let rounded = doubled.checked_add(divisor)?.checked_div(divisor.checked_mul(2)?)?;
    u64::try_from(rounded).ok()
}

fn attribute(tree: &Tree<'_>, node: NodeId, column: usize) -> Option<Value> {
    match tree.format().field(tree.node(node).field).shape {
        crate::format::Shape::Enum { of, .. } => {
            tree.format().enums[of].row(tree.number(node)?).map(|row| row.attributes[column])
        }
        _ => None,
    }
}

/// A requirement on a record that a dangling reference names is another rule's matter.
fn decidable(tree: &Tree<'_>, tables: &Tables, record: NodeId, condition: &Condition) -> bool {
    condition.any.iter().flatten().all(|test| {
        let prefix = &test.operand.steps[..test.operand.steps.len().saturating_sub(1)];
        let Some(holder) = tree.walk(record, prefix, Some(tables)) else { return false };
        let valued = !matches!(test.kind, TestKind::Present);
        let empty = |node: Option<NodeId>| node.is_none_or(|node| tree.node(node).blank);
        if tree.node(holder).blank
            || valued
                && tree.format().field(test.operand.field).may_be_empty
                && empty(tree.locate(record, &test.operand, Some(tables)))
        {
            // What is left out has no value that could be asked for.
            return false;
        }
        let Some(node) = tree.locate(record, &test.operand, Some(tables)) else {
            // Absent, unless the record itself was cut short.
            return !tree.children(holder).any(|child| tree.node(child).short);
        };
        !tree.node(node).short
            && match test.operand.tail {
                crate::format::Tail::Attribute(_) => tree.value_of(record, &test.operand, Some(tables)).is_some(),
                _ => true,
            }
    })
}

/// The nodes an operand passes through references on, and its end.
pub(super) fn chain(tree: &Tree<'_>, tables: &Tables, record: NodeId, operand: &Operand) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    for (index, step) in operand.steps.iter().enumerate() {
        if let crate::format::PathStep::Follow(field) = step {
            let before = &operand.steps[..index];
            nodes.extend(tree.walk(record, before, Some(tables)).and_then(|holder| tree.child(holder, *field)));
        }
    }
    nodes.extend(tree.locate(record, operand, Some(tables)));
    nodes
}

pub(super) fn tested(tree: &Tree<'_>, tables: &Tables, record: NodeId, condition: &Condition) -> Vec<NodeId> {
    let tests = condition.any.iter().flatten();
    let mut nodes: Vec<NodeId> = tests.flat_map(|test| chain(tree, tables, record, &test.operand)).collect();
    nodes.dedup();
    nodes
}

/// The participants of a rule on one record, whether it holds or not.
pub fn broken_by(tree: &Tree<'_>, tables: &Tables, record: NodeId, rule: &Rule) -> Vec<NodeId> {
    let operands: Vec<&Operand> = match &rule.kind {
        RuleKind::Ordered(operands) | RuleKind::Differ(operands) => operands.iter().collect(),
        RuleKind::AtMost(operands, limit) => operands.iter().chain([limit]).collect(),
        RuleKind::Same(a, b, _) => vec![a, b],
        RuleKind::Quotient { dividend, divisor, result, .. } => vec![dividend, divisor, result],
        RuleKind::Requires(condition) => condition.any.iter().flatten().map(|t| &t.operand).collect(),
        RuleKind::Between(operand, ..) => vec![operand],
        RuleKind::Product { left, right, .. } => left.iter().chain(right).filter_map(Factor::operand).collect(),
        RuleKind::Unique { key, .. } => key.iter().collect(),
        RuleKind::Ascending { key, .. } => vec![key],
        _ => Vec::new(),
    };
    let conditions =
        [&rule.when, &rule.unless].into_iter().flatten().flat_map(|c| c.any.iter().flatten()).map(|t| &t.operand);
    operands.into_iter().chain(conditions).flat_map(|o| chain(tree, tables, record, o)).collect()
}

#[cfg(test)]
mod tests {
    use super::quotient;

    #[test]
    fn quotient_rounds_half_away_from_zero() {
        assert_eq!(quotient(4_000_000, 2_500_000, 4), Some(16_000)); // 400 / 250 = 1.6
        assert_eq!(quotient(1, 20_000, 4), Some(1)); // 0.00005, a tie
        assert_eq!(quotient(1, 30_000, 4), Some(0)); // 0.0000333
        assert_eq!(quotient(2, 30_000, 4), Some(1)); // 0.0000667
        assert_eq!(quotient(3, 20_000, 4), Some(2)); // 0.00015, a tie
        assert_eq!(quotient(1, 3, 4), Some(3333));
        assert_eq!(quotient(5, 3, 0), Some(2)); // 1.67
        assert_eq!(quotient(4, 3, 0), Some(1)); // 1.33
        assert_eq!(quotient(1, 0, 4), None);
    }
}
