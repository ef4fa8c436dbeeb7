//! `corpus add`: keeps a regression, minimised, under a telling name, with the reason beside it.

use crate::engine::{ENGINES, Engine, Form, Libfuzzer, Place, engine};
use crate::failure::Failure;
use crate::minimise::minimise;
use crate::output::out;
use crate::remote::{CASE_LIMIT, Came, Remote, stop_on_interrupt};
use crate::setting::Setting;
use crate::targets::{self, target};
use crate::verbs::replay;
use crate::{Status, files, output};
use clap::Subcommand;
use infuzz::device::digest;
use infuzz_fuzz::{Body, Target};
use serde_json::json;
use std::path::PathBuf;

/// What can be done with a corpus.
#[derive(Subcommand)]
pub enum Verb {
    /// Keeps a regression: plain `cargo test` replays it from then on
    Add(Arguments),
    /// Gathers what all engines have found into the one corpus that all read
    Sync(SyncArguments),
}

/// What `corpus sync` takes.
#[derive(clap::Args)]
#[command(
    after_help = "What covers nothing new is left out. The result is in fuzz/corpus, which git ignores.\n\nExample: cargo infuzz corpus sync drug_library"
)]
pub struct SyncArguments {
    /// The target, such as drug_library
    target: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What `corpus add` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Kept as corpus/TARGET/regression/ID-SLUG, with the reason in ID-SLUG.why; commit both.\n\nExample: cargo infuzz corpus add drug_library crash.bin --why \"offset overflowed in the label table\""
)]
pub struct Arguments {
    /// The target, such as drug_library
    target: String,
    /// The input or session
    file: PathBuf,
    /// Why it is kept
    #[arg(long)]
    why: String,
    /// Do not make it smaller first
    #[arg(long)]
    as_is: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Verb {
    /// Does it.
    pub fn run(self) -> Result<Status, Failure> {
        match self {
            Verb::Add(arguments) => add(&arguments),
            Verb::Sync(arguments) => sync(&arguments),
        }
    }
}

fn add(arguments: &Arguments) -> Result<Status, Failure> {
    let target = target(&arguments.target)?;
    let setting = Setting::named(target.format)?;
    let before = replay::read(&arguments.file)?;
    let why = arguments.why.trim();
    if why.is_empty() {
        return Err(Failure::new(
            "a reason is missing",
            "--why",
            "it is empty",
            "say in a few words why the input is kept",
        ));
    }
    let folder = files::workspace()?.join("corpus").join(target.name).join("regression");
    stop_on_interrupt();
    let mut remote = Remote::new(target.format, CASE_LIMIT)?;
    let (bytes, came) =
        if arguments.as_is { (before.clone(), remote.ask(&before)?) } else { minimise(setting, &mut remote, &before)? };
    let name = format!("{:08x}-{}", digest(&bytes) >> 32, slug(setting, &bytes, &came));
    files::make_folder(&folder)?;
    let kept = folder.join(&name);
    files::write(&kept, &bytes)?;
    let reason = folder.join(format!("{name}.why"));
    let known = std::fs::read_to_string(&reason).unwrap_or_default();
    if !known.lines().any(|line| line == why) {
        files::write(&reason, format!("{known}{why}\n").as_bytes())?;
    }
    let test = test_name(target, &name);
    let shown = files::shown(&kept);
    if arguments.json {
        output::json(&json!({
            "target": target.name, "file": arguments.file.display().to_string(), "kept_as": shown, "test": test,
            "bytes_before": before.len(), "bytes_after": bytes.len(),
        }));
    } else {
        out(&format!(
            "{shown}: {} bytes (before: {})\nreplayed by the test {test}\nto commit: git add {shown} {shown}.why\n",
            bytes.len(),
            before.len()
        ));
    }
    Ok(Status::Expected)
}

/// The common corpus becomes the smallest set of inputs, of it and of all engines, that covers
/// what they all cover. What fails is kept as a finding; nothing is removed before the rest is
/// written.
fn sync(arguments: &SyncArguments) -> Result<Status, Failure> {
    let known = targets::target(&arguments.target)?;
    let target =
        infuzz_fuzz::target(known.name).ok_or_else(|| Failure::internal(known.name, "it is not in the table"))?;
    let root = files::workspace()?;
    let scratch = files::Scratch::new()?;
    let mut body = Body::new(target, None).map_err(|why| Failure::internal(target.name, why))?;
    let all = scratch.path().join("all");
    files::make_folder(&all)?;
    // Each engine is kept from running meanwhile.
    let mut places = Vec::new();
    let mut libfuzzer = Libfuzzer::default();
    for name in ENGINES {
        let engine = engine(name)?;
        let place = Place::new(&root, name, target, scratch.path())?;
        let found = engine.found(&place).into_iter().map(|folder| (engine.form(), folder));
        let plain = (*name == libfuzzer.name()).then(|| (Form::Plain, place.corpus.clone()));
        for (form, folder) in found.chain(plain) {
            for path in files::in_folder(&folder)? {
                let input = form.wire(&mut body, files::read(&path)?);
                files::write(&all.join(format!("{:016x}", digest(&input))), &input)?;
            }
        }
        places.push((engine, place));
    }
    let Some(place) = places.iter().map(|(_, place)| place).next() else { return Ok(Status::Expected) };
    libfuzzer.build(place)?;
    let merged = scratch.path().join("merged");
    files::make_folder(&merged)?;
    let before = files::in_folder(&all)?.len();
    let edges = libfuzzer.merge(place, &[place.seeds(), all], &merged)?;
    let kept = files::in_folder(&merged)?;
    let old = files::in_folder(&place.corpus)?;
    let mut names = Vec::new();
    for path in &kept {
        let name = path.file_name().unwrap_or_default().to_os_string();
        files::write(&place.corpus.join(&name), &files::read(path)?)?;
        names.push(name);
    }
    for left in libfuzzer.left(place)? {
        let bytes = files::read(&left.path)?;
        let folder = root.join("target/infuzz/findings").join(target.name);
        files::make_folder(&folder)?;
        let path = folder.join(replay::id(left.kind, &bytes));
        files::write(&path, &bytes)?;
        output::note(&format!("fails: {}", replay::replay_command(*target, &path)));
    }
    for path in old.iter().filter(|path| !names.iter().any(|name| path.file_name() == Some(name))) {
        std::fs::remove_file(path).map_err(|error| Failure::unwritable(path, &error))?;
    }
    for (engine, place) in &places {
        engine.forget(place)?;
    }
    if arguments.json {
        output::json(
            &json!({ "target": target.name, "files_before": before, "files_after": kept.len(), "edges": edges }),
        );
    } else {
        out(&format!("{}: {before} files before, {} after, {edges} edges\n", target.name, kept.len()));
    }
    Ok(Status::Expected)
}

/// A few words for the file's name: the kind of finding, or what is expected, and the rule.
fn slug(setting: Setting, bytes: &[u8], came: &Came) -> String {
    let step = match came {
        Came::Through(replayed) => replayed.decisive().cloned(),
        Came::Fell(..) => None,
    };
    let (expected, rule) = match step {
        Some(step) => (step.expected.unwrap_or_default(), step.rule),
        None => {
            let (expected, rule, _) = replay::judged(setting, bytes);
            (expected, rule)
        }
    };
    let first = came.kinds().first().map_or(expected, |kind| kind.name().to_string());
    let words = match rule {
        Some(rule) => format!("{first}-{rule}"),
        None => first,
    };
    words.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// The name of the test that replays a regression.
fn test_name(target: Target, file: &str) -> String {
    format!("{}::{file}", target.name)
}
