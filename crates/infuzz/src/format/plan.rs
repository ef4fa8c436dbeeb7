//! How the fields of each record are decoded: the steps in wire order, with what they need at hand.

use super::ir::*;
use crate::tree::Node;

/// The steps of a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Leaves of fixed size that are always there.
    Row {
        /// Their nodes, as if the input and the tree began with them.
        nodes: Vec<Node>,
        /// Bytes of all of them.
        bytes: usize,
        /// Positions of those that state a relation.
        relations: Vec<u32>,
    },
    /// Leaves of fixed size, each there if a bit of one integer of the record is set.
    Flags {
        /// The integer.
        by: FieldId,
        /// Bit, leaf and its size.
        leaves: Vec<(u32, FieldId, usize)>,
    },
    /// A text with a length prefix of one byte.
    Text(FieldId),
    /// Any other field that is always there.
    Always(FieldId),
    /// Any other field that is not; the gate of its condition.
    Sometimes(FieldId, Gate),
}

/// The plan of every record.
pub(super) fn plans(format: &Format) -> Vec<Plan> {
    format.records.iter().map(|record| plan(format, record)).collect()
}

fn plan(format: &Format, record: &Record) -> Plan {
    let mut plan = Plan::default();
    for &id in &record.fields {
        let (field, quick) = (format.field(id), format.quick(id));
        let size = usize::from(quick.size);
        match (size, field.when.as_ref().map(|when| when.gate)) {
            (1.., None) => plan.row(id, size as u32, quick.relation),
            (1.., Some(Gate::Bit(by, bit))) if !quick.relation => match plan.steps.last_mut() {
                Some(Step::Flags { by: known, leaves }) if *known == by => leaves.push((bit, id, size)),
                _ => plan.steps.push(Step::Flags { by, leaves: vec![(bit, id, size)] }),
            },
            (0, None) if quick.prefix == 1 => plan.steps.push(Step::Text(id)),
            (_, None) => plan.steps.push(Step::Always(id)),
            (_, Some(gate)) => plan.steps.push(Step::Sometimes(id, gate)),
        }
    }
    plan
}

impl Plan {
    /// A leaf that is always there, in a row with those before it.
    fn row(&mut self, field: FieldId, size: u32, relation: bool) {
        if !matches!(self.steps.last(), Some(Step::Row { .. })) {
            self.steps.push(Step::Row { nodes: Vec::new(), bytes: 0, relations: Vec::new() });
        }
        let Some(Step::Row { nodes, bytes, relations }) = self.steps.last_mut() else { return };
        let (at, start) = (nodes.len() as u32, *bytes as u32);
        let end = start + size;
        nodes.push(Node { field, parent: 0, start, end, next: at + 1, index: 0, short: false, blank: false });
        *bytes = end as usize;
        if relation {
            relations.push(at);
        }
    }
}
