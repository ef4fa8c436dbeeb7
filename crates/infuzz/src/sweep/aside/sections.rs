//! Lists without items, and lists whose stated place and extent are wrong though each check is
//! right for what is stated.

use super::{About, Cases};
use crate::format::{RelationKind, Shape};
use crate::tree::{Edit, NodeId, Tree, compute_check};

const STATED: &str = "stated-extent";
const EMPTY: &str = "empty-list";

/// What is stated about a list.
struct Stated {
    list: NodeId,
    size: NodeId,
    offset: NodeId,
    check: Option<NodeId>,
}

/// All of them.
pub(super) fn sections<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    for list in tree.lists().to_vec() {
        // Where there are several of a list, the first.
        let same = |other: &&NodeId| tree.node(**other).field == tree.node(list).field;
        if tree.lists().iter().find(same) != Some(&list) {
            continue;
        }
        let edit = Edit::replace_items(tree, list, Vec::new(), 0);
        let Some(bytes) = cases.adapted(tree, &edit, &[]) else {
            let counts = tree.relations().iter().filter(|node| tree.relation_target(**node) == Some(list));
            for count in counts.copied().collect::<Vec<_>>() {
                if let Some((.., rule)) = tree.format().field(tree.node(count).field).range {
                    let about = About::node(tree, list, EMPTY, "no items, too few");
                    cases.refuse(tree, &edit, rule, &[tree.path(count)], about);
                }
            }
            continue;
        };
        let empty = Tree::decode(tree.format(), &bytes);
        let Some(node) = empty.find(&tree.path(list)) else { continue };
        if empty.children(node).next().is_none() {
            cases.push(About::node(tree, list, EMPTY, "no items"), bytes);
            surplus(cases, &empty, node);
            wrong(cases, &empty, node);
        }
    }
    for list in tree.lists().to_vec() {
        wrong(cases, tree, list);
    }
    let all: Vec<Stated> = tree.lists().iter().filter_map(|list| stated(tree, *list)).collect();
    for pair in all.windows(2) {
        if let [one, two] = pair {
            moved(cases, tree, one, two);
        }
    }
}

/// Bytes in a list without items, which everything around accounts for.
fn surplus<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, list: NodeId) {
    for bytes in [vec![0], vec![0; 2], vec![0; 4], vec![1; 16]] {
        let label = format!("{} bytes and no items", bytes.len());
        let edit = Edit::splice(tree, list, tree.node(list).end, bytes);
        cases.any(tree, &edit, About::node(tree, list, EMPTY, label));
    }
}

/// Each number that is stated about a list, off by little and by much.
fn wrong<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, list: NodeId) {
    let about_list = |node: &NodeId| tree.relation_target(*node) == Some(list);
    for node in tree.relations().iter().copied().filter(about_list).collect::<Vec<_>>() {
        let Some(now) = tree.number(node) else { continue };
        let width = tree.span(node).len() as u32;
        let most = u64::MAX >> (64 - 8 * width.clamp(1, 8));
        let end = tree.bytes().len() as u64;
        let mut values = vec![0, 1, now ^ 1, now + 1, now + 2, now + 4, now + 256, now + 65536, now << 8, most, end];
        values.extend([1, 2, 4, 256].map(|less| now.wrapping_sub(less) & most));
        values.extend([most / 2 + 1, most / 2 + 1 + now]);
        values.retain(|value| *value <= most && *value != now);
        values.sort_unstable();
        values.dedup();
        for value in values {
            let about = About::node(tree, node, STATED, format!("{value} instead of {now}"));
            cases.any(tree, &Edit::set_number(tree, node, value), about);
        }
    }
}

fn stated(tree: &Tree<'_>, list: NodeId) -> Option<Stated> {
    let of = |wanted: fn(&RelationKind) -> bool| {
        let relations = tree.relations().iter().copied();
        let mut own = relations.filter(|node| tree.relation(*node).is_some_and(|relation| wanted(&relation.kind)));
        own.find(|node| tree.relation_target(*node) == Some(list))
    };
    if !matches!(tree.format().field(tree.node(list).field).shape, Shape::List { .. }) {
        return None;
    }
    Some(Stated {
        list,
        size: of(|kind| matches!(kind, RelationKind::SizeOf(_)))?,
        offset: of(|kind| matches!(kind, RelationKind::OffsetOf(_)))?,
        check: of(|kind| matches!(kind, RelationKind::Check { .. })),
    })
}

impl Stated {
    /// States that the list lies elsewhere, the check computed over what lies there.
    fn at(&self, tree: &Tree<'_>, start: u64, length: u64) -> Edit {
        let mut edit = Edit::set_number(tree, self.offset, start).and(Edit::set_number(tree, self.size, length));
        let span = tree.bytes().get(start as usize..start.saturating_add(length) as usize);
        if let (Some(check), Some(span)) = (self.check, span)
            && let Some(RelationKind::Check { algorithm, .. }) = tree.relation(check).map(|relation| &relation.kind)
        {
            edit = edit.and(Edit::set_number(tree, check, compute_check(*algorithm, span)));
        }
        edit
    }
}

/// The border between two neighbours stated elsewhere than it is; one stated over the other;
/// and the two exchanged.
fn moved<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, one: &Stated, two: &Stated) {
    let extent = |stated: &Stated| {
        let node = tree.node(stated.list);
        (u64::from(node.start), u64::from(node.end - node.start))
    };
    let ((start, length), (next, rest)) = (extent(one), extent(two));
    if start + length != next {
        return;
    }
    let about = |label: String| About::node(tree, two.list, STATED, label);
    for by in [1, 2, 4, 8] {
        if rest >= by {
            let edit = one.at(tree, start, length + by).and(two.at(tree, next + by, rest - by));
            cases.any(tree, &edit, about(format!("the border {by} later")));
        }
        if length >= by {
            let edit = one.at(tree, start, length - by).and(two.at(tree, next - by, rest + by));
            cases.any(tree, &edit, about(format!("the border {by} earlier")));
            let edit = two.at(tree, next - by, rest);
            cases.any(tree, &edit, about(format!("over the last {by} of the one before")));
            let edit = two.at(tree, next - by, rest + by);
            cases.any(tree, &edit, about(format!("and the last {by} of the one before")));
            cases.any(tree, &one.at(tree, start, length - by), about(format!("{by} short, its check right")));
        }
        cases.any(tree, &one.at(tree, start, length + by), about(format!("{by} long, its check right")));
    }
    cases.any(tree, &two.at(tree, start, rest), about("where the one before is".into()));
    cases.any(tree, &two.at(tree, start, length), about("the one before, again".into()));
    cases.any(tree, &one.at(tree, next, rest).and(two.at(tree, start, length)), about("exchanged".into()));
}
