//! Shortcuts to the answer that a rule certainly holds, worked out from the description.
//!
//! A shortcut never says that a rule is broken: where it does not see that the rule holds, the
//! rule is looked at in full. What has no shortcut always is.

use super::ir::*;

/// The shortcuts of a format.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shortcuts {
    /// By field: what its nodes are looked at for.
    pub(crate) fields: Vec<Check>,
    /// By record: one for each rule; none: the rule is looked at in full.
    pub(crate) rules: Vec<Vec<Option<RuleCheck>>>,
    /// By record: which of its rules are left to be looked at.
    pub(crate) sieves: Vec<Sieve>,
    /// By record: whether a rule of it looks for fields by [`Place::Below`].
    pub(crate) searched: Vec<bool>,
    /// By record: no list stands in it, directly or deeper.
    pub(crate) flat: Vec<bool>,
}

/// What a field's own rules take for granted.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// It has no rules.
    Free,
    /// It is looked at in full.
    InFull,
    /// It is a record with rules.
    Record(RecordId),
    /// Multiples of the step within the range.
    Within { low: u64, high: u64, step: u64 },
    /// Multiples of the step that an enumerated field gives, within the range.
    Scaled { low: u64, high: u64, unit: Place, steps: Box<[u64; 256]> },
    /// Numbers below 256 in a set.
    Among([u64; 4]),
    /// Numbers without other bits than these.
    Masked(u64),
    /// Keys of a table (its position in [`Format::tables`]), and the number that stands for none.
    Refers { table: usize, none: Option<u64> },
    /// Texts of ASCII characters without line feeds.
    Text { prefix: usize, most: usize, kinds: Box<[u8; 256]>, may_be_blank: bool },
}

/// [`Check::Text`]: the character is allowed.
pub(crate) const ALLOWED: u8 = 1;
/// [`Check::Text`]: the character can be read.
pub(crate) const READABLE: u8 = 2;
/// [`Check::Text`]: the text has to be looked at in full.
pub(crate) const UNSURE: u8 = 4;

/// Where an operand is, from a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// The record has it, or a record in it has.
    Below(FieldId),
    /// A record around it has it, so many nodes up.
    Above(u32, FieldId),
    /// The record named by a reference below has it: reference, table, none, field.
    Through(FieldId, usize, Option<u64>, FieldId),
}

/// A condition on one operand.
#[derive(Clone, Debug)]
pub(crate) enum Premise {
    /// It is there.
    Present(Place),
    /// Its number is in the set; larger numbers have to be looked at in full.
    Among(Place, [u64; 4]),
}

/// When a rule between fields certainly holds.
#[derive(Clone, Debug)]
pub(crate) struct RuleCheck {
    /// The field without which it does.
    pub(crate) needs: Option<FieldId>,
    pub(crate) when: Option<Premise>,
    pub(crate) unless: Option<Premise>,
    pub(crate) kind: KindCheck,
}

/// The same by the kind of rule.
#[derive(Clone, Debug)]
pub(crate) enum KindCheck {
    Ordered(Vec<Place>),
    AtMost(Vec<Place>, Place),
    Requires(Premise),
    /// The numbers are the same.
    Equal(Place, Place),
    /// What the tables say of the numbers is the same; 0: nothing.
    Alike(Place, Box<[u16; 256]>, Place, Box<[u16; 256]>),
    Quotient(Place, Place, Place, u32),
    /// No two records of the list have the same key; texts trimmed and in lower case, if so.
    Unique(FieldId, Vec<FieldId>, bool),
    Ascending(FieldId, FieldId),
}

/// Most rules of a record that a [`Sieve`] can tell apart.
const MOST: usize = 64;

/// Leaves out rules that certainly hold because of a single field, many at once; as bits by the
/// position of the rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sieve {
    /// The rules that are left whatever the fields hold.
    pub(crate) all: u64,
    /// Those left where a field is absent.
    pub(crate) absent: Vec<(FieldId, u64)>,
    /// Those left where a field holds no number, and where it holds the number.
    pub(crate) by: Vec<(FieldId, u64, Box<[u64; 256]>)>,
}

impl Sieve {
    fn of(rules: &[Option<RuleCheck>]) -> Self {
        let mut sieve = Sieve { all: u64::MAX >> (MOST - rules.len().clamp(1, MOST)), ..Sieve::default() };
        for (index, rule) in rules.iter().enumerate().take(MOST) {
            let (Some(rule), bit) = (rule, 1u64 << index) else { continue };
            if let Some(needs) = rule.needs {
                match sieve.absent.iter_mut().find(|(field, _)| *field == needs) {
                    Some((_, left)) => *left &= !bit,
                    None => sieve.absent.push((needs, !bit)),
                }
            }
            // It holds where the number is in the set (or is not); with no number no test passes.
            let mut drop = |premise: &Option<&Premise>, inside: bool| {
                let Some(Premise::Among(Place::Below(field), set)) = premise else { return };
                let at = sieve.by.iter().position(|(known, ..)| known == field).unwrap_or_else(|| {
                    sieve.by.push((*field, u64::MAX, Box::new([u64::MAX; 256])));
                    sieve.by.len() - 1
                });
                let (_, without, left) = &mut sieve.by[at];
                if !inside {
                    *without &= !bit;
                }
                for (number, left) in left.iter_mut().enumerate() {
                    if (set[number >> 6] >> (number & 63) & 1 == 1) == inside {
                        *left &= !bit;
                    }
                }
            };
            drop(&rule.when.as_ref(), false);
            drop(&rule.unless.as_ref(), true);
            if let KindCheck::Requires(premise) = &rule.kind {
                drop(&Some(premise), true);
            }
        }
        sieve
    }
}

/// The shortcuts of a format whose tables are known.
pub(super) fn shortcuts(format: &Format) -> Shortcuts {
    let fields: Vec<Check> = format.fields.iter().map(|field| check(format, field)).collect();
    let rules: Vec<Vec<_>> =
        format.records.iter().map(|r| r.rules.iter().map(|rule| rule_check(format, r, rule)).collect()).collect();
    let flat: Vec<bool> = format.records.iter().map(|record| is_flat(format, record)).collect();
    let along = |rule: &Option<RuleCheck>| {
        let kind = rule.as_ref().map(|rule| &rule.kind);
        matches!(kind, None | Some(KindCheck::Unique(..) | KindCheck::Ascending(..)))
    };
    let searched = rules.iter().map(|rules| !rules.iter().all(along)).collect();
    let sieves = rules.iter().map(|rules| Sieve::of(rules)).collect();
    Shortcuts { fields, rules, sieves, searched, flat }
}

fn is_flat(format: &Format, record: &Record) -> bool {
    record.fields.iter().all(|id| match &format.field(*id).shape {
        Shape::List { .. } => false,
        Shape::Record(inner) => is_flat(format, format.record(*inner)),
        Shape::Switch { cases, .. } => {
            cases.iter().all(|(_, case)| format.record_of(*case).is_some_and(|inner| is_flat(format, inner)))
        }
        _ => true,
    })
}

// ---- single fields ----

fn check(format: &Format, field: &Field) -> Check {
    if let Shape::Record(record) = field.shape {
        return if format.record(record).rules.is_empty() { Check::Free } else { Check::Record(record) };
    }
    if field.slots.is_some() || field.empty.is_some() {
        return Check::InFull;
    }
    if !format.quick(field.id).ruled || !field.is_leaf() {
        return Check::Free;
    }
    let listed = !field.refused.is_empty() || !field.instead.is_empty();
    if listed || field.outside.is_some() || field.words().is_some() {
        return Check::InFull;
    }
    let bounded = field.range.is_some() || field.step.is_some();
    let sole = !bounded && field.refers.is_none();
    match (&field.shape, &field.value_rule) {
        (Shape::Enum { of, .. }, Some(_)) if sole => Check::Among(set(|code| format.enums[*of].row(code).is_some())),
        (Shape::Bits { names, .. }, Some(_)) if sole && names.len() < 64 => Check::Masked(named_bits(names)),
        (Shape::Uint { .. } | Shape::Int { .. }, None) => match &field.refers {
            Some(reference) if !bounded => {
                let table = format.tables.iter().position(|(table, _)| *table == reference.table);
                table.map_or(Check::InFull, |table| Check::Refers { table, none: reference.none })
            }
            Some(_) => Check::InFull,
            None => number(format, field),
        },
        (Shape::Text(text), None) if sole => text_check(format, text),
        _ => Check::InFull,
    }
}

fn number(format: &Format, field: &Field) -> Check {
    let (low, high) = field.range.map_or((0, u64::MAX), |(low, high, _)| (low, high));
    let operand = match &field.step {
        None => return Check::Within { low, high, step: 1 },
        Some((Step::Fixed(step), _)) => return Check::Within { low, high, step: *step },
        Some((Step::By(operand), _)) => operand,
    };
    let (Some(owner), Tail::Attribute(column)) = (field.owner, operand.tail) else { return Check::InFull };
    let owner = format.record(owner);
    let (Shape::Enum { of, .. }, Some(unit)) = (&format.field(operand.field).shape, place(format, owner, operand))
    else {
        return Check::InFull;
    };
    if !owner.fields.contains(&field.id) {
        return Check::InFull;
    }
    let mut steps = Box::new([0; 256]);
    for (code, step) in steps.iter_mut().enumerate() {
        if let Some(Value::Number(number)) = format.enums[*of].row(code as u64).map(|row| row.attributes[column]) {
            *step = number;
        }
    }
    Check::Scaled { low, high, unit, steps }
}

fn text_check(format: &Format, text: &TextShape) -> Check {
    let special = text.usual.is_some() || text.escapes.is_some() || text.narrow.is_some();
    if text.pad.is_some() || special || text.max_lines == Some(0) {
        return Check::InFull;
    }
    let mut kinds = Box::new([UNSURE; 256]);
    for byte in 0..128u8 {
        let allowed = text.charset.is_none_or(|set| format.charsets[set].has_ascii(byte));
        let kind = if allowed { ALLOWED } else { 0 } | if byte == b' ' { 0 } else { READABLE };
        kinds[usize::from(byte)] = if byte == b'\n' { UNSURE } else { kind };
    }
    let most = text.max_bytes.min(text.max_chars) as usize;
    Check::Text { prefix: usize::from(text.prefix), most, kinds, may_be_blank: text.may_be_blank }
}

/// The numbers below 256 with a property.
fn set(has: impl Fn(u64) -> bool) -> [u64; 4] {
    let mut set = [0; 4];
    for number in (0..256).filter(|number| has(*number)) {
        set[(number >> 6) as usize] |= 1 << (number & 63);
    }
    set
}

// ---- rules between fields ----

fn rule_check(format: &Format, record: &Record, rule: &Rule) -> Option<RuleCheck> {
    let premise = |condition: &Option<Condition>| match condition {
        None => Some(None),
        Some(condition) => premise(format, record, condition).map(Some),
    };
    let (when, unless) = (premise(&rule.when)?, premise(&rule.unless)?);
    Some(RuleCheck { needs: rule.needs, when, unless, kind: kind(format, record, &rule.kind)? })
}

fn kind(format: &Format, record: &Record, kind: &RuleKind) -> Option<KindCheck> {
    // The number itself, not a bit or an attribute.
    let value = |operand: &Operand| place(format, record, operand).filter(|_| operand.tail == Tail::Value);
    let values = |operands: &[Operand]| operands.iter().map(value).collect::<Option<Vec<Place>>>();
    // A field that every record of a list has itself.
    let own = |operand: &Operand| match operand.steps[..] {
        [PathStep::Child(field)] if operand.tail == Tail::Value => Some(field),
        _ => None,
    };
    Some(match kind {
        RuleKind::Ordered(operands) => KindCheck::Ordered(values(operands)?),
        RuleKind::AtMost(operands, limit) => KindCheck::AtMost(values(operands)?, value(limit)?),
        RuleKind::Requires(condition) => KindCheck::Requires(premise(format, record, condition)?),
        RuleKind::Same(a, b, columns) => same(format, record, a, b, columns)?,
        RuleKind::Quotient { result, .. } if format.field(result.field).float => return None,
        RuleKind::Quotient { dividend, divisor, result, decimals } => {
            KindCheck::Quotient(value(dividend)?, value(divisor)?, value(result)?, *decimals)
        }
        RuleKind::Unique { table, key, fold } => {
            KindCheck::Unique(*table, key.iter().map(own).collect::<Option<Vec<FieldId>>>()?, *fold)
        }
        RuleKind::Ascending { table, key } => KindCheck::Ascending(*table, own(key)?),
        _ => return None,
    })
}

fn same(format: &Format, record: &Record, a: &Operand, b: &Operand, columns: &[(usize, usize)]) -> Option<KindCheck> {
    let (left, right) = (place(format, record, a)?, place(format, record, b)?);
    let columns = match (columns, a.tail, b.tail) {
        ([], Tail::Value, Tail::Value) => {
            let integers = [a, b].iter().all(|o| format.quick(o.field).width > 0);
            return integers.then_some(KindCheck::Equal(left, right));
        }
        ([], Tail::Attribute(x), Tail::Attribute(y)) => vec![(x, y)],
        ([], ..) => return None,
        (columns, ..) => columns.to_vec(),
    };
    let (Shape::Enum { of: x, .. }, Shape::Enum { of: y, .. }) =
        (&format.field(a.field).shape, &format.field(b.field).shape)
    else {
        return None;
    };
    let mut known: Vec<Vec<Value>> = Vec::new();
    let mut classes = |of: usize, column: &dyn Fn(&(usize, usize)) -> usize| {
        let mut classes = Box::new([0; 256]);
        for row in format.enums[of].rows.iter().filter(|row| row.code < 256) {
            let values: Vec<Value> = columns.iter().map(|pair| row.attributes[column(pair)]).collect();
            let class = known.iter().position(|one| *one == values).unwrap_or_else(|| {
                known.push(values);
                known.len() - 1
            });
            classes[row.code as usize] = class as u16 + 1;
        }
        classes
    };
    let (of_left, of_right) = (classes(*x, &|pair| pair.0), classes(*y, &|pair| pair.1));
    Some(KindCheck::Alike(left, of_left, right, of_right))
}

/// A condition whose tests are all of one operand.
fn premise(format: &Format, record: &Record, condition: &Condition) -> Option<Premise> {
    let tests = || condition.any.iter().flatten();
    let first = tests().next()?;
    let at = place(format, record, &first.operand)?;
    if let (TestKind::Present, 1) = (&first.kind, tests().count())
        && !matches!(first.operand.tail, Tail::Bit(_))
    {
        return Some(Premise::Present(at));
    }
    let field = format.field(first.operand.field);
    let decided = tests().all(|test| {
        test.operand.steps == first.operand.steps
            && (!matches!(test.kind, TestKind::Present) || matches!(test.operand.tail, Tail::Bit(_)))
    });
    if !decided || format.quick(field.id).width == 0 {
        return None;
    }
    let read = |tail: Tail, number: u64| match (tail, &field.shape) {
        (Tail::Value, _) => Some(Value::Number(number)),
        (Tail::Bit(bit), _) => Some(Value::Number(number >> bit & 1)),
        (Tail::Attribute(column), Shape::Enum { of, .. }) => {
            format.enums[*of].row(number).map(|row| row.attributes[column])
        }
        (Tail::Attribute(_) | Tail::Length | Tail::Left | Tail::Pieces(_), _) => None,
    };
    let holds = |number: u64| {
        condition.any.iter().any(|all| {
            all.iter().all(|test| match (&test.kind, read(test.operand.tail, number)) {
                (TestKind::Present, value) => value == Some(Value::Number(1)),
                (TestKind::Is(values), Some(value)) => values.contains(&value),
                (TestKind::IsNot(values), Some(value)) => !values.contains(&value),
                (_, None) => false,
            })
        })
    };
    Some(Premise::Among(at, set(holds)))
}

/// Where an operand is, if that is one of the places there are shortcuts for.
fn place(format: &Format, record: &Record, operand: &Operand) -> Option<Place> {
    let (PathStep::Child(last), before) = operand.steps.split_last()? else { return None };
    let child = |step: &PathStep| matches!(step, PathStep::Child(_));
    if before.iter().all(child) {
        return Some(Place::Below(*last));
    }
    if let Some((PathStep::Follow(reference), before)) = before.split_last()
        && before.iter().all(child)
    {
        let refers = format.field(*reference).refers.as_ref()?;
        let table = format.tables.iter().position(|(table, _)| *table == refers.table)?;
        return Some(Place::Through(*reference, table, refers.none, *last));
    }
    if !before.iter().all(|step| *step == PathStep::Up) {
        return None;
    }
    let mut hops = 0;
    let mut at = record;
    for _ in before {
        let in_list =
            format.fields.iter().any(|field| matches!(field.shape, Shape::List { item, .. } if item == at.field));
        hops += if in_list { 2 } else { 1 };
        at = format.record(format.field(at.field).owner?);
    }
    Some(Place::Above(hops, *last))
}
