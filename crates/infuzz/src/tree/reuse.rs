//! Taking over records of another tree while decoding: where the bytes of a whole record are the
//! same and nothing else decides how it is decoded, its nodes are too.

use super::{Node, NodeId, Tree};

/// The records of a list of another tree, in order.
pub(super) struct Donor<'t> {
    tree: &'t Tree<'t>,
    /// The next record that may be met, and one past the last.
    next: NodeId,
    end: NodeId,
}

impl<'t> Donor<'t> {
    /// The records of the first list of this kind.
    pub(super) fn of(tree: &'t Tree<'_>, list: &Node) -> Option<Donor<'t>> {
        let node = tree.lists.iter().copied().find(|node| tree.node(*node).field == list.field)?;
        Some(Donor { tree, next: node + 1, end: tree.node(node).next })
    }

    /// A record that stands at the beginning of these bytes: the next one of the list, or the
    /// one after it.
    #[inline]
    pub(super) fn record_at(&mut self, bytes: &[u8]) -> Option<NodeId> {
        let mut record = self.next;
        for _ in 0..2 {
            if record >= self.end {
                return None;
            }
            if bytes.starts_with(self.tree.span(record)) {
                self.next = self.tree.node(record).next;
                return Some(record);
            }
            record = self.tree.node(record).next;
        }
        None
    }

    /// Adds the nodes of a record to a tree that is being decoded, as position `index` of a list;
    /// gives how many bytes it takes.
    pub(super) fn copy(&self, record: NodeId, tree: &mut Tree<'_>, list: NodeId, index: u32, at: usize) -> usize {
        let own = self.tree.node(record);
        let (first, shift) = (tree.nodes.len() as NodeId, (at as u32).wrapping_sub(own.start));
        let moved = first.wrapping_sub(record);
        tree.nodes.extend_from_slice(&self.tree.nodes[record as usize..own.next as usize]);
        for node in &mut tree.nodes[first as usize..] {
            node.parent = node.parent.wrapping_add(moved);
            node.start = node.start.wrapping_add(shift);
            node.end = node.end.wrapping_add(shift);
            node.next = node.next.wrapping_add(moved);
        }
        let node = &mut tree.nodes[first as usize];
        (node.parent, node.index) = (list, index);
        let within = |nodes: &'t [NodeId]| {
            let from = nodes.partition_point(|node| *node < record);
            nodes[from..].iter().take_while(|node| **node < own.next).map(|node| node.wrapping_add(moved))
        };
        tree.relations.extend(within(&self.tree.relations));
        tree.lists.extend(within(&self.tree.lists));
        (own.end - own.start) as usize
    }
}
