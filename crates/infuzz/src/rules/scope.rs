//! What the difference between an input and a valid one can break, so that only that is checked.

use crate::format::{FieldId, Format, RecordId};
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
        let mut scope = Scope { fields: differs.to_vec(), ..Scope::nothing(format) };
        // Of a record the rules are checked, if any.
        format.records.iter().for_each(|record| scope.fields[usize::from(record.field.0)] = false);
        let rule = |scope: &mut Scope, (record, at): (RecordId, u16)| {
            scope.rules[usize::from(record.0)][usize::from(at)] = true;
            scope.fields[usize::from(format.record(record).field.0)] = true;
        };
        let readers = &format.readers;
        readers.always.iter().for_each(|place| rule(&mut scope, *place));
        for (field, _) in differs.iter().enumerate().filter(|(_, differs)| **differs) {
            for reader in &readers.fields[field] {
                scope.fields[usize::from(reader.0)] = true;
            }
            readers.rules[field].iter().for_each(|place| rule(&mut scope, *place));
        }
        scope
    }

    /// Whether the nodes of a field have to be checked.
    #[inline]
    pub(super) fn has(&self, field: FieldId) -> bool {
        self.fields[usize::from(field.0)]
    }

    /// Whether a rule of a record has to be checked.
    pub(super) fn has_rule(&self, record: RecordId, rule: usize) -> bool {
        self.rules[usize::from(record.0)][rule]
    }
}
