//! A lossless tree over the bytes of an input: a flat arena of (field, span).
//!
//! Decoding is lenient: every byte string has a tree, and re-encoding an unedited tree gives the
//! same bytes. What does not fit the description is kept as [`Tree::problems`].

mod access;
mod codec;
mod compare;
mod decode;
mod edit;
mod escape;
mod latest;
mod relation;
mod reuse;
mod tables;

pub use edit::{Edit, Repair};
pub use latest::Latest;
pub use relation::{compute_check, encode_number};
pub use tables::Tables;

use crate::format::{FieldId, Format, RuleId};

/// Index of a node in its tree.
pub type NodeId = u32;

/// One field found in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which field.
    pub field: FieldId,
    /// The node that contains it; the root contains itself.
    pub parent: NodeId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// One past the last node of its subtree: the next sibling, if it has the same parent.
    pub next: NodeId,
    /// Position in its list.
    pub index: u32,
    /// The input ended before the field did.
    pub short: bool,
    /// An unused slot of a list.
    pub blank: bool,
}

/// Something that does not fit the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule it breaks.
    pub rule: RuleId,
    /// Where.
    pub node: NodeId,
}

/// The decoded form of one input.
#[derive(Clone, Debug)]
pub struct Tree<'f> {
    format: &'f Format,
    /// The wire bytes, where a codec makes them differ from `bytes`.
    wire: Option<Vec<u8>>,
    /// The codecs do not apply: the message is not of their form.
    opaque: bool,
    bytes: Vec<u8>,
    nodes: Vec<Node>,
    problems: Vec<Problem>,
    relations: Vec<NodeId>,
    lists: Vec<NodeId>,
}

impl<'f> Tree<'f> {
    /// Decodes any bytes.
    pub fn decode(format: &'f Format, wire: &[u8]) -> Self {
        let mut tree = Tree::empty(format);
        tree.redecode(wire);
        tree
    }

    /// A tree of no bytes, to be filled by [`Tree::redecode`].
    pub fn empty(format: &'f Format) -> Self {
        Tree {
            format,
            wire: None,
            opaque: false,
            bytes: Vec::new(),
            nodes: Vec::new(),
            problems: Vec::new(),
            relations: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Decodes other bytes into the same allocations.
    pub fn redecode(&mut self, wire: &[u8]) {
        self.bytes.clear();
        self.wire = None;
        self.problems.clear();
        codec::undo(self, wire);
        decode::run(self, None);
    }

    /// The same, given another tree: where only bytes differ that decide nothing about the
    /// structure, it is taken over; otherwise whole records are.
    pub fn redecode_like(&mut self, other: &Tree<'f>, wire: &[u8]) {
        if !other.gives_structure() {
            return self.redecode(wire);
        }
        let same = compare::same_structure(other, wire);
        self.wire = None;
        self.opaque = false;
        self.problems.clear();
        compare::assign(&mut self.bytes, wire);
        if !same {
            return decode::run(self, Some(other));
        }
        self.nodes.clone_from(&other.nodes);
        self.relations.clone_from(&other.relations);
        self.lists.clone_from(&other.lists);
    }

    /// The tree of bytes as they are after the codecs; what it encodes to is left open.
    pub(crate) fn of_plain(format: &'f Format, plain: &[u8]) -> Self {
        let mut tree = Tree::empty(format);
        tree.redecode_plain(false, plain);
        tree
    }

    /// Decodes bytes as they are after the codecs; what it encodes to is left open.
    fn redecode_plain(&mut self, opaque: bool, plain: &[u8]) {
        self.wire = None;
        self.opaque = opaque;
        self.problems.clear();
        compare::assign(&mut self.bytes, plain);
        decode::run(self, None);
    }

    /// Whether other trees may take over nodes of this one: bytes are decoded as they are, and
    /// all of these had their place.
    fn gives_structure(&self) -> bool {
        self.format.steady && !self.nodes.is_empty() && self.problems.is_empty()
    }

    /// Takes the nodes as they are for other bytes, if it is certain that they are the same.
    fn keep_structure(&mut self, wire: &[u8]) -> bool {
        let same = compare::same_structure(self, wire);
        if same {
            compare::assign(&mut self.bytes, wire);
        }
        same
    }

    /// The leaves in which a tree of the same nodes differs; none: the nodes are not the same.
    pub(crate) fn differing_leaves<'t>(&'t self, other: &'t Tree<'_>) -> Option<impl Iterator<Item = NodeId> + 't> {
        let leaf = |node: &NodeId| self.node(*node).next == node + 1;
        (self.nodes == other.nodes).then(|| compare::differing(self, &other.bytes).flatten().filter(leaf))
    }

    /// The leaves in which other bytes differ, if it is certain that their nodes are the same.
    pub(crate) fn changed_leaves<'t>(&'t self, wire: &'t [u8]) -> Option<impl Iterator<Item = NodeId> + 't> {
        compare::same_structure(self, wire).then(|| compare::differing(self, wire).flatten())
    }

    /// The wire bytes.
    pub fn encode(&self) -> &[u8] {
        self.wire.as_deref().unwrap_or(&self.bytes)
    }

    /// Where a node begins in the wire bytes.
    pub(crate) fn wire_offset(&self, node: NodeId) -> usize {
        codec::redo(self, self.bytes[..self.node(node).start as usize].to_vec()).len()
    }

    /// The description it was decoded with.
    pub fn format(&self) -> &'f Format {
        self.format
    }

    /// The bytes that the spans refer to (after the codecs).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All nodes, parents before children, in wire order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What does not fit the shape.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Nodes whose value follows from the rest.
    pub fn relations(&self) -> &[NodeId] {
        &self.relations
    }

    /// List nodes.
    pub fn lists(&self) -> &[NodeId] {
        &self.lists
    }

    /// A node.
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// A node's bytes.
    #[inline]
    pub fn span(&self, id: NodeId) -> &[u8] {
        let node = self.node(id);
        &self.bytes[node.start as usize..node.end as usize]
    }
}
