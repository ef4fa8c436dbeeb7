//! What a sweep will try, worked out before anything is sent.

use crate::classes::CLASSES;
use crate::compose::{default_bytes, encode_text};
use crate::format::{FieldId, Format, RelationKind, RuleKind, Shape};
use crate::rng::Rng;
use crate::rules::{Checker, break_rule, isolate_since, redecode, settle_since};
use crate::tree::{Edit, NodeId, Repair, Tables, Tree};
use serde::Serialize;

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
    "corrupted",
    "cut",
    "trailing",
    "transfer",
    "power-cut",
];

/// Lists are grown to at most so many records.
const MOST_GROWN: u64 = 400;

/// Results of repairs are kept if they are shorter than this.
const MOST_KEPT: usize = 64 * 1024;

/// How a case's bytes are made from the base library.
#[derive(Clone, Debug)]
pub enum How {
    /// The edit, relations repaired.
    Edit(Edit),
    /// The edit, then every other field adapted until the library is valid; the bytes, if they
    /// are short enough to be kept.
    Settled(Edit, String, Option<Vec<u8>>),
    /// The edit, then whatever else it breaks repaired, so that one rule is broken; the same.
    Isolated(Edit, String, Option<Vec<u8>>),
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
    is_valid: bool,
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
    fn of<T: Copy + PartialEq>(self, all: &[T]) -> Vec<T> {
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
        let tree = Tree::decode(format, base);
        let mut tables = Tables::default();
        tables.rebuild(&tree);
        let mut checker = Checker::default();
        let mut plan = Plan::empty(format);
        plan.is_valid = checker.first(&tree).is_none();
        plan.base = tree;
        let mut planner = Planner {
            plan,
            tables,
            checker,
            edited: Tree::empty(format),
            instances,
            by_field: Vec::new(),
            deciding: deciding(format),
        };
        planner.by_field = vec![Vec::new(); format.fields.len()];
        for (id, node) in planner.plan.base.nodes().iter().enumerate() {
            planner.by_field[usize::from(node.field.0)].push(id as NodeId);
        }
        planner.file("unchanged", "as it is", How::Bytes(base.to_vec()));
        for (name, bytes) in others {
            planner.file("other-library", &name, How::Bytes(bytes));
        }
        for field in format.leaves() {
            planner.field(field.id);
        }
        planner.records();
        planner.rules();
        planner.cuts();
        if format.lookup.is_some() {
            planner.receiver();
        }
        planner.plan
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
    fn valid(&self) -> Option<&Tree<'f>> {
        Some(&self.base).filter(|_| self.is_valid)
    }

    /// The bytes of a case.
    pub fn bytes(&self, case: &Planned) -> Vec<u8> {
        match &case.how {
            How::Edit(edit) => self.base.apply(edit, Repair::Affected),
            How::Raw(edit) => self.base.apply(edit, Repair::Nothing),
            How::Bytes(bytes) | How::Settled(.., Some(bytes)) | How::Isolated(.., Some(bytes)) => bytes.clone(),
            How::Isolated(edit, path, None) => {
                let strict = self.base.apply(edit, Repair::Affected);
                isolate_since(&mut Checker::default(), self.valid(), &strict, self.base.format(), path)
                    .unwrap_or(strict)
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
fn deciding(format: &Format) -> Vec<FieldId> {
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

struct Planner<'f> {
    plan: Plan<'f>,
    tables: Tables,
    checker: Checker,
    /// Scratch space.
    edited: Tree<'f>,
    instances: Instances,
    by_field: Vec<Vec<NodeId>>,
    deciding: Vec<FieldId>,
}

impl<'f> Planner<'f> {
    fn format(&self) -> &'f Format {
        self.plan.base.format()
    }

    fn file(&mut self, class: &'static str, label: &str, how: How) {
        self.plan.cases.push(Planned { field: None, path: "file".into(), class, label: label.into(), how });
    }

    fn push(&mut self, node: NodeId, class: &'static str, label: String, how: How) {
        let field = Some(self.plan.base.node(node).field);
        let path = self.plan.base.path(node);
        self.plan.cases.push(Planned { field, path, class, label, how });
    }

    /// All classes for the chosen occurrences of a leaf.
    fn field(&mut self, field: FieldId) {
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
    fn chosen(&self, field: FieldId) -> Vec<NodeId> {
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
    fn kind(&self, node: NodeId) -> Option<Vec<u64>> {
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

    fn count(&mut self, field: FieldId, class: &str, cases: usize, why: &str) {
        if cases > 0 {
            self.plan.applied += 1;
        } else {
            let field = self.format().field(field).path.clone();
            self.plan.not_applicable.push(NotApplicable { field, value_class: class.into(), why: why.into() });
        }
    }

    /// A legal value that some other field does not go with: the same with the others adapted.
    fn settled(&mut self, node: NodeId, class: &'static str, label: &str, edit: &Edit) {
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

    /// Whether an edited library is valid.
    fn accepts(&mut self, bytes: &[u8]) -> bool {
        redecode(&mut self.edited, self.plan.valid(), bytes);
        self.checker.first_since(self.plan.valid(), &self.edited).is_none()
    }

    /// An illegal value that breaks other rules too: the same with those repaired.
    fn isolated(&mut self, node: NodeId, class: &'static str, label: &str, edit: &Edit) {
        let strict = self.plan.base.apply(edit, Repair::Affected);
        let path = self.plan.base.path(node);
        let format = self.format();
        if let Some(bytes) = isolate_since(&mut self.checker, self.plan.valid(), &strict, format, &path) {
            let how = How::Isolated(edit.clone(), path, kept(bytes));
            self.push(node, class, format!("{label}, nothing else broken"), how);
        }
    }

    /// The field left out, and put in where it is absent.
    fn optional(&mut self, field: FieldId) {
        let Some(owner) = self.format().field(field).owner else { return };
        if self.format().field(field).when.is_none() {
            self.count(field, "absent", 0, "the field is never absent");
            self.count(field, "present", 0, "the field is always present");
            return;
        }
        let present = self.instances.of(&self.by_field[usize::from(field.0)]);
        for &node in &present {
            let edit = Edit::make_absent(&self.plan.base, node);
            self.push(node, "absent", "left out, its bit cleared".into(), How::Edit(edit));
        }
        self.count(field, "absent", present.len(), "it is absent everywhere in this library");
        let record = self.format().record(owner).field;
        let without: Vec<NodeId> = self.by_field[usize::from(record.0)]
            .iter()
            .copied()
            .filter(|record| self.plan.base.child(*record, field).is_none())
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

    fn settled_presence(&mut self, record: NodeId, path: &str, edit: &Edit) {
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
    fn corrupted(&mut self, field: FieldId) {
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

    /// Records duplicated, deleted, exchanged, lengthened and shortened.
    fn records(&mut self) {
        let lists: Vec<NodeId> = self.plan.base.lists().to_vec();
        let mut by_list: Vec<(FieldId, Vec<NodeId>)> = Vec::new();
        for list in lists {
            let field = self.plan.base.node(list).field;
            let items: Vec<NodeId> = self.plan.base.children(list).collect();
            match by_list.iter_mut().find(|(known, _)| *known == field) {
                Some((_, all)) => all.extend(items),
                None => by_list.push((field, items)),
            }
        }
        self.lists();
        for (_, items) in by_list {
            for node in self.instances.of(&items) {
                let tree = &self.plan.base;
                let at = *tree.node(node);
                let span = tree.span(node).to_vec();
                let next = at.index as usize + 1;
                let mut longer = span.clone();
                longer.push(0);
                let shorter = span[..span.len().saturating_sub(1)].to_vec();
                let mut cases = vec![
                    ("duplicated", "after itself", Edit::insert(tree, at.parent, next, span, 1)),
                    ("deleted", "taken out", Edit::delete(tree, node)),
                    ("byte-added", "a zero at its end", Edit::set(tree, node, longer)),
                    ("byte-removed", "its last byte", Edit::set(tree, node, shorter)),
                ];
                if let Some(other) = tree.children(at.parent).nth(next) {
                    cases.push(("exchanged", "with the next", Edit::swap(tree, node, other)));
                }
                for (class, label, edit) in cases {
                    if class == "deleted" {
                        self.settled(node, class, label, &edit);
                    }
                    self.push(node, class, label.into(), How::Edit(edit));
                }
            }
        }
    }

    /// A byte after the last record of a list, and lists grown to their limit and past it.
    fn lists(&mut self) {
        let mut seen = Vec::new();
        for list in self.plan.base.lists().to_vec() {
            let field = self.plan.base.node(list).field;
            let tree = &self.plan.base;
            if seen.contains(&field) || tree.children(list).next().is_none() {
                continue;
            }
            seen.push(field);
            let edit = Edit::splice(tree, list, tree.node(list).end, vec![0]);
            self.push(list, "byte-added", "after the last record".into(), How::Edit(edit));
            let Some(limit) = limit_of(&self.plan.base, list) else { continue };
            let have = self.plan.base.children(list).count() as u64;
            for (label, wanted) in [("to its limit", limit), ("one past its limit", limit + 1)] {
                if wanted <= have || wanted > MOST_GROWN {
                    continue;
                }
                let (tree, most) = (&self.plan.base, (wanted - have) as usize);
                let copies: Vec<u8> = (0..most).flat_map(|copy| another(tree, list, copy)).collect();
                let edit = Edit::insert(tree, list, have as usize, copies, most as i64);
                self.push(list, "grown", label.into(), How::Edit(edit));
            }
        }
    }

    /// Every rule between fields, broken by each participant in turn.
    fn rules(&mut self) {
        let format = self.format();
        for record in &format.records {
            let nodes = self.by_field[usize::from(record.field.0)].clone();
            for rule in &record.rules {
                let applies = |node: &NodeId| {
                    let tree = &self.plan.base;
                    rule.when.as_ref().is_none_or(|c| tree.holds(*node, c, Some(&self.tables)))
                        && !crate::rules::participants(tree, &self.tables, *node, rule).is_empty()
                };
                let candidates: Vec<NodeId> = nodes.iter().copied().filter(applies).collect();
                for node in self.instances.of(&candidates) {
                    let edits =
                        break_rule(&mut self.checker, self.plan.valid(), &self.plan.base, &self.tables, node, rule);
                    for (label, edit) in edits {
                        self.push(node, "rule-broken", format!("{}: {label}", format.rule(rule.id)), How::Edit(edit));
                    }
                }
            }
        }
    }

    /// The file cut at the boundaries of its structure, and bytes added after its end.
    fn cuts(&mut self) {
        let tree = &self.plan.base;
        let mut places: Vec<u32> = vec![0, 1, 2, 3, 4];
        for child in tree.children(0) {
            places.extend([tree.node(child).start, tree.node(child).end]);
            let grand: Vec<NodeId> = tree.children(child).collect();
            places.extend(self.instances.of(&grand).into_iter().map(|node| tree.node(node).end));
        }
        let end = tree.bytes().len() as u32;
        let mut places: Vec<u32> =
            places.into_iter().flat_map(|at| [at.saturating_sub(1), at, at + 1]).filter(|at| *at < end).collect();
        places.sort_unstable();
        places.dedup();
        for at in places {
            let edit = Edit::truncate(&self.plan.base, at);
            self.file("cut", &format!("{at} bytes left"), How::Raw(edit.clone()));
            self.file("cut", &format!("{at} bytes left, relations repaired"), How::Edit(edit));
        }
        let gaps: Vec<(String, u32)> = self
            .plan
            .base
            .children(0)
            .map(|node| (self.plan.base.path(node), self.plan.base.node(node).start))
            .collect();
        for (path, at) in gaps {
            let edit = Edit::splice(&self.plan.base, 0, at, vec![0]);
            self.file("byte-added", &format!("before {path}"), How::Edit(edit));
        }
        let base = self.plan.base.encode().to_vec();
        for (label, extra) in [
            ("a zero", vec![0]),
            ("four zeros", vec![0; 4]),
            ("FF to the next KiB", vec![0xFF; 1024]),
            ("the library again", base),
        ] {
            let edit = Edit::splice(&self.plan.base, 0, end, extra);
            self.file("trailing", label, How::Raw(edit.clone()));
            self.file("trailing", &format!("{label}, relations repaired"), How::Edit(edit));
        }
    }

    /// Transfers that do not follow the protocol, and power cuts between any two writes.
    fn receiver(&mut self) {
        let is_whole =
            |case: &&Planned| matches!(case.how, How::Bytes(_)) && matches!(case.class, "unchanged" | "other-library");
        let whole = self.plan.cases.iter().filter(is_whole).map(|case| self.plan.bytes(case));
        let mut valid: Vec<Vec<u8>> = whole.collect();
        valid.retain(|bytes| self.accepts(bytes));
        let Some(libraries) = super::receiver::Libraries::of(self.format(), &valid) else { return };
        for (label, session) in super::receiver::transfers(&libraries) {
            self.file("transfer", label, How::Bytes(session.to_string().into_bytes()));
        }
        for (label, session) in super::receiver::power_cuts(&libraries) {
            self.file("power-cut", &label, How::Bytes(session.to_string().into_bytes()));
        }
    }
}

/// Bytes that are short enough to be kept.
fn kept(bytes: Vec<u8>) -> Option<Vec<u8>> {
    Some(bytes).filter(|bytes| bytes.len() < MOST_KEPT)
}

/// The largest count that the field counting a list allows.
fn limit_of(tree: &Tree<'_>, list: NodeId) -> Option<u64> {
    let counts = tree
        .relations()
        .iter()
        .filter(|node| matches!(tree.relation(**node).map(|r| &r.kind), Some(RelationKind::CountOf(_))));
    let mut own = counts.filter(|node| tree.relation_target(**node) == Some(list));
    own.find_map(|node| tree.format().field(tree.node(*node).field).range.map(|(_, high, _)| high))
}

/// A copy of the last record of a list with keys of its own.
fn another(tree: &Tree<'_>, list: NodeId, copy: usize) -> Vec<u8> {
    let Some(record) = tree.children(list).last() else { return Vec::new() };
    let format = tree.format();
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
