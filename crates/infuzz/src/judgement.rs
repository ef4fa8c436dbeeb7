//! Must accept, must refuse because of a rule, or unspecified: a pure function of the bytes.

use crate::format::{Format, RuleId};
use crate::rules::{Checker, Violation};
use crate::tree::{Latest, Tree};

/// What a device must do with an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// No rule is broken.
    Accept,
    /// This rule is broken (others may be too).
    Refuse(RuleId),
    /// Only rules are broken whose consequence the format leaves open.
    Unspecified(RuleId),
}

impl Judgement {
    /// `accept`, `refuse` or `unspecified`.
    pub fn word(self) -> &'static str {
        match self {
            Judgement::Accept => "accept",
            Judgement::Refuse(_) => "refuse",
            Judgement::Unspecified(_) => "unspecified",
        }
    }

    /// The broken rule.
    pub fn rule(self) -> Option<RuleId> {
        match self {
            Judgement::Accept => None,
            Judgement::Refuse(rule) | Judgement::Unspecified(rule) => Some(rule),
        }
    }
}

/// Judges inputs of one format; keeps its allocations between them.
#[derive(Clone, Debug)]
pub struct Judge<'f> {
    latest: Latest<'f>,
    checker: Checker,
}

impl<'f> Judge<'f> {
    /// A judge of this format.
    pub fn new(format: &'f Format) -> Self {
        Judge { latest: Latest::new(format), checker: Checker::default() }
    }

    /// Judges an input.
    pub fn judge(&mut self, bytes: &[u8]) -> Judgement {
        self.decode(bytes);
        self.checker.judge(self.latest.tree())
    }

    /// The tree of an input; decodes it only if it is not the one decoded last.
    pub fn tree_of(&mut self, bytes: &[u8]) -> &Tree<'f> {
        self.decode(bytes);
        self.latest.tree()
    }

    /// The tree of the input decoded last.
    pub fn last(&self) -> &Tree<'f> {
        self.latest.tree()
    }

    /// Decodes an input that may have the structure of another, such as the one it was made
    /// from; judging it then goes on from there.
    pub fn decode_like(&mut self, other: &Tree<'f>, bytes: &[u8]) {
        self.latest.advance(Some(other), bytes);
    }

    fn decode(&mut self, bytes: &[u8]) {
        self.latest.advance(None, bytes);
    }

    /// Every broken rule of an input, with its tree.
    pub fn explain(&mut self, bytes: &[u8]) -> (&Tree<'f>, Vec<Violation>) {
        self.decode(bytes);
        let violations = self.checker.all(self.latest.tree());
        (self.latest.tree(), violations)
    }
}

impl Checker {
    /// Judges a tree.
    pub fn judge(&mut self, tree: &Tree<'_>) -> Judgement {
        let rules = &tree.format().rules;
        let mut judgement = Judgement::Accept;
        self.scan(tree, &mut |violation| {
            let open = rules[usize::from(violation.rule.0)].open;
            judgement = if open { Judgement::Unspecified(violation.rule) } else { Judgement::Refuse(violation.rule) };
            open
        });
        judgement
    }
}
