//! `library show FILE`: the JSON that `library build` reads.

use crate::Status;
use crate::failure::Failure;
use crate::output::out;
use crate::setting::OneFile;
use infuzz::compose::decompose;
use infuzz::tree::Tree;
use serde_json::Value;

/// What `library show` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Only a valid library can be shown; see `library check` for others.\n\nExample: cargo infuzz library show corpus/drug_library/seed/minimal > ward.json"
)]
pub struct Arguments {
    #[command(flatten)]
    of: OneFile,
}

/// Shows the library.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let setting = arguments.of.setting()?;
    let bytes = setting.valid_file(&arguments.of.file)?;
    let value = decompose(&Tree::decode(setting.format, &bytes));
    out(&if arguments.of.json { format!("{value}\n") } else { records(&value) });
    Ok(Status::Expected)
}

/// One line per record: each entry of the whole on a line, and each item of a list on its own.
fn records(value: &Value) -> String {
    let Value::Object(whole) = value else { return format!("{value}\n") };
    let entries = whole.iter().map(|(name, value)| {
        let name = Value::from(name.as_str());
        match value {
            Value::Array(items) if !items.is_empty() => {
                let items: Vec<String> = items.iter().map(|item| format!("  {}", spaced(item))).collect();
                format!("{name}: [\n{}\n]", items.join(",\n"))
            }
            _ => format!("{name}: {}", spaced(value)),
        }
    });
    format!("{{\n{}\n}}\n", entries.collect::<Vec<_>>().join(",\n"))
}

/// JSON on one line, with a space after each comma and colon.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let fields: Vec<String> = object
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        _ => value.to_string(),
    }
}
