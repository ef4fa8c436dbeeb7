//! Numbers where fewer bytes than the field has would wrap, identifiers close to refused ones,
//! and each bit of each check.

use super::assemble::{bit_of, item_around, list_of, ways, within};
use super::{About, Cases};
use crate::format::{FieldId, RelationKind, Shape};
use crate::rules::step_of;
use crate::tree::{Edit, NodeId, Tree};

const EDGE: &str = "byte-edge";
const NEARLY: &str = "nearly-refused";
const CHECK: &str = "check-bit";

/// All of them.
pub(super) fn numbers<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    let format = tree.format();
    for field in format.leaves() {
        match (&field.shape, &field.relation) {
            (Shape::Uint { .. }, None) if field.refers.is_none() => edges(cases, tree, field.id),
            (Shape::Bytes(_), None) if !field.refused.is_empty() => nearly(cases, tree, field.id),
            (_, Some(relation)) if matches!(relation.kind, RelationKind::Check { .. }) => {
                check_bits(cases, tree, field.id);
            }
            _ => {}
        }
    }
}

fn first(tree: &Tree<'_>, field: FieldId) -> Option<NodeId> {
    within(tree, 0, field)
}

/// Values on both sides of the ranges of one, two and three bytes, and of signed ones.
fn edges<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, field: FieldId) {
    let format = tree.format();
    let Some((low, high, _)) = format.field(field).range else { return };
    let item = item_around(format, field);
    for way in ways(format, field) {
        let way = bit_of(format, field).map_or(way.clone(), |(bits, bit)| way.with_bit(bits, bit, true));
        let found = match list_of(format, item) {
            Some(_) => cases.specimen(tree, item, &way),
            None => Some((tree.clone(), 0)),
        };
        let Some((valid, record)) = found else { continue };
        let Some(node) = within(&valid, record, field) else { continue };
        let step = format.field(field).step.as_ref().and_then(|(step, _)| step_of(&valid, node, step)).unwrap_or(1);
        let mut values: Vec<u64> = Vec::new();
        for power in [7, 8, 15, 16, 23, 24, 31] {
            let edge = 1u64 << power;
            values.extend([edge.next_multiple_of(step), edge.next_multiple_of(step) + step]);
            values.extend([(edge - 1) - (edge - 1) % step]);
        }
        // Multiples of the range of two bytes, and a number of which every byte is another.
        values.extend([0x0201, 0x0102, 0x0003_0201, 0x0102_0304].map(|value: u64| value.next_multiple_of(step)));
        values.extend([step << 8, step << 16]);
        values.retain(|value| (low..=high).contains(value));
        values.sort_unstable();
        values.dedup();
        let path = valid.path(node);
        for value in values {
            let about = About::node(&valid, node, EDGE, value.to_string());
            cases.accept(&valid, &Edit::set_number(&valid, node, value), std::slice::from_ref(&path), about);
        }
    }
}

/// Values that differ from a refused one in one byte, or in half of them.
fn nearly<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, field: FieldId) {
    let Some(node) = first(tree, field) else { return };
    for refused in &tree.format().field(field).refused {
        let mut push = |label: String, bytes: Vec<u8>| {
            let path = tree.path(node);
            let about = About::node(tree, node, NEARLY, label);
            cases.accept(tree, &Edit::set(tree, node, bytes), &[path], about);
        };
        for at in 0..refused.len() {
            for change in [0x01, 0x80, 0xFF] {
                let mut bytes = refused.clone();
                bytes[at] ^= change;
                push(format!("{:02X} but for byte {at}", refused[at]), bytes);
            }
        }
        let half = refused.len() / 2;
        for (label, range) in [("first", 0..half), ("second", half..refused.len())] {
            let mut bytes = refused.clone();
            bytes[range].iter_mut().for_each(|byte| *byte ^= 0xFF);
            push(format!("the {label} half turned"), bytes);
        }
    }
}

/// Each bit of a check turned, everything else repaired.
fn check_bits<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, field: FieldId) {
    let Some(node) = first(tree, field) else { return };
    let Some(relation) = tree.relation(node) else { return };
    let path = tree.path(node);
    for bit in 0..8 * tree.span(node).len() {
        let mut bytes = tree.span(node).to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let about = About::node(tree, node, CHECK, format!("bit {} of byte {}", bit % 8, bit / 8));
        cases.refuse(tree, &Edit::set(tree, node, bytes), relation.rule, std::slice::from_ref(&path), about);
    }
    for (label, value) in [("zero", 0x00), ("all ones", 0xFF)] {
        let bytes = vec![value; tree.span(node).len()];
        let about = About::node(tree, node, CHECK, label);
        cases.refuse(tree, &Edit::set(tree, node, bytes), relation.rule, std::slice::from_ref(&path), about);
    }
}
