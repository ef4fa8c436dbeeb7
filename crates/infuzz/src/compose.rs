//! From people's data (JSON) to the bytes of a format, and back.
//!
//! The JSON of a format follows its description: a record is an object, a list an array, an
//! enumerator its name, a quantity a number in its unit. What follows from the rest (lengths,
//! counts, offsets, checks, the bits that say which optional fields are there) is left out.

use crate::format::number::{format_scaled, parse_scaled};
use crate::format::{
    Count, Delimiter, Extent, Field, FieldId, Format, Operand, PathStep, RecordId, Relation, RelationKind, Shape, Tail,
    TestKind, TextShape, case_of,
};
use crate::hex::{self, Hex};
use crate::tree::{Edit, NodeId, Repair, Tree};
use serde_json::{Map, Value};
use std::ops::Range;

/// What is wrong with people's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct ComposeError {
    /// Where, as a field path.
    pub path: String,
    /// What is wrong.
    pub why: String,
}

type Result<T> = std::result::Result<T, ComposeError>;

/// The bytes of people's data. They have the format's shape; whether they keep its rules is for
/// the judgement to say.
pub fn compose(format: &Format, value: &Value) -> Result<Vec<u8>> {
    let mut composer = Composer { format, root: value, out: Vec::new() };
    composer.field(format.field(format.root), value, value, "")?;
    let tree = Tree::of_plain(format, &composer.out);
    Ok(tree.apply(&Edit::default(), Repair::All))
}

/// The same from the text of a JSON file.
pub fn compose_json(format: &Format, text: &str) -> Result<Vec<u8>> {
    let value =
        serde_json::from_str(text).map_err(|error| ComposeError { path: "the file".into(), why: error.to_string() })?;
    compose(format, &value)
}

/// People's data from a valid input.
pub fn decompose(tree: &Tree<'_>) -> Value {
    show(tree, 0)
}

struct Composer<'a> {
    format: &'a Format,
    root: &'a Value,
    out: Vec<u8>,
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}

impl Composer<'_> {
    fn field(&mut self, field: &Field, value: &Value, record: &Value, path: &str) -> Result<()> {
        let fail = |why: String| ComposeError { path: path.to_string(), why };
        if let Some(Relation { kind, .. }) = &field.relation {
            let number = match kind {
                RelationKind::CountOf(operand) => {
                    let start = if operand.steps.first() == Some(&PathStep::Root) { self.root } else { record };
                    let name = &self.format.field(operand.field).name;
                    start.get(name).and_then(Value::as_array).map_or(0, Vec::len) as u64
                }
                RelationKind::Index => value.as_u64().unwrap_or(0),
                _ => 0,
            };
            self.out.extend(crate::tree::encode_number(&field.shape, number));
            return Ok(());
        }
        match &field.shape {
            Shape::Record(id) => {
                let Some(object) = value.as_object() else {
                    return Err(fail(format!("an object is expected, not {}", kind(value))));
                };
                self.record(*id, object, (value, record), path)
            }
            Shape::List { item, count } => {
                let Some(items) = value.as_array() else {
                    return Err(fail(format!("a list is expected, not {}", kind(value))));
                };
                if let Some((_, slots)) = unused_slots(self.format, field)
                    && items.len() > slots
                {
                    return Err(fail(format!("{} entries, and there is room for {slots}", items.len())));
                }
                let start = self.out.len();
                let delimiter =
                    count.delimiter().map(|delimiter| self.delimiter(delimiter, record, path)).transpose()?;
                for (index, one) in items.iter().enumerate() {
                    if matches!(count, Count::Delimited(_)) && index > 0 {
                        self.out.extend(delimiter.iter().flatten());
                    }
                    self.field(self.format.field(*item), one, record, &format!("{path}[{index}]"))?;
                    if matches!(count, Count::Terminated(_)) {
                        self.out.extend(delimiter.iter().flatten());
                    }
                }
                self.unused(field, start);
                Ok(())
            }
            Shape::Switch { .. } => Ok(()),
            _ => {
                let bytes = leaf(self.format, field, value).map_err(fail)?;
                self.out.extend(bytes);
                Ok(())
            }
        }
    }

    /// The bytes of a delimiter, which may be what a field says.
    fn delimiter(&self, delimiter: &Delimiter, record: &Value, path: &str) -> Result<Vec<u8>> {
        let operand = match delimiter {
            Delimiter::Bytes(bytes) => return Ok(bytes.clone()),
            Delimiter::Field(operand) => operand,
        };
        let field = self.format.field(operand.field);
        let stated = operand.steps.iter().try_fold(record, |at, step| match step {
            PathStep::Root => Some(self.root),
            PathStep::Child(inner) => at.get(&self.format.field(*inner).name),
            _ => None,
        });
        let bytes = match (stated, &field.default) {
            (Some(value), _) => leaf(self.format, field, value),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(format!("{} says what stands between, and is missing", field.path)),
        };
        bytes.map_err(|why| ComposeError { path: path.to_string(), why })
    }

    /// Fills up a list of slots that begins at `start`.
    fn unused(&mut self, list: &Field, start: usize) {
        if let Some((bytes, _)) = unused_slots(self.format, list) {
            self.out.extend_from_slice(bytes.get(self.out.len() - start..).unwrap_or(&[]));
        }
    }

    fn record(
        &mut self,
        id: RecordId,
        object: &Map<String, Value>,
        (value, parent): (&Value, &Value),
        path: &str,
    ) -> Result<()> {
        let format = self.format;
        let fields: Vec<&Field> = format.record(id).fields.iter().map(|f| format.field(*f)).collect();
        let known = |name: &str| {
            fields.iter().any(|f| match &f.shape {
                Shape::Switch { cases, .. } => cases.iter().any(|(_, case)| format.field(*case).name == name),
                _ => f.name == name && f.relation.is_none() && !matches!(f.shape, Shape::Const(_)),
            })
        };
        if let Some(unknown) = object.keys().find(|name| !known(name)) {
            return Err(ComposeError { path: join(path, unknown), why: "there is no such field".into() });
        }
        let separator = format.record(id).separator.as_ref();
        let separator = separator.map(|separator| self.delimiter(separator, value, path)).transpose()?;
        let (mut spans, mut least) = (Vec::new(), self.out.len());
        for field in fields {
            let mut start = self.out.len();
            let left_out = separator.is_some() && field.may_be_empty && !object.contains_key(&field.name);
            if left_out {
                let more = separator.clone().unwrap_or_default();
                self.out.extend(more.repeat(field.positions.saturating_sub(1) as usize));
            } else if !self.member(id, field, object, (value, parent), path)? {
                continue;
            }
            if let Some(separator) = &separator
                && !spans.is_empty()
            {
                self.out.splice(start..start, separator.iter().copied());
                start += separator.len();
            }
            spans.push((field.id, start..self.out.len()));
            if !left_out && !matches!(field.shape, Shape::Const(_)) {
                least = self.out.len();
            }
        }
        state_sizes(format, &spans, &mut self.out);
        if format.record(id).may_end_early {
            self.out.truncate(least);
        }
        self.out.extend(format.field(format.record(id).field).end.iter().flatten());
        Ok(())
    }

    /// One field of a record; whether it is there.
    fn member(
        &mut self,
        id: RecordId,
        field: &Field,
        object: &Map<String, Value>,
        (value, parent): (&Value, &Value),
        path: &str,
    ) -> Result<bool> {
        let format = self.format;
        let inner = join(path, &field.name);
        match (&field.shape, object.get(&field.name)) {
            (Shape::Switch { on, cases }, _) => {
                let code = decided(format, on, object);
                let own = code.and_then(|code| case_of(cases, Some(code)));
                let case = cases
                    .iter()
                    .filter(|(_, case)| own.is_none_or(|own| own == *case))
                    .map(|(_, case)| format.field(*case))
                    .find_map(|case| Some((case, object.get(&case.name)?)));
                let empty = on.tail == Tail::Left && cases.iter().any(|(size, _)| *size == 0);
                let undecided = code.is_some() && own.is_none();
                if case.is_none() && (empty || undecided) {
                    return Ok(false);
                }
                let Some((case, content)) = case else {
                    let possible =
                        cases.iter().map(|(_, case)| *case).filter(|case| own.is_none_or(|own| own == *case));
                    let names: Vec<&str> = possible.map(|case| format.field(case).name.as_str()).collect();
                    return Err(ComposeError {
                        path: path.to_string(),
                        why: format!("one of {} is missing", names.join(", ")),
                    });
                };
                self.field(case, content, value, &join(path, &case.name))?;
            }
            (Shape::Bits { names, .. }, stated) => {
                let bits = bits(format, id, names, (object, parent), stated)
                    .map_err(|why| ComposeError { path: inner.clone(), why })?;
                self.out.extend(crate::tree::encode_number(&field.shape, bits));
            }
            (_, Some(Value::Null)) if field.may_be_empty => {}
            (_, Some(content)) => self.field(field, content, value, &inner)?,
            (_, None) if field.default.is_some() => self.out.extend(field.default.iter().flatten()),
            (Shape::Const(bytes), None) => self.out.extend(bytes),
            (_, None) if field.relation.is_some() => self.field(field, &Value::Null, value, &inner)?,
            (_, None) if field.when.is_some() || field.may_be_empty || field.begins.is_some() => return Ok(false),
            (Shape::List { .. }, None) => self.unused(field, self.out.len()),
            (Shape::Record(inner_id), None) if stateless(format, *inner_id) => {
                self.record(*inner_id, &Map::new(), (&Value::Null, value), &inner)?
            }
            (_, None) => match field.refers.as_ref().and_then(|r| r.none) {
                Some(none) => self.out.extend(crate::tree::encode_number(&field.shape, none)),
                None => return Err(ComposeError { path: inner, why: "this field is missing".into() }),
            },
        }
        Ok(true)
    }
}

/// Writes the sizes that fields of a record state of others beside them, where each of them stands
/// in the bytes: what is as long as stated cannot be found otherwise.
pub(crate) fn state_sizes(format: &Format, spans: &[(FieldId, Range<usize>)], out: &mut [u8]) {
    for (id, at) in spans {
        if let Some(Relation { kind: RelationKind::SizeOf(operand), .. }) = &format.field(*id).relation
            && let [PathStep::Child(target)] = operand.steps[..]
            && let Some((_, measured)) = spans.iter().find(|(other, _)| *other == target)
        {
            let size = crate::tree::encode_number(&format.field(*id).shape, measured.len() as u64);
            if let Some(stated) = out.get_mut(at.clone()).filter(|stated| stated.len() == size.len()) {
                stated.copy_from_slice(&size);
            }
        }
    }
}

/// The bytes of a list of slots with nothing in them, and how many slots there are.
pub(crate) fn unused_slots(format: &Format, list: &Field) -> Option<(Vec<u8>, usize)> {
    let (Shape::List { item, count: Count::Fixed(count) }, Some(slots)) = (&list.shape, &list.slots) else {
        return None;
    };
    let size = format.quick(*item).slot.unwrap_or(0) as usize;
    Some((vec![slots.fill; size * *count as usize], *count as usize))
}

/// Whether a record has nothing that people must state.
fn stateless(format: &Format, id: RecordId) -> bool {
    format.record(id).fields.iter().all(|field| {
        let field = format.field(*field);
        field.relation.is_some()
            || field.default.is_some()
            || field.slots.is_some()
            || matches!(field.shape, Shape::Const(_))
            || matches!(field.shape, Shape::Record(inner) if stateless(format, inner))
    })
}

/// The value that decides a switch, if it is an enumerator of the same record.
fn decided(format: &Format, on: &Operand, object: &Map<String, Value>) -> Option<u64> {
    let ([PathStep::Child(field)], Tail::Value) = (&on.steps[..], on.tail) else { return None };
    let Shape::Enum { of, .. } = format.field(*field).shape else { return None };
    let name = object.get(&format.field(*field).name)?.as_str()?;
    format.enums[of].rows.iter().find(|row| row.name == name).map(|row| row.code)
}

/// The optional field of a record that a bit of it governs.
fn governed(format: &Format, record: RecordId, name: &str) -> Option<FieldId> {
    let owner = format.field(format.record(record).field).owner;
    let own = format.record(record).fields.iter();
    let beside = owner.into_iter().flat_map(|owner| format.record(owner).fields.iter());
    own.chain(beside).copied().find(|id| {
        let tests = format.field(*id).when.iter().flat_map(|when| when.any.iter().flatten());
        tests.into_iter().any(|test| {
            let Tail::Bit(bit) = test.operand.tail else { return false };
            let Shape::Bits { names, .. } = &format.field(test.operand.field).shape else { return false };
            matches!(test.kind, TestKind::Present)
                && format.field(test.operand.field).owner == Some(record)
                && names.get(bit as usize).is_some_and(|n| n == name)
        })
    })
}

fn bits(
    format: &Format,
    record: RecordId,
    names: &[String],
    (object, parent): (&Map<String, Value>, &Value),
    stated: Option<&Value>,
) -> std::result::Result<u64, String> {
    let empty = Map::new();
    let stated = match stated {
        None => &empty,
        Some(value) => value.as_object().ok_or_else(|| format!("an object is expected, not {}", kind(value)))?,
    };
    if let Some(unknown) = stated.keys().find(|name| !names.contains(name)) {
        return Err(format!("there is no `{unknown}`"));
    }
    let mut value = 0;
    for (bit, name) in names.iter().enumerate() {
        let set = match (governed(format, record, name), stated.get(name)) {
            (Some(field), None) => {
                let name = &format.field(field).name;
                if format.field(field).owner == Some(record) {
                    object.contains_key(name)
                } else {
                    parent.get(name).is_some()
                }
            }
            (_, Some(Value::Bool(set))) => *set,
            (_, Some(other)) => return Err(format!("`{name}` is true or false, not {}", kind(other))),
            (None, None) => false,
        };
        value |= u64::from(set) << bit;
    }
    Ok(value)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn leaf(format: &Format, field: &Field, value: &Value) -> std::result::Result<Vec<u8>, String> {
    if let Some(text) = value.as_str().filter(|text| field.has_instead(text.as_bytes())) {
        return Ok(text.as_bytes().to_vec());
    }
    match &field.shape {
        Shape::Enum { of, words, .. } => {
            let rows = &format.enums[*of].rows;
            let Some(name) = value.as_str() else { return Err(format!("a name is expected, not {}", kind(value))) };
            match rows.iter().find(|row| row.name == name) {
                Some(row) => Ok(crate::tree::encode_number(&field.shape, row.code)),
                None if words.as_ref().is_some_and(|words| words.others.is_some()) => Ok(name.as_bytes().to_vec()),
                None => {
                    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
                    Err(format!("`{name}` is not one of {}", names.join(", ")))
                }
            }
        }
        Shape::Uint { width, .. } | Shape::Int { width, .. } => {
            let Value::Number(number) = value else { return Err(format!("a number is expected, not {}", kind(value))) };
            if field.float {
                let bits = field.parse(&number.to_string());
                let bits = bits.ok_or_else(|| format!("{number} is not a number from 0 that a single can hold"))?;
                return Ok(crate::tree::encode_number(&field.shape, bits));
            }
            let Some(scaled) = parse_scaled(&number.to_string(), field.decimals) else {
                return Err(format!("{number} is not a number with at most {} decimals", field.decimals));
            };
            let most = if *width >= 8 { u64::MAX } else { (1 << (8 * u32::from(*width))) - 1 };
            if scaled > most {
                return Err(format!(
                    "{number} is more than the field can hold ({})",
                    format_scaled(most, field.decimals)
                ));
            }
            Ok(crate::tree::encode_number(&field.shape, scaled))
        }
        Shape::Text(text) => {
            let Some(content) = value.as_str() else { return Err(format!("a text is expected, not {}", kind(value))) };
            encode_text(text, content.as_bytes())
                .ok_or_else(|| format!("{} bytes are more than the field can hold", content.len()))
        }
        Shape::Digits { width, .. } => match value.as_str() {
            Some(digits) if digits.len() == usize::from(*width) => Ok(digits.as_bytes().to_vec()),
            _ => Err(format!("a text of {width} digits is expected")),
        },
        Shape::Bytes(extent) => match (value.as_str().and_then(hex::read), extent) {
            (Some(bytes), Extent::Fixed(length)) if bytes.len() != *length as usize => {
                Err(format!("{length} bytes are expected, not {}", bytes.len()))
            }
            (Some(bytes), _) => Ok(bytes),
            (None, _) => Err("pairs of hexadecimal digits are expected".into()),
        },
        Shape::Const(bytes) => Ok(bytes.clone()),
        Shape::Decimal { .. } => match value {
            Value::String(digits) => Ok(digits.as_bytes().to_vec()),
            Value::Number(number) => Ok(number.to_string().into_bytes()),
            _ => Err(format!("a number is expected, not {}", kind(value))),
        },
        _ => Ok(Vec::new()),
    }
}

/// The bytes of a text field with this content. None: the length prefix cannot say so many.
pub fn encode_text(text: &TextShape, content: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = (content.len() as u64).to_le_bytes()[..usize::from(text.prefix)].to_vec();
    if text.prefix > 0 && text.prefix < 8 && content.len() as u64 >> (8 * u32::from(text.prefix)) != 0 {
        return None;
    }
    bytes.extend_from_slice(content);
    if let (Some(pad), Extent::Fixed(length)) = (text.pad, &text.extent) {
        if bytes.len() > *length as usize {
            return None;
        }
        bytes.resize(*length as usize, pad);
    }
    Some(bytes)
}

fn show(tree: &Tree<'_>, node: NodeId) -> Value {
    let format = tree.format();
    let field = format.field(tree.node(node).field);
    match &field.shape {
        Shape::Record(id) => {
            let mut object = Map::new();
            let record = format.record(*id);
            for child in tree.children(node) {
                let inner = format.field(tree.node(child).field);
                if record.separator.is_some() && inner.may_be_empty {
                    // How far the record goes is stated by its last field.
                    let last = record.may_end_early && tree.node(child).next == tree.node(node).next;
                    if is_nothing(tree, node, child) {
                        if last {
                            object.insert(inner.name.clone(), nothing_shown(tree, child));
                        }
                        continue;
                    }
                } else if tree.node(child).blank {
                    continue;
                }
                if inner.relation.is_some() || matches!(inner.shape, Shape::Const(_)) {
                    continue;
                }
                if inner.default.as_deref() == Some(tree.span(child)) {
                    continue;
                }
                if inner.slots.is_some() && tree.used(child).next().is_none() {
                    continue;
                }
                if let (Some(reference), Some(number)) = (&inner.refers, tree.number(child))
                    && reference.none == Some(number)
                {
                    continue;
                }
                let value = match &inner.shape {
                    Shape::Bits { names, .. } => show_bits(tree, *id, child, names),
                    _ => Some(show(tree, child)),
                };
                // The case of a switch is stated by being there.
                let is_case = !format.record(*id).fields.contains(&inner.id);
                let optional = matches!(inner.shape, Shape::Record(inner) if stateless(format, inner)) && !is_case;
                let optional = optional && inner.begins.is_none();
                let nothing = |value: &Value| value.as_object().is_some_and(Map::is_empty);
                if let Some(value) = value.filter(|value| !(optional && nothing(value))) {
                    object.insert(inner.name.clone(), value);
                }
            }
            Value::Object(object)
        }
        Shape::List { .. } => Value::Array(tree.used(node).map(|child| show(tree, child)).collect()),
        Shape::Enum { of, words, .. } => match (tree.number(node).and_then(|n| format.enums[*of].row(n)), words) {
            (Some(row), _) => Value::String(row.name.clone()),
            (None, Some(_)) => Value::String(String::from_utf8_lossy(tree.span(node)).into_owned()),
            (None, None) => Value::Null,
        },
        Shape::Text(_) | Shape::Digits { .. } | Shape::Decimal { .. } => {
            Value::String(String::from_utf8_lossy(tree.text(node)).into_owned())
        }
        Shape::Bytes(_) | Shape::Const(_) => Value::String(Hex(tree.span(node)).to_string()),
        _ => tree.number(node).map_or(Value::Null, |n| number_json(&field.show(n))),
    }
}

/// Whether a field of a delimited record has no bytes but the separators between its positions.
fn is_nothing(tree: &Tree<'_>, record: NodeId, node: NodeId) -> bool {
    let positions = tree.format().field(tree.node(node).field).positions as usize;
    let separator = tree.separator(record).unwrap_or_default();
    tree.span(node) == separator.repeat(positions.saturating_sub(1))
}

/// How a last field is stated that has nothing in it.
fn nothing_shown(tree: &Tree<'_>, node: NodeId) -> Value {
    if tree.node(node).blank { Value::Null } else { show(tree, node) }
}

fn show_bits(tree: &Tree<'_>, record: RecordId, node: NodeId, names: &[String]) -> Option<Value> {
    let value = tree.number(node)?;
    let mut object = Map::new();
    for (bit, name) in names.iter().enumerate() {
        if governed(tree.format(), record, name).is_none() && value >> bit & 1 == 1 {
            object.insert(name.clone(), Value::Bool(true));
        }
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

/// A number as people's data state it.
fn number_json(text: &str) -> Value {
    match (text.parse::<u64>(), text.parse::<f64>()) {
        (Ok(whole), _) => Value::from(whole),
        (_, Ok(number)) => Value::from(number),
        _ => Value::Null,
    }
}
