//! Lists of slots: the last used one moved behind a gap, taken away while what belongs to it
//! stays, and followed by a copy that differs in one field.

use super::{About, Cases, paths, valid_trees};
use crate::format::{Format, RuleId, Slots};
use crate::tree::{Edit, NodeId, Repair, Tree};

const CLASS: &str = "slots";

/// All of them, each list in the library in which most of it is used and it has room, if there is
/// one.
pub(super) fn slots<'f>(cases: &mut Cases<'f>, format: &'f Format, libraries: &[&[u8]]) {
    let trees = valid_trees(cases, format, libraries);
    for field in format.fields.iter().filter(|field| field.slots.as_ref().is_some_and(|slots| slots.used.is_none())) {
        let lists = trees.iter().flat_map(|tree| {
            let own = tree.lists().iter().filter(|list| tree.node(**list).field == field.id);
            own.filter_map(move |list| Some((tree, *list, tree.used(*list).last()?)))
        });
        let chosen = lists.max_by_key(|(tree, list, _)| {
            let used = tree.used(*list).count();
            (used < tree.children(*list).count(), used)
        });
        if let (Some((tree, list, last)), Some(slots)) = (chosen, &field.slots) {
            of_list(cases, tree, list, last, slots);
        }
    }
}

/// Of a list and its last used slot.
fn of_list<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, list: NodeId, last: NodeId, slots: &Slots) {
    let unused = Edit::set(tree, last, vec![slots.fill; tree.span(last).len()]);
    broken(cases, tree, &unused, None, last, "unused, alone");
    let number = tree.node(last).index as usize;
    let Some(next) = tree.children(list).nth(number + 1) else { return };
    let copied = |bytes: Vec<u8>| Edit::set(tree, next, bytes);
    let gapped = unused.and(copied(tree.span(last).to_vec()));
    broken(cases, tree, &gapped, Some(slots.gap), last, "one slot further");
    let place = tree.node(last).start as usize..tree.node(last).end as usize;
    for leaf in (last..tree.node(last).next).filter(|node| tree.node(*node).next == node + 1) {
        if tree.relation(leaf).is_some() || tree.node(leaf).blank {
            continue;
        }
        let mut bytes = tree.span(leaf).to_vec();
        let Some(byte) = bytes.first_mut() else { continue };
        *byte ^= 1;
        // Changed where it stands, with what is stated about it; a slot has a size of its own.
        let changed = tree.apply(&Edit::set(tree, leaf, bytes), Repair::Affected);
        let Some(copy) = changed.get(place.clone()) else { continue };
        broken(cases, tree, &copied(copy.to_vec()), None, leaf, "changed in a copy of its record");
    }
}

/// A case for each rule that an edit breaks, or for one of them.
fn broken<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, edit: &Edit, only: Option<RuleId>, node: NodeId, label: &str) {
    let format = tree.format();
    let mut rules: Vec<(RuleId, Vec<String>)> = Vec::new();
    for violation in cases.violations(tree, &tree.apply(edit, Repair::Affected)) {
        let rule = violation.rule;
        if only.is_none_or(|only| only == rule) && rules.iter().all(|(known, _)| *known != rule) {
            rules.push((rule, paths(&cases.edited, violation.involved)));
        }
    }
    for (rule, kept) in rules {
        let about = About::node(tree, node, CLASS, format!("{label}: {}", format.rule(rule)));
        cases.refuse(tree, edit, rule, &kept, about);
    }
}
