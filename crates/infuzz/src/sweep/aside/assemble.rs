//! Records put together from settings: what must hold for a field to be there, and the bytes of
//! a record in which it is.

use crate::compose::encode_text;
use crate::format::{
    Condition, Count, Field, FieldId, Format, Operand, PathStep, RelationKind, RuleKind, Shape, Tail, Test, TestKind,
    Value, case_of,
};
use crate::known::Known;
use crate::plain::default_bytes;
use crate::tree::{NodeId, Tree, encode_number};

/// What some fields of a record are to hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings {
    /// Numbers of fields.
    pub numbers: Vec<(FieldId, u64)>,
    /// Bits of bit fields, set or cleared.
    pub bits: Vec<(FieldId, u32, bool)>,
    /// Bytes of other fields.
    pub bytes: Vec<(FieldId, Vec<u8>)>,
}

impl Settings {
    /// Both; the others count where they differ.
    pub(super) fn and(&self, other: &Settings) -> Settings {
        let mut both = self.clone();
        both.bytes.extend(other.bytes.iter().cloned());
        both.numbers.retain(|(field, _)| !other.numbers.iter().any(|(known, _)| known == field));
        both.numbers.extend(&other.numbers);
        for (field, bit, set) in &other.bits {
            both = both.with_bit(*field, *bit, *set);
        }
        both
    }

    /// The same with a bit set or cleared.
    pub(super) fn with_bit(mut self, field: FieldId, bit: u32, set: bool) -> Settings {
        self.bits.retain(|(known, at, _)| (*known, *at) != (field, bit));
        self.bits.push((field, bit, set));
        self
    }

    /// The same with a number.
    pub(super) fn with(mut self, field: FieldId, value: u64) -> Settings {
        self.numbers.retain(|(known, _)| *known != field);
        self.numbers.push((field, value));
        self
    }

    /// Whether no field is to hold two different numbers.
    fn consistent_with(&self, other: &Settings) -> bool {
        self.numbers.iter().all(|(field, value)| other.numbers.iter().all(|(known, v)| known != field || v == value))
    }

    /// All fields that are set.
    pub(super) fn fields(&self) -> impl Iterator<Item = FieldId> + '_ {
        self.numbers.iter().map(|(field, _)| *field).chain(self.bits.iter().map(|(field, ..)| *field))
    }

    /// Whether a record holds all of it.
    pub(super) fn hold(&self, tree: &Tree<'_>, item: NodeId) -> bool {
        let number = |field: FieldId| within(tree, item, field).and_then(|node| tree.number(node));
        self.numbers.iter().all(|(field, value)| number(*field) == Some(*value))
            && self.bits.iter().all(|(field, bit, set)| number(*field).is_some_and(|n| (n >> bit & 1 == 1) == *set))
    }
}

/// The first node of a field within a record.
pub(super) fn within(tree: &Tree<'_>, record: NodeId, field: FieldId) -> Option<NodeId> {
    (record..tree.node(record).next).find(|node| tree.node(*node).field == field)
}

/// The bit that says whether a field is there, if one does.
pub(super) fn bit_of(format: &Format, field: FieldId) -> Option<(FieldId, u32)> {
    let tests = format.field(field).when.iter().flat_map(|when| when.any.iter().flatten());
    tests.into_iter().find_map(|test| match (&test.kind, test.operand.tail) {
        (TestKind::Present, Tail::Bit(bit)) => Some((test.operand.field, bit)),
        _ => None,
    })
}

/// The list that a field is an item of.
pub(super) fn list_of(format: &Format, item: FieldId) -> Option<FieldId> {
    let lists = format.fields.iter().filter(|field| matches!(field.shape, Shape::List { item: of, .. } if of == item));
    lists.map(|field| field.id).next()
}

/// The item of a list, or the whole input, that a field stands in.
pub(super) fn item_around(format: &Format, field: FieldId) -> FieldId {
    let mut at = field;
    loop {
        if list_of(format, at).is_some() {
            return at;
        }
        match format.field(at).owner {
            Some(owner) => at = format.record(owner).field,
            None => return at,
        }
    }
}

/// Most alternatives that are followed for one field.
const MOST_WAYS: usize = 6;

/// The settings of the record around a field (an item of a list) with which it is there, each
/// alternative of its conditions.
pub(super) fn ways(format: &Format, field: FieldId) -> Vec<Settings> {
    let mut ways = vec![Settings::default()];
    let item = item_around(format, field);
    let mut at = field;
    while at != item {
        let own = format.field(at);
        if let Some(when) = &own.when {
            ways = product(&ways, &satisfying(when));
        }
        let Some(owner) = own.owner else { break };
        let record = format.record(owner);
        for inner in &record.fields {
            if let Shape::Switch { on, cases } = &format.field(*inner).shape
                && !on.tail.is_ahead()
                && let Some((code, _)) = cases.iter().find(|(_, case)| *case == at)
            {
                ways = product(&ways, &[Settings::default().with(on.field, *code)]);
            }
        }
        at = record.field;
    }
    ways.truncate(MOST_WAYS);
    ways
}

/// Every pair of two alternatives that do not contradict each other.
pub(super) fn product(left: &[Settings], right: &[Settings]) -> Vec<Settings> {
    let pairs = left.iter().flat_map(|a| right.iter().filter(|b| a.consistent_with(b)).map(|b| a.and(b)));
    let mut all: Vec<Settings> = Vec::new();
    for one in pairs {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// Settings with which a condition holds, as far as it is about fields of the record itself.
pub(super) fn satisfying(condition: &Condition) -> Vec<Settings> {
    let mut all = Vec::new();
    for tests in &condition.any {
        let mut one = vec![Settings::default()];
        for test in tests {
            one = product(&one, &fulfilling(test));
        }
        all.extend(one);
    }
    all
}

fn fulfilling(test: &Test) -> Vec<Settings> {
    if !is_own(&test.operand) {
        return vec![Settings::default()];
    }
    match (&test.kind, test.operand.tail) {
        (TestKind::Present, Tail::Bit(bit)) => {
            vec![Settings::default().with_bit(test.operand.field, bit, true)]
        }
        (TestKind::Is(values), Tail::Value) => values
            .iter()
            .filter_map(|value| match value {
                Value::Number(number) => Some(Settings::default().with(test.operand.field, *number)),
                Value::Symbol(_) => None,
            })
            .collect(),
        _ => vec![Settings::default()],
    }
}

/// Whether an operand stays within the record.
pub(super) fn is_own(operand: &Operand) -> bool {
    operand.steps.iter().all(|step| matches!(step, PathStep::Child(_)))
}

/// The bytes of `field` with these settings; what they do not say is as in `like`, or plain.
pub(super) fn assemble(tree: &Tree<'_>, like: Option<NodeId>, field: FieldId, settings: &Settings) -> Vec<u8> {
    let format = tree.format();
    let mut assembly = Assembly { tree, format, settings, known: Known::new(format), out: Vec::new() };
    assembly.field(format.field(field), like);
    assembly.out
}

struct Assembly<'a, 'f> {
    tree: &'a Tree<'f>,
    format: &'f Format,
    settings: &'a Settings,
    known: Known<'f>,
    out: Vec<u8>,
}

impl<'f> Assembly<'_, 'f> {
    fn field(&mut self, field: &'f Field, like: Option<NodeId>) {
        match &field.shape {
            Shape::Record(record) => {
                let start = self.out.len();
                let mut sizes = Vec::new();
                for inner in self.format.record(*record).fields.iter().map(|inner| self.format.field(*inner)) {
                    if inner.when.as_ref().is_some_and(|when| !self.known.holds(when)) {
                        continue;
                    }
                    if let Some(RelationKind::SizeOf(operand)) = inner.relation.as_ref().map(|r| &r.kind)
                        && operand.steps.is_empty()
                    {
                        sizes.push((self.out.len(), inner));
                    }
                    self.inner(inner, like);
                }
                for (at, inner) in sizes {
                    let size = encode_number(&inner.shape, (self.out.len() - start) as u64);
                    self.out[at..at + size.len()].copy_from_slice(&size);
                }
            }
            _ => {
                let bytes = match like {
                    Some(node) => self.tree.span(node).to_vec(),
                    None => default_bytes(self.format, field.id),
                };
                let number = self.settings.numbers.iter().find(|(known, _)| *known == field.id).map(|(_, n)| *n);
                let own = number.or_else(|| self.plain(field, like));
                let own = match (&field.shape, own) {
                    (Shape::Bits { .. }, own) => {
                        let mut bits = own.unwrap_or(0);
                        for (_, bit, set) in self.settings.bits.iter().filter(|(known, ..)| *known == field.id) {
                            bits = if *set { bits | 1 << bit } else { bits & !(1 << bit) };
                        }
                        Some(bits)
                    }
                    (_, own) => own,
                };
                if let Some(number) = own {
                    self.known.note(field.id, number);
                }
                let changed = matches!(field.shape, Shape::Bits { .. }) || number.is_some();
                let given = self.settings.bytes.iter().find(|(known, _)| *known == field.id).map(|(_, bytes)| bytes);
                match own.filter(|_| changed) {
                    None if given.is_some() => self.out.extend(given.into_iter().flatten()),
                    Some(number) => self.out.extend(encode_number(&field.shape, number)),
                    None => self.out.extend(bytes),
                }
            }
        }
    }

    /// The number that is there without a setting.
    fn plain(&self, field: &Field, like: Option<NodeId>) -> Option<u64> {
        if let Some(node) = like {
            return self.tree.number(node);
        }
        let (_, big) = field.integer()?;
        let bytes = default_bytes(self.format, field.id);
        let digits: Vec<u8> = if big { bytes } else { bytes.into_iter().rev().collect() };
        Some(digits.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn inner(&mut self, inner: &'f Field, like: Option<NodeId>) {
        if let Shape::Switch { on, cases } = &inner.shape {
            let there = like.into_iter().flat_map(|record| self.tree.children(record));
            let there =
                there.map(|child| self.tree.node(child).field).find(|id| cases.iter().any(|case| case.1 == *id));
            let case = match on.tail.is_ahead() {
                true => there.or(cases.first().map(|(_, case)| *case)),
                false => case_of(cases, self.known.number(on.field)),
            };
            if let Some(case) = case {
                let like = like.and_then(|record| self.tree.child(record, case));
                self.field(self.format.field(case), like);
            }
            return;
        }
        let like = like.and_then(|record| self.tree.child(record, inner.id));
        match (&inner.shape, like) {
            (Shape::List { count: Count::Field(operand), .. }, _)
                if self.settings.numbers.contains(&(operand.field, 0)) => {}
            (Shape::List { .. }, Some(list)) => self.out.extend_from_slice(self.tree.span(list)),
            (Shape::List { .. }, None) => {}
            _ => self.field(inner, like),
        }
    }
}

/// The bytes of a further record for a list that has some: like `like`, with keys of its own,
/// and nothing in lists within it.
pub(super) fn fresh(tree: &Tree<'_>, list: NodeId, like: NodeId, settings: &Settings, copy: u64) -> Vec<u8> {
    let format = tree.format();
    let table = tree.node(list).field;
    let item = tree.node(like).field;
    let last = tree.children(list).last();
    let mut settings = settings.clone();
    for rule in format.records.iter().flat_map(|record| &record.rules) {
        match &rule.kind {
            RuleKind::Unique { table: of, key, .. } if *of == table && key.len() == 1 => {
                let field = format.field(key[0].field);
                let bytes = match &field.shape {
                    Shape::Text(text) => encode_text(text, format!("G{copy}").as_bytes()),
                    Shape::Digits { .. } => {
                        let now = tree.child(like, field.id).and_then(|node| tree.number(node)).unwrap_or(0);
                        Some(encode_number(&field.shape, now + 1 + copy))
                    }
                    _ => None,
                };
                settings.bytes.extend(bytes.map(|bytes| (field.id, bytes)));
            }
            RuleKind::Ascending { table: of, key } if *of == table => {
                let highest = last.and_then(|row| tree.number(tree.child(row, key.field)?)).unwrap_or(0);
                if !settings.numbers.iter().any(|(field, _)| *field == key.field) {
                    settings = settings.with(key.field, highest + 1 + copy);
                }
            }
            _ => {}
        }
    }
    for inner in format.record_of(item).into_iter().flat_map(|record| &record.fields) {
        if let Shape::List { count: Count::Field(operand), .. } = &format.field(*inner).shape {
            settings = settings.with(operand.field, 0);
        }
    }
    assemble(tree, Some(like), item, &settings)
}
