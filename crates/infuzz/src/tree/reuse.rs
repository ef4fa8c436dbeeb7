//! Taking over records of another tree while decoding: where the bytes of a whole record are the
//! same and nothing else decides how it is decoded, its nodes are too.

use super::{Node, NodeId, Tree, compare};
use std::ops::Range;

/// The records of a list of another tree, in order.
pub(super) struct Donor<'t> {
    tree: &'t Tree<'t>,
    /// The next record that may be met, and one past the last.
    next: NodeId,
    end: NodeId,
    /// One past the last byte.
    to: usize,
}

impl<'t> Donor<'t> {
    /// The records of the first list of this kind.
    pub(super) fn of(tree: &'t Tree<'_>, list: &Node) -> Option<Donor<'t>> {
        let node = tree.lists.iter().copied().find(|node| tree.node(*node).field == list.field)?;
        Some(Donor { tree, next: node + 1, end: tree.node(node).next, to: tree.node(node).end as usize })
    }

    /// The records that stand at the beginning of these bytes, at most so many: from the next one
    /// of the list on, or from the one after it.
    pub(super) fn records_at(&mut self, bytes: &[u8], most: usize) -> Option<Run> {
        let mut first = self.next;
        for _ in 0..2 {
            if first >= self.end {
                return None;
            }
            if !bytes.starts_with(self.tree.span(first)) {
                first = self.tree.node(first).next;
                continue;
            }
            let start = self.tree.node(first).start as usize;
            let same = compare::common(self.tree.bytes.get(start..self.to)?, bytes);
            let mut run = Run { nodes: first..first, records: 0, bytes: 0 };
            while run.nodes.end < self.end && run.records < most {
                let next = self.tree.node(run.nodes.end).next;
                let to = if next < self.end { self.tree.node(next).start as usize } else { self.to };
                if to - start > same {
                    break;
                }
                (run.nodes.end, run.bytes) = (next, to - start);
                run.records += 1;
            }
            if run.records > 0 {
                self.next = run.nodes.end;
                return Some(run);
            }
            first = self.tree.node(first).next;
        }
        None
    }

    /// Adds the nodes of records to a tree that is being decoded, from position `index` of a list on.
    pub(super) fn copy(&self, run: &Run, tree: &mut Tree<'_>, list: NodeId, index: u32, at: usize) {
        let (begin, end) = (run.nodes.start, run.nodes.end);
        let (first, shift) = (tree.nodes.len() as NodeId, (at as u32).wrapping_sub(self.tree.node(begin).start));
        let moved = first.wrapping_sub(begin);
        tree.nodes.extend(self.tree.nodes[begin as usize..end as usize].iter().map(|node| Node {
            parent: node.parent.wrapping_add(moved),
            start: node.start.wrapping_add(shift),
            end: node.end.wrapping_add(shift),
            next: node.next.wrapping_add(moved),
            ..*node
        }));
        let (mut record, mut index) = (first, index);
        while let Some(node) = tree.nodes.get_mut(record as usize) {
            (node.parent, node.index) = (list, index);
            (record, index) = (node.next, index + 1);
        }
        let within = |nodes: &'t [NodeId]| {
            let from = nodes.partition_point(|node| *node < begin);
            nodes[from..].iter().take_while(move |node| **node < end).map(move |node| node.wrapping_add(moved))
        };
        tree.relations.extend(within(&self.tree.relations));
        tree.lists.extend(within(&self.tree.lists));
    }
}

/// Records that follow one another.
pub(super) struct Run {
    nodes: Range<NodeId>,
    pub(super) records: usize,
    pub(super) bytes: usize,
}
