//! The broken rules of an input that is changed step by step: after each change only what it can
//! have broken or mended is looked at again.

use super::scope::Scope;
use super::{Bounds, Cause, Checker, Violation};
use crate::format::Shape;
use crate::tree::{NodeId, Tree};

/// What was found out before the last change. What it says always equals [`Checker::all_since`].
#[derive(Default)]
pub(super) struct Survey {
    /// What the last change can have broken or mended; none: everything.
    scope: Option<Scope>,
    /// Before the last change no rule was broken on a node before this one.
    clean: NodeId,
    /// All rules broken before it, where they were asked for, with the nodes on which they are stated.
    all: Option<Vec<(NodeId, Violation)>>,
}

impl Survey {
    /// The bytes of a tree are about to become others.
    pub(super) fn change(&mut self, tree: &Tree<'_>, bytes: &[u8]) {
        self.scope = Scope::of_change(tree, bytes);
        if self.scope.is_none() {
            (self.clean, self.all) = (0, None);
        }
    }

    /// The first broken rule after the last change.
    pub(super) fn first(
        &mut self,
        checker: &mut Checker,
        valid: Option<&Tree<'_>>,
        tree: &Tree<'_>,
    ) -> Option<Violation> {
        if self.all.is_some() {
            return self.all(checker, valid, tree).next().cloned();
        }
        let since_valid = valid.and_then(|valid| Scope::between(valid, tree));
        let bounds = Bounds { valid: since_valid.as_ref(), change: self.scope.as_ref(), clean: self.clean };
        let mut first = None;
        checker.scan_within(tree, &bounds, &mut |at, violation| {
            first = Some((at, violation));
            false
        });
        self.clean = first.as_ref().map_or(NodeId::MAX, |(at, _)| *at);
        self.scope = Some(Scope::nothing(tree.format()));
        first.map(|(_, violation)| violation)
    }

    /// All broken rules after the last change.
    pub(super) fn all<'s>(
        &'s mut self,
        checker: &mut Checker,
        valid: Option<&Tree<'_>>,
        tree: &Tree<'_>,
    ) -> impl Iterator<Item = &'s Violation> {
        let since_valid = valid.and_then(|valid| Scope::between(valid, tree));
        let clean = if self.all.is_some() { NodeId::MAX } else { self.clean };
        let bounds = Bounds { valid: since_valid.as_ref(), change: self.scope.as_ref(), clean };
        let mut all = Vec::new();
        checker.scan_within(tree, &bounds, &mut |at, violation| {
            all.push((at, violation));
            true
        });
        if let (Some(before), Some(scope)) = (self.all.take(), &self.scope) {
            all.extend(before.into_iter().filter(|(at, violation)| is_left(tree, scope, *at, violation)));
            all.sort_by_key(|(at, violation)| match violation.cause {
                Cause::Record(_, index) => (*at, index),
                _ => (*at, 0),
            });
        }
        self.scope = Some(Scope::nothing(tree.format()));
        self.all.insert(all).iter().map(|(_, violation)| violation)
    }
}

/// Whether a rule broken before a change was not looked at again.
fn is_left(tree: &Tree<'_>, scope: &Scope, at: NodeId, violation: &Violation) -> bool {
    let field = match violation.cause {
        Cause::Relation | Cause::Shape => return false,
        _ => tree.node(at).field,
    };
    match (violation.cause, &tree.format().field(field).shape) {
        (Cause::Record(_, index), Shape::Record(record)) => !scope.has_rule(*record, index),
        _ => !scope.has(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::BUILTIN;
    use crate::mutate::Mutation;
    use crate::rng::Rng;
    use crate::tree::Latest;

    #[test]
    fn a_survey_says_what_a_whole_check_says() {
        for builtin in BUILTIN {
            let format = builtin.load().expect("built in");
            let seeds = builtin.seeds.iter().map(|(name, _)| builtin.seed(&format, name).expect("a seed"));
            let mut seeds: Vec<Vec<u8>> = seeds.filter(|seed| seed.len() < 80_000).collect();
            seeds.push((0..200).collect());
            let mut mutation = Mutation::new(&format, seeds.clone());
            let (mut checker, mut yardstick) = (Checker::default(), Checker::default());
            for start in 0..40 {
                let mut data = seeds[Rng::new(start).below(seeds.len())].clone();
                let (mut latest, mut survey) = (Latest::new(&format), Survey::default());
                for step in 0..6 {
                    latest.advance(None, &data);
                    let tree = latest.tree();
                    let all = yardstick.all(tree);
                    assert_eq!(survey.first(&mut checker, None, tree).as_ref(), all.first(), "{}", format.name);
                    if Rng::new(start * 10 + step).one_in(2) {
                        let found: Vec<Violation> = survey.all(&mut checker, None, tree).cloned().collect();
                        assert_eq!(found, all, "{}: start {start}, step {step}", format.name);
                    }
                    mutation.mutate(&mut data, 80_000, start * 10 + step);
                    survey.change(tree, &data);
                }
            }
        }
    }
}
