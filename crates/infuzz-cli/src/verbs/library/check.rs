//! `library check FILE`: everything that is wrong with a library.

use crate::describe::{self, Span};
use crate::failure::Failure;
use crate::output::{BAD, BOLD, GOOD, count, out, styled};
use crate::setting::OneFile;
use crate::{Status, files, output};
use infuzz::judgement::Judge;
use serde::Serialize;

/// What `library check` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 valid, 1 not valid, 2 the file cannot be read.\n\nExample: cargo infuzz library check ward.bin"
)]
pub struct Arguments {
    #[command(flatten)]
    of: OneFile,
}

#[derive(Serialize)]
struct Report {
    file: String,
    valid: bool,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    rule: String,
    field: String,
    offset: u32,
    value: Option<String>,
    why: String,
}

/// Checks the library.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let setting = arguments.of.setting()?;
    let bytes = files::read(&arguments.of.file)?;
    let mut judge = Judge::new(setting.format);
    let (tree, violations) = judge.explain(&bytes);
    let broken = describe::spans(tree, &violations).into_iter().filter_map(|span| match span {
        Span { rule: Some(rule), why: Some(why), field: Some(field), offset, value, .. } => {
            Some(Problem { rule, field, offset, value, why })
        }
        _ => None,
    });
    let report = Report { file: arguments.of.name(), valid: violations.is_empty(), problems: broken.collect() };
    if arguments.of.json {
        output::json(&report);
    } else if report.valid {
        out(&format!("{}: {}\n", styled(BOLD, &report.file), styled(GOOD, "valid")));
    } else {
        let mut text = format!(
            "{}: {}, {}\n",
            styled(BOLD, &report.file),
            styled(BAD, "not valid"),
            count(report.problems.len(), "problem")
        );
        for problem in &report.problems {
            let value = problem.value.as_ref().map_or(String::new(), |value| format!(" = {value}"));
            text += &format!(
                "  offset {}: {}{value}\n    {}: {}\n",
                problem.offset,
                problem.field,
                styled(BAD, &problem.rule),
                problem.why
            );
        }
        out(&text);
    }
    Ok(if report.valid { Status::Expected } else { Status::Findings })
}
