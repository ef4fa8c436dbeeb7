//! The navigation trees.

use alloc::vec;
use alloc::vec::Vec;

use super::record::{Record, item};
use super::refusal::{Refusal, Rule};

/// A protocol node: its role mask and the protocol's slot.
pub(super) type Entry = (u16, u8);

/// Checks the nodes of a tree; gives its protocols.
pub(super) fn tree(nodes: &[Record<'_>]) -> Result<Vec<Entry>, Refusal> {
    let mut entries = Vec::new();
    let mut has_parent = vec![false; nodes.len()];
    for (position, node) in nodes.iter().enumerate() {
        let children = node.counted((12, "children"), (2, "child"), (10, 1, 0))?;
        node.text(13, 16, 15, "label")?;
        node.text(29, 16, 15, "shown")?;
        let kind = node.u8(45);
        require!(kind <= 16 || kind == 19 || kind == 20, node.refuse(Rule::EnumValue, "kind", 45));
        let protocol = node.u8(46);
        if kind == 2 {
            entries.push((node.u16(0), protocol));
        } else {
            require!(protocol == 0, node.refuse(Rule::NodeSlot, "protocol", 46));
        }
        node.below(47, 2, "hidden")?;
        node.unused(48, 12, "unused")?;
        node.check()?;
        for child in 0..children {
            let at = child.saturating_add(2);
            let wrong = || node.refuse(Rule::TreeChildren, item("child", child, ""), at);
            let later = usize::from(node.u8(at));
            require!(later > position, wrong());
            let Some(seen) = has_parent.get_mut(later) else { return Err(wrong()) };
            require!(!core::mem::replace(seen, true), wrong());
        }
    }
    let orphan = nodes.iter().zip(has_parent).skip(1).find(|(_, has_parent)| !has_parent);
    match orphan {
        Some((node, _)) => Err(node.refuse(Rule::TreeChildren, "", 0)),
        None => Ok(entries),
    }
}
