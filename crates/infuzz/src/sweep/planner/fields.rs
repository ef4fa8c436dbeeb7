//! Every leaf field with every value class, left out, put in, and corrupted.

use super::{Planner, kept};
use crate::classes::CLASSES;
use crate::format::{FieldId, Shape};
use crate::plain::default_bytes;
use crate::rules::{isolate_since, settle_since};
use crate::sweep::plan::{How, Planned};
use crate::tree::{Edit, NodeId, Repair};

impl Planner<'_> {
    /// All classes for the chosen occurrences of a leaf.
    pub(super) fn field(&mut self, field: FieldId) {
        self.plan.fields += 1;
        let nodes = self.chosen(field);
        for class in CLASSES {
            let mut why = "the library has no such field";
            let mut cases = 0;
            for &node in &nodes {
                match class.apply(&self.plan.base, &self.tables, node) {
                    Err(reason) => why = reason,
                    Ok(values) => {
                        for (label, bytes) in values {
                            cases += 1;
                            let edit = Edit::set(&self.plan.base, node, bytes);
                            if class.legal {
                                self.settled(node, class.name, &label, &edit);
                            } else {
                                self.isolated(node, class.name, &label, &edit);
                            }
                            self.push(node, class.name, label, How::Edit(edit));
                        }
                    }
                }
            }
            self.count(field, class.name, cases, why);
        }
        self.optional(field);
        self.corrupted(field);
    }

    /// The chosen occurrences of a field: those of [`Instances`], and the first in each kind of
    /// record that decides by an enumerated field what it holds.
    pub(super) fn chosen(&self, field: FieldId) -> Vec<NodeId> {
        let all = &self.by_field[usize::from(field.0)];
        let mut chosen = self.instances.of(all);
        let mut kinds = Vec::new();
        for &node in all {
            if let Some(kind) = self.kind(node)
                && !kinds.contains(&kind)
            {
                kinds.push(kind);
                if !chosen.contains(&node) {
                    chosen.push(node);
                }
            }
        }
        chosen
    }

    /// The values of the fields of the enclosing record that decide which others are there.
    pub(super) fn kind(&self, node: NodeId) -> Option<Vec<u64>> {
        let tree = &self.plan.base;
        let record = tree.node(node).parent;
        let Shape::Record(id) = self.format().field(tree.node(record).field).shape else { return None };
        let kinds: Vec<u64> = self
            .deciding
            .iter()
            .filter(|field| self.format().field(**field).owner == Some(id))
            .filter_map(|field| tree.number(tree.child(record, *field)?))
            .collect();
        (!kinds.is_empty()).then_some(kinds)
    }

    /// A legal value that some other field does not go with: the same with the others adapted.
    pub(super) fn settled(&mut self, node: NodeId, class: &'static str, label: &str, edit: &Edit) {
        let strict = self.plan.base.apply(edit, Repair::Affected);
        if self.accepts(&strict) {
            return;
        }
        let path = self.plan.base.path(node);
        let format = self.format();
        let settled = settle_since(&mut self.checker, self.plan.valid(), &strict, format, std::slice::from_ref(&path));
        if let Some(bytes) = settled {
            let how = How::Settled(edit.clone(), path, kept(bytes));
            self.push(node, class, format!("{label}, the rest adapted"), how);
        }
    }

    /// An illegal value that breaks other rules too: the same with those repaired.
    pub(super) fn isolated(&mut self, node: NodeId, class: &'static str, label: &str, edit: &Edit) {
        let strict = self.plan.base.apply(edit, Repair::Affected);
        let path = self.plan.base.path(node);
        let format = self.format();
        if let Some(bytes) = isolate_since(&mut self.checker, self.plan.valid(), &strict, format, &path) {
            let how = How::Isolated(edit.clone(), path, None, kept(bytes));
            self.push(node, class, format!("{label}, nothing else broken"), how);
        }
    }

    /// The field left out, and put in where it is absent.
    pub(super) fn optional(&mut self, field: FieldId) {
        let Some(owner) = self.format().field(field).owner else { return };
        if !self.format().field(field).may_be_absent() {
            self.count(field, "absent", 0, "the field is never absent");
            self.count(field, "present", 0, "the field is always present");
            return;
        }
        let present: Vec<NodeId> = self.by_field[usize::from(field.0)].clone();
        let present: Vec<NodeId> = present.into_iter().filter(|node| !self.plan.base.node(*node).blank).collect();
        let present = self.instances.of(&present);
        for &node in &present {
            let edit = Edit::make_absent(&self.plan.base, node);
            self.push(node, "absent", "left out, its bit cleared".into(), How::Edit(edit));
        }
        self.count(field, "absent", present.len(), "it is absent everywhere in this library");
        let record = self.format().record(owner).field;
        let without: Vec<NodeId> = self.by_field[usize::from(record.0)]
            .iter()
            .copied()
            .filter(|record| {
                self.plan.base.child(*record, field).is_none_or(|node| self.plan.base.node(node).blank)
                    && !self.plan.base.node(*record).blank
            })
            .collect();
        let without = self.instances.of(&without);
        for &record in &without {
            let edit = Edit::make_present(&self.plan.base, record, field, default_bytes(self.format(), field));
            let path = format!("{}.{}", self.plan.base.path(record), self.format().field(field).name);
            self.settled_presence(record, &path, &edit);
            self.plan.cases.push(Planned {
                field: Some(field),
                path,
                class: "present",
                label: "put in, its bit set".into(),
                how: How::Edit(edit),
            });
        }
        self.count(field, "present", without.len(), "it is present everywhere in this library");
    }

    pub(super) fn settled_presence(&mut self, record: NodeId, path: &str, edit: &Edit) {
        let strict = self.plan.base.apply(edit, Repair::Affected);
        if self.accepts(&strict) {
            return;
        }
        // The added field's own value may be adapted; that it is there may not.
        let bits =
            self.plan.base.children(record).find(|child| {
                matches!(self.format().field(self.plan.base.node(*child).field).shape, Shape::Bits { .. })
            });
        let bits = bits.map_or_else(|| path.to_string(), |bits| self.plan.base.path(bits));
        let format = self.format();
        let settled = settle_since(&mut self.checker, self.plan.valid(), &strict, format, std::slice::from_ref(&bits));
        if let Some(bytes) = settled {
            let field = Some(self.plan.base.node(record).field);
            let how = How::Settled(edit.clone(), bits, kept(bytes));
            self.plan.cases.push(Planned {
                field,
                path: path.to_string(),
                class: "present",
                label: "put in, the rest adapted".into(),
                how,
            });
        }
    }

    /// One bit changed and no check repaired.
    pub(super) fn corrupted(&mut self, field: FieldId) {
        let nodes = self.instances.of(&self.by_field[usize::from(field.0)]);
        for &node in &nodes {
            let mut bytes = self.plan.base.span(node).to_vec();
            let Some(last) = bytes.last_mut() else { continue };
            *last ^= 0x10;
            let edit = Edit::set(&self.plan.base, node, bytes);
            self.push(node, "corrupted", "bit 4 of the last byte, no check repaired".into(), How::Raw(edit));
        }
        self.count(field, "corrupted", nodes.len(), "the library has no such field");
    }
}
