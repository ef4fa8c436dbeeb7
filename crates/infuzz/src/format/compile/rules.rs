//! Rules between fields, codecs, and the order of checks.

use super::*;

/// Most factors of a product: singles and whole numbers are below 2^128, a double below 2^1024.
const MOST_FACTORS: usize = 7;

impl Compiler<'_> {
    pub(super) fn record_rules(&mut self, id: RecordId) -> Result<()> {
        let source = self.source;
        let name = self.record_sources[usize::from(id.0)].clone();
        let Some(record) = source.record.get(&name) else { return Ok(()) };
        let more = source.more.iter().filter(|(of, _)| *of.get_ref() == name).flat_map(|(_, more)| &more.rules);
        let separator = record.separator.as_ref().map(|s| self.delimiter(id, s)).transpose()?;
        let mut rules = record.rules.iter().chain(more).map(|r| self.record_rule(id, r)).collect::<Result<Vec<_>>>()?;
        for field in self.format.record(id).fields.clone() {
            let Some(rule) = self.raw[usize::from(field.0)].source.required.clone() else { continue };
            rules.push(Rule { id: self.rule(&rule)?, when: None, unless: None, kind: self.there(field), needs: None });
        }
        let target = &mut self.format.records[usize::from(id.0)];
        (target.rules, target.separator) = (rules, separator);
        Ok(())
    }

    pub(super) fn record_rule(&mut self, context: RecordId, rule: &Spanned<RuleSource>) -> Result<Rule> {
        let (span, rule) = (rule.span(), rule.get_ref());
        let id = self.rule(&rule.id)?;
        let operands = |compiler: &Self, names: &[Name]| {
            names.iter().map(|n| compiler.operand(context, n)).collect::<Result<Vec<_>>>()
        };
        let kind = if let Some(names) = &rule.ordered {
            RuleKind::Ordered(operands(self, names)?)
        } else if let (Some(number), Some(range)) = (&rule.number, &rule.range) {
            let operand = self.operand(context, number)?;
            let (low, high) = self.bounds(self.format.field(operand.field), range)?;
            RuleKind::Between(operand, low, high)
        } else if let (Some(left), Some(right), Some(rounding)) = (&rule.product, &rule.not_above, &rule.rounding) {
            let (left, right) = (self.factors(context, left)?, self.factors(context, right)?);
            RuleKind::Product { left, right, rounding: self.rule(rounding)? }
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
        } else if let Some(names) = &rule.paired {
            let [a, b] = names.as_slice() else { return Err(self.error(span, "`paired` compares two lists")) };
            RuleKind::Paired(self.slots_named(context, a)?, self.slots_named(context, b)?)
        } else if let (Some(children), Some(within)) = (&rule.tree, &rule.within) {
            let table = self.slots_named(context, within)?;
            let item = self.item_record(table, within)?;
            let children = self.list_named(item, children)?;
            RuleKind::Hierarchy { table, children, breadth_first: rule.breadth_first.unwrap_or(false) }
        } else if let Some(names) = &rule.subsequence {
            let [part, whole] = names.as_slice() else {
                return Err(self.error(span, "`subsequence` is [list of numbers, list of records.number]"));
            };
            let (whole, key) = self.list_and_key(context, whole)?;
            RuleKind::Subsequence { part: self.operand(context, part)?, whole, key }
        } else if let (Some(names), Some(keys)) = (&rule.same_set, &rule.key) {
            let [a, b] = names.as_slice() else { return Err(self.error(span, "`same_set` compares two lists")) };
            let (table, other) = (self.list_named(context, a)?, self.list_named(context, b)?);
            let (item, other_item) = (self.item_record(table, a)?, self.item_record(other, b)?);
            let of = |compiler: &Self, record: RecordId| {
                keys.iter().map(|k| compiler.static_field(record, k, k.get_ref())).collect::<Result<Vec<_>>>()
            };
            let (key, other_key) = (of(self, item)?, of(self, other_item)?);
            let only = rule.only.as_ref().map(|c| self.condition(other_item, c)).transpose()?;
            let depth_first = match &rule.depth_first {
                Some(children) => Some(self.list_named(other_item, children)?),
                None => None,
            };
            RuleKind::SameSet { table, key, other, other_key, only, depth_first }
        } else if let (Some(list), Some(has)) = (&rule.every, &rule.has) {
            let list = self.operand(context, list)?;
            let item = self.item_record(list.field, &rule.id)?;
            RuleKind::Every { list, has: self.condition(item, has)? }
        } else if let Some(name) = &rule.distinct {
            let dots = name.get_ref().match_indices('.').map(|(at, _)| name.get_ref().split_at(at));
            let list = dots.into_iter().find_map(|(list, key)| {
                let list = self.operand_text(context, name, list).ok()?;
                matches!(self.format.field(list.field).shape, Shape::List { .. }).then_some((list, &key[1..]))
            });
            let Some((list, key)) = list else { return self.fail(name, "`list.number` is expected") };
            let item = self.item_record(list.field, name)?;
            RuleKind::Distinct { key: self.operand_text(item, name, key)?, list }
        } else if let Some(names) = &rule.differ {
            RuleKind::Differ(operands(self, names)?)
        } else {
            return Err(self.error(span, "this rule says nothing: ordered, each + at_most, number + range, product + not_above + rounding, requires, same, quotient, unique, ascending or tree + within, paired, subsequence, same_set + key, every + has, distinct or differ"));
        };
        let when = rule.when.as_ref().map(|c| self.condition(context, c)).transpose()?;
        let unless = rule.unless.as_ref().map(|c| self.condition(context, c)).transpose()?;
        Ok(Rule { id, when, unless, kind, needs: None })
    }

    /// A field of a record is there.
    fn there(&self, field: FieldId) -> RuleKind {
        let text = self.format.field(field).name.clone();
        let operand = Operand { steps: vec![PathStep::Child(field)], tail: Tail::Value, text: text.clone(), field };
        let any = vec![vec![Test { operand, kind: TestKind::Present }]];
        RuleKind::Requires(Condition { any, text, gate: Gate::Tests })
    }

    /// The factors of a product, few enough that a double holds it and rounding is told apart.
    fn factors(&self, context: RecordId, names: &[Name]) -> Result<Vec<Factor>> {
        match names.get(MOST_FACTORS) {
            Some(name) => self.fail(name, format!("a product has at most {MOST_FACTORS} factors")),
            None => names.iter().map(|name| self.factor(context, name)).collect(),
        }
    }

    /// A factor of a product: a whole number, or what an operand reads.
    fn factor(&self, context: RecordId, name: &Name) -> Result<Factor> {
        if let Ok(number) = name.get_ref().parse() {
            return Ok(Factor::Number(number));
        }
        let operand = self.operand(context, name)?;
        match self.format.field(operand.field).decimals {
            0 => Ok(Factor::Field(operand)),
            _ => self.fail(name, "a factor is a whole number or a float"),
        }
    }

    /// A list, and a number in each of its records.
    fn list_and_key(&self, context: RecordId, name: &Name) -> Result<(Operand, FieldId)> {
        let Some((list, key)) = name.get_ref().rsplit_once('.') else {
            return self.fail(name, "`list.number` is expected");
        };
        let list = self.operand_text(context, name, list)?;
        let item = self.item_record(list.field, name)?;
        Ok((list, self.static_field(item, name, key)?))
    }

    /// A list of slots.
    fn slots_named(&self, context: RecordId, name: &Name) -> Result<FieldId> {
        let list = self.list_named(context, name)?;
        match self.format.field(list).slots {
            Some(_) => Ok(list),
            None => self.fail(name, format!("`{}` is not a list of slots: it needs `unused`", name.get_ref())),
        }
    }

    pub(super) fn codecs(&mut self) -> Result<()> {
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
    pub(super) fn check_order(&mut self) -> Result<()> {
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
