//! The plainest legal value of a field.

use crate::compose::{encode_text, state_sizes, unused_slots};
use crate::format::{
    Count, Delimiter, Extent, Field, FieldId, Format, RecordId, Relation, RelationKind, Shape, Step, Tail,
    Value as Attribute, case_of,
};
use crate::known::Known;

/// The bytes of the plainest legal value of a field: every enumerator the first, no bit set, and
/// of the optional parts those that follow from that.
pub fn default_bytes(format: &Format, id: FieldId) -> Vec<u8> {
    let mut plainest = Plainest { format, known: Known::new(format), out: Vec::new() };
    plainest.field(format.field(id));
    plainest.out
}

struct Plainest<'f> {
    format: &'f Format,
    known: Known<'f>,
    out: Vec<u8>,
}

impl<'f> Plainest<'f> {
    fn field(&mut self, field: &'f Field) {
        match &field.shape {
            Shape::Record(record) => self.record(*record),
            Shape::Switch { on, cases } => {
                let value = self.known.number(on.field).or_else(|| ahead(self.format, field, on.field));
                let first = cases.first().filter(|_| on.tail.is_ahead()).map(|(_, case)| *case);
                if let Some(case) = case_of(cases, value).or(first) {
                    self.field(self.format.field(case));
                }
            }
            Shape::List { .. } if field.slots.is_some() => {
                self.out.extend(unused_slots(self.format, field).map(|(bytes, _)| bytes).unwrap_or_default());
            }
            Shape::List { item, count: Count::Fixed(count) } => {
                for _ in 0..*count {
                    self.field(self.format.field(*item));
                }
            }
            Shape::List { item, .. } if field.required => self.field(self.format.field(*item)),
            Shape::List { .. } => {}
            Shape::Const(bytes) => self.out.extend(bytes),
            // What it states is known where it stands.
            _ if field.relation.is_some() => self.number(field, 0),
            Shape::Enum { of, .. } => self.number(field, self.format.enums[*of].rows.first().map_or(0, |row| row.code)),
            _ if field.default.is_some() => self.out.extend(field.default.iter().flatten()),
            Shape::Uint { .. } | Shape::Int { .. } => self.number(field, lowest(self.format, field)),
            Shape::Bits { .. } => self.number(field, 0),
            Shape::Digits { width, .. } => self.out.resize(self.out.len() + usize::from(*width), b'0'),
            Shape::Decimal { .. } => self.number(field, lowest(self.format, field)),
            Shape::Bytes(Extent::Fixed(length)) => self.out.resize(self.out.len() + *length as usize, 1),
            Shape::Bytes(_) => {}
            Shape::Text(text) => self.out.extend(encode_text(text, b"A").unwrap_or_default()),
        }
    }

    /// Whether a field of a record that is being written is something, if it is a switch.
    fn is_something(&self, field: &Field) -> bool {
        match &field.shape {
            Shape::Switch { on, cases } if !on.tail.is_ahead() => {
                let value = self.known.number(on.field).or_else(|| ahead(self.format, field, on.field));
                case_of(cases, value).is_some()
            }
            _ => true,
        }
    }

    fn number(&mut self, field: &Field, value: u64) {
        self.known.note(field.id, value);
        self.out.extend(crate::tree::encode_number(&field.shape, value));
    }

    fn record(&mut self, record: RecordId) {
        let start = self.out.len();
        let mut sizes = Vec::new();
        let separator = self.format.record(record).separator.as_ref();
        let separator = separator.map(|separator| plain_delimiter(self.format, separator));
        let mut spans = Vec::new();
        // Where the record may end; what is left out after that stands nowhere.
        let mut least = start;
        for inner in self.format.record(record).fields.iter().map(|inner| self.format.field(*inner)) {
            if inner.when.as_ref().is_some_and(|when| !self.known.holds(when)) {
                continue;
            }
            let left_out = inner.may_be_empty && !inner.required;
            if left_out && separator.is_none() {
                continue;
            }
            if inner.begins.is_some() && !inner.required && !matches!(inner.shape, Shape::List { .. }) {
                continue;
            }
            if let Some(Relation { kind: RelationKind::SizeOf(operand), .. }) = &inner.relation
                && operand.steps.is_empty()
            {
                sizes.push((self.out.len(), inner));
            }
            if !self.is_something(inner) {
                continue;
            }
            if !spans.is_empty() {
                self.out.extend(separator.iter().flatten());
            }
            let at = self.out.len();
            if left_out {
                let more = separator.iter().flatten().copied().collect::<Vec<u8>>();
                self.out.extend(more.repeat(inner.positions.saturating_sub(1) as usize));
                spans.push((inner.id, at..self.out.len()));
                continue;
            }
            self.field(inner);
            spans.push((inner.id, at..self.out.len()));
            least = self.out.len();
        }
        state_sizes(self.format, &spans, &mut self.out);
        if self.format.record(record).may_end_early {
            self.out.truncate(least);
        }
        let own = self.format.field(self.format.record(record).field);
        self.out.extend(own.end.iter().flatten());
        for (at, inner) in sizes {
            let size = crate::tree::encode_number(&inner.shape, (self.out.len() - start) as u64);
            self.out[at..at + size.len()].copy_from_slice(&size);
        }
    }
}

/// A delimiter, the plainest value of the field that states it.
pub(crate) fn plain_delimiter(format: &Format, delimiter: &Delimiter) -> Vec<u8> {
    match delimiter {
        Delimiter::Bytes(bytes) => bytes.clone(),
        Delimiter::Field(operand) => plain_delimiter_of(format, operand.field),
    }
}

/// The usual value of a field that states a delimiter.
pub(crate) fn plain_delimiter_of(format: &Format, field: FieldId) -> Vec<u8> {
    format.field(field).default.clone().unwrap_or_else(|| default_bytes(format, field))
}

/// The fields that state a delimiter, between fields or items or around escape sequences.
pub(crate) fn delimiters(format: &Format) -> Vec<FieldId> {
    let between = format.records.iter().filter_map(|record| record.separator.as_ref());
    let lists = format.fields.iter().filter_map(|field| match &field.shape {
        Shape::List { count, .. } => count.delimiter(),
        _ => None,
    });
    let stated = between.chain(lists).filter_map(|delimiter| match delimiter {
        Delimiter::Field(operand) => Some(operand.field),
        Delimiter::Bytes(_) => None,
    });
    let escapes = format.fields.iter().filter_map(|field| match &field.shape {
        Shape::Text(text) => text.escapes.as_ref(),
        _ => None,
    });
    stated.chain(escapes.map(|escapes| escapes.around.field)).collect()
}

/// What decides a switch of stated size before it is written itself: it will be the first of its
/// enumerators.
pub(crate) fn ahead(format: &Format, switch: &Field, on: FieldId) -> Option<u64> {
    switch.size.as_ref()?;
    match format.field(on).shape {
        Shape::Enum { of, .. } => format.enums[of].rows.first().map(|row| row.code),
        _ => None,
    }
}

/// The lowest legal number whatever the unit.
fn lowest(format: &Format, field: &Field) -> u64 {
    let low = field.range.map_or(0, |(low, _, _)| low);
    let step = match &field.step {
        None => 1,
        Some((Step::Fixed(step), _)) => *step,
        Some((Step::By(operand), _)) => match (&format.field(operand.field).shape, operand.tail) {
            (Shape::Enum { of, .. }, Tail::Attribute(column)) => {
                let steps = format.enums[*of].rows.iter().map(|row| match row.attributes[column] {
                    Attribute::Number(step) => step,
                    Attribute::Symbol(_) => 1,
                });
                steps.max().unwrap_or(1)
            }
            _ => 1,
        },
    };
    low.next_multiple_of(step.max(1))
}
