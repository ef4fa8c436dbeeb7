//! Moves one participant of a rule between fields to a value that is likely to break it.

use super::Context;
use crate::format::RuleKind;
use crate::rng::Rng;
use crate::rules::{candidates, participants, structural_breaks};
use crate::tree::{Edit, NodeId};

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    let format = tree.format();
    let between =
        |rule: &&crate::format::Rule| !matches!(rule.kind, RuleKind::Unique { .. } | RuleKind::Ascending { .. });
    let all =
        || format.records.iter().flat_map(|record| record.rules.iter().filter(between).map(move |rule| (record, rule)));
    for _ in 0..8 {
        let (record, rule) = all().nth(rng.below(all().count()))?;
        let nodes: Vec<NodeId> =
            (0..tree.nodes().len() as NodeId).filter(|node| tree.node(*node).field == record.field).collect();
        let Some(node) = rng.pick(&nodes) else { continue };
        let mut whole = structural_breaks(tree, context.tables, *node, rule);
        if !whole.is_empty() {
            return Some(whole.swap_remove(rng.below(whole.len())).1);
        }
        let parts = participants(tree, context.tables, *node, rule);
        let Some(part) = rng.pick(&parts) else { continue };
        let edits = candidates(tree, context.tables, *part, &parts);
        if let Some((_, edit)) = rng.pick(&edits) {
            return Some(edit.clone());
        }
    }
    None
}
