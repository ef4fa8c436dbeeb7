//! Whether the reason that a device gives for a refusal is right: the rule, the field, the offset.

use crate::device::{Outcome as Said, Reason};
use crate::finding::{Kind, Raised};
use crate::format::{RelationKind, RuleId};
use crate::judgement::{Judge, Judgement};
use crate::oracle::CaseResult;
use crate::rules::{Cause, Violation};
use crate::tree::{NodeId, Tree};

/// The reason given must be one of the broken rules, at one of the fields that take part in it or
/// a record around them, and the offset that of its first byte. Where bytes are missing or left
/// over, what follows may be read in several ways, and the reason is not judged.
pub fn wrong_reason(judge: &mut Judge<'_>, bytes: &[u8], result: &CaseResult) -> Option<Raised> {
    let (Judgement::Refuse(_), Said::Refused, Some(reason)) =
        (result.judgement, result.answer.outcome, &result.answer.reason)
    else {
        return None;
    };
    let (tree, violations) = judge.explain(bytes);
    if violations.iter().any(|v| v.cause == Cause::Shape) {
        return None;
    }
    let format = tree.format();
    let blamed: Vec<NodeId> = blamed(tree, &violations)
        .into_iter()
        .filter(|(rule, _)| format.rule(*rule) == reason.rule)
        .map(|b| b.1)
        .collect();
    if blamed.is_empty() {
        let broken: Vec<&str> = violations.iter().map(|v| format.rule(v.rule)).collect();
        return Some(Raised::new(
            Kind::WrongReason,
            format!("refused because of {} at {}, but broken is {}", reason.rule, reason.field, broken.join(", ")),
        ));
    }
    // A field that is left out is named by where it would stand.
    let absent = tree.find(&reason.field).is_none() && is_described(tree, &reason.field);
    if absent && blamed.iter().any(|node| is_named(&reason.field, &tree.path(*node))) {
        return None;
    }
    let under: Vec<NodeId> = blamed.into_iter().filter(|node| is_named(&tree.path(*node), &reason.field)).collect();
    if under.is_empty() {
        return Some(Raised::new(
            Kind::WrongReason,
            format!("refused because of {} at {}, which takes no part in it", reason.rule, reason.field),
        ));
    }
    // Where something stated is wrong, fields that only may be blamed may also begin elsewhere.
    let certain = violations.iter().filter(|v| format.rule(v.rule) == reason.rule).flat_map(|v| &v.involved);
    // The same goes for what stands behind an extent that is stated wrongly.
    let extents = violations.iter().filter(|v| v.cause == Cause::Relation && states_extent(tree, v.node));
    let read_alike = extents.map(|v| tree.node(v.node).start).min().unwrap_or(u32::MAX);
    let is_certain = |node: &NodeId| under.contains(node) && tree.node(*node).start <= read_alike;
    let certain: Vec<NodeId> = certain.copied().filter(is_certain).collect();
    wrong_offset(tree, reason, &certain)
}

/// Whether the description has a field with this path.
fn is_described(tree: &Tree<'_>, path: &str) -> bool {
    let mut parts = path.split(['[', ']']);
    let mut general = parts.next().unwrap_or("").to_string();
    while let (Some(_), Some(rest)) = (parts.next(), parts.next()) {
        general.push_str("[]");
        general.push_str(rest);
    }
    tree.format().field_at(&general).is_some()
}

/// Whether a path is the named one or within it.
fn is_named(path: &str, named: &str) -> bool {
    path == named || path.strip_prefix(named).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The offset, where one is given, is that of the first byte of the named field, or of one within
/// it that takes part.
fn wrong_offset(tree: &Tree<'_>, reason: &Reason, under: &[NodeId]) -> Option<Raised> {
    let offset = reason.offset.filter(|_| !under.is_empty())?;
    let named = tree.find(&reason.field);
    let mut right = named.iter().chain(under).map(|node| tree.node(*node).start).peekable();
    let first = *right.peek()?;
    (!right.any(|start| start == offset)).then(|| {
        Raised::new(
            Kind::WrongReason,
            format!(
                "refused because of {} at {}, which begins at byte {first}, not {offset}",
                reason.rule, reason.field
            ),
        )
    })
}

/// Broken rules, each with the fields that may be blamed for it.
fn blamed(tree: &Tree<'_>, violations: &[Violation]) -> Vec<(RuleId, NodeId)> {
    let mut blamed: Vec<(RuleId, NodeId)> =
        violations.iter().flat_map(|v| v.involved.iter().map(|node| (v.rule, *node))).collect();
    for violation in violations.iter().filter(|v| v.cause == Cause::Relation) {
        let extent = states_extent(tree, violation.node);
        let Some(target) = tree.relation_target(violation.node).filter(|_| extent) else { continue };
        // A reader that goes by what is stated finds other bytes there: whatever else is stated
        // about them, about what follows, and about what is around may be wrong to it as well.
        let around = std::iter::successors(Some(target), |at| (*at != 0).then(|| tree.node(*at).parent));
        let affected: Vec<NodeId> = around.chain(after(tree, target)).collect();
        for &node in tree.relations() {
            if let Some(relation) = tree.relation(node)
                && tree.relation_target(node).is_some_and(|target| affected.contains(&target))
            {
                blamed.push((relation.rule, node));
            }
        }
    }
    blamed
}

/// Whether a field states how long something is, how many there are of it, or where it begins.
fn states_extent(tree: &Tree<'_>, node: NodeId) -> bool {
    tree.relation(node).is_some_and(|relation| {
        matches!(relation.kind, RelationKind::SizeOf(_) | RelationKind::OffsetOf(_) | RelationKind::CountOf(_))
    })
}

/// The next node behind another.
fn after(tree: &Tree<'_>, node: NodeId) -> Option<NodeId> {
    let next = tree.node(node).next;
    tree.nodes().get(next as usize).map(|_| next)
}
