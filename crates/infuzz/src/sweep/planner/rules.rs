//! Every rule between fields, broken by each of its participants, and only just kept.

use super::Planner;
use crate::rules::{break_rule, only_just};
use crate::sweep::plan::How;
use crate::tree::{NodeId, Repair};

const EDGE: &str = "rule-edge";

impl Planner<'_> {
    /// Every rule between fields, broken by each participant in turn.
    pub(super) fn rules(&mut self) {
        let format = self.format();
        for record in &format.records {
            let nodes = self.by_field[usize::from(record.field.0)].clone();
            for rule in &record.rules {
                let applies = |node: &NodeId| {
                    let tree = &self.plan.base;
                    rule.when.as_ref().is_none_or(|c| tree.holds(*node, c, Some(&self.tables)))
                        && !crate::rules::participants(tree, &self.tables, *node, rule).is_empty()
                };
                let candidates: Vec<NodeId> = nodes.iter().copied().filter(applies).collect();
                for node in self.instances.of(&candidates) {
                    let edits =
                        break_rule(&mut self.checker, self.plan.valid(), &self.plan.base, &self.tables, node, rule);
                    for (label, edit) in edits {
                        self.push(node, "rule-broken", format!("{}: {label}", format.rule(rule.id)), How::Edit(edit));
                    }
                    for (field, label, edit) in only_just(&self.plan.base, &self.tables, node, rule) {
                        let label = format!("{}: {label}", format.rule(rule.id));
                        if self.accepts(&self.plan.base.apply(&edit, Repair::Affected)) {
                            self.push(field, EDGE, label, How::Edit(edit));
                        } else {
                            self.settled(field, EDGE, &label, &edit);
                        }
                    }
                }
            }
        }
    }
}
