//! Lists with as many items as they may have, and one more, where that is too many for the
//! library under sweep.

use super::assemble::{Settings, assemble, fresh};
use super::{About, Cases, valid_trees};
use crate::format::{Format, RelationKind, RuleId, RuleKind};
use crate::sweep::planner::{MOST_GROWN, limit_of};
use crate::tree::{Edit, NodeId, Repair, Tree};

const CLASS: &str = "crowded-list";

/// All of them.
pub(super) fn crowds<'f>(cases: &mut Cases<'f>, format: &'f Format, libraries: &[&[u8]]) {
    let trees = valid_trees(cases, format, libraries);
    let lists = format.fields.iter().filter(|field| matches!(field.shape, crate::format::Shape::List { .. }));
    for field in lists.map(|field| field.id) {
        let list = |tree: &Tree<'f>| tree.lists().iter().copied().find(|list| tree.node(*list).field == field);
        let most = trees.iter().filter_map(|tree| list(tree).and_then(|list| limit_of(tree, list))).max();
        let Some(limit) = most.filter(|limit| *limit > MOST_GROWN) else { continue };
        let items = |tree: &Tree<'f>| list(tree).map_or(0, |list| tree.children(list).count());
        let composite =
            format.records.iter().flat_map(|record| &record.rules).any(
                |rule| matches!(&rule.kind, RuleKind::Unique { table, key, .. } if *table == field && key.len() > 1),
            );
        if composite {
            // Many different keys are not made up: a library that is at its limit is needed.
            let Some(full) = trees.iter().find(|tree| items(tree) as u64 == limit) else { continue };
            if let Some(list) = list(full) {
                one_past(cases, full, list);
            }
        } else {
            let Some(small) = trees.iter().filter(|tree| items(tree) > 0).min_by_key(|tree| tree.bytes().len()) else {
                continue;
            };
            let Some(list) = list(small) else { continue };
            let Some(last) = small.children(list).last() else { continue };
            let have = items(small) as u64;
            for (label, wanted) in [("at its limit", limit), ("one past its limit", limit + 1)] {
                let copies = (0..wanted.saturating_sub(have))
                    .flat_map(|copy| fresh(small, list, last, &Settings::default(), copy));
                let edit = Edit::insert(small, list, have as usize, copies.collect(), (wanted - have) as i64);
                cases.push(About::node(small, list, CLASS, label), small.apply(&edit, Repair::Affected));
            }
        }
    }
}

/// The rule that the number of items is bounded by.
fn bound_of(tree: &Tree<'_>, list: NodeId) -> Option<RuleId> {
    let counts = tree.relations().iter().filter(|node| tree.relation_target(**node) == Some(list));
    let mut counts =
        counts.filter(|node| matches!(tree.relation(**node).map(|r| &r.kind), Some(RelationKind::CountOf(_))));
    counts.find_map(|node| tree.format().field(tree.node(*node).field).range.map(|(.., rule)| rule))
}

/// One more record than there may be, with a key of its own.
fn one_past<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, list: NodeId) {
    let (Some(rule), Some(last)) = (bound_of(tree, list), tree.children(list).last()) else { return };
    let count = tree.children(list).count();
    let format = tree.format();
    let records = (last + 1..tree.node(last).next).filter(|node| {
        let field = format.field(tree.node(*node).field);
        field.relation.is_none() && tree.node(*node).parent == last && tree.number(*node).is_some()
    });
    for node in records {
        let now = tree.number(node).unwrap_or(0);
        for value in [0, now + 1, now.saturating_sub(1)] {
            let settings = Settings::default().with(tree.node(node).field, value);
            let copy = assemble(tree, Some(last), tree.node(last).field, &settings);
            let bytes = tree.apply(&Edit::insert(tree, list, count, copy, 1), Repair::Affected);
            if value != now && cases.breaks_only(tree, &bytes, rule) {
                cases.push(About::node(tree, list, CLASS, "one past its limit"), bytes);
                return;
            }
        }
    }
}
