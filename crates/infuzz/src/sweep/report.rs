//! The result of a sweep, as `interface.md` promises it.

use super::plan::NotApplicable;
use crate::finding::Finding;
use serde::Serialize;

/// The object that `cargo infuzz sweep --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The format swept.
    pub format: String,
    /// The library that was edited.
    pub library: String,
    /// Seed of everything drawn.
    pub seed: u64,
    /// Leaf fields of the description.
    pub fields: usize,
    /// Value classes.
    pub value_classes: usize,
    /// Rules of the description.
    pub rules: usize,
    /// Those that are Rust code instead of words of the language.
    pub rules_native: usize,
    /// Cases worked out.
    pub planned: usize,
    /// Cases run.
    pub ran: usize,
    /// Cases not run.
    pub skipped: usize,
    /// Cases that break a rule.
    pub must_refuse: usize,
    /// Cases that break none.
    pub must_accept: usize,
    /// Cases whose outcome the format leaves open.
    pub unspecified: usize,
    /// Pairs of field and class without a case.
    pub not_applicable: usize,
    /// Why.
    pub not_applicable_why: Vec<NotApplicable>,
    /// How often the known-good library was accepted: once before the first case, then after each.
    pub known_good_accepted: usize,
    /// Kinds of finding this device cannot show.
    pub not_observable: Vec<String>,
    /// Speed.
    pub cases_per_s: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}
