//! Reading a tree: children, operands, values, paths.

use super::{Node, NodeId, Tables, Tree};
use crate::format::number::Written;
use crate::format::{
    Condition, Delimiter, FieldId, Gate, Operand, PathStep, Quick, Reads, Shape, Tail, TestKind, Value,
};

/// The children of a node.
pub struct Children<'t, 'f> {
    tree: &'t Tree<'f>,
    at: NodeId,
    end: NodeId,
}

impl Iterator for Children<'_, '_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        if self.at >= self.end {
            return None;
        }
        let id = self.at;
        self.at = self.tree.nodes[id as usize].next;
        Some(id)
    }
}

/// Whether a gate is open for a number, if that decides it.
#[inline]
pub(super) fn open(gate: &Gate, number: Option<u64>) -> Option<bool> {
    let Some(number) = number else {
        return match gate {
            Gate::Among(.., unsure) if *unsure != [0; 2] => None,
            _ => Some(false),
        };
    };
    match gate {
        Gate::Tests => None,
        Gate::Bit(_, bit) => Some(number >> bit & 1 == 1),
        Gate::Among(_, holds, unsure) => {
            let among = |set: &[u64; 2]| set[(number >> 6) as usize & 1] >> (number & 63) & 1 == 1;
            (number < 128 && !among(unsure)).then(|| among(holds))
        }
    }
}

impl<'f> Tree<'f> {
    /// The children of `node`, in order. Also usable while the node is still being decoded.
    #[inline]
    pub fn children(&self, node: NodeId) -> Children<'_, 'f> {
        let end = self.nodes[node as usize].next.min(self.nodes.len() as NodeId);
        Children { tree: self, at: node + 1, end }
    }

    /// The child that is `field`. Fields of a record stand in the order of their ids.
    #[inline]
    pub fn child(&self, node: NodeId, field: FieldId) -> Option<NodeId> {
        let nodes = self.nodes.as_slice();
        let end = nodes[node as usize].next;
        let wanted = self.format.quick(field);
        let mut at = node + 1 + NodeId::from(wanted.lead);
        while at < end
            && let Some(this) = nodes.get(at as usize)
        {
            if this.field == field {
                return Some(at);
            }
            if wanted.fixed || this.field > field {
                return None;
            }
            at = this.next;
        }
        None
    }

    /// Whether `ancestor` is `node` or contains it.
    pub fn contains(&self, ancestor: NodeId, node: NodeId) -> bool {
        (ancestor..self.nodes[ancestor as usize].next.max(ancestor + 1)).contains(&node)
    }

    /// The record that encloses `node`, which is not itself counted.
    pub fn enclosing_record(&self, node: NodeId) -> NodeId {
        let mut at = self.nodes[node as usize].parent;
        while at != 0 && !matches!(self.format.field(self.nodes[at as usize].field).shape, Shape::Record(_)) {
            at = self.nodes[at as usize].parent;
        }
        at
    }

    /// The position of a node, or of the innermost record around it that stands in a list.
    pub fn position(&self, node: NodeId) -> Option<u32> {
        let mut at = node;
        while at != 0 {
            let this = self.node(at);
            if matches!(self.format.field(self.node(this.parent).field).shape, Shape::List { .. }) {
                return Some(this.index);
            }
            at = this.parent;
        }
        None
    }

    /// The used items of a list.
    pub fn used(&self, list: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.children(list).filter(|item| !self.node(*item).blank)
    }

    /// The node an operand names, from a record. References need `tables`.
    #[inline]
    pub fn locate(&self, context: NodeId, operand: &Operand, tables: Option<&Tables>) -> Option<NodeId> {
        match operand.steps.as_slice() {
            [PathStep::Child(field)] => self.child(context, *field),
            [PathStep::Child(record), PathStep::Child(field)] => self.child(self.child(context, *record)?, *field),
            [PathStep::Root, PathStep::Child(field)] => self.child(0, *field),
            steps => self.walk(context, steps, tables),
        }
    }

    /// Where these steps lead from a record.
    pub(crate) fn walk(&self, context: NodeId, steps: &[PathStep], tables: Option<&Tables>) -> Option<NodeId> {
        let mut at = context;
        for step in steps {
            at = match step {
                PathStep::Beside => self.children(at).nth(self.position(context)? as usize)?,
                PathStep::Root => 0,
                PathStep::Up => self.enclosing_record(at),
                PathStep::Child(field) => self.child(at, *field)?,
                PathStep::Follow(field) => {
                    let reference = self.format.field(*field).refers.as_ref()?;
                    let key = self.child(at, *field).and_then(|node| self.number(node))?;
                    tables?.find(reference.table, key).filter(|_| reference.none != Some(key))?
                }
            };
        }
        Some(at)
    }

    /// What stands between the items of a list, or ends each of them.
    pub fn delimiter(&self, list: NodeId) -> Option<Vec<u8>> {
        match &self.format.field(self.node(list).field).shape {
            Shape::List { count, .. } => self.delimiter_bytes(count.delimiter()?, self.node(list).parent),
            _ => None,
        }
    }

    /// What stands between the fields of a record.
    pub(crate) fn separator(&self, record: NodeId) -> Option<Vec<u8>> {
        let separator = self.format.record_of(self.node(record).field)?.separator.as_ref()?;
        self.delimiter_bytes(separator, record)
    }

    pub(super) fn delimiter_bytes(&self, delimiter: &Delimiter, context: NodeId) -> Option<Vec<u8>> {
        let bytes = match delimiter {
            Delimiter::Bytes(bytes) => bytes.clone(),
            Delimiter::Field(operand) => self.span(self.locate(context, operand, None)?).to_vec(),
        };
        Some(bytes).filter(|bytes| !bytes.is_empty())
    }

    /// The value an operand reads.
    #[inline]
    pub fn value_of(&self, context: NodeId, operand: &Operand, tables: Option<&Tables>) -> Option<Value> {
        let node = self.locate(context, operand, tables)?;
        self.tail(node, operand.tail)
    }

    #[inline]
    fn tail(&self, node: NodeId, tail: Tail) -> Option<Value> {
        if tail == Tail::Length {
            let there = !self.node(node).short && !self.node(node).blank;
            return there.then(|| Value::Number(self.text(node).len() as u64));
        }
        let number = self.number(node)?;
        match tail {
            Tail::Value => Some(Value::Number(number)),
            Tail::Bit(bit) => Some(Value::Number(number >> bit & 1)),
            Tail::Length | Tail::Left | Tail::Pieces(_) => None,
            Tail::Attribute(column) => match self.format.field(self.node(node).field).shape {
                Shape::Enum { of, .. } => self.format.enums[of].row(number).map(|row| row.attributes[column]),
                _ => None,
            },
        }
    }

    /// The number an operand reads, without following references.
    pub fn number_of(&self, context: NodeId, operand: &Operand) -> Option<u64> {
        match self.value_of(context, operand, None)? {
            Value::Number(number) => Some(number),
            Value::Symbol(_) => None,
        }
    }

    /// Whether a condition holds on a record. A test of a field that is not there fails.
    #[inline]
    pub fn holds(&self, context: NodeId, condition: &Condition, tables: Option<&Tables>) -> bool {
        match condition.gate {
            Gate::Tests => self.passes(context, condition, tables),
            Gate::Bit(field, _) | Gate::Among(field, ..) => {
                let number = self.child(context, field).and_then(|node| self.number(node));
                open(&condition.gate, number).unwrap_or_else(|| self.passes(context, condition, tables))
            }
        }
    }

    /// Whether the tests of a condition come out so that it holds.
    pub(super) fn passes(&self, context: NodeId, condition: &Condition, tables: Option<&Tables>) -> bool {
        condition.any.iter().any(|all| {
            all.iter().all(|test| match &test.kind {
                TestKind::Present => match test.operand.tail {
                    Tail::Bit(_) => self.value_of(context, &test.operand, tables) == Some(Value::Number(1)),
                    _ => self.locate(context, &test.operand, tables).is_some_and(|node| !self.node(node).blank),
                },
                TestKind::Is(values) => {
                    self.value_of(context, &test.operand, tables).is_some_and(|v| values.contains(&v))
                }
                TestKind::IsNot(values) => {
                    self.value_of(context, &test.operand, tables).is_some_and(|v| !values.contains(&v))
                }
            })
        })
    }

    /// The number a leaf holds; none for texts, cut fields and fields of another kind.
    #[inline]
    pub fn number(&self, node: NodeId) -> Option<u64> {
        let node = self.node(node);
        if node.short || node.blank {
            return None;
        }
        let (quick, start) = (self.format.quick(node.field), node.start as usize);
        match quick.reads {
            Reads::Nothing => None,
            Reads::Byte => self.bytes.get(start).map(|byte| u64::from(*byte)),
            Reads::Two => {
                let bytes = self.bytes.get(start..start + 2)?.first_chunk()?;
                Some(u64::from(u16::from_le_bytes(*bytes)))
            }
            Reads::Four => {
                let bytes = self.bytes.get(start..start + 4)?.first_chunk()?;
                Some(u64::from(u32::from_le_bytes(*bytes)))
            }
            Reads::Float => {
                let bytes = self.bytes.get(start..start + 4)?.first_chunk()?;
                let bits = u32::from_le_bytes(*bytes);
                Some(if bits == 1 << 31 { 0 } else { u64::from(bits) })
            }
            Reads::Other => self.other_number(node, quick),
        }
    }

    /// Integers of other widths, and digits.
    fn other_number(&self, node: &Node, quick: &Quick) -> Option<u64> {
        let bytes = &self.bytes[node.start as usize..node.end as usize];
        match quick {
            Quick { width: 0, .. } => self.digits(node),
            Quick { big: false, .. } => Some(bytes.iter().rev().fold(0, |n, byte| (n << 8) | u64::from(*byte))),
            Quick { big: true, .. } => Some(bytes.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte))),
        }
    }

    /// The number that ASCII digits or a word stand for.
    fn digits(&self, node: &Node) -> Option<u64> {
        let bytes = &self.bytes[node.start as usize..node.end as usize];
        if let Some(words) = self.format.field(node.field).words() {
            return words.code(bytes);
        }
        if let shape @ Shape::Decimal { .. } = &self.format.field(node.field).shape {
            return Written::of(shape, bytes)?.number;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        if matches!(self.format.field(node.field).shape, Shape::Digits { hex: Some(_), .. }) {
            return if text.bytes().all(|b| b.is_ascii_hexdigit()) { u64::from_str_radix(text, 16).ok() } else { None };
        }
        if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
    }

    /// The characters of a text as bytes: without length prefix and padding.
    pub fn text(&self, node: NodeId) -> &[u8] {
        let bytes = self.span(node);
        match &self.format.field(self.node(node).field).shape {
            Shape::Text(text) => {
                let body = bytes.get(usize::from(text.prefix)..).unwrap_or(&[]);
                match text.pad {
                    Some(pad) => body.split(|byte| *byte == pad).next().unwrap_or(&[]),
                    None => body,
                }
            }
            _ => bytes,
        }
    }

    /// The path of a node: `setup[3].continuous.soft_max`.
    pub fn path(&self, node: NodeId) -> String {
        let mut parts = Vec::new();
        let mut at = node;
        while at != 0 {
            let this = self.node(at);
            let field = self.format.field(this.field);
            let in_list = matches!(self.format.field(self.node(this.parent).field).shape, Shape::List { .. });
            if in_list {
                parts.push(format!("{}[{}]", field.name, this.index));
                at = self.node(this.parent).parent;
            } else {
                parts.push(field.name.clone());
                at = this.parent;
            }
        }
        parts.reverse();
        parts.join(".")
    }

    /// The node with this path.
    pub fn find(&self, path: &str) -> Option<NodeId> {
        let mut at = 0;
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let (name, index) = match part.split_once('[') {
                Some((name, rest)) => (name, Some(rest.strip_suffix(']')?.parse::<usize>().ok()?)),
                None => (part, None),
            };
            at = self.children(at).find(|child| self.format.field(self.node(*child).field).name == name)?;
            if let Some(index) = index {
                at = self.children(at).nth(index)?;
            }
        }
        Some(at)
    }
}
