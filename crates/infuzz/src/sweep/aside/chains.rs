//! Rules that order fields: every two of them alone, everything optional beside them left out;
//! and limits that stand in another record, for each field that they bound.

use super::assemble::{Settings, bit_of, is_own, item_around, product, satisfying, ways, within};
use super::{About, Cases, is_quantity, paths};
use crate::format::{FieldId, Operand, PathStep, Record, Rule, RuleKind, Shape};
use crate::rules::step_of;
use crate::tree::{Edit, NodeId, Tree};

const CLASS: &str = "pair-alone";
const BOUND: &str = "bound-alone";

/// Values at which numbers of fewer bytes, or of fewer significant bits, wrap or round.
const EDGES: [u64; 5] = [1 << 8, 1 << 15, 1 << 16, 1 << 24, 1 << 31];

/// All of them.
pub(super) fn chains<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    for record in &tree.format().records {
        for rule in &record.rules {
            match &rule.kind {
                RuleKind::Ordered(operands) => ordered(cases, tree, record, rule, operands),
                RuleKind::AtMost(operands, limit) => bounded(cases, tree, record, rule, operands, limit),
                _ => {}
            }
        }
    }
}

/// Settings after which of the optional fields of a record only these are there.
fn only(tree: &Tree<'_>, record: &Record, present: &[FieldId]) -> Settings {
    let format = tree.format();
    let bits = record.fields.iter().filter_map(|field| bit_of(format, *field)).map(|(field, bit)| (field, bit, false));
    let there = present.iter().filter_map(|field| bit_of(format, *field)).map(|(field, bit)| (field, bit, true));
    let all = bits.chain(there);
    all.fold(Settings::default(), |settings, (field, bit, set)| settings.with_bit(field, bit, set))
}

/// Lowest and highest value and the resolution of a number.
fn extent(tree: &Tree<'_>, node: NodeId) -> (u64, u64, u64) {
    let field = tree.format().field(tree.node(node).field);
    let step = field.step.as_ref().and_then(|(step, _)| step_of(tree, node, step)).unwrap_or(1).max(1);
    let most = field.integer().map_or(u64::MAX, |(width, _)| u64::MAX >> (64 - 8 * u32::from(width.clamp(1, 8))));
    let (low, high) = field.range.map_or((0, most), |(low, high, _)| (low, high));
    (low.next_multiple_of(step), high - high % step, step)
}

fn ordered<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, record: &Record, rule: &Rule, operands: &[Operand]) {
    if !operands.iter().all(is_own) {
        return;
    }
    let format = tree.format();
    let fields: Vec<FieldId> = operands.iter().map(|operand| operand.field).collect();
    let item = item_around(format, record.field);
    for (at, first) in fields.iter().enumerate() {
        for second in &fields[at + 1..] {
            for way in ways(format, *first) {
                let settings = way.and(&only(tree, record, &[*first, *second]));
                let Some((valid, node)) = cases.specimen(tree, item, &settings) else { continue };
                let (Some(a), Some(b)) = (within(&valid, node, *first), within(&valid, node, *second)) else {
                    continue;
                };
                pair(cases, &valid, rule, a, b);
            }
        }
    }
}

/// Two fields of a chain: equal, ascending and descending, by one step, across the edges of
/// smaller numbers, and from end to end.
fn pair<'f>(cases: &mut Cases<'f>, valid: &Tree<'f>, rule: &Rule, a: NodeId, b: NodeId) {
    let (x, y) = (extent(valid, a), extent(valid, b));
    let (low, high, step) = (x.0.max(y.0), x.1.min(y.1), x.2.max(y.2));
    let (low, high) = (low.next_multiple_of(step), high - high % step);
    let mut values = vec![(low, low), (low, low + step), (low, high), (high - step, high), (high, high)];
    for edge in EDGES {
        let (above, below) = (edge.next_multiple_of(step), (edge - 1) - (edge - 1) % step);
        values.extend([(below, above), (above, above + step)]);
    }
    values.retain(|(small, large)| *small >= low && *large <= high && small <= large);
    values.dedup();
    let (name, other) = (valid.path(a), &valid.format().field(valid.node(b).field).name);
    let kept = paths(valid, [a, b]);
    for (small, large) in values {
        let set = |one, two| Edit::set_number(valid, a, one).and(Edit::set_number(valid, b, two));
        let about = |one, two| {
            let words = format!("{name} {one}, {other} {two}, none else");
            About::node(valid, a, CLASS, words)
        };
        cases.accept(valid, &set(small, large), &kept, about(small, large));
        if small < large {
            cases.refuse(valid, &set(large, small), rule.id, &kept, about(large, small));
        }
    }
}

/// Each bounded field alone at the bound and beyond it; and beyond it where the bound does not
/// apply, under every enumerator that decides so.
fn bounded<'f>(
    cases: &mut Cases<'f>,
    tree: &Tree<'f>,
    record: &Record,
    rule: &Rule,
    operands: &[Operand],
    limit: &Operand,
) {
    let format = tree.format();
    let conditions = rule.when.as_ref().map_or_else(|| vec![Settings::default()], satisfying);
    for operand in operands.iter().filter(|operand| is_own(operand) && is_quantity(format, operand.field)) {
        let field = operand.field;
        let Some(owner) = format.field(field).owner else { continue };
        let alone = only(tree, format.record(owner), &[field]);
        let item = item_around(format, field);
        let bound = Bound { rule, record: record.field, field, limit };
        for way in product(&ways(format, field), &conditions) {
            if let Some((valid, node)) = cases.specimen(tree, item, &way.and(&alone)) {
                at_bound(cases, &valid, &bound, node);
            }
        }
        for way in ways(format, field) {
            for (decider, code) in conditions.iter().flat_map(|condition| &condition.numbers) {
                let Shape::Enum { of, .. } = format.field(*decider).shape else { continue };
                let others = format.enums[of].rows.iter().map(|row| row.code).filter(|other| other != code);
                for other in others {
                    let settings = way.clone().and(&alone).with(*decider, other);
                    if let Some((valid, node)) = cases.specimen(tree, item, &settings) {
                        beyond_all(cases, &valid, &bound, node, *decider);
                    }
                }
            }
        }
    }
}

/// One field and what bounds it.
struct Bound<'a> {
    rule: &'a Rule,
    /// The record that the rule is evaluated on.
    record: FieldId,
    field: FieldId,
    limit: &'a Operand,
}

/// Most records whose limit is tried.
const MOST_LIMITS: usize = 6;

/// The records that the limit can be read from: an edit that refers to each, the path of the
/// reference, and the limit.
fn limits<'f>(cases: &mut Cases<'f>, valid: &Tree<'f>, bound: &Bound<'_>, item: NodeId) -> Vec<(Edit, String, u64)> {
    let tables = cases.tables(valid);
    let Some(record) = within(valid, item, bound.record) else { return Vec::new() };
    match bound.limit.steps.as_slice() {
        [PathStep::Follow(field), rest @ ..] => {
            let Some(reference) = valid.child(record, *field) else { return Vec::new() };
            let Some(table) = valid.format().field(*field).refers.as_ref().map(|r| r.table) else { return Vec::new() };
            let path = valid.path(reference);
            let keys = tables.keys(table).take(MOST_LIMITS);
            keys.filter_map(|key| {
                let row = valid.walk(tables.find(table, key)?, rest, Some(&tables))?;
                Some((Edit::set_number(valid, reference, key), path.clone(), valid.number(row)?))
            })
            .collect()
        }
        _ => {
            let limit = valid.locate(record, bound.limit, Some(&tables));
            let found = limit.and_then(|node| Some((Edit::default(), valid.path(node), valid.number(node)?)));
            found.into_iter().collect()
        }
    }
}

fn at_bound<'f>(cases: &mut Cases<'f>, valid: &Tree<'f>, bound: &Bound<'_>, item: NodeId) {
    let Some(node) = within(valid, item, bound.field) else { return };
    let (low, high, step) = extent(valid, node);
    let path = valid.path(node);
    for (refer, reference, limit) in limits(cases, valid, bound, item) {
        let about = |value: u64| About::node(valid, node, BOUND, format!("{value}, limit {limit}, none else"));
        let kept = [path.clone(), reference];
        let mut above = vec![limit + step, high];
        above.extend(EDGES.iter().map(|edge| limit + edge.next_multiple_of(step)));
        above.extend([limit + (step << 16), limit * 2, limit * 10]);
        above.retain(|value| (low..=high).contains(value) && value % step == 0 && *value > limit);
        above.dedup();
        for value in above {
            let edit = refer.clone().and(Edit::set_number(valid, node, value));
            cases.refuse(valid, &edit, bound.rule.id, &kept, about(value));
        }
        for value in [low, limit] {
            if (low..=high).contains(&value) && value % step == 0 {
                let edit = refer.clone().and(Edit::set_number(valid, node, value));
                cases.accept(valid, &edit, &kept, about(value));
            }
        }
    }
}

/// A value beyond every limit, where none applies.
fn beyond_all<'f>(cases: &mut Cases<'f>, valid: &Tree<'f>, bound: &Bound<'_>, item: NodeId, decider: FieldId) {
    let (Some(node), Some(by)) = (within(valid, item, bound.field), within(valid, item, decider)) else { return };
    let (_, high, step) = extent(valid, node);
    let kept = paths(valid, [node, by]);
    let least = limits(cases, valid, bound, item).into_iter().min_by_key(|(.., limit)| *limit);
    let Some((refer, reference, limit)) = least else { return };
    let value = (limit + step).next_multiple_of(step);
    for value in [value, high] {
        let edit = refer.clone().and(Edit::set_number(valid, node, value));
        let words = format!("{value}, which no limit of {limit} bounds");
        let mut kept = kept.clone();
        kept.push(reference.clone());
        if value <= high && !cases.accept(valid, &edit, &kept, About::node(valid, node, BOUND, words.clone())) {
            let edit = Edit::set_number(valid, node, value);
            cases.accept(valid, &edit, &kept[..2], About::node(valid, node, BOUND, words));
        }
    }
}
