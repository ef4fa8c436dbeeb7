//! Reading what a message or a library says, by the names of the fields.

use infuzz::format::Shape;
use infuzz::tree::{NodeId, Tree};

/// A place in a tree.
#[derive(Clone, Copy)]
pub(super) struct At<'t> {
    tree: &'t Tree<'t>,
    node: NodeId,
}

impl<'t> At<'t> {
    /// The whole of it.
    pub(super) fn root(tree: &'t Tree<'t>) -> Self {
        At { tree, node: 0 }
    }

    /// The part of this name that is there.
    pub(super) fn part(self, name: &str) -> Option<Self> {
        self.parts().find(|part| part.name() == name)
    }

    /// The part at the end of these names.
    pub(super) fn inner(self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self, |at, name| at.part(name))
    }

    /// The parts of a record, or the items of a list.
    pub(super) fn parts(self) -> impl Iterator<Item = Self> + 't {
        let At { tree, node } = self;
        tree.children(node).map(move |node| At { tree, node })
    }

    fn name(self) -> &'t str {
        &self.tree.format().field(self.tree.node(self.node).field).name
    }

    /// What it is as a number.
    pub(super) fn number(self) -> Option<u64> {
        self.tree.number(self.node)
    }

    /// Its characters; none of an empty field.
    pub(super) fn text(self) -> Option<&'t str> {
        std::str::from_utf8(self.tree.text(self.node)).ok().filter(|text| !text.is_empty())
    }

    /// The enumerator that it is.
    pub(super) fn word(self) -> Option<&'t str> {
        let format = self.tree.format();
        let Shape::Enum { of, .. } = format.field(self.tree.node(self.node).field).shape else { return None };
        Some(&format.enums.get(of)?.row(self.number()?)?.name)
    }
}
