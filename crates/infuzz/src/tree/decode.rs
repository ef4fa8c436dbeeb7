//! The lenient decoder: never fails, loses no byte.

use super::access::open;
use super::{Node, NodeId, Problem, Tree};
use crate::format::{Codec, Count, Extent, FieldId, Gate, Place, RecordId, RuleId, Shape, TextShape};

/// Undoes the whole-message codecs. A message that would not come out the same again is not of
/// the codec's form; it is kept as it is, and the rule is noted.
pub(super) fn codecs(tree: &mut Tree<'_>, wire: &[u8]) {
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
pub(super) fn recode(tree: &Tree<'_>, plain: Vec<u8>) -> Vec<u8> {
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

/// Whether it is certain, without decoding them, that bytes have the same structure as a tree.
pub(super) fn same_structure(tree: &Tree<'_>, wire: &[u8]) -> bool {
    if !tree.format.steady || !tree.problems.is_empty() || tree.bytes.len() != wire.len() {
        return false;
    }
    let free = |node: Option<NodeId>| {
        let quick = node.map(|node| tree.format.quick(tree.nodes[node as usize].field));
        quick.is_some_and(|quick| quick.width > 0 && !quick.shaping)
    };
    differing(tree, wire).all(free)
}

/// For each byte that differs from a tree's the innermost node it stands in, if it does in one.
pub(super) fn differing<'t>(tree: &'t Tree<'_>, bytes: &'t [u8]) -> impl Iterator<Item = Option<NodeId>> + 't {
    let parts = tree.bytes.chunks(64).zip(bytes.chunks(64)).enumerate().filter(|(_, (old, new))| old != new);
    let places = parts.flat_map(|(part, (old, new))| {
        old.iter().zip(new).enumerate().filter(|(_, (a, b))| a != b).map(move |(at, _)| part * 64 + at)
    });
    places.map(|place| {
        let after = tree.nodes.partition_point(|node| node.start as usize <= place);
        let node = after.checked_sub(1)?;
        (place < tree.nodes[node].end as usize).then_some(node as NodeId)
    })
}

/// Builds the arena.
pub(super) fn run(tree: &mut Tree<'_>) {
    tree.nodes.clear();
    tree.relations.clear();
    tree.lists.clear();
    let limit = tree.bytes.len();
    let exact = tree.format.exact;
    let root = tree.format.root;
    let mut decoder = Decoder { tree, at: 0 };
    decoder.field(root, 0, 0, limit, exact);
    if decoder.at < limit {
        decoder.problem(exact, 0);
    }
    let root = &mut tree.nodes[0];
    root.end = limit as u32;
}

struct Decoder<'t, 'f> {
    tree: &'t mut Tree<'f>,
    at: usize,
}

impl Decoder<'_, '_> {
    fn problem(&mut self, rule: RuleId, node: NodeId) {
        self.tree.problems.push(Problem { rule, node });
    }

    fn open(&mut self, field: FieldId, parent: NodeId, index: u32) -> NodeId {
        let id = self.tree.nodes.len() as NodeId;
        let at = self.at as u32;
        self.tree.nodes.push(Node {
            field,
            parent,
            start: at,
            end: at,
            next: NodeId::MAX,
            index,
            short: false,
            blank: false,
        });
        id
    }

    fn close(&mut self, node: NodeId) {
        let next = self.tree.nodes.len() as NodeId;
        let end = self.at as u32;
        let node = &mut self.tree.nodes[node as usize];
        (node.next, node.end) = (next, end);
    }

    /// A leaf of `length` bytes, or what is left of them.
    fn leaf(&mut self, node: NodeId, length: usize, limit: usize, exact: RuleId) {
        let left = limit.saturating_sub(self.at);
        if length > left {
            self.tree.nodes[node as usize].short = true;
            self.problem(exact, node);
        }
        self.at += length.min(left);
        self.close(node);
    }

    /// A leaf of fixed size that is always there.
    #[inline]
    fn plain(&mut self, id: FieldId, length: usize, parent: NodeId, index: u32, limit: usize, exact: RuleId) {
        let (node, start) = (self.tree.nodes.len() as NodeId, self.at);
        let end = start + length;
        let short = end > limit;
        self.at = if short { limit.max(start) } else { end };
        let (start, end) = (start as u32, self.at as u32);
        self.tree.nodes.push(Node { field: id, parent, start, end, next: node + 1, index, short, blank: false });
        if self.tree.format.quick(id).relation {
            self.tree.relations.push(node);
        }
        if short {
            self.problem(exact, node);
        }
    }

    /// The plain leaves that stand in a row from the first of `fields` on; only the first, where
    /// the input ends before the row does. Gives how many.
    #[inline]
    fn row(&mut self, fields: &[FieldId], node: NodeId, limit: usize, exact: RuleId) -> usize {
        let format = self.tree.format;
        let quick = format.quick(fields[0]);
        let end = self.at + usize::from(quick.run_bytes);
        if end > limit {
            self.plain(fields[0], usize::from(quick.plain), node, 0, limit, exact);
            return 1;
        }
        let row = &fields[..usize::from(quick.run)];
        let (mut start, first) = (self.at as u32, self.tree.nodes.len() as NodeId);
        let mut next = first;
        self.tree.nodes.extend(row.iter().map(|&field| {
            let from = start;
            start += u32::from(format.quick(field).plain);
            next += 1;
            Node { field, parent: node, start: from, end: start, next, index: 0, short: false, blank: false }
        }));
        if quick.run_relation {
            let stating = (first..).zip(row).filter(|(_, field)| format.quick(**field).relation);
            self.tree.relations.extend(stating.map(|(node, _)| node));
        }
        self.at = end;
        row.len()
    }

    /// A text with a length prefix of one byte that is always there.
    #[inline]
    fn prefixed(&mut self, id: FieldId, parent: NodeId, index: u32, limit: usize, exact: RuleId) {
        let length = match self.tree.bytes.get(self.at) {
            Some(length) if self.at < limit => usize::from(*length),
            _ => 0,
        };
        self.plain(id, 1 + length, parent, index, limit, exact);
    }

    fn field(&mut self, id: FieldId, parent: NodeId, index: u32, limit: usize, exact: RuleId) {
        let format = self.tree.format;
        let quick = format.quick(id);
        if quick.size > 0 {
            return self.plain(id, usize::from(quick.size), parent, index, limit, exact);
        }
        if quick.prefix == 1 {
            return self.prefixed(id, parent, index, limit, exact);
        }
        let field = format.field(id);
        if let Shape::Switch { on, cases } = &field.shape {
            let value = self.tree.number_of(parent, on);
            let case = cases.iter().find(|(code, _)| value == Some(*code));
            if let Some((_, case)) = case {
                self.field(*case, parent, index, limit, exact);
            }
            return;
        }
        if let Some(Place::Fixed(at)) = field.at {
            // Bytes passed over belong to no field.
            self.at = usize::try_from(at).unwrap_or(usize::MAX).clamp(self.at, limit.max(self.at));
        }
        let exact = field.exact.unwrap_or(exact);
        let stated = match &field.size {
            None => None,
            Some(Place::Fixed(size)) => Some(*size),
            Some(Place::Field(operand)) => self.tree.number_of(parent, operand),
        };
        let outer = limit;
        let limit = match stated.and_then(|size| self.at.checked_add(usize::try_from(size).ok()?)) {
            Some(end) if end <= limit => end,
            _ => limit,
        };
        let limit = if field.until.is_empty() { limit } else { self.until(&field.until, limit) };
        let node = self.open(id, parent, index);
        if field.relation.is_some() {
            self.tree.relations.push(node);
        }
        match &field.shape {
            Shape::Uint { width, .. }
            | Shape::Int { width, .. }
            | Shape::Enum { width, .. }
            | Shape::Bits { width, .. }
            | Shape::Digits { width } => {
                self.leaf(node, usize::from(*width), limit, exact);
            }
            Shape::Const(bytes) => self.leaf(node, bytes.len(), limit, exact),
            Shape::Decimal => self.leaf(node, limit - self.at, limit, exact),
            Shape::Bytes(extent) => {
                let length = self.extent(extent, limit);
                self.leaf(node, length, limit, exact);
            }
            Shape::Text(text) => {
                let length = self.text(text, limit);
                self.leaf(node, length, limit, exact);
            }
            Shape::Record(record) => {
                self.record(*record, node, limit, exact);
                self.close(node);
            }
            Shape::List { item, count } => {
                self.tree.lists.push(node);
                self.list(*item, count, node, parent, limit, exact);
                self.close(node);
            }
            Shape::Switch { .. } => {}
        }
        if (stated.is_some() || !field.until.is_empty()) && limit < outer && self.at < limit {
            self.at = limit;
            self.problem(exact, node);
            self.close(node);
        }
    }

    fn extent(&self, extent: &Extent, limit: usize) -> usize {
        let rest = &self.tree.bytes[self.at..limit];
        match extent {
            Extent::Fixed(length) => *length as usize,
            Extent::Rest => rest.len(),
            Extent::Until(ends) => self.until(ends, limit) - self.at,
        }
    }

    /// Where the first of these byte strings stands, or the limit.
    fn until(&self, ends: &[Vec<u8>], limit: usize) -> usize {
        let rest = &self.tree.bytes[self.at..limit];
        let starts = |at: &usize| ends.iter().any(|end| rest[*at..].starts_with(end));
        self.at + (0..rest.len()).find(starts).unwrap_or(rest.len())
    }

    fn text(&self, text: &TextShape, limit: usize) -> usize {
        if text.prefix == 0 {
            return self.extent(&text.extent, limit);
        }
        let prefix = usize::from(text.prefix);
        let stated = self.tree.bytes.get(self.at..(self.at + prefix).min(limit)).unwrap_or(&[]);
        let length = stated.iter().rev().fold(0usize, |n, byte| (n << 8) | usize::from(*byte));
        prefix.saturating_add(length)
    }

    fn record(&mut self, record: RecordId, node: NodeId, limit: usize, exact: RuleId) {
        let format = self.tree.format;
        let record = format.record(record);
        if let Some(blank) = record.blank {
            let rest = &self.tree.bytes[self.at..limit];
            if !rest.is_empty() && rest.iter().all(|byte| *byte == blank) {
                self.tree.nodes[node as usize].blank = true;
                self.at = limit;
                return;
            }
        }
        let separator = record.separator.as_ref().and_then(|s| self.tree.delimiter_bytes(s, node));
        // The integer that the last condition read: the next one mostly reads the same.
        let mut known = (FieldId(u16::MAX), None);
        let mut next = 0;
        while let Some(&id) = record.fields.get(next) {
            let quick = format.quick(id);
            if quick.plain > 0 && separator.is_none() {
                next += self.row(&record.fields[next..], node, limit, exact);
                continue;
            }
            next += 1;
            let field = format.field(id);
            if let Some(when) = &field.when {
                let there = match when.gate {
                    Gate::Tests => None,
                    Gate::Bit(field, _) | Gate::Among(field, _) => {
                        if known.0 != field || known.1.is_none() {
                            known = (field, self.tree.child(node, field).and_then(|node| self.tree.number(node)));
                        }
                        open(&when.gate, known.1)
                    }
                };
                if !there.unwrap_or_else(|| self.tree.passes(node, when, None)) {
                    continue;
                }
            }
            if quick.size > 0 && separator.is_none() {
                self.plain(id, usize::from(quick.size), node, 0, limit, exact);
                continue;
            }
            match &separator {
                None => self.field(id, node, 0, limit, exact),
                Some(separator) => {
                    let end = self.find(separator, limit);
                    self.field(id, node, 0, end, exact);
                    self.at = end;
                    if end < limit {
                        self.at += separator.len();
                    } else {
                        break;
                    }
                }
            }
        }
    }

    fn find(&self, delimiter: &[u8], limit: usize) -> usize {
        let rest = &self.tree.bytes[self.at..limit];
        let found = rest.windows(delimiter.len()).position(|window| window == delimiter);
        found.map_or(limit, |at| self.at + at)
    }

    fn list(&mut self, item: FieldId, count: &Count, node: NodeId, parent: NodeId, limit: usize, exact: RuleId) {
        let most = match count {
            Count::Fixed(n) => u64::from(*n),
            Count::Field(operand) => match self.tree.number_of(parent, operand) {
                Some(n) => n,
                None => return,
            },
            Count::Rest => u64::MAX,
            Count::Delimited(delimiter) => {
                let Some(delimiter) = self.tree.delimiter_bytes(delimiter, parent) else { return };
                let mut index = 0;
                while self.at < limit {
                    let end = self.find(&delimiter, limit);
                    self.field(item, node, index, end, exact);
                    self.at = end;
                    if end < limit {
                        self.at += delimiter.len();
                    }
                    index += 1;
                }
                return;
            }
        };
        let counted = !matches!(count, Count::Rest);
        let mut index = 0u32;
        while u64::from(index) < most {
            let before = self.at;
            if before >= limit {
                if counted {
                    self.problem(exact, node);
                }
                return;
            }
            self.field(item, node, index, limit, exact);
            if self.at == before {
                return;
            }
            index += 1;
        }
    }
}
