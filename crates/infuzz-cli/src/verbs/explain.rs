//! `explain FILE`: what each byte says, what is broken, and what the pump says to it.

use crate::describe::{Span, spans};
use crate::device::Chosen;
use crate::failure::Failure;
use crate::output::{BAD, BOLD, DIM, FIELDS, GOOD, OPEN, count, hex, out, styled};
use crate::remote::{CASE_LIMIT, Came, Remote};
use crate::setting::OneFile;
use crate::{Status, files, output};
use infuzz::judgement::Judge;
use serde::Serialize;
use std::fmt::Write;

/// Bytes on one line.
const ROW: usize = 8;

/// What `explain` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Any bytes can be explained; a broken rule is marked with its id and its words.\n\nExample: cargo infuzz explain corpus/drug_library/seed/minimal"
)]
pub struct Arguments {
    #[command(flatten)]
    of: OneFile,
}

#[derive(Serialize)]
struct Report {
    file: String,
    format: String,
    expected: &'static str,
    rule: Option<String>,
    answer: String,
    reason: Option<String>,
    spans: Vec<Span>,
}

/// Explains the file.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let setting = arguments.of.setting()?;
    let bytes = files::read(&arguments.of.file)?;
    let mut judge = Judge::new(setting.format);
    let judgement = judge.judge(&bytes);
    let (tree, violations) = judge.explain(&bytes);
    let spans = spans(tree, &violations);
    let plain = tree.bytes().to_vec();
    let came = Remote::new(setting, Chosen::BuiltIn, CASE_LIMIT)?.ask(framed(&bytes).as_ref())?;
    let said = match &came {
        Came::Through(replayed) => replayed.decisive().cloned(),
        Came::Fell(..) => None,
    };
    let report = Report {
        file: arguments.of.name(),
        format: setting.builtin.name.into(),
        expected: judgement.word(),
        rule: judgement.rule().map(|rule| setting.format.rule(rule).to_string()),
        answer: said.as_ref().and_then(|step| step.answer.clone()).unwrap_or_else(|| "none".into()),
        reason: said.as_ref().and_then(|step| step.reason.clone()),
        spans,
    };
    if arguments.of.json {
        output::json(&report);
        return Ok(Status::Expected);
    }
    let mut text = format!("{} ({}) as {}\n\n", styled(BOLD, &report.file), count(bytes.len(), "byte"), report.format);
    for (index, span) in report.spans.iter().enumerate() {
        line(&mut text, span, &plain, index);
    }
    let broken = report.rule.as_ref().map_or(String::new(), |rule| format!(", {rule} is broken"));
    let style = match report.expected {
        "accept" => GOOD,
        "refuse" => BAD,
        _ => OPEN,
    };
    let _ = writeln!(text, "\nThe description says: {}{broken}", styled(style, report.expected));
    let pump = match (&came, &said) {
        (Came::Fell(kind, why), _) => format!("{}: {why}", kind.words()),
        (_, Some(step)) => {
            let place = step.reason_field.as_ref().map_or(String::new(), |field| format!(" at {field}"));
            let reason = report.reason.as_ref().map_or(String::new(), |reason| format!(", because of {reason}{place}"));
            format!("{}{reason}", report.answer)
        }
        _ => report.answer.clone(),
    };
    let _ = writeln!(text, "The pump says:        {pump}");
    out(&text);
    Ok(Status::Expected)
}

/// The bytes as the worker takes them: a file that happens to begin as a session is explained as
/// bytes, too.
fn framed(bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    use infuzz::session::{Session, SessionStep};
    if Session::is_session(bytes) {
        let session = Session { steps: vec![SessionStep::Send(bytes.to_vec())] };
        return session.to_string().into_bytes().into();
    }
    bytes.into()
}

fn line(text: &mut String, span: &Span, bytes: &[u8], index: usize) {
    let own = bytes.get(span.offset as usize..(span.offset + span.length) as usize).unwrap_or(&[]);
    let colour = if span.rule.is_some() { BAD } else { FIELDS[index % FIELDS.len()] };
    let name = span.field.as_deref().unwrap_or("(in no field)");
    let broken = match (&span.rule, &span.why) {
        (Some(rule), Some(why)) => format!("  {}", styled(BAD, format!("✗ {rule}: {why}"))),
        _ => String::new(),
    };
    let shown = match &span.value {
        Some(value) => format!("{name} = {value}"),
        None => name.to_string(),
    };
    let rows: Vec<&[u8]> = if span.value.is_none() { Vec::new() } else { own.chunks(ROW).collect() };
    let first = rows.first().map_or_else(String::new, |row| hex(row));
    let _ = writeln!(
        text,
        "{} {}  {shown}{broken}",
        styled(DIM, format!("{:06}", span.offset)),
        styled(colour, format!("{first:<23}"))
    );
    for (row, at) in rows.iter().zip((span.offset as usize..).step_by(ROW)).skip(1) {
        let _ = writeln!(text, "{} {}", styled(DIM, format!("{at:06}")), styled(colour, hex(row)));
    }
}
