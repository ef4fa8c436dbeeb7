//! Cases built beside the library under sweep, on a small one that has every kind of record:
//! combinations that are too many for a large library, or that it has no record for.

mod assemble;
mod chains;
mod codecs;
mod crowds;
mod enumerators;
mod keys;
mod names;
mod numbers;
mod sections;
mod slots;
mod texts;

use super::plan::{How, Planned};
use crate::device::digest;
use crate::format::{FieldId, Format, RuleId, RuleKind, Shape};
use crate::rules::{Cause, Checker, Violation, isolate_rule_since, redecode, settle_since};
use crate::tree::{Edit, NodeId, Repair, Tables, Tree};
use assemble::{Settings, assemble, fresh, list_of, product, within};
use std::collections::{HashMap, HashSet};

/// Most other keys that are tried for one record.
const MOST_KEYS: usize = 6;

/// What a case is about.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// The field, if it is about one.
    pub field: Option<FieldId>,
    /// Its path.
    pub path: String,
    /// The class.
    pub class: &'static str,
    /// Which case of the class.
    pub label: String,
}

impl About {
    /// A case about a node.
    fn node(tree: &Tree<'_>, node: NodeId, class: &'static str, label: impl Into<String>) -> Self {
        About { field: Some(tree.node(node).field), path: tree.path(node), class, label: label.into() }
    }
}

/// Whether a rule could be broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refused {
    /// It holds.
    Not,
    /// It alone is broken.
    Alone,
    /// Others are broken too.
    WithOthers,
}

/// Collects cases.
pub(super) struct Cases<'f> {
    checker: Checker,
    edited: Tree<'f>,
    /// What was collected.
    pub planned: Vec<Planned>,
    seen: HashSet<u64>,
    /// Libraries made for some numbers in a record, and the record's path.
    specimens: HashMap<Wanted, Option<(Vec<u8>, String)>>,
}

/// A library by its digest, an item of one of its lists, and what fields of it hold.
type Wanted = (u64, FieldId, Vec<(FieldId, u64)>);

impl<'f> Cases<'f> {
    /// None yet.
    pub(super) fn new(format: &'f Format) -> Self {
        Cases {
            checker: Checker::default(),
            edited: Tree::empty(format),
            planned: Vec::new(),
            seen: HashSet::new(),
            specimens: HashMap::new(),
        }
    }

    /// Adds a case unless it is there already.
    pub(super) fn push(&mut self, about: About, bytes: Vec<u8>) {
        if self.seen.insert(digest(&bytes)) {
            let About { field, path, class, label } = about;
            self.planned.push(Planned { field, path, class, label, how: How::Bytes(bytes) });
        }
    }

    /// What is wrong with an input, given a valid one that is not very different; its tree is then
    /// `edited`.
    fn violations(&mut self, tree: &Tree<'f>, bytes: &[u8]) -> Vec<Violation> {
        redecode(&mut self.edited, Some(tree), bytes);
        self.checker.all_since(Some(tree), &self.edited)
    }

    /// Which rules it breaks.
    fn broken(&mut self, tree: &Tree<'f>, bytes: &[u8]) -> Vec<RuleId> {
        self.violations(tree, bytes).into_iter().map(|v| v.rule).collect()
    }

    /// The input after an edit of a valid one, the rest adapted except what is at `kept`. None:
    /// it cannot be made valid that way.
    fn adapted(&mut self, tree: &Tree<'f>, edit: &Edit, kept: &[String]) -> Option<Vec<u8>> {
        let strict = tree.apply(edit, Repair::Affected);
        if self.broken(tree, &strict).is_empty() {
            return Some(strict);
        }
        settle_since(&mut self.checker, Some(tree), &strict, tree.format(), kept).or_else(|| {
            let others = self.with_other_keys(tree, &strict, kept);
            others.iter().find_map(|bytes| settle_since(&mut self.checker, Some(tree), bytes, tree.format(), kept))
        })
    }

    /// The input with another reference in a key of several fields that stands twice, where the
    /// reference may also be none: with each that there is.
    fn with_other_keys(&mut self, tree: &Tree<'f>, bytes: &[u8], kept: &[String]) -> Vec<Vec<u8>> {
        let format = tree.format();
        redecode(&mut self.edited, Some(tree), bytes);
        let after = &self.edited;
        let mut found = Vec::new();
        for violation in self.checker.all_since(Some(tree), after) {
            let Cause::Record(record, index) = violation.cause else { continue };
            let rules = format.record_of(after.node(record).field).map(|record| &record.rules);
            let Some(RuleKind::Unique { key, .. }) = rules.and_then(|rules| rules.get(index)).map(|rule| &rule.kind)
            else {
                continue;
            };
            for row in violation.involved.iter().rev().take(2) {
                for operand in key {
                    let Some(reference) = format.field(operand.field).refers.as_ref() else { continue };
                    let Some(none) = reference.none else { continue };
                    let Some(node) = after.locate(*row, operand, None) else { continue };
                    if kept.contains(&after.path(node)) {
                        continue;
                    }
                    let others = std::iter::once(none).chain(self.checker.tables().keys(reference.table));
                    let others = others.filter(|key| after.number(node) != Some(*key)).take(3);
                    found.extend(others.map(|key| after.apply(&Edit::set_number(after, node, key), Repair::Affected)));
                }
            }
        }
        found.truncate(MOST_KEYS);
        found
    }

    /// A case that must be accepted, if there is one.
    fn accept(&mut self, tree: &Tree<'f>, edit: &Edit, kept: &[String], about: About) -> bool {
        let bytes = self.adapted(tree, edit, kept);
        bytes.map(|bytes| self.push(about, bytes)).is_some()
    }

    /// A case that breaks `rule`, and nothing else if that is possible.
    fn refuse(&mut self, tree: &Tree<'f>, edit: &Edit, rule: RuleId, kept: &[String], about: About) -> Refused {
        let strict = tree.apply(edit, Repair::Affected);
        let broken = self.broken(tree, &strict);
        if !broken.contains(&rule) {
            return Refused::Not;
        }
        if broken.iter().all(|one| *one == rule) {
            self.push(about, strict);
            return Refused::Alone;
        }
        let format = tree.format();
        let alone = isolate_rule_since(&mut self.checker, Some(tree), &strict, format, rule, kept).or_else(|| {
            let others = self.with_other_keys(tree, &strict, kept);
            others.iter().find_map(|bytes| isolate_rule_since(&mut self.checker, Some(tree), bytes, format, rule, kept))
        });
        let refused = if alone.is_some() { Refused::Alone } else { Refused::WithOthers };
        self.push(about, alone.unwrap_or(strict));
        refused
    }

    /// A case about the value of one field: to be accepted if the value is legal, else refused
    /// because of it.
    fn either(&mut self, tree: &Tree<'f>, edit: &Edit, node: NodeId, about: About) {
        let broken = self.violations(tree, &tree.apply(edit, Repair::Affected));
        let own = broken.iter().find(|v| v.node == node && v.cause == Cause::Field).map(|v| v.rule);
        let kept = [tree.path(node)];
        match own {
            Some(rule) => {
                self.refuse(tree, edit, rule, &kept, about);
            }
            None => {
                self.accept(tree, edit, &kept, about);
            }
        }
    }

    /// A case that breaks something.
    fn any(&mut self, tree: &Tree<'f>, edit: &Edit, about: About) {
        let strict = tree.apply(edit, Repair::Affected);
        if !self.broken(tree, &strict).is_empty() {
            self.push(about, strict);
        }
    }

    /// Whether a library breaks no rule.
    fn is_valid(&mut self, tree: &Tree<'f>) -> bool {
        self.checker.first(tree).is_none()
    }

    /// Whether an input breaks this rule and no other.
    fn breaks_only(&mut self, tree: &Tree<'f>, bytes: &[u8], rule: RuleId) -> bool {
        let broken = self.broken(tree, bytes);
        !broken.is_empty() && broken.iter().all(|one| *one == rule)
    }

    /// A valid library in which an item of a list has these settings: one that has them already,
    /// or a record changed or put in. None: the rules do not allow it.
    fn specimen(&mut self, tree: &Tree<'f>, item: FieldId, settings: &Settings) -> Option<(Tree<'f>, NodeId)> {
        // What is enumerated decides most; bits are set on top of that.
        let mut numbers = settings.numbers.clone();
        numbers.sort_unstable();
        let key = (digest(tree.encode()), item, numbers);
        let known = self.specimens.get(&key).cloned();
        let found = known.unwrap_or_else(|| {
            let numbers = Settings { numbers: key.2.clone(), ..Settings::default() };
            let found =
                self.numbered(tree, item, &numbers).map(|(tree, node)| (tree.encode().to_vec(), tree.path(node)));
            self.specimens.insert(key, found.clone());
            found
        });
        let (bytes, path) = found?;
        let start = Tree::decode(tree.format(), &bytes);
        let node = start.find(&path)?;
        if settings.hold(&start, node) {
            return Some((start, node));
        }
        let edit = Edit::set(&start, node, assemble(&start, Some(node), item, settings));
        self.settled_at(&start, &edit, &path, settings)
    }

    fn numbered(&mut self, tree: &Tree<'f>, item: FieldId, settings: &Settings) -> Option<(Tree<'f>, NodeId)> {
        let format = tree.format();
        let items: Vec<NodeId> =
            (0..tree.nodes().len() as NodeId).filter(|node| tree.node(*node).field == item).collect();
        // The records most like it first: those that differ in the fewest settings.
        let number = |node: NodeId, field: FieldId| within(tree, node, field).and_then(|found| tree.number(found));
        let differ = |node: &NodeId| settings.numbers.iter().filter(|(f, v)| number(*node, *f) != Some(*v)).count();
        let mut likely: Vec<(usize, NodeId)> = items.iter().map(|node| (differ(node), *node)).collect();
        likely.sort_unstable();
        if let Some((0, node)) = likely.first() {
            return Some((tree.clone(), *node));
        }
        for (_, like) in likely.iter().take(2) {
            let edit = Edit::set(tree, *like, assemble(tree, Some(*like), item, settings));
            let path = tree.path(*like);
            if let Some(found) = self.settled_at(tree, &edit, &path, settings) {
                return Some(found);
            }
        }
        let list = list_of(format, item);
        let list = tree.lists().iter().copied().find(|node| Some(tree.node(*node).field) == list)?;
        let ascending = format
            .records
            .iter()
            .flat_map(|record| &record.rules)
            .any(|rule| matches!(&rule.kind, RuleKind::Ascending { table, .. } if *table == tree.node(list).field));
        let (bytes, at) = match (ascending, tree.children(list).last()) {
            (true, Some(last)) => (fresh(tree, list, last, settings, 0), tree.children(list).count()),
            _ => (assemble(tree, None, item, settings), 0),
        };
        let edit = Edit::insert(tree, list, at, bytes, 1);
        let path = format!("{}[{at}]", tree.path(list));
        self.settled_at(tree, &edit, &path, settings)
    }

    fn settled_at(
        &mut self,
        tree: &Tree<'f>,
        edit: &Edit,
        path: &str,
        settings: &Settings,
    ) -> Option<(Tree<'f>, NodeId)> {
        let format = tree.format();
        let strict = Tree::decode(format, &tree.apply(edit, Repair::Affected));
        let node = strict.find(path)?;
        let kept: Vec<String> =
            settings.fields().filter_map(|field| within(&strict, node, field)).map(|node| strict.path(node)).collect();
        let bytes = settle_since(&mut self.checker, Some(tree), strict.encode(), format, &kept)?;
        let valid = Tree::decode(format, &bytes);
        let node = valid.find(path).filter(|node| settings.hold(&valid, *node))?;
        Some((valid, node))
    }

    fn tables(&mut self, tree: &Tree<'f>) -> Tables {
        let mut tables = Tables::default();
        tables.rebuild(tree);
        tables
    }
}

/// The paths of nodes.
fn paths(tree: &Tree<'_>, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    nodes.into_iter().map(|node| tree.path(node)).collect()
}

/// The valid ones of some libraries.
fn valid_trees<'f>(cases: &mut Cases<'f>, format: &'f Format, libraries: &[&[u8]]) -> Vec<Tree<'f>> {
    let mut trees: Vec<Tree<'f>> = libraries.iter().map(|bytes| Tree::decode(format, bytes)).collect();
    trees.retain(|tree| cases.is_valid(tree));
    trees
}

/// The library on which the cases are built: of the valid ones the smallest that has the most
/// different fields.
pub(super) fn showcase<'f>(format: &'f Format, libraries: &[&[u8]]) -> Option<Tree<'f>> {
    let mut best: Option<(usize, Tree<'f>)> = None;
    let mut checker = Checker::default();
    let mut sorted: Vec<&[u8]> = libraries.to_vec();
    sorted.sort_by_key(|bytes| bytes.len());
    for bytes in sorted {
        let tree = Tree::decode(format, bytes);
        let mut fields: Vec<FieldId> = tree.nodes().iter().map(|node| node.field).collect();
        fields.sort_unstable();
        fields.dedup();
        let more = best.as_ref().is_none_or(|(most, _)| fields.len() > *most);
        if more && checker.first(&tree).is_none() {
            best = Some((fields.len(), tree));
        }
    }
    best.map(|(_, tree)| tree)
}

/// All cases built beside, on a valid library; `libraries` are all there are.
pub(super) fn cases<'f>(tree: &Tree<'f>, libraries: &[&[u8]]) -> Vec<Planned> {
    let format = tree.format();
    let mut cases = Cases::new(format);
    chains::chains(&mut cases, tree);
    codecs::codecs(&mut cases, tree);
    enumerators::enumerators(&mut cases, tree);
    keys::keys(&mut cases, tree);
    names::names(&mut cases, tree);
    numbers::numbers(&mut cases, tree);
    texts::texts(&mut cases, tree);
    sections::sections(&mut cases, tree);
    slots::slots(&mut cases, format, libraries);
    crowds::crowds(&mut cases, format, libraries);
    cases.planned
}

/// Whether a field is a number that is neither a key, nor a reference, nor derived.
fn is_quantity(format: &Format, field: FieldId) -> bool {
    let field = format.field(field);
    matches!(field.shape, Shape::Uint { .. }) && field.refers.is_none() && field.relation.is_none()
}
