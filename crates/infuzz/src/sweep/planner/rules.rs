//! Every rule between fields, broken by each of its participants, and only just kept.

use super::{Planner, kept};
use crate::format::Rule;
use crate::rules::{break_rule, isolate_rule_since, only_just, participants, redecode};
use crate::sweep::plan::How;
use crate::tree::{Edit, NodeId, Repair};

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
                        && !participants(tree, &self.tables, *node, rule).is_empty()
                };
                let candidates: Vec<NodeId> = nodes.iter().copied().filter(applies).collect();
                for node in self.instances.of(&candidates) {
                    let edits =
                        break_rule(&mut self.checker, self.plan.valid(), &self.plan.base, &self.tables, node, rule);
                    for (label, edit) in edits {
                        let label = format!("{}: {label}", format.rule(rule.id));
                        self.alone(node, rule, &label, &edit);
                        self.push(node, "rule-broken", label, How::Edit(edit));
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
    /// An edit that breaks other rules too: the same with those repaired.
    fn alone(&mut self, record: NodeId, rule: &Rule, label: &str, edit: &Edit) {
        let format = self.format();
        let strict = self.plan.base.apply(edit, Repair::Affected);
        redecode(&mut self.edited, self.plan.valid(), &strict);
        let broken = self.checker.all_since(self.plan.valid(), &self.edited);
        if broken.iter().all(|violation| violation.rule == rule.id) {
            return;
        }
        let taking_part = participants(&self.plan.base, &self.tables, record, rule);
        let Some(changed) = taking_part.into_iter().find(|node| edit.touches(&self.plan.base, *node)) else { return };
        let path = self.plan.base.path(changed);
        let kept_path = std::slice::from_ref(&path);
        let found = isolate_rule_since(&mut self.checker, self.plan.valid(), &strict, format, rule.id, kept_path);
        if let Some(bytes) = found {
            let how = How::Isolated(edit.clone(), path, Some(rule.id), kept(bytes));
            self.push(record, "rule-broken", format!("{label}, nothing else broken"), how);
        }
    }
}
