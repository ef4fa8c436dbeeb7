//! Scripts of edits over a library: what engines without custom mutators work on.
//!
//! A script can be drawn with `Arbitrary`, or read from and written to bytes that an engine may
//! change as it likes: the first byte holds the number of edits, and in its top bit whether the
//! library itself is part of the script; then comes the number of a starting point, if it is not;
//! then eight bytes for each edit; the rest is the library.

use crate::mutate::Mutation;
use arbitrary::{Arbitrary, Unstructured};

/// Most edits in a script.
pub const MAX_EDITS: usize = 6;

/// Most bytes of a script beside the library.
pub const MAX_OVERHEAD: usize = 2 + 8 * MAX_EDITS;

/// In the first byte: the library is part of the script.
const OWN_BYTES: u8 = 0x80;

/// What the edits are done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// One of the starting points.
    Seed(u8),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// A starting point and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditScript {
    /// What the edits are done to.
    pub base: Base,
    /// Seeds of the edits, in order.
    pub edits: Vec<u64>,
}

impl<'a> Arbitrary<'a> for EditScript {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let base = Base::Seed(u.arbitrary()?);
        let count = u.int_in_range(0..=MAX_EDITS)?;
        let edits = (0..count).map(|_| u.arbitrary()).collect::<arbitrary::Result<_>>()?;
        Ok(EditScript { base, edits })
    }
}

impl EditScript {
    /// Bytes as they are, with no edit.
    pub fn of(bytes: &[u8]) -> Self {
        EditScript { base: Base::Bytes(bytes.to_vec()), edits: Vec::new() }
    }

    /// Any bytes are a script.
    pub fn read(data: &[u8]) -> Self {
        let (head, rest) = data.split_first().map_or((0, data), |(head, rest)| (*head, rest));
        let own = head & OWN_BYTES != 0;
        let (seed, mut rest) = match rest.split_first() {
            Some((seed, rest)) if !own => (*seed, rest),
            _ => (0, rest),
        };
        let mut edits = Vec::new();
        while edits.len() < usize::from(head & !OWN_BYTES) % (MAX_EDITS + 1)
            && let Some((edit, after)) = rest.split_first_chunk()
        {
            edits.push(u64::from_le_bytes(*edit));
            rest = after;
        }
        EditScript { base: if own { Base::Bytes(rest.to_vec()) } else { Base::Seed(seed) }, edits }
    }

    /// Bytes that read as this script, if it has no more than [`MAX_EDITS`] edits.
    pub fn write(&self) -> Vec<u8> {
        let count = self.edits.len().min(MAX_EDITS);
        let (mut data, rest) = match &self.base {
            Base::Seed(seed) => (vec![count as u8, *seed], &[][..]),
            Base::Bytes(bytes) => (vec![count as u8 | OWN_BYTES], bytes.as_slice()),
        };
        data.extend(self.edits.iter().take(count).flat_map(|edit| edit.to_le_bytes()));
        data.extend_from_slice(rest);
        data
    }

    /// The bytes that come of it.
    pub fn bytes(&self, mutation: &mut Mutation<'_>, max_size: usize) -> Vec<u8> {
        let mut data = match &self.base {
            Base::Seed(seed) => {
                let seeds = mutation.seeds();
                seeds.get(usize::from(*seed) % seeds.len().max(1)).cloned().unwrap_or_default()
            }
            Base::Bytes(bytes) => bytes.clone(),
        };
        for edit in &self.edits {
            mutation.mutate(&mut data, max_size, *edit);
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn any_bytes_are_a_script_and_a_script_is_read_as_written() {
        let mut rng = Rng::new(1);
        for length in 0..200 {
            let data: Vec<u8> = (0..length).map(|_| rng.draw() as u8).collect();
            let script = EditScript::read(&data);
            assert!(script.edits.len() <= MAX_EDITS);
            let written = script.write();
            assert_eq!(EditScript::read(&written), script, "{data:02x?}");
            let library = match &script.base {
                Base::Bytes(bytes) => bytes.len(),
                Base::Seed(_) => 0,
            };
            assert!(written.len() <= library + MAX_OVERHEAD);
        }
    }

    #[test]
    fn bytes_as_they_are_stay_so() {
        let script = EditScript::of(b"anything");
        assert_eq!(EditScript::read(&script.write()), script);
        assert_eq!(script.base, Base::Bytes(b"anything".to_vec()));
    }
}
