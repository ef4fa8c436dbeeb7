//! Grows a list to its limit and past it, as far as the size allows.

use super::Context;
use crate::format::{RelationKind, Shape};
use crate::rng::Rng;
use crate::tree::{Edit, NodeId};

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    let filled: Vec<NodeId> =
        tree.lists().iter().copied().filter(|list| tree.children(*list).next().is_some()).collect();
    let list = *rng.pick(&filled)?;
    let items: Vec<NodeId> = tree.children(list).collect();
    let smallest = items.iter().copied().min_by_key(|node| tree.span(*node).len())?;
    let bytes = tree.span(smallest).to_vec();
    let room = context.max_size.saturating_sub(tree.bytes().len()) / bytes.len().max(1);
    let limit = limit(context, list).map_or(items.len() as u64 * 2, |most| most.saturating_sub(items.len() as u64));
    let wanted = match rng.below(3) {
        0 => limit,
        1 => limit.saturating_add(1),
        _ => rng.between(2, limit.max(2)),
    };
    let count = usize::try_from(wanted).unwrap_or(room).min(room);
    let delimiter = tree.delimiter(list).unwrap_or_default();
    (count > 0).then(|| Edit::insert(tree, list, items.len(), vec![bytes; count].join(&delimiter[..]), count as i64))
}

/// The largest count the list's counting field allows.
fn limit(context: &Context<'_, '_>, list: NodeId) -> Option<u64> {
    let tree = context.tree;
    tree.relations().iter().find_map(|node| match tree.relation(*node).map(|r| &r.kind) {
        Some(RelationKind::CountOf(_)) if tree.relation_target(*node) == Some(list) => {
            let field = tree.format().field(tree.node(*node).field);
            let Shape::Uint { .. } = field.shape else { return None };
            field.range.map(|(_, high, _)| high)
        }
        _ => None,
    })
}
