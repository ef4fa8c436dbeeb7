//! Rules, symbols and literals by their names, character sets and enumerations.

use super::*;

impl Compiler<'_> {
    pub(super) fn rule(&mut self, name: &Name) -> Result<RuleId> {
        self.rule_id(name.get_ref(), name.span())
    }

    pub(super) fn rule_id(&mut self, id: &str, span: Range<usize>) -> Result<RuleId> {
        match self.format.rule_named(id) {
            Some(rule) => {
                self.used_rules[usize::from(rule.0)] = true;
                Ok(rule)
            }
            None => Err(self.error(span, format!("rule `{id}` has no words in [rule]"))),
        }
    }

    pub(super) fn rule_or(&mut self, name: Option<&Name>, default: &str, span: Range<usize>) -> Result<RuleId> {
        match name {
            Some(name) => self.rule(name),
            None => self.rule_id(default, span),
        }
    }

    pub(super) fn symbol(&mut self, text: &str) -> Value {
        let known = self.format.symbols.iter().position(|s| s == text);
        let index = known.unwrap_or_else(|| {
            self.format.symbols.push(text.to_string());
            self.format.symbols.len() - 1
        });
        Value::Symbol(index as u32)
    }

    /// Bytes of a literal: `hex:0B1C`, or the characters themselves.
    pub(super) fn literal(&self, name: &Name) -> Result<Vec<u8>> {
        let text = name.get_ref();
        let Some(hex) = text.strip_prefix("hex:") else { return Ok(text.as_bytes().to_vec()) };
        match crate::hex::read(&hex.replace(' ', "")) {
            Some(bytes) => Ok(bytes),
            None => self.fail(name, format!("`{hex}` is not pairs of hexadecimal digits")),
        }
    }

    pub(super) fn charsets(&mut self) -> Result<()> {
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

    pub(super) fn enums(&mut self) -> Result<()> {
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
}
