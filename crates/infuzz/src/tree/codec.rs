//! The whole-message codecs: what happens to the bytes before they are decoded.

use super::{Problem, Tree};
use crate::format::Codec;

/// Undoes the whole-message codecs. A message that would not come out the same again is not of
/// the codec's form; it is kept as it is, and the rule is noted.
pub(super) fn undo(tree: &mut Tree<'_>, wire: &[u8]) {
    tree.opaque = false;
    if tree.format.codecs.is_empty() {
        tree.bytes.extend_from_slice(wire);
        return;
    }
    let mut plain = wire.to_vec();
    let mut broken = None;
    for codec in &tree.format.codecs {
        let Codec::Substitute(table, rule) = codec;
        let decoded = unsubstitute(table, &plain);
        if substitute(table, &decoded) == plain {
            plain = decoded;
        } else {
            broken = Some(*rule);
            break;
        }
    }
    if let Some(rule) = broken {
        tree.problems.push(Problem { rule, node: 0 });
        tree.opaque = true;
        plain = wire.to_vec();
    }
    if plain != wire {
        tree.wire = Some(wire.to_vec());
    }
    tree.bytes = plain;
}

/// Applies the codecs to edited bytes.
pub(super) fn redo(tree: &Tree<'_>, plain: Vec<u8>) -> Vec<u8> {
    if tree.opaque {
        return plain;
    }
    tree.format.codecs.iter().rev().fold(plain, |bytes, Codec::Substitute(table, _)| substitute(table, &bytes))
}

fn substitute(table: &[(u8, Vec<u8>)], plain: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(plain.len());
    for &byte in plain {
        match table.iter().find(|(from, _)| *from == byte) {
            Some((_, to)) => wire.extend_from_slice(to),
            None => wire.push(byte),
        }
    }
    wire
}

fn unsubstitute(table: &[(u8, Vec<u8>)], wire: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(wire.len());
    let mut at = 0;
    while at < wire.len() {
        match table.iter().find(|(_, to)| wire[at..].starts_with(to)) {
            Some((from, to)) => {
                plain.push(*from);
                at += to.len();
            }
            None => {
                plain.push(wire[at]);
                at += 1;
            }
        }
    }
    plain
}
