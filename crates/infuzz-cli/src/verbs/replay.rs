//! `replay TARGET FILE…`: verdicts step by step, in plain words.

use crate::device::{Chosen, DeviceArguments};
use crate::failure::Failure;
use crate::output::{BAD, BOLD, DIM, GOOD, OPEN, count, out, styled};
use crate::protocol::{Pass, Step};
use crate::remote::{CASE_LIMIT, Came, Remote, stop_on_interrupt};
use crate::setting::Setting;
use crate::targets::target;
use crate::{Status, describe, files, output, transcript};
use infuzz::conversation::Conversation;
use infuzz::device::digest;
use infuzz::finding::{Finding, Kind};
use infuzz::judgement::Judge;
use infuzz::session::{Course, Session};
use infuzz_fuzz::{Body, Input, Target};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `replay` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Each file is delivered to a reset pump, alone and with a library staged, and then the known-good library.\nA file that begins with `infuzz session` is run step by step.\n\nExample: cargo infuzz replay drug_library target/infuzz/findings/drug-library/*.bin"
)]
pub struct Arguments {
    /// The target, such as drug_library
    target: String,
    /// Inputs or sessions
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The library that an order is held against: a file, or a seed by its name, such as fuller
    #[arg(long)]
    library: Option<String>,
    /// What it is delivered to
    #[command(flatten)]
    device: DeviceArguments,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Time limit of one delivery in milliseconds
    #[arg(long, hide = true, default_value_t = CASE_LIMIT.as_millis() as u64)]
    case_timeout: u64,
}

#[derive(Serialize)]
struct Report {
    target: &'static str,
    files: Vec<FileReport>,
}

/// What came of one file.
#[derive(Serialize)]
struct FileReport {
    file: String,
    expected: String,
    rule: Option<String>,
    answer: String,
    reason: Option<String>,
    field: Option<String>,
    verdict: &'static str,
    findings: Vec<Finding>,
}

/// Replays the files.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let target = target(&arguments.target)?;
    let setting = Setting::named(target.format)?.against(arguments.library.as_deref())?;
    let inputs = arguments.files.iter().map(|path| Ok((path, read_for(target, path)?)));
    let inputs = inputs.collect::<Result<Vec<_>, Failure>>()?;
    stop_on_interrupt();
    let chosen = arguments.device.chosen()?;
    let mut remote = Remote::new(setting, chosen.clone(), Duration::from_millis(arguments.case_timeout))?;
    let mut report = Report { target: target.name, files: Vec::new() };
    for (path, bytes) in inputs {
        if chosen.is_process() && Conversation::is_conversation(&bytes) {
            return Err(Failure::new(
                "a conversation cannot be replayed on this device",
                format!("{} on {chosen}", path.display()),
                "a process is sent single messages, and has no connections",
                "leave --device out to replay it on the built-in pump",
            ));
        }
        let came = remote.ask(&bytes)?;
        let one = file_report((target, &chosen, setting.library_given()), setting, path, &bytes, &came);
        if !arguments.json {
            out(&told(&one, &bytes, &came));
        }
        report.files.push(one);
    }
    if arguments.json {
        output::json(&report);
    }
    let clean = report.files.iter().all(|file| file.findings.is_empty());
    Ok(if clean { Status::Expected } else { Status::Findings })
}

/// The bytes of an input of a target: what an engine wrote of a conversation is made a text.
pub fn read_for(target: &'static Target, path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read(path)?;
    if target.input != Input::Conversation || Conversation::is_conversation(&bytes) {
        return Ok(bytes);
    }
    let mut body = Body::new(target, None).map_err(|why| Failure::internal(target.name, why))?;
    Ok(body.deliveries(&bytes).concat())
}

/// The bytes of an input. A session that cannot be read as one is an error.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = files::read(path)?;
    let conversation = Conversation::is_conversation(&bytes);
    let session = !conversation && Session::is_session(&bytes);
    if session || conversation {
        let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string());
        let parsed = text.and_then(|text| match session {
            true => Session::parse(text).map(|_| ()).map_err(|error| error.to_string()),
            false => Conversation::parse(text).map(|_| ()).map_err(|error| error.to_string()),
        });
        if let Err(why) = parsed {
            return Err(Failure::new(
                "not a session",
                path.display().to_string(),
                why,
                "mend that line, or take out the first line to deliver the file as it is",
            ));
        }
    }
    Ok(bytes)
}

/// What a file is replayed on, and the library that it is held against.
pub type On<'a> = (&'static Target, &'a Chosen, Option<&'static str>);

/// The findings of a file as every verb reports them.
pub fn findings(
    on: On<'_>,
    path: &Path,
    bytes: &[u8],
    came: &Came,
    of: (Option<String>, Option<String>),
) -> Vec<Finding> {
    let make =
        |kind: Kind, state: &str, detail: &str, deterministic: bool, of: (Option<String>, Option<String>)| Finding {
            id: id(kind, bytes),
            target: on.0.name.into(),
            kind,
            cwe: format!("CWE-{}", kind.cwe()),
            rule: of.0,
            field: of.1,
            state: state.into(),
            file: Some(files::shown(path)),
            replay: Some(replay_command(on, path)),
            alone: true,
            deterministic,
            detail: detail.into(),
        };
    let mut findings: Vec<Finding> = Vec::new();
    match came {
        Came::Fell(kind, why) => findings.push(make(*kind, "therapy running", why, true, of)),
        Came::Through(replayed) => {
            for (pass, step, (kind, detail)) in replayed.raised() {
                let of = step.map_or_else(|| of.clone(), |step| (step.rule.clone(), step.field.clone()));
                if !findings.iter().any(|known| known.kind == *kind && known.rule == of.0) {
                    findings.push(make(*kind, &pass.state, detail, pass.deterministic, of));
                }
            }
        }
    }
    findings
}

/// The id of a finding: its kind and its bytes.
pub fn id(kind: Kind, bytes: &[u8]) -> String {
    format!("{}-{:08x}", kind.name(), digest(bytes) >> 32)
}

/// A command that shows a finding again.
pub fn replay_command(on: On<'_>, path: &Path) -> String {
    let (target, chosen, library) = on;
    let library = library.into_iter().flat_map(|library| ["--library".to_string(), library.to_string()]);
    let words = [files::shown(path)].into_iter().chain(chosen.arguments()).chain(library);
    let quoted = words.map(|word| {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c));
        if plain { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    });
    format!("cargo infuzz replay {} {}", target.name, quoted.collect::<Vec<_>>().join(" "))
}

/// The rule that the bytes break by the description, and where.
pub fn judged(setting: Setting, bytes: &[u8]) -> (String, Option<String>, Option<String>) {
    if Conversation::is_conversation(bytes) {
        return ("unspecified".into(), None, None);
    }
    let mut judge = Judge::new(setting.format);
    let judgement = judge.judge(bytes);
    let (tree, violations) = judge.explain(bytes);
    let rule = judgement.rule().map(|rule| setting.format.rule(rule).to_string());
    (judgement.word().into(), rule, violations.first().map(|violation| describe::path(tree, violation.node)))
}

fn file_report(on: On<'_>, setting: Setting, path: &Path, bytes: &[u8], came: &Came) -> FileReport {
    let decisive = match came {
        Came::Through(replayed) => replayed.decisive().cloned(),
        Came::Fell(..) => None,
    };
    let (expected, rule, field, answer, reason) = match decisive {
        Some(step) => (
            step.expected.unwrap_or_default(),
            step.rule,
            step.field,
            step.answer.unwrap_or_else(|| "none".into()),
            step.reason,
        ),
        None if Session::is_session(bytes) || Conversation::is_conversation(bytes) => {
            ("unspecified".into(), None, None, "none".into(), None)
        }
        None => {
            let (expected, rule, field) = judged(setting, bytes);
            (expected, rule, field, "none".into(), None)
        }
    };
    let findings = findings(on, path, bytes, came, (rule.clone(), field.clone()));
    let verdict = match findings.is_empty() {
        false => "fail",
        true if was_left_out(came) => "not observable",
        true => "pass",
    };
    FileReport { file: path.display().to_string(), expected, rule, answer, reason, field, verdict, findings }
}

/// Whether there is a step that the device cannot do.
fn was_left_out(came: &Came) -> bool {
    let Came::Through(replayed) = came else { return false };
    replayed.passes.iter().flat_map(|pass| &pass.steps).any(|step| step.course == Course::LeftOut)
}

fn told(report: &FileReport, bytes: &[u8], came: &Came) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} ({})", styled(BOLD, &report.file), count(bytes.len(), "byte"));
    match came {
        Came::Fell(kind, why) => {
            let broken = report.rule.as_ref().map_or(String::new(), |rule| {
                format!(", because it breaks {rule} at {}", report.field.as_deref().unwrap_or("file"))
            });
            let _ = writeln!(text, "  The description says: {}{broken}.", report.expected);
            let _ = writeln!(text, "  {}: {}: {why}", styled(BAD, kind.name()), kind.words());
        }
        Came::Through(replayed) => replayed.passes.iter().for_each(|pass| tell_pass(&mut text, pass)),
    }
    if let Some(replay) = report.findings.first().and_then(|finding| finding.replay.as_deref()) {
        let _ = writeln!(text, "  Show again: {replay}");
    }
    let style = match report.verdict {
        "pass" => GOOD,
        "fail" => BAD,
        _ => OPEN,
    };
    let _ = writeln!(text, "  Verdict: {}\n", styled(style, report.verdict));
    text
}

fn tell_pass(text: &mut String, pass: &Pass) {
    let _ = writeln!(text, "  {}", styled(DIM, format!("With {}:", pass.state)));
    if transcript::is_conversation(pass) {
        text.push_str(&transcript::table(pass));
    }
    let others = pass.steps.iter().enumerate().filter(|(_, step)| step.told.is_none());
    for (index, step) in others {
        let _ = writeln!(text, "    {}. {}", index + 1, tell_step(step));
        for (kind, detail) in &step.raised {
            let _ = writeln!(text, "       {}: {}: {detail}", styled(BAD, kind.name()), kind.words());
        }
    }
    // A conversation ends where it went wrong.
    if pass.raised.is_empty() && !pass.known_good && transcript::is_conversation(pass) {
        return;
    }
    let known_good = if pass.known_good { "accepted, used and looked up" } else { "not accepted" };
    let _ = writeln!(
        text,
        "    Then the known-good library: {}.",
        styled(if pass.known_good { GOOD } else { BAD }, known_good)
    );
    for (kind, detail) in &pass.raised {
        let _ = writeln!(text, "       {}: {}: {detail}", styled(BAD, kind.name()), kind.words());
    }
}

fn tell_step(step: &Step) -> String {
    match step.course {
        Course::Done => {}
        Course::LeftOut => return format!("Left out: {}. The device cannot do it, or a step before it.", step.word),
        Course::NotKnown => return format!("What came of `{}` is not known.", step.word),
    }
    let reason = match (&step.reason, &step.reason_field) {
        (Some(rule), Some(field)) => format!(" because of {rule} at {field}"),
        (Some(rule), None) => format!(" because of {rule}"),
        _ => String::new(),
    };
    let answered = match step.answer.as_deref() {
        Some("accept") => "accepted it".to_string(),
        Some("refuse") => format!("refused it{reason}"),
        Some(_) => "did not answer".to_string(),
        None if step.word == "restart" => "was switched off and on, and the therapy started again".to_string(),
        None => format!("did as asked: {}", step.word),
    };
    match (step.word.as_str(), step.expected.as_deref()) {
        ("send", Some(expected)) => {
            let rule = step.rule.as_ref().map_or(String::new(), |rule| {
                format!(" ({rule} is broken at {})", step.field.as_deref().unwrap_or("file"))
            });
            let style = if expected == "unspecified" { OPEN } else { output::PLAIN };
            format!(
                "Sent {}. Expected: {}{rule}. The pump {answered}.",
                count(step.length, "byte"),
                styled(style, expected)
            )
        }
        ("activate", _) => format!("Asked to use the staged library. The pump {answered}."),
        _ => format!("The pump {answered}."),
    }
}
