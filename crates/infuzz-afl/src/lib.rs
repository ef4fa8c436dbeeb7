//! The structure-aware mutators as a custom mutator of AFL++: built as a shared library, named in
//! `AFL_CUSTOM_MUTATOR_LIBRARY`, with the target's name in `INFUZZ_TARGET`.

mod boundary;

use infuzz::mutate::Trimmer;
use infuzz::rng::Rng;
use infuzz_fuzz::{Body, Input, target};

/// The variable that holds the target's name.
pub const TARGET_VARIABLE: &str = "INFUZZ_TARGET";

/// What AFL++ is told: as many trimming steps as it may count, all of which are never taken.
const TRIM_STEPS: i32 = i32::MAX;

/// The largest field that AFL++ takes for a size.
const GUESSED: usize = 8;

/// The mutators of one target.
pub struct Mutator {
    body: Body,
    rng: Rng,
    out: Vec<u8>,
    trimmer: Option<Trimmer<'static>>,
}

impl Mutator {
    /// The mutators of a target, drawing from this seed.
    pub fn new(name: &str, seed: u64) -> Result<Self, String> {
        let target = target(name).ok_or_else(|| format!("there is no target `{name}`"))?;
        if target.input == Input::Edits {
            return Err(format!(
                "the bytes of {name} are scripts, which AFL++ mutates by itself: unset AFL_CUSTOM_MUTATOR_LIBRARY"
            ));
        }
        Ok(Mutator { body: Body::new(target, None)?, rng: Rng::new(seed), out: Vec::new(), trimmer: None })
    }

    /// Changes an input, now and then with another as source of what it has.
    pub fn fuzz(&mut self, data: &[u8], other: &[u8], max_size: usize) -> &[u8] {
        let seed = self.rng.draw();
        if !other.is_empty() && self.rng.one_in(4) {
            self.out = self.body.crossover(data, other, max_size, seed);
        } else {
            self.out.clear();
            self.out.extend_from_slice(data);
            self.body.mutate(&mut self.out, max_size, seed);
        }
        self.out.truncate(max_size);
        // Unless AFL_FRAMESHIFT_DISABLE is set, AFL++ 4.40 writes what it takes for sizes into the result, at
        // places of the input that was changed: there must be room for that, though it spoils the result.
        self.out.reserve((data.len() + GUESSED).saturating_sub(self.out.len()));
        &self.out
    }

    /// Begins to trim an input; gives how many steps there are at most.
    pub fn begin_trim(&mut self, data: &[u8]) -> i32 {
        if self.body.target().input == Input::Conversation {
            return 0;
        }
        let mut trimmer = Trimmer::new(self.body.format(), data);
        let any = trimmer.propose().map(<[u8]>::to_vec);
        self.trimmer = Some(trimmer);
        any.map_or(0, |first| {
            self.out = first;
            TRIM_STEPS
        })
    }

    /// The smaller input to try.
    pub fn trim(&self) -> &[u8] {
        &self.out
    }

    /// Hears whether the last smaller input shows the same; gives how many steps are done.
    pub fn after_trim(&mut self, same: bool) -> i32 {
        let Some(trimmer) = &mut self.trimmer else { return TRIM_STEPS };
        if same {
            trimmer.take();
        }
        match trimmer.propose() {
            Some(next) => {
                self.out.clear();
                self.out.extend_from_slice(next);
                0
            }
            None => TRIM_STEPS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_has_room_for_a_size_at_the_end_of_what_it_was_made_of() {
        let mut mutator = Mutator::new("power_cut", 1).expect("a target");
        let long = vec![b' '; 9_000];
        for _ in 0..100 {
            mutator.fuzz(&long, &[], 16_384);
            assert!(mutator.out.capacity() >= long.len() + GUESSED);
        }
    }
}
