//! What the engines call: the same two lines in every binary, whatever it is built for.
//!
//! cargo-fuzz, cargo-afl and cargo-hfuzz all set `--cfg fuzzing`; the build script derives from
//! it, and from a feature of this package, which of them it is.

#[cfg(engine = "afl")]
pub mod afl;
#[cfg(engine = "honggfuzz")]
pub mod honggfuzz;
#[cfg(engine = "libfuzzer")]
pub mod libfuzzer;
mod points;
mod running;

pub use points::{POINTS, Point};
pub use running::{Reading, execute, prepare};

/// Defines the entry points of a target's binary for the engine it is built for; without an
/// engine, the binary executes the files it is given.
#[cfg(not(engine))]
#[macro_export]
macro_rules! main {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::meter::Counting = $crate::meter::Counting;

        fn main() -> std::process::ExitCode {
            $crate::replay_files($name)
        }
    };
}

/// Defines the entry points of a target's binary for libFuzzer.
#[cfg(engine = "libfuzzer")]
#[macro_export]
macro_rules! main {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::meter::Counting = $crate::meter::Counting;

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

/// Defines the entry point of a target's binary for AFL++.
#[cfg(engine = "afl")]
#[macro_export]
macro_rules! main {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::meter::Counting = $crate::meter::Counting;

        $crate::points!();

        fn main() {
            $crate::engines::prepare($name, $crate::engines::Reading::Plain, &POINT_TABLE);
            $crate::engines::afl::run();
        }
    };
}

/// Defines the entry point of a target's binary for honggfuzz.
#[cfg(engine = "honggfuzz")]
#[macro_export]
macro_rules! main {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::meter::Counting = $crate::meter::Counting;

        $crate::points!();

        fn main() {
            $crate::engines::prepare($name, $crate::engines::Reading::Scripted, &POINT_TABLE);
            $crate::engines::honggfuzz::run();
        }
    };
}
