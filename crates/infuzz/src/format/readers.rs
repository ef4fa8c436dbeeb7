//! Which fields and rules read a field, worked out once: what a difference can break follows.

use super::ir::*;

/// A rule of a record, by its place there.
type Place = (RecordId, u16);

/// The readers of each field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readers {
    /// By field: the fields whose own rules read it.
    pub(crate) fields: Vec<Vec<FieldId>>,
    /// By field: the rules of records that read it.
    pub(crate) rules: Vec<Vec<Place>>,
    /// Rules about whole lists, which may read anything.
    pub(crate) always: Vec<Place>,
}

/// The readers of the fields of a format whose references are known.
pub(super) fn readers(format: &Format) -> Readers {
    let nothing = format.fields.len();
    let mut readers =
        Readers { fields: vec![Vec::new(); nothing], rules: vec![Vec::new(); nothing], always: Vec::new() };
    for field in &format.fields {
        let mut add = |read: FieldId| readers.fields[usize::from(read.0)].push(field.id);
        if let Some((Step::By(operand), _)) = &field.step {
            read_by(format, operand, &mut add);
        }
        if let Some(reference) = &field.refers {
            add(reference.key);
        }
        if let Some(text) = text_of(field) {
            let narrow = text.narrow.iter().flat_map(|narrow| tested(&narrow.1));
            let escapes = text.escapes.iter();
            let delimiters = escapes.flat_map(|e| e.letters.iter().map(|(_, stated)| stated).chain([&e.around]));
            narrow.chain(delimiters).for_each(|operand| read_by(format, operand, &mut add));
        }
        if let (Shape::List { item, .. }, Some(_)) = (&field.shape, &field.slots) {
            add(*item);
        }
    }
    for (record, id) in format.records.iter().zip(0..) {
        for (rule, at) in record.rules.iter().zip(0..) {
            let place = (RecordId(id), at);
            if rule.kind.is_structural() {
                readers.always.push(place);
            }
            for operand in operands(rule) {
                read_by(format, operand, &mut |read| readers.rules[usize::from(read.0)].push(place));
            }
        }
    }
    readers
}

/// The text that a field is or may be.
fn text_of(field: &Field) -> Option<&TextShape> {
    match &field.shape {
        Shape::Text(text) => Some(text),
        _ => field.words()?.others.as_ref(),
    }
}

/// The fields that an operand reads, or finds its record by.
fn read_by(format: &Format, operand: &Operand, read: &mut impl FnMut(FieldId)) {
    for step in &operand.steps {
        match step {
            PathStep::Root | PathStep::Up | PathStep::Beside => {}
            PathStep::Child(field) => read(*field),
            PathStep::Follow(field) => {
                read(*field);
                format.field(*field).refers.iter().for_each(|reference| read(reference.key));
            }
        }
    }
}

/// All operands of a rule and its conditions.
fn operands(rule: &Rule) -> impl Iterator<Item = &Operand> {
    let own: Vec<&Operand> = match &rule.kind {
        RuleKind::Ordered(operands) | RuleKind::Differ(operands) => operands.iter().collect(),
        RuleKind::AtMost(operands, limit) => operands.iter().chain([limit]).collect(),
        RuleKind::Same(a, b, _) => vec![a, b],
        RuleKind::Quotient { dividend, divisor, result, .. } => vec![dividend, divisor, result],
        RuleKind::Requires(condition) => tested(condition).collect(),
        RuleKind::Between(operand, ..) => vec![operand],
        RuleKind::Product { left, right, .. } => left.iter().chain(right).filter_map(Factor::operand).collect(),
        RuleKind::Unique { key, .. } => key.iter().collect(),
        RuleKind::Ascending { key, .. } => vec![key],
        _ => Vec::new(),
    };
    own.into_iter().chain([&rule.when, &rule.unless].into_iter().flatten().flat_map(tested))
}

fn tested(condition: &Condition) -> impl Iterator<Item = &Operand> {
    condition.any.iter().flatten().map(|test| &test.operand)
}
