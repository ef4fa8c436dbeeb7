//! Checking an order.

use super::protocol::{Holder, protocol};
use super::record::Record;
use super::refusal::{Path, Refusal, Rule};
use super::validate::Index;

/// Bytes of an order.
const SIZE: usize = 512;
/// Bytes of its protocol.
const PROTOCOL: usize = 256;
/// What stands for no reference.
const NONE: u8 = 0xFF;

#[cold]
fn refuse(rule: Rule, field: &'static str, offset: usize) -> Refusal {
    Refusal { rule, path: Path { record: field, ..Path::default() }, offset }
}

/// Checks an order by itself, and where a library is given also what it refers to in it.
///
/// # Errors
/// The first broken rule, in the order of the bytes.
pub fn validate_order(order: &[u8], library: Option<Index>) -> Result<(), Refusal> {
    require!(order.len() == SIZE, refuse(Rule::OrderSize, "", order.len().min(SIZE)));
    let (of_protocol, choice) = order.split_at_checked(PROTOCOL).unwrap_or_default();
    let record = Record::new(of_protocol, 0, "protocol", None);
    let protocol = protocol(record, Holder::Order)?;
    require!(record.u8(92) == 0, record.refuse(Rule::OrderChangeable, "changeable", 92));
    protocol.flow()?;
    let [slot, view, labels, rest @ ..] = choice else { return Err(refuse(Rule::OrderSize, "", order.len())) };
    if let Some(Index { protocols, views, labels: label_sets }) = library {
        for (at, name, number, used) in
            [(256, "slot", *slot, protocols), (257, "view", *view, views), (258, "labels", *labels, label_sets)]
        {
            require!(number == NONE || usize::from(number) < used, refuse(Rule::ReferenceExists, name, at));
        }
    }
    require!(rest.iter().all(|byte| *byte == 0), refuse(Rule::OrderRest, "rest", 259));
    Ok(())
}
