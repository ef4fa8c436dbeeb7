//! `corpus add`: keeps a regression, minimised, under a telling name, with the reason beside it.

use crate::device::Chosen;
use crate::failure::Failure;
use crate::minimise::minimise;
use crate::output::out;
use crate::remote::{CASE_LIMIT, Came, Remote, stop_on_interrupt};
use crate::setting::Setting;
use crate::targets::target;
use crate::verbs::replay;
use crate::{Status, files, output};
use infuzz::device::digest;
use infuzz_fuzz::Target;
use serde_json::json;
use std::path::PathBuf;

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

/// Keeps it.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let target = target(&arguments.target)?;
    let setting = Setting::named(target.format)?;
    let before = replay::read_for(target, &arguments.file)?;
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
    let mut remote = Remote::new(setting, Chosen::BuiltIn, CASE_LIMIT)?;
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
fn test_name(target: &Target, file: &str) -> String {
    format!("{}::{file}", target.name)
}
