//! Puts a record of another input into a list of the same kind, or in place of a record.

use super::Context;
use crate::rng::Rng;
use crate::tree::{Edit, NodeId};

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let (tree, donor) = (context.tree, context.donor);
    let filled = |list: &NodeId| donor.children(*list).next().is_some();
    let sources: Vec<NodeId> = donor.lists().iter().copied().filter(filled).collect();
    let source = *rng.pick(&sources)?;
    let items: Vec<NodeId> = donor.children(source).collect();
    let bytes = donor.span(*rng.pick(&items)?).to_vec();
    let field = donor.node(source).field;
    let lists: Vec<NodeId> = tree.lists().iter().copied().filter(|list| tree.node(*list).field == field).collect();
    let list = *rng.pick(&lists)?;
    let own: Vec<NodeId> = tree.children(list).collect();
    match rng.pick(&own) {
        Some(record) if rng.one_in(2) => Some(Edit::set(tree, *record, bytes)),
        _ => Some(Edit::insert(tree, list, rng.below(own.len() + 1), bytes, 1)),
    }
}
