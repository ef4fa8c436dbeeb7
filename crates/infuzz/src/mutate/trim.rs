//! Smaller inputs of the same form, for engines that trim what they keep: records are taken out of
//! every list, from the end, first many at once and then one by one.

use crate::format::Format;
use crate::tree::{Edit, Repair, Tree};

/// Proposes smaller inputs, each made from the last one that was taken.
#[derive(Debug)]
pub struct Trimmer<'f> {
    format: &'f Format,
    bytes: Vec<u8>,
    /// The lists not finished, the last of which is being worked on.
    lists: usize,
    /// How many records are taken out at once; 0: the list has not been begun.
    chunk: usize,
    /// Records before this one are still to be tried.
    end: usize,
    proposed: Vec<u8>,
}

impl<'f> Trimmer<'f> {
    /// Begins with an input.
    pub fn new(format: &'f Format, bytes: &[u8]) -> Self {
        let lists = Tree::decode(format, bytes).lists().len();
        Trimmer { format, bytes: bytes.to_vec(), lists, chunk: 0, end: 0, proposed: Vec::new() }
    }

    /// The next smaller input; none when all was tried.
    pub fn propose(&mut self) -> Option<&[u8]> {
        let tree = Tree::decode(self.format, &self.bytes);
        while self.lists > 0 {
            let Some(&list) = tree.lists().get(self.lists - 1) else {
                (self.lists, self.chunk) = (self.lists - 1, 0);
                continue;
            };
            let length = tree.children(list).count();
            if self.chunk == 0 {
                (self.chunk, self.end) = (length, length);
            }
            self.end = self.end.min(length);
            if self.end == 0 {
                (self.chunk, self.end) = (self.chunk / 2, length);
                if self.chunk == 0 {
                    self.lists -= 1;
                }
                continue;
            }
            let start = self.end.saturating_sub(self.chunk);
            let items = tree.children(list).skip(start).take(self.end - start);
            let edit = items.fold(Edit::default(), |edit, item| edit.and(Edit::delete(&tree, item)));
            self.end = start;
            self.proposed = tree.apply(&edit, Repair::Affected);
            if self.proposed.len() < self.bytes.len() {
                return Some(&self.proposed);
            }
        }
        None
    }

    /// The last proposal shows the same: goes on from it.
    pub fn take(&mut self) {
        self.bytes.clone_from(&self.proposed);
    }
}
