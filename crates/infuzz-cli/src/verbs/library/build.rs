//! `library build FILE.json -o OUT`.

use crate::failure::Failure;
use crate::locate::position;
use crate::output::{count, out};
use crate::setting::{DEFAULT_FORMAT, Setting};
use crate::{Status, describe, files, output};
use infuzz::compose::compose;
use infuzz::judgement::Judge;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What `library build` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Nothing is written unless the library is valid.\n\nExample: cargo infuzz library build ward.json -o ward.bin"
)]
pub struct Arguments {
    /// People's data, as `library show` prints it
    file: PathBuf,
    /// Where the library is written
    #[arg(short, long)]
    output: PathBuf,
    /// The format to build
    #[arg(long, default_value = DEFAULT_FORMAT)]
    format: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Builds the library.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let setting = Setting::named(&arguments.format)?;
    let bytes = build(setting, &arguments.file)?;
    files::write(&arguments.output, &bytes)?;
    if arguments.json {
        output::json(
            &json!({ "file": arguments.output.display().to_string(), "format": setting.builtin.name, "bytes": bytes.len() }),
        );
    } else {
        out(&format!("{}: a valid library of {}\n", arguments.output.display(), count(bytes.len(), "byte")));
    }
    Ok(Status::Expected)
}

fn build(setting: Setting, path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let text = files::read(path)?;
    let text = String::from_utf8(text).map_err(|error| {
        let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
        let line = valid.matches('\n').count() + 1;
        Failure::new("not JSON", format!("{shown}:{line}"), "the text is not UTF-8", "save the file as UTF-8")
    })?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or(&why).to_string();
        Failure::new(
            "not JSON",
            format!("{shown}:{}:{}", error.line(), error.column().max(1)),
            why,
            "mend the JSON there",
        )
    })?;
    let at = |field: &str| {
        let (line, column) = position(&text, field);
        format!("{shown}:{line}:{column}")
    };
    let bytes = compose(setting.format, &value).map_err(|error| {
        let (place, field) = (at(&error.path), if error.path.is_empty() { "the whole library" } else { &error.path });
        Failure::new(
            "not a library",
            place,
            format!("{field}: {}", error.why),
            "mend the field; `cargo infuzz library show` prints an example from any library",
        )
    })?;
    let mut judge = Judge::new(setting.format);
    let (tree, violations) = judge.explain(&bytes);
    let Some(first) = describe::first_in_bytes(tree, &violations) else { return Ok(bytes) };
    let (rule, words) = describe::rule(tree, first.rule);
    let field = describe::path(tree, first.node);
    let value = if setting.format.field(tree.node(first.node).field).is_leaf() {
        format!(" = {}", describe::value(tree, first.node))
    } else {
        String::new()
    };
    let more = if violations.len() > 1 { format!(" (and {} more)", violations.len() - 1) } else { String::new() };
    Err(Failure::new(
        "not a valid library",
        at(&tree.path(first.node)),
        format!("{field}{value} breaks {rule}: {words}{more}"),
        "change the value so that the rule holds; nothing was written",
    ))
}
