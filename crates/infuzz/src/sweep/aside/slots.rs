//! Lists of slots: the last used one moved behind a gap, taken away while what belongs to it
//! stays, and followed by a copy that differs in one field.

use super::{About, Cases, paths};
use crate::format::RuleId;
use crate::rules::Checker;
use crate::tree::{Edit, NodeId, Repair, Tree};

const CLASS: &str = "slots";

/// All of them.
pub(super) fn slots<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    for list in tree.lists().to_vec() {
        let slots = tree.format().field(tree.node(list).field).slots.as_ref();
        let Some((fill, gap)) = slots.filter(|slots| slots.used.is_none()).map(|slots| (slots.fill, slots.gap)) else {
            continue;
        };
        let Some(last) = tree.used(list).last() else { continue };
        let unused = Edit::set(tree, last, vec![fill; tree.span(last).len()]);
        broken(cases, tree, &unused, None, last, "unused, alone");
        let number = tree.node(last).index as usize;
        let Some(next) = tree.children(list).nth(number + 1) else { continue };
        let copied = |bytes: Vec<u8>| Edit::set(tree, next, bytes);
        let gapped = unused.and(copied(tree.span(last).to_vec()));
        broken(cases, tree, &gapped, Some(gap), last, "one slot further");
        let start = tree.node(last).start as usize;
        for leaf in (last..tree.node(last).next).filter(|node| tree.node(*node).next == node + 1) {
            if tree.relation(leaf).is_some() || tree.node(leaf).blank {
                continue;
            }
            let mut copy = tree.span(last).to_vec();
            if let Some(byte) = copy.get_mut(tree.node(leaf).start as usize - start) {
                *byte ^= 1;
                broken(cases, tree, &checked(tree, next, copy), None, leaf, "changed in a copy of its record");
            }
        }
    }
}

/// A record in a slot that was unused, what is stated about it right.
fn checked(tree: &Tree<'_>, slot: NodeId, bytes: Vec<u8>) -> Edit {
    let edit = Edit::set(tree, slot, bytes);
    let with = Tree::decode(tree.format(), &tree.apply(&edit, Repair::Affected));
    let stated = with.relations().iter().filter(|node| with.contains(slot, **node));
    let right = stated.filter_map(|node| Some(Edit::set_number(&with, *node, with.expected(*node)?)));
    let right = right.fold(Edit::default(), Edit::and);
    let with = Tree::decode(tree.format(), &with.apply(&right, Repair::Affected));
    Edit::set(tree, slot, with.span(slot).to_vec())
}

/// A case for each rule that an edit breaks, or for one of them.
fn broken<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, edit: &Edit, only: Option<RuleId>, node: NodeId, label: &str) {
    let format = tree.format();
    let edited = Tree::decode(format, &tree.apply(edit, Repair::Affected));
    let mut seen = Vec::new();
    for violation in Checker::default().all_since(Some(tree), &edited) {
        let rule = violation.rule;
        if only.is_some_and(|only| only != rule) || seen.contains(&rule) {
            continue;
        }
        seen.push(rule);
        let about = About::node(tree, node, CLASS, format!("{label}: {}", format.rule(rule)));
        cases.refuse(tree, edit, rule, &paths(&edited, violation.involved.iter().copied()), about);
    }
}
