//! Keys of several fields: a second record that differs from the first in one field only. And
//! keys that references name: large ones, and ones that are another's once bits are lost.

use super::assemble::{Settings, assemble, fresh, item_around, ways, within};
use super::enumerators::kinds;
use super::{About, Cases, product};
use crate::format::{FieldId, Operand, Reference, Rule, RuleKind, Shape};
use crate::rules::step_of;
use crate::tree::{Edit, NodeId, Tables, Tree};

const TWIN: &str = "twin-record";
const FAR: &str = "far-key";

/// All of them.
pub(super) fn keys<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    let format = tree.format();
    for rule in format.records.iter().flat_map(|record| &record.rules) {
        if let RuleKind::Unique { table, key, .. } = &rule.kind
            && key.len() > 1
            && let Shape::List { item, .. } = format.field(*table).shape
        {
            for kind in kinds(format, item) {
                if let Some((valid, node)) = cases.specimen(tree, item, &kind) {
                    twins(cases, &valid, rule, key, node);
                }
            }
        }
    }
    for field in format.leaves() {
        if let Some(reference) = &field.refers {
            let item = item_around(format, field.id);
            for way in product(&ways(format, field.id), &kinds(format, item)) {
                if let Some((valid, node)) = cases.specimen(tree, item, &way) {
                    references(cases, &valid, reference, field.id, node);
                }
            }
        }
    }
}

/// A copy of a record, the same and with each of its fields changed in turn, behind it and at
/// the other end of the list.
fn twins<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, rule: &Rule, key: &[Operand], item: NodeId) {
    let format = tree.format();
    let list = tree.node(item).parent;
    let count = tree.children(list).count();
    let here = tree.node(item).index as usize;
    let tables = cases.tables(tree);
    let parts: Vec<FieldId> = key.iter().map(|operand| operand.field).collect();
    let mut copies: Vec<(Option<NodeId>, Settings)> = vec![(None, Settings::default())];
    for node in (item + 1..tree.node(item).next).filter(|node| tree.node(*node).next == node + 1) {
        let values = others(tree, &tables, node);
        copies.extend(values.into_iter().map(|value| {
            let settings = Settings::default().with(tree.node(node).field, value);
            (Some(node), settings)
        }));
    }
    for (changed, settings) in copies {
        let copy = assemble(tree, Some(item), tree.node(item).field, &settings);
        let name = changed.map_or_else(|| "nothing".to_string(), |node| tree.path(node));
        let in_key = changed.is_some_and(|node| parts.contains(&tree.node(node).field));
        for at in [here + 1, count, 0] {
            let edit = Edit::insert(tree, list, at, copy.clone(), 1);
            let after = Tree::decode(format, &tree.apply(&edit, crate::tree::Repair::Affected));
            let of = |path: &str, field: FieldId| {
                after.find(path).and_then(|row| within(&after, row, field)).map(|node| after.path(node))
            };
            let list_path = tree.path(list);
            let first = if at <= here { here + 1 } else { here };
            let rows = [format!("{list_path}[{at}]"), format!("{list_path}[{first}]")];
            let fields = parts.iter().copied().chain(changed.map(|node| tree.node(node).field));
            let kept: Vec<String> =
                fields.flat_map(|field| rows.iter().filter_map(move |row| of(row, field))).collect();
            let value = settings.numbers.first().map_or(0, |(_, value)| *value);
            let about = About::node(tree, item, TWIN, format!("at {at}, changed: {name} = {value}"));
            if in_key {
                if !cases.accept(tree, &edit, &kept, about.clone()) {
                    let changed: Vec<String> =
                        changed.iter().filter_map(|node| of(&rows[0], tree.node(*node).field)).collect();
                    cases.accept(tree, &edit, &changed, about);
                }
            } else {
                cases.refuse(tree, &edit, rule.id, &kept, about);
            }
        }
    }
}

/// Most other values of one field.
const MOST_VALUES: usize = 12;

/// Other legal values of a field that decides nothing.
fn others(tree: &Tree<'_>, tables: &Tables, node: NodeId) -> Vec<u64> {
    let format = tree.format();
    let field = format.field(tree.node(node).field);
    let Some(now) = tree.number(node).filter(|_| field.relation.is_none()) else { return Vec::new() };
    let mut values: Vec<u64> = match (&field.shape, &field.refers) {
        (_, Some(reference)) => reference.none.into_iter().chain(tables.keys(reference.table)).collect(),
        (Shape::Enum { of, .. }, None) if !crate::sweep::plan::deciding(format).contains(&field.id) => {
            format.enums[*of].rows.iter().map(|row| row.code).collect()
        }
        (Shape::Uint { .. }, None) => {
            let step = field.step.as_ref().and_then(|(step, _)| step_of(tree, node, step)).unwrap_or(1);
            let (low, high) = field.range.map_or((0, u64::MAX), |(low, high, _)| (low, high));
            let near = [now.saturating_add(step), now.saturating_sub(step)];
            near.into_iter().filter(|value| (low..=high).contains(value)).take(1).collect()
        }
        _ => Vec::new(),
    };
    values.retain(|value| *value != now);
    values.truncate(MOST_VALUES.max(match field.shape {
        Shape::Enum { .. } => 64,
        _ => 0,
    }));
    values
}

/// Keys beyond those of one byte, and beyond those of fifteen bits.
const FAR_KEYS: [u64; 7] = [255, 256, 257, 0x7FFF, 0x8000, 0x8001, 0xFFFF];

/// A reference to a record with a large key, and to keys that no record has but one whose key
/// is the same in the lower bits, or with the bytes in another order.
fn references<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, reference: &Reference, field: FieldId, item: NodeId) {
    let format = tree.format();
    let Some(node) = within(tree, item, field) else { return };
    let (path, tables) = (tree.path(node), cases.tables(tree));
    let keys: Vec<u64> = tables.keys(reference.table).collect();
    let width = format.field(field).integer().map_or(2, |(width, _)| u32::from(width));
    let most = u64::MAX >> (64 - 8 * width.clamp(1, 8));
    let now = tree.number(node).unwrap_or(0);
    let mut dangling: Vec<u64> = [now, keys.first().copied().unwrap_or(1), keys.last().copied().unwrap_or(1)]
        .into_iter()
        .flat_map(|key| [key | 0x100, key | 0x200, key | 0x8000, key << 8, key + 0x80, key + 1])
        .chain([most, most - 1])
        .filter(|key| *key <= most && !keys.contains(key) && reference.none != Some(*key))
        .collect();
    dangling.sort_unstable();
    dangling.dedup();
    for key in dangling {
        let about = About::node(tree, node, FAR, format!("{key}, which no record has"));
        cases.refuse(tree, &Edit::set_number(tree, node, key), reference.rule, std::slice::from_ref(&path), about);
    }
    let list = tree.lists().iter().copied().find(|list| tree.node(*list).field == reference.table);
    let Some((list, last)) = list.and_then(|list| Some((list, tree.children(list).last()?))) else { return };
    let count = tree.children(list).count();
    for key in FAR_KEYS.into_iter().filter(|key| *key <= most && keys.last().is_some_and(|last| key > last)) {
        let row = fresh(tree, list, last, &Settings::default().with(reference.key, key), 0);
        let edit = Edit::insert(tree, list, count, row, 1).and(Edit::set_number(tree, node, key));
        let name = &format.field(reference.key).name;
        let kept = [path.clone(), format!("{}[{count}].{name}", tree.path(list))];
        cases.accept(tree, &edit, &kept, About::node(tree, node, FAR, key.to_string()));
    }
}
