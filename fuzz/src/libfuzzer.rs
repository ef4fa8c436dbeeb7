//! What libFuzzer calls. The state of a target lives as long as the process.

use crate::body::Body;
use crate::table::{Input, target};
use std::cell::RefCell;
use std::io::Write;

struct Running {
    body: Body,
    executions: u64,
    reach_file: Option<std::fs::File>,
    reported: usize,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Sets the target up at its first use. A target that cannot be set up ends the process: there
/// is nothing to fuzz then.
fn with<R>(name: &str, run: impl FnOnce(&mut Running) -> R) -> R {
    RUNNING.with_borrow_mut(|running| {
        let running = running.get_or_insert_with(|| {
            overflow_must_panic();
            let target = target(name).unwrap_or_else(|| stop(&format!("there is no target {name}")));
            let body = Body::new(target, Some(crate::meter::METER)).unwrap_or_else(|why| stop(&why));
            let reach_file = std::env::var_os("INFUZZ_REACH_FILE")
                .and_then(|path| std::fs::File::options().append(true).create(true).open(path).ok());
            Running { body, executions: 0, reach_file, reported: 0 }
        });
        run(running)
    })
}

fn stop(why: &str) -> ! {
    eprintln!("infuzz: {why}");
    std::process::exit(2)
}

/// A build without overflow checks would miss what the others find.
fn overflow_must_panic() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let largest = std::hint::black_box(u8::MAX);
    let checked = std::panic::catch_unwind(|| std::hint::black_box(largest + std::hint::black_box(1)));
    std::panic::set_hook(hook);
    if checked.is_ok() {
        stop("this build does not check for overflow: build with --debug-assertions or without -O");
    }
}

/// One execution; a finding ends the process as a panic, after saying what it is.
pub fn execute(name: &str, data: &[u8]) {
    with(name, |running| {
        running.executions += 1;
        let fault = running.body.execute(data);
        let reached = running.body.reach().points().iter().filter(|p| p.hits > 0).count();
        if reached > running.reported || running.executions.is_power_of_two() {
            running.reported = reached;
            report(running);
        }
        if let Some(fault) = fault {
            let rule = fault.rule.as_deref().unwrap_or("none");
            eprintln!("infuzz: finding {} (rule: {rule}): {}", fault.raised.kind.name(), fault.raised.detail);
            panic!("{}: {}", fault.raised.kind.name(), fault.raised.detail);
        }
    });
}

/// Tells the command that started this process what was reached.
fn report(running: &mut Running) {
    if let Some(file) = &mut running.reach_file {
        let names = running.body.reach().points().iter().filter(|p| p.hits > 0);
        let line = names.fold(String::new(), |line, point| line + &point.name + "\t");
        // Reaching is only reported; a full disk must not end the campaign.
        let _ = writeln!(file, "{line}");
    }
}

/// Mutates in place; returns the new size.
pub fn mutate(name: &str, data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let edits = target(name).is_some_and(|t| t.input == Input::Edits);
    if edits || seed % 32 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    with(name, |running| {
        let mut bytes = data[..size].to_vec();
        running.body.mutate(&mut bytes, max_size.min(data.len()), u64::from(seed));
        put(&bytes, data)
    })
}

/// Combines two inputs; returns the size of the result.
pub fn crossover(name: &str, first: &[u8], second: &[u8], out: &mut [u8], seed: u32) -> usize {
    with(name, |running| {
        let bytes = running.body.crossover(first, second, out.len(), u64::from(seed));
        put(&bytes, out)
    })
}

fn put(bytes: &[u8], out: &mut [u8]) -> usize {
    let size = bytes.len().min(out.len());
    out[..size].copy_from_slice(&bytes[..size]);
    size
}
