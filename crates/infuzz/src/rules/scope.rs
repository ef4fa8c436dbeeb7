//! What the difference between an input and a valid one can break, so that only that is checked.

use super::structure::is_structural;
use crate::format::Shape;
use crate::format::{Condition, Factor, FieldId, Format, Operand, PathStep, Rule, RuleKind, Step};
use crate::tree::Tree;

/// The fields and the rules that read something which differs.
pub(super) struct Scope {
    /// By field: its nodes have to be checked.
    fields: Vec<bool>,
    /// By record and rule.
    rules: Vec<Vec<bool>>,
}

impl Scope {
    /// None where the structure differs: then everything has to be checked.
    pub(super) fn between(valid: &Tree<'_>, tree: &Tree<'_>) -> Option<Self> {
        if valid.nodes().len() != tree.nodes().len() || !tree.problems().is_empty() {
            return None;
        }
        let mut differs = vec![false; tree.format().fields.len()];
        if let Some(leaves) = valid.differing_leaves(tree) {
            for leaf in leaves {
                differs[usize::from(tree.node(leaf).field.0)] = true;
            }
        } else {
            for (id, (old, new)) in (0..).zip(valid.nodes().iter().zip(tree.nodes())) {
                if old.field != new.field || old.next != new.next || old.blank != new.blank {
                    return None;
                }
                let seen = &mut differs[usize::from(new.field.0)];
                if !*seen && new.next == id + 1 {
                    *seen = valid.span(id) != tree.span(id);
                }
            }
        }
        Some(Scope::reading(tree.format(), &differs))
    }

    /// Of a change of the bytes of a tree. None where the structure may change: then everything
    /// has to be checked.
    pub(super) fn of_change(tree: &Tree<'_>, bytes: &[u8]) -> Option<Self> {
        let mut differs = vec![false; tree.format().fields.len()];
        for leaf in tree.changed_leaves(bytes)? {
            differs[usize::from(tree.node(leaf).field.0)] = true;
        }
        Some(Scope::reading(tree.format(), &differs))
    }

    /// Of no change.
    pub(super) fn nothing(format: &Format) -> Self {
        let rules = format.records.iter().map(|record| vec![false; record.rules.len()]).collect();
        Scope { fields: vec![false; format.fields.len()], rules }
    }

    /// Of a change of these fields.
    fn reading(format: &Format, differs: &[bool]) -> Self {
        let reads = |operand: &Operand| reads(format, operand, differs);
        let mut fields: Vec<bool> = differs.to_vec();
        for field in &format.fields {
            let step = match &field.step {
                Some((Step::By(operand), _)) => reads(operand),
                _ => false,
            };
            let key = field.refers.as_ref().is_some_and(|r| differs[usize::from(r.key.0)]);
            let slot = match (&field.shape, &field.slots) {
                (Shape::List { item, .. }, Some(_)) => differs[usize::from(item.0)],
                _ => false,
            };
            fields[usize::from(field.id.0)] |= step || key || slot;
        }
        let mut rules = Vec::new();
        for record in &format.records {
            let own: Vec<bool> =
                record.rules.iter().map(|rule| is_structural(&rule.kind) || operands(rule).any(reads)).collect();
            fields[usize::from(record.field.0)] = own.contains(&true);
            rules.push(own);
        }
        Scope { fields, rules }
    }

    /// Whether the nodes of a field have to be checked.
    #[inline]
    pub(super) fn has(&self, field: FieldId) -> bool {
        self.fields[usize::from(field.0)]
    }

    /// Whether a rule of a record has to be checked.
    pub(super) fn has_rule(&self, record: crate::format::RecordId, rule: usize) -> bool {
        self.rules[usize::from(record.0)][rule]
    }
}

/// Whether an operand reads a field that differs, or finds its record by one.
fn reads(format: &Format, operand: &Operand, differs: &[bool]) -> bool {
    let differs = |field: FieldId| differs[usize::from(field.0)];
    operand.steps.iter().any(|step| match step {
        PathStep::Root | PathStep::Up | PathStep::Beside => false,
        PathStep::Child(field) => differs(*field),
        PathStep::Follow(field) => {
            differs(*field) || format.field(*field).refers.as_ref().is_some_and(|r| differs(r.key))
        }
    })
}

/// All operands of a rule and its conditions.
fn operands(rule: &Rule) -> impl Iterator<Item = &Operand> {
    let own: Vec<&Operand> = match &rule.kind {
        RuleKind::Ordered(operands) | RuleKind::Differ(operands) => operands.iter().collect(),
        RuleKind::AtMost(operands, limit) => operands.iter().chain([limit]).collect(),
        RuleKind::Same(a, b, _) => vec![a, b],
        RuleKind::Quotient { dividend, divisor, result, .. } => vec![dividend, divisor, result],
        RuleKind::Requires(condition) => tested(condition).collect(),
        RuleKind::Between(operand, ..) => vec![operand],
        RuleKind::Product { left, right, .. } => left.iter().chain(right).filter_map(Factor::operand).collect(),
        RuleKind::Unique { key, .. } => key.iter().collect(),
        RuleKind::Ascending { key, .. } => vec![key],
        _ => Vec::new(),
    };
    own.into_iter().chain([&rule.when, &rule.unless].into_iter().flatten().flat_map(tested))
}

fn tested(condition: &Condition) -> impl Iterator<Item = &Operand> {
    condition.any.iter().flatten().map(|test| &test.operand)
}
