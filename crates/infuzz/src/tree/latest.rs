//! The tree of the latest of many inputs, each not very different from one before it.

use super::{Edit, Repair, Tree};
use crate::format::Format;

/// A tree that goes from input to input: what is the same stays. It always equals the tree
/// decoded from nothing.
#[derive(Clone, Debug)]
pub struct Latest<'f> {
    tree: Tree<'f>,
    /// What it was before its structure changed last.
    before: Tree<'f>,
}

impl<'f> Latest<'f> {
    /// The tree of no input.
    pub fn new(format: &'f Format) -> Self {
        Latest { tree: Tree::empty(format), before: Tree::empty(format) }
    }

    /// The tree.
    pub fn tree(&self) -> &Tree<'f> {
        &self.tree
    }

    /// Edits the bytes of the tree in place; gives whether they differ afterwards. The tree stays,
    /// but going to them costs less.
    pub(crate) fn edit(&mut self, edit: &Edit, repair: Repair, wire: &mut Vec<u8>) -> bool {
        self.tree.apply_to(edit, repair, wire, &mut self.before)
    }

    /// Goes to an input; it may be like the latest one, or the one before, or `other`.
    pub fn advance(&mut self, other: Option<&Tree<'f>>, wire: &[u8]) {
        let known = !self.tree.nodes.is_empty() && self.tree.encode() == wire;
        if known || self.tree.keep_structure(wire) {
            return;
        }
        if self.before.keep_structure(wire) {
            return std::mem::swap(&mut self.tree, &mut self.before);
        }
        if self.tree.gives_structure() {
            std::mem::swap(&mut self.tree, &mut self.before);
        }
        match other.filter(|_| !self.before.gives_structure()) {
            Some(other) => self.tree.redecode_like(other, wire),
            None => self.tree.redecode_like(&self.before, wire),
        }
    }
}
