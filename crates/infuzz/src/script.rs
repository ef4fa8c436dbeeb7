//! Inputs driven by `Arbitrary`, for engines without custom mutators: a short script of edits
//! over a valid library.

use crate::mutate::Mutation;
use arbitrary::{Arbitrary, Unstructured};

/// Most edits in a script.
pub const MAX_EDITS: usize = 6;

/// A starting point and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditScript {
    /// Which of the starting points.
    pub start: u8,
    /// Seeds of the edits, in order.
    pub edits: Vec<u64>,
}

impl<'a> Arbitrary<'a> for EditScript {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let start = u.arbitrary()?;
        let count = u.int_in_range(0..=MAX_EDITS)?;
        let edits = (0..count).map(|_| u.arbitrary()).collect::<arbitrary::Result<_>>()?;
        Ok(EditScript { start, edits })
    }
}

impl EditScript {
    /// The bytes that come of it.
    pub fn bytes(&self, mutation: &mut Mutation<'_>, max_size: usize) -> Vec<u8> {
        let seeds = mutation.seeds();
        let mut data = seeds.get(usize::from(self.start) % seeds.len().max(1)).cloned().unwrap_or_default();
        for seed in &self.edits {
            mutation.mutate(&mut data, max_size, *seed);
        }
        data
    }
}
