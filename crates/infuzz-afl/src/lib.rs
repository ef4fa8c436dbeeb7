//! The structure-aware mutators as a custom mutator of AFL++: built as a shared library, named in
//! `AFL_CUSTOM_MUTATOR_LIBRARY`, with the target's name in `INFUZZ_TARGET`.

mod boundary;

use infuzz::builtin::Builtin;
use infuzz::format::Format;
use infuzz::mutate::{Mutation, Trimmer, crossover};
use infuzz::rng::Rng;
use infuzz_fuzz::{Body, Input, target};

/// The variable that holds the target's name.
pub const TARGET_VARIABLE: &str = "INFUZZ_TARGET";

/// What AFL++ is told: as many trimming steps as it may count, all of which are never taken.
const TRIM_STEPS: i32 = i32::MAX;

/// The mutators of one target.
pub struct Mutator {
    format: &'static Format,
    mutation: Mutation<'static>,
    /// Of a target whose inputs are conversations.
    body: Option<Body>,
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
        if target.input == Input::Conversation {
            let body = Body::new(target, None)?;
            let (format, mutation) = (body.format(), Mutation::new(body.format(), Vec::new()));
            let (rng, body) = (Rng::new(seed), Some(body));
            return Ok(Mutator { format, mutation, body, rng, out: Vec::new(), trimmer: None });
        }
        let builtin = Builtin::named(target.format).ok_or_else(|| format!("there is no format {}", target.format))?;
        // One description for as long as the process lives.
        let format: &'static Format = Box::leak(Box::new(builtin.load().map_err(|e| e.to_string())?));
        let seeds = target.seeds().into_iter().map(|seed| builtin.seed(format, seed).map_err(|e| e.to_string()));
        let mutation = Mutation::new(format, seeds.collect::<Result<_, _>>()?);
        Ok(Mutator { format, mutation, body: None, rng: Rng::new(seed), out: Vec::new(), trimmer: None })
    }

    /// Changes an input, now and then with another as source of records.
    pub fn fuzz(&mut self, data: &[u8], other: &[u8], max_size: usize) -> &[u8] {
        let seed = self.rng.draw();
        if let Some(body) = &mut self.body {
            if !other.is_empty() && self.rng.one_in(4) {
                self.out = body.crossover(data, other, max_size, seed);
            } else {
                self.out.clear();
                self.out.extend_from_slice(data);
                body.mutate(&mut self.out, max_size, seed);
            }
            return &self.out;
        }
        if !other.is_empty() && self.rng.one_in(4) {
            self.out = crossover(&mut self.mutation, data, other, max_size, seed);
        } else {
            self.out.clear();
            self.out.extend_from_slice(data);
            self.mutation.mutate(&mut self.out, max_size, seed);
        }
        self.out.truncate(max_size);
        &self.out
    }

    /// Begins to trim an input; gives how many steps there are at most.
    pub fn begin_trim(&mut self, data: &[u8]) -> i32 {
        if self.body.is_some() {
            return 0;
        }
        let mut trimmer = Trimmer::new(self.format, data);
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
