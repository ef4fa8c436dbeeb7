//! Frames of the BCC protocol: what a pump station takes from a host, and a host from a station.

use infuzz::device::{Answer, Outcome, Reason};
use pump::bcc::{Refusal, validate_answer, validate_request};

/// The answer to a frame on one of the protocol's two paths.
pub(crate) fn message(path: &str, bytes: &[u8]) -> Answer {
    match path {
        "bcc" => answer(validate_request(bytes, true)),
        "bcc-answer" => answer(validate_answer(bytes, true)),
        _ => Answer { outcome: Outcome::Silent, reason: None },
    }
}

fn answer<T>(checked: Result<T, Refusal>) -> Answer {
    let reason = |refusal: Refusal| Reason {
        rule: refusal.rule.id().into(),
        field: refusal.path.to_string(),
        offset: u32::try_from(refusal.offset).ok(),
    };
    match checked {
        Ok(_) => Answer { outcome: Outcome::Accepted, reason: None },
        Err(refusal) => Answer { outcome: Outcome::Refused, reason: Some(reason(refusal)) },
    }
}
