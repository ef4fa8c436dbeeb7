//! Views and label sets.

use super::record::{Record, item};
use super::refusal::{Refusal, Rule};

/// What an entry may show besides the parameters of a mode: "save order" and "drug".
const OTHERS: [u8; 2] = [20, 22];
/// The largest number of a parameter of any mode.
const LAST: u8 = 18;
/// Entries of a view.
const ENTRIES: usize = 20;
/// Entries of a list of a view.
const LISTED: usize = 23;

/// Whether an entry shows something that a mode has, given its last parameter.
fn shows(parameter: u8, last: u8) -> bool {
    parameter <= last || OTHERS.contains(&parameter)
}

fn parameters<'a>(view: &Record<'a>, used: usize) -> impl Iterator<Item = u8> + use<'a> {
    let view = *view;
    (0..used.min(ENTRIES)).map(move |entry| view.u8(entry.saturating_mul(9).saturating_add(1)))
}

/// Checks a view. The lists of a default view are left open by the format.
pub(super) fn view(record: &Record<'_>, is_default: bool) -> Result<(), Refusal> {
    let entries = record.counted((0, "entries"), (1, "entry"), (ENTRIES, 9, 0))?;
    for (entry, parameter) in parameters(record, entries).enumerate() {
        let at = entry.saturating_mul(9).saturating_add(1);
        let name = item("entry", entry, "parameter");
        require!(shows(parameter, LAST), record.refuse(Rule::EnumValue, name, at));
        let twice = parameters(record, entry).any(|other| other == parameter);
        require!(!twice, record.refuse(Rule::ViewDistinct, name, at));
        record.text(at.saturating_add(1), 8, 7, item("entry", entry, "label"))?;
    }
    for (count, list, at) in [("patients", "patient", 181), ("titrations", "titration", 205)] {
        let first = at + 1;
        let used = record.counted((at, count), (first, list), (LISTED, 1, 0xFF))?;
        let mut left = parameters(record, entries);
        for number in 0..used {
            let place = number.saturating_add(first);
            let listed = record.u8(place);
            require!(
                is_default || left.any(|parameter| parameter == listed),
                record.refuse(Rule::ViewList, item(list, number, ""), place)
            );
        }
    }
    record.unused(229, 23, "unused")?;
    record.check()
}

/// Whether a view that was checked shows only what a mode has.
pub(super) fn suits(view: &Record<'_>, last: u8) -> bool {
    parameters(view, usize::from(view.u8(0))).all(|parameter| shows(parameter, last))
}

/// Checks a label set.
pub(super) fn labels(record: &Record<'_>) -> Result<(), Refusal> {
    let used = record.counted((0, "count"), (1, "text"), (5, 10, 0))?;
    for label in 0..used {
        let at = label.saturating_mul(10).saturating_add(1);
        record.text(at, 10, 10, item("text", label, ""))?;
    }
    record.unused(51, 9, "unused")?;
    record.check()
}
