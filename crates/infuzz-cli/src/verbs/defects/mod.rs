//! `defects`: proof that what is planted is found. Each patch of the bank is applied to a scratch
//! copy of the pump, and sweep and fuzz target are run on it; with `--deletions`, every check of
//! the pump is taken out in turn.

mod bank;
mod deletions;
mod scratch;
mod shortest;

use crate::failure::Failure;
use crate::output::{BAD, GOOD, note, out, styled};
use crate::{Status, output};
use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Write as _;

/// What `defects` takes.
#[derive(clap::Args)]
#[command(
    after_help = "The scratch copy and its build are under target/defects.\n\nExample: cargo infuzz defects --only percent-refused"
)]
pub struct Arguments {
    /// Only defects, or checks, whose id contains this
    #[arg(long)]
    only: Option<String>,
    /// Take out every check of the pump in turn, and sweep
    #[arg(long)]
    deletions: bool,
    /// Count instead the executions that find each defect, structure-aware against raw bytes
    #[arg(long, conflicts_with = "deletions")]
    compare: bool,
    /// Shorten instead what conversations find, and hold it against the shortest one that there is
    #[arg(long, conflicts_with_all = ["deletions", "compare"])]
    shortest: bool,
    /// Most executions of the fuzz target for each defect
    #[arg(long, default_value_t = 20_000)]
    runs: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the bank.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let only = arguments.only.as_deref();
    if arguments.compare {
        return compared(only, arguments.runs, arguments.json);
    }
    if arguments.shortest {
        return lengths(only, arguments.runs, arguments.json);
    }
    if arguments.deletions { deleted(only, arguments.json) } else { planted(only, arguments.runs, arguments.json) }
}

fn progress(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len}, {msg}") {
        bar.set_style(style);
    }
    bar
}

fn planted(only: Option<&str>, runs: u64, json: bool) -> Result<Status, Failure> {
    let report = bank::run(only, runs, progress)?;
    if json {
        output::json(&report);
    } else {
        let mut text = String::from("| defect | CWE | rule | found by |\n|---|---|---|---|\n");
        for defect in &report.defects {
            let by: Vec<String> = defect
                .found_by
                .iter()
                .map(|f| format!("{} after {}", f.by, output::count(f.cases as usize, "case")))
                .collect();
            let told = if by.is_empty() { styled(BAD, "missed") } else { styled(GOOD, by.join(", ")) };
            let rule = defect.rule.as_deref().unwrap_or("–");
            let _ = writeln!(text, "| {} | {} | {rule} | {told} |", defect.id, defect.cwe);
        }
        out(&text);
    }
    Ok(if report.missed.is_empty() { Status::Expected } else { Status::Findings })
}

fn compared(only: Option<&str>, runs: u64, json: bool) -> Result<Status, Failure> {
    let comparison = bank::compare(only, runs, progress)?;
    if json {
        output::json(&comparison);
        return Ok(Status::Expected);
    }
    let mut text = String::from("| defect | structure-aware | raw bytes | times fewer |\n|---|---|---|---|\n");
    let (mut factors, mut neither) = (Vec::new(), 0);
    for defect in &comparison.defects {
        let told = |found: Option<u64>, runs: u64| found.map_or(format!("> {runs}"), |n| n.to_string());
        let (structure, raw) = (told(defect.structure, runs), told(defect.raw, defect.raw_runs));
        let Some(found) = defect.structure.or(defect.raw) else {
            neither += 1;
            let _ = writeln!(text, "| {} | {structure} | {raw} | |", defect.id);
            continue;
        };
        let factor = defect.raw.unwrap_or(defect.raw_runs) as f64 / defect.structure.unwrap_or(runs.max(found)) as f64;
        let more = if defect.raw.is_none() { "> " } else { "" };
        let _ = writeln!(text, "| {} | {structure} | {raw} | {more}{factor:.1} |", defect.id);
        factors.push(factor);
    }
    factors.sort_by(f64::total_cmp);
    let median = factors.get(factors.len() / 2).copied().unwrap_or(1.0);
    let _ = writeln!(text, "\nmedian: {median:.1} times fewer executions; {neither} found by neither");
    out(&text);
    Ok(Status::Expected)
}

fn lengths(only: Option<&str>, runs: u64, json: bool) -> Result<Status, Failure> {
    let lengths = shortest::run(only, runs, progress)?;
    if json {
        output::json(&lengths);
    } else {
        let mut text = String::from("| defect | found by | steps, shortened | shortest |\n|---|---|---|---|\n");
        let told = |steps: Option<u64>| steps.map_or("–".into(), |steps| steps.to_string());
        for one in &lengths.defects {
            let by = match one.executions {
                Some(executions) => format!("{} after {executions}", one.target),
                None => styled(BAD, "missed"),
            };
            let _ = writeln!(text, "| {} | {by} | {} | {} |", one.id, told(one.found), told(one.shortest));
        }
        out(&text);
    }
    let is_missed = lengths.defects.iter().any(|one| one.executions.is_none());
    Ok(if is_missed { Status::Findings } else { Status::Expected })
}

fn deleted(only: Option<&str>, json: bool) -> Result<Status, Failure> {
    let report = deletions::run(only, progress)?;
    if json {
        output::json(&report);
    } else {
        let mut text = String::from("| check | place | rule | found by | after |\n|---|---|---|---|---|\n");
        for one in &report.deletions {
            let found = one.found_by_rule.as_deref().unwrap_or("**survives**");
            let cases = one.cases.map_or(String::from("–"), |n| n.to_string());
            let _ =
                writeln!(text, "| {} | {} | {} | {found} | {cases} |", one.id.replace('|', "\\|"), one.place, one.rule);
        }
        for survivor in &report.survivors {
            let why = survivor.why.as_deref().unwrap_or("not explained");
            let _ = writeln!(text, "\n{} survives: {why}", survivor.id);
        }
        out(&text);
    }
    let explained = report.survivors.iter().all(|s| s.why.is_some());
    if !explained {
        note("a check can be taken out without being noticed");
    }
    Ok(if explained { Status::Expected } else { Status::Findings })
}
