//! What happened in a conversation: as a table to read, and with every byte to keep beside a finding.

use crate::protocol::{Pass, Said, Step, Told};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table, TableComponent};
use infuzz::finding::Kind;
use std::fmt::Write as _;

/// Characters of a line of the table.
const WIDTH: u16 = 110;

/// Whether a pass is a conversation.
pub fn is_conversation(pass: &Pass) -> bool {
    pass.steps.iter().any(|step| step.told.is_some())
}

/// A table of its steps, the last of which has what went wrong.
pub fn table(pass: &Pass) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    // No lines between the rows.
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header(["step", "what happens", "said", "answered", "what becomes of it"]);
    for (number, step, told) in steps(pass) {
        let bytes = |of: fn(&Said) -> usize| told.exchanges.iter().map(of).sum::<usize>();
        let (sent, received) = (bytes(|said| said.sent.len() / 2), bytes(|said| said.received.len() / 2));
        let shown = |bytes: usize| if bytes == 0 { String::new() } else { bytes.to_string() };
        let became = told.exchanges.iter().map(|said| became(said, step.word == "say"));
        let became = became.chain(step.raised.iter().map(wrong)).collect::<Vec<_>>().join("\n");
        table.add_row([number.to_string(), told.what.clone(), shown(sent), shown(received), became]);
    }
    table.lines().map(|line| format!("    {}\n", line.trim_end())).collect()
}

/// Everything that was said, byte by byte.
pub fn whole(pass: &Pass) -> String {
    let mut text = String::new();
    for (number, step, told) in steps(pass) {
        let _ = writeln!(text, "{number} {}", told.what);
        told.exchanges.iter().for_each(|said| one(&mut text, said));
        for raised in &step.raised {
            let _ = writeln!(text, "  {}", wrong(raised));
        }
    }
    if !pass.afterwards.is_empty() {
        let _ = writeln!(text, "The known-good library:");
        pass.afterwards.iter().for_each(|said| one(&mut text, said));
    }
    for raised in &pass.raised {
        let _ = writeln!(text, "  {}", wrong(raised));
    }
    text
}

fn steps(pass: &Pass) -> impl Iterator<Item = (usize, &Step, &Told)> {
    let told = pass.steps.iter().enumerate();
    told.filter_map(|(at, step)| step.told.as_ref().map(|told| (at + 1, step, told)))
}

fn became(said: &Said, asked: bool) -> String {
    let by_itself = if asked { String::new() } else { format!("by itself on {}: ", said.line) };
    let closed = if said.closed { "; it closes the connection" } else { "" };
    format!("{by_itself}{}{closed}", said.became)
}

fn wrong((kind, detail): &(Kind, String)) -> String {
    format!("{}: {}: {detail}", kind.name(), kind.words())
}

fn one(text: &mut String, said: &Said) {
    let dash = |digits: &str| if digits.is_empty() { "-".to_string() } else { digits.to_string() };
    let _ = writeln!(text, "  {} sent {}", said.line, dash(&said.sent));
    let closed = if said.closed { ", and the connection was closed" } else { "" };
    let _ = writeln!(text, "  {} received {}{closed}", said.line, dash(&said.received));
    let _ = writeln!(text, "  {}", said.became);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> Pass {
        let said = |sent: &str, received: &str, became: &str| Said {
            line: "bcc 0".into(),
            sent: sent.into(),
            received: received.into(),
            closed: became.is_empty(),
            became: became.into(),
        };
        let step = |what: &str, word: &str, exchanges: Vec<Said>, raised: Vec<(Kind, String)>| Step {
            word: word.into(),
            told: Some(Told { what: what.into(), exchanges }),
            raised,
            ..Step::default()
        };
        let wrong = vec![(Kind::StateChanged, "the rate is another one".to_string())];
        Pass {
            state: "a pump on a network".into(),
            steps: vec![
                step("say bcc 0", "say", vec![said("06", "15AA", "ack nothing (link closed)")], Vec::new()),
                step("wait 5000", "wait", vec![said("", "01", "")], wrong),
            ],
            raised: Vec::new(),
            afterwards: vec![said("4C", "54", "hello done (closed)")],
            known_good: false,
            deterministic: true,
        }
    }

    #[test]
    fn a_table_has_a_row_for_each_step_and_what_went_wrong() {
        let table = table(&pass());
        let row = |first: &str| table.lines().find(|line| line.trim_start().starts_with(first)).unwrap_or_default();
        let has = |line: &str, words: &[&str]| words.iter().all(|word| line.contains(word));
        assert!(has(row("1 "), &["say bcc 0", " 1 ", " 2 ", "ack nothing (link closed)"]), "{table}");
        assert!(has(row("2 "), &["wait 5000", "by itself on bcc 0: ; it closes the connection"]), "{table}");
        assert!(table.contains("state-changed") && table.contains("the rate is another one"), "{table}");
    }

    #[test]
    fn a_transcript_has_every_byte() {
        let whole = whole(&pass());
        for line in ["  bcc 0 sent 06", "  bcc 0 received 15AA", "2 wait 5000", "  bcc 0 sent -", "  bcc 0 sent 4C"] {
            assert!(whole.lines().any(|one| one == line), "{line}: {whole}");
        }
        assert!(whole.contains("received 01, and the connection was closed"), "{whole}");
        assert!(whole.contains("the rate is another one"), "{whole}");
    }
}
