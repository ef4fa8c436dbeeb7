//! The planted defects: one patch each under `defects`.

use super::scratch::Scratch;
use crate::failure::Failure;
use crate::files;
use crate::output::note;
use indicatif::ProgressBar;
use infuzz_fuzz::{Input, TARGETS, Target};
use serde::Serialize;
use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// What `defects --compare` prints.
#[derive(Serialize)]
pub struct Comparison {
    /// Most executions of one try.
    pub runs: u64,
    pub defects: Vec<Compared>,
}

/// Executions that find a defect, median of [`SEEDS`] seeds; none: more than half of the tries
/// did not.
#[derive(Serialize)]
pub struct Compared {
    pub id: String,
    pub structure: Option<u64>,
    pub raw: Option<u64>,
    /// Most executions of one try of raw bytes.
    pub raw_runs: u64,
}

/// How many times the executions that structure-aware mutation needs raw bytes may take.
const PATIENCE: u64 = 10;

/// Seeds of a comparison.
const SEEDS: u64 = 5;

/// Plants each defect in turn and counts the executions that find it, with mutation that knows
/// the structure and with mutation of bytes.
pub fn compare(only: Option<&str>, runs: u64, progress: impl Fn(usize) -> ProgressBar) -> Result<Comparison, Failure> {
    let scratch = Scratch::new()?;
    let patches = patches(&scratch.root().join("defects"), only)?;
    let bar = progress(patches.len());
    let mut defects = Vec::new();
    for patch in &patches {
        let defect = head(patch)?;
        let id = defect.id;
        bar.set_message(id.clone());
        scratch.restore()?;
        scratch.apply(patch)?;
        let binary = scratch.build()?;
        let median = |raw, runs| {
            let mut tries = Vec::new();
            for target in &defect.targets {
                for seed in 1..=SEEDS {
                    let found = explored(&scratch, &binary, target.name, Loop { seed, raw, ..Loop::of(runs) })?;
                    tries.push(found.unwrap_or(u64::MAX));
                }
            }
            tries.sort_unstable();
            Ok::<_, Failure>(tries.get(tries.len() / 2).copied().filter(|found| *found != u64::MAX))
        };
        let structure = median(false, runs)?;
        let raw_runs = structure.map_or(runs, |found| found.saturating_mul(PATIENCE).max(runs));
        defects.push(Compared { id, structure, raw: median(true, raw_runs)?, raw_runs });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Comparison { runs, defects })
}

/// The longest a single execution may take before the exploration counts as hung.
const QUIET: Duration = Duration::from_secs(20);

/// A sweep that is to find a change of the pump.
#[derive(Clone, Copy, Debug)]
pub struct Swept {
    pub format: &'static str,
    /// A small library with every kind of record, or the one that messages are held against.
    library: &'static str,
}

impl Swept {
    /// What the command takes.
    pub fn arguments(self) -> Vec<&'static str> {
        let mut arguments = vec!["sweep", "--format", self.format, "--seed", "1", "--json"];
        if !self.library.is_empty() {
            arguments.extend(["--library", self.library]);
        }
        arguments
    }
}

const DRUG_LIBRARY: Swept = Swept { format: "drug-library", library: "every-kind" };
const MIVA_LIBRARY: Swept = Swept { format: "miva-library", library: "fuller" };
const MIVA_ORDER: Swept = Swept { format: "miva-order", library: "fuller" };
const MIVA_FRAME: Swept = Swept { format: "miva-frame", library: "" };
const LIBRARY_TRANSFER: Swept = Swept { format: "library-transfer", library: "" };
const BCC: Swept = Swept { format: "bcc", library: "" };
const BCC_ANSWER: Swept = Swept { format: "bcc-answer", library: "" };
const ORDER: Swept = Swept { format: "order", library: "" };

/// The sweeps for a change of a file of the pump, the one it belongs to first.
pub fn swept_for(path: &str) -> &'static [Swept] {
    if path.contains("miva/order") {
        &[MIVA_ORDER]
    } else if path.contains("miva/frame") {
        &[MIVA_FRAME]
    } else if path.contains("miva/protocol") {
        &[MIVA_LIBRARY, MIVA_ORDER]
    } else if path.contains("miva/") {
        &[MIVA_LIBRARY]
    } else if path.contains("transfer/") {
        &[LIBRARY_TRANSFER]
    } else if path.contains("bcc/answer") || path.contains("bcc/parameter") {
        &[BCC_ANSWER]
    } else if path.contains("bcc/") {
        &[BCC, BCC_ANSWER]
    } else if path.contains("order/") {
        &[ORDER]
    } else if path.contains("network/") || path.contains("src/station.rs") || path.contains("src/alarm.rs") {
        &[]
    } else {
        &[DRUG_LIBRARY]
    }
}

/// The object that `defects --json` prints.
#[derive(Serialize)]
pub struct Report {
    pub defects: Vec<Defect>,
    pub missed: Vec<String>,
}

/// One defect and who found it.
#[derive(Serialize)]
pub struct Defect {
    pub id: String,
    pub cwe: String,
    pub kind: String,
    pub rule: Option<String>,
    pub found_by: Vec<FoundBy>,
    /// What is swept for it.
    #[serde(skip)]
    of: &'static [Swept],
    /// What is explored for it.
    #[serde(skip)]
    pub targets: Vec<&'static Target>,
}

/// Who found a defect, and after how many cases.
#[derive(Serialize)]
pub struct FoundBy {
    pub by: String,
    pub cases: u64,
}

/// Plants each defect in turn.
pub fn run(only: Option<&str>, runs: u64, progress: impl Fn(usize) -> ProgressBar) -> Result<Report, Failure> {
    let scratch = Scratch::new()?;
    let patches = patches(&scratch.root().join("defects"), only)?;
    let bar = progress(patches.len());
    let mut report = Report { defects: Vec::new(), missed: Vec::new() };
    for patch in &patches {
        let mut defect = head(patch)?;
        bar.set_message(defect.id.clone());
        scratch.restore()?;
        scratch.apply(patch)?;
        let binary = scratch.build()?;
        for one in defect.of {
            if let Some(cases) = swept(&scratch, &binary, *one)? {
                defect.found_by.push(FoundBy { by: "sweep".into(), cases });
                break;
            }
        }
        for target in std::mem::take(&mut defect.targets) {
            if let Some(cases) = explored(&scratch, &binary, target.name, Loop::of(runs))? {
                defect.found_by.push(FoundBy { by: target.name.into(), cases });
            }
        }
        if defect.found_by.is_empty() {
            report.missed.push(defect.id.clone());
        }
        report.defects.push(defect);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(report)
}

/// The patches of a folder.
pub fn patches(folder: &Path, only: Option<&str>) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| Failure::unreadable(folder, &e))?;
    let wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".patch") && only.is_none_or(|only| name.contains(only))
    };
    let mut patches: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(wanted).collect();
    patches.sort();
    if patches.is_empty() {
        return Err(Failure::new(
            "there is no such defect",
            folder.display().to_string(),
            "no patch has that in its name",
            "see the names under defects",
        ));
    }
    Ok(patches)
}

/// What a patch says of itself above the change.
pub fn head(patch: &Path) -> Result<Defect, Failure> {
    let text = String::from_utf8_lossy(&files::read(patch)?).into_owned();
    let line = |key: &str| {
        text.lines()
            .take_while(|l| !l.starts_with("diff "))
            .find_map(|l| l.strip_prefix(key))
            .map(|v| v.trim().to_string())
    };
    let id = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (Some(cwe), Some(kind)) = (line("CWE:"), line("Kind:")) else {
        return Err(Failure::new(
            "a defect does not say what it is",
            patch.display().to_string(),
            "lines `CWE:` and `Kind:` are missing above the change",
            "add them",
        ));
    };
    Ok(Defect {
        id,
        cwe: format!("CWE-{cwe}"),
        kind,
        rule: line("Rule:").filter(|rule| !rule.is_empty()),
        found_by: Vec::new(),
        of: swept_for(&text),
        targets: targets(&text).collect(),
    })
}

/// Files of the pump that only a conversation shows.
const OF_CONVERSATIONS: [&str; 5] = ["src/network/", "src/station.rs", "src/alarm.rs", "src/therapy.rs", "src/pump.rs"];

/// The targets that take single files of what is swept for a file of the pump, and conversations
/// where it may come in one.
pub fn targets(path: &str) -> impl Iterator<Item = &'static Target> {
    let of = swept_for(path);
    let talks = OF_CONVERSATIONS.iter().any(|file| path.contains(file));
    let swept = move |target: &&Target| {
        let of_one = |swept: &Swept| swept.format == target.format || target.models.contains(&swept.format);
        of.iter().any(of_one) || talks && target.name == "pump_session"
    };
    TARGETS.iter().filter(|target| target.input != Input::Edits).filter(swept)
}

/// The sweep up to its first finding: how many cases that took.
fn swept(scratch: &Scratch, binary: &Path, of: Swept) -> Result<Option<u64>, Failure> {
    let arguments = [of.arguments(), vec!["--until-first"]].concat();
    let report = scratch.ask(binary, &arguments, None)?;
    let found = report.as_ref().and_then(|r| r["findings"].as_array()).is_some_and(|findings| !findings.is_empty());
    Ok(found.then(|| report.as_ref().and_then(|r| r["ran"].as_u64()).unwrap_or(0)))
}

/// How a target's own loop is run.
#[derive(Clone, Copy)]
pub struct Loop<'a> {
    /// Executions.
    pub runs: u64,
    /// Of everything drawn.
    pub seed: u64,
    /// Bytes are changed without regard to structure.
    pub raw: bool,
    /// A variable that the pump reads.
    pub variable: Option<(&'a str, &'a str)>,
}

impl Loop<'_> {
    /// So many executions with the first seed.
    pub fn of(runs: u64) -> Self {
        Loop { runs, seed: 1, raw: false, variable: None }
    }
}

/// What runs a target's own loop, up to its first finding.
pub fn command(scratch: &Scratch, binary: &Path, target: &str, how: Loop<'_>, number_file: &Path) -> Command {
    let (runs, seed) = (how.runs.to_string(), how.seed.to_string());
    let mut command = Command::new(binary);
    command.args(["explore", target, "--runs", &runs, "--seed", &seed, "--number-file"]).arg(number_file);
    command.args(how.raw.then_some("--raw")).current_dir(scratch.folder()).envs(how.variable);
    command
}

/// The target's own loop up to its first finding.
pub fn explored(scratch: &Scratch, binary: &Path, target: &str, how: Loop<'_>) -> Result<Option<u64>, Failure> {
    let numbers = files::Scratch::new()?;
    let number_file = numbers.path().join("number");
    let said = watched(command(scratch, binary, target, how, &number_file), &number_file, QUIET)?;
    Ok(match said {
        Watched::Said(value) if value["kind"].is_string() => value["executions"].as_u64().map(|after| after.max(1)),
        Watched::Said(value) if value["executions"].is_u64() => None,
        Watched::Fell => Some(number(&number_file) + 1),
        Watched::Said(_) => None,
        Watched::Failed(why) => {
            note(&format!("{target} did not run, which shows nothing: {why}"));
            None
        }
    })
}

/// What came of a command.
pub enum Watched {
    Said(Value),
    /// It panicked, aborted, or stood still and was ended.
    Fell,
    /// It could not do what it was asked for, or something else ended it.
    Failed(String),
}

impl Watched {
    /// What it said, if it lived to say something.
    pub fn said(self) -> Option<Value> {
        match self {
            Watched::Said(value) => Some(value),
            Watched::Fell | Watched::Failed(_) => None,
        }
    }
}

/// Runs a command and kills it when the number in its file stands still for too long.
pub fn watched(mut command: Command, number_file: &Path, quiet: Duration) -> Result<Watched, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| Failure::worker(&e))?;
    let mut stood_still = false;
    let (mut last, mut since) = (0, std::time::Instant::now());
    while child.try_wait().map_err(|e| Failure::worker(&e))?.is_none() {
        let now = number(number_file);
        if now != last {
            (last, since) = (now, std::time::Instant::now());
        }
        if since.elapsed() > quiet {
            stood_still = true;
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().map_err(|e| Failure::worker(&e))?;
    if stood_still {
        return Ok(Watched::Fell);
    }
    Ok(came(output.status, &output.stdout))
}

/// What came of a command that ended by itself.
fn came(status: ExitStatus, said: &[u8]) -> Watched {
    match (serde_json::from_slice(said), status.code(), status.signal()) {
        (Ok(value), ..) => Watched::Said(value),
        // A panic. A signal that nobody but the system sends for want of memory is no fault of the pump.
        (Err(_), Some(101), _) => Watched::Fell,
        (Err(_), _, Some(signal)) if signal != SIGKILL => Watched::Fell,
        (Err(_), ..) => Watched::Failed(status.to_string()),
    }
}

const SIGKILL: i32 = 9;

fn number(file: &Path) -> u64 {
    std::fs::read(file).ok().and_then(|bytes| Some(u64::from_le_bytes(*bytes.first_chunk()?))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tool_itself_fails_at_finds_nothing() {
        let ended = |line: &str| Command::new("sh").args(["-c", line]).output().expect("there is a shell");
        let came = |line: &str| {
            let output = ended(line);
            came(output.status, &output.stdout)
        };
        assert!(matches!(came("echo '{}'"), Watched::Said(_)));
        for fell in ["exit 101", "kill -ABRT $$", "kill -SEGV $$"] {
            assert!(matches!(came(fell), Watched::Fell), "{fell}");
        }
        for failed in ["exit 2", "exit 0", "kill -KILL $$"] {
            assert!(matches!(came(failed), Watched::Failed(_)), "{failed}");
        }
    }
}
