//! Crossover of two inputs: mostly hands on to the mutators with the second as donor, sometimes
//! takes a whole list from it.

use super::Mutation;
use crate::rng::Rng;
use crate::tree::{Edit, NodeId, Repair, Tree};

/// Combines two inputs.
pub fn crossover(mutation: &mut Mutation<'_>, first: &[u8], second: &[u8], max_size: usize, seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    mutation.learn(second);
    if rng.one_in(4)
        && let Some(bytes) = whole_list(mutation, first, &mut rng)
        && bytes.len() <= max_size
    {
        return bytes;
    }
    let mut data = first.to_vec();
    mutation.mutate(&mut data, max_size, rng.draw());
    data
}

fn whole_list(mutation: &Mutation<'_>, first: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let tree = Tree::decode(mutation.donor.format(), first);
    let lists: Vec<NodeId> = tree.lists().to_vec();
    let list = *rng.pick(&lists)?;
    let source = mutation
        .donor
        .lists()
        .iter()
        .copied()
        .find(|other| mutation.donor.node(*other).field == tree.node(list).field)?;
    let (own, foreign) = (tree.children(list).count() as i64, mutation.donor.children(source).count() as i64);
    let place = tree.children(list).count();
    let mut edit = Edit::insert(&tree, list, place, mutation.donor.span(source).to_vec(), foreign);
    for child in tree.children(list) {
        edit = edit.and(Edit::delete(&tree, child));
    }
    let _ = own;
    Some(tree.apply(&edit, Repair::Affected))
}
