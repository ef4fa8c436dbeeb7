//! Infusion orders of PCD-03, each judged by itself.

use infuzz::device::{Answer, Outcome, Reason};
use pump::order::validate_order;

/// The pump's answer to a message.
pub(crate) fn answer(bytes: &[u8]) -> Answer {
    match validate_order(bytes) {
        Ok(_) => Answer { outcome: Outcome::Accepted, reason: None },
        Err(refusal) => Answer {
            outcome: Outcome::Refused,
            reason: Some(Reason {
                rule: refusal.rule.id().into(),
                field: refusal.path.to_string(),
                offset: u32::try_from(refusal.offset).ok(),
            }),
        },
    }
}
