//! The lenient decoder: never fails, loses no byte.

use super::access::open;
use super::reuse::Donor;
use super::{Node, NodeId, Problem, Tree, compare};
use crate::format::plan::Step;
use crate::format::{
    Count, Extent, Field, FieldId, Gate, Operand, PathStep, Place, Record, RecordId, RuleId, Shape, Tail, TextShape,
    case_of,
};

/// Builds the arena; takes over what it can of a tree without problems.
pub(super) fn run(tree: &mut Tree<'_>, like: Option<&Tree<'_>>) {
    tree.nodes.clear();
    tree.relations.clear();
    tree.lists.clear();
    if let Some(like) = like {
        tree.nodes.reserve(like.nodes.len() + like.nodes.len() / 8);
        tree.relations.reserve(like.relations.len() + like.relations.len() / 8);
        tree.lists.reserve(like.lists.len() + like.lists.len() / 8);
    }
    let limit = tree.bytes.len();
    let exact = tree.format.exact;
    let root = tree.format.root;
    let mut decoder = Decoder { tree, at: 0, like };
    decoder.field(root, 0, 0, limit, exact);
    if decoder.at < limit {
        decoder.problem(exact, 0);
    }
    let root = &mut tree.nodes[0];
    root.end = limit as u32;
}

/// How many more items a list may have.
fn room(most: u64, index: u32) -> usize {
    usize::try_from(most.saturating_sub(u64::from(index))).unwrap_or(usize::MAX)
}

/// The integer that the last condition read: the next one mostly reads the same.
type Known = (FieldId, Option<u64>);

struct Decoder<'t, 'f> {
    tree: &'t mut Tree<'f>,
    at: usize,
    like: Option<&'t Tree<'t>>,
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

    /// A leaf of fixed size.
    fn plain(&mut self, id: FieldId, length: usize, parent: NodeId, index: u32, limit: usize, exact: RuleId) {
        let node = self.tree.nodes.len() as NodeId;
        if self.tree.format.quick(id).relation {
            self.tree.relations.push(node);
        }
        if !self.whole(id, length, parent, index, limit) {
            let start = self.at as u32;
            self.at = self.at.max(limit);
            let end = self.at as u32;
            let (next, short) = (node + 1, true);
            self.tree.nodes.push(Node { field: id, parent, start, end, next, index, short, blank: false });
            self.problem(exact, node);
        }
    }

    /// A leaf that does not state a relation, if so many bytes are left.
    #[inline(always)]
    fn whole(&mut self, field: FieldId, length: usize, parent: NodeId, index: u32, limit: usize) -> bool {
        let (start, end) = (self.at, self.at + length);
        if end > limit {
            return false;
        }
        self.at = end;
        let (start, end, next) = (start as u32, end as u32, self.tree.nodes.len() as NodeId + 1);
        self.tree.nodes.push(Node { field, parent, start, end, next, index, short: false, blank: false });
        true
    }

    /// What always has the same nodes, if so many bytes are left.
    #[inline]
    fn row(&mut self, row: &[Node], bytes: usize, relations: &[u32], parent: NodeId, limit: usize) -> bool {
        let end = self.at + bytes;
        if end > limit {
            return false;
        }
        let (start, first) = (self.at as u32, self.tree.nodes.len());
        self.tree.nodes.extend_from_slice(row);
        for node in &mut self.tree.nodes[first..] {
            node.parent = if node.parent == NodeId::MAX { parent } else { node.parent + first as NodeId };
            node.start += start;
            node.end += start;
            node.next += first as NodeId;
        }
        if !relations.is_empty() {
            self.tree.relations.extend(relations.iter().map(|at| first as NodeId + at));
        }
        self.at = end;
        true
    }

    /// A text with a length prefix of one byte that is always there.
    #[inline]
    fn prefixed(&mut self, id: FieldId, parent: NodeId, index: u32, limit: usize, exact: RuleId) {
        let length = match self.tree.bytes.get(self.at) {
            Some(length) if self.at < limit => usize::from(*length),
            _ => 0,
        };
        if !self.whole(id, 1 + length, parent, index, limit) {
            self.plain(id, 1 + length, parent, index, limit, exact);
        }
    }

    #[inline]
    fn field(&mut self, id: FieldId, parent: NodeId, index: u32, limit: usize, exact: RuleId) {
        let format = self.tree.format;
        let quick = format.quick(id);
        if quick.size > 0 {
            return self.plain(id, usize::from(quick.size), parent, index, limit, exact);
        }
        if quick.prefix == 1 {
            return self.prefixed(id, parent, index, limit, exact);
        }
        if let Some(record) = quick.record {
            let node = self.open(id, parent, index);
            self.record(record, node, limit, exact);
            return self.close(node);
        }
        self.other(id, parent, index, limit, exact);
    }

    /// A field that is neither a leaf of known size nor simply a record.
    fn other(&mut self, id: FieldId, parent: NodeId, index: u32, limit: usize, exact: RuleId) {
        let format = self.tree.format;
        let field = format.field(id);
        if let Shape::Switch { on, cases } = &field.shape {
            let value = match on.tail {
                Tail::Left => Some(limit.saturating_sub(self.at) as u64),
                Tail::Pieces(delimiter) => self.pieces(delimiter, cases, limit),
                _ => self.stated(parent, on),
            };
            let case = case_of(cases, value);
            if case.is_none() && on.tail.is_ahead() {
                self.problem(exact, parent);
            }
            // Bytes of no case belong to no field.
            let end = match field.size {
                Some(Place::Fixed(size)) => {
                    self.at.saturating_add(usize::try_from(size).unwrap_or(usize::MAX)).min(limit)
                }
                _ => limit,
            };
            if let Some(case) = case {
                self.field(case, parent, index, end, exact);
            }
            if field.size.is_some() {
                self.at = self.at.max(end);
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
        let limit = field.before.map_or(limit, |bytes| limit.saturating_sub(bytes as usize).max(self.at));
        let limit = if field.until.is_empty() { limit } else { self.until(&field.until, limit) };
        let node = self.open(id, parent, index);
        if field.may_be_empty && self.at >= limit {
            self.tree.nodes[node as usize].blank = true;
            return self.close(node);
        }
        let ended = field.end.as_ref().map(|end| (self.find(end, limit), end.len()));
        let whole = limit;
        let limit = ended.map_or(limit, |(end, _)| end);
        if field.relation.is_some() {
            self.tree.relations.push(node);
        }
        match &field.shape {
            Shape::Enum { words: Some(words), .. } => {
                let length = self.extent(&words.extent, limit);
                self.leaf(node, length, limit, exact);
            }
            Shape::Uint { width, .. }
            | Shape::Int { width, .. }
            | Shape::Enum { width, .. }
            | Shape::Bits { width, .. }
            | Shape::Digits { width, .. } => {
                self.leaf(node, usize::from(*width), limit, exact);
            }
            Shape::Const(bytes) => self.leaf(node, bytes.len(), limit, exact),
            Shape::Decimal { .. } => self.leaf(node, limit - self.at, limit, exact),
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
            Shape::List { item, count: Count::Fixed(count) } if field.slots.is_some() => {
                self.tree.lists.push(node);
                self.slots(*item, *count, node, parent, limit, exact);
                self.close(node);
            }
            Shape::List { item, count } => {
                self.tree.lists.push(node);
                self.list(*item, count, node, parent, limit, exact);
                self.close(node);
            }
            Shape::Switch { .. } => {}
        }
        if let Some((end, length)) = ended {
            self.pass_to(end, node, exact);
            if end < whole {
                self.at += length;
            } else {
                self.problem(exact, node);
            }
            self.close(node);
        }
        let limit = whole;
        if field.may_be_empty && self.tree.node(node).next == node + 1 && !field.is_leaf() {
            self.tree.nodes[node as usize].blank = true;
        }
        if (stated.is_some() || field.before.is_some() || !field.until.is_empty()) && limit < outer && self.at < limit {
            self.at = limit;
            self.problem(exact, node);
            self.close(node);
        }
    }

    /// How many pieces a byte makes of what is left, as far as there are cases.
    fn pieces(&self, delimiter: u8, cases: &[(u64, FieldId)], limit: usize) -> Option<u64> {
        let delimiters = self.tree.bytes[self.at..limit].iter().filter(|byte| **byte == delimiter).count();
        let most = cases.iter().map(|(pieces, _)| *pieces).max()?;
        Some(most.min(delimiters as u64 + 1))
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
        ends.iter().fold(limit, |first, end| {
            // One that begins later than the first found so far is not looked for.
            let far = limit.min(first + end.len().saturating_sub(1));
            position(&self.tree.bytes[self.at..far], end).map_or(first, |at| first.min(self.at + at))
        })
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

    fn record(&mut self, id: RecordId, node: NodeId, limit: usize, exact: RuleId) {
        let format = self.tree.format;
        let record = format.record(id);
        if let Some(separator) = record.separator.as_ref().and_then(|s| self.tree.delimiter_bytes(s, node)) {
            return self.delimited(record, &separator, node, limit, exact);
        }
        let mut known: Known = (FieldId(u16::MAX), None);
        for step in &format.plans[usize::from(id.0)].steps {
            match step {
                Step::Row { fields, nodes, bytes, relations } => {
                    if !self.row(nodes, *bytes, relations, node, limit) {
                        for field in fields {
                            self.field(*field, node, 0, limit, exact);
                        }
                    }
                }
                Step::Flags { by, leaves } => {
                    let Some(bits) = self.own_number(node, *by, &mut known) else { continue };
                    for &(bit, leaf, size) in leaves {
                        if bits >> bit & 1 == 1 && !self.whole(leaf, size, node, 0, limit) {
                            self.plain(leaf, size, node, 0, limit, exact);
                        }
                    }
                }
                Step::Text(id) => self.prefixed(*id, node, 0, limit, exact),
                Step::Always(id) => self.field(*id, node, 0, limit, exact),
                Step::Sometimes(id, gate) => {
                    if self.opens(gate, node, &mut known).unwrap_or_else(|| self.present(node, *id)) {
                        self.field(*id, node, 0, limit, exact);
                    }
                }
            }
        }
    }

    /// The fields of a record with a separator between them; the last one takes what is left.
    fn delimited(&mut self, record: &Record, separator: &[u8], node: NodeId, limit: usize, exact: RuleId) {
        let mut first = true;
        for &id in &record.fields {
            if self.is_undecided(node, id) {
                // What an unknown word would begin belongs to no field.
                self.at = limit;
                return;
            }
            if !self.present(node, id) || !self.has_case(node, id) {
                continue;
            }
            if !std::mem::take(&mut first) {
                if !self.tree.bytes[self.at..limit].starts_with(separator) {
                    if !record.may_end_early || self.at < limit {
                        self.problem(exact, node);
                    }
                    return;
                }
                self.at += separator.len();
            }
            if record.fields.last() == Some(&id) {
                return self.field(id, node, 0, limit, exact);
            }
            let mut end = self.find(separator, limit);
            for _ in 1..self.tree.format.field(id).positions {
                end = self.find_from((end + separator.len()).min(limit), separator, limit);
            }
            self.field(id, node, 0, end, exact);
            self.pass_to(end, node, exact);
        }
    }

    /// Passes over bytes that belong to no field.
    fn pass_to(&mut self, end: usize, node: NodeId, exact: RuleId) {
        if self.at < end {
            self.at = end;
            self.problem(exact, node);
        }
    }

    /// Whether a field is a switch, and what decides it no enumerator.
    fn is_undecided(&self, node: NodeId, id: FieldId) -> bool {
        let Shape::Switch { on, cases } = &self.tree.format.field(id).shape else { return false };
        let Shape::Enum { of, .. } = self.tree.format.field(on.field).shape else { return false };
        case_of(cases, None).is_none()
            && on.tail == Tail::Value
            && self.stated(node, on).is_none_or(|code| self.tree.format.enums[of].row(code).is_none())
    }

    /// Whether a field of a record that is being decoded is something, if it is a switch.
    fn has_case(&self, node: NodeId, id: FieldId) -> bool {
        match &self.tree.format.field(id).shape {
            Shape::Switch { on, cases } if !on.tail.is_ahead() => case_of(cases, self.stated(node, on)).is_some(),
            _ => true,
        }
    }

    /// Whether a field of a record that is being decoded is there.
    fn present(&self, node: NodeId, id: FieldId) -> bool {
        let field = self.tree.format.field(id);
        let is_list = matches!(field.shape, Shape::List { .. });
        (is_list || self.begins(field)) && field.when.as_ref().is_none_or(|when| self.tree.passes(node, when, None))
    }

    /// Whether what comes next begins as a field says, if it says so.
    fn begins(&self, field: &Field) -> bool {
        field.begins.as_ref().is_none_or(|begins| self.tree.bytes[self.at..].starts_with(begins))
    }

    /// Whether a gate is open in a record that is being decoded, if that decides it.
    #[inline]
    fn opens(&self, gate: &Gate, node: NodeId, known: &mut Known) -> Option<bool> {
        match *gate {
            Gate::Tests => None,
            Gate::Bit(field, _) | Gate::Among(field, ..) => open(gate, self.own_number(node, field, known)),
        }
    }

    /// The number in a field of a record that is being decoded.
    #[inline(always)]
    fn own_number(&self, node: NodeId, field: FieldId, known: &mut Known) -> Option<u64> {
        if known.0 != field || known.1.is_none() {
            *known = (field, self.number_in(node, field));
        }
        known.1
    }

    fn number_in(&self, node: NodeId, field: FieldId) -> Option<u64> {
        self.tree.child(node, field).and_then(|node| self.tree.number(node))
    }

    fn find(&self, delimiter: &[u8], limit: usize) -> usize {
        self.find_from(self.at, delimiter, limit)
    }

    fn find_from(&self, start: usize, delimiter: &[u8], limit: usize) -> usize {
        position(&self.tree.bytes[start..limit], delimiter).map_or(limit, |at| start + at)
    }

    /// A number of the record that is being decoded, also if its field comes later at a place that
    /// is known.
    fn stated(&self, record: NodeId, operand: &Operand) -> Option<u64> {
        let known = self.tree.number_of(record, operand);
        let [PathStep::Child(field)] = operand.steps[..] else { return known };
        known.or_else(|| {
            let format = self.tree.format;
            let (width, big) = format.field(field).integer()?;
            let from = self.tree.node(record).start as usize + format.field(field).offset? as usize;
            let bytes = self.tree.bytes.get(from..from + usize::from(width))?;
            let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
            Some(if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
        })
    }

    /// The slots of a list, used and unused ones.
    fn slots(&mut self, item: FieldId, count: u32, node: NodeId, parent: NodeId, limit: usize, exact: RuleId) {
        let format = self.tree.format;
        let field = format.field(self.tree.node(node).field);
        let (Some(slots), Some(size)) = (&field.slots, format.quick(item).slot) else { return };
        let size = size as usize;
        let used = slots.used.as_ref().map(|used| self.stated(parent, used).unwrap_or(0));
        let leaf = format.quick(item);
        let all = self.at.saturating_add(size.saturating_mul(count as usize)) <= limit;
        if let (Some(used), true) = (used, all && usize::from(leaf.size) == size && !leaf.relation) {
            for index in 0..count {
                self.whole(item, size, node, index, limit);
                if let Some(slot) = self.tree.nodes.last_mut() {
                    slot.blank = u64::from(index) >= used;
                }
            }
            return;
        }
        let like = self.like.filter(|_| parent == 0 && used.is_none() && format.quick(item).closed);
        let mut donor = like.and_then(|like| Donor::of(like, self.tree.node(node)));
        let mut index = 0;
        while index < count {
            let before = self.at;
            if before >= limit {
                return self.problem(exact, node);
            }
            if let Some(donor) = &mut donor
                && let Some(run) = donor.records_at(&self.tree.bytes[before..limit], (count - index) as usize)
            {
                donor.copy(&run, self.tree, node, index, before);
                self.at += run.bytes;
                index += run.records as u32;
                continue;
            }
            let bytes = &self.tree.bytes[before..limit.min(before + size)];
            let unused = match used {
                Some(used) => u64::from(index) >= used,
                None => bytes.len() == size && compare::filled(bytes, slots.fill),
            };
            if unused {
                let slot = self.open(item, node, index);
                self.leaf(slot, size, limit, exact);
                self.tree.nodes[slot as usize].blank = true;
            } else {
                self.field(item, node, index, limit.min(before + size), exact);
                self.at = self.at.max(limit.min(before + size));
            }
            index += 1;
        }
    }

    fn list(&mut self, item: FieldId, count: &Count, node: NodeId, parent: NodeId, limit: usize, exact: RuleId) {
        let most = match count {
            Count::Fixed(n) => u64::from(*n),
            Count::Field(operand) => match self.tree.number_of(parent, operand) {
                Some(n) => n,
                None => return,
            },
            Count::Rest => u64::MAX,
            Count::Delimited(delimiter) | Count::Terminated(delimiter) => {
                let Some(delimiter) = self.tree.delimiter_bytes(delimiter, parent) else { return };
                let between = matches!(count, Count::Delimited(_));
                let mut index = 0;
                let mut more = self.at < limit;
                while more {
                    let end = self.find(&delimiter, limit);
                    self.field(item, node, index, end, exact);
                    self.pass_to(end, node, exact);
                    let found = end < limit;
                    if found {
                        self.at += delimiter.len();
                    } else if !between {
                        self.problem(exact, node);
                    }
                    index += 1;
                    // After a delimiter that stands between items there is another one, perhaps empty.
                    more = found && (between || self.at < limit);
                }
                return;
            }
        };
        let counted = !matches!(count, Count::Rest);
        let list = self.tree.format.field(self.tree.node(node).field);
        let like = self.like.filter(|_| parent == 0 && self.tree.format.quick(item).closed);
        let mut donor = like.and_then(|like| Donor::of(like, self.tree.node(node)));
        let mut index = 0u32;
        while u64::from(index) < most {
            let before = self.at;
            if before >= limit {
                if counted {
                    self.problem(exact, node);
                }
                return;
            }
            if let Some(donor) = &mut donor
                && let Some(run) = donor.records_at(&self.tree.bytes[before..limit], room(most, index))
            {
                donor.copy(&run, self.tree, node, index, before);
                self.at += run.bytes;
                index = index.saturating_add(run.records as u32);
                continue;
            }
            if !self.begins(list) {
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

/// Where a byte string stands first in another.
fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| byte == first)?;
        if bytes[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}
