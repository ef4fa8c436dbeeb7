//! Dangling and other references, and keys that stand twice.

use super::Context;
use crate::classes::Class;
use crate::rng::Rng;
use crate::tree::{Edit, NodeId};

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    if rng.one_in(3) {
        return same_key(context, rng);
    }
    let node = context.some(rng, &context.kinds.reference)?;
    let class = Class::named(rng.pick(&["dangling", "no-record", "other-record"])?)?;
    let values = class.apply(tree, context.tables, node).ok()?;
    Some(Edit::set(tree, node, rng.pick(&values)?.1.clone()))
}

/// A leaf of a record takes the bytes of the same field of another record of the list.
fn same_key(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    let record = context.item(rng)?;
    let others: Vec<NodeId> = tree.children(tree.node(record).parent).filter(|other| *other != record).collect();
    let other = *rng.pick(&others)?;
    let leaves: Vec<NodeId> =
        tree.children(record).filter(|child| tree.format().field(tree.node(*child).field).is_leaf()).collect();
    let leaf = *rng.pick(&leaves)?;
    let source = tree.child(other, tree.node(leaf).field)?;
    Some(Edit::set(tree, leaf, tree.span(source).to_vec()))
}
