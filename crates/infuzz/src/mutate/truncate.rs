//! Cuts the input at, or one byte beside, a boundary of its structure.

use super::Context;
use crate::rng::Rng;
use crate::tree::{Edit, NodeId};

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let node = context.tree.node(rng.below(context.tree.nodes().len()) as NodeId);
    let at = if rng.one_in(2) { node.start } else { node.end };
    let at = match rng.below(3) {
        0 => at,
        1 => at.saturating_sub(1),
        _ => at.saturating_add(1),
    };
    let end = context.tree.bytes().len() as u32;
    (at < end).then(|| Edit::truncate(context.tree, at))
}
