//! Fuzz target: one list, delivered to the vendor's parser, with all oracles. Built without an engine
//! it executes the files it is given.
#![cfg_attr(fuzzing, no_main)]

use infuzz::format::Format;
use infuzz::oracle::Bench;
use std::error::Error;
use vendor_rust::glue::{Parser, bench, format, seeds};

/// The description, for as long as the process lives, and the parser on the bench.
fn set_up() -> Result<(&'static Format, Bench<'static, Parser>), Box<dyn Error>> {
    let format: &'static Format = Box::leak(Box::new(format()?));
    Ok((format, bench(format, None)?))
}

/// One execution; gives what was found.
fn execute(bench: &mut Bench<'_, Parser>, data: &[u8]) -> Option<String> {
    if let Err(error) = bench.reset() {
        return Some(error.to_string());
    }
    bench.case(data).raised.first().map(|raised| format!("{}: {}", raised.kind.name(), raised.detail))
}

#[cfg(fuzzing)]
mod engine {
    use super::*;
    use infuzz::mutate::Mutation;
    use std::cell::RefCell;

    thread_local! {
        static RUNNING: RefCell<Option<(Bench<'static, Parser>, Mutation<'static>)>> = const { RefCell::new(None) };
    }

    /// Runs with the parser and the mutation, which are set up at their first use.
    fn with<R>(run: impl FnOnce(&mut Bench<'static, Parser>, &mut Mutation<'static>) -> R) -> R {
        RUNNING.with_borrow_mut(|running| {
            let (bench, mutation) = running.get_or_insert_with(|| {
                let ready =
                    set_up().and_then(|(format, bench)| Ok((bench, Mutation::new(format, seeds(format)?.to_vec()))));
                ready.unwrap_or_else(|error| {
                    eprintln!("vendor: {error}");
                    std::process::exit(2)
                })
            });
            run(bench, mutation)
        })
    }

    libfuzzer_sys::fuzz_target!(|data: &[u8]| {
        if let Some(found) = with(|bench, _| execute(bench, data)) {
            panic!("{found}");
        }
    });

    libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
        // Now and then the engine's own mutation, for what no description foresees.
        if seed % 32 == 0 {
            return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
        }
        let mut bytes = data[..size].to_vec();
        with(|_, mutation| mutation.mutate(&mut bytes, max_size.min(data.len()), u64::from(seed)));
        let size = bytes.len().min(data.len());
        data[..size].copy_from_slice(&bytes[..size]);
        size
    });
}

#[cfg(not(fuzzing))]
fn main() -> Result<(), Box<dyn Error>> {
    let (format, mut bench) = set_up()?;
    if std::env::args_os().len() < 2 {
        println!("{}: {} lists to start from; name files to execute", format.title, seeds(format)?.len());
    }
    for path in std::env::args_os().skip(1).map(std::path::PathBuf::from) {
        if let Some(found) = execute(&mut bench, &std::fs::read(&path)?) {
            return Err(format!("{}: {found}", path.display()).into());
        }
        println!("{}: nothing found", path.display());
    }
    Ok(())
}
