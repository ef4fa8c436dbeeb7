//! A target set up in a process of an engine. Its state lives as long as the process.

use super::{POINTS, Point};
use crate::body::Body;
use crate::guidance::{Guidance, Measured};
use crate::table::{Input, target};
use infuzz::script::EditScript;
use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;

/// What an engine's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// As the target has it.
    Plain,
    /// A script of edits over wire bytes, for engines whose own mutation knows no structure.
    Scripted,
}

pub(super) struct Running {
    pub(super) body: Body,
    reading: Reading,
    points: &'static [Point; POINTS],
    guidance: Guidance,
    pub(super) measured: Measured,
    /// One byte for each reach point, which any process of a campaign sets.
    reach_file: Option<File>,
    reached: Vec<bool>,
    hooked: bool,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

/// Sets a target up. One that cannot be set up ends the process: there is nothing to fuzz then.
pub fn prepare(name: &str, reading: Reading, points: &'static [Point; POINTS]) {
    overflow_must_panic();
    let target = target(name).unwrap_or_else(|| stop(&format!("there is no target {name}")));
    // Bytes that drive `Arbitrary` are scripts already.
    let reading = if target.input == Input::Edits { Reading::Plain } else { reading };
    let body = Body::new(target, Some(crate::meter::METER)).unwrap_or_else(|why| stop(&why));
    let guidance = Guidance::from_environment().unwrap_or_else(|why| stop(&why));
    let measured = Measured::from_environment().unwrap_or_else(|why| stop(&why));
    let reach_file = std::env::var_os("INFUZZ_REACH_FILE")
        .and_then(|path| File::options().write(true).create(true).truncate(false).open(path).ok());
    let reached = vec![false; body.reach().points().len()];
    RUNNING.set(Some(Running { body, reading, points, guidance, measured, reach_file, reached, hooked: false }));
}

/// Does something with the target that this process runs.
pub(super) fn with<R>(run: impl FnOnce(&mut Running) -> R) -> R {
    RUNNING.with_borrow_mut(|running| run(running.as_mut().unwrap_or_else(|| stop("the target is not set up"))))
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
pub fn execute(data: &[u8]) {
    with(|running| {
        if running.measured == Measured::Empty {
            return;
        }
        // Engines set hooks of their own first, and hide what a target writes.
        if !std::mem::replace(&mut running.hooked, true) {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                say(&info.to_string().replace('\n', " "));
                before(info);
            }));
        }
        let fault = match running.reading {
            Reading::Plain => running.body.execute(data),
            Reading::Scripted => running.body.execute_script(&EditScript::read(data)),
        };
        if running.guidance.reasons {
            for point in running.body.reach().recent() {
                running.points[*point % POINTS]();
            }
        }
        running.report();
        #[cfg(all(engine = "libfuzzer", feature = "accepted-coverage"))]
        if running.guidance.accepted && running.body.accepted() {
            super::libfuzzer::keep_apart();
        }
        if let Some(fault) = fault {
            let rule = fault.rule.as_deref().unwrap_or("none");
            let finding =
                format!("infuzz: finding {} (rule: {rule}): {}", fault.raised.kind.name(), fault.raised.detail);
            eprintln!("{finding}");
            say(&finding);
            panic!("{}: {}", fault.raised.kind.name(), fault.raised.detail);
        }
    });
}

/// Tells the command that started the campaign what happened.
fn say(line: &str) {
    let file =
        std::env::var_os("INFUZZ_SAID_FILE").and_then(|path| File::options().append(true).create(true).open(path).ok());
    if let Some(mut file) = file {
        // The engine reports the input in any case.
        let _ = writeln!(file, "{line}");
    }
}

impl Running {
    /// Tells the command that started the campaign what was reached.
    fn report(&mut self) {
        for point in self.body.reach().recent() {
            if !std::mem::replace(&mut self.reached[*point], true)
                && let Some(file) = &self.reach_file
            {
                // Reaching is only reported; a full disk must not end the campaign.
                let _ = file.write_all_at(&[1], *point as u64);
            }
        }
    }
}
