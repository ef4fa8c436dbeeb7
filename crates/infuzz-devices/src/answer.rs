//! What the pump's readers say, as answers.

use infuzz::device::{Answer, Outcome, Reason};
use pump::Error;

/// Why a reader refuses something.
pub(crate) struct Why(Option<Reason>);

macro_rules! readers {
    ($($refusal:ty),*) => {
        $(impl From<$refusal> for Why {
            fn from(refusal: $refusal) -> Self {
                Why(Some(Reason {
                    rule: refusal.rule.id().into(),
                    field: refusal.path.to_string(),
                    offset: u32::try_from(refusal.offset).ok(),
                }))
            }
        })*
    };
}

readers!(pump::miva::Refusal, pump::bcc::Refusal, pump::order::Refusal, pump::transfer::Refusal);

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Why(Some(Reason {
                rule: refusal.rule.id().into(),
                field: refusal.path().to_string(),
                offset: Some(refusal.offset),
            })),
            Error::Miva(refusal) => refusal.into(),
            Error::Storage(_) => Why(None),
        }
    }
}

/// The answer to something that was read.
pub(crate) fn answer<T, E: Into<Why>>(read: Result<T, E>) -> Answer {
    match read {
        Ok(_) => Answer { outcome: Outcome::Accepted, reason: None },
        Err(error) => Answer { outcome: Outcome::Refused, reason: error.into().0 },
    }
}

/// That there is nobody to answer on a path.
pub(crate) const SILENT: Answer = Answer { outcome: Outcome::Silent, reason: None };
