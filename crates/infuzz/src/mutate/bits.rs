//! Flips a bit, or writes, adds to or exchanges bytes inside a field.

use super::Context;
use crate::rng::Rng;
use crate::tree::Edit;

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let node = context.leaf(rng)?;
    let mut bytes = context.tree.span(node).to_vec();
    let at = rng.below(bytes.len());
    let other = rng.below(bytes.len());
    let first = bytes.get(at).copied()?;
    let changed = match rng.below(4) {
        0 => first ^ 1 << rng.below(8),
        1 => rng.draw() as u8,
        2 => first.wrapping_add(if rng.one_in(2) { 1 } else { 0xFF }),
        _ => {
            let second = bytes[other];
            bytes[other] = first;
            second
        }
    };
    bytes[at] = changed;
    Some(Edit::set(context.tree, node, bytes))
}
