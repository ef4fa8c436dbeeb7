//! From the description file to a [`Format`]: instantiates records and resolves names.

use super::derived;
use super::error::FormatError;
use super::ir::*;
use super::number::parse_scaled;
use super::shortcut::Shortcuts;
use super::source::{Amount, FieldSource, Name, RuleSource, Source};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

type Result<T> = std::result::Result<T, FormatError>;

/// Types made of types beyond this are made of themselves.
const MAX_DEPTH: usize = 12;

/// Loads a description.
pub fn compile(text: &str) -> Result<Format> {
    let source: Source =
        toml::from_str(text).map_err(|e| FormatError::at(text, e.span().unwrap_or(0..0), e.message().to_string()))?;
    Compiler::new(text, &source)?.run()
}

/// A field as written, with where it stands.
struct Raw {
    source: FieldSource,
    span: Range<usize>,
    /// The record whose fields it sees.
    context: Option<RecordId>,
    /// Last field of its subtree.
    last: u16,
}

struct Compiler<'a> {
    text: &'a str,
    source: &'a Source,
    format: Format,
    raw: Vec<Raw>,
    record_sources: Vec<String>,
    /// The records being instantiated, outermost first.
    open_records: Vec<String>,
    used_rules: Vec<bool>,
}

impl<'a> Compiler<'a> {
    fn new(text: &'a str, source: &'a Source) -> Result<Self> {
        let rules = source
            .rule
            .iter()
            .map(|(id, words)| {
                let open = words.strip_prefix("open: ");
                RuleInfo {
                    id: id.get_ref().clone(),
                    words: open.unwrap_or(words).to_string(),
                    native: false,
                    open: open.is_some(),
                }
            })
            .collect::<Vec<_>>();
        let used_rules = vec![false; rules.len()];
        let format = Format {
            name: source.format.clone(),
            title: source.title.clone(),
            fields: Vec::new(),
            quick: Vec::new(),
            tables: Vec::new(),
            shortcuts: Shortcuts::default(),
            plans: Vec::new(),
            steady: false,
            records: Vec::new(),
            enums: Vec::new(),
            charsets: Vec::new(),
            rules,
            symbols: Vec::new(),
            root: FieldId(0),
            exact: RuleId(0),
            codecs: Vec::new(),
            check_order: Vec::new(),
            lookup: None,
        };
        Ok(Compiler {
            text,
            source,
            format,
            raw: Vec::new(),
            record_sources: Vec::new(),
            open_records: Vec::new(),
            used_rules,
        })
    }

    fn run(mut self) -> Result<Format> {
        self.charsets()?;
        self.enums()?;
        self.format.exact = self.rule(&self.source.exact)?;
        let root = FieldSource { record: Some(self.source.root.clone()), ..FieldSource::default() };
        self.instantiate(root, self.source.root.span(), None, String::new(), String::new())?;
        for index in 0..self.raw.len() {
            self.resolve(FieldId(index as u16))?;
        }
        for index in 0..self.format.records.len() {
            self.record_rules(RecordId(index as u16))?;
        }
        self.codecs()?;
        self.check_order()?;
        derived::derive(&mut self.format);
        if let Some(lookup) = &self.source.lookup {
            let table = self.list_named(RecordId(0), &lookup.table)?;
            let item = self.item_record(table, &lookup.table)?;
            let key = lookup.key.iter().map(|n| self.operand(item, n)).collect::<Result<Vec<_>>>()?;
            self.format.lookup = Some(Lookup { table, key });
        }
        if let Some(unused) = self.used_rules.iter().position(|used| !used) {
            let name = self.source.rule.keys().nth(unused).map_or(0..0, Spanned::span);
            return Err(self.error(name, format!("rule `{}` is used nowhere", self.format.rules[unused].id)));
        }
        Ok(self.format)
    }

    fn error(&self, span: Range<usize>, what: impl Into<String>) -> FormatError {
        FormatError::at(self.text, span, what)
    }

    fn fail<T>(&self, name: &Name, what: impl Into<String>) -> Result<T> {
        Err(self.error(name.span(), what))
    }

    // ---- names and literals ----

    fn rule(&mut self, name: &Name) -> Result<RuleId> {
        self.rule_id(name.get_ref(), name.span())
    }

    fn rule_id(&mut self, id: &str, span: Range<usize>) -> Result<RuleId> {
        match self.format.rule_named(id) {
            Some(rule) => {
                self.used_rules[usize::from(rule.0)] = true;
                Ok(rule)
            }
            None => Err(self.error(span, format!("rule `{id}` has no words in [rule]"))),
        }
    }

    fn rule_or(&mut self, name: Option<&Name>, default: &str, span: Range<usize>) -> Result<RuleId> {
        match name {
            Some(name) => self.rule(name),
            None => self.rule_id(default, span),
        }
    }

    fn symbol(&mut self, text: &str) -> Value {
        let known = self.format.symbols.iter().position(|s| s == text);
        let index = known.unwrap_or_else(|| {
            self.format.symbols.push(text.to_string());
            self.format.symbols.len() - 1
        });
        Value::Symbol(index as u32)
    }

    /// Bytes of a literal: `hex:0B1C`, or the characters themselves.
    fn literal(&self, name: &Name) -> Result<Vec<u8>> {
        let text = name.get_ref();
        let Some(hex) = text.strip_prefix("hex:") else { return Ok(text.as_bytes().to_vec()) };
        let digits: Vec<u8> = hex.bytes().filter(|b| *b != b' ').collect();
        let pairs = digits.chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?;
            u8::from_str_radix(pair, 16).ok()
        });
        match pairs.collect::<Option<Vec<u8>>>() {
            Some(bytes) => Ok(bytes),
            None => self.fail(name, format!("`{hex}` is not pairs of hexadecimal digits")),
        }
    }

    fn charsets(&mut self) -> Result<()> {
        for (name, source) in &self.source.charset {
            let mut set = Charset { name: name.clone(), ..Charset::default() };
            let code = |name: &Name, text: &str| -> Result<u32> {
                let mut chars = text.chars();
                if let (Some(c), None) = (chars.next(), chars.next()) {
                    return Ok(c as u32);
                }
                text.strip_prefix("U+")
                    .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                    .ok_or_else(|| self.error(name.span(), format!("`{text}` is neither a character nor U+XXXX")))
            };
            for range in &source.allow {
                let (low, high) = range.get_ref().split_once("..").unwrap_or((range.get_ref(), range.get_ref()));
                set.allow.push((code(range, low)?, code(range, high)?));
            }
            for one in &source.except {
                set.except.push(code(one, one.get_ref())?);
            }
            for byte in 0..128u8 {
                set.ascii[usize::from(byte >> 6)] |= u64::from(set.lists(char::from(byte))) << (byte & 63);
            }
            self.format.charsets.push(set);
        }
        Ok(())
    }

    fn enums(&mut self) -> Result<()> {
        for (name, source) in &self.source.enums {
            let columns: Vec<(String, u32)> = source
                .columns
                .iter()
                .map(|column| match column.get_ref().split_once('/') {
                    Some((name, places)) => (name.to_string(), places.parse().unwrap_or(0)),
                    None => (column.get_ref().clone(), 0),
                })
                .collect();
            let mut rows: Vec<EnumRow> = Vec::new();
            for row in &source.rows {
                let (text, span) = (self.text, row.span());
                let wrong = |what: &str| FormatError::at(text, span.clone(), what);
                let [code, title, attributes @ ..] = row.get_ref().as_slice() else {
                    return Err(wrong("a row is [code, name, one value per column]"));
                };
                let code = code
                    .as_integer()
                    .and_then(|n| u64::try_from(n).ok())
                    .ok_or_else(|| wrong("the code is not a number"))?;
                let title = title.as_str().ok_or_else(|| wrong("the name is not a text"))?.to_string();
                if rows.iter().any(|r| r.code == code || r.name == title) {
                    return Err(wrong("code or name stands twice"));
                }
                if attributes.len() != columns.len() {
                    return Err(wrong(&format!("{} columns, {} values", columns.len(), attributes.len())));
                }
                let mut values = Vec::new();
                for (value, (_, places)) in attributes.iter().zip(&columns) {
                    let text = value.as_str().ok_or_else(|| wrong("an attribute is not a text"))?;
                    values.push(match parse_scaled(text, *places) {
                        Some(number) => Value::Number(number),
                        None => self.symbol(text),
                    });
                }
                rows.push(EnumRow { code, name: title, attributes: values });
            }
            let columns = columns.into_iter().map(|(name, _)| name).collect();
            let mut enumeration = Enumeration { name: name.clone(), columns, rows, by_code: Vec::new() };
            enumeration.index();
            self.format.enums.push(enumeration);
        }
        Ok(())
    }

    // ---- instantiation: one field per place ----

    fn merged(&self, field: &FieldSource) -> Result<FieldSource> {
        let mut merged = field.clone();
        let mut next = field.kind.clone();
        let mut depth = 0;
        while let Some(name) = next {
            let Some(base) = self.source.types.get(name.get_ref()) else {
                return self.fail(&name, format!("there is no type `{}`", name.get_ref()));
            };
            depth += 1;
            if depth > MAX_DEPTH {
                return self.fail(&name, "this type is made of itself");
            }
            merged.inherit(base);
            next = base.kind.clone();
        }
        Ok(merged)
    }

    fn instantiate(
        &mut self,
        mut source: FieldSource,
        span: Range<usize>,
        owner: Option<RecordId>,
        name: String,
        path: String,
    ) -> Result<FieldId> {
        let id =
            FieldId(u16::try_from(self.raw.len()).map_err(|_| self.error(span.clone(), "more than 65,535 fields"))?);
        self.format.fields.push(Field {
            id,
            name,
            path: path.clone(),
            owner,
            lead: 0,
            fixed: false,
            shape: Shape::Const(Vec::new()),
            when: None,
            decimals: source.decimals.unwrap_or(0),
            unit: source.unit.clone(),
            range: None,
            step: None,
            value_rule: None,
            refused: Vec::new(),
            refers: None,
            relation: None,
            at: None,
            size: None,
            until: Vec::new(),
            exact: None,
        });
        let of = source.of.take();
        self.raw.push(Raw { source: source.clone(), span: span.clone(), context: owner, last: id.0 });
        let shape = if let Some(record) = &source.record {
            Shape::Record(self.instantiate_record(record, id, &path, of.as_ref())?)
        } else if source.list.is_some() || source.item.is_some() {
            let mut item = match &source.item {
                Some(kind) => self.merged(&FieldSource { kind: Some(kind.clone()), ..FieldSource::default() })?,
                None => FieldSource { record: source.list.clone(), ..FieldSource::default() },
            };
            item.of = of;
            let name = self.format.field(id).name.clone();
            let item = self.instantiate(item, span, owner, name, format!("{path}[]"))?;
            Shape::List { item, count: Count::Rest }
        } else if let Some(cases) = source.cases.clone() {
            let mut fields = Vec::new();
            let prefix = path.rsplit_once('.').map_or(String::new(), |(before, _)| format!("{before}."));
            for record in cases.values() {
                let case = FieldSource { record: Some(record.clone()), ..FieldSource::default() };
                let name = record.get_ref().clone();
                let path = format!("{prefix}{name}");
                fields.push((0, self.instantiate(case, record.span(), owner, name, path)?));
            }
            let on = Operand { steps: Vec::new(), tail: Tail::Value, text: String::new(), field: id };
            Shape::Switch { on, cases: fields }
        } else {
            Shape::Const(Vec::new())
        };
        self.format.fields[usize::from(id.0)].shape = shape;
        self.raw[usize::from(id.0)].last = self.raw.len() as u16 - 1;
        Ok(id)
    }

    fn instantiate_record(&mut self, name: &Name, field: FieldId, path: &str, of: Option<&Name>) -> Result<RecordId> {
        let source = self.source;
        let Some(record) = source.record.get(name.get_ref()) else {
            return self.fail(name, format!("there is no record `{}`", name.get_ref()));
        };
        if self.open_records.contains(name.get_ref()) {
            return self.fail(name, format!("the record `{}` contains itself", name.get_ref()));
        }
        self.open_records.push(name.get_ref().clone());
        let id = RecordId(self.format.records.len() as u16);
        self.format.records.push(Record {
            name: name.get_ref().clone(),
            field,
            fields: Vec::new(),
            rules: Vec::new(),
            blank: record.blank,
            separator: None,
        });
        self.record_sources.push(name.get_ref().clone());
        let mut fields = Vec::new();
        for one in &record.fields {
            let mut merged = self.merged(one.get_ref())?;
            for target in [&mut merged.size_of, &mut merged.count_of, &mut merged.offset_of, &mut merged.over] {
                if target.as_ref().is_some_and(|t| t.get_ref() == "$of") {
                    *target = of.cloned();
                }
            }
            let Some(title) = merged.name.clone() else {
                return Err(self.error(one.span(), "this field has no name"));
            };
            if fields.iter().any(|f: &FieldId| self.format.field(*f).name == *title.get_ref()) {
                return self.fail(&title, format!("`{}` stands twice in this record", title.get_ref()));
            }
            let inner = if path.is_empty() { title.get_ref().clone() } else { format!("{path}.{}", title.get_ref()) };
            fields.push(self.instantiate(merged, one.span(), Some(id), title.get_ref().clone(), inner)?);
        }
        self.open_records.pop();
        self.format.records[usize::from(id.0)].fields = fields;
        Ok(id)
    }

    // ---- paths ----

    fn child(&self, record: RecordId, name: &str) -> Option<FieldId> {
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

    fn record_within(&self, field: FieldId) -> Option<RecordId> {
        match self.format.field(field).shape {
            Shape::Record(record) => Some(record),
            Shape::List { item, .. } => self.record_within(item),
            _ => None,
        }
    }

    fn item_record(&self, list: FieldId, name: &Name) -> Result<RecordId> {
        match self.record_within(list) {
            Some(record) => Ok(record),
            None => self.fail(name, "this is not a list of records"),
        }
    }

    /// The list named by a path from the root, through other lists.
    fn list_named(&self, context: RecordId, name: &Name) -> Result<FieldId> {
        let field = self.static_field(context, name, name.get_ref())?;
        match self.format.field(field).shape {
            Shape::List { .. } => Ok(field),
            _ => self.fail(name, format!("`{}` is not a list", name.get_ref())),
        }
    }

    fn static_field(&self, context: RecordId, name: &Name, path: &str) -> Result<FieldId> {
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
    fn reference(&self, field: FieldId) -> Result<Option<(FieldId, FieldId)>> {
        let raw = &self.raw[usize::from(field.0)];
        let (Some(name), Some(context)) = (&raw.source.refers, raw.context) else { return Ok(None) };
        let Some((table, _)) = name.get_ref().rsplit_once('.') else {
            return self.fail(name, "a reference names a table and its key: `/drug.id`");
        };
        let key = self.static_field(context, name, name.get_ref())?;
        Ok(Some((self.static_field(context, name, table)?, key)))
    }

    fn operand(&self, context: RecordId, name: &Name) -> Result<Operand> {
        self.operand_text(context, name, name.get_ref())
    }

    fn operand_text(&self, context: RecordId, name: &Name, text: &str) -> Result<Operand> {
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
            field = match self.child(record, part) {
                Some(child) => child,
                None => {
                    return self
                        .fail(name, format!("there is no field `{part}` in `{}`", self.format.record(record).name));
                }
            };
            steps.push(PathStep::Child(field));
            if let Shape::Record(inner) = self.format.field(field).shape {
                record = inner;
            }
        }
        if let Some(attribute) = attribute {
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

    fn enum_of(&self, field: FieldId) -> Result<Option<usize>> {
        let Some(name) = &self.raw[usize::from(field.0)].source.of_enum else { return Ok(None) };
        match self.format.enums.iter().position(|e| e.name == *name.get_ref()) {
            Some(index) => Ok(Some(index)),
            None => self.fail(name, format!("there is no enum `{}`", name.get_ref())),
        }
    }

    /// A literal compared with an operand: an enumerator's name, an attribute, or a number.
    fn value_of(&mut self, operand: &Operand, text: &str, name: &Name) -> Result<Value> {
        let field = self.format.field(operand.field).id;
        if let Tail::Attribute(column) = operand.tail {
            let value = self.symbol(text);
            let rows = self.enum_of(field)?.map_or(&[][..], |e| &self.format.enums[e].rows);
            return match rows.iter().any(|row| row.attributes[column] == value) {
                true => Ok(value),
                false => self.fail(name, format!("`{text}` is not a value of `{}`", operand.text)),
            };
        }
        if let Some(row) = self.enum_of(field)?.and_then(|e| self.format.enums[e].rows.iter().find(|r| r.name == text))
        {
            return Ok(Value::Number(row.code));
        }
        match parse_scaled(text, self.format.field(field).decimals) {
            Some(number) => Ok(Value::Number(number)),
            None => self.fail(name, format!("`{text}` is not a value of `{}`", operand.text)),
        }
    }

    fn condition(&mut self, context: RecordId, name: &Name) -> Result<Condition> {
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

    // ---- fields ----

    fn resolve(&mut self, id: FieldId) -> Result<()> {
        let raw = &self.raw[usize::from(id.0)];
        let (source, span) = (raw.source.clone(), raw.span.clone());
        let context = raw.context.unwrap_or(RecordId(0));
        let mut field = self.format.field(id).clone();
        field.shape = self.shape(context, &field, &source, span.clone())?;
        field.when = source.when.as_ref().map(|w| self.condition(context, w)).transpose()?;
        field.at = source.at.as_ref().map(|a| self.place(context, a)).transpose()?;
        field.size = source.size.as_ref().map(|a| self.place(context, a)).transpose()?;
        field.exact = source.exact.as_ref().map(|r| self.rule(r)).transpose()?;
        if !field.is_leaf() {
            field.until = source.until.iter().flatten().map(|end| self.literal(end)).collect::<Result<_>>()?;
        }
        if let Some(range) = &source.range {
            let bounds = range.get_ref().split_once("..").and_then(|(low, high)| {
                Some((parse_scaled(low.trim(), field.decimals)?, parse_scaled(high.trim(), field.decimals)?))
            });
            let Some((low, high)) = bounds.filter(|(low, high)| low <= high) else {
                return self.fail(range, format!("`{}` is not a range such as 0.1..999", range.get_ref()));
            };
            field.range = Some((low, high, self.rule_or(source.range_rule.as_ref(), "number.range", range.span())?));
        }
        if let Some(step) = &source.step {
            let rule = self.rule_or(source.step_rule.as_ref(), "number.resolution", step.span())?;
            field.step = Some(match parse_scaled(step.get_ref(), field.decimals) {
                Some(0) => return self.fail(step, "a resolution of 0"),
                Some(number) => (Step::Fixed(number), rule),
                None => (Step::By(self.operand(context, step)?), rule),
            });
        }
        if let Some((table, key)) = self.reference(id)? {
            let rule = self.rule_or(source.refers_rule.as_ref(), "reference.exists", span.clone())?;
            field.refers = Some(Reference { table, key, none: source.none, rule });
        }
        for literal in source.not.iter().flatten() {
            field.refused.push(self.literal(literal)?);
        }
        field.relation = self.relation(context, id, &source)?;
        let default = match (&field.relation, &field.shape) {
            (Some(_), _) => None,
            (None, Shape::Enum { .. }) => Some("enum.value"),
            (None, Shape::Bits { .. }) => Some("bits.reserved"),
            (None, Shape::Digits { .. } | Shape::Decimal) => Some("digits.value"),
            _ => None,
        };
        field.value_rule = match (&source.rule, default) {
            (Some(_), _) if field.relation.is_some() => None,
            (Some(rule), _) => Some(self.rule(rule)?),
            (None, Some(default)) => Some(self.rule_id(default, span.clone())?),
            (None, None) => None,
        };
        if matches!(field.shape, Shape::Const(_)) && field.value_rule.is_none()
            || !field.refused.is_empty() && field.value_rule.is_none()
        {
            return Err(self.error(span, "this constant needs `rule`: the id broken by another value"));
        }
        self.format.fields[usize::from(id.0)] = field;
        Ok(())
    }

    fn place(&self, context: RecordId, amount: &Spanned<Amount>) -> Result<Place> {
        match amount.get_ref() {
            Amount::Fixed(n) => Ok(Place::Fixed(*n)),
            Amount::Path(path) => {
                let name = Spanned::new(amount.span(), path.clone());
                Ok(Place::Field(self.operand(context, &name)?))
            }
        }
    }

    fn shape(&mut self, context: RecordId, field: &Field, source: &FieldSource, span: Range<usize>) -> Result<Shape> {
        let big = source.big_endian.unwrap_or(self.source.big_endian);
        match &field.shape {
            Shape::List { item, .. } => {
                let count = match (&source.count, &source.delimiter) {
                    (None, None) => Count::Rest,
                    (None, Some(delimiter)) => Count::Delimited(self.delimiter(context, delimiter)?),
                    (Some(amount), _) => match self.place(context, amount)? {
                        Place::Fixed(n) => Count::Fixed(u32::try_from(n).unwrap_or(u32::MAX)),
                        Place::Field(operand) => Count::Field(operand),
                    },
                };
                return Ok(Shape::List { item: *item, count });
            }
            Shape::Switch { cases, .. } => {
                let Some(on) = &source.switch else { return Err(self.error(span, "`cases` without `switch`")) };
                let operand = self.operand(context, on)?;
                let names: Vec<Name> = source.cases.iter().flat_map(BTreeMap::keys).cloned().collect();
                let mut resolved = Vec::new();
                for (name, (_, case)) in names.iter().zip(cases) {
                    let Value::Number(code) = self.value_of(&operand, name.get_ref(), name)? else {
                        return self.fail(name, "a case is a value of the deciding field");
                    };
                    resolved.push((code, *case));
                }
                return Ok(Shape::Switch { on: operand, cases: resolved });
            }
            Shape::Record(_) => return Ok(field.shape.clone()),
            _ => {}
        }
        let Some(shape) = &source.shape else {
            return Err(self.error(span, "this field has no `shape`, `record`, `list` or `cases`"));
        };
        let width = source.width.unwrap_or(1);
        let integer = || -> Result<u8> {
            match u8::try_from(width) {
                Ok(width @ 1..=8) => Ok(width),
                _ => Err(self.error(span.clone(), "an integer has a width of 1 to 8 bytes")),
            }
        };
        let extent = |compiler: &Self| -> Result<Extent> {
            Ok(match (&source.until, source.bytes.filter(|_| source.prefix.is_none())) {
                (Some(ends), _) => Extent::Until(ends.iter().map(|e| compiler.literal(e)).collect::<Result<_>>()?),
                (None, Some(bytes)) => Extent::Fixed(bytes),
                (None, None) => Extent::Rest,
            })
        };
        Ok(match shape.get_ref().as_str() {
            "uint" => match &source.value {
                Some(value) => {
                    let Some(number) = parse_scaled(value.get_ref(), field.decimals) else {
                        return self.fail(value, format!("`{}` is not a number", value.get_ref()));
                    };
                    let bytes = number.to_le_bytes();
                    let mut bytes = bytes[..usize::from(integer()?)].to_vec();
                    if big {
                        bytes.reverse();
                    }
                    Shape::Const(bytes)
                }
                None => Shape::Uint { width: integer()?, big },
            },
            "int" => Shape::Int { width: integer()?, big },
            "enum" => match self.enum_of(field.id)? {
                Some(of) => Shape::Enum { width: integer()?, big, of },
                None => return Err(self.error(span, "`shape = \"enum\"` needs `enum`")),
            },
            "bits" => Shape::Bits { width: integer()?, big, names: source.bits.clone().unwrap_or_default() },
            "digits" => Shape::Digits { width: u8::try_from(width).unwrap_or(u8::MAX) },
            "decimal" => Shape::Decimal,
            "const" => match &source.value {
                Some(value) => {
                    let bytes = self.literal(value)?;
                    match source.bytes {
                        None => Shape::Const(bytes),
                        Some(length) => Shape::Const(bytes.iter().copied().cycle().take(length as usize).collect()),
                    }
                }
                None => return Err(self.error(span, "`shape = \"const\"` needs `value`")),
            },
            "bytes" => Shape::Bytes(extent(self)?),
            "text" => {
                let charset = match &source.charset {
                    None => None,
                    Some(name) => match self.format.charsets.iter().position(|c| c.name == *name.get_ref()) {
                        Some(index) => Some(index),
                        None => return self.fail(name, format!("there is no charset `{}`", name.get_ref())),
                    },
                };
                let prefix = self.source.text_rules.as_ref().map_or("text", |n| n.get_ref().as_str());
                let may_be_blank = source.may_be_blank.unwrap_or(false);
                let mut rule = |name: &str, needed: bool| match needed {
                    true => self.rule_id(&format!("{prefix}.{name}"), span.clone()),
                    false => Ok(RuleId(0)),
                };
                let rules = TextRules {
                    length: rule(
                        "length",
                        source.bytes.is_some() && (source.prefix.is_some() || source.until.is_some()),
                    )?,
                    utf8: rule("utf8", true)?,
                    characters: rule("characters", source.chars.is_some())?,
                    charset: rule("charset", charset.is_some())?,
                    blank: rule("blank", !may_be_blank)?,
                    lines: rule("lines", source.lines.is_some())?,
                };
                Shape::Text(TextShape {
                    prefix: source.prefix.unwrap_or(0),
                    extent: extent(self)?,
                    pad: source.pad,
                    max_chars: source.chars.unwrap_or(u32::MAX),
                    max_bytes: source.bytes.unwrap_or(u32::MAX),
                    charset,
                    may_be_blank,
                    max_lines: source.lines,
                    rules,
                })
            }
            other => return self.fail(shape, format!("there is no shape `{other}`")),
        })
    }

    fn delimiter(&self, context: RecordId, name: &Name) -> Result<Delimiter> {
        match name.get_ref().strip_prefix("field ") {
            Some(path) => Ok(Delimiter::Field(self.operand_text(context, name, path)?)),
            None => Ok(Delimiter::Bytes(self.literal(name)?)),
        }
    }

    fn relation(&mut self, context: RecordId, id: FieldId, source: &FieldSource) -> Result<Option<Relation>> {
        let stated = [&source.size_of, &source.count_of, &source.offset_of, &source.check]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>();
        let name = match stated.as_slice() {
            [] => return Ok(None),
            [one] => (*one).clone(),
            [_, second, ..] => return self.fail(second, "a field states one thing only"),
        };
        let kind = if source.size_of.is_some() {
            RelationKind::SizeOf(self.operand(context, &name)?)
        } else if source.offset_of.is_some() {
            RelationKind::OffsetOf(self.operand(context, &name)?)
        } else if source.count_of.is_some() {
            let list = self.operand(context, &name)?;
            match &source.count_where {
                None => RelationKind::CountOf(list),
                Some(condition) => {
                    let item = self.item_record(list.field, condition)?;
                    let Some((key, equals)) = condition.get_ref().split_once(" = ") else {
                        return self.fail(condition, "`where` is `field of the record = field here`");
                    };
                    RelationKind::CountWhere {
                        key: self.static_field(item, condition, key.trim())?,
                        equals: self.static_field(context, condition, equals.trim())?,
                        list,
                    }
                }
            }
        } else {
            let algorithm = match name.get_ref().as_str() {
                "crc32" => Algorithm::Crc32,
                "sum8" => Algorithm::Sum8,
                other => return self.fail(&name, format!("there is no check `{other}`")),
            };
            let over = match &source.over {
                None => return self.fail(&name, "a check needs `over`"),
                Some(over) if over.get_ref() == "before" => Span::Before,
                Some(over) => Span::Field(self.operand(context, over)?),
            };
            RelationKind::Check { algorithm, over }
        };
        let Some(rule) = &source.rule else {
            return self
                .fail(&name, format!("`{}` needs `rule`: the id broken by another value", self.format.field(id).path));
        };
        Ok(Some(Relation { kind, rule: self.rule(rule)? }))
    }

    // ---- rules ----

    fn record_rules(&mut self, id: RecordId) -> Result<()> {
        let source = self.source;
        let Some(record) = source.record.get(&self.record_sources[usize::from(id.0)]) else { return Ok(()) };
        let separator = record.separator.as_ref().map(|s| self.delimiter(id, s)).transpose()?;
        let rules = record.rules.iter().map(|r| self.record_rule(id, r)).collect::<Result<Vec<_>>>()?;
        let target = &mut self.format.records[usize::from(id.0)];
        (target.rules, target.separator) = (rules, separator);
        Ok(())
    }

    fn record_rule(&mut self, context: RecordId, rule: &Spanned<RuleSource>) -> Result<Rule> {
        let (span, rule) = (rule.span(), rule.get_ref());
        let id = self.rule(&rule.id)?;
        let operands = |compiler: &Self, names: &[Name]| {
            names.iter().map(|n| compiler.operand(context, n)).collect::<Result<Vec<_>>>()
        };
        let kind = if let Some(names) = &rule.ordered {
            RuleKind::Ordered(operands(self, names)?)
        } else if let (Some(names), Some(limit)) = (&rule.each, &rule.at_most) {
            RuleKind::AtMost(operands(self, names)?, self.operand(context, limit)?)
        } else if let Some(condition) = &rule.requires {
            RuleKind::Requires(self.condition(context, condition)?)
        } else if let Some(names) = &rule.same {
            let [a, b] = names.as_slice() else { return Err(self.error(span, "`same` compares two fields")) };
            let (a, b) = (self.operand(context, a)?, self.operand(context, b)?);
            let mut columns = Vec::new();
            for column in rule.by.iter().flatten() {
                let of = |operand: &Operand| -> Result<usize> {
                    let index = self
                        .enum_of(operand.field)?
                        .and_then(|e| self.format.enums[e].columns.iter().position(|c| c == column.get_ref()));
                    index.ok_or_else(|| {
                        self.error(column.span(), format!("`{}` has no attribute `{}`", operand.text, column.get_ref()))
                    })
                };
                columns.push((of(&a)?, of(&b)?));
            }
            RuleKind::Same(a, b, columns)
        } else if let Some(names) = &rule.quotient {
            let [dividend, divisor, result] = names.as_slice() else {
                return Err(self.error(span, "`quotient` is [dividend, divisor, result]"));
            };
            let result = self.operand(context, result)?;
            let decimals = self.format.field(result.field).decimals;
            RuleKind::Quotient {
                dividend: self.operand(context, dividend)?,
                divisor: self.operand(context, divisor)?,
                result,
                decimals,
            }
        } else if let (Some(names), Some(within)) = (&rule.unique, &rule.within) {
            let table = self.list_named(context, within)?;
            let item = self.item_record(table, within)?;
            let key = names.iter().map(|n| self.operand(item, n)).collect::<Result<Vec<_>>>()?;
            RuleKind::Unique { table, key, fold: rule.fold.unwrap_or(false) }
        } else if let (Some(key), Some(within)) = (&rule.ascending, &rule.within) {
            let table = self.list_named(context, within)?;
            let item = self.item_record(table, within)?;
            RuleKind::Ascending { table, key: self.operand(item, key)? }
        } else {
            return Err(self.error(span, "this rule says nothing: ordered, each + at_most, requires, same, quotient, unique or ascending + within"));
        };
        let when = rule.when.as_ref().map(|c| self.condition(context, c)).transpose()?;
        let unless = rule.unless.as_ref().map(|c| self.condition(context, c)).transpose()?;
        Ok(Rule { id, when, unless, kind, needs: None })
    }

    fn codecs(&mut self) -> Result<()> {
        for codec in &self.source.codec {
            let rule = self.rule(&codec.rule)?;
            let mut table = Vec::new();
            for (plain, wire) in &codec.substitute {
                let [plain] = plain.as_bytes() else {
                    return self.fail(&codec.rule, format!("`{plain}` is not one byte"));
                };
                table.push((*plain, wire.as_bytes().to_vec()));
            }
            self.format.codecs.push(Codec::Substitute(table, rule));
        }
        Ok(())
    }

    /// Orders the checks so that each comes after those stored in what it covers.
    fn check_order(&mut self) -> Result<()> {
        let mut checks: Vec<(FieldId, Range<u16>)> = Vec::new();
        for field in &self.format.fields {
            let Some(Relation { kind: RelationKind::Check { over, .. }, .. }) = &field.relation else { continue };
            let covered = match over {
                Span::Before => {
                    let record = field.owner.map_or(FieldId(0), |owner| self.format.record(owner).field);
                    record.0 + 1..field.id.0
                }
                Span::Field(operand) => operand.field.0..self.raw[usize::from(operand.field.0)].last + 1,
            };
            checks.push((field.id, covered));
        }
        while !checks.is_empty() {
            let ready =
                checks.iter().position(|(_, covered)| !checks.iter().any(|(other, _)| covered.contains(&other.0)));
            let Some(ready) = ready else {
                let (field, _) = &checks[0];
                let span = self.raw[usize::from(field.0)].span.clone();
                return Err(self.error(
                    span,
                    format!(
                        "the check `{}` covers itself, directly or through another",
                        self.format.field(*field).path
                    ),
                ));
            };
            self.format.check_order.push(checks.remove(ready).0);
        }
        Ok(())
    }
}
