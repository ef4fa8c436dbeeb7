//! What was worked out of messages: the same come again and again.

use super::marks::Mix;
use crate::format::Format;
use crate::judgement::{Judge, Judgement};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Bytes after which messages that were not asked for again are forgotten.
const MOST: usize = 1 << 20;
/// What is counted for a message besides its bytes.
const BESIDES: usize = 64;

type Known<T> = HashMap<Vec<u8>, T, BuildHasherDefault<Mix>>;

/// What was worked out of bytes and of nothing else.
pub struct Remembered<T> {
    lately: Known<T>,
    before: Known<T>,
    /// Bytes of those that were asked for lately.
    size: usize,
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Remembered { lately: Known::default(), before: Known::default(), size: 0 }
    }
}

impl<T: Clone> Remembered<T> {
    /// What comes of these bytes, worked out only if it is not known.
    pub fn of(&mut self, bytes: &[u8], work_out: impl FnOnce() -> T) -> T {
        if let Some(known) = self.lately.get(bytes) {
            return known.clone();
        }
        let known = self.before.remove_entry(bytes);
        let (bytes, known) = known.unwrap_or_else(|| (bytes.to_vec(), work_out()));
        if self.size > MOST {
            (self.before, self.size) = (std::mem::take(&mut self.lately), 0);
        }
        self.size += bytes.len() + BESIDES;
        self.lately.insert(bytes, known.clone());
        known
    }
}

/// A judge that remembers.
pub struct Judged<'f> {
    judge: Judge<'f>,
    known: Remembered<Judgement>,
}

impl<'f> Judged<'f> {
    /// Of this format.
    pub fn new(format: &'f Format) -> Self {
        Judged { judge: Judge::new(format), known: Remembered::default() }
    }

    /// Judges a message.
    pub fn judge(&mut self, bytes: &[u8]) -> Judgement {
        self.known.of(bytes, || self.judge.judge(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_again_stays_and_the_rest_is_forgotten() {
        let mut known = Remembered::default();
        let worked_out = std::cell::Cell::new(0);
        let mut of = |number: u32| {
            let bytes = vec![number as u8; 1_000 + number as usize];
            known.of(&bytes, || {
                worked_out.set(worked_out.get() + 1);
                number
            })
        };
        for number in 0..5_000 {
            assert_eq!((of(0), of(number)), (0, number));
        }
        assert_eq!(worked_out.get(), 5_000);
        assert_eq!((of(4_999), of(1)), (4_999, 1));
        assert_eq!(worked_out.get(), 5_001);
        assert!(known.lately.len() + known.before.len() < 2_500);
    }
}
