//! Damage to the whole file, and transfers that do not follow the protocol.

use super::Planner;
use crate::sweep::plan::{How, Planned};
use crate::sweep::receiver;
use crate::tree::{Edit, NodeId};

impl Planner<'_> {
    /// The file cut at the boundaries of its structure, and bytes added after its end.
    pub(in crate::sweep) fn cuts(&mut self) {
        let tree = &self.plan.base;
        let mut places: Vec<u32> = vec![0, 1, 2, 3, 4];
        for child in tree.children(0) {
            places.extend([tree.node(child).start, tree.node(child).end]);
            let grand: Vec<NodeId> = tree.children(child).collect();
            places.extend(self.instances.of(&grand).into_iter().map(|node| tree.node(node).end));
        }
        let end = tree.bytes().len() as u32;
        let mut places: Vec<u32> =
            places.into_iter().flat_map(|at| [at.saturating_sub(1), at, at + 1]).filter(|at| *at < end).collect();
        places.sort_unstable();
        places.dedup();
        for at in places {
            let edit = Edit::truncate(&self.plan.base, at);
            self.file("cut", &format!("{at} bytes left"), How::Raw(edit.clone()));
            self.file("cut", &format!("{at} bytes left, relations repaired"), How::Edit(edit));
        }
        let gaps: Vec<(String, u32)> = self
            .plan
            .base
            .children(0)
            .map(|node| (self.plan.base.path(node), self.plan.base.node(node).start))
            .collect();
        for (path, at) in gaps {
            let edit = Edit::splice(&self.plan.base, 0, at, vec![0]);
            self.file("byte-added", &format!("before {path}"), How::Edit(edit));
        }
        let base = self.plan.base.encode().to_vec();
        for (label, extra) in [
            ("a zero", vec![0]),
            ("four zeros", vec![0; 4]),
            ("FF to the next KiB", vec![0xFF; 1024]),
            ("the library again", base),
        ] {
            let edit = Edit::splice(&self.plan.base, 0, end, extra);
            self.file("trailing", label, How::Raw(edit.clone()));
            self.file("trailing", &format!("{label}, relations repaired"), How::Edit(edit));
        }
    }

    /// Transfers that do not follow the protocol, and power cuts between any two writes.
    pub(in crate::sweep) fn receiver(&mut self) {
        let is_whole =
            |case: &&Planned| matches!(case.how, How::Bytes(_)) && matches!(case.class, "unchanged" | "other-library");
        let whole = self.plan.cases.iter().filter(is_whole).map(|case| self.plan.bytes(case));
        let mut valid: Vec<Vec<u8>> = whole.collect();
        valid.retain(|bytes| self.accepts(bytes));
        let Some(libraries) = receiver::Libraries::of(self.format(), &valid) else { return };
        for (label, session) in receiver::transfers(&libraries) {
            self.file("transfer", label, How::Bytes(session.to_string().into_bytes()));
        }
        for (label, session) in receiver::power_cuts(&libraries) {
            self.file("power-cut", &label, How::Bytes(session.to_string().into_bytes()));
        }
    }
}
