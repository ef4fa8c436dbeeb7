//! Breaks a rule that orders fields, or makes neighbours equal.

use super::Context;
use crate::format::{RuleKind, Shape};
use crate::rng::Rng;
use crate::tree::{Edit, NodeId};

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    let record = context.some(rng, &context.kinds.ordered)?;
    let Shape::Record(id) = tree.format().field(tree.node(record).field).shape else { return None };
    let rules = &tree.format().record(id).rules;
    let rule = rng.pick(rules)?;
    let operands: Vec<_> = match &rule.kind {
        RuleKind::Ordered(operands) => operands.iter().collect(),
        RuleKind::AtMost(operands, limit) => operands.iter().chain([limit]).collect(),
        _ => return None,
    };
    let nodes: Vec<NodeId> = operands.iter().filter_map(|o| tree.locate(record, o, Some(context.tables))).collect();
    let last = nodes.len().checked_sub(1).filter(|last| *last > 0)?;
    let at = rng.below(last);
    let (first, second) = (nodes[at], nodes[at + 1]);
    let (a, b) = (tree.number(first)?, tree.number(second)?);
    let changed = match rng.below(4) {
        0 => return Some(Edit::set_number(tree, first, b).and(Edit::set_number(tree, second, a))),
        1 => (first, b.saturating_add(1)),
        2 => (first, b),
        _ => (second, a.saturating_sub(1)),
    };
    Some(Edit::set_number(tree, changed.0, changed.1))
}
