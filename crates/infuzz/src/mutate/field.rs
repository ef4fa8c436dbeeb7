//! Sets a field to a value of one of its classes.

use super::Context;
use crate::classes::CLASSES;
use crate::rng::Rng;
use crate::tree::{Edit, NodeId};

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    if rng.one_in(2) {
        return class_first(context, rng);
    }
    let node = context.leaf(rng)?;
    for _ in 0..24 {
        let class = rng.pick(CLASSES)?;
        if let Ok(values) = class.apply(context.tree, context.tables, node) {
            let (_, bytes) = rng.pick(&values)?;
            return Some(Edit::set(context.tree, node, bytes.clone()));
        }
    }
    None
}

/// A class first, then a field it has values for, so that a class that few fields have is tried
/// as often as one that all have.
fn class_first(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    let class = rng.pick(CLASSES)?;
    let mut first = vec![None; tree.format().fields.len()];
    // The first node of each field from a place on, and round: the last one met going backwards.
    let from = rng.below(tree.nodes().len());
    let (before, after) = tree.nodes().split_at(from);
    before.iter().enumerate().rev().for_each(|(node, at)| first[usize::from(at.field.0)] = Some(node as NodeId));
    let after = after.iter().enumerate().rev();
    after.for_each(|(node, at)| first[usize::from(at.field.0)] = Some((from + node) as NodeId));
    let start = rng.below(first.len());
    let nodes = (start..first.len()).chain(0..start).filter_map(|field| first[field]);
    let mut leaves = nodes.filter(|node| tree.format().field(tree.node(*node).field).is_leaf());
    leaves.find_map(|node| {
        let values = class.apply(tree, context.tables, node).ok()?;
        let (_, bytes) = rng.pick(&values)?;
        Some(Edit::set(tree, node, bytes.clone()))
    })
}
