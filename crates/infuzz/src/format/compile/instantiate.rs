//! Records become fields: one for each place where they stand.

use super::*;

impl Compiler<'_> {
    pub(super) fn merged(&self, field: &FieldSource) -> Result<FieldSource> {
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

    pub(super) fn instantiate(
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
            instead: source.or.clone().unwrap_or_default(),
            empty: None,
            refers: None,
            outside: None,
            relation: None,
            at: None,
            size: None,
            offset: None,
            float: source.shape.as_ref().is_some_and(|shape| shape.get_ref() == "float"),
            default: None,
            slots: None,
            before: source.before,
            until: Vec::new(),
            exact: None,
            may_be_empty: source.optional == Some(true) || source.required.is_some(),
            required: source.required.is_some(),
            positions: source.positions.unwrap_or(1),
            begins: None,
            end: None,
            longest: None,
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
            item.end = source.end.clone();
            let name = self.format.field(id).name.clone();
            let item = self.instantiate(item, span, owner, name, format!("{path}[]"))?;
            Shape::List { item, count: Count::Rest }
        } else if let Some(cases) = source.cases.as_ref().or(source.sizes.as_ref()).or(source.pieces.as_ref()).cloned()
        {
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

    pub(super) fn instantiate_record(
        &mut self,
        name: &Name,
        field: FieldId,
        path: &str,
        of: Option<&Name>,
    ) -> Result<RecordId> {
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
            separator: None,
            may_end_early: record.may_end_early,
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
}
