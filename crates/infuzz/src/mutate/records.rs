//! Duplicates, deletes, exchanges and inserts records.

use super::Context;
use crate::format::Shape;
use crate::plain::default_bytes;
use crate::rng::Rng;
use crate::tree::{Edit, NodeId};

pub(super) fn duplicate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let node = context.item(rng)?;
    let at = context.tree.node(node);
    let place = rng.below(at.index as usize + 2);
    Some(Edit::insert(context.tree, at.parent, place, context.tree.span(node).to_vec(), 1))
}

pub(super) fn delete(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    Some(Edit::delete(context.tree, context.item(rng)?))
}

pub(super) fn swap(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let node = context.item(rng)?;
    let siblings: Vec<NodeId> =
        context.tree.children(context.tree.node(node).parent).filter(|other| *other != node).collect();
    Some(Edit::swap(context.tree, node, *rng.pick(&siblings)?))
}

pub(super) fn insert(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    let list = *rng.pick(tree.lists())?;
    let Shape::List { item, .. } = tree.format().field(tree.node(list).field).shape else { return None };
    let place = rng.below(tree.children(list).count() + 1);
    Some(Edit::insert(tree, list, place, default_bytes(tree.format(), item), 1))
}
