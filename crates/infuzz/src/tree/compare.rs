//! Comparing bytes with a tree: where they differ, and whether the tree's structure is theirs too.

use super::{NodeId, Tree};

/// Whether it is certain, without decoding them, that bytes have the same structure as a tree.
pub(super) fn same_structure(tree: &Tree<'_>, wire: &[u8]) -> bool {
    if !tree.gives_structure() || tree.bytes.len() != wire.len() {
        return false;
    }
    let free = |node: Option<NodeId>| {
        let Some(node) = node else { return false };
        let quick = tree.format.quick(tree.nodes[node as usize].field);
        quick.rigid && !quick.shaping && !tree.nodes[node as usize].blank && !emptied(tree, node, wire)
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
            if slots.as_ref().is_some_and(|slots| slots.used.is_none() && filled(bytes, slots.fill)) {
                return true;
            }
        }
        at = this.parent;
    }
    false
}

/// Bytes that are compared at once, and again the parts of those that differ.
const PART: usize = 1024;
const SMALL: usize = 64;

/// Makes bytes those of another string, of which most are the same.
pub(super) fn assign(bytes: &mut Vec<u8>, wire: &[u8]) {
    if bytes.len() != wire.len() {
        bytes.clear();
        bytes.extend_from_slice(wire);
        return;
    }
    for (old, new) in bytes.chunks_mut(PART).zip(wire.chunks(PART)).filter(|(old, new)| old != new) {
        old.copy_from_slice(new);
    }
}

/// How many bytes two strings have in common at their beginnings.
pub(super) fn common(old: &[u8], new: &[u8]) -> usize {
    let alike = |size: usize, from: usize| {
        let parts = old[from..].chunks_exact(size).zip(new[from..].chunks_exact(size));
        from + size * parts.take_while(|(old, new)| old == new).count()
    };
    alike(1, alike(SMALL, alike(PART, 0)))
}

/// Whether all bytes are the same given one.
pub(super) fn filled(bytes: &[u8], fill: u8) -> bool {
    bytes.chunks(SMALL).all(|part| part.iter().fold(0, |differ, byte| differ | byte ^ fill) == 0)
}

/// The places of the bytes that differ between two strings.
fn places<'t>(old: &'t [u8], new: &'t [u8], size: usize) -> impl Iterator<Item = (usize, &'t [u8], &'t [u8])> {
    let parts = old.chunks(size).zip(new.chunks(size)).enumerate().filter(|(_, (old, new))| old != new);
    parts.map(move |(part, (old, new))| (part * size, old, new))
}

/// For each byte that differs from a tree's the innermost node it stands in, if it does in one.
pub(super) fn differing<'t>(tree: &'t Tree<'_>, bytes: &'t [u8]) -> impl Iterator<Item = Option<NodeId>> + 't {
    let small = places(&tree.bytes, bytes, PART).flat_map(|(from, old, new)| {
        places(old, new, SMALL)
            .flat_map(move |(at, old, new)| places(old, new, 1).map(move |(byte, ..)| from + at + byte))
    });
    small.map(|place| {
        let after = tree.nodes.partition_point(|node| node.start as usize <= place);
        let node = after.checked_sub(1)?;
        (place < tree.nodes[node].end as usize).then_some(node as NodeId)
    })
}
