//! libFuzzer: mutator, crossover, and coverage while accepted in counters of our own.

use super::running::{Running, with};
use crate::guidance::Measured;
use crate::table::Input;
use infuzz::rng::Rng;

pub use libfuzzer_sys as sys;

/// Whether inputs are for libFuzzer alone to change.
fn left_to_the_engine(running: &Running) -> bool {
    running.measured != Measured::Whole || running.body.target().input == Input::Edits
}

/// Mutates in place; returns the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    with(|running| {
        if left_to_the_engine(running) || seed % 32 == 0 {
            return sys::fuzzer_mutate(data, size, max_size);
        }
        let mut bytes = data[..size].to_vec();
        running.body.mutate(&mut bytes, max_size.min(data.len()), u64::from(seed));
        put(&bytes, data)
    })
}

/// Combines two inputs; returns the size of the result.
pub fn crossover(first: &[u8], second: &[u8], out: &mut [u8], seed: u32) -> usize {
    with(|running| {
        if left_to_the_engine(running) {
            let mut rng = Rng::new(u64::from(seed));
            let (head, tail) = (rng.below(first.len() + 1), rng.below(second.len() + 1));
            return put(&[&first[..head], &second[tail..]].concat(), out);
        }
        let bytes = running.body.crossover(first, second, out.len(), u64::from(seed));
        put(&bytes, out)
    })
}

fn put(bytes: &[u8], out: &mut [u8]) -> usize {
    let size = bytes.len().min(out.len());
    out[..size].copy_from_slice(&bytes[..size]);
    size
}

/// Counts what has just run once more, apart.
#[cfg(feature = "accepted-coverage")]
pub(super) fn keep_apart() {
    counters::keep_apart();
}

/// The counters of the code that ran, and those that libFuzzer reads beside them.
#[cfg(feature = "accepted-coverage")]
mod counters {
    use std::cell::UnsafeCell;

    /// More than the code under test has edges.
    const SIZE: usize = 16_384;

    #[repr(transparent)]
    struct Extra(UnsafeCell<[u8; SIZE]>);

    // SAFETY: libFuzzer runs a target on one thread, which alone reads and writes the counters.
    unsafe impl Sync for Extra {}

    #[cfg_attr(target_os = "linux", unsafe(link_section = "__libfuzzer_extra_counters"))]
    static EXTRA: Extra = Extra(UnsafeCell::new([0; SIZE]));

    unsafe extern "C" {
        #[link_name = "__start___sancov_cntrs"]
        static FIRST: u8;
        #[link_name = "__stop___sancov_cntrs"]
        static END: u8;
    }

    /// Counts what has just run once more, in the extra counters.
    pub(super) fn keep_apart() {
        let (first, end) = (&raw const FIRST, &raw const END);
        let count = (end as usize - first as usize).min(SIZE);
        for at in 0..count {
            // SAFETY: `first` and `end` are the linker's bounds of the section that holds the
            // counters, `at` lies between them and below SIZE, and no other thread runs.
            unsafe {
                let ran = first.add(at).read();
                if ran > 0 {
                    EXTRA.0.get().cast::<u8>().add(at).write(ran);
                }
            }
        }
    }
}
