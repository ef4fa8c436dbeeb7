//! What the engines call: the same two lines in every binary, whatever it is built for.
//!
//! cargo-fuzz, cargo-afl and cargo-hfuzz all set `--cfg fuzzing`; the build script derives from
//! it, and from a feature of this package, which of them it is.

#[cfg(engine = "afl")]
mod afl;
#[cfg(engine = "honggfuzz")]
mod honggfuzz;
#[cfg(engine = "libfuzzer")]
pub mod libfuzzer;
mod points;
mod running;

#[cfg(engine = "afl")]
pub use afl::run;
#[cfg(engine = "honggfuzz")]
pub use honggfuzz::run;
pub use points::{POINTS, Point};
pub use running::{Reading, execute, prepare};

/// Defines a target's binary for the engine it is built for.
#[macro_export]
macro_rules! main {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::meter::Counting = $crate::meter::Counting;

        $crate::entry!($name);
    };
}

/// What a binary without an engine does: it executes the files it is given.
#[cfg(not(engine))]
#[doc(hidden)]
#[macro_export]
macro_rules! entry {
    ($name:literal) => {
        fn main() -> std::process::ExitCode {
            $crate::replay_files($name)
        }
    };
}

/// What libFuzzer calls.
#[cfg(engine = "libfuzzer")]
#[doc(hidden)]
#[macro_export]
macro_rules! entry {
    ($name:literal) => {
        $crate::points!();

        use $crate::engines::libfuzzer;
        libfuzzer::sys::fuzz_target!(
            init: $crate::engines::prepare($name, $crate::engines::Reading::Plain, &POINT_TABLE),
            |data: &[u8]| $crate::engines::execute(data)
        );
        libfuzzer::sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            libfuzzer::mutate(data, size, max_size, seed)
        });
        libfuzzer::sys::fuzz_crossover!(|first: &[u8], second: &[u8], out: &mut [u8], seed: u32| {
            libfuzzer::crossover(first, second, out, seed)
        });
    };
}

/// What AFL++ and honggfuzz start, each with its own loop.
#[cfg(any(engine = "afl", engine = "honggfuzz"))]
#[doc(hidden)]
#[macro_export]
macro_rules! entry {
    ($name:literal) => {
        $crate::points!();

        fn main() {
            $crate::engines::run($name, &POINT_TABLE);
        }
    };
}
