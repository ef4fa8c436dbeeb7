//! The same two lines for every engine: `infuzz_fuzz::main!("target")`.

/// Defines the entry points of a target's binary for the engine it is built for; without an
/// engine, the binary executes the files it is given.
#[macro_export]
macro_rules! main {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::meter::Counting = $crate::meter::Counting;

        #[cfg(fuzzing)]
        mod engine {
            $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::libfuzzer::execute($name, data));
            $crate::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
                $crate::libfuzzer::mutate($name, data, size, max_size, seed)
            });
            $crate::libfuzzer_sys::fuzz_crossover!(|first: &[u8], second: &[u8], out: &mut [u8], seed: u32| {
                $crate::libfuzzer::crossover($name, first, second, out, seed)
            });
        }
        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::replay_files($name)
        }
    };
}
