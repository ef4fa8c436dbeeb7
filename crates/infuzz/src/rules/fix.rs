//! Repairs: for each kind of rule an edit after which it holds, leaving protected fields alone.

use super::record::{float_quotient, quotient, read};
use super::survey::Survey;
use super::{Cause, Checker, Violation};
use super::{product, structure};
use crate::format::{
    Condition, Extent, Field, FieldId, Format, Operand, PathStep, RuleId, RuleKind, Shape, Tail, Test, TestKind, Value,
    named_bits,
};
use crate::plain::default_bytes;
use crate::tree::{Edit, Latest, NodeId, Repair, Tables, Tree};
use std::collections::HashMap;

/// Most repairs tried in a row.
const MAX_STEPS: usize = 24;

/// A rule repaired more often than this on one field fights with another; then its record goes.
const PATIENCE: usize = 16;

/// Repairs rule after rule until the input is valid. `protected` are paths of fields that keep
/// their value. None: it cannot be made valid that way.
pub fn settle(checker: &mut Checker, bytes: &[u8], format: &Format, protected: &[String]) -> Option<Vec<u8>> {
    settle_within(checker, bytes, format, protected, MAX_STEPS)
}

/// The same with another bound on the number of repairs.
pub fn settle_within(
    checker: &mut Checker,
    bytes: &[u8],
    format: &Format,
    protected: &[String],
    steps: usize,
) -> Option<Vec<u8>> {
    repaired(checker, (None, None), bytes, format, protected, steps, None)
}

/// As [`settle`], given the tree of a valid input that is not very different.
pub fn settle_since<'f>(
    checker: &mut Checker,
    valid: Option<&Tree<'f>>,
    bytes: &[u8],
    format: &'f Format,
    protected: &[String],
) -> Option<Vec<u8>> {
    repaired(checker, (valid, valid), bytes, format, protected, MAX_STEPS, None)
}

/// As [`settle`], given the tree of any input that is not very different.
pub(crate) fn settle_like<'f>(checker: &mut Checker, like: &Tree<'f>, bytes: &[u8]) -> Option<Vec<u8>> {
    repaired(checker, (None, Some(like)), bytes, like.format(), &[], MAX_STEPS, None)
}

/// Repairs whatever is broken besides one rule in which a protected field takes part, given the
/// tree of a valid input that is not very different. None: the others cannot be repaired without
/// it, or it is not broken.
pub fn isolate_rule_since<'f>(
    checker: &mut Checker,
    valid: Option<&Tree<'f>>,
    bytes: &[u8],
    format: &'f Format,
    rule: RuleId,
    protected: &[String],
) -> Option<Vec<u8>> {
    repaired(checker, (valid, valid), bytes, format, protected, MAX_STEPS, Some(rule))
}

fn repaired<'f>(
    checker: &mut Checker,
    (valid, like): (Option<&Tree<'f>>, Option<&Tree<'f>>),
    bytes: &[u8],
    format: &'f Format,
    protected: &[String],
    steps: usize,
    left: Option<RuleId>,
) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let (mut latest, mut survey) = (Latest::new(format), Survey::default());
    let mut times: HashMap<(RuleId, FieldId), usize> = HashMap::new();
    for _ in 0..steps {
        latest.advance(like, &bytes);
        let tree = latest.tree();
        if !tree.problems().is_empty() {
            return None;
        }
        let kept: Vec<NodeId> = protected.iter().filter_map(|path| tree.find(path)).collect();
        let mut repair = |checker: &Checker, violation: &Violation| {
            let times = times.entry((violation.rule, tree.node(violation.node).field)).or_default();
            *times += 1;
            let fixer = Fixer { tree, tables: checker.tables(), kept: &kept, attempt: *times };
            if *times > PATIENCE { fixer.without(violation) } else { None }.or_else(|| fixer.fix(violation))
        };
        let edit = if left.is_some() {
            let mut violations = checker.all_since(valid, tree);
            let all = violations.len();
            violations.retain(|v| Some(v.rule) != left || !v.involved.iter().any(|node| kept.contains(node)));
            if violations.len() == all {
                return None;
            }
            if violations.is_empty() {
                return Some(bytes);
            }
            violations.iter().find_map(|violation| repair(checker, violation))?
        } else {
            let Some(first) = survey.first(checker, valid, tree) else { return Some(bytes) };
            // Mostly the first can be repaired; only where it cannot, the others are looked for.
            match repair(checker, &first) {
                Some(edit) => edit,
                None => {
                    let others: Vec<&Violation> = survey.all(checker, valid, tree).skip(1).collect();
                    others.into_iter().find_map(|violation| repair(checker, violation))?
                }
            }
        };
        if !latest.edit(&edit, Repair::All, &mut bytes) {
            return None;
        }
        survey.change(latest.tree(), &bytes);
    }
    None
}

/// Repairs whatever else a fault at `path` breaks, so that its own rules are the only broken ones.
/// None: the others cannot be repaired without it, or it breaks nothing else.
pub fn isolate(checker: &mut Checker, bytes: &[u8], format: &Format, path: &str) -> Option<Vec<u8>> {
    isolate_since(checker, None, bytes, format, path)
}

/// The same, given the tree of a valid input that is not very different.
pub fn isolate_since<'f>(
    checker: &mut Checker,
    valid: Option<&Tree<'f>>,
    bytes: &[u8],
    format: &'f Format,
    path: &str,
) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let mut latest = Latest::new(format);
    for step in 0..MAX_STEPS {
        latest.advance(valid, &bytes);
        let tree = latest.tree();
        let violations = checker.all_since(valid, tree);
        let node = tree.find(path)?;
        let own = |v: &Violation| v.node == node && matches!(v.cause, Cause::Field | Cause::Reference);
        if violations.iter().any(|v| v.cause == Cause::Shape) || !violations.iter().any(own) {
            return None;
        }
        let others: Vec<&Violation> = violations.iter().filter(|v| !own(v)).collect();
        if others.is_empty() {
            return (step > 0).then_some(bytes);
        }
        let edit = others.iter().find_map(|v| fix(tree, checker.tables(), v, &[node]))?;
        if !latest.edit(&edit, Repair::All, &mut bytes) {
            return None;
        }
    }
    None
}

/// The numbers that rules compare a field with.
fn named_values(format: &Format, field: FieldId) -> impl Iterator<Item = u64> + '_ {
    let conditions = format.records.iter().flat_map(|record| &record.rules).filter_map(|rule| match &rule.kind {
        RuleKind::Requires(condition) => Some(condition),
        _ => None,
    });
    let tests = conditions.flat_map(|condition| condition.any.iter().flatten());
    tests
        .filter(move |test| test.operand.field == field)
        .flat_map(|test| match &test.kind {
            TestKind::Is(values) => values.clone(),
            _ => Vec::new(),
        })
        .filter_map(|value| match value {
            Value::Number(number) => Some(number),
            Value::Symbol(_) => None,
        })
}

/// Whether a field is there or not by itself: no bit says so.
fn is_free_standing(field: &Field) -> bool {
    field.when.is_none() && field.may_be_absent()
}

/// Decodes bytes that may have the structure of a valid input.
pub(crate) fn redecode<'f>(tree: &mut Tree<'f>, valid: Option<&Tree<'f>>, bytes: &[u8]) {
    match valid {
        Some(valid) => tree.redecode_like(valid, bytes),
        None => tree.redecode(bytes),
    }
}

/// An edit after which the violated rule holds.
pub fn fix(tree: &Tree<'_>, tables: &Tables, violation: &Violation, kept: &[NodeId]) -> Option<Edit> {
    Fixer { tree, tables, kept, attempt: 1 }.fix(violation)
}

struct Fixer<'a, 'f> {
    tree: &'a Tree<'f>,
    tables: &'a Tables,
    kept: &'a [NodeId],
    /// How often this rule was repaired at this field: where two repairs undo each other, the
    /// second time goes another way.
    attempt: usize,
}

impl Fixer<'_, '_> {
    fn fix(&self, violation: &Violation) -> Option<Edit> {
        match violation.cause {
            Cause::Shape => None,
            Cause::Field => self.field(violation),
            Cause::Relation => self.free(violation.node).then(Edit::default),
            Cause::Reference => self.reference(violation.node),
            Cause::Record(record, index) => self.record(record, index, violation),
        }
    }

    /// Removes the record of a list in which a rule is broken, unless it is the last one.
    fn without(&self, violation: &Violation) -> Option<Edit> {
        let tree = self.tree;
        let mut at = match violation.cause {
            Cause::Record(record, _) => record,
            _ => violation.node,
        };
        while at != 0 {
            let list = tree.node(at).parent;
            let is_list = matches!(tree.format().field(tree.node(list).field).shape, Shape::List { .. });
            if is_list && self.removable(at) && tree.children(list).nth(1).is_some() {
                return Some(Edit::delete(tree, at));
            }
            at = list;
        }
        None
    }

    /// A first record for an empty table.
    fn first_record(&self, table: FieldId) -> Option<Edit> {
        let tree = self.tree;
        let list = tree.lists().iter().copied().find(|list| tree.node(*list).field == table)?;
        let Shape::List { item, .. } = tree.format().field(table).shape else { return None };
        let empty = tree.children(list).next().is_none();
        empty.then(|| Edit::insert(tree, list, 0, default_bytes(tree.format(), item), 1))
    }

    /// Whether the node may be changed.
    fn free(&self, node: NodeId) -> bool {
        !self.kept.iter().any(|kept| self.tree.contains(node, *kept))
    }

    /// Whether a record may go: a protected one behind it in the list would change its path.
    fn removable(&self, row: NodeId) -> bool {
        let list = self.tree.node(row).parent;
        !self.kept.iter().any(|kept| *kept >= row && self.tree.contains(list, *kept))
    }

    fn set(&self, node: NodeId, value: u64) -> Option<Edit> {
        (self.free(node) && self.tree.number(node) != Some(value)).then(|| Edit::set_number(self.tree, node, value))
    }

    fn field(&self, violation: &Violation) -> Option<Edit> {
        let node = violation.node;
        if !self.free(node) {
            return None;
        }
        let around = self.tree.node(self.tree.node(node).parent).field;
        if let Some(slots) = &self.tree.format().field(around).slots
            && (violation.rule == slots.rule || violation.rule == slots.gap)
        {
            return self.harmless(structure::fix_slots(self.tree, violation));
        }
        let field = self.tree.format().field(self.tree.node(node).field);
        if let (Shape::Bits { names, .. }, Some(bits)) = (&field.shape, self.tree.number(node)) {
            return self.set(node, bits & named_bits(names));
        }
        let (Some(number), Some((low, high, _))) = (self.tree.number(node), field.range) else {
            return Some(Edit::set(self.tree, node, default_bytes(self.tree.format(), field.id)));
        };
        let step = field.step.as_ref().and_then(|(step, _)| super::field::step_of(self.tree, node, step)).unwrap_or(1);
        let number = number.clamp(low, high);
        let down = number - number % step;
        let value = if down >= low { down } else { low.next_multiple_of(step) };
        if let Shape::Decimal { .. } = field.shape {
            // The same number may be written in another way.
            let written = self.tree.encode_number(node, value);
            return (written != self.tree.span(node)).then(|| Edit::set(self.tree, node, written));
        }
        self.set(node, value)
    }

    /// The edit, unless it changes what is protected.
    fn harmless(&self, edit: Option<Edit>) -> Option<Edit> {
        edit.filter(|edit| !self.kept.iter().any(|node| edit.touches(self.tree, *node)))
    }

    fn reference(&self, node: NodeId) -> Option<Edit> {
        let field = self.tree.format().field(self.tree.node(node).field);
        if let Some(outside) = &field.outside {
            return self.set(node, outside.none.unwrap_or(0));
        }
        let reference = field.refers.as_ref()?;
        match self.tables.keys(reference.table).next().or(reference.none) {
            Some(first) => self.set(node, first),
            None => self.first_record(reference.table),
        }
    }

    fn record(&self, record: NodeId, index: usize, violation: &Violation) -> Option<Edit> {
        let tree = self.tree;
        let Shape::Record(id) = tree.format().field(tree.node(record).field).shape else { return None };
        let rule = tree.format().record(id).rules.get(index)?;
        let own = match &rule.kind {
            RuleKind::Ordered(operands) => self.ordered(record, operands),
            RuleKind::AtMost(_, limit) => self.at_most(record, violation.node, limit),
            RuleKind::Between(operand, low, high) => {
                let (node, number) = read(tree, self.tables, record, operand)?;
                self.set(node, number.clamp(*low, *high))
            }
            RuleKind::Product { left, right, .. } => {
                let less = product::adapted(tree, self.tables, record, (left, right), product::BELOW);
                let more = product::adapted(tree, self.tables, record, (right, left), product::ABOVE);
                less.into_iter().chain(more).find_map(|(node, number)| self.set(node, number))
            }
            RuleKind::Differ(operands) => {
                let taken: Vec<u64> =
                    operands.iter().filter_map(|o| read(tree, self.tables, record, o)).map(|(_, n)| n).collect();
                violation.involved.iter().rev().find_map(|node| {
                    let Shape::Enum { of, .. } = tree.format().field(tree.node(*node).field).shape else { return None };
                    let free = tree.format().enums[of].rows.iter().find(|row| !taken.contains(&row.code))?;
                    self.set(*node, free.code)
                })
            }
            RuleKind::Requires(condition) => self.satisfy(record, condition),
            RuleKind::Same(a, b, columns) => self.same(record, a, b, columns),
            RuleKind::Quotient { dividend, divisor, result, decimals } => {
                let [(_, x), (_, y), (node, _)] = [
                    read(tree, self.tables, record, dividend)?,
                    read(tree, self.tables, record, divisor)?,
                    read(tree, self.tables, record, result)?,
                ];
                let float = tree.format().field(tree.node(node).field).float;
                self.set(node, if float { float_quotient(x, y)? } else { quotient(x, y, *decimals)? })
                    .or_else(|| self.factors(record, dividend, divisor, self.tree.number(node)?, *decimals))
            }
            RuleKind::Unique { key, .. } => self.unique(violation, key),
            RuleKind::Ascending { .. } => self.ascending(violation),
            _ => self.harmless(structure::fix(tree, record, rule, violation)),
        };
        own.or_else(|| {
            let when = rule.when.as_ref().and_then(|when| self.falsify(record, when));
            when.or_else(|| rule.unless.as_ref().and_then(|unless| self.satisfy(record, unless)))
        })
    }

    fn ordered(&self, record: NodeId, operands: &[Operand]) -> Option<Edit> {
        let found: Vec<(NodeId, u64)> =
            operands.iter().filter_map(|o| read(self.tree, self.tables, record, o)).collect();
        let pivot = found.iter().position(|(node, _)| !self.free(*node));
        let mut edit: Option<Edit> = None;
        let mut set = |node: NodeId, value: u64| {
            let field = self.tree.format().field(self.tree.node(node).field);
            let legal = field.range.is_none_or(|(low, high, _)| (low..=high).contains(&value));
            let one = match legal {
                true => self.set(node, value),
                // No legal value goes with the protected one.
                false => (field.when.is_some() && self.free(node)).then(|| Edit::make_absent(self.tree, node)),
            };
            // Two bits of one field are not cleared at once: the next round does the other.
            if let Some(one) = one.filter(|_| legal || edit.is_none()) {
                edit = Some(edit.take().unwrap_or_default().and(one));
            }
        };
        match pivot {
            Some(pivot) => {
                let value = found[pivot].1;
                for (at, (node, now)) in found.iter().enumerate() {
                    if (at < pivot && *now > value) || (at > pivot && *now < value) {
                        set(*node, value);
                    }
                }
            }
            None => {
                let mut least = 0;
                for (node, now) in &found {
                    least = least.max(*now);
                    set(*node, least);
                }
            }
        }
        edit
    }

    fn at_most(&self, record: NodeId, node: NodeId, limit: &Operand) -> Option<Edit> {
        let (limit, most) = read(self.tree, self.tables, record, limit)?;
        let value = self.tree.number(node)?;
        self.set(node, most).or_else(|| self.set(limit, value))
    }

    /// Makes a condition hold, by the first of its tests that can be made to.
    fn satisfy(&self, record: NodeId, condition: &Condition) -> Option<Edit> {
        condition.any.iter().flatten().find_map(|test| self.satisfy_test(record, test))
    }

    fn satisfy_test(&self, record: NodeId, test: &Test) -> Option<Edit> {
        let tree = self.tree;
        match &test.kind {
            TestKind::Present => {
                if let Tail::Bit(_) = test.operand.tail {
                    return None;
                }
                let Some((PathStep::Child(field), before)) = test.operand.steps.split_last() else { return None };
                let holder = tree.walk(record, before, Some(self.tables))?;
                let absent = tree.child(holder, *field).is_none_or(|node| tree.node(node).blank);
                if absent && is_free_standing(tree.format().field(*field)) {
                    let bytes = default_bytes(tree.format(), *field);
                    return self.free(holder).then(|| Edit::make_present(tree, holder, *field, bytes));
                }
                let bits = tree.format().field(*field).when.as_ref()?.any.first()?.first()?;
                let bits = tree.locate(holder, &bits.operand, None)?;
                (tree.child(holder, *field).is_none() && self.free(bits))
                    .then(|| Edit::make_present(tree, holder, *field, default_bytes(tree.format(), *field)))
            }
            TestKind::Is(values) => self.choose(record, &test.operand, |value| values.contains(&value)),
            TestKind::IsNot(values) => self.choose(record, &test.operand, |value| !values.contains(&value)),
        }
    }

    fn falsify(&self, record: NodeId, condition: &Condition) -> Option<Edit> {
        condition.any.iter().flatten().find_map(|test| match &test.kind {
            TestKind::Present if is_free_standing(self.tree.format().field(test.operand.field)) => {
                let node = self.tree.locate(record, &test.operand, Some(self.tables))?;
                self.free(node).then(|| Edit::make_absent(self.tree, node))
            }
            TestKind::Present => None,
            _ if self.decides(test.operand.field) => None,
            TestKind::Is(values) => self.choose(record, &test.operand, |value| !values.contains(&value)),
            TestKind::IsNot(values) => self.choose(record, &test.operand, |value| values.contains(&value)),
        })
    }

    /// Sets the operand's field so that what the operand reads passes `wanted`; an operand behind
    /// a reference may also be changed by referring to another record.
    fn choose(&self, record: NodeId, operand: &Operand, wanted: impl Fn(Value) -> bool) -> Option<Edit> {
        let tree = self.tree;
        let format = tree.format();
        if self.attempt % 2 == 1
            && let Some(edit) = self.refer_elsewhere(record, operand, &wanted)
        {
            return Some(edit);
        }
        if let Some(node) = tree.locate(record, operand, Some(self.tables))
            && self.free(node)
        {
            let field = format.field(operand.field);
            if let (Tail::Bit(bit), Some(now)) = (operand.tail, tree.number(node)) {
                let flipped = now ^ 1 << bit;
                return wanted(Value::Number(flipped >> bit & 1)).then(|| Edit::set_number(tree, node, flipped));
            }
            if let (Tail::Length, Shape::Bytes(Extent::Rest)) = (operand.tail, &field.shape) {
                let contents = [&b""[..], b"A"].into_iter();
                let mut fitting = contents.filter(|bytes| wanted(Value::Number(bytes.len() as u64)));
                return fitting.next().map(|bytes| Edit::set(tree, node, bytes.to_vec()));
            }
            if let (Tail::Length, Shape::Text(text)) = (operand.tail, &field.shape) {
                let texts = [&b""[..], b"A"].into_iter();
                let fitting = texts.filter(|text| wanted(Value::Number(text.len() as u64)));
                return fitting
                    .filter_map(|content| crate::compose::encode_text(text, content))
                    .next()
                    .map(|bytes| Edit::set(tree, node, bytes));
            }
            let candidates: Vec<u64> = match &field.shape {
                Shape::Enum { of, .. } => format.enums[*of].rows.iter().map(|row| row.code).collect(),
                _ => match &field.refers {
                    Some(reference) => reference.none.into_iter().chain(self.tables.keys(reference.table)).collect(),
                    None if self.is_key(operand.field) => Vec::new(),
                    // The values that the description names, and plain ones.
                    None => named_values(format, operand.field).chain([0, 1]).collect(),
                },
            };
            let reads = |code: u64| match (operand.tail, &field.shape) {
                (Tail::Attribute(column), Shape::Enum { of, .. }) => {
                    format.enums[*of].row(code).map(|row| row.attributes[column])
                }
                _ => Some(Value::Number(code)),
            };
            if let Some(code) = candidates.into_iter().find(|code| reads(*code).is_some_and(&wanted)) {
                return self.set(node, code);
            }
            if let Some(reference) = &field.refers {
                return self.first_record(reference.table);
            }
        }
        self.refer_elsewhere(record, operand, wanted)
    }

    /// Whether records of a table are referred to by this field.
    fn is_key(&self, field: FieldId) -> bool {
        self.tree.format().fields.iter().any(|f| f.refers.as_ref().is_some_and(|r| r.key == field))
    }

    /// Whether the value of this field decides which other fields are there.
    fn decides(&self, field: FieldId) -> bool {
        self.tree.format().fields.iter().any(|other| {
            let when = other.when.iter().flat_map(|when| when.any.iter().flatten());
            when.into_iter().any(|test| test.operand.field == field)
                || matches!(&other.shape, Shape::Switch { on, .. } if on.field == field)
        })
    }

    fn refer_elsewhere(&self, record: NodeId, operand: &Operand, wanted: impl Fn(Value) -> bool) -> Option<Edit> {
        let tree = self.tree;
        let (at, field) = operand.steps.iter().enumerate().find_map(|(at, step)| match step {
            PathStep::Follow(field) => Some((at, *field)),
            _ => None,
        })?;
        let holder = tree.walk(record, &operand.steps[..at], Some(self.tables))?;
        let node = tree.child(holder, field)?;
        let table = tree.format().field(field).refers.as_ref()?.table;
        let rest = Operand { steps: operand.steps[at + 1..].to_vec(), ..operand.clone() };
        let key = self.tables.keys(table).find(|key| {
            let row = self.tables.find(table, *key);
            row.and_then(|row| tree.value_of(row, &rest, Some(self.tables))).is_some_and(&wanted)
        })?;
        self.set(node, key)
    }

    fn same(&self, record: NodeId, a: &Operand, b: &Operand, columns: &[(usize, usize)]) -> Option<Edit> {
        let tree = self.tree;
        if columns.is_empty() {
            let (x, y) = (tree.value_of(record, a, Some(self.tables))?, tree.value_of(record, b, Some(self.tables))?);
            return self
                .choose(record, b, |value| value == x)
                .or_else(|| self.copy(record, b, x))
                .or_else(|| self.choose(record, a, |value| value == y))
                .or_else(|| self.copy(record, a, y));
        }
        let attempt = |from: &Operand, to: &Operand, flip: bool| {
            let (from, to) =
                (tree.locate(record, from, Some(self.tables))?, tree.locate(record, to, Some(self.tables))?);
            let (Shape::Enum { of: x, .. }, Shape::Enum { of: y, .. }) =
                (&tree.format().field(tree.node(from).field).shape, &tree.format().field(tree.node(to).field).shape)
            else {
                return None;
            };
            let row = tree.format().enums[*x].row(tree.number(from)?)?;
            let fits = |other: &crate::format::EnumRow| {
                columns.iter().all(|(c, d)| {
                    if flip {
                        row.attributes[*d] == other.attributes[*c]
                    } else {
                        row.attributes[*c] == other.attributes[*d]
                    }
                })
            };
            let code = tree.format().enums[*y].rows.iter().find(|other| fits(other))?.code;
            self.set(to, code)
        };
        attempt(a, b, false).or_else(|| attempt(b, a, true))
    }

    fn copy(&self, record: NodeId, operand: &Operand, value: Value) -> Option<Edit> {
        let Value::Number(number) = value else { return None };
        let plain = operand.tail == Tail::Value
            && !operand.steps.iter().any(|s| matches!(s, PathStep::Follow(_) | PathStep::Up));
        let node = self.tree.locate(record, operand, Some(self.tables))?;
        let refers = self.tree.format().field(self.tree.node(node).field).refers.as_ref();
        let dangles = refers.is_some_and(|to| to.none != Some(number) && self.tables.find(to.table, number).is_none());
        if plain && !dangles { self.set(node, number) } else { None }
    }

    /// Dividend and divisor at the ends of their ranges, if those give the protected result.
    fn factors(
        &self,
        record: NodeId,
        dividend: &Operand,
        divisor: &Operand,
        result: u64,
        decimals: u32,
    ) -> Option<Edit> {
        let (a, _) = read(self.tree, self.tables, record, dividend)?;
        let (b, _) = read(self.tree, self.tables, record, divisor)?;
        let ends = |node: NodeId| {
            let field = self.tree.format().field(self.tree.node(node).field);
            let (low, high, _) = field.range?;
            let step =
                field.step.as_ref().and_then(|(step, _)| super::field::step_of(self.tree, node, step)).unwrap_or(1);
            Some([low.next_multiple_of(step), high - high % step])
        };
        let (above, below) = (ends(a)?, ends(b)?);
        let pairs = above.into_iter().flat_map(|x| below.into_iter().map(move |y| (x, y)));
        let (x, y) = pairs.into_iter().find(|(x, y)| quotient(*x, *y, decimals) == Some(result))?;
        (self.free(a) && self.free(b)).then(|| Edit::set_number(self.tree, a, x).and(Edit::set_number(self.tree, b, y)))
    }

    /// Gives the later of two records another key, or removes the later with the same key, or the earlier one.
    fn unique(&self, violation: &Violation, key: &[Operand]) -> Option<Edit> {
        let rows: Vec<NodeId> = violation.involved.iter().rev().take(2).copied().collect();
        if let [operand] = key {
            let fresh = rows.iter().find_map(|row| {
                let node = self.tree.locate(*row, operand, None).filter(|node| self.free(*node))?;
                let name = format!("{}", 1_000_000_000 + u64::from(node));
                match &self.tree.format().field(self.tree.node(node).field).shape {
                    Shape::Digits { .. } => self.set(node, 1_000_000_000 + u64::from(node)),
                    Shape::Text(text) => {
                        Some(Edit::set(self.tree, node, crate::compose::encode_text(text, name.as_bytes())?))
                    }
                    _ => None,
                }
            });
            if fresh.is_some() {
                return fresh;
            }
        }
        rows.into_iter().find(|row| self.removable(*row)).map(|row| Edit::delete(self.tree, row))
    }

    fn ascending(&self, violation: &Violation) -> Option<Edit> {
        let [before, node] = violation.involved.as_slice() else { return None };
        let rows = [*node, *before].map(|key| self.tree.enclosing_record(key));
        rows.into_iter().find(|row| self.removable(*row)).map(|row| Edit::delete(self.tree, row))
    }
}
