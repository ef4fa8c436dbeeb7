//! The reference pump's reader of single requests of a library transfer.

use infuzz::device::{Answer, Outcome, Reason};

/// Whether the request keeps the rules of the format, and which it breaks.
pub(crate) fn read(bytes: &[u8]) -> Answer {
    match pump::transfer::read(bytes) {
        Ok(_) => Answer { outcome: Outcome::Accepted, reason: None },
        Err(refusal) => {
            let (rule, field) = (refusal.rule.id().into(), refusal.field.to_string());
            let reason = Reason { rule, field, offset: u32::try_from(refusal.offset).ok() };
            Answer { outcome: Outcome::Refused, reason: Some(reason) }
        }
    }
}
