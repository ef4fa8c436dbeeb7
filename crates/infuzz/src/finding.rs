//! What can be wrong with a device, beyond a crash.

use serde::{Deserialize, Serialize};

/// The kinds of finding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The process ended abnormally.
    Crash,
    /// No end within the time limit.
    Hang,
    /// More memory than the budget allows.
    OverBudget,
    /// An invalid input was accepted.
    InvalidAccepted,
    /// A valid input was refused, or accepted and then not put to use.
    ValidRefused,
    /// A known-good library was not accepted afterwards.
    NotRecovered,
    /// A refused input changed something.
    StateChanged,
    /// No answer where one is owed.
    Silent,
    /// Refused, but for a reason that has nothing to do with the fault.
    WrongReason,
    /// An answer has bytes that were never sent to the device.
    Leaked,
    /// Accepted, and then written anew as other bytes.
    NotCanonical,
    /// The same input gave another result.
    NotDeterministic,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 12] = [
        Kind::Crash,
        Kind::Hang,
        Kind::OverBudget,
        Kind::InvalidAccepted,
        Kind::ValidRefused,
        Kind::NotRecovered,
        Kind::StateChanged,
        Kind::Silent,
        Kind::WrongReason,
        Kind::Leaked,
        Kind::NotCanonical,
        Kind::NotDeterministic,
    ];

    /// The name used in output and file names.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Crash => "crash",
            Kind::Hang => "hang",
            Kind::OverBudget => "over-budget",
            Kind::InvalidAccepted => "invalid-accepted",
            Kind::ValidRefused => "valid-refused",
            Kind::NotRecovered => "not-recovered",
            Kind::StateChanged => "state-changed",
            Kind::Silent => "silent",
            Kind::WrongReason => "wrong-reason",
            Kind::Leaked => "leaked",
            Kind::NotCanonical => "not-canonical",
            Kind::NotDeterministic => "not-deterministic",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The weakness it shows, as a CWE number.
    pub fn cwe(self) -> u32 {
        match self {
            Kind::Crash => 248,
            Kind::Hang => 835,
            Kind::OverBudget => 770,
            Kind::InvalidAccepted => 20,
            Kind::ValidRefused => 697,
            Kind::NotRecovered => 459,
            Kind::StateChanged => 372,
            Kind::Silent => 392,
            Kind::WrongReason => 394,
            Kind::Leaked => 201,
            Kind::NotCanonical => 436,
            Kind::NotDeterministic => 758,
        }
    }

    /// What happened, in plain words.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Crash => "the device software ended abnormally",
            Kind::Hang => "no answer within the time limit",
            Kind::OverBudget => "more memory was used than the budget allows",
            Kind::InvalidAccepted => "an invalid library was accepted",
            Kind::ValidRefused => "a valid library was refused or not put to use",
            Kind::NotRecovered => "a known-good library was not accepted afterwards",
            Kind::StateChanged => "a delivery changed what the device was doing or holding",
            Kind::Silent => "the device gave no answer",
            Kind::WrongReason => "the stated reason has nothing to do with the fault",
            Kind::Leaked => "an answer has bytes that the device was never given",
            Kind::NotCanonical => "a library was accepted, and the device writes it anew as other bytes",
            Kind::NotDeterministic => "the same input gave another result",
        }
    }
}

/// One finding, as every verb reports it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Finding {
    /// Stable within one run.
    pub id: String,
    /// The target or format.
    pub target: String,
    /// What went wrong.
    pub kind: Kind,
    /// `CWE-…`.
    pub cwe: String,
    /// The rule the input breaks.
    pub rule: Option<String>,
    /// The field it breaks it in.
    pub field: Option<String>,
    /// What the device was doing.
    pub state: String,
    /// Where the input is kept.
    pub file: Option<String>,
    /// A command that shows it again.
    pub replay: Option<String>,
    /// Whether the case fails by itself after a reset.
    pub alone: bool,
    /// Whether a second run gave the same.
    pub deterministic: bool,
    /// What was seen.
    pub detail: String,
}

/// What an oracle saw, before it is kept and named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// What went wrong.
    pub kind: Kind,
    /// What was seen.
    pub detail: String,
}

impl Raised {
    /// A finding of this kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Raised { kind, detail: detail.into() }
    }

    /// Whether a second run that raised the other showed the same.
    pub fn is_same(&self, other: &Raised) -> bool {
        self.kind == other.kind && self.essence() == other.essence()
    }

    /// What a second run has to show again. What a device that fell or spoke nonsense left behind also has
    /// numbers of processes, of requests and of places in memory, which are others each time.
    pub fn essence(&self) -> String {
        if !matches!(self.kind, Kind::Crash | Kind::Hang | Kind::Silent) {
            return self.detail.clone();
        }
        let is_word = |c: &char| c.is_ascii_alphanumeric();
        let mut essence = String::with_capacity(self.detail.len());
        let mut rest = self.detail.chars().peekable();
        while let Some(c) = rest.next() {
            if !c.is_ascii_digit() {
                essence.push(c);
                let word = std::iter::from_fn(|| rest.next_if(|next| is_word(&c) && is_word(next)));
                essence.extend(word);
            } else {
                while rest.next_if(is_word).is_some() {}
                essence.push('#');
            }
        }
        essence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_others_each_time_make_no_difference_where_a_device_fell() {
        let crash = |detail: &str| Raised::new(Kind::Crash, detail);
        assert!(crash("==12345==ABORTING at 0x7ffe12ab").is_same(&crash("==77==ABORTING at 0x60200010")));
        assert!(!crash("aborted in a1").is_same(&crash("aborted in a2")));
        assert!(!crash("aborted").is_same(&Raised::new(Kind::Hang, "aborted")));
        let changed = |detail: &str| Raised::new(Kind::StateChanged, detail);
        assert!(!changed("the rate is 1").is_same(&changed("the rate is 2")));
    }
}
