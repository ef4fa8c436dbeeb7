//! The entries of a library that a device must find, and keys under which it must find nothing.

use crate::device::{LookUp, digest};
use crate::tree::{NodeId, Tables, Tree};

/// The parts of an entry's key, such as the names of its profile and drug.
pub type Key = Vec<Vec<u8>>;

/// The records of the table that can be looked up, in order, with what a look-up needs of them.
pub struct Entries<'t, 'f> {
    tree: &'t Tree<'f>,
    tables: &'t Tables,
    rows: Vec<NodeId>,
}

impl<'t, 'f> Entries<'t, 'f> {
    /// The entries of a tree whose tables are `tables`; none if its format has no look-up.
    pub fn of(tree: &'t Tree<'f>, tables: &'t Tables) -> Self {
        let lookup = tree.format().lookup.as_ref();
        let list = lookup.and_then(|l| tree.lists().iter().copied().find(|list| tree.node(*list).field == l.table));
        Entries { tree, tables, rows: list.into_iter().flat_map(|list| tree.children(list)).collect() }
    }

    fn parts(&self, row: NodeId) -> impl Iterator<Item = Option<&'t [u8]>> {
        let operands = self.tree.format().lookup.iter().flat_map(|lookup| &lookup.key);
        operands.map(move |operand| Some(self.tree.text(self.tree.locate(row, operand, Some(self.tables))?)))
    }

    fn key(&self, row: NodeId) -> Option<Key> {
        self.parts(row).map(|part| part.map(<[u8]>::to_vec)).collect()
    }

    fn is_at(&self, row: NodeId, key: &[Vec<u8>]) -> bool {
        self.parts(row).eq(key.iter().map(|part| Some(part.as_slice())))
    }

    /// All keys, in the order of the entries.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.rows.iter().filter_map(|row| self.key(*row))
    }

    /// What a device must find under a key: the first entry that has it.
    pub fn expected(&self, key: &[Vec<u8>]) -> LookUp {
        match self.rows.iter().find(|row| self.is_at(**row, key)) {
            Some(row) => LookUp::Is(digest(self.tree.span(*row))),
            None => LookUp::Absent,
        }
    }

    /// At most so many keys, the first and the last among them; the others begin at a place that
    /// `seed` chooses.
    pub fn some(&self, most: usize, seed: u64) -> Vec<Key> {
        let rows = self.rows.len();
        let mut chosen: Vec<usize> = if rows <= most {
            (0..rows).collect()
        } else {
            let between = most.saturating_sub(2);
            let shift = (seed % rows as u64) as usize;
            let spread = (0..between).map(|n| (shift + n * rows / between) % rows);
            spread.chain([0, rows - 1]).collect()
        };
        chosen.sort_unstable();
        chosen.dedup();
        chosen.into_iter().filter_map(|row| self.key(self.rows[row])).collect()
    }

    /// Keys that look like those of entries and are not: parts of two entries put together, one
    /// part too long or too short.
    pub fn strangers(&self) -> Vec<Key> {
        let ends = [self.rows.first(), self.rows.last()].map(|row| row.and_then(|row| self.key(*row)));
        let [Some(first), Some(last)] = ends else { return Vec::new() };
        let mut keys = Vec::new();
        for part in 0..first.len() {
            let mut crossed = first.clone();
            crossed[part].clone_from(&last[part]);
            let mut longer = first.clone();
            longer[part].push(b'x');
            let mut shorter = last.clone();
            shorter[part].pop();
            keys.extend([crossed, longer, shorter]);
        }
        keys.retain(|key| self.expected(key) == LookUp::Absent);
        keys
    }
}
