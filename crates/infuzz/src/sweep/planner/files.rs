//! Damage to the whole file, and transfers that do not follow the protocol.

use super::Planner;
use crate::sweep::plan::{How, Planned};
use crate::sweep::receiver;
use crate::tree::{Edit, NodeId, Tree};

/// First bytes of something, after each of which it is cut.
const FIRST: u32 = 12;

impl Planner<'_> {
    /// What a mark ends, with what precedes it since the mark before, cut before its own mark: after
    /// each of its first bytes, and at its fields.
    pub(in crate::sweep) fn short(&mut self) {
        let marked = self.format().fields.iter().filter(|field| field.end.is_some() || !field.until.is_empty());
        for field in marked.collect::<Vec<_>>() {
            let nodes = self.by_field[usize::from(field.id.0)].clone();
            for node in self.instances.of(&nodes) {
                for (length, edit) in shortened(&self.plan.base, node) {
                    self.push(node, "cut", format!("{length} bytes left before its end"), How::Edit(edit));
                }
            }
        }
    }

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

/// A line cut short in all ways: the bytes that are left of it, and how.
fn shortened(tree: &Tree<'_>, node: NodeId) -> Vec<(u32, Edit)> {
    let mark = |node: NodeId| tree.format().field(tree.node(node).field).end.as_deref();
    let own = mark(node).unwrap_or_default();
    let mut line: Vec<NodeId> = Vec::new();
    for sibling in tree.children(tree.node(node).parent).take_while(|sibling| *sibling < node) {
        if own.is_empty() || mark(sibling).is_some() {
            line.clear();
        } else {
            line.push(sibling);
        }
    }
    line.push(node);
    let (start, end) = (tree.node(line[0]).start, tree.node(node).end - own.len() as u32);
    let ends = line.iter().copied().chain(tree.children(node)).map(|part| tree.node(part).end);
    let mut places: Vec<u32> = (start..start + FIRST).chain(ends.flat_map(|at| [at.saturating_sub(1), at])).collect();
    places.retain(|at| (start..end).contains(at));
    places.sort_unstable();
    places.dedup();
    let cut = |at: u32| {
        let parts = line.iter().filter(|part| tree.node(**part).end > at || **part == node);
        let left = parts.map(|part| {
            let place = tree.node(*part);
            let kept = &tree.bytes()[place.start as usize..at.clamp(place.start, place.end) as usize];
            Edit::set(tree, *part, [kept, if *part == node { own } else { &[] }].concat())
        });
        (at - start, left.fold(Edit::default(), Edit::and))
    };
    places.into_iter().map(cut).collect()
}
