//! Works out the cases on the library under sweep.

mod fields;
mod files;
mod records;
mod rules;

pub(super) use records::{MOST_GROWN, limit_of};

use super::plan::{How, Instances, NotApplicable, Plan, Planned, deciding};
use crate::compose::encode_text;
use crate::format::{FieldId, Format, RuleKind, Shape};
use crate::rules::{Checker, redecode};
use crate::tree::{NodeId, Tables, Tree};

/// Results of repairs are kept if they are shorter than this.
const MOST_KEPT: usize = 64 * 1024;

pub(super) struct Planner<'f> {
    pub(super) plan: Plan<'f>,
    tables: Tables,
    checker: Checker,
    /// Scratch space.
    edited: Tree<'f>,
    instances: Instances,
    by_field: Vec<Vec<NodeId>>,
    deciding: Vec<FieldId>,
}

impl<'f> Planner<'f> {
    /// A planner for a library, which should be valid.
    pub(super) fn on(format: &'f Format, base: &[u8], instances: Instances) -> Self {
        let tree = Tree::decode(format, base);
        let mut tables = Tables::default();
        tables.rebuild(&tree);
        let mut checker = Checker::default();
        let mut plan = Plan::empty(format);
        plan.is_valid = checker.first(&tree).is_none();
        plan.base = tree;
        let mut by_field = vec![Vec::new(); format.fields.len()];
        for (id, node) in plan.base.nodes().iter().enumerate() {
            by_field[usize::from(node.field.0)].push(id as NodeId);
        }
        let (edited, deciding) = (Tree::empty(format), deciding(format));
        Planner { plan, tables, checker, edited, instances, by_field, deciding }
    }

    /// The cases about fields, records and rules.
    pub(super) fn inside(&mut self) {
        for field in self.format().leaves() {
            self.field(field.id);
        }
        let format = self.format();
        for field in format.fields.iter().filter(|f| !f.is_leaf() && f.when.is_none() && f.may_be_absent()) {
            self.optional(field.id);
        }
        self.records();
        self.rules();
    }

    pub(super) fn format(&self) -> &'f Format {
        self.plan.base.format()
    }

    pub(super) fn file(&mut self, class: &'static str, label: &str, how: How) {
        self.plan.cases.push(Planned { field: None, path: "file".into(), class, label: label.into(), how });
    }

    pub(super) fn push(&mut self, node: NodeId, class: &'static str, label: String, how: How) {
        let field = Some(self.plan.base.node(node).field);
        let path = self.plan.base.path(node);
        self.plan.cases.push(Planned { field, path, class, label, how });
    }

    pub(super) fn count(&mut self, field: FieldId, class: &str, cases: usize, why: &str) {
        if cases > 0 {
            self.plan.applied += 1;
        } else {
            let field = self.format().field(field).path.clone();
            self.plan.not_applicable.push(NotApplicable { field, value_class: class.into(), why: why.into() });
        }
    }

    /// Whether an edited library is valid.
    pub(super) fn accepts(&mut self, bytes: &[u8]) -> bool {
        redecode(&mut self.edited, self.plan.valid(), bytes);
        self.checker.first_since(self.plan.valid(), &self.edited).is_none()
    }
}

/// Bytes that are short enough to be kept.
fn kept(bytes: Vec<u8>) -> Option<Vec<u8>> {
    Some(bytes).filter(|bytes| bytes.len() < MOST_KEPT)
}

/// A copy of the last record of a list with keys of its own.
fn another(tree: &Tree<'_>, list: NodeId, copy: usize) -> Vec<u8> {
    let Some(record) = tree.children(list).last() else { return Vec::new() };
    let format = tree.format();
    let own = tree.node(record).field;
    if format.field(own).end.is_some() || format.record_of(own).is_some_and(|record| record.separator.is_some()) {
        // What stands between its fields is part of it.
        return tree.span(record).to_vec();
    }
    let table = tree.node(list).field;
    let rules = format.records.iter().flat_map(|record| &record.rules);
    let keys = rules.filter_map(|rule| match &rule.kind {
        RuleKind::Unique { table: of, key, .. } if *of == table && key.len() == 1 => key.first(),
        RuleKind::Ascending { table: of, key } if *of == table => Some(key),
        _ => None,
    });
    let keys: Vec<FieldId> = keys.map(|operand| operand.field).collect();
    let mut bytes = Vec::new();
    for child in tree.children(record) {
        let field = format.field(tree.node(child).field);
        let fresh = keys.contains(&field.id).then(|| match (&field.shape, tree.number(child)) {
            (Shape::Text(text), _) => encode_text(text, format!("G{copy}").as_bytes()).unwrap_or_default(),
            (_, Some(number)) => tree.encode_number(child, number + 1 + copy as u64),
            _ => tree.span(child).to_vec(),
        });
        bytes.extend(fresh.unwrap_or_else(|| tree.span(child).to_vec()));
    }
    if bytes.is_empty() { tree.span(record).to_vec() } else { bytes }
}
