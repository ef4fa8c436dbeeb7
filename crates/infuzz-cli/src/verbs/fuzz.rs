//! `fuzz`: runs a target under a coverage-guided engine, with progress people can follow.

use crate::failure::Failure;
use crate::output::{BAD, BOLD, GOOD, note, out, styled};
use crate::remote::{STOP, stop_on_interrupt};
use crate::{Status, files, output, targets, tools};
use indicatif::ProgressBar;
use infuzz::device::digest;
use infuzz::finding::{Finding, Kind};
use infuzz::oracle::STATES;
use infuzz::session::{Session, SessionStep};
use infuzz_fuzz::{Body, Input, Target};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

/// What `fuzz` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Without --time and --runs it runs for 60 seconds. New inputs are kept in fuzz/corpus, which git ignores.\n\nExample: cargo infuzz fuzz drug_library --time 5m"
)]
pub struct Arguments {
    /// The target
    target: String,
    /// How long, such as 90s, 10m or 2h
    #[arg(long, value_parser = duration)]
    time: Option<Duration>,
    /// How many executions
    #[arg(long)]
    runs: Option<u64>,
    /// Seed of everything drawn; 1 with --runs, otherwise drawn and printed
    #[arg(long)]
    seed: Option<u32>,
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
    states: Option<()>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct ReachPoints {
    reached: usize,
    total: usize,
    missing: Vec<String>,
}

/// Runs a target.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let known = targets::target(&arguments.target)?;
    let target =
        infuzz_fuzz::target(known.name).ok_or_else(|| Failure::internal(known.name, "it is not in the table"))?;
    let root = files::workspace()?;
    tools::compiler()?;
    let path = tools::cargo_fuzz(&root)?;
    let (toolchain, sanitizer) = if tools::has_nightly() { (Some("+nightly"), "address") } else { (None, "none") };
    note(&format!(
        "building {} for libFuzzer with {}, sanitizer {sanitizer}",
        target.name,
        if toolchain.is_some() { "nightly" } else { "stable" }
    ));
    build(&root, &path, toolchain, sanitizer, target)?;
    let seed = arguments.seed.unwrap_or_else(|| if arguments.runs.is_some() { 1 } else { drawn() });
    note(&format!("seed {seed}"));
    stop_on_interrupt();
    let scratch = files::Scratch::new()?;
    let mut campaign = Campaign::new(target, scratch.path())?;
    let mut child = start(&root, &path, toolchain, sanitizer, target, arguments, seed, scratch.path())?;
    campaign.follow(&mut child)?;
    let findings = campaign.keep(&root)?;
    let report = Report {
        target: target.name,
        engine: "libfuzzer",
        sanitizer,
        seed,
        executions: campaign.executions,
        exec_per_s: campaign.per_second,
        edges: campaign.edges,
        reach_points: campaign.reach_points(),
        states: None,
        findings,
    };
    if report.executions == 0 && report.findings.is_empty() {
        let said = campaign.last_lines.join(" | ");
        return Err(Failure::new(
            "the target did not run",
            target.name,
            said,
            "run the command that stands above by hand to see more",
        ));
    }
    if arguments.json {
        output::json(&report);
    } else {
        out(&told(&report));
    }
    Ok(if report.findings.is_empty() { Status::Expected } else { Status::Findings })
}

fn drawn() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.subsec_nanos() % 1_000_003 + 1
}

fn cargo(root: &Path, path: &std::ffi::OsStr, toolchain: Option<&str>) -> Command {
    // `cargo` from PATH is the one that understands `+nightly`.
    let mut command = Command::new("cargo");
    command.args(toolchain).current_dir(root).env("PATH", path).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command
}

fn build(
    root: &Path,
    path: &std::ffi::OsStr,
    toolchain: Option<&str>,
    sanitizer: &str,
    target: &Target,
) -> Result<(), Failure> {
    let mut command = cargo(root, path, toolchain);
    command.args(["fuzz", "build", "-s", sanitizer, target.name]).stdin(Stdio::null()).stdout(Stdio::null());
    let output = command
        .output()
        .map_err(|e| Failure::new("cannot start cargo", "PATH", e.to_string(), "install Rust with rustup"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().find(|line| line.starts_with("error")).unwrap_or("see above").to_string();
    note(&text);
    Err(Failure::new("cannot build the target", target.name, first, "mend what the compiler says above"))
}

#[allow(clippy::too_many_arguments)]
fn start(
    root: &Path,
    path: &std::ffi::OsStr,
    toolchain: Option<&str>,
    sanitizer: &str,
    target: &Target,
    arguments: &Arguments,
    seed: u32,
    scratch: &Path,
) -> Result<Child, Failure> {
    let corpus = root.join("fuzz/corpus").join(target.name);
    files::make_folder(&corpus)?;
    let mut command = cargo(root, path, toolchain);
    command
        .args(["fuzz", "run", "-s", sanitizer, target.name])
        .arg(&corpus)
        .arg(root.join("corpus").join(target.name).join("seed"));
    command.arg("--").arg(format!("-seed={seed}")).arg(format!("-max_len={}", target.max_len));
    command
        .arg(format!("-timeout={}", target.time_limit_ms.div_ceil(1000)))
        .arg(format!("-rss_limit_mb={}", target.memory_limit_mib));
    command.arg(format!("-artifact_prefix={}/", scratch.display())).arg("-print_final_stats=1");
    match (arguments.runs, arguments.time) {
        (Some(runs), _) => command.arg(format!("-runs={runs}")),
        (None, time) => command.arg(format!("-max_total_time={}", time.unwrap_or(Duration::from_secs(60)).as_secs())),
    };
    if let (Some(_), Some(time)) = (arguments.runs, arguments.time) {
        command.arg(format!("-max_total_time={}", time.as_secs()));
    }
    command.env("INFUZZ_REACH_FILE", scratch.join("reach"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().map_err(|e| {
        Failure::new(
            "cannot start the target",
            target.name,
            e.to_string(),
            "run the command again; check memory and process limits",
        )
    })
}

/// What a running engine has told so far.
struct Campaign {
    target: &'static Target,
    body: Body,
    scratch: PathBuf,
    executions: u64,
    per_second: u64,
    edges: u64,
    corpus: String,
    said: Option<(Kind, Option<String>, String)>,
    last_lines: Vec<String>,
    reached: BTreeSet<String>,
}

impl Campaign {
    fn new(target: &'static Target, scratch: &Path) -> Result<Self, Failure> {
        let body = Body::new(target, None).map_err(|why| Failure::internal(target.name, why))?;
        let reached = BTreeSet::new();
        let scratch = scratch.to_path_buf();
        Ok(Campaign {
            target,
            body,
            scratch,
            executions: 0,
            per_second: 0,
            edges: 0,
            corpus: String::new(),
            said: None,
            last_lines: Vec::new(),
            reached,
        })
    }

    /// Reads what the engine says until it ends.
    fn follow(&mut self, child: &mut Child) -> Result<(), Failure> {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        let Some(stderr) = child.stderr.take() else { return Ok(()) };
        for line in BufReader::new(stderr).split(b'\n') {
            let Ok(line) = line else { break };
            self.line(&String::from_utf8_lossy(&line));
            self.read_reached();
            bar.set_message(format!(
                "{} executions, {}/s, {} edges, corpus {}, reach points {}/{}, findings {}",
                self.executions,
                self.per_second,
                self.edges,
                self.corpus,
                self.reached.len(),
                self.body.reach().points().len(),
                usize::from(self.said.is_some())
            ));
            if STOP.load(Ordering::Relaxed) {
                let _ = child.kill();
            }
        }
        bar.finish_and_clear();
        child.wait().map_err(|e| Failure::worker(&e))?;
        self.read_reached();
        Ok(())
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |key: &str| words.iter().position(|w| *w == key).and_then(|at| words.get(at + 1)).copied();
        if let Some(number) = words.first().and_then(|w| w.strip_prefix('#')).and_then(|n| n.parse().ok()) {
            self.executions = number;
            self.edges = after("cov:").and_then(|n| n.parse().ok()).unwrap_or(self.edges);
            self.per_second = after("exec/s:").and_then(|n| n.parse().ok()).unwrap_or(self.per_second);
            self.corpus = after("corp:").map_or_else(|| self.corpus.clone(), str::to_string);
        } else if let Some(number) = after("stat::number_of_executed_units:").and_then(|n| n.parse().ok()) {
            self.executions = number;
        } else if let Some(number) = after("stat::average_exec_per_sec:").and_then(|n| n.parse().ok()) {
            self.per_second = number;
        } else if let Some((head, detail)) =
            line.strip_prefix("infuzz: finding ").and_then(|rest| rest.split_once("): "))
        {
            let (kind, rule) = head.split_once(" (rule: ").unwrap_or((head, "none"));
            if let Some(kind) = Kind::named(kind) {
                self.said = Some((kind, Some(rule.to_string()).filter(|r| r != "none"), detail.to_string()));
            }
        } else if line.contains("panicked at") && self.said.is_none() || line.contains("ERROR: AddressSanitizer") {
            self.said = Some((Kind::Crash, None, line.trim().to_string()));
        }
        self.last_lines.push(line.trim().to_string());
        let surplus = self.last_lines.len().saturating_sub(5);
        self.last_lines.drain(..surplus);
    }

    fn read_reached(&mut self) {
        if let Ok(text) = std::fs::read_to_string(self.scratch.join("reach"))
            && let Some(line) = text.lines().last()
        {
            self.reached.extend(line.split('\t').filter(|name| !name.is_empty()).map(str::to_string));
        }
    }

    fn reach_points(&self) -> ReachPoints {
        let points = self.body.reach().points();
        let missing: Vec<String> =
            points.iter().map(|p| p.name.clone()).filter(|name| !self.reached.contains(name)).collect();
        ReachPoints { reached: points.len() - missing.len(), total: points.len(), missing }
    }

    /// Keeps what the engine left behind, under a telling name and in a form that replays.
    fn keep(&mut self, root: &Path) -> Result<Vec<Finding>, Failure> {
        let folder = root.join("target/infuzz/findings").join(self.target.name);
        let mut findings = Vec::new();
        let entries = std::fs::read_dir(&self.scratch).map_err(|e| Failure::unreadable(&self.scratch, &e))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let by_name = match name.split('-').next() {
                Some("crash" | "leak") => Kind::Crash,
                Some("timeout") => Kind::Hang,
                Some("oom") => Kind::OverBudget,
                _ => continue,
            };
            let input = files::read(&entry.path())?;
            let (kind, rule, detail) =
                self.said.clone().unwrap_or((by_name, None, format!("libFuzzer reports {name}")));
            let deliveries = self.body.deliveries(&input);
            let state = Body::state(&deliveries);
            let kept = match self.target.input {
                Input::File => input.clone(),
                Input::Edits => {
                    let steps = deliveries.into_iter().map(SessionStep::Send).collect();
                    Session { steps }.to_string().into_bytes()
                }
            };
            let id = format!("{:08x}-{}", digest(&kept) >> 32, kind.name());
            files::make_folder(&folder)?;
            let path = folder.join(&id);
            files::write(&path, &kept)?;
            let file = files::shown(&path);
            findings.push(Finding {
                id,
                target: self.target.name.into(),
                kind,
                cwe: format!("CWE-{}", kind.cwe()),
                rule,
                field: None,
                state: STATES[state].into(),
                replay: Some(format!("cargo infuzz replay {} {file}", self.target.name)),
                file: Some(file),
                alone: true,
                deterministic: tools::fails_again(root, self.target.name, &entry.path()),
                detail,
            });
        }
        Ok(findings)
    }
}

fn told(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} {} executions, {}/s, {} edges, reach points {}/{}",
        styled(BOLD, report.target),
        report.executions,
        report.exec_per_s,
        report.edges,
        report.reach_points.reached,
        report.reach_points.total
    );
    if !report.reach_points.missing.is_empty() {
        let _ = writeln!(text, "not reached: {}", report.reach_points.missing.join(", "));
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
