//! What is stated of each field: shape, range, reference, relation.

use super::*;

/// Begins the path of a list that stands in the environment.
const OUTSIDE: &str = "environment:";

impl Compiler<'_> {
    pub(super) fn resolve(&mut self, id: FieldId) -> Result<()> {
        let raw = &self.raw[usize::from(id.0)];
        let (source, span) = (raw.source.clone(), raw.span.clone());
        let context = raw.context.unwrap_or(RecordId(0));
        let mut field = self.format.field(id).clone();
        field.shape = self.shape(context, &field, &source, span.clone())?;
        field.when = source.when.as_ref().map(|w| self.condition(context, w)).transpose()?;
        field.at = source.at.as_ref().map(|a| self.place(context, a)).transpose()?;
        field.size = source.size.as_ref().map(|a| self.place(context, a)).transpose()?;
        field.exact = source.exact.as_ref().map(|r| self.rule(r)).transpose()?;
        field.empty = source.empty_rule.as_ref().map(|r| self.rule(r)).transpose()?;
        field.begins = source.begins.as_ref().map(|bytes| self.literal(bytes)).transpose()?;
        // What ends a list ends each of its items.
        let end = source.end.as_ref().filter(|_| !matches!(field.shape, Shape::List { .. }));
        field.end = end.map(|bytes| self.literal(bytes)).transpose()?;
        if let (Shape::Decimal { .. }, Some(most), Some(rule)) = (&field.shape, source.chars, &source.chars_rule) {
            field.longest = Some((most, self.rule(rule)?));
        }
        if !field.is_leaf() {
            field.until = source.until.iter().flatten().map(|end| self.literal(end)).collect::<Result<_>>()?;
        }
        if let Some(range) = &source.range {
            let (low, high) = self.bounds(&field, range)?;
            field.range = Some((low, high, self.rule_or(source.range_rule.as_ref(), "number.range", range.span())?));
        }
        if let Some(step) = &source.step {
            let rule = self.rule_or(source.step_rule.as_ref(), "number.resolution", step.span())?;
            field.step = Some(match field.parse(step.get_ref()) {
                Some(0) => return self.fail(step, "a resolution of 0"),
                Some(number) => (Step::Fixed(number), rule),
                None => (Step::By(self.operand(context, step)?), rule),
            });
        }
        if let Some(list) = source.refers.as_ref().and_then(|name| name.get_ref().strip_prefix(OUTSIDE)) {
            let Some(list) = list.strip_suffix("[]") else {
                return Err(self.error(span, "a reference to the environment names positions, `environment:/drug[]`"));
            };
            let rule = self.rule_or(source.refers_rule.as_ref(), "reference.exists", span.clone())?;
            field.outside = Some(Outside { list: self.outside(list, span.clone())?, none: source.none, rule });
        } else if let Some((table, key)) = self.reference(id)? {
            let rule = self.rule_or(source.refers_rule.as_ref(), "reference.exists", span.clone())?;
            field.refers = Some(Reference { table, key, none: source.none, rule });
        }
        if let Some(default) = &source.default {
            field.default = Some(self.default_of(&field, default)?);
        }
        if let Some(unused) = &source.unused {
            field.slots = Some(self.slots(context, &field, unused, &source)?);
        }
        for literal in source.not.iter().flatten() {
            field.refused.push(self.literal(literal)?);
        }
        field.relation = self.relation(context, id, &source)?;
        if field.relation.is_some() && matches!(field.shape, Shape::Decimal { .. }) {
            return Err(self.error(span, "what follows from the rest has a fixed width"));
        }
        let default = match (&field.relation, &field.shape) {
            (Some(_), _) => None,
            (None, Shape::Enum { words: Some(Words { others: Some(_), .. }), .. }) => None,
            (None, Shape::Enum { .. }) => Some("enum.value"),
            (None, Shape::Bits { .. }) => Some("bits.reserved"),
            (None, Shape::Digits { .. } | Shape::Decimal { .. }) => Some("digits.value"),
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

    /// The ends of a range such as `0.1..999`.
    pub(super) fn bounds(&self, field: &Field, range: &Name) -> Result<(u64, u64)> {
        let ends = range.get_ref().split_once("..");
        let bounds = ends.and_then(|(low, high)| Some((field.parse(low.trim())?, field.parse(high.trim())?)));
        match bounds.filter(|(low, high)| low <= high) {
            Some(bounds) => Ok(bounds),
            None => self.fail(range, format!("`{}` is not a range such as 0.1..999", range.get_ref())),
        }
    }

    /// A list of the environment.
    fn outside(&mut self, list: &str, span: Range<usize>) -> Result<usize> {
        let Some(environment) = &mut self.format.environment else {
            return Err(self.error(span, "the description has no `environment`"));
        };
        let known = environment.lists.iter().position(|(name, _)| name == list);
        Ok(known.unwrap_or_else(|| {
            environment.lists.push((list.to_string(), None));
            environment.lists.len() - 1
        }))
    }

    pub(super) fn place(&self, context: RecordId, amount: &Spanned<Amount>) -> Result<Place> {
        match amount.get_ref() {
            Amount::Fixed(n) => Ok(Place::Fixed(*n)),
            Amount::Path(path) => {
                let name = Spanned::new(amount.span(), path.clone());
                Ok(Place::Field(self.operand(context, &name)?))
            }
        }
    }

    pub(super) fn shape(
        &mut self,
        context: RecordId,
        field: &Field,
        source: &FieldSource,
        span: Range<usize>,
    ) -> Result<Shape> {
        let big = source.big_endian.unwrap_or(self.source.big_endian);
        match &field.shape {
            Shape::List { item, .. } => {
                let count = match (&source.count, &source.delimiter) {
                    (None, None) => Count::Rest,
                    (None, Some(delimiter)) if source.terminated == Some(true) => {
                        Count::Terminated(self.delimiter(context, delimiter)?)
                    }
                    (None, Some(delimiter)) => Count::Delimited(self.delimiter(context, delimiter)?),
                    (Some(amount), _) => match self.place(context, amount)? {
                        Place::Fixed(n) => Count::Fixed(u32::try_from(n).unwrap_or(u32::MAX)),
                        Place::Field(operand) => Count::Field(operand),
                    },
                };
                return Ok(Shape::List { item: *item, count });
            }
            Shape::Switch { cases, on } if source.sizes.is_some() || source.pieces.is_some() => {
                let mut resolved = Vec::new();
                let stated = source.sizes.as_ref().or(source.pieces.as_ref());
                for (name, (_, case)) in stated.into_iter().flat_map(BTreeMap::keys).zip(cases) {
                    let Ok(number) = name.get_ref().parse() else {
                        return self.fail(name, "a case is a number of bytes or pieces");
                    };
                    resolved.push((number, *case));
                }
                let tail = match (&source.pieces, &source.delimiter) {
                    (None, _) => Tail::Left,
                    (Some(_), None) => return Err(self.error(span, "`pieces` needs `delimiter`")),
                    (Some(_), Some(delimiter)) => match self.literal(delimiter)?[..] {
                        [byte] => Tail::Pieces(byte),
                        _ => return self.fail(delimiter, "pieces are told apart by one byte"),
                    },
                };
                let on = Operand { tail, ..on.clone() };
                return Ok(Shape::Switch { on, cases: resolved });
            }
            Shape::Switch { cases, .. } => {
                let Some(on) = &source.switch else { return Err(self.error(span, "`cases` without `switch`")) };
                let operand = self.operand(context, on)?;
                let names: Vec<Name> = source.cases.iter().flat_map(BTreeMap::keys).cloned().collect();
                let mut resolved = Vec::new();
                for (name, (_, case)) in names.iter().zip(cases) {
                    if name.get_ref() == "*" {
                        resolved.push((OTHERS, *case));
                        continue;
                    }
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
                    let Some(number) = field.parse(value.get_ref()) else {
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
            "float" if big => return self.fail(shape, "a float has its least significant byte first"),
            "float" => Shape::Uint { width: 4, big },
            "enum" => match self.enum_of(field.id)? {
                Some(of) => Shape::Enum { width: integer()?, big, of, words: None },
                None => return Err(self.error(span, "`shape = \"enum\"` needs `enum`")),
            },
            "word" => match self.enum_of(field.id)? {
                Some(of) => {
                    let names = self.format.enums[of].rows.iter().map(|row| (row.code, row.name.clone())).collect();
                    let others = match source.others {
                        Some(true) => Some(self.text(context, source, extent(self)?, &span)?),
                        _ => None,
                    };
                    let words = Words { extent: extent(self)?, names, others };
                    Shape::Enum { width: 0, big: false, of, words: Some(words) }
                }
                None => return Err(self.error(span, "`shape = \"word\"` needs `enum`")),
            },
            "bits" => Shape::Bits { width: integer()?, big, names: source.bits.clone().unwrap_or_default() },
            "digits" => {
                let hex = match source.base {
                    None | Some(10) => None,
                    Some(16) => Some(self.rule_or(source.case_rule.as_ref(), "digits.case", span.clone())?),
                    Some(_) => return Err(self.error(span, "digits have base 10 or 16")),
                };
                Shape::Digits { width: u8::try_from(width).unwrap_or(u8::MAX), hex }
            }
            "decimal" => Shape::Decimal {
                places: match u8::try_from(field.decimals) {
                    Ok(places @ 0..=18) => places,
                    _ => return Err(self.error(span, "a number has at most 18 decimals")),
                },
                hex: match (source.base, field.decimals) {
                    (None | Some(10), _) => false,
                    (Some(16), 0) => true,
                    _ => return Err(self.error(span, "digits have base 10 or 16, and decimals base 10")),
                },
                plain: source.plain_rule.as_ref().map(|rule| self.rule(rule)).transpose()?,
                step: source.step.is_some(),
            },
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
            "text" => Shape::Text(self.text(context, source, extent(self)?, &span)?),
            other => return self.fail(shape, format!("there is no shape `{other}`")),
        })
    }

    /// The bytes of a value that people's data need not state.
    fn default_of(&self, field: &Field, name: &Name) -> Result<Vec<u8>> {
        let text = name.get_ref();
        let number = match &field.shape {
            Shape::Text(shape) => match crate::compose::encode_text(shape, text.as_bytes()) {
                Some(bytes) => return Ok(bytes),
                None => return self.fail(name, "this text is longer than the field"),
            },
            Shape::Enum { of, .. } => self.format.enums[*of].rows.iter().find(|row| row.name == *text).map(|r| r.code),
            _ => field.parse(text),
        };
        match number {
            Some(number) => Ok(crate::tree::encode_number(&field.shape, number)),
            None => self.fail(name, format!("`{text}` is not a value of this field")),
        }
    }

    fn slots(&mut self, context: RecordId, field: &Field, unused: &Name, source: &FieldSource) -> Result<Slots> {
        let (Shape::List { count: Count::Fixed(_), .. }, Ok([fill])) =
            (&field.shape, self.literal(unused)?.try_into() as std::result::Result<[u8; 1], _>)
        else {
            return self.fail(unused, "`unused` is one byte, of a list with a fixed number of slots");
        };
        Ok(Slots {
            fill,
            used: source.used.as_ref().map(|used| self.operand(context, used)).transpose()?,
            rule: self.rule_id("slot.unused", unused.span())?,
            gap: self.rule_or(source.gap_rule.as_ref(), "slot.gap", unused.span())?,
        })
    }

    pub(super) fn delimiter(&self, context: RecordId, name: &Name) -> Result<Delimiter> {
        match name.get_ref().strip_prefix("field ") {
            Some(path) => Ok(Delimiter::Field(self.operand_text(context, name, path)?)),
            None => Ok(Delimiter::Bytes(self.literal(name)?)),
        }
    }

    pub(super) fn relation(
        &mut self,
        context: RecordId,
        id: FieldId,
        source: &FieldSource,
    ) -> Result<Option<Relation>> {
        if source.index == Some(true) {
            let Some(rule) = &source.rule else {
                return Err(self.error(self.raw[usize::from(id.0)].span.clone(), "`index` needs `rule`"));
            };
            return Ok(Some(Relation { kind: RelationKind::Index, rule: self.rule(rule)? }));
        }
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
}
