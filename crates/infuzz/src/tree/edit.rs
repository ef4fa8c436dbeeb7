//! Edits: what is changed, and which relations follow.
//!
//! An [`Edit`] is a set of byte patches with the node each belongs to. Applying one never fails.
//! Relations whose true value the edit changes are written anew (sizes, counts and offsets first,
//! then checks in dependency order), except those the edit leaves broken on purpose.

use super::relation::with_number;
use super::{NodeId, Tree, codec, compare};
use crate::format::{Count, FieldId, Format, PathStep, Relation, RelationKind, Shape, Slots, Span, Tail, TestKind};
use crate::plain::default_bytes;
use std::ops::Range;

/// Which relations are written anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repair {
    /// Those whose true value the edit changes.
    Affected,
    /// All of them, also where the input was broken before.
    All,
    /// None.
    Nothing,
}

#[derive(Clone, Debug)]
struct Patch {
    start: u32,
    end: u32,
    owner: NodeId,
    bytes: Vec<u8>,
}

impl Patch {
    fn keeps_length(&self) -> bool {
        self.bytes.len() == (self.end - self.start) as usize
    }
}

/// A change of a tree.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    patches: Vec<Patch>,
    counts: Vec<(NodeId, i64)>,
    left_broken: Vec<(NodeId, Vec<u8>)>,
}

impl Edit {
    /// Replaces all bytes of a node.
    pub fn set(tree: &Tree<'_>, node: NodeId, bytes: Vec<u8>) -> Self {
        let at = tree.node(node);
        Edit { patches: vec![Patch { start: at.start, end: at.end, owner: node, bytes }], ..Edit::default() }
    }

    /// Writes a number into a numeric field.
    pub fn set_number(tree: &Tree<'_>, node: NodeId, value: u64) -> Self {
        Edit::set(tree, node, tree.encode_number(node, value))
    }

    /// Removes an item of a list together with its delimiter, or any other node.
    pub fn delete(tree: &Tree<'_>, node: NodeId) -> Self {
        let at = *tree.node(node);
        if let Some(slots) = slots_of(tree, at.parent) {
            let items: Vec<&[u8]> =
                tree.children(at.parent).filter(|item| *item != node).map(|item| tree.span(item)).collect();
            let change = if at.blank { 0 } else { -1 };
            return Edit { counts: vec![(at.parent, change)], ..reslotted(tree, at.parent, slots, &items.concat()) };
        }
        let counts = if is_list(tree, at.parent) { vec![(at.parent, -1)] } else { Vec::new() };
        let (mut start, mut end) = (at.start, at.end);
        if let Some(delimiter) = tree.delimiter(at.parent) {
            let list = tree.node(at.parent);
            let (before, after) =
                (&tree.bytes()[list.start as usize..start as usize], &tree.bytes()[end as usize..list.end as usize]);
            if after.starts_with(&delimiter) {
                end += delimiter.len() as u32;
            } else if before.ends_with(&delimiter) {
                start -= delimiter.len() as u32;
            }
        }
        Edit { patches: vec![Patch { start, end, owner: at.parent, bytes: Vec::new() }], counts, ..Edit::default() }
    }

    /// Puts `items` encoded items before position `index` of a list. A list with delimiters gets
    /// one between them and their neighbours, or after them; between the items the caller puts it.
    pub fn insert(tree: &Tree<'_>, list: NodeId, index: usize, mut bytes: Vec<u8>, items: i64) -> Self {
        if let Some(slots) = slots_of(tree, list) {
            let own: Vec<&[u8]> = tree.children(list).map(|item| tree.span(item)).collect();
            let index = index.min(tree.used(list).count());
            let all = [own[..index.min(own.len())].concat(), bytes, own[index.min(own.len())..].concat()].concat();
            return Edit { counts: vec![(list, items)], ..reslotted(tree, list, slots, &all) };
        }
        let before = tree.children(list).nth(index);
        let start = before.map_or(tree.node(list).end, |child| tree.node(child).start);
        if let Some(delimiter) = tree.delimiter(list) {
            if before.is_some() || is_terminated(tree, list) {
                bytes.extend(delimiter);
            } else if tree.node(list).start < tree.node(list).end {
                bytes.splice(0..0, delimiter);
            }
        }
        Edit {
            patches: vec![Patch { start, end: start, owner: list, bytes }],
            counts: vec![(list, items)],
            ..Edit::default()
        }
    }

    /// Replaces all items of a list by `items` encoded items.
    pub fn replace_items(tree: &Tree<'_>, list: NodeId, bytes: Vec<u8>, items: usize) -> Self {
        let change = items as i64 - tree.used(list).count() as i64;
        if let Some(slots) = slots_of(tree, list) {
            return Edit { counts: vec![(list, change)], ..reslotted(tree, list, slots, &bytes) };
        }
        Edit { counts: vec![(list, change)], ..Edit::set(tree, list, bytes) }
    }

    /// Exchanges two nodes of the same kind.
    pub fn swap(tree: &Tree<'_>, a: NodeId, b: NodeId) -> Self {
        Edit::set(tree, a, tree.span(b).to_vec()).and(Edit::set(tree, b, tree.span(a).to_vec()))
    }

    /// Removes everything from byte `at` on.
    pub fn truncate(tree: &Tree<'_>, at: u32) -> Self {
        let end = tree.bytes().len() as u32;
        Edit { patches: vec![Patch { start: at.min(end), end, owner: 0, bytes: Vec::new() }], ..Edit::default() }
    }

    /// Puts bytes before byte `at` inside `owner`; no count changes.
    pub fn splice(tree: &Tree<'_>, owner: NodeId, at: u32, bytes: Vec<u8>) -> Self {
        let at = at.min(tree.bytes().len() as u32);
        Edit { patches: vec![Patch { start: at, end: at, owner, bytes }], ..Edit::default() }
    }

    /// Removes an optional field, clears the bit that says it is there, and removes the other
    /// fields that the same bit governs.
    pub fn make_absent(tree: &Tree<'_>, node: NodeId) -> Self {
        let (record, field) = (tree.node(node).parent, tree.node(node).field);
        if tree.separator(record).is_some() && tree.format().field(field).may_be_empty {
            return Edit::set(tree, node, Vec::new());
        }
        let others = companions(tree.format(), field).filter_map(|other| tree.child(record, other));
        let edit = Edit::delete(tree, node).and(presence(tree, record, field, false));
        others.fold(edit, |edit, other| edit.and(Edit::delete(tree, other)))
    }

    /// Adds an optional field with these bytes and sets the bit that says it is there; the other
    /// fields that the same bit governs get the plainest legal value.
    pub fn make_present(tree: &Tree<'_>, record: NodeId, field: FieldId, bytes: Vec<u8>) -> Self {
        let format = tree.format();
        if let Some(separator) = tree.separator(record) {
            return match tree.child(record, field) {
                Some(node) => Edit::set(tree, node, bytes),
                None => appended(tree, record, field, &separator, bytes),
            };
        }
        let others = companions(format, field).filter(|other| tree.child(record, *other).is_none());
        let mut fields: Vec<(FieldId, Vec<u8>)> = others.map(|other| (other, default_bytes(format, other))).collect();
        fields.push((field, bytes));
        fields.sort_by_key(|(field, _)| *field);
        fields.into_iter().fold(presence(tree, record, field, true), |edit, (field, bytes)| {
            edit.and(Edit::splice(tree, record, place_of(tree, record, field), bytes))
        })
    }

    /// Whether it changes bytes of a node of the tree it was made on.
    pub fn touches(&self, tree: &Tree<'_>, node: NodeId) -> bool {
        let at = tree.node(node);
        self.patches.iter().any(|p| p.owner == node || p.start < at.end && at.start < p.end)
    }

    /// Both edits, made on the same tree.
    pub fn and(mut self, other: Edit) -> Self {
        self.patches.extend(other.patches);
        self.counts.extend(other.counts);
        self.left_broken.extend(other.left_broken);
        self
    }

    /// Leaves one relation broken: its field holds `bytes` whatever the rest says.
    pub fn leave_broken(mut self, node: NodeId, bytes: Vec<u8>) -> Self {
        self.left_broken.push((node, bytes));
        self
    }
}

fn slots_of<'f>(tree: &Tree<'f>, list: NodeId) -> Option<&'f Slots> {
    tree.format().field(tree.node(list).field).slots.as_ref()
}

/// Other contents of a list of slots: what does not fit is cut off, and what is left is unused.
fn reslotted(tree: &Tree<'_>, list: NodeId, slots: &Slots, bytes: &[u8]) -> Edit {
    let mut all = bytes.to_vec();
    all.resize(tree.span(list).len(), slots.fill);
    Edit::set(tree, list, all)
}

fn is_list(tree: &Tree<'_>, node: NodeId) -> bool {
    matches!(tree.format().field(tree.node(node).field).shape, Shape::List { .. })
}

/// Whether each item of a list ends with a delimiter.
fn is_terminated(tree: &Tree<'_>, list: NodeId) -> bool {
    matches!(tree.format().field(tree.node(list).field).shape, Shape::List { count: Count::Terminated(_), .. })
}

/// A field that was left out at the end of a record, after as many separators as it takes.
fn appended(tree: &Tree<'_>, record: NodeId, field: FieldId, separator: &[u8], bytes: Vec<u8>) -> Edit {
    let format = tree.format();
    let own = format.field(tree.node(record).field);
    let content = tree.span(record);
    let content = own.end.as_ref().and_then(|end| content.strip_suffix(end.as_slice())).unwrap_or(content);
    let there = content.windows(separator.len()).filter(|window| *window == separator).count();
    let fields = format.record_of(own.id).map_or(&[][..], |record| record.fields.as_slice());
    let before = fields.iter().take_while(|before| **before != field);
    let wanted: usize = before.map(|before| format.field(*before).positions as usize).sum();
    let mut all = separator.repeat(wanted.saturating_sub(there));
    all.extend(bytes);
    Edit::splice(tree, record, tree.node(record).start + content.len() as u32, all)
}

/// Where an absent field of a record would stand.
fn place_of(tree: &Tree<'_>, record: NodeId, field: FieldId) -> u32 {
    let mut at = tree.node(record).start;
    if let Shape::Record(id) = tree.format().field(tree.node(record).field).shape {
        for before in tree.format().record(id).fields.iter().take_while(|f| **f != field) {
            at = tree.child(record, *before).map_or(at, |node| tree.node(node).end);
        }
    }
    at
}

/// The bit that says whether a field is there.
fn bit_of(format: &Format, field: FieldId) -> Option<(FieldId, u32)> {
    let tests = format.field(field).when.iter().flat_map(|when| when.any.iter().flatten());
    tests.into_iter().find_map(|test| match (&test.kind, test.operand.tail) {
        (TestKind::Present, Tail::Bit(bit)) => Some((test.operand.field, bit)),
        _ => None,
    })
}

/// The other fields of the same record that the same bit governs.
fn companions(format: &Format, field: FieldId) -> impl Iterator<Item = FieldId> {
    let bit = bit_of(format, field);
    let owner = format.field(field).owner.filter(|_| bit.is_some());
    let fields = owner.into_iter().flat_map(|owner| format.record(owner).fields.iter().copied());
    fields.filter(move |other| *other != field && bit_of(format, *other) == bit)
}

/// Sets or clears the bit of the same record that decides whether `field` is there.
fn presence(tree: &Tree<'_>, record: NodeId, field: FieldId, present: bool) -> Edit {
    let tests = tree.format().field(field).when.iter().flat_map(|when| when.any.iter().flatten());
    for test in tests {
        let (TestKind::Present, Tail::Bit(bit), Some(PathStep::Child(_))) =
            (&test.kind, test.operand.tail, test.operand.steps.last())
        else {
            continue;
        };
        if let Some(bits) = tree.locate(record, &test.operand, None)
            && let Some(value) = tree.number(bits)
        {
            let changed = if present { value | 1 << bit } else { value & !(1 << bit) };
            return Edit::set_number(tree, bits, changed);
        }
    }
    Edit::default()
}

/// Where nodes of the old tree lie after the patches.
struct Moved<'a, 'f> {
    tree: &'a Tree<'f>,
    patches: &'a [Patch],
}

impl Moved<'_, '_> {
    fn shift(&self, counts: impl Fn(&Patch) -> bool) -> i64 {
        self.patches.iter().filter(|p| counts(p)).map(|p| p.bytes.len() as i64 - i64::from(p.end - p.start)).sum()
    }

    fn start(&self, node: NodeId) -> usize {
        let at = self.tree.node(node).start;
        let before = |p: &Patch| p.end <= at && p.owner < node && !(p.start == at && self.tree.contains(node, p.owner));
        (i64::from(at) + self.shift(before)).max(0) as usize
    }

    fn end(&self, node: NodeId) -> usize {
        let (from, mut at) = (self.tree.node(node).start, self.tree.node(node).end);
        if let Some(cut) = self.patches.iter().find(|p| p.start < at && at < p.end) {
            at = cut.start.max(from);
        }
        let before = |p: &Patch| {
            if p.end < at {
                return true;
            }
            p.end == at && (self.tree.contains(node, p.owner) || p.owner < node && p.start <= from && p.end <= from)
        };
        (i64::from(at) + self.shift(before)).max(0) as usize
    }

    /// Between which bytes all patches and what else was written are, if nothing moves.
    fn extent(&self, written: &[Range<usize>]) -> Option<Range<u32>> {
        let stays = self.patches.iter().all(Patch::keeps_length);
        let start = written.iter().map(|range| range.start).min().filter(|_| stays)?;
        let end = written.iter().map(|range| range.end).max()?;
        Some(u32::try_from(start).ok()?..u32::try_from(end).ok()?)
    }

    /// Whether a patch replaces the node together with something around it.
    fn gone(&self, node: NodeId) -> bool {
        let at = self.tree.node(node);
        self.patches.iter().any(|p| p.owner != node && p.start <= at.start && at.end <= p.end && p.start < p.end)
    }
}

impl<'f> Tree<'f> {
    /// The wire bytes after an edit.
    pub fn apply(&self, edit: &Edit, repair: Repair) -> Vec<u8> {
        let mut out = self.encode().to_vec();
        self.apply_to(edit, repair, &mut out, &mut Tree::empty(self.format()));
        out
    }

    /// Edits the wire bytes of this tree in place; gives whether they differ afterwards. Where the
    /// edited bytes have to be decoded, that is done in `scratch`.
    pub(crate) fn apply_to(&self, edit: &Edit, repair: Repair, wire: &mut Vec<u8>, scratch: &mut Self) -> bool {
        if self.format().codecs.is_empty() {
            return self.edited(edit, repair, wire, scratch);
        }
        let mut plain = self.bytes().to_vec();
        self.edited(edit, repair, &mut plain, scratch);
        *wire = codec::redo(self, plain);
        wire != self.encode()
    }

    /// Edits a copy of the bytes in place; gives whether it differs afterwards.
    fn edited(&self, edit: &Edit, repair: Repair, out: &mut Vec<u8>, scratch: &mut Self) -> bool {
        let mut patches = edit.patches.clone();
        patches.sort_by_key(|p| (p.start, p.end));
        let mut end = 0;
        patches.retain(|p| {
            let fits = p.start >= end;
            end = end.max(p.end);
            fits
        });
        let written = self.patch(&patches, out);
        let moved = Moved { tree: self, patches: &patches };
        let mut writer = Writer { out, written };
        if repair != Repair::Nothing {
            self.write_structure(&moved, edit, repair, &mut writer);
        }
        for (node, bytes) in &edit.left_broken {
            if !moved.gone(*node) {
                writer.write(moved.start(*node), bytes);
            }
        }
        if repair != Repair::Nothing {
            let recounts = repair == Repair::All || self.recount_needed(&patches);
            if !(recounts && self.recounted(edit, &moved, repair, &mut writer, scratch)) {
                self.write_checks(&moved, edit, repair, &mut writer);
            }
        }
        if patches.iter().any(|patch| !patch.keeps_length()) {
            return writer.out != self.bytes();
        }
        // What was not written is as it was.
        writer.written.iter().any(|range| self.bytes().get(range.clone()) != writer.out.get(range.clone()))
    }

    /// Writes patches in the order of their places into a copy of the bytes; gives where they are.
    fn patch(&self, patches: &[Patch], out: &mut Vec<u8>) -> Vec<Range<usize>> {
        let mut written = Vec::with_capacity(patches.len() + 8);
        let place = |patch: &Patch| patch.start as usize..patch.end as usize;
        match patches {
            _ if patches.iter().all(Patch::keeps_length) => {
                for patch in patches {
                    out[place(patch)].copy_from_slice(&patch.bytes);
                    written.push(place(patch));
                }
            }
            [patch] => {
                out.splice(place(patch), patch.bytes.iter().copied());
                written.push(place(patch).start..place(patch).start + patch.bytes.len());
            }
            _ => {
                out.clear();
                let mut at = 0;
                for patch in patches {
                    out.extend_from_slice(&self.bytes()[at..patch.start as usize]);
                    written.push(out.len()..out.len() + patch.bytes.len());
                    out.extend_from_slice(&patch.bytes);
                    at = patch.end as usize;
                }
                out.extend_from_slice(&self.bytes()[at..]);
            }
        }
        written
    }

    fn write_structure(&self, moved: &Moved<'_, '_>, edit: &Edit, repair: Repair, writer: &mut Writer<'_>) {
        if repair != Repair::All && edit.counts.is_empty() && moved.patches.iter().all(|p| self.is_in_place(p)) {
            return;
        }
        let set_by_edit = |node: NodeId| moved.patches.iter().any(|p| p.owner == node);
        let counted = |list: FieldId| edit.counts.iter().any(|(node, _)| self.node(*node).field == list);
        for &node in self.relations() {
            if self.format().quick(self.node(node).field).check.is_some() {
                continue;
            }
            let Some(relation) = self.relation(node) else { continue };
            match &relation.kind {
                RelationKind::CountWhere { .. } | RelationKind::Check { .. } => continue,
                RelationKind::CountOf(list) if repair != Repair::All && !counted(list.field) => continue,
                RelationKind::Index if repair != Repair::All => continue,
                _ => {}
            }
            let Some(target) = self.relation_target(node) else { continue };
            let at = self.node(target);
            let (old, new) = match relation.kind {
                RelationKind::SizeOf(_) => {
                    (u64::from(at.end - at.start), moved.end(target).saturating_sub(moved.start(target)) as u64)
                }
                RelationKind::OffsetOf(_) => (u64::from(at.start), moved.start(target) as u64),
                RelationKind::CountOf(_) => {
                    let old = self.used(target).count() as i64;
                    let change: i64 = edit.counts.iter().filter(|(list, _)| *list == target).map(|(_, n)| n).sum();
                    (old as u64, (old + change).max(0) as u64)
                }
                RelationKind::Index => {
                    let position = self.position(node).map_or(0, u64::from);
                    (position, position)
                }
                RelationKind::CountWhere { .. } | RelationKind::Check { .. } => continue,
            };
            if (old == new && repair != Repair::All) || moved.gone(node) || set_by_edit(node) {
                continue;
            }
            writer.number(moved.start(node), &self.format().field(self.node(node).field).shape, new);
        }
    }

    /// Whether a patch gives a leaf other bytes of the same number, so that nothing moves.
    fn is_in_place(&self, patch: &Patch) -> bool {
        let owner = self.node(patch.owner);
        owner.next == patch.owner + 1 && (owner.start, owner.end) == (patch.start, patch.end) && patch.keeps_length()
    }

    /// The nodes that hold checks, in the order in which they must be computed.
    fn checks(&self) -> impl Iterator<Item = NodeId> {
        let rank = |node: &NodeId| Some((self.format().quick(self.node(*node).field).check?, *node));
        let mut nodes: Vec<(u16, NodeId)> = self.relations().iter().filter_map(rank).collect();
        nodes.sort_by_key(|(rank, _)| *rank);
        nodes.into_iter().map(|(_, node)| node)
    }

    /// Whether a check covers its own record only, and nothing of it changes.
    fn is_beside(&self, check: NodeId, changed: &Range<u32>) -> bool {
        let record = self.node(self.node(check).parent);
        let outside = record.end < changed.start || changed.end < record.start;
        let own = |kind: &RelationKind| matches!(kind, RelationKind::Check { over: Span::Before, .. });
        outside
            && self.format().record_of(record.field).is_some()
            && self.relation(check).is_some_and(|relation| own(&relation.kind))
    }

    fn write_checks(&self, moved: &Moved<'_, '_>, edit: &Edit, repair: Repair, writer: &mut Writer<'_>) {
        let mut changed = if repair == Repair::All { None } else { moved.extent(&writer.written) };
        for node in self.checks() {
            if changed.as_ref().is_some_and(|changed| self.is_beside(node, changed)) || moved.gone(node) {
                continue;
            }
            let Some(target) = self.relation_target(node) else { continue };
            let Some(covered) = self.covered_in(node, target) else { continue };
            let to_here = covered.end == self.node(node).start;
            let span = moved.start(target)..if to_here { moved.start(node) } else { moved.end(target) };
            let touched = moved
                .patches
                .iter()
                .any(|p| p.start <= covered.end && p.owner != node && self.contains(target, p.owner));
            let rewritten = writer.written.iter().any(|w| w.start < span.end && span.start < w.end);
            let kept =
                edit.left_broken.iter().any(|(n, _)| *n == node) || moved.patches.iter().any(|p| p.owner == node);
            if kept || (repair != Repair::All && !touched && !rewritten) {
                continue;
            }
            let Some(RelationKind::Check { algorithm, .. }) = self.relation(node).map(|r| &r.kind) else {
                continue;
            };
            let Some(bytes) = writer.out.get(span) else { continue };
            let value = super::compute_check(*algorithm, bytes);
            writer.number(moved.start(node), &self.format().field(self.node(node).field).shape, value);
            if let Some(changed) = &mut changed {
                let at = self.node(node);
                *changed = changed.start.min(at.start)..changed.end.max(at.end);
            }
        }
    }

    /// Whether a count of the records that refer to another may have changed.
    fn recount_needed(&self, patches: &[Patch]) -> bool {
        self.format().recounts && self.recounts_after(patches)
    }

    fn recounts_after(&self, patches: &[Patch]) -> bool {
        self.relations().iter().any(|node| match self.relation(*node).map(|r| &r.kind) {
            Some(RelationKind::CountWhere { key, equals, .. }) => patches.iter().any(|p| {
                let field = self.node(p.owner).field;
                let list = self.relation_target(*node);
                field == *key || field == *equals || list == Some(p.owner) || list == Some(self.node(p.owner).parent)
            }),
            _ => false,
        }) || patches.iter().any(|p| {
            let owner = self.node(p.owner);
            self.counts_within(owner.field) || self.counts_within(self.node(owner.parent).field)
        })
    }

    /// Whether the records of a list hold such a count.
    fn counts_within(&self, list: FieldId) -> bool {
        let Shape::List { item, .. } = self.format().field(list).shape else { return false };
        let counts = |field: &FieldId| {
            let relation = &self.format().field(*field).relation;
            matches!(relation, Some(Relation { kind: RelationKind::CountWhere { .. }, .. }))
        };
        self.format().record_of(item).is_some_and(|record| record.fields.iter().any(counts))
    }

    /// Decodes the edited bytes, writes every such count and then every affected check. False: the
    /// bytes no longer have the shape, so that what is decoded does not tell where things are.
    fn recounted(
        &self,
        edit: &Edit,
        moved: &Moved<'_, '_>,
        repair: Repair,
        writer: &mut Writer<'_>,
        tree: &mut Self,
    ) -> bool {
        if !self.format().recounts && compare::same_structure(self, writer.out) {
            self.recheck(self, edit, moved, repair, writer);
            return true;
        }
        if self.format().steady {
            tree.redecode_like(self, writer.out);
        } else {
            tree.redecode_plain(self.opaque, writer.out);
        }
        if !tree.problems.is_empty() {
            return false;
        }
        self.recheck(tree, edit, moved, repair, writer);
        true
    }

    /// Writes the counts and checks of the edited bytes, whose nodes are those of another tree or
    /// still those of this one; the counts are read from that tree.
    fn recheck(&self, tree: &Tree<'_>, edit: &Edit, moved: &Moved<'_, '_>, repair: Repair, writer: &mut Writer<'_>) {
        let kept: Vec<usize> = edit
            .left_broken
            .iter()
            .map(|(n, _)| moved.start(*n))
            .chain(moved.patches.iter().filter(|p| self.relation(p.owner).is_some()).map(|p| moved.start(p.owner)))
            .collect();
        let mut pending = Vec::new();
        for &node in tree.relations() {
            let is_count = matches!(tree.relation(node).map(|r| &r.kind), Some(RelationKind::CountWhere { .. }));
            let start = tree.node(node).start as usize;
            if is_count
                && !kept.contains(&start)
                && let Some(value) = tree.expected(node)
            {
                pending.push((node, value));
            }
        }
        for (node, value) in pending {
            let at = tree.node(node);
            writer.number(at.start as usize, &tree.format().field(at.field).shape, value);
        }
        for node in tree.checks() {
            let at = tree.node(node);
            if kept.contains(&(at.start as usize)) {
                continue;
            }
            let (Some(covered), Some(RelationKind::Check { algorithm, .. })) =
                (tree.covered(node), tree.relation(node).map(|r| &r.kind))
            else {
                continue;
            };
            if repair == Repair::Affected && self.was_broken(node, tree) {
                continue;
            }
            let value = super::compute_check(*algorithm, &writer.out[covered.start as usize..covered.end as usize]);
            writer.number(at.start as usize, &tree.format().field(at.field).shape, value);
        }
    }

    /// Whether the check at the same place of the old tree was broken already.
    fn was_broken(&self, node: NodeId, new: &Tree<'_>) -> bool {
        let field = new.node(node).field;
        let mut same = self.relations().iter().filter(|old| self.node(**old).field == field);
        let (Some(old), None) = (same.next(), same.next()) else { return false };
        self.number(*old).is_some() && self.expected(*old) != self.number(*old)
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    written: Vec<Range<usize>>,
}

impl Writer<'_> {
    fn number(&mut self, at: usize, shape: &Shape, value: u64) {
        with_number(shape, value, |bytes| self.write(at, bytes));
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let range = at..at + bytes.len();
        if let Some(target) = self.out.get_mut(range.clone()) {
            target.copy_from_slice(bytes);
            self.written.push(range);
        }
    }
}
