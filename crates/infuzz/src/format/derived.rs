//! What is worked out once from a resolved description, so that the hot paths need not.

use super::ir::*;
use super::plan::plans;
use super::readers::readers;
use super::shortcut::shortcuts;

/// Fills in all that follows from the rest of the description.
pub(super) fn derive(format: &mut Format) {
    positions(format);
    format.quick = format.fields.iter().map(|field| quick(format, field)).collect();
    offsets(format);
    gates(format);
    shaping(format);
    let counts = |field: &Field| matches!(field.relation, Some(Relation { kind: RelationKind::CountWhere { .. }, .. }));
    format.recounts = format.fields.iter().any(counts);
    for index in 0..format.fields.len() {
        let id = FieldId(index as u16);
        format.quick[index].closed = is_closed(format, id) && least(format, id) > 0;
    }
    for index in 0..format.fields.len() {
        let field = &format.fields[index];
        if let (Shape::List { item, .. }, Some(_)) = (&field.shape, &field.slots) {
            format.quick[usize::from(item.0)].slot = constant_size(format, *item);
        }
    }
    format.plans = plans(format);
    for reference in format.fields.iter().filter_map(|field| field.refers.as_ref()) {
        if !format.tables.iter().any(|(table, _)| *table == reference.table) {
            format.tables.push((reference.table, reference.key));
        }
    }
    format.readers = readers(format);
    format.shortcuts = shortcuts(format);
}

/// Notes which fields always stand at the same place among their record's nodes.
fn positions(format: &mut Format) {
    for record in &format.records {
        let mut lead = 0;
        let mut fixed = true;
        for id in &record.fields {
            let field = &mut format.fields[usize::from(id.0)];
            fixed &= field.is_leaf() && field.when.is_none() && field.begins.is_none();
            (field.lead, field.fixed) = (lead, fixed);
            let cases = match &field.shape {
                Shape::Switch { cases, .. } => cases.iter().map(|(_, case)| *case).collect(),
                _ => Vec::new(),
            };
            lead += u32::from(fixed);
            for case in cases {
                format.fields[usize::from(case.0)].lead = lead;
            }
        }
    }
}

/// Shorter ways to the answers of conditions and rules.
fn gates(format: &mut Format) {
    let mut fields = std::mem::take(&mut format.fields);
    let mut records = std::mem::take(&mut format.records);
    let shapes: Vec<Shape> = fields.iter().map(|field| field.shape.clone()).collect();
    let gate = |condition: &mut Condition| condition.gate = gate(&format.enums, &shapes, condition);
    fields.iter_mut().filter_map(|field| field.when.as_mut()).for_each(gate);
    for rule in records.iter_mut().flat_map(|record| &mut record.rules) {
        rule.when.iter_mut().chain(&mut rule.unless).for_each(gate);
        if let RuleKind::Requires(condition) = &mut rule.kind {
            gate(condition);
        }
        rule.needs = needs(&rule.kind);
    }
    (format.fields, format.records) = (fields, records);
}

/// Which fields decide where others stand.
fn shaping(format: &mut Format) {
    format.steady = format.codecs.is_empty() && format.records.iter().all(|record| record.separator.is_none());
    for field in &format.fields {
        let mut deciding: Vec<FieldId> =
            field.when.iter().flat_map(|when| when.any.iter().flatten()).map(|test| test.operand.field).collect();
        for place in [&field.at, &field.size].into_iter().flatten() {
            if let Place::Field(operand) = place {
                deciding.push(operand.field);
            }
        }
        deciding.extend(field.slots.iter().filter_map(|slots| slots.used.as_ref()).map(|used| used.field));
        match &field.shape {
            Shape::Switch { on: operand, .. } | Shape::List { count: Count::Field(operand), .. } => {
                deciding.push(operand.field);
            }
            Shape::List { count: Count::Delimited(_) | Count::Terminated(_), .. } | Shape::Bytes(Extent::Until(_)) => {
                format.steady = false;
            }
            Shape::Text(text) if matches!(text.extent, Extent::Until(_)) => format.steady = false,
            Shape::Enum { words: Some(words), .. } if matches!(words.extent, Extent::Until(_)) => format.steady = false,
            _ => {}
        }
        format.steady &= field.until.is_empty() && field.before.is_none();
        format.steady &= field.begins.is_none() && field.end.is_none() && !field.may_be_empty;
        if let Shape::Switch { on, .. } = &field.shape {
            format.steady &= !on.tail.is_ahead();
        }
        for id in deciding {
            format.quick[usize::from(id.0)].shaping = true;
        }
    }
}

/// Where fields start in their records, as far as that is always the same.
fn offsets(format: &mut Format) {
    for index in 0..format.records.len() {
        let mut offset = Some(0);
        for id in format.records[index].fields.clone() {
            format.fields[usize::from(id.0)].offset = offset;
            offset = offset.zip(constant_size(format, id)).and_then(|(offset, size)| u32::checked_add(offset, size));
        }
    }
}

/// The bytes that a field always takes.
pub(super) fn constant_size(format: &Format, id: FieldId) -> Option<u32> {
    let field = format.field(id);
    if field.when.is_some() || !field.until.is_empty() || field.begins.is_some() || field.end.is_some() {
        return None;
    }
    if let Some(size) = &field.size {
        return match size {
            Place::Fixed(size) => u32::try_from(*size).ok(),
            Place::Field(_) => None,
        };
    }
    match &field.shape {
        Shape::Record(record) => {
            let fields = &format.record(*record).fields;
            fields.iter().try_fold(0u32, |sum, id| sum.checked_add(constant_size(format, *id)?))
        }
        Shape::List { item, count: Count::Fixed(count) } => constant_size(format, *item)?.checked_mul(*count),
        Shape::Bytes(Extent::Fixed(size)) => Some(*size),
        Shape::Text(TextShape { prefix: 0, extent: Extent::Fixed(size), .. }) => Some(*size),
        Shape::Const(bytes) => u32::try_from(bytes.len()).ok(),
        Shape::Digits { width, .. } => Some(u32::from(*width)),
        _ => field.integer().map(|(width, _)| u32::from(width)),
    }
}

/// Whether how a field is decoded depends on its own bytes alone, and on other fields of the same
/// record.
fn is_closed(format: &Format, id: FieldId) -> bool {
    let (field, quick) = (format.field(id), format.quick(id));
    let near = |operand: &Operand| operand.steps.iter().all(|step| matches!(step, PathStep::Child(_)));
    let mut tests = field.when.iter().flat_map(|when| when.any.iter().flatten());
    let sized = matches!(field.size, None | Some(Place::Fixed(_))) && field.before.is_none();
    let sized = sized && field.begins.is_none() && field.end.is_none() && !field.may_be_empty;
    if field.at.is_some() || !sized || !tests.all(|test| near(&test.operand)) {
        return false;
    }
    match &field.shape {
        Shape::Record(record) => {
            let record = format.record(*record);
            quick.record.is_some()
                && record.separator.is_none()
                && record.fields.iter().all(|id| is_closed(format, *id))
        }
        Shape::Switch { on, cases } => {
            !on.tail.is_ahead() && near(on) && cases.iter().all(|(_, case)| is_closed(format, *case))
        }
        Shape::List { item, count } => {
            let counted = match count {
                Count::Fixed(_) => true,
                Count::Field(operand) => near(operand),
                Count::Delimited(_) | Count::Terminated(_) | Count::Rest => false,
            };
            let own = field.slots.as_ref().is_none_or(|slots| slots.used.as_ref().is_none_or(near));
            counted && own && field.until.is_empty() && is_closed(format, *item)
        }
        Shape::Bytes(extent) => matches!(extent, Extent::Fixed(_)),
        Shape::Text(text) => text.prefix > 0 || matches!(text.extent, Extent::Fixed(_)),
        Shape::Decimal { .. } | Shape::Enum { words: Some(_), .. } => false,
        _ => true,
    }
}

/// The least number of bytes of a field that is there.
fn least(format: &Format, id: FieldId) -> usize {
    let quick = format.quick(id);
    let always = |id: &&FieldId| format.field(**id).when.is_none();
    match format.record_of(id) {
        Some(record) => record.fields.iter().filter(always).map(|id| least(format, *id)).sum(),
        None => usize::from(quick.size.max(quick.prefix)),
    }
}

fn quick(format: &Format, field: &Field) -> Quick {
    let plain = match &field.shape {
        Shape::Uint { width, .. }
        | Shape::Int { width, .. }
        | Shape::Enum { width, .. }
        | Shape::Bits { width, .. }
        | Shape::Digits { width, .. } => *width,
        Shape::Const(bytes) => u8::try_from(bytes.len()).unwrap_or(0),
        Shape::Text(TextShape { prefix: 0, extent: Extent::Fixed(size), .. }) if field.until.is_empty() => {
            u8::try_from(*size).unwrap_or(0)
        }
        _ => 0,
    };
    let anywhere = field.at.is_none() && field.size.is_none() && field.before.is_none() && field.exact.is_none();
    let anywhere = anywhere && field.begins.is_none() && field.end.is_none() && !field.may_be_empty;
    let (width, big) = field.integer().unwrap_or((0, false));
    let reads = match (width, big) {
        (4, false) if field.float => Reads::Float,
        (0, _) if !matches!(field.shape, Shape::Digits { .. } | Shape::Decimal { .. }) && field.words().is_none() => {
            Reads::Nothing
        }
        (1, _) => Reads::Byte,
        (2, false) => Reads::Two,
        (4, false) => Reads::Four,
        _ => Reads::Other,
    };
    let text = matches!(field.shape, Shape::Text(_) | Shape::Enum { words: Some(_), .. });
    let refers = field.refers.is_some() || field.outside.is_some();
    let others = field.words().is_some_and(|words| words.others.is_some());
    let own = others || field.value_rule.is_some() || field.range.is_some() || field.step.is_some() || refers || text;
    let ruled = match field.shape {
        Shape::Record(record) => !format.record(record).rules.is_empty(),
        _ => own,
    };
    let lead = field.lead as u16;
    let prefix = match &field.shape {
        Shape::Text(text) if anywhere && field.relation.is_none() && field.until.is_empty() => text.prefix,
        _ => 0,
    };
    let record = match field.shape {
        Shape::Record(record) if anywhere && field.relation.is_none() && field.until.is_empty() => Some(record),
        _ => None,
    };
    Quick {
        lead,
        fixed: field.fixed,
        width,
        big,
        reads,
        size: if anywhere { plain } else { 0 },
        rigid: match &field.shape {
            Shape::Text(TextShape { prefix, extent, .. }) => *prefix == 0 && matches!(extent, Extent::Fixed(_)),
            Shape::Bytes(extent) => matches!(extent, Extent::Fixed(_)),
            shape => plain > 0 || matches!(shape, Shape::Const(_)),
        },
        relation: field.relation.is_some(),
        check: format.check_order.iter().position(|check| *check == field.id).map(|rank| rank as u16),
        ruled,
        prefix,
        record,
        closed: false,
        slot: None,
        shaping: false,
    }
}

/// The answers of a condition that reads one integer of the record itself, by its value.
fn gate(enums: &[Enumeration], shapes: &[Shape], condition: &Condition) -> Gate {
    let mut tests = condition.any.iter().flatten();
    let Some(first) = tests.next() else { return Gate::Tests };
    let [PathStep::Child(field)] = first.operand.steps[..] else { return Gate::Tests };
    if let (TestKind::Present, Tail::Bit(bit), None) = (&first.kind, first.operand.tail, tests.next()) {
        return Gate::Bit(field, bit);
    }
    let shape = &shapes[usize::from(field.0)];
    if first.operand.tail == Tail::Length || first.operand.tail.is_ahead() {
        return Gate::Tests;
    }
    if matches!(shape, Shape::Digits { .. } | Shape::Decimal { .. } | Shape::Enum { words: Some(_), .. })
        || !matches!(first.kind, TestKind::Is(_) | TestKind::IsNot(_))
    {
        return Gate::Tests;
    }
    let read = |tail: Tail, number: u64| match (tail, shape) {
        (Tail::Value, _) => Some(Value::Number(number)),
        (Tail::Bit(bit), _) => Some(Value::Number(number >> bit & 1)),
        (Tail::Attribute(column), Shape::Enum { of, .. }) => enums[*of].row(number).map(|row| row.attributes[column]),
        (Tail::Attribute(_) | Tail::Length | Tail::Left | Tail::Pieces(_), _) => None,
    };
    // Whether a test holds for a number; None: it does not depend on the number alone.
    let holds = |test: &Test, number: u64| {
        if test.operand.steps[..] != [PathStep::Child(field)] {
            return None;
        }
        match &test.kind {
            TestKind::Present => None,
            TestKind::Is(values) => Some(read(test.operand.tail, number).is_some_and(|v| values.contains(&v))),
            TestKind::IsNot(values) => Some(read(test.operand.tail, number).is_some_and(|v| !values.contains(&v))),
        }
    };
    let (mut sure, mut unsure) = ([0; 2], [0; 2]);
    for number in 0..128u64 {
        let mut any = Some(false);
        for all in &condition.any {
            let mut every = Some(true);
            for test in all {
                every = match (every, holds(test, number)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
            }
            any = match (any, every) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        let set = match any {
            Some(true) => &mut sure,
            Some(false) => continue,
            None => &mut unsure,
        };
        set[(number >> 6) as usize] |= 1 << (number & 63);
    }
    Gate::Among(field, sure, unsure)
}

/// The record within the record without which a rule reads nothing.
fn needs(kind: &RuleKind) -> Option<FieldId> {
    let within = |operand: &Operand| match operand.steps[..] {
        [PathStep::Child(record), PathStep::Child(_)] => Some(record),
        _ => None,
    };
    match kind {
        RuleKind::Same(a, b, _) => within(a).or(within(b)),
        RuleKind::AtMost(operands, _) | RuleKind::Ordered(operands) => {
            let first = within(operands.first()?);
            first.filter(|_| operands.iter().all(|operand| within(operand) == first))
        }
        _ => None,
    }
}
