//! The records that references name, by their keys.

use super::{NodeId, Tree};
use crate::format::FieldId;

/// Records of the tables that references name, by key.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// As [`crate::format::Format::tables`]: the list, and key and record of each of its records.
    tables: Vec<(FieldId, Vec<(u64, NodeId)>)>,
}

impl Tables {
    /// Indexes every table of `tree` that a reference names.
    pub fn rebuild(&mut self, tree: &Tree<'_>) {
        let format = tree.format();
        if self.tables.len() != format.tables.len() {
            self.tables = format.tables.iter().map(|(table, _)| (*table, Vec::new())).collect();
        }
        for ((table, rows), (list, key)) in self.tables.iter_mut().zip(&format.tables) {
            *table = *list;
            rows.clear();
            let Some(list) = tree.lists().iter().find(|node| tree.node(**node).field == *list) else { continue };
            let (mut sorted, mut last) = (true, 0);
            for record in tree.used(*list) {
                let position = || Some(u64::from(tree.node(record).index));
                let stated = || tree.number(tree.child(record, *key)?);
                if let Some(value) = if *key == tree.node(*list).field { position() } else { stated() } {
                    rows.push((value, record));
                    sorted &= last <= value;
                    last = value;
                }
            }
            if !sorted {
                rows.sort_by_key(|row| row.0);
            }
        }
    }

    /// The record of `table` with this key.
    pub fn find(&self, table: FieldId, key: u64) -> Option<NodeId> {
        self.find_at(self.tables.iter().position(|(known, _)| *known == table)?, key)
    }

    /// The same by the table's position in [`crate::format::Format::tables`].
    #[inline]
    pub(crate) fn find_at(&self, table: usize, key: u64) -> Option<NodeId> {
        let (_, rows) = self.tables.get(table)?;
        let guess = key.checked_sub(rows.first()?.0).and_then(|at| rows.get(usize::try_from(at).ok()?));
        if let Some((found, node)) = guess
            && *found == key
        {
            return Some(*node);
        }
        rows.binary_search_by_key(&key, |row| row.0).ok().map(|at| rows[at].1)
    }

    /// The keys of `table`, ascending.
    pub fn keys(&self, table: FieldId) -> impl Iterator<Item = u64> + '_ {
        self.tables.iter().filter(move |(known, _)| *known == table).flat_map(|(_, rows)| rows.iter().map(|row| row.0))
    }
}
