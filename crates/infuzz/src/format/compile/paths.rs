//! Paths from a record to fields, attributes and bits, and the conditions on them.

use super::*;

impl Compiler<'_> {
    pub(super) fn child(&self, record: RecordId, name: &str) -> Option<FieldId> {
        self.format.record(record).fields.iter().find_map(|&id| {
            let field = self.format.field(id);
            match &field.shape {
                Shape::Switch { cases, .. } => {
                    cases.iter().map(|(_, case)| *case).find(|case| self.format.field(*case).name == name)
                }
                _ => (field.name == name).then_some(id),
            }
        })
    }

    pub(super) fn record_within(&self, field: FieldId) -> Option<RecordId> {
        match self.format.field(field).shape {
            Shape::Record(record) => Some(record),
            Shape::List { item, .. } => self.record_within(item),
            _ => None,
        }
    }

    pub(super) fn item_record(&self, list: FieldId, name: &Name) -> Result<RecordId> {
        match self.record_within(list) {
            Some(record) => Ok(record),
            None => self.fail(name, "this is not a list of records"),
        }
    }

    /// The list named by a path from the root, through other lists.
    pub(super) fn list_named(&self, context: RecordId, name: &Name) -> Result<FieldId> {
        let field = self.static_field(context, name, name.get_ref())?;
        match self.format.field(field).shape {
            Shape::List { .. } => Ok(field),
            _ => self.fail(name, format!("`{}` is not a list", name.get_ref())),
        }
    }

    pub(super) fn static_field(&self, context: RecordId, name: &Name, path: &str) -> Result<FieldId> {
        let (mut record, path) = match path.strip_prefix('/') {
            Some(rest) => (RecordId(0), rest),
            None => (context, path),
        };
        let mut field = self.format.record(record).field;
        for part in path.split('.') {
            field = match self.child(record, part) {
                Some(field) => field,
                None => {
                    return self
                        .fail(name, format!("there is no field `{part}` in `{}`", self.format.record(record).name));
                }
            };
            record = self.record_within(field).unwrap_or(record);
        }
        Ok(field)
    }

    /// Table and key of a field's `refers = "/drug.id"`.
    pub(super) fn reference(&self, field: FieldId) -> Result<Option<(FieldId, FieldId)>> {
        let raw = &self.raw[usize::from(field.0)];
        let (Some(name), Some(context)) = (&raw.source.refers, raw.context) else { return Ok(None) };
        if let Some(table) = name.get_ref().strip_suffix("[]") {
            let table = self.static_field(context, name, table)?;
            return Ok(Some((table, table)));
        }
        let Some((table, _)) = name.get_ref().rsplit_once('.') else {
            return self.fail(name, "a reference names a table and its key, `/drug.id`, or positions, `/drug[]`");
        };
        let key = self.static_field(context, name, name.get_ref())?;
        Ok(Some((self.static_field(context, name, table)?, key)))
    }

    pub(super) fn operand(&self, context: RecordId, name: &Name) -> Result<Operand> {
        self.operand_text(context, name, name.get_ref())
    }

    pub(super) fn operand_text(&self, context: RecordId, name: &Name, text: &str) -> Result<Operand> {
        let (path, attribute) = match text.split_once(':') {
            Some((path, attribute)) => (path, Some(attribute)),
            None => (text, None),
        };
        let (mut record, path, mut steps) = match path.strip_prefix('/') {
            Some(rest) => (RecordId(0), rest, vec![PathStep::Root]),
            None => (context, path, Vec::new()),
        };
        let mut field = self.format.record(record).field;
        let mut tail = Tail::Value;
        let parts: Vec<(bool, &str)> = path
            .split("->")
            .enumerate()
            .flat_map(|(n, group)| group.split('.').enumerate().map(move |(m, part)| (n > 0 && m == 0, part)))
            .collect();
        for (follow, part) in parts {
            if part.is_empty() || part == "." {
                continue;
            }
            if follow {
                let Some((table, _)) = self.reference(field)? else {
                    return self.fail(name, format!("`{}` is not a reference", self.format.field(field).path));
                };
                // The last step reads the reference itself; following it replaces that step.
                steps.pop();
                steps.push(PathStep::Follow(field));
                record = self.item_record(table, name)?;
            }
            if part == "^" {
                let parent = self.format.field(self.format.record(record).field).owner;
                let Some(parent) = parent else { return self.fail(name, "there is nothing above this record") };
                (record, field) = (parent, self.format.record(parent).field);
                steps.push(PathStep::Up);
                continue;
            }
            let bits = self.raw[usize::from(field.0)].source.bits.as_ref();
            if let Some(bit) = bits.and_then(|names| names.iter().position(|n| n == part)) {
                tail = Tail::Bit(bit as u32);
                continue;
            }
            let (part, beside) = match part.strip_suffix("[=]") {
                Some(list) => (list, true),
                None => (part, false),
            };
            field = match self.child(record, part) {
                Some(child) => child,
                None => {
                    return self
                        .fail(name, format!("there is no field `{part}` in `{}`", self.format.record(record).name));
                }
            };
            steps.push(PathStep::Child(field));
            if beside {
                record = self.item_record(field, name)?;
                steps.push(PathStep::Beside);
            }
            if let Shape::Record(inner) = self.format.field(field).shape {
                record = inner;
            }
        }
        if attribute == Some("length") {
            tail = Tail::Length;
        } else if let Some(attribute) = attribute {
            let column =
                self.enum_of(field)?.and_then(|e| self.format.enums[e].columns.iter().position(|c| c == attribute));
            tail = match column {
                Some(column) => Tail::Attribute(column),
                None => {
                    return self
                        .fail(name, format!("`{}` has no attribute `{attribute}`", self.format.field(field).path));
                }
            };
        }
        Ok(Operand { steps, tail, text: text.to_string(), field })
    }

    pub(super) fn enum_of(&self, field: FieldId) -> Result<Option<usize>> {
        let Some(name) = &self.raw[usize::from(field.0)].source.of_enum else { return Ok(None) };
        match self.format.enums.iter().position(|e| e.name == *name.get_ref()) {
            Some(index) => Ok(Some(index)),
            None => self.fail(name, format!("there is no enum `{}`", name.get_ref())),
        }
    }

    /// A literal compared with an operand: an enumerator's name, an attribute, or a number.
    pub(super) fn value_of(&mut self, operand: &Operand, text: &str, name: &Name) -> Result<Value> {
        let field = self.format.field(operand.field).id;
        if let Tail::Attribute(column) = operand.tail {
            let value = self.symbol(text);
            let rows = self.enum_of(field)?.map_or(&[][..], |e| &self.format.enums[e].rows);
            return match rows.iter().any(|row| row.attributes[column] == value) {
                true => Ok(value),
                false => self.fail(name, format!("`{text}` is not a value of `{}`", operand.text)),
            };
        }
        if operand.tail == Tail::Length {
            return match text.parse() {
                Ok(number) => Ok(Value::Number(number)),
                Err(_) => self.fail(name, format!("`{text}` is not a length")),
            };
        }
        if let Some(row) = self.enum_of(field)?.and_then(|e| self.format.enums[e].rows.iter().find(|r| r.name == text))
        {
            return Ok(Value::Number(row.code));
        }
        match self.format.field(field).parse(text) {
            Some(number) => Ok(Value::Number(number)),
            None => self.fail(name, format!("`{text}` is not a value of `{}`", operand.text)),
        }
    }

    pub(super) fn condition(&mut self, context: RecordId, name: &Name) -> Result<Condition> {
        let mut any = Vec::new();
        for alternative in name.get_ref().split(" or ") {
            let mut all = Vec::new();
            for test in alternative.split(" and ") {
                let (path, kind) = match (test.split_once(" != "), test.split_once(" = ")) {
                    (Some((path, values)), _) => (path, Some((false, values))),
                    (_, Some((path, values))) => (path, Some((true, values))),
                    _ => (test, None),
                };
                let operand = self.operand_text(context, name, path.trim())?;
                let kind = match kind {
                    None => TestKind::Present,
                    Some((is, values)) => {
                        let values = values
                            .split(" | ")
                            .map(|v| self.value_of(&operand, v.trim(), name))
                            .collect::<Result<Vec<_>>>()?;
                        if is { TestKind::Is(values) } else { TestKind::IsNot(values) }
                    }
                };
                all.push(Test { operand, kind });
            }
            any.push(all);
        }
        Ok(Condition { any, text: name.get_ref().clone(), gate: Gate::Tests })
    }
}
