//! `fuzz`: runs a target under a coverage-guided engine, with progress people can follow.

use crate::campaign::Campaign;
use crate::device::{Chosen, DeviceArguments};
use crate::engine::{Budget, Place, engine};
use crate::failure::Failure;
use crate::output::{BAD, BOLD, GOOD, note, out, styled};
use crate::remote::{stop_on_interrupt, stopped};
use crate::{Status, files, output, targets, unguided};
use infuzz::finding::Finding;
use infuzz_fuzz::{Tally, Target};
use serde::Serialize;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// Reach points that are named where many were not reached.
const SHOWN: usize = 8;

/// The engine where none is named.
const DEFAULT_ENGINE: &str = "libfuzzer";

/// Time where none is given.
const MINUTE: Duration = Duration::from_secs(60);

/// What `fuzz` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Without --time and --runs it runs for 60 seconds. It ends at the first finding. What engines find is kept where git ignores it; `cargo infuzz corpus sync` gathers it. honggfuzz takes no seed.\n\nExample: cargo infuzz fuzz drug_library --time 5m"
)]
pub struct Arguments {
    /// The target
    target: String,
    /// The engine: libfuzzer, afl, honggfuzz or bolero [default: libfuzzer]
    #[arg(long)]
    engine: Option<String>,
    /// What is fuzzed; a process device is fuzzed without an engine and without coverage feedback
    #[command(flatten)]
    device: DeviceArguments,
    /// How long, such as 90s, 10m or 2h
    #[arg(long, value_parser = duration)]
    time: Option<Duration>,
    /// How many executions
    #[arg(long)]
    runs: Option<u64>,
    /// Seed of everything drawn; 1 with --runs, otherwise drawn and printed
    #[arg(long)]
    seed: Option<u32>,
    /// With a device that is bad on purpose, to see that the engine reports it
    #[arg(long, hide = true)]
    tripwire: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is not a time such as 90s, 10m or 2h"))?;
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(format!("`{unit}` is not a unit of time: s, m or h")),
    };
    number
        .checked_mul(seconds)
        .filter(|s| *s > 0)
        .map(Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is not a length of time"))
}

#[derive(Serialize)]
struct Report {
    target: &'static str,
    engine: &'static str,
    sanitizer: &'static str,
    seed: u32,
    executions: u64,
    exec_per_s: u64,
    edges: u64,
    reach_points: ReachPoints,
    states: Option<States>,
    findings: Vec<Finding>,
}

/// States, kinds of messages and verdicts.
#[derive(Serialize)]
struct States {
    reached: usize,
    reachable: usize,
    missing: Vec<String>,
}

#[derive(Serialize)]
struct ReachPoints {
    reached: usize,
    total: usize,
    missing: Vec<String>,
}

impl From<Tally> for ReachPoints {
    fn from(Tally { reached, total, missing }: Tally) -> Self {
        ReachPoints { reached, total, missing }
    }
}

impl From<Tally> for States {
    fn from(Tally { reached, total, missing }: Tally) -> Self {
        States { reached, reachable: total, missing }
    }
}

/// Runs a target.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let target = targets::target(&arguments.target)?;
    let chosen = arguments.device.chosen()?;
    if chosen.is_process() {
        return unguided(arguments, target, &chosen);
    }
    let mut engine = engine(arguments.engine.as_deref().unwrap_or(DEFAULT_ENGINE))?;
    let root = files::workspace()?;
    let mut scratch = files::Scratch::new()?;
    let mut place = Place::new(&root, engine.name(), target, scratch.path())?;
    place.tripwire = arguments.tripwire;
    stop_on_interrupt();
    engine.build(&place)?;
    let seed = arguments.seed.unwrap_or_else(|| if arguments.runs.is_some() { 1 } else { drawn() });
    note(&format!("seed {seed}"));
    let time = arguments.time.or(arguments.runs.is_none().then_some(MINUTE));
    let command = engine.command(&place, Budget { runs: arguments.runs, time, seed })?;
    let mut campaign = Campaign::new(place, engine)?;
    campaign.run(command)?;
    let kept = campaign.keep().inspect_err(|_| scratch.stay())?;
    if kept.stays {
        scratch.stay();
    }
    let report = Report {
        target: target.name,
        engine: campaign.engine().name(),
        sanitizer: campaign.engine().sanitizer(),
        seed,
        executions: campaign.told.executions,
        exec_per_s: campaign.told.per_second,
        edges: campaign.told.edges,
        reach_points: campaign.points().into(),
        states: campaign.states().map(Into::into),
        findings: kept.findings,
    };
    if report.executions == 0 && report.findings.is_empty() {
        return Err(Failure::new(
            "the target did not run",
            target.name,
            campaign.last_lines(),
            "run it by hand to see more; docs/engines.md has each engine's own command",
        ));
    }
    Ok(tell(&report, arguments.json))
}

/// Runs a target on a device whose code no engine can see into.
fn unguided(arguments: &Arguments, target: &'static Target, chosen: &Chosen) -> Result<Status, Failure> {
    if let Some(engine) = &arguments.engine {
        return Err(Failure::new(
            "no engine can be used",
            chosen.to_string(),
            format!("{engine} follows the coverage of a target in its own process"),
            "leave --engine out, or fuzz the built-in device",
        ));
    }
    stop_on_interrupt();
    let seed = arguments.seed.unwrap_or_else(|| if arguments.runs.is_some() { 1 } else { drawn() });
    note(&format!("seed {seed}"));
    note(&format!(
        "no coverage feedback: {chosen} is a process of its own; inputs are mutated by their structure only"
    ));
    let time = arguments.time.or(arguments.runs.is_none().then_some(MINUTE));
    let ran = unguided::run(target, chosen, seed, arguments.runs, time)?;
    if ran.explored.executions == 0 && ran.findings.is_empty() {
        return Err(stopped());
    }
    let report = Report {
        target: target.name,
        engine: "none",
        sanitizer: "none",
        seed,
        executions: ran.explored.executions,
        exec_per_s: ran.per_second,
        edges: 0,
        reach_points: ran.explored.points.into(),
        states: ran.explored.states.map(Into::into),
        findings: ran.findings,
    };
    Ok(tell(&report, arguments.json))
}

fn tell(report: &Report, json: bool) -> Status {
    if json {
        output::json(report);
    } else {
        out(&told(report));
    }
    if report.findings.is_empty() { Status::Expected } else { Status::Findings }
}

fn drawn() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.subsec_nanos() % 1_000_003 + 1
}

fn told(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} {}: {} executions, {}/s, {} edges, reach points {}/{}",
        styled(BOLD, report.target),
        if report.engine == "none" { "without an engine".into() } else { format!("under {}", report.engine) },
        report.executions,
        report.exec_per_s,
        report.edges,
        report.reach_points.reached,
        report.reach_points.total
    );
    if !report.reach_points.missing.is_empty() {
        let missing = &report.reach_points.missing;
        let more = missing.len().saturating_sub(SHOWN);
        let rest = if more > 0 { format!(" and {more} more (--json)") } else { String::new() };
        let _ = writeln!(text, "not reached: {}{rest}", missing[..missing.len() - more].join(", "));
    }
    if let Some(states) = &report.states {
        let _ = writeln!(text, "states, messages and verdicts: {} of {}", states.reached, states.reachable);
    }
    if report.findings.is_empty() {
        let _ = writeln!(text, "{}", styled(GOOD, "no finding"));
    }
    for finding in &report.findings {
        let _ =
            writeln!(text, "{} {} ({}): {}", styled(BAD, "finding"), finding.kind.name(), finding.cwe, finding.detail);
        let _ = writeln!(text, "  {}", finding.replay.as_deref().unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn lengths_of_time_are_read() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "s", "-1s", "1d", "0s", "99999999999999999999"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
