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

/// One of the lists that differ becomes that of the second input.
fn whole_list(mutation: &Mutation<'_>, first: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let donor = &mutation.donor;
    let tree = Tree::decode(donor.format(), first);
    let pairs = tree.lists().iter().filter_map(|list| {
        let field = tree.node(*list).field;
        let source = donor.lists().iter().copied().find(|other| donor.node(*other).field == field)?;
        (donor.span(source) != tree.span(*list)).then_some((*list, source))
    });
    let pairs: Vec<(NodeId, NodeId)> = pairs.collect();
    let (list, source) = *rng.pick(&pairs)?;
    let items = donor.children(source).count();
    Some(tree.apply(&Edit::replace_items(&tree, list, donor.span(source).to_vec(), items), Repair::Affected))
}
