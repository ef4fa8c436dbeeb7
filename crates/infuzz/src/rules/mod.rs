//! Rules: what must hold, checked on a tree; how each is repaired and how each is broken.

mod breaks;
mod field;
mod fix;
mod product;
mod quick;
mod record;
mod scope;
mod structure;
mod survey;
mod table;

pub(crate) use breaks::only_just;
pub use breaks::{break_rule, candidates};
pub(crate) use field::step_of;
pub use fix::{fix, isolate, isolate_rule_since, isolate_since, settle, settle_since, settle_within};
pub(crate) use fix::{redecode, settle_like};
pub use record::broken_by as participants;
pub(crate) use structure::breaks as structural_breaks;

use crate::format::shortcut::{Check, KindCheck};
use crate::format::{RecordId, Rule, RuleId, RuleKind, Shape};
use crate::tree::{NodeId, Tables, Tree};
use quick::{Quick, Slots};
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

/// The same, with the node on which the rule is stated; for a shape the first, for a relation none.
type FoundAt<'a> = dyn FnMut(NodeId, Violation) -> bool + 'a;

/// What need not be looked at.
#[derive(Default)]
struct Bounds<'a> {
    /// What differs from a valid input can have broken these; nothing else is.
    valid: Option<&'a Scope>,
    /// On nodes before this one nothing was broken before a change,
    clean: NodeId,
    /// which can only have broken these.
    change: Option<&'a Scope>,
}

impl Bounds<'_> {
    /// Whether what is stated of a field has to be checked on a node.
    #[inline]
    fn has(&self, id: NodeId, within: impl Fn(&Scope) -> bool) -> bool {
        self.valid.is_none_or(&within) && (id >= self.clean || self.change.is_some_and(within))
    }
}

/// Checks trees against their description; keeps its tables between inputs.
#[derive(Default, Debug, Clone)]
pub struct Checker {
    tables: Tables,
    keys: table::Keys,
    slots: Slots,
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

    /// The same, with every rule looked at in full: the yardstick for the shortcuts.
    pub fn all_in_full(&mut self, tree: &Tree<'_>) -> Vec<Violation> {
        let mut violations: Vec<Violation> =
            tree.problems().iter().map(|problem| Violation::one(problem.rule, problem.node, Cause::Shape)).collect();
        let mut found = |violation| {
            violations.push(violation);
            true
        };
        self.tables.rebuild(tree);
        for id in 0..tree.nodes().len() as NodeId {
            match tree.format().field(tree.node(id).field).shape {
                Shape::Record(record) => {
                    self.record(tree, &Bounds::default(), (id, record), false, &mut found);
                }
                Shape::Switch { .. } => {}
                _ => {
                    field::check(tree, &self.tables, id, &mut found);
                }
            }
        }
        self.relations(tree, &mut found);
        violations
    }

    /// Every broken rule of an input, given a valid one: what cannot have changed is passed over.
    pub fn all_since(&mut self, valid: Option<&Tree<'_>>, tree: &Tree<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let scope = valid.and_then(|valid| Scope::between(valid, tree));
        let bounds = Bounds { valid: scope.as_ref(), ..Bounds::default() };
        self.scan_within(tree, &bounds, &mut |_, violation| {
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

    /// The first of [`Checker::all_since`].
    pub fn first_since(&mut self, valid: Option<&Tree<'_>>, tree: &Tree<'_>) -> Option<Violation> {
        let mut first = None;
        let scope = valid.and_then(|valid| Scope::between(valid, tree));
        let bounds = Bounds { valid: scope.as_ref(), ..Bounds::default() };
        self.scan_within(tree, &bounds, &mut |_, violation| {
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
        self.scan_within(tree, &Bounds::default(), &mut |_, violation| found(violation));
    }

    fn scan_within(&mut self, tree: &Tree<'_>, bounds: &Bounds<'_>, found: &mut FoundAt<'_>) {
        for problem in tree.problems() {
            if !found(0, Violation::one(problem.rule, problem.node, Cause::Shape)) {
                return;
            }
        }
        self.tables.rebuild(tree);
        let _ = self.fields_and_records(tree, bounds, found)
            && self.relations(tree, &mut |violation| found(NodeId::MAX, violation));
    }

    fn fields_and_records(&mut self, tree: &Tree<'_>, bounds: &Bounds<'_>, found: &mut FoundAt<'_>) -> bool {
        let checks = &tree.format().shortcuts.fields;
        self.slots.clear(checks.len());
        for (id, node) in (0..).zip(tree.nodes()) {
            let go_on = match &checks[usize::from(node.field.0)] {
                Check::Free => continue,
                _ if !bounds.has(id, |scope| scope.has(node.field)) => continue,
                Check::Record(record) => {
                    self.record(tree, bounds, (id, *record), true, &mut |violation| found(id, violation))
                }
                check => {
                    let quick = Quick { tree, tables: &self.tables, slots: &self.slots };
                    node.short
                        || quick.leaf(id, check)
                        || field::check(tree, &self.tables, id, &mut |violation| found(id, violation))
                }
            };
            if !go_on {
                return false;
            }
        }
        true
    }

    /// Looks at the rules of a record, unless it is blank.
    fn record(
        &mut self,
        tree: &Tree<'_>,
        bounds: &Bounds<'_>,
        (id, record): (NodeId, RecordId),
        shortcuts: bool,
        found: &mut Found<'_>,
    ) -> bool {
        let format = tree.format();
        if tree.node(id).blank {
            return true;
        }
        let rules = &format.record(record).rules;
        if !shortcuts {
            return (0..rules.len()).all(|index| self.rule(tree, id, &rules[index], index, found));
        }
        self.slots.note(tree, id, record);
        let checks = &format.shortcuts.rules[usize::from(record.0)];
        let quick = Quick { tree, tables: &self.tables, slots: &self.slots };
        let mut left = quick.left(id, &format.shortcuts.sieves[usize::from(record.0)]);
        let beyond = u64::BITS as usize..rules.len();
        let sieved = std::iter::from_fn(|| {
            let next = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (next < rules.len()).then_some(next)
        });
        for index in sieved.chain(beyond) {
            if !bounds.has(id, |scope| scope.has_rule(record, index)) {
                continue;
            }
            let holds = checks[index].as_ref().is_some_and(|check| match check.kind {
                KindCheck::Unique(..) | KindCheck::Ascending(..) => self.keys.hold(tree, &check.kind),
                _ => Quick { tree, tables: &self.tables, slots: &self.slots }.record(id, check),
            });
            if !holds && !self.rule(tree, id, &rules[index], index, found) {
                return false;
            }
        }
        true
    }

    /// Looks at a rule of a record in full.
    fn rule(&mut self, tree: &Tree<'_>, id: NodeId, rule: &Rule, index: usize, found: &mut Found<'_>) -> bool {
        match &rule.kind {
            RuleKind::Unique { .. } | RuleKind::Ascending { .. } => {
                self.keys.check(tree, &self.tables, id, index, rule, found)
            }
            kind if kind.is_structural() => {
                !record::applies(tree, &self.tables, id, rule)
                    || structure::check(tree, &self.tables, id, index, rule, found)
            }
            _ => record::check(tree, &self.tables, id, index, rule, found),
        }
    }

    fn relations(&self, tree: &Tree<'_>, found: &mut Found<'_>) -> bool {
        for &node in tree.relations() {
            let Some(relation) = tree.relation(node).filter(|_| !tree.node(node).short) else { continue };
            // Digits that are none state nothing, and others than these state it wrongly.
            let stated = tree.number(node);
            let as_written = |number| match tree.format().field(tree.node(node).field).shape {
                Shape::Digits { .. } => tree.encode_number(node, number) == tree.span(node),
                _ => true,
            };
            if stated.is_some() && tree.expected(node) == stated && stated.is_none_or(as_written) {
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
