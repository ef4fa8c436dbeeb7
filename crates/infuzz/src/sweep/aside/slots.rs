//! Lists of slots: the last used one moved behind a gap, taken away while what belongs to it
//! stays, and followed by a copy that differs in one field.

use super::{About, Cases};
use crate::format::RuleId;
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
        broken(cases, tree, &unused, last, "unused, alone");
        let number = tree.node(last).index as usize;
        let Some(next) = tree.children(list).nth(number + 1) else { continue };
        let copied = |bytes: Vec<u8>| Edit::set(tree, next, bytes);
        let gapped = unused.and(copied(tree.span(last).to_vec()));
        let about = About::node(tree, last, CLASS, "one slot further");
        cases.refuse(tree, &gapped, gap, &[], about);
        let start = tree.node(last).start as usize;
        for leaf in (last..tree.node(last).next).filter(|node| tree.node(*node).next == node + 1) {
            if tree.relation(leaf).is_some() {
                continue;
            }
            let mut copy = tree.span(last).to_vec();
            if let Some(byte) = copy.get_mut(tree.node(leaf).start as usize - start) {
                *byte ^= 1;
                broken(cases, tree, &copied(copy), leaf, "changed in a copy of its record");
            }
        }
    }
}

/// A case for each rule that an edit breaks.
fn broken<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, edit: &Edit, node: NodeId, label: &str) {
    let bytes = tree.apply(edit, Repair::Affected);
    let mut rules: Vec<RuleId> = cases.broken(tree, &bytes);
    rules.sort_unstable();
    rules.dedup();
    for rule in rules {
        let label = format!("{label}: {}", tree.format().rule(rule));
        cases.refuse(tree, edit, rule, &[], About::node(tree, node, CLASS, label));
    }
}
