//! What a codec of the whole message does not make, and texts that only look like it.

use super::{About, Cases};
use crate::compose::encode_text;
use crate::format::{Codec, Shape, TextShape};
use crate::tree::{Edit, NodeId, Repair, Tree};

const CLASS: &str = "codec";

/// Texts that are tried for one field.
const MOST_FIELDS: usize = 6;

/// All of them.
pub(super) fn codecs<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    let format = tree.format();
    for Codec::Substitute(table, _) in &format.codecs {
        let mut fields = Vec::new();
        for (id, node) in (0..).zip(tree.nodes()) {
            if let Shape::Text(text) = &format.field(node.field).shape
                && !fields.contains(&node.field)
                && fields.len() < MOST_FIELDS
            {
                fields.push(node.field);
                look_alikes(cases, tree, id, text, table);
                malformed(cases, tree, id, text, table);
            }
        }
        let about = About { field: None, path: "file".into(), class: CLASS, label: "left out".into() };
        cases.push(about, tree.bytes().to_vec());
    }
}

/// Bytes that are substituted, and for each what travels.
type Table = [(u8, Vec<u8>)];

/// The input with a text of this content, if it is valid.
fn with<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, node: NodeId, text: &TextShape, content: &[u8]) -> Option<Vec<u8>> {
    let edit = Edit::set(tree, node, encode_text(text, content)?);
    let wire = tree.apply(&edit, Repair::Affected);
    cases.broken(tree, &wire).is_empty().then_some(wire)
}

/// Texts that look like what travels, one after another and mixed: undone in several passes, or
/// from the other end, they are others.
fn look_alikes<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, node: NodeId, text: &TextShape, table: &Table) {
    let mut contents: Vec<Vec<u8>> = Vec::new();
    for (plain, wire) in table {
        contents.extend([vec![*plain], wire.clone(), [&[*plain][..], wire].concat(), [wire, &[*plain][..]].concat()]);
        contents.extend([wire.repeat(2), wire.iter().rev().copied().collect(), vec![*plain; 4]]);
        contents.extend(table.iter().map(|(_, other)| [wire.clone(), other.clone()].concat()));
    }
    for content in contents {
        if let Some(bytes) = with(cases, tree, node, text, &content) {
            let label = format!("{:?} as it is", String::from_utf8_lossy(&content));
            cases.push(About::node(tree, node, CLASS, label), bytes);
        }
    }
}

/// Each byte that is substituted as something else that a lenient reader might take for it.
fn malformed<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, node: NodeId, text: &TextShape, table: &Table) {
    for (plain, wire) in table {
        let Some(bytes) = with(cases, tree, node, text, &[b'1', *plain, b'1']) else { continue };
        let after = Tree::decode(tree.format(), &bytes);
        let Some(place) = after.find(&tree.path(node)).map(|node| after.wire_offset(node)) else { continue };
        let Some(found) = bytes.get(place..).and_then(|rest| rest.windows(wire.len()).position(|w| w == wire)) else {
            continue;
        };
        let at = place + found;
        let mut others: Vec<Vec<u8>> = vec![vec![*plain], Vec::new()];
        others.extend(wire.iter().map(|byte| vec![*byte]));
        others.push(wire.iter().rev().copied().collect());
        others.push(wire.iter().map(|byte| byte ^ 0x20).collect());
        for (index, (_, other)) in (0..wire.len()).flat_map(|index| table.iter().map(move |row| (index, row))) {
            let mut mixed = wire.clone();
            if let (Some(target), Some(byte)) = (mixed.get_mut(index), other.get(index)) {
                *target = *byte;
            }
            others.push(mixed);
        }
        for (index, _) in wire.iter().enumerate() {
            let mut changed = wire.clone();
            changed[index] ^= 0x20;
            others.push(changed);
        }
        for other in others {
            let changed = [&bytes[..at], &other, &bytes[at + wire.len()..]].concat();
            if !cases.broken(tree, &changed).is_empty() {
                let label = format!("{:?} for {:?}", String::from_utf8_lossy(&other), char::from(*plain));
                cases.push(About::node(tree, node, CLASS, label), changed);
            }
        }
    }
}
