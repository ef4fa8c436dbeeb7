//! Structure-aware mutators, one file each.
//!
//! A mutator that applies gives an [`Edit`]; the choice among those that apply is uniform. What
//! happens to the relations afterwards is decided here: mostly those the edit touches are
//! repaired, now and then everything is, or nothing.

mod bits;
mod crossover;
mod field;
mod grow;
mod kinds;
mod order;
mod presence;
mod raw;
mod records;
mod reference;
mod relation;
mod rule;
mod splice;
mod trim;
mod truncate;

use crate::format::{FieldId, Format};
use crate::rng::Rng;
use crate::rules::{Checker, settle_like};
use crate::tree::{Edit, Latest, NodeId, Repair, Tables, Tree};

use kinds::{Kind, Kinds};

pub use crossover::crossover;
pub use raw::mutate as raw;
pub use trim::Trimmer;

/// How often a mutator tries to find something to change.
const TRIES: usize = 6;

/// What a mutator works on.
pub struct Context<'a, 'f> {
    /// The input.
    pub tree: &'a Tree<'f>,
    /// Its tables.
    pub tables: &'a Tables,
    /// Another input to take records from.
    pub donor: &'a Tree<'f>,
    /// The largest result allowed.
    pub max_size: usize,
    kinds: &'a Kinds,
}

impl Context<'_, '_> {
    /// A leaf: first which field of the description, then which occurrence, so that a field that
    /// stands once is tried as often as one that stands in every record.
    fn leaf(&self, rng: &mut Rng) -> Option<NodeId> {
        let format = self.tree.format();
        for _ in 0..8 {
            let field = &format.fields[rng.below(format.fields.len())];
            if !field.is_leaf() {
                continue;
            }
            let from = rng.below(self.tree.nodes().len());
            if let Some(node) = self.next(from, |known| known == field.id) {
                return Some(node);
            }
        }
        self.some(rng, &self.kinds.leaf)
    }

    /// The first node of such a field from a place on, and round from the beginning.
    fn next(&self, from: usize, wanted: impl Fn(FieldId) -> bool) -> Option<NodeId> {
        let (before, after) = self.tree.nodes().split_at_checked(from)?;
        let after = after.iter().position(|node| wanted(node.field)).map(|at| from + at);
        let found = after.or_else(|| before.iter().position(|node| wanted(node.field)))?;
        NodeId::try_from(found).ok()
    }

    /// A random node of a kind: probes first, then a scan from a random place.
    fn some(&self, rng: &mut Rng, kind: &Kind) -> Option<NodeId> {
        let count = self.tree.nodes().len();
        for _ in 0..8 {
            let node = rng.below(count) as NodeId;
            if kind.has(self.tree.node(node).field) {
                return Some(node);
            }
        }
        let from = rng.below(count);
        if kind.any { self.next(from, |field| kind.has(field)) } else { None }
    }

    /// A record that stands in a list.
    fn item(&self, rng: &mut Rng) -> Option<NodeId> {
        self.some(rng, &self.kinds.item)
    }
}

/// A named mutator.
#[derive(Clone, Copy)]
pub struct Mutator {
    /// Its name, as its file.
    pub name: &'static str,
    mutate: fn(&Context<'_, '_>, &mut Rng) -> Option<Edit>,
}

impl std::fmt::Debug for Mutator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All mutators that edit one input.
pub static MUTATORS: &[Mutator] = &[
    Mutator { name: "field", mutate: field::mutate },
    Mutator { name: "bits", mutate: bits::mutate },
    Mutator { name: "duplicate", mutate: records::duplicate },
    Mutator { name: "delete", mutate: records::delete },
    Mutator { name: "swap", mutate: records::swap },
    Mutator { name: "insert", mutate: records::insert },
    Mutator { name: "splice", mutate: splice::mutate },
    Mutator { name: "grow", mutate: grow::mutate },
    Mutator { name: "truncate", mutate: truncate::mutate },
    Mutator { name: "reference", mutate: reference::mutate },
    Mutator { name: "order", mutate: order::mutate },
    Mutator { name: "relation", mutate: relation::mutate },
    Mutator { name: "rule", mutate: rule::mutate },
    Mutator { name: "presence", mutate: presence::mutate },
];

/// The structure-aware mutation of one format, with its allocations and starting points.
pub struct Mutation<'f> {
    latest: Latest<'f>,
    scratch: Tree<'f>,
    donor: Tree<'f>,
    tables: Tables,
    checker: Checker,
    kinds: Kinds,
    seeds: Vec<Vec<u8>>,
}

impl<'f> Mutation<'f> {
    /// A mutation that starts from `seeds` where it is given nothing useful.
    pub fn new(format: &'f Format, seeds: Vec<Vec<u8>>) -> Self {
        let donor = Tree::decode(format, seeds.last().map_or(&[], Vec::as_slice));
        Mutation {
            latest: Latest::new(format),
            scratch: Tree::empty(format),
            donor,
            tables: Tables::default(),
            checker: Checker::default(),
            kinds: Kinds::of(format),
            seeds,
        }
    }

    /// Changes `data`; gives the name of the mutator that did. The result has at most `max_size`
    /// bytes and depends on nothing but `data`, `max_size` and `seed`.
    pub fn mutate(&mut self, data: &mut Vec<u8>, max_size: usize, seed: u64) -> &'static str {
        self.change(None, data, max_size, seed)
    }

    /// The same, faster where `data` resembles an input that is decoded already: engines mutate
    /// again what they have just executed.
    pub fn mutate_like(&mut self, known: &Tree<'f>, data: &mut Vec<u8>, max_size: usize, seed: u64) -> &'static str {
        self.change(Some(known), data, max_size, seed)
    }

    fn change(&mut self, known: Option<&Tree<'f>>, data: &mut Vec<u8>, max_size: usize, seed: u64) -> &'static str {
        let mut rng = Rng::new(seed);
        let useless = data.len() < 8 || rng.one_in(64);
        if useless && let Some(start) = rng.pick(&self.seeds).filter(|s| s.len() <= max_size) {
            data.clone_from(start);
            return "seed";
        }
        if rng.one_in(16) {
            raw::mutate(data, max_size, &mut rng);
            return "raw";
        }
        let tree = match known.filter(|known| !known.nodes().is_empty() && known.encode() == data) {
            Some(known) => known,
            None => {
                self.latest.advance(known, data);
                self.latest.tree()
            }
        };
        self.tables.rebuild(tree);
        let context = Context { tree, tables: &self.tables, donor: &self.donor, max_size, kinds: &self.kinds };
        // One of the mutators that apply, each with the same chance: one that had bad luck with
        // its own choices tries again.
        let mut left: Vec<&Mutator> = MUTATORS.iter().collect();
        while !left.is_empty() {
            let mutator = left.swap_remove(rng.below(left.len()));
            for _ in 0..TRIES {
                let Some(edit) = (mutator.mutate)(&context, &mut rng) else { continue };
                let changed = apply(&context, &mut self.checker, &mut self.scratch, &edit, data, &mut rng);
                if changed && data.len() <= max_size {
                    return mutator.name;
                }
                if changed {
                    data.clear();
                    data.extend_from_slice(tree.encode());
                }
            }
        }
        raw::mutate(data, max_size, &mut rng);
        "raw"
    }

    /// Another input of the same format, from now on the source of foreign records.
    pub fn learn(&mut self, data: &[u8]) {
        self.donor.redecode(data);
    }

    /// An input that was decoded to be changed, mostly the last one.
    pub fn tree(&self) -> &Tree<'f> {
        self.latest.tree()
    }

    /// The starting points.
    pub fn seeds(&self) -> &[Vec<u8>] {
        &self.seeds
    }
}

/// Applies an edit to the bytes of the tree; mostly the relations it touches are repaired, now and
/// then all of them or none. Gives whether the bytes differ afterwards.
fn apply<'f>(
    context: &Context<'_, 'f>,
    checker: &mut Checker,
    scratch: &mut Tree<'f>,
    edit: &Edit,
    data: &mut Vec<u8>,
    rng: &mut Rng,
) -> bool {
    let repair = match rng.below(16) {
        0 => Repair::Nothing,
        1 | 2 => Repair::All,
        _ => Repair::Affected,
    };
    let changed = context.tree.apply_to(edit, repair, data, scratch);
    if repair == Repair::All
        && rng.one_in(8)
        && let Some(valid) = settle_like(checker, context.tree, data)
    {
        *data = valid;
        return *data != context.tree.encode();
    }
    changed
}
