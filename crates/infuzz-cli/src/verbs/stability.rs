//! `stability TARGET`: every corpus entry executed twice, in another order and another process.

use crate::engine::Place;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, count, out, styled};
use crate::remote::{STOP, stop_on_interrupt};
use crate::{Status, files, output, targets};
use indicatif::ProgressBar;
use infuzz_fuzz::{Body, Trace, first_difference};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

/// Files of one process: a command line has its limits.
const BATCH: usize = 2000;

/// What `stability` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Entries are the seeds, the regressions and what engines have found so far.\n\nExample: cargo infuzz stability drug_library"
)]
pub struct Arguments {
    /// The target, such as drug_library
    target: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    target: &'static str,
    entries: usize,
    mismatches: Vec<Mismatch>,
}

#[derive(Serialize)]
struct Mismatch {
    file: String,
    first_difference: String,
}

/// Compares two rounds.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let target = targets::target(&arguments.target)?;
    let root = files::workspace()?;
    let mut paths = Vec::new();
    for folder in Place::inputs(&root, target) {
        paths.extend(files::in_folder(&folder)?.into_iter().filter(|path| path.extension().is_none_or(|e| e != "why")));
    }
    if paths.is_empty() {
        return Err(Failure::new(
            "there is nothing to execute",
            format!("corpus/{}", target.name),
            "it has no files",
            "make the seeds: `INFUZZ_WRITE=1 cargo test -p infuzz-fuzz --test table`",
        ));
    }
    stop_on_interrupt();
    let bar = ProgressBar::new(2 * paths.len() as u64);
    let first = round(target.name, &paths, &bar)?;
    let backwards: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    let second = round(target.name, &backwards, &bar)?;
    bar.finish_and_clear();
    let differences = first.iter().zip(second.iter().rev()).map(|(one, other)| match (one, other) {
        (Some(one), Some(other)) => first_difference(one, other),
        (None, None) => None,
        _ => Some("in one of the two processes it crashed".to_string()),
    });
    let mismatches = paths
        .iter()
        .zip(differences)
        .filter_map(|(path, difference)| Some(Mismatch { file: files::shown(path), first_difference: difference? }));
    let report = Report { target: target.name, entries: paths.len(), mismatches: mismatches.collect() };
    if arguments.json {
        output::json(&report);
    } else {
        out(&told(&report));
    }
    Ok(if report.mismatches.is_empty() { Status::Expected } else { Status::Findings })
}

/// Executes the files in this order in a process of their own; one that crashes it has no trace,
/// and the next ones run in a new one.
fn round(target: &str, paths: &[PathBuf], bar: &ProgressBar) -> Result<Vec<Option<Trace>>, Failure> {
    let mut traces: Vec<Option<Trace>> = Vec::new();
    while traces.len() < paths.len() {
        let own = std::env::current_exe().map_err(|error| Failure::worker(&error))?;
        let mut command = Command::new(own);
        let batch = &paths[traces.len()..paths.len().min(traces.len() + BATCH)];
        let complete = traces.len() + batch.len();
        command.args(["trace", target]).args(batch);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| Failure::worker(&error))?;
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines() {
                let line = line.map_err(|error| Failure::worker(&error))?;
                let trace =
                    serde_json::from_str(&line).map_err(|error| Failure::internal(target, error.to_string()))?;
                traces.push(Some(trace));
                bar.inc(1);
                if STOP.load(Ordering::Relaxed) {
                    let _ = child.kill();
                    break;
                }
            }
        }
        let status = child.wait().map_err(|error| Failure::worker(&error))?;
        if STOP.load(Ordering::Relaxed) {
            return Err(Failure::new("stopped", target, "the user wanted so", "run it again to compare all entries"));
        }
        match status.code() {
            Some(2) => {
                return Err(Failure::new(
                    "the target cannot be set up",
                    target,
                    "see above",
                    "see what the known-good check says: `cargo infuzz sweep`",
                ));
            }
            _ if traces.len() < complete => {
                traces.push(None);
                bar.inc(1);
            }
            _ => {}
        }
    }
    Ok(traces)
}

fn told(report: &Report) -> String {
    let mut text = String::new();
    for mismatch in &report.mismatches {
        let _ = writeln!(text, "{}: {}: {}", styled(BAD, "mismatch"), mismatch.file, mismatch.first_difference);
    }
    let verdict = match report.mismatches.len() {
        0 => styled(GOOD, "the same both times"),
        number => styled(BAD, format!("{} differed", count(number, "file"))),
    };
    let _ = writeln!(text, "{}: {} executed twice: {verdict}", report.target, count(report.entries, "file"));
    text
}

/// What `trace` takes.
#[derive(clap::Args)]
pub struct TraceArguments {
    target: String,
    files: Vec<PathBuf>,
}

/// `trace` (hidden): executes files and tells what each came to, one JSON line a file.
pub fn trace(arguments: &TraceArguments) -> Result<Status, Failure> {
    let target = targets::target(&arguments.target)?;
    let mut body = Body::new(target, Some(crate::meter::METER)).map_err(|why| Failure::internal(target.name, why))?;
    let mut stdout = std::io::stdout().lock();
    for path in &arguments.files {
        let trace = body.trace(&files::read(path)?);
        let line = serde_json::to_string(&trace).map_err(|error| Failure::internal(target.name, error.to_string()))?;
        let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
        written.map_err(|error| Failure::worker(&error))?;
    }
    Ok(Status::Expected)
}
