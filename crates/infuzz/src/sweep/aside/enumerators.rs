//! Every enumerator of every enumerated field: a valid record with it, the resolution that it
//! gives to others, and each rule broken under it.

use super::assemble::{Settings, bit_of, item_around, list_of, product, ways, within};
use super::{About, Cases, Refused, paths};
use crate::format::{FieldId, Format, RuleKind, Shape, Step};
use crate::rules::{candidates, participants, step_of};
use crate::sweep::plan::deciding;
use crate::tree::{Edit, NodeId, Tables, Tree};

const CLASS: &str = "per-enumerator";

/// All of them.
pub(super) fn enumerators<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    let format = tree.format();
    for field in format.leaves() {
        let Shape::Enum { of, .. } = field.shape else { continue };
        let item = item_around(format, field.id);
        if list_of(format, item).is_none() {
            continue;
        }
        let scaled = scaled_by(format, field.id);
        for way in product(&ways(format, field.id), &kinds(format, item)) {
            for row in &format.enums[of].rows {
                if way.numbers.iter().any(|(known, code)| *known == field.id && *code != row.code) {
                    continue;
                }
                let settings = scaled
                    .iter()
                    .filter_map(|scaled| bit_of(format, *scaled))
                    .fold(way.clone().with(field.id, row.code), |all, (bits, bit)| all.with_bit(bits, bit, true));
                let plain = Settings { bits: way.bits.clone(), ..settings.clone() };
                let found = cases.specimen(tree, item, &settings).or_else(|| cases.specimen(tree, item, &plain));
                let Some((valid, node)) = found else { continue };
                let Some(own) = within(&valid, node, field.id) else { continue };
                cases.push(About::node(&valid, own, CLASS, row.name.clone()), valid.encode().to_vec());
                let under = Under { tree: &valid, item: node, own, name: &row.name };
                under.resolutions(cases, &scaled);
                under.rules(cases);
            }
        }
    }
}

/// The kinds of record: what fields hold that decide which others are there.
pub(super) fn kinds(format: &Format, item: FieldId) -> Vec<Settings> {
    let Some(record) = format.record_of(item) else { return vec![Settings::default()] };
    let mut kinds = vec![Settings::default()];
    for field in deciding(format).into_iter().filter(|field| record.fields.contains(field)) {
        let Shape::Enum { of, .. } = format.field(field).shape else { continue };
        let codes = format.enums[of].rows.iter().map(|row| Settings::default().with(field, row.code));
        kinds = product(&kinds, &codes.collect::<Vec<_>>());
    }
    kinds
}

/// The fields whose resolution is an attribute of this one.
fn scaled_by(format: &Format, field: FieldId) -> Vec<FieldId> {
    let by = |step: &Step| matches!(step, Step::By(operand) if operand.field == field);
    format.fields.iter().filter(|f| f.step.as_ref().is_some_and(|(step, _)| by(step))).map(|f| f.id).collect()
}

/// A valid library with one enumerator.
struct Under<'a, 'f> {
    tree: &'a Tree<'f>,
    item: NodeId,
    own: NodeId,
    name: &'a str,
}

impl<'f> Under<'_, 'f> {
    /// Each number that the enumerator scales: one step, the largest, and off the resolution.
    fn resolutions(&self, cases: &mut Cases<'f>, scaled: &[FieldId]) {
        let tree = self.tree;
        for node in scaled.iter().filter_map(|field| within(tree, self.item, *field)) {
            let field = tree.format().field(tree.node(node).field);
            let (Some((step, rule)), Some((low, high, _))) = (&field.step, field.range) else { continue };
            let Some(step) = step_of(tree, node, step) else { continue };
            let kept = paths(tree, [node, self.own]);
            let about = |value: u64| About::node(tree, node, CLASS, format!("{value} in {}", self.name));
            let first = low.next_multiple_of(step);
            for value in [first, first + step, 3 * step, high - high % step] {
                if (low..=high).contains(&value) {
                    cases.accept(tree, &Edit::set_number(tree, node, value), &kept, about(value));
                }
            }
            let now = tree.number(node).unwrap_or(0);
            let base = if now > first { now - now % step } else { first + 9 * step };
            for off in [1, step / 10, step / 2, step - 1] {
                let value = base + off;
                if (low..=high).contains(&value) && value % step != 0 {
                    cases.refuse(tree, &Edit::set_number(tree, node, value), *rule, &kept, about(value));
                }
            }
        }
    }

    /// Each rule that holds here, broken by each other field that takes part in it: in every way
    /// if the enumerated field takes part too, otherwise in one.
    fn rules(&self, cases: &mut Cases<'f>) {
        let (tree, format) = (self.tree, self.tree.format());
        let tables = cases.tables(tree);
        for record in &format.records {
            let Some(node) = within(tree, self.item, record.field) else { continue };
            for rule in &record.rules {
                if matches!(rule.kind, RuleKind::Unique { .. } | RuleKind::Ascending { .. })
                    || rule.when.as_ref().is_some_and(|when| !tree.holds(node, when, Some(&tables)))
                {
                    continue;
                }
                let mut nodes = participants(tree, &tables, node, rule);
                nodes.sort_unstable();
                nodes.dedup();
                let is_about = nodes.contains(&self.own);
                for other in nodes.iter().copied().filter(|other| *other != self.own) {
                    if self.broken_by(cases, &tables, rule.id, other, &nodes, is_about) && !is_about {
                        break;
                    }
                }
            }
        }
    }

    /// Breaks a rule by one of its fields; whether it alone could be broken.
    fn broken_by(
        &self,
        cases: &mut Cases<'f>,
        tables: &Tables,
        rule: crate::format::RuleId,
        other: NodeId,
        nodes: &[NodeId],
        every: bool,
    ) -> bool {
        let tree = self.tree;
        let enumerated = matches!(tree.format().field(tree.node(other).field).shape, Shape::Enum { .. });
        let kept = paths(tree, [other, self.own]);
        let mut found = false;
        for (label, edit) in candidates(tree, tables, other, nodes) {
            let words = format!("{}: {} {label} under {}", tree.format().rule(rule), tree.path(other), self.name);
            let about = About::node(tree, self.own, CLASS, words);
            match cases.refuse(tree, &edit, rule, &kept, about.clone()) {
                Refused::Not if every && enumerated => {
                    cases.accept(tree, &edit, &kept, about);
                }
                Refused::Not | Refused::WithOthers => {}
                Refused::Alone => found = true,
            }
            if found && !every {
                break;
            }
        }
        found
    }
}
