//! What a sweep will try, worked out before anything is sent.

use super::aside;
use super::planner::Planner;
use super::run::session_of;
use crate::device::Capabilities;
use crate::format::{FieldId, Format, RuleId, Shape};
use crate::rng::Rng;
use crate::rules::{Checker, isolate_rule_since, isolate_since, settle_since};
use crate::tree::{Edit, Repair, Tree};
use serde::Serialize;
use std::collections::HashSet;

/// Classes of structure, beside those of single fields.
pub static STRUCTURE: &[&str] = &[
    "unchanged",
    "other-library",
    "absent",
    "present",
    "duplicated",
    "deleted",
    "grown",
    "exchanged",
    "byte-added",
    "byte-removed",
    "rule-broken",
    "rule-edge",
    "corrupted",
    "cut",
    "trailing",
    "transfer",
    "power-cut",
    "pair-alone",
    "bound-alone",
    "per-enumerator",
    "twin-record",
    "far-key",
    "nearly-equal",
    "byte-edge",
    "nearly-refused",
    "check-bit",
    "character",
    "white-space",
    "empty-list",
    "stated-extent",
    "crowded-list",
    "slots",
    "codec",
];

/// How a case's bytes are made from the base library.
#[derive(Clone, Debug)]
pub enum How {
    /// The edit, relations repaired.
    Edit(Edit),
    /// The edit, then every other field adapted until the library is valid; the bytes, if they
    /// are short enough to be kept.
    Settled(Edit, String, Option<Vec<u8>>),
    /// The edit, then whatever else it breaks repaired, so that one rule is broken: that one, or
    /// the field's own; the same.
    Isolated(Edit, String, Option<RuleId>, Option<Vec<u8>>),
    /// The edit, nothing repaired.
    Raw(Edit),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// One case.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The field, if the case is about one.
    pub field: Option<FieldId>,
    /// Its path in the base library.
    pub path: String,
    /// The value class.
    pub class: &'static str,
    /// Which value of the class.
    pub label: String,
    /// How it is made.
    pub how: How,
}

/// A field and class without a case, and why.
#[derive(Clone, Debug, Serialize)]
pub struct NotApplicable {
    /// The field, with `[]` for positions.
    pub field: String,
    /// The class.
    pub value_class: String,
    /// Why there is no case.
    pub why: String,
}

/// All cases of a sweep.
pub struct Plan<'f> {
    /// The library that is edited.
    pub base: Tree<'f>,
    /// Whether it is valid.
    pub(super) is_valid: bool,
    /// The cases, in order.
    pub cases: Vec<Planned>,
    /// Pairs of leaf field and class without a case.
    pub not_applicable: Vec<NotApplicable>,
    /// Leaf fields.
    pub fields: usize,
    /// Pairs of leaf field and class that have cases.
    pub applied: usize,
}

/// Which occurrences of a field are tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Instances {
    /// The first, the middle and the last.
    Three,
    /// Every one.
    All,
}

impl Instances {
    pub(super) fn of<T: Copy + PartialEq>(self, all: &[T]) -> Vec<T> {
        match (self, all) {
            (_, []) => Vec::new(),
            (Instances::All, _) => all.to_vec(),
            (Instances::Three, _) => {
                let mut chosen = vec![all[0], all[all.len() / 2], all[all.len() - 1]];
                chosen.dedup();
                chosen
            }
        }
    }
}

impl<'f> Plan<'f> {
    /// No cases: for a sweep whose cases come from elsewhere.
    pub fn empty(format: &'f Format) -> Self {
        let base = Tree::empty(format);
        Plan { base, is_valid: false, cases: Vec::new(), not_applicable: Vec::new(), fields: 0, applied: 0 }
    }

    /// Plans a sweep of `base`, which must be valid. `others` are further valid libraries.
    pub fn new(format: &'f Format, base: &[u8], others: Vec<(String, Vec<u8>)>, instances: Instances) -> Self {
        let libraries: Vec<&[u8]> = others.iter().map(|(_, bytes)| bytes.as_slice()).chain([base]).collect();
        let showcase = aside::showcase(format, &libraries);
        let mut planner = Planner::on(format, base, instances);
        planner.file("unchanged", "as it is", How::Bytes(base.to_vec()));
        for (name, bytes) in &others {
            planner.file("other-library", name, How::Bytes(bytes.clone()));
        }
        planner.inside();
        planner.cuts();
        planner.short();
        if format.lookup.is_some() {
            planner.receiver();
        }
        let mut plan = planner.plan;
        if let Some(showcase) = showcase {
            if showcase.encode() != base {
                plan.complete(Planner::on(format, showcase.encode(), instances));
            }
            plan.cases.extend(aside::cases(&showcase, &libraries));
        }
        plan
    }

    /// Plans a sweep of messages: a message has the fields of its kind only, so the others add
    /// theirs.
    pub fn of_messages(format: &'f Format, base: &[u8], others: Vec<(String, Vec<u8>)>, instances: Instances) -> Self {
        let messages: Vec<Vec<u8>> = others.iter().map(|(_, bytes)| bytes.clone()).collect();
        let mut plan = Plan::new(format, base, others, instances);
        plan.lower_case(format, base);
        for message in messages {
            plan.complete(Planner::on(format, &message, instances));
            plan.lower_case(format, &message);
        }
        plan
    }

    /// What follows from the rest of a message and has letters among its digits, in lower case.
    fn lower_case(&mut self, format: &'f Format, message: &[u8]) {
        let tree = Tree::decode(format, message);
        for node in tree.relations().iter().copied() {
            let (field, written) = (tree.node(node).field, tree.span(node));
            let lower = written.to_ascii_lowercase();
            if matches!(format.field(field).shape, Shape::Digits { .. }) && lower != written {
                let how = How::Bytes(tree.apply(&Edit::set(&tree, node, lower), Repair::Nothing));
                let (path, label) = (tree.path(node), "in lower case".to_string());
                self.cases.push(Planned { field: Some(field), path, class: "check-bit", label, how });
            }
        }
    }

    /// Takes over from a plan on another library the cases of fields and classes that have none,
    /// and all broken rules.
    fn complete(&mut self, mut other: Planner<'f>) {
        other.inside();
        let have: HashSet<(Option<FieldId>, &str)> = self.cases.iter().map(|case| (case.field, case.class)).collect();
        for case in &other.plan.cases {
            if case.class == "rule-broken" || !have.contains(&(case.field, case.class)) {
                let how = How::Bytes(other.plan.bytes(case));
                self.cases.push(Planned { how, ..case.clone() });
            }
        }
        let pairs = other.plan.not_applicable.iter().map(|pair| (&pair.field, &pair.value_class));
        let neither: HashSet<(&String, &String)> = pairs.collect();
        let before = self.not_applicable.len();
        self.not_applicable.retain(|pair| neither.contains(&(&pair.field, &pair.value_class)));
        self.applied += before - self.not_applicable.len();
    }

    /// Leaves out the sessions that a device cannot go through; gives their classes.
    pub fn keep_possible(&mut self, has: Capabilities) -> Vec<&'static str> {
        let mut dropped = Vec::new();
        self.cases.retain(|case| {
            let How::Bytes(bytes) = &case.how else { return true };
            let possible =
                session_of(bytes).is_none_or(|session| session.steps.iter().all(|step| step.is_possible(has)));
            if !possible && !dropped.contains(&case.class) {
                dropped.push(case.class);
            }
            possible
        });
        dropped
    }

    /// Puts the cases in an order of `seed`'s, so that valid and invalid ones of all kinds follow
    /// one another.
    pub fn shuffle(&mut self, seed: u64) {
        let mut rng = Rng::new(seed);
        for last in (1..self.cases.len()).rev() {
            self.cases.swap(last, rng.below(last + 1));
        }
    }

    /// The base, if it is valid.
    pub(super) fn valid(&self) -> Option<&Tree<'f>> {
        Some(&self.base).filter(|_| self.is_valid)
    }

    /// The bytes of a case.
    pub fn bytes(&self, case: &Planned) -> Vec<u8> {
        match &case.how {
            How::Edit(edit) => self.base.apply(edit, Repair::Affected),
            How::Raw(edit) => self.base.apply(edit, Repair::Nothing),
            How::Bytes(bytes) | How::Settled(.., Some(bytes)) | How::Isolated(.., Some(bytes)) => bytes.clone(),
            How::Isolated(edit, path, rule, None) => {
                let strict = self.base.apply(edit, Repair::Affected);
                let (format, mut checker) = (self.base.format(), Checker::default());
                let isolated = match rule {
                    None => isolate_since(&mut checker, self.valid(), &strict, format, path),
                    Some(rule) => {
                        let kept = std::slice::from_ref(path);
                        isolate_rule_since(&mut checker, self.valid(), &strict, format, *rule, kept)
                    }
                };
                isolated.unwrap_or(strict)
            }
            How::Settled(edit, path, None) => {
                let strict = self.base.apply(edit, Repair::Affected);
                let kept = std::slice::from_ref(path);
                settle_since(&mut Checker::default(), self.valid(), &strict, self.base.format(), kept).unwrap_or(strict)
            }
        }
    }
}

/// Enumerated fields that decide which others are there.
pub(super) fn deciding(format: &Format) -> Vec<FieldId> {
    let mut fields = Vec::new();
    for field in &format.fields {
        let tested = field.when.iter().flat_map(|when| when.any.iter().flatten()).map(|test| test.operand.field);
        let switched = match &field.shape {
            Shape::Switch { on, .. } => Some(on.field),
            _ => None,
        };
        fields.extend(tested.chain(switched).filter(|id| matches!(format.field(*id).shape, Shape::Enum { .. })));
    }
    fields.sort_unstable();
    fields.dedup();
    fields
}
