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
        // What is of another size by far is no relative: to compare would cost more than it saves.
        let related = |tree: &&Tree<'f>| {
            let sizes = (tree.bytes.len(), wire.len());
            tree.gives_structure() && sizes.0 / 2 <= sizes.1 && sizes.1 / 2 <= sizes.0
        };
        match [Some(&self.before), other].into_iter().flatten().find(related) {
            Some(like) => self.tree.redecode_like(like, wire),
            None => self.tree.redecode(wire),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::BUILTIN;
    use crate::mutate::{Mutation, raw};
    use crate::rng::Rng;
    use crate::tree::NodeId;

    /// Every built-in description with its seeds; without seeds, with bytes that mean nothing.
    fn formats() -> impl Iterator<Item = (Format, Vec<Vec<u8>>)> {
        BUILTIN.iter().map(|builtin| {
            let format = builtin.load().expect("built in");
            let seeds = builtin.seeds.iter().map(|(name, _)| builtin.seed(&format, name).expect("a seed"));
            let mut seeds: Vec<Vec<u8>> = seeds.filter(|seed| seed.len() < 80_000).collect();
            seeds.push((0..200).collect());
            (format, seeds)
        })
    }

    fn assert_fresh(latest: &Latest<'_>, wire: &[u8]) {
        let (tree, fresh) = (latest.tree(), Tree::decode(latest.tree().format, wire));
        assert_eq!(tree.encode(), wire);
        assert_eq!(tree.bytes, fresh.bytes);
        assert_eq!(tree.nodes, fresh.nodes);
        assert_eq!(tree.problems, fresh.problems);
        assert_eq!((&tree.relations, &tree.lists), (&fresh.relations, &fresh.lists));
    }

    #[test]
    fn the_latest_tree_is_that_decoded_from_nothing() {
        for (format, seeds) in formats() {
            let mut mutation = Mutation::new(&format, seeds.clone());
            let mut latest = Latest::new(&format);
            let other = Tree::decode(&format, &seeds[0]);
            let mut data = Vec::new();
            for step in 0..300 {
                let mut rng = Rng::new(step);
                match rng.below(6) {
                    0 => data.clone_from(&seeds[rng.below(seeds.len())]),
                    1 => raw(&mut data, 80_000, &mut rng),
                    2 => data.truncate(rng.below(data.len() + 1)),
                    _ => drop(mutation.mutate(&mut data, 80_000, step)),
                }
                latest.advance(rng.one_in(2).then_some(&other), &data);
                assert_fresh(&latest, &data);
            }
        }
    }

    #[test]
    fn an_edit_in_place_is_the_edit_of_a_copy() {
        for (format, seeds) in formats() {
            let mut latest = Latest::new(&format);
            for step in 0..300 {
                let mut rng = Rng::new(step);
                let mut data = seeds[rng.below(seeds.len())].clone();
                latest.advance(None, &data);
                let tree = latest.tree();
                let mut node = || rng.below(tree.nodes.len()) as NodeId;
                let (a, b) = (node(), node());
                let edit = match rng.below(5) {
                    0 => Edit::delete(tree, a),
                    1 => Edit::swap(tree, a, b),
                    2 => Edit::set(tree, a, tree.span(b).to_vec()),
                    3 => Edit::set_number(tree, a, rng.draw()).and(Edit::delete(tree, b)),
                    _ => Edit::set_number(tree, a, rng.draw()),
                };
                for repair in [Repair::Nothing, Repair::Affected, Repair::All] {
                    let copy = latest.tree().apply(&edit, repair);
                    let before = data.clone();
                    assert_eq!(latest.edit(&edit, repair, &mut data), copy != before, "{}: {edit:?}", format.name);
                    assert_eq!(data, copy, "{}: {edit:?}", format.name);
                    data = before;
                }
                latest.edit(&edit, Repair::All, &mut data);
                latest.advance(None, &data);
                assert_fresh(&latest, &data);
            }
        }
    }
}
