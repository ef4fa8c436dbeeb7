//! Rules along a whole table: unique and ascending keys.

use super::{Cause, Found, Violation};
use crate::format::shortcut::KindCheck;
use crate::format::{FieldId, Operand, Rule, RuleKind, Value};
use crate::tree::{NodeId, Tables, Tree};

/// Most parts of a unique key; the description loader allows no more in practice.
const MAX_KEY: usize = 8;

/// Scratch space for comparing keys.
#[derive(Default, Debug, Clone)]
pub(super) struct Keys {
    rows: Vec<([u64; MAX_KEY], NodeId)>,
    /// Digests of the keys met so far, each at the place it names or the next free one; 0: free.
    met: Vec<u64>,
}

impl Keys {
    /// Whether a rule along a table certainly holds.
    pub(super) fn hold(&mut self, tree: &Tree<'_>, kind: &KindCheck) -> bool {
        match kind {
            KindCheck::Ascending(table, key) => lists(tree, *table).all(|list| {
                let keys = tree.children(list).filter_map(|row| tree.number(tree.child(row, *key)?));
                keys.is_sorted_by(|before, after| before < after)
            }),
            KindCheck::Unique(table, key, fold) => {
                let rows: usize = lists(tree, *table).map(|list| tree.children(list).count()).sum();
                self.met.clear();
                self.met.resize((2 * rows).next_power_of_two(), 0);
                for list in lists(tree, *table) {
                    for row in tree.children(list) {
                        if let Some(digest) = digest_of(tree, row, key, *fold)
                            && !is_new(&mut self.met, digest)
                        {
                            return false;
                        }
                    }
                }
                true
            }
            _ => false,
        }
    }

    pub(super) fn check(
        &mut self,
        tree: &Tree<'_>,
        tables: &Tables,
        record: NodeId,
        index: usize,
        rule: &Rule,
        found: &mut Found<'_>,
    ) -> bool {
        let cause = Cause::Record(record, index);
        match &rule.kind {
            RuleKind::Ascending { table, key } => {
                for list in lists(tree, *table) {
                    let mut last: Option<(NodeId, u64)> = None;
                    for row in tree.children(list) {
                        let Some((node, value)) = super::record::read(tree, tables, row, key) else { continue };
                        if let Some((before, previous)) = last
                            && previous >= value
                            && !found(Violation { rule: rule.id, node, involved: vec![before, node], cause })
                        {
                            return false;
                        }
                        last = Some((node, value));
                    }
                }
                true
            }
            RuleKind::Unique { table, key, fold } => {
                self.rows.clear();
                for list in lists(tree, *table) {
                    for row in tree.children(list) {
                        if let Some(parts) = key_of(tree, row, key, *fold) {
                            self.rows.push((parts, row));
                        }
                    }
                }
                self.rows.sort_unstable();
                for pair in 1..self.rows.len() {
                    let ((a, first), (b, second)) = (self.rows[pair - 1], self.rows[pair]);
                    if a != b || !same(tree, first, second, key, *fold) {
                        continue;
                    }
                    let nodes = |row: NodeId| key.iter().filter_map(move |o| tree.locate(row, o, None));
                    let involved: Vec<NodeId> = nodes(first).chain(nodes(second)).chain([first, second]).collect();
                    let Some(node) = nodes(second).next() else { continue };
                    if !found(Violation { rule: rule.id, node, involved, cause }) {
                        return false;
                    }
                }
                true
            }
            _ => true,
        }
    }
}

/// Every list node of a table.
pub(super) fn lists<'t>(tree: &'t Tree<'_>, table: FieldId) -> impl Iterator<Item = NodeId> + 't {
    tree.lists().iter().copied().filter(move |list| tree.node(*list).field == table)
}

/// Enters a digest; false: it was there.
fn is_new(met: &mut [u64], digest: u64) -> bool {
    let digest = digest | 1;
    let mask = met.len() - 1;
    let mut at = (digest >> 32) as usize & mask;
    while met[at] != 0 {
        if met[at] == digest {
            return false;
        }
        at = (at + 1) & mask;
    }
    met[at] = digest;
    true
}

/// A digest of a record's key: the same for the same key.
fn digest_of(tree: &Tree<'_>, row: NodeId, key: &[FieldId], fold: bool) -> Option<u64> {
    let mut digest = 0;
    for field in key {
        let node = tree.child(row, *field)?;
        if tree.node(node).short {
            return None;
        }
        if tree.format().quick(*field).width > 0 {
            digest = mixed(digest, tree.number(node)?);
            continue;
        }
        let text = tree.text(node);
        if !text.is_ascii() {
            let folded: String = folded(text, fold)?.collect();
            digest = digest_text(digest, folded.as_bytes(), false);
        } else if fold {
            digest = digest_text(digest, trimmed(text), true);
        } else {
            digest = digest_text(digest, text, false);
        }
    }
    Some(digest)
}

/// Without spaces at its ends.
fn trimmed(text: &[u8]) -> &[u8] {
    let from = text.iter().position(|byte| *byte != b' ').unwrap_or(text.len());
    let to = text.iter().rposition(|byte| *byte != b' ').map_or(from, |last| last + 1);
    &text[from..to]
}

/// A digest of ASCII characters, in lower case if `fold`, or of any bytes.
fn digest_text(digest: u64, text: &[u8], fold: bool) -> u64 {
    let lower = |part: u64| {
        if !fold {
            return part;
        }
        // In each byte: bit 7 is set by the first sum from `A` on, by the second after `Z`.
        let letters = (part + 0x3F3F_3F3F_3F3F_3F3F) & !(part + 0x2525_2525_2525_2525) & 0x8080_8080_8080_8080;
        part | letters >> 2
    };
    let (parts, rest) = text.as_chunks::<8>();
    let digest = parts.iter().fold(digest, |digest, part| mixed(digest, lower(u64::from_le_bytes(*part))));
    let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
    mixed(digest, lower(last) ^ (text.len() as u64) << 56)
}

fn mixed(digest: u64, part: u64) -> u64 {
    let product = (digest.rotate_left(29) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// A record's key: numbers, and hashes of texts.
fn key_of(tree: &Tree<'_>, row: NodeId, key: &[Operand], fold: bool) -> Option<[u64; MAX_KEY]> {
    let mut parts = [0; MAX_KEY];
    for (part, operand) in parts.iter_mut().zip(key) {
        let node = tree.locate(row, operand, None)?;
        if tree.node(node).short {
            return None;
        }
        *part = match tree.value_of(row, operand, None) {
            Some(Value::Number(number)) => number,
            Some(Value::Symbol(symbol)) => u64::from(symbol),
            None => {
                let mut hash = 0xcbf2_9ce4_8422_2325u64;
                for c in folded(tree.text(node), fold)? {
                    hash = (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3);
                }
                hash
            }
        };
    }
    Some(parts)
}

/// Equal hashes are not equal texts.
fn same(tree: &Tree<'_>, first: NodeId, second: NodeId, key: &[Operand], fold: bool) -> bool {
    key.iter().all(|operand| {
        let [Some(a), Some(b)] = [first, second].map(|row| tree.locate(row, operand, None)) else { return false };
        match (tree.number(a), tree.number(b)) {
            (Some(a), Some(b)) => a == b,
            _ => match (folded(tree.text(a), fold), folded(tree.text(b), fold)) {
                (Some(a), Some(b)) => a.eq(b),
                _ => false,
            },
        }
    })
}

/// The characters that count: trimmed and in lower case, if `fold`. None: not UTF-8.
fn folded(bytes: &[u8], fold: bool) -> Option<impl Iterator<Item = char>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = if fold { text.trim_matches(' ') } else { text };
    Some(text.chars().flat_map(move |c| if fold { Either::Lower(c.to_lowercase()) } else { Either::Same(Some(c)) }))
}

enum Either {
    Lower(std::char::ToLowercase),
    Same(Option<char>),
}

impl Iterator for Either {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Either::Lower(chars) => chars.next(),
            Either::Same(c) => c.take(),
        }
    }
}
