//! Escape sequences in texts.

use super::{NodeId, Tree};
use crate::format::{Escapes, Operand};
use crate::hex;

impl Escapes {
    /// The byte that a field states, as seen from a record.
    fn byte(tree: &Tree<'_>, record: NodeId, operand: &Operand) -> Option<u8> {
        let node = tree.locate(record, operand, None)?;
        tree.span(node).first().copied()
    }

    /// Whether a delimiter stands in a text of a record without being escaped.
    pub(crate) fn stands_for_itself(&self, tree: &Tree<'_>, record: NodeId, raw: &[u8]) -> bool {
        let around = Self::byte(tree, record, &self.around);
        let delimiters = self.letters.iter().filter_map(|(_, operand)| Self::byte(tree, record, operand));
        delimiters.filter(|delimiter| Some(*delimiter) != around).any(|delimiter| raw.contains(&delimiter))
    }

    /// A text of a record with each sequence undone once, from left to right; none: one of them is
    /// no sequence.
    pub(crate) fn undo(&self, tree: &Tree<'_>, record: NodeId, raw: &[u8]) -> Option<Vec<u8>> {
        let around = Self::byte(tree, record, &self.around)?;
        let mut parts = raw.split(|byte| *byte == around);
        let mut content = parts.next()?.to_vec();
        while let Some(sequence) = parts.next() {
            match sequence {
                [letter] if self.hex != Some(*letter) => {
                    let (_, stands_for) = self.letters.iter().find(|(known, _)| known == letter)?;
                    content.push(Self::byte(tree, record, stands_for)?);
                }
                [letter, digits @ ..] if self.hex == Some(*letter) && !digits.is_empty() => {
                    let bytes = hex::read(std::str::from_utf8(digits).ok()?)?;
                    if !bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
                        return None;
                    }
                    content.extend(bytes);
                }
                _ => return None,
            }
            // What follows the end of the sequence; without an end it is none.
            content.extend_from_slice(parts.next()?);
        }
        Some(content)
    }
}
