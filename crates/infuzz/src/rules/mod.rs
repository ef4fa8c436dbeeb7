//! Rules: what must hold, checked on a tree; how each is repaired and how each is broken.

mod breaks;
mod field;
mod fix;
mod record;
mod scope;
mod table;

pub use breaks::{break_rule, candidates};
pub(crate) use field::step_of;
pub(crate) use fix::redecode;
pub use fix::{fix, isolate, isolate_rule_since, isolate_since, settle, settle_since, settle_within};
pub use record::broken_by as participants;

use crate::format::{RuleId, RuleKind, Shape};
use crate::tree::{NodeId, Tables, Tree};
use scope::Scope;

/// Which line of the description is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The bytes do not have the shape.
    Shape,
    /// A field's own value.
    Field,
    /// A value that must follow from the rest.
    Relation,
    /// A reference to a record that is not there.
    Reference,
    /// The rule with this index of the record.
    Record(NodeId, usize),
}

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: RuleId,
    /// The field it is reported on.
    pub node: NodeId,
    /// All fields that take part, `node` included.
    pub involved: Vec<NodeId>,
    /// The line of the description.
    pub cause: Cause,
}

impl Violation {
    fn one(rule: RuleId, node: NodeId, cause: Cause) -> Self {
        Violation { rule, node, involved: vec![node], cause }
    }
}

/// Receives violations; returns whether to go on.
pub(crate) type Found<'a> = dyn FnMut(Violation) -> bool + 'a;

/// Checks trees against their description; keeps its tables between inputs.
#[derive(Default, Debug, Clone)]
pub struct Checker {
    tables: Tables,
    keys: table::Keys,
}

impl Checker {
    /// The records that references of the last checked tree name.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Every broken rule.
    pub fn all(&mut self, tree: &Tree<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        self.scan(tree, &mut |violation| {
            violations.push(violation);
            true
        });
        violations
    }

    /// Every broken rule of an input, given a valid one: what cannot have changed is passed over.
    pub fn all_since(&mut self, valid: Option<&Tree<'_>>, tree: &Tree<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let scope = valid.and_then(|valid| Scope::between(valid, tree));
        self.scan_within(tree, scope.as_ref(), &mut |violation| {
            violations.push(violation);
            true
        });
        violations
    }

    /// The first broken rule found.
    pub fn first(&mut self, tree: &Tree<'_>) -> Option<Violation> {
        let mut first = None;
        self.scan(tree, &mut |violation| {
            first = Some(violation);
            false
        });
        first
    }

    /// Indexes the tree's tables without checking anything.
    pub fn index(&mut self, tree: &Tree<'_>) -> &Tables {
        self.tables.rebuild(tree);
        &self.tables
    }

    /// Calls `found` with each broken rule until it says stop.
    pub(crate) fn scan(&mut self, tree: &Tree<'_>, found: &mut Found<'_>) {
        self.scan_within(tree, None, found);
    }

    fn scan_within(&mut self, tree: &Tree<'_>, scope: Option<&Scope>, found: &mut Found<'_>) {
        for problem in tree.problems() {
            if !found(Violation::one(problem.rule, problem.node, Cause::Shape)) {
                return;
            }
        }
        self.tables.rebuild(tree);
        let _ = self.fields_and_records(tree, scope, found) && self.relations(tree, found);
    }

    fn fields_and_records(&mut self, tree: &Tree<'_>, scope: Option<&Scope>, found: &mut Found<'_>) -> bool {
        let format = tree.format();
        for id in 0..tree.nodes().len() as NodeId {
            let node = tree.node(id);
            if !format.quick(node.field).ruled || scope.is_some_and(|scope| !scope.has(node.field)) {
                continue;
            }
            match format.field(node.field).shape {
                Shape::Record(record) if !node.blank => {
                    for (index, rule) in format.record(record).rules.iter().enumerate() {
                        if scope.is_some_and(|scope| !scope.has_rule(record, index)) {
                            continue;
                        }
                        let go_on = match &rule.kind {
                            RuleKind::Unique { .. } | RuleKind::Ascending { .. } => {
                                self.keys.check(tree, &self.tables, id, index, rule, found)
                            }
                            _ => record::check(tree, &self.tables, id, index, rule, found),
                        };
                        if !go_on {
                            return false;
                        }
                    }
                }
                Shape::Record(_) | Shape::List { .. } | Shape::Switch { .. } => {}
                _ => {
                    if !field::check(tree, &self.tables, id, found) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn relations(&self, tree: &Tree<'_>, found: &mut Found<'_>) -> bool {
        for &node in tree.relations() {
            let Some(relation) = tree.relation(node).filter(|_| !tree.node(node).short) else { continue };
            // Digits that are none state nothing.
            let stated = tree.number(node);
            if stated.is_some() && tree.expected(node) == stated {
                continue;
            }
            let mut violation = Violation::one(relation.rule, node, Cause::Relation);
            violation.involved.extend(tree.relation_target(node));
            if !found(violation) {
                return false;
            }
        }
        true
    }
}
