//! Why the server does not start.

use std::fmt;

/// A problem as a person needs it: what, where, why, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What does not work.
    pub what: String,
    /// Where.
    pub place: String,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    /// A problem, in these words.
    pub fn new(
        what: impl Into<String>,
        place: impl fmt::Display,
        why: impl fmt::Display,
        hint: impl Into<String>,
    ) -> Self {
        Self { what: what.into(), place: place.to_string(), why: why.to_string(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, place, why, hint } = self;
        write!(f, "error: {what}\n  where: {place}\n  why: {why}\n  what to do: {hint}")
    }
}

impl std::error::Error for Problem {}
