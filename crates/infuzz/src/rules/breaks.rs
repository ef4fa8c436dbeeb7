//! How each rule between fields is broken: edits of one participant after which it does not hold.

use super::field::step_of;
use super::record::read;
use super::{Checker, participants, product, structure};
use crate::format::{Rule, RuleKind, Shape};
use crate::tree::{Edit, NodeId, Repair, Tables, Tree};

/// Edits that break `rule` on `record`, each with a label. Every one was tried: the rule is
/// among the broken ones afterwards. `valid` is a valid tree not very different, if there is one. At most two per participant.
pub fn break_rule<'f>(
    checker: &mut Checker,
    valid: Option<&Tree<'f>>,
    tree: &Tree<'f>,
    tables: &Tables,
    record: NodeId,
    rule: &Rule,
) -> Vec<(String, Edit)> {
    let mut nodes: Vec<NodeId> = match &rule.kind {
        RuleKind::Unique { table, .. } | RuleKind::Ascending { table, .. } => {
            return along_table(tree, *table, rule);
        }
        kind if kind.is_structural() => {
            return structural(checker, valid, tree, tables, record, rule);
        }
        _ => participants(tree, tables, record, rule),
    };
    nodes.sort_unstable();
    nodes.dedup();
    let mut found = Vec::new();
    let mut after = Tree::empty(tree.format());
    for node in nodes.iter().copied() {
        let (mut kept, mut alone) = (0, false);
        let beyond = bounds(tree, tables, record, rule, Side::Beyond).into_iter().filter(|(at, _)| *at == node);
        let mut tried: Vec<_> = beyond.map(|(_, number)| set(tree, node, number)).collect();
        tried.extend(candidates(tree, tables, node, &nodes));
        for (label, edit) in tried {
            super::redecode(&mut after, valid, &tree.apply(&edit, Repair::Affected));
            let violations = checker.all_since(valid, &after);
            if !violations.iter().any(|v| v.rule == rule.id) {
                continue;
            }
            // Two edits for each participant, one of which breaks nothing else if there is one.
            let only = violations.iter().all(|v| v.rule == rule.id);
            if kept < 1 || (only && !alone) {
                found.push((format!("{} {label}", tree.path(node)), edit));
                kept += 1;
            }
            alone |= only;
            if kept >= 2 || alone && kept > 0 {
                break;
            }
        }
    }
    found
}

/// Most edits that break one rule about whole lists.
const MOST: usize = 12;

fn structural<'f>(
    checker: &mut Checker,
    valid: Option<&Tree<'f>>,
    tree: &Tree<'f>,
    tables: &Tables,
    record: NodeId,
    rule: &Rule,
) -> Vec<(String, Edit)> {
    let mut after = Tree::empty(tree.format());
    let mut edits = structure::breaks(tree, tables, record, rule);
    edits.retain(|(_, edit)| {
        super::redecode(&mut after, valid, &tree.apply(edit, Repair::Affected));
        checker.all_since(valid, &after).iter().any(|violation| violation.rule == rule.id)
    });
    edits.truncate(MOST);
    edits
}

/// On which side of what a rule allows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Within,
    Beyond,
}

/// The last values that a rule about numbers allows, or the first that it does not.
fn bounds(tree: &Tree<'_>, tables: &Tables, record: NodeId, rule: &Rule, side: Side) -> Vec<(NodeId, u64)> {
    match &rule.kind {
        RuleKind::Between(operand, low, high) => {
            let Some(node) = tree.locate(record, operand, Some(tables)) else { return Vec::new() };
            let ends = match side {
                Side::Within => [Some(*low), Some(*high)],
                Side::Beyond => [low.checked_sub(1), high.checked_add(1)],
            };
            ends.into_iter().flatten().map(|number| (node, number)).collect()
        }
        RuleKind::Product { left, right, .. } => {
            let (less, more) = match side {
                Side::Within => (product::BELOW, product::ABOVE),
                Side::Beyond => (product::ABOVE, product::BELOW),
            };
            let mut values = product::adapted(tree, tables, record, (left, right), less);
            values.extend(product::adapted(tree, tables, record, (right, left), more));
            values
        }
        RuleKind::Ordered(operands) if side == Side::Within => {
            let there: Vec<_> = operands.iter().filter_map(|operand| read(tree, tables, record, operand)).collect();
            there.windows(2).flat_map(|pair| [(pair[0].0, pair[1].1), (pair[1].0, pair[0].1)]).collect()
        }
        RuleKind::AtMost(operands, limit) if side == Side::Within => {
            let Some((_, most)) = read(tree, tables, record, limit) else { return Vec::new() };
            operands.iter().filter_map(|o| Some((tree.locate(record, o, Some(tables))?, most))).collect()
        }
        _ => Vec::new(),
    }
}

fn set(tree: &Tree<'_>, node: NodeId, number: u64) -> (String, Edit) {
    let field = tree.format().field(tree.node(node).field);
    (format!("= {}", field.show(number)), Edit::set_number(tree, node, number))
}

/// Edits after which a rule about numbers only just holds, with the field and a label.
pub(crate) fn only_just(tree: &Tree<'_>, tables: &Tables, record: NodeId, rule: &Rule) -> Vec<(NodeId, String, Edit)> {
    let values = bounds(tree, tables, record, rule, Side::Within).into_iter();
    let edits = values.map(|(node, number)| (node, set(tree, node, number)));
    edits.map(|(node, (label, edit))| (node, label, edit)).collect()
}

/// Edits of one participant of a rule, the others being `nodes`, that may break the rule.
pub fn candidates(tree: &Tree<'_>, tables: &Tables, node: NodeId, nodes: &[NodeId]) -> Vec<(String, Edit)> {
    let format = tree.format();
    let field = format.field(tree.node(node).field);
    let set = |value: u64| (format!("= {value}"), Edit::set_number(tree, node, value));
    let mut edits = Vec::new();
    if field.may_be_absent() {
        edits.push(("absent".to_string(), Edit::make_absent(tree, node)));
    }
    if let Some(reference) = &field.refers {
        edits.extend(reference.none.map(set));
        edits.extend(tables.keys(reference.table).take(24).map(set));
        return edits;
    }
    match &field.shape {
        Shape::Enum { of, .. } => edits.extend(format.enums[*of].rows.iter().map(|row| set(row.code))),
        Shape::Uint { .. } | Shape::Int { .. } | Shape::Digits { .. } | Shape::Decimal { .. } => {
            let step = field.step.as_ref().and_then(|(step, _)| step_of(tree, node, step)).unwrap_or(1);
            let (low, high) = field.range.map_or((0, u64::from(u32::MAX)), |(low, high, _)| (low, high));
            let others = nodes.iter().filter(|other| **other != node).filter_map(|other| tree.number(*other));
            let near = others.flat_map(|value| [value.saturating_add(step), value.saturating_sub(step)]);
            let own = tree.number(node).unwrap_or(0);
            let ends =
                [own.saturating_add(step), own.saturating_sub(step), high - high % step, low.next_multiple_of(step)];
            let legal = near.chain(ends).filter(|value| (low..=high).contains(value) && value % step == 0);
            edits.extend(legal.map(set));
        }
        Shape::Bits { names, .. } => {
            let own = tree.number(node).unwrap_or(0);
            let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
            edits.extend(named.map(|(bit, _)| set(own ^ 1 << bit)));
        }
        _ => {}
    }
    edits
}

/// The same key twice, and a key before a smaller one.
fn along_table(tree: &Tree<'_>, table: crate::format::FieldId, rule: &Rule) -> Vec<(String, Edit)> {
    let mut edits = Vec::new();
    let mut rows: Vec<NodeId> = Vec::new();
    for list in super::table::lists(tree, table) {
        rows.extend(tree.children(list));
    }
    let pairs: Vec<(NodeId, NodeId)> = match rows.as_slice() {
        [] | [_] => return edits,
        rows => [(0, 1), (0, rows.len() - 1), (rows.len() - 2, rows.len() - 1)]
            .into_iter()
            .filter(|(a, b)| a != b)
            .map(|(a, b)| (rows[a], rows[b]))
            .collect(),
    };
    for (a, b) in pairs {
        match &rule.kind {
            RuleKind::Ascending { key, .. } => {
                let (Some(x), Some(y)) = (tree.locate(a, key, None), tree.locate(b, key, None)) else { continue };
                edits.push((format!("{} and {} exchanged", tree.path(x), tree.path(y)), Edit::swap(tree, x, y)));
                edits
                    .push((format!("{} as {}", tree.path(y), tree.path(x)), Edit::set(tree, y, tree.span(x).to_vec())));
            }
            RuleKind::Unique { key, .. } => {
                let mut edit = Edit::default();
                for operand in key {
                    let (Some(x), Some(y)) = (tree.locate(a, operand, None), tree.locate(b, operand, None)) else {
                        continue;
                    };
                    edit = edit.and(Edit::set(tree, y, tree.span(x).to_vec()));
                }
                edits.push((format!("{} with the key of {}", tree.path(b), tree.path(a)), edit));
            }
            _ => {}
        }
    }
    edits
}
