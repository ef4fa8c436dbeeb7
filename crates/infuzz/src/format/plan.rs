//! How the fields of each record are decoded: the steps in wire order, with what they need at hand.

use super::ir::*;
use crate::tree::{Node, NodeId};

/// The steps of a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Leaves of fixed size, and records of nothing but such, that are always there.
    Row {
        /// The leaves and records.
        fields: Vec<FieldId>,
        /// Their nodes, as if the input and the tree began with them; the record has number
        /// [`NodeId::MAX`].
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
            (_, None) if is_solid(format, id) => plan.row(format, id),
            (1.., Some(Gate::Bit(by, bit))) if !quick.relation => match plan.steps.last_mut() {
                Some(Step::Flags { by: known, leaves }) if *known == by => leaves.push((bit, id, size)),
                _ => plan.steps.push(Step::Flags { by, leaves: vec![(bit, id, size)] }),
            },
            (0, None) if quick.prefix == 1 => plan.steps.push(Step::Text(id)),
            (_, None) if field.begins.is_some() => plan.steps.push(Step::Sometimes(id, Gate::Tests)),
            (_, None) => plan.steps.push(Step::Always(id)),
            (_, Some(gate)) => plan.steps.push(Step::Sometimes(id, gate)),
        }
    }
    plan
}

/// Whether a field always has the same nodes.
fn is_solid(format: &Format, id: FieldId) -> bool {
    let quick = format.quick(id);
    let inner = quick.record.map(|record| format.record(record));
    let solid = |id: &FieldId| format.field(*id).when.is_none() && is_solid(format, *id);
    quick.size > 0 || inner.is_some_and(|record| record.separator.is_none() && record.fields.iter().all(solid))
}

impl Plan {
    /// A field that always has the same nodes, in a row with those before it.
    fn row(&mut self, format: &Format, id: FieldId) {
        if !matches!(self.steps.last(), Some(Step::Row { .. })) {
            let (fields, nodes, relations) = (Vec::new(), Vec::new(), Vec::new());
            self.steps.push(Step::Row { fields, nodes, bytes: 0, relations });
        }
        let Some(Step::Row { fields, nodes, bytes, relations }) = self.steps.last_mut() else { return };
        fields.push(id);
        *bytes = solid(format, id, NodeId::MAX, *bytes, nodes, relations);
    }
}

/// Adds the nodes of a field; gives where the next one starts.
fn solid(
    format: &Format,
    field: FieldId,
    parent: NodeId,
    start: usize,
    nodes: &mut Vec<Node>,
    relations: &mut Vec<u32>,
) -> usize {
    let (quick, at) = (format.quick(field), nodes.len() as NodeId);
    if quick.relation {
        relations.push(at);
    }
    let mut end = start + usize::from(quick.size);
    nodes.push(Node { field, parent, start: start as u32, end: 0, next: 0, index: 0, short: false, blank: false });
    if let Some(record) = quick.record.filter(|_| quick.size == 0) {
        for inner in &format.record(record).fields {
            end = solid(format, *inner, at, end, nodes, relations);
        }
    }
    let next = nodes.len() as NodeId;
    let node = &mut nodes[at as usize];
    (node.end, node.next) = (end as u32, next);
    end
}
