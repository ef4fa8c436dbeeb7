//! Rules about lists as a whole: slots, pairs of lists, hierarchies, sub-sequences and sets.

use super::record::{chain, tested};
use super::{Cause, Found, Violation};
use crate::format::{Condition, EnumRow, FieldId, Operand, Rule, RuleKind, Shape, Slots, Tail, Test, TestKind, Value};
use crate::tree::{Edit, NodeId, Tables, Tree};

/// The rules of a list of slots: unused ones hold fill bytes, and come after the used ones.
pub(super) fn check_slots(tree: &Tree<'_>, list: NodeId, slots: &Slots, found: &mut Found<'_>) -> bool {
    let mut gap = None;
    for slot in tree.children(list) {
        if tree.node(slot).blank {
            gap.get_or_insert(slot);
            // Where no field says how many are used, only filled ones are unused.
            if slots.used.is_some() && tree.span(slot).iter().any(|byte| *byte != slots.fill) {
                let mut violation = Violation::one(slots.rule, slot, Cause::Field);
                violation.involved.push(list);
                let used = slots.used.as_ref().and_then(|used| tree.locate(tree.enclosing_record(list), used, None));
                violation.involved.extend(used);
                if !found(violation) {
                    return false;
                }
            }
        } else if let Some(gap) = gap {
            let violation =
                Violation { rule: slots.gap, node: slot, involved: vec![slot, gap, list], cause: Cause::Field };
            if !found(violation) {
                return false;
            }
        }
    }
    true
}

/// An edit after which a list of slots keeps its rules.
pub(super) fn fix_slots(tree: &Tree<'_>, violation: &Violation) -> Option<Edit> {
    let list = tree.node(violation.node).parent;
    let slots = tree.format().field(tree.node(list).field).slots.as_ref()?;
    if tree.node(violation.node).blank {
        return Some(Edit::set(tree, violation.node, vec![slots.fill; tree.span(violation.node).len()]));
    }
    // The unused slot before the used one.
    violation.involved.get(1).map(|gap| Edit::delete(tree, *gap))
}

/// Checks a rule on the record it is stated of.
pub(super) fn check(
    tree: &Tree<'_>,
    tables: &Tables,
    record: NodeId,
    index: usize,
    rule: &Rule,
    found: &mut Found<'_>,
) -> bool {
    let mut report = |node: NodeId, involved: Vec<NodeId>| {
        found(Violation { rule: rule.id, node, involved, cause: Cause::Record(record, index) })
    };
    match &rule.kind {
        RuleKind::Paired(a, b) => {
            let (Some(first), Some(second)) = (list_of(tree, *a), list_of(tree, *b)) else { return true };
            let may_have_gaps = [first, second].iter().any(|list| {
                let slots = tree.format().field(tree.node(*list).field).slots.as_ref();
                slots.is_some_and(|slots| tree.format().rules[usize::from(slots.gap.0)].open)
            });
            let counts_differ = tree.used(first).count() != tree.used(second).count();
            if may_have_gaps && !counts_differ {
                return true;
            }
            let mut pairs = tree.children(first).zip(tree.children(second));
            match pairs.find(|(x, y)| tree.node(*x).blank != tree.node(*y).blank) {
                Some((x, y)) => report(y, vec![y, x, first, second]),
                None if counts_differ => report(second, vec![second, first]),
                None => true,
            }
        }
        RuleKind::Hierarchy { table, children, breadth_first } => {
            let Some(list) = list_of(tree, *table) else { return true };
            if *breadth_first { in_order(tree, list, *children, report) } else { forest(tree, list, *children, report) }
        }
        RuleKind::Subsequence { part, whole, key } => {
            let (Some(part), Some(whole)) = (tree.locate(record, part, None), tree.locate(record, whole, None)) else {
                return true;
            };
            let nodes: Vec<NodeId> = tree.used(whole).filter_map(|row| tree.child(row, *key)).collect();
            let mut left = nodes.iter();
            for item in tree.used(part) {
                let number = tree.number(item);
                if !left.any(|node| tree.number(*node) == number) {
                    let mut involved = vec![item, part, whole];
                    involved.extend(tree.used(part));
                    involved.extend(&nodes);
                    return report(item, involved);
                }
            }
            true
        }
        RuleKind::SameSet { table, key, other, other_key, only, depth_first: Some(children) } => {
            let (Some(table), Some(other)) = (list_of(tree, *table), list_of(tree, *other)) else { return true };
            let rows = keys(tree, table, key, None);
            let others = descending(tree, other, other_key, only.as_ref(), *children);
            let count = rows.len().max(others.len());
            let of = |rows: &[(Vec<u64>, NodeId)], at: usize| rows.get(at).map(|(key, _)| key.clone());
            match (0..count).find(|at| of(&rows, *at) != of(&others, *at)) {
                Some(at) => {
                    let node = rows.get(at).map_or(table, |(_, row)| *row);
                    report(node, vec![node, table, other])
                }
                None => true,
            }
        }
        RuleKind::SameSet { table, key: key_of_table, other, other_key, only, depth_first: None } => {
            let (Some(table), Some(other)) = (list_of(tree, *table), list_of(tree, *other)) else { return true };
            let (rows, others) = (keys(tree, table, key_of_table, None), keys(tree, other, other_key, only.as_ref()));
            let missing = rows.iter().filter(|(key, _)| !others.iter().any(|(other, _)| other == key));
            let surplus = others.iter().filter(|(key, _)| !rows.iter().any(|(row, _)| row == key));
            missing.map(|(_, row)| (row, key_of_table)).chain(surplus.map(|(_, row)| (row, other_key))).all(
                |(row, key)| {
                    let mut involved: Vec<NodeId> = key.iter().filter_map(|key| tree.child(*row, *key)).collect();
                    let Some(node) = involved.last().copied() else { return true };
                    // Whichever record of either list holds the other value takes part as well.
                    for list in [table, other] {
                        involved.extend(tree.used(list).flat_map(|row| tree.children(row)).filter(|node| {
                            let field = tree.node(*node).field;
                            key_of_table.contains(&field) || other_key.contains(&field)
                        }));
                        involved.extend(
                            tree.used(list)
                                .flat_map(|row| only.iter().flat_map(move |only| tested(tree, tables, row, only))),
                        );
                    }
                    involved.extend([table, other, *row]);
                    report(node, involved)
                },
            )
        }
        RuleKind::Every { list, has } => {
            let Some(node) = tree.locate(record, list, Some(tables)) else { return true };
            tree.used(node).filter(|row| !tree.holds(*row, has, None)).all(|row| {
                let mut involved = tested(tree, tables, row, has);
                let shown = involved.first().copied().unwrap_or(row);
                involved.extend([row, record]);
                involved.extend(chain(tree, tables, record, list));
                for condition in [&rule.when, &rule.unless].into_iter().flatten() {
                    involved.extend(tested(tree, tables, record, condition));
                }
                report(shown, involved)
            })
        }
        RuleKind::Distinct { list, key } => {
            let Some(node) = tree.locate(record, list, Some(tables)) else { return true };
            let mut met: Vec<(u64, NodeId)> = Vec::new();
            for item in tree.used(node).filter_map(|row| tree.locate(row, key, None)) {
                let Some(number) = tree.number(item) else { continue };
                if let Some((_, before)) = met.iter().find(|(known, _)| *known == number) {
                    return report(item, vec![item, *before, node]);
                }
                met.push((number, item));
            }
            true
        }
        _ => true,
    }
}

/// The used records of a list in the order in which one meets them from the first on, going down
/// into the children that each names.
fn descent(tree: &Tree<'_>, list: NodeId, children: FieldId) -> Vec<NodeId> {
    let rows: Vec<NodeId> = tree.children(list).collect();
    let mut order: Vec<NodeId> = Vec::new();
    let mut left: Vec<usize> = vec![0];
    while let Some(position) = left.pop() {
        let Some(row) = rows.get(position).filter(|row| !tree.node(**row).blank && !order.contains(row)) else {
            continue;
        };
        order.push(*row);
        let items: Vec<NodeId> = tree.child(*row, children).into_iter().flat_map(|items| tree.used(items)).collect();
        left.extend(items.iter().rev().filter_map(|item| usize::try_from(tree.number(*item)?).ok()));
    }
    order
}

fn list_of(tree: &Tree<'_>, list: FieldId) -> Option<NodeId> {
    super::table::lists(tree, list).next()
}

/// The keys of the used records of a list that pass a test.
fn keys(tree: &Tree<'_>, list: NodeId, key: &[FieldId], only: Option<&Condition>) -> Vec<(Vec<u64>, NodeId)> {
    let counts = |row: &NodeId| only.is_none_or(|only| tree.holds(*row, only, None));
    let rows = tree.used(list).filter(counts);
    rows.filter_map(|row| {
        let parts = key.iter().map(|key| tree.number(tree.child(row, *key)?));
        Some((parts.collect::<Option<Vec<u64>>>()?, row))
    })
    .collect()
}

/// The same in the order in which one meets the records going down into their children.
fn descending(
    tree: &Tree<'_>,
    list: NodeId,
    key: &[FieldId],
    only: Option<&Condition>,
    children: FieldId,
) -> Vec<(Vec<u64>, NodeId)> {
    let order = descent(tree, list, children);
    let mut keys = keys(tree, list, key, only);
    keys.sort_by_key(|(_, row)| order.iter().position(|known| known == row));
    keys
}

/// The children that the records of a list name: position of the parent, field, number.
fn named<'t>(
    tree: &'t Tree<'_>,
    list: NodeId,
    children: FieldId,
) -> impl Iterator<Item = (usize, NodeId, Option<u64>)> + 't {
    tree.children(list).enumerate().filter(|(_, row)| !tree.node(*row).blank).flat_map(move |(position, row)| {
        let items = tree.child(row, children).into_iter().flat_map(|items| tree.used(items));
        items.map(move |item| (position, item, tree.number(item)))
    })
}

/// Each child later than its parent, used, and named once; each record but the first is named.
fn forest(
    tree: &Tree<'_>,
    list: NodeId,
    children: FieldId,
    mut report: impl FnMut(NodeId, Vec<NodeId>) -> bool,
) -> bool {
    let rows: Vec<NodeId> = tree.children(list).collect();
    let mut parent: Vec<Option<NodeId>> = vec![None; rows.len()];
    let all = || tree.used(list).filter_map(|row| tree.child(row, children)).collect::<Vec<_>>();
    for (position, item, number) in named(tree, list, children) {
        let child = number.and_then(|number| usize::try_from(number).ok());
        let row = child.filter(|child| *child > position).and_then(|child| Some((child, *rows.get(child)?)));
        match row.filter(|(_, row)| !tree.node(*row).blank) {
            None => {
                let mut involved = vec![item, rows[position]];
                involved.extend(child.and_then(|child| rows.get(child).copied()));
                if !report(item, involved) {
                    return false;
                }
            }
            Some((child, row)) => {
                if let Some(before) = parent[child].replace(item)
                    && !report(item, vec![item, before, row, rows[position]])
                {
                    return false;
                }
            }
        }
    }
    let orphans = rows.iter().zip(&parent).skip(1).filter(|(row, parent)| !tree.node(**row).blank && parent.is_none());
    orphans.map(|(row, _)| *row).all(|row| {
        let mut involved = vec![row, list];
        for items in all() {
            involved.extend(tree.children(items).chain([items]));
        }
        report(row, involved)
    })
}

/// The children follow one another in the order of their parents.
fn in_order(
    tree: &Tree<'_>,
    list: NodeId,
    children: FieldId,
    mut report: impl FnMut(NodeId, Vec<NodeId>) -> bool,
) -> bool {
    for (expected, (position, item, number)) in (1..).zip(named(tree, list, children)) {
        if number != Some(expected) {
            let before = named(tree, list, children).take(expected as usize).map(|(_, item, _)| item);
            let row = tree.children(list).nth(position);
            return report(item, before.chain(row).chain([item, list]).collect());
        }
    }
    true
}

/// An edit after which the violated rule holds.
pub(super) fn fix(tree: &Tree<'_>, record: NodeId, rule: &Rule, violation: &Violation) -> Option<Edit> {
    match &rule.kind {
        RuleKind::Paired(..) => {
            let used = violation.involved.iter().take(2).find(|slot| !tree.node(**slot).blank)?;
            let slots = tree.format().field(tree.node(tree.node(*used).parent).field).slots.as_ref()?;
            Some(Edit::set(tree, *used, vec![slots.fill; tree.span(*used).len()]))
        }
        RuleKind::Hierarchy { table, children, .. } => {
            let list = list_of(tree, *table)?;
            let items = (1..).zip(named(tree, list, *children));
            let wrong = items.filter(|(expected, (_, _, number))| *number != Some(*expected));
            wrong.map(|(expected, (_, item, _))| Edit::set_number(tree, item, expected)).reduce(Edit::and)
        }
        RuleKind::Subsequence { part, .. } => {
            let part = tree.locate(record, part, None)?;
            Some(Edit::replace_items(tree, part, Vec::new(), 0))
        }
        RuleKind::SameSet { table, key, other, other_key, only, depth_first: None } => {
            let (table, other) = (list_of(tree, *table)?, list_of(tree, *other)?);
            let (rows, others) = (keys(tree, table, key, None), keys(tree, other, other_key, only.as_ref()));
            let (_, row) = rows.iter().find(|(key, _)| !others.iter().any(|(other, _)| other == key))?;
            let (wanted, _) = others.iter().find(|(key, _)| !rows.iter().any(|(row, _)| row == key))?;
            let set = |(key, number): (&FieldId, &u64)| Some(Edit::set_number(tree, tree.child(*row, *key)?, *number));
            key.iter().zip(wanted).filter_map(set).reduce(Edit::and)
        }
        RuleKind::SameSet { table, key, other, other_key, only, depth_first: Some(children) } => {
            let (table, other) = (list_of(tree, *table)?, list_of(tree, *other)?);
            let rows = keys(tree, table, key, None);
            let others = descending(tree, other, other_key, only.as_ref(), *children);
            let bytes = others.iter().filter_map(|(key, _)| rows.iter().find(|(known, _)| known == key));
            let bytes: Vec<&[u8]> = bytes.map(|(_, row)| tree.span(*row)).collect();
            (bytes.len() == rows.len()).then(|| Edit::replace_items(tree, table, bytes.concat(), rows.len()))
        }
        RuleKind::Distinct { list, .. } => {
            let list = tree.locate(record, list, None)?;
            let row = tree.children(list).find(|row| tree.contains(*row, violation.node))?;
            Some(Edit::delete(tree, row))
        }
        RuleKind::Every { .. } => {
            let row = tree.enclosing_record(violation.node);
            let list = tree.node(row).parent;
            matches!(tree.format().field(tree.node(list).field).shape, Shape::List { .. })
                .then(|| Edit::delete(tree, row))
        }
        _ => None,
    }
}

/// Whether a test fails for an enumerator.
fn fails(test: &Test, row: &EnumRow) -> bool {
    let value = match test.operand.tail {
        Tail::Attribute(column) => row.attributes.get(column).copied(),
        _ => Some(Value::Number(row.code)),
    };
    match (&test.kind, value) {
        (TestKind::Is(values), Some(value)) => !values.contains(&value),
        (TestKind::IsNot(values), Some(value)) => values.contains(&value),
        _ => true,
    }
}

/// Edits that may break the rule, each with a label.
pub(crate) fn breaks(tree: &Tree<'_>, tables: &Tables, record: NodeId, rule: &Rule) -> Vec<(String, Edit)> {
    let mut edits = Vec::new();
    match &rule.kind {
        RuleKind::Paired(a, b) => {
            for list in [a, b].into_iter().filter_map(|list| list_of(tree, *list)) {
                let used: Vec<NodeId> = tree.used(list).collect();
                let Some(slots) = &tree.format().field(tree.node(list).field).slots else { continue };
                if let Some(last) = used.last() {
                    let fill = vec![slots.fill; tree.span(*last).len()];
                    edits.push((format!("{} unused", tree.path(*last)), Edit::set(tree, *last, fill)));
                    if let Some(next) = tree.children(list).nth(used.len()) {
                        let copy = tree.span(*last).to_vec();
                        edits.push((format!("{} used", tree.path(next)), Edit::set(tree, next, copy)));
                    }
                }
            }
        }
        RuleKind::Hierarchy { table, children, .. } => {
            let Some(list) = list_of(tree, *table) else { return edits };
            let used = tree.used(list).count() as u64;
            let all: Vec<_> = named(tree, list, *children).collect();
            let mut set = |item: NodeId, number: u64| {
                edits.push((format!("{} = {number}", tree.path(item)), Edit::set_number(tree, item, number)));
            };
            for (position, item, number) in all.first().into_iter().chain(all.last()) {
                for value in [0, *position as u64, used, number.unwrap_or(0) + 1, number.unwrap_or(1).saturating_sub(1)]
                {
                    set(*item, value);
                }
            }
            if let [.., (_, x, _), (_, y, _)] = all[..] {
                edits.push((format!("{} and {} exchanged", tree.path(x), tree.path(y)), Edit::swap(tree, x, y)));
            }
        }
        RuleKind::Subsequence { part, whole, key } => subsequences(tree, record, part, whole, *key, &mut edits),
        RuleKind::SameSet { table, depth_first: Some(_), .. } => {
            let Some(list) = list_of(tree, *table) else { return edits };
            let rows: Vec<NodeId> = tree.used(list).collect();
            for pair in rows.windows(2) {
                let label = format!("{} and {} exchanged", tree.path(pair[0]), tree.path(pair[1]));
                edits.push((label, Edit::swap(tree, pair[0], pair[1])));
            }
        }
        RuleKind::Every { list, has } => {
            let Some(list) = tree.locate(record, list, Some(tables)) else { return edits };
            let tests: Vec<&Test> = has.any.iter().flatten().collect();
            let leaves = tree.used(list).flat_map(|row| {
                tests.iter().filter_map(move |test| Some((*test, tree.locate(row, &test.operand, None)?)))
            });
            for (test, leaf) in leaves {
                if let Shape::Enum { of, .. } = tree.format().field(tree.node(leaf).field).shape {
                    let rows = tree.format().enums[of].rows.iter().filter(|row| fails(test, row));
                    edits.extend(rows.map(|row| {
                        (format!("{} = {}", tree.path(leaf), row.name), Edit::set_number(tree, leaf, row.code))
                    }));
                }
            }
        }
        RuleKind::Distinct { list, key } => {
            let Some(list) = tree.locate(record, list, None) else { return edits };
            let items: Vec<NodeId> = tree.used(list).filter_map(|row| tree.locate(row, key, None)).collect();
            if let [first, .., last] = items[..] {
                let edit = Edit::set(tree, last, tree.span(first).to_vec());
                edits.push((format!("{} as {}", tree.path(last), tree.path(first)), edit));
            }
        }
        RuleKind::SameSet { table, key, other, other_key, .. } => {
            for (list, key) in [(table, key), (other, other_key)] {
                let Some(list) = list_of(tree, *list) else { continue };
                for row in tree.used(list).take(6) {
                    for node in key.iter().filter_map(|key| tree.child(row, *key)) {
                        let number = tree.number(node).unwrap_or(0);
                        for value in [number + 1, number.saturating_sub(1), 0] {
                            edits.push((format!("{} = {value}", tree.path(node)), Edit::set_number(tree, node, value)));
                        }
                    }
                }
            }
        }
        _ => {}
    }
    edits
}

fn subsequences(
    tree: &Tree<'_>,
    record: NodeId,
    part: &Operand,
    whole: &Operand,
    key: FieldId,
    edits: &mut Vec<(String, Edit)>,
) {
    let (Some(part), Some(whole)) = (tree.locate(record, part, None), tree.locate(record, whole, None)) else { return };
    let Shape::List { item, .. } = tree.format().field(tree.node(part).field).shape else { return };
    let known: Vec<u64> = tree.used(whole).filter_map(|row| tree.number(tree.child(row, key)?)).collect();
    let used: Vec<u64> = tree.used(part).filter_map(|item| tree.number(item)).collect();
    let mut lists: Vec<(&str, Vec<u64>)> = Vec::new();
    if let Some(missing) = (0..=22).find(|number| !known.contains(number)) {
        lists.push(("one that is not there", vec![missing]));
    }
    if let [first, second, ..] = known[..] {
        lists.push(("in another order", vec![second, first]));
    }
    if let Some(first) = known.first() {
        lists.push(("one of them twice", vec![*first, *first]));
    }
    lists.retain(|(_, numbers)| *numbers != used);
    for (label, numbers) in lists {
        let shape = &tree.format().field(item).shape;
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| crate::tree::encode_number(shape, *number)).collect();
        let edit = Edit::replace_items(tree, part, bytes, numbers.len());
        edits.push((format!("{} {label}", tree.path(part)), edit));
    }
}
