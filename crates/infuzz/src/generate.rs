//! Valid inputs from nothing: random legal values field by field, then the rules between them
//! settled.

use crate::compose::{encode_text, state_sizes};
use crate::format::{
    Count, Field, FieldId, Format, Record, RelationKind, RuleKind, Shape, Step, Value, case_of, named_bits,
};
use crate::known::Known;
use crate::plain::{ahead, default_bytes, delimiters, plain_delimiter, plain_delimiter_of};
use crate::rng::Rng;
use crate::rules::{Checker, settle_within};
use crate::tree::{Edit, Repair, Tree, encode_number};
use arbitrary::{Arbitrary, Unstructured};

/// Most repairs for one generated input.
const REPAIRS: usize = 400;
/// The rules between random values cannot always be settled; then others are drawn, at most so
/// many times. Of the drug library one in thirty fails.
const DRAWS: usize = 16;

/// What a valid input is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Decides everything.
    pub seed: u64,
    /// Most records per list, as far as the format allows; 0 means 1.
    pub most: u8,
}

impl<'a> Arbitrary<'a> for Recipe {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Recipe { seed: u.arbitrary()?, most: u.arbitrary()? })
    }
}

impl Recipe {
    /// The input. None: the format's rules cannot be settled by random values.
    pub fn bytes(self, format: &Format) -> Option<Vec<u8>> {
        generate(format, self.seed, u64::from(self.most.max(1)))
    }
}

/// A valid input with at most `most` records per list. None: the rules could not be settled.
pub fn generate(format: &Format, seed: u64, most: u64) -> Option<Vec<u8>> {
    let mut seeds = Rng::new(seed);
    (0..DRAWS).find_map(|_| draw(format, seeds.draw(), most))
}

fn draw(format: &Format, seed: u64, most: u64) -> Option<Vec<u8>> {
    let mut generator = Generator {
        format,
        rng: Rng::new(seed),
        most,
        known: Known::new(format),
        names: 0,
        delimiters: delimiters(format),
        out: Vec::new(),
        position: 0,
    };
    generator.field(format.field(format.root));
    let bytes = Tree::of_plain(format, &generator.out).apply(&Edit::default(), Repair::All);
    settle_within(&mut Checker::default(), &bytes, format, &[], REPAIRS)
}

struct Generator<'f> {
    format: &'f Format,
    rng: Rng,
    most: u64,
    known: Known<'f>,
    names: u32,
    /// What states a delimiter has its usual value: what is written goes by that.
    delimiters: Vec<FieldId>,
    out: Vec<u8>,
    position: u64,
}

impl Generator<'_> {
    /// One field; whether it is there.
    fn field(&mut self, field: &Field) -> bool {
        if field.when.as_ref().is_some_and(|when| !self.known.holds(when)) {
            return false;
        }
        if field.begins.is_some() && !field.required && self.rng.one_in(2) {
            return false;
        }
        let bytes = match &field.shape {
            _ if self.delimiters.contains(&field.id) => plain_delimiter_of(self.format, field.id),
            Shape::Record(record) => {
                self.record(self.format.record(*record));
                return true;
            }
            Shape::Switch { on, cases } => {
                let value = self.known.number(on.field).or_else(|| ahead(self.format, field, on.field));
                let any = if on.tail.is_ahead() { self.rng.pick(cases).map(|(_, case)| *case) } else { None };
                let case = any.or_else(|| case_of(cases, value));
                return case.is_some_and(|case| self.field(self.format.field(case)));
            }
            Shape::List { .. } if field.slots.is_some() => default_bytes(self.format, field.id),
            Shape::List { item, count } => {
                let items = match count {
                    Count::Fixed(n) => u64::from(*n),
                    Count::Field(operand) => self.known.number(operand.field).unwrap_or(0),
                    Count::Delimited(_) | Count::Terminated(_) => self.rng.between(1, self.most),
                    Count::Rest if field.begins.is_some() => self.rng.between(1, self.most),
                    Count::Rest => 0,
                };
                let delimiter = count.delimiter().map(|delimiter| plain_delimiter(self.format, delimiter));
                for position in 0..items {
                    self.position = position;
                    if position > 0 && matches!(count, Count::Delimited(_)) {
                        self.out.extend(delimiter.iter().flatten());
                    }
                    self.field(self.format.field(*item));
                    if matches!(count, Count::Terminated(_)) {
                        self.out.extend(delimiter.iter().flatten());
                    }
                }
                return true;
            }
            Shape::Text(text) => {
                self.names += 1;
                encode_text(text, format!("N{}", self.names).as_bytes()).unwrap_or_default()
            }
            Shape::Digits { .. } => {
                self.names += 1;
                encode_number(&field.shape, u64::from(self.names))
            }
            _ if !field.instead.is_empty() && self.rng.one_in(8) => {
                self.rng.pick(&field.instead).map_or(Vec::new(), |text| text.clone().into_bytes())
            }
            Shape::Uint { .. }
            | Shape::Int { .. }
            | Shape::Enum { .. }
            | Shape::Bits { .. }
            | Shape::Decimal { .. } => {
                let value = self.number(field);
                self.known.note(field.id, value);
                encode_number(&field.shape, value)
            }
            _ => default_bytes(self.format, field.id),
        };
        self.out.extend(bytes);
        true
    }

    fn record(&mut self, record: &Record) {
        let separator = record.separator.as_ref().map(|separator| plain_delimiter(self.format, separator));
        let (mut spans, mut least) = (Vec::new(), self.out.len());
        for inner in &record.fields {
            let (mut start, field) = (self.out.len(), self.format.field(*inner));
            let left_out = separator.is_some() && field.may_be_empty && !field.required && self.rng.one_in(2);
            if left_out {
                let more = separator.clone().unwrap_or_default();
                self.out.extend(more.repeat(field.positions.saturating_sub(1) as usize));
            } else if !self.field(field) {
                continue;
            }
            if let Some(separator) = separator.as_ref().filter(|_| !spans.is_empty()) {
                self.out.splice(start..start, separator.iter().copied());
                start += separator.len();
            }
            spans.push((*inner, start..self.out.len()));
            if !left_out {
                least = self.out.len();
            }
        }
        state_sizes(self.format, &spans, &mut self.out);
        if record.may_end_early {
            self.out.truncate(least);
        }
        self.out.extend(self.format.field(record.field).end.iter().flatten());
    }

    fn number(&mut self, field: &Field) -> u64 {
        if let Some(relation) = &field.relation {
            let RelationKind::CountOf(_) = relation.kind else { return 0 };
            let (low, high) = field.range.map_or((0, self.most), |(low, high, _)| (low, high));
            return self.rng.between(low, high.min(self.most.max(low)));
        }
        if self.is_ascending_key(field.id) {
            return self.position + 1;
        }
        if field.refers.is_some() {
            return self.rng.between(1, self.most);
        }
        match &field.shape {
            Shape::Enum { of, .. } => self.rng.pick(&self.format.enums[*of].rows).map_or(0, |row| row.code),
            Shape::Bits { names, .. } => self.rng.draw() & named_bits(names),
            _ => {
                let Some((low, high, _)) = field.range else { return 0 };
                let step = match &field.step {
                    None => 1,
                    Some((Step::Fixed(step), _)) => *step,
                    Some((Step::By(operand), _)) => match self.known.reads(operand.field, operand.tail) {
                        Some(Value::Number(step)) if step > 0 => step,
                        _ => 1,
                    },
                };
                // Small values are as likely as large ones.
                let top = if self.rng.one_in(2) { high } else { low.saturating_add(step * 1000).min(high) };
                let value = self.rng.between(low, top);
                (value - value % step).max(low.next_multiple_of(step))
            }
        }
    }

    fn is_ascending_key(&self, id: FieldId) -> bool {
        self.format
            .records
            .iter()
            .flat_map(|r| &r.rules)
            .any(|rule| matches!(&rule.kind, RuleKind::Ascending { key, .. } if key.field == id))
    }
}
