//! Comparing bytes with a tree: where they differ, and whether the tree's structure is theirs too.

use super::{NodeId, Tree};

/// Whether it is certain, without decoding them, that bytes have the same structure as a tree.
pub(super) fn same_structure(tree: &Tree<'_>, wire: &[u8]) -> bool {
    let known = !tree.nodes.is_empty() && tree.problems.is_empty();
    if !tree.format.steady || !known || tree.bytes.len() != wire.len() {
        return false;
    }
    let free = |node: Option<NodeId>| {
        let Some(node) = node else { return false };
        let quick = tree.format.quick(tree.nodes[node as usize].field);
        quick.width > 0 && !quick.shaping && !tree.nodes[node as usize].blank && !emptied(tree, node, wire)
    };
    differing(tree, wire).all(free)
}

/// Whether the slot that a node stands in becomes an unused one.
fn emptied(tree: &Tree<'_>, node: NodeId, wire: &[u8]) -> bool {
    let mut at = node;
    while at != 0 {
        let this = &tree.nodes[at as usize];
        if tree.format.quick(this.field).slot.is_some() {
            let slots = &tree.format.field(tree.nodes[this.parent as usize].field).slots;
            let bytes = &wire[this.start as usize..this.end as usize];
            if slots.as_ref().is_some_and(|slots| slots.used.is_none() && bytes.iter().all(|byte| *byte == slots.fill))
            {
                return true;
            }
        }
        at = this.parent;
    }
    false
}

/// For each byte that differs from a tree's the innermost node it stands in, if it does in one.
pub(super) fn differing<'t>(tree: &'t Tree<'_>, bytes: &'t [u8]) -> impl Iterator<Item = Option<NodeId>> + 't {
    let parts = tree.bytes.chunks(64).zip(bytes.chunks(64)).enumerate().filter(|(_, (old, new))| old != new);
    let places = parts.flat_map(|(part, (old, new))| {
        old.iter().zip(new).enumerate().filter(|(_, (a, b))| a != b).map(move |(at, _)| part * 64 + at)
    });
    places.map(|place| {
        let after = tree.nodes.partition_point(|node| node.start as usize <= place);
        let node = after.checked_sub(1)?;
        (place < tree.nodes[node].end as usize).then_some(node as NodeId)
    })
}
