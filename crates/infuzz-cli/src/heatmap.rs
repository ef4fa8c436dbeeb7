//! The heat map of a sweep: fields × value classes.

use crate::output::{ALSO_GOOD, BAD, BOLD, DIM, GOOD, OPEN, styled};
use anstyle::Style;
use infuzz::classes::CLASSES;
use infuzz::format::FieldId;
use infuzz::sweep::{Plan, STRUCTURE};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What came of a case, as far as the map shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It did not run.
    NotRun,
    /// It was to be refused, and nothing was wrong.
    Refuse,
    /// It was to be accepted, and nothing was wrong.
    Accept,
    /// It was open what happens, and nothing was wrong.
    Open,
    /// Something was wrong.
    Finding,
}

/// The names of all value classes, in the order of the columns.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|class| class.name).chain(STRUCTURE.iter().copied())
}

fn bit(seen: Seen) -> u8 {
    match seen {
        Seen::Refuse => 1,
        Seen::Accept => 2,
        Seen::Open => 4,
        Seen::NotRun => 8,
        Seen::Finding => 16,
    }
}

/// The symbol of a cell by what its cases showed.
fn symbol(cell: u8) -> (char, Style) {
    match cell {
        0 => ('·', DIM),
        cell if cell & 16 != 0 => ('!', BAD),
        cell if cell & 8 != 0 => ('-', OPEN),
        cell if cell & 3 == 3 => ('x', GOOD),
        cell if cell & 1 != 0 => ('r', GOOD),
        cell if cell & 2 != 0 => ('a', ALSO_GOOD),
        _ => ('?', OPEN),
    }
}

/// Draws the map: what was seen of each case of the plan.
pub fn draw(plan: &Plan<'_>, seen: &[Seen]) -> String {
    let format = plan.base.format();
    let columns: Vec<&str> = classes().collect();
    let mut rows: BTreeMap<Option<FieldId>, Vec<u8>> =
        format.leaves().map(|field| (Some(field.id), vec![0; columns.len()])).collect();
    for (case, seen) in plan.cases.iter().zip(seen) {
        let row = rows.entry(case.field).or_insert_with(|| vec![0; columns.len()]);
        if let Some(column) = columns.iter().position(|class| *class == case.class) {
            row[column] |= bit(*seen);
        }
    }
    let name = |field: Option<FieldId>| match field.map(|field| format.field(field)) {
        Some(field) if !field.path.is_empty() => field.path.as_str(),
        _ => "(the whole file)",
    };
    let width = rows.keys().map(|field| name(*field).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for digits in [|column: usize| (column / 10).to_string(), |column: usize| (column % 10).to_string()] {
        let heads: String = (1..=columns.len()).map(digits).collect();
        let _ = writeln!(text, "{:width$} {}", "", styled(BOLD, heads));
    }
    for (field, cells) in &rows {
        let _ = write!(text, "{:width$} ", name(*field));
        let mut style = Style::new();
        for cell in cells {
            let (symbol, own) = symbol(*cell);
            if own != style {
                let _ = write!(text, "{style:#}{own}");
                style = own;
            }
            text.push(symbol);
        }
        let _ = writeln!(text, "{style:#}");
    }
    text.push('\n');
    let _ = writeln!(text, "r refused   a accepted   x both   ? open   ! finding   - not run   · no such case\n");
    let widest = columns.iter().map(|class| class.len()).max().unwrap_or(0);
    let legend: Vec<String> =
        columns.iter().enumerate().map(|(index, class)| format!("{:2} {class:widest$}", index + 1)).collect();
    for line in legend.chunks(4) {
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_seen_whatever_else_a_cell_holds() {
        assert_eq!(symbol(bit(Seen::Finding) | bit(Seen::Accept)).0, '!');
        assert_eq!(symbol(bit(Seen::Refuse) | bit(Seen::NotRun)).0, '-');
        assert_eq!(symbol(bit(Seen::Refuse) | bit(Seen::Accept)).0, 'x');
        assert_eq!(symbol(0).0, '·');
    }
}
