//! Sizes, counts, offsets and checks: what their value must be.

use super::{NodeId, Tree};
use crate::format::number::format_scaled;
use crate::format::{Algorithm, Relation, RelationKind, Shape, Span};
use std::ops::Range;

static CRC32: crc::Crc<u32, crc::Table<16>> = crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);

/// A check value over bytes.
pub fn compute_check(algorithm: Algorithm, bytes: &[u8]) -> u64 {
    match algorithm {
        Algorithm::Crc32 => u64::from(CRC32.checksum(bytes)),
        Algorithm::Sum8 => bytes.iter().fold(0u64, |sum, byte| (sum + u64::from(*byte)) & 0xFF),
    }
}

impl Tree<'_> {
    /// The relation a node states.
    pub fn relation(&self, node: NodeId) -> Option<&Relation> {
        let node = self.node(node);
        self.format.field(node.field).relation.as_ref().filter(|_| !node.blank)
    }

    /// The node a relation is about: what is measured, counted, located or covered.
    pub fn relation_target(&self, node: NodeId) -> Option<NodeId> {
        let context = self.enclosing_record(node);
        match &self.relation(node)?.kind {
            RelationKind::SizeOf(operand) | RelationKind::CountOf(operand) | RelationKind::OffsetOf(operand) => {
                self.locate(context, operand, None)
            }
            RelationKind::CountWhere { list, .. } => self.locate(context, list, None),
            RelationKind::Index => Some(node),
            RelationKind::Check { over: Span::Field(operand), .. } => self.locate(context, operand, None),
            RelationKind::Check { over: Span::Before, .. } => Some(context),
        }
    }

    /// The bytes a check covers.
    pub fn covered(&self, node: NodeId) -> Option<Range<u32>> {
        self.covered_in(node, self.relation_target(node)?)
    }

    /// The same, given what the check is about.
    pub(super) fn covered_in(&self, node: NodeId, target: NodeId) -> Option<Range<u32>> {
        let at = self.node(target);
        match &self.relation(node)?.kind {
            RelationKind::Check { over: Span::Before, .. } => Some(at.start..self.node(node).start),
            RelationKind::Check { over: Span::Field(_), .. } => Some(at.start..at.end),
            _ => None,
        }
    }

    /// What a relation's field must hold.
    pub fn expected(&self, node: NodeId) -> Option<u64> {
        let relation = self.relation(node)?;
        let target = self.relation_target(node)?;
        Some(match &relation.kind {
            RelationKind::SizeOf(_) => u64::from(self.node(target).end - self.node(target).start),
            RelationKind::CountOf(_) => self.used(target).count() as u64,
            RelationKind::Index => u64::from(self.position(node)?),
            RelationKind::CountWhere { key, equals, .. } => {
                let equals = self.child(self.enclosing_record(node), *equals).and_then(|n| self.number(n))?;
                let matches = |record: &NodeId| self.child(*record, *key).and_then(|n| self.number(n)) == Some(equals);
                self.used(target).filter(matches).count() as u64
            }
            RelationKind::OffsetOf(_) => u64::from(self.node(target).start),
            RelationKind::Check { algorithm, .. } => {
                let covered = self.covered_in(node, target)?;
                compute_check(*algorithm, &self.bytes[covered.start as usize..covered.end as usize])
            }
        })
    }

    /// The bytes that write `value` into a numeric field; cut to its width.
    pub fn encode_number(&self, node: NodeId, value: u64) -> Vec<u8> {
        encode_number(&self.format.field(self.node(node).field).shape, value)
    }
}

/// The bytes of a number in a shape; cut to its width. Empty for shapes that hold no number. A
/// number that no word stands for is written in digits.
pub fn encode_number(shape: &Shape, value: u64) -> Vec<u8> {
    with_number(shape, value, <[u8]>::to_vec)
}

/// Hands the bytes of a number in a shape on.
pub(super) fn with_number<T>(shape: &Shape, value: u64, take: impl FnOnce(&[u8]) -> T) -> T {
    match shape {
        Shape::Enum { words: Some(words), .. } => match words.name(value) {
            Some(name) => take(name.as_bytes()),
            None => take(value.to_string().as_bytes()),
        },
        Shape::Uint { width, big }
        | Shape::Int { width, big }
        | Shape::Enum { width, big, .. }
        | Shape::Bits { width, big, .. } => {
            let mut bytes = value.to_le_bytes();
            let bytes = &mut bytes[..usize::from(*width)];
            if *big {
                bytes.reverse();
            }
            take(bytes)
        }
        Shape::Decimal { places, step: true, .. } => take(format_scaled(value, u32::from(*places)).as_bytes()),
        Shape::Decimal { places, hex, .. } => {
            take(crate::format::number::write(value.into(), *places, *hex).as_bytes())
        }
        Shape::Digits { width, hex } => {
            let width = usize::from(*width);
            let text = if hex.is_some() { format!("{value:0width$X}") } else { format!("{value:0width$}") };
            take(&text.as_bytes()[text.len() - width..])
        }
        _ => take(&[]),
    }
}
