//! Records duplicated, deleted, exchanged, lengthened and shortened; lists grown.

use super::{Planner, another};
use crate::format::{FieldId, RelationKind};
use crate::sweep::plan::How;
use crate::tree::{Edit, NodeId, Tree};

/// Lists are grown to at most so many records.
pub(in crate::sweep) const MOST_GROWN: u64 = 400;

impl Planner<'_> {
    /// Records duplicated, deleted, exchanged, lengthened and shortened.
    pub(super) fn records(&mut self) {
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
    pub(super) fn lists(&mut self) {
        let mut seen = Vec::new();
        for list in self.plan.base.lists().to_vec() {
            let field = self.plan.base.node(list).field;
            let tree = &self.plan.base;
            if seen.contains(&field) || tree.children(list).next().is_none() {
                continue;
            }
            seen.push(field);
            if self.format().field(field).empty.is_some() {
                let edit = Edit::replace_items(&self.plan.base, list, Vec::new(), 0);
                self.push(list, "empty-list", "no items".into(), How::Edit(edit));
            }
            let tree = &self.plan.base;
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
}

/// The largest count that the field counting a list allows.
pub(in crate::sweep) fn limit_of(tree: &Tree<'_>, list: NodeId) -> Option<u64> {
    let counts = tree
        .relations()
        .iter()
        .filter(|node| matches!(tree.relation(**node).map(|r| &r.kind), Some(RelationKind::CountOf(_))));
    let mut own = counts.filter(|node| tree.relation_target(**node) == Some(list));
    own.find_map(|node| tree.format().field(tree.node(*node).field).range.map(|(_, high, _)| high))
}
