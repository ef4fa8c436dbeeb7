//! What is stated of a text.

use super::*;
use crate::format::source::NarrowSource;
use std::sync::Arc;

impl Compiler<'_> {
    /// Form and limits of a text.
    pub(super) fn text(
        &mut self,
        context: RecordId,
        source: &FieldSource,
        extent: Extent,
        span: &Range<usize>,
    ) -> Result<TextShape> {
        let charset = source.charset.as_ref().map(|name| self.charset(name)).transpose()?;
        let usual = match (&source.usual, &source.usual_rule) {
            (None, None) => None,
            (Some(usual), Some(rule)) => Some((self.charset(usual)?, self.rule(rule)?)),
            (Some(name), None) | (None, Some(name)) => return self.fail(name, "`usual` goes with `usual_rule`"),
        };
        let prefix = self.source.text_rules.as_ref().map_or("text", |n| n.get_ref().as_str());
        let may_be_blank = source.may_be_blank.unwrap_or(false);
        let stated = self.format.rule_named(&format!("{prefix}.padding"));
        let chars_rule = source.chars_rule.as_ref().map(|name| self.rule(name)).transpose()?;
        let mut rule = |name: &str, needed: bool| match needed {
            true => self.rule_id(&format!("{prefix}.{name}"), span.clone()),
            false => Ok(RuleId(0)),
        };
        let rules = TextRules {
            length: rule("length", source.bytes.is_some() && (source.prefix.is_some() || source.until.is_some()))?,
            utf8: rule("utf8", true)?,
            characters: match chars_rule {
                Some(rule) => rule,
                None => rule("characters", source.chars.is_some())?,
            },
            charset: rule("charset", charset.is_some())?,
            blank: rule("blank", !may_be_blank)?,
            lines: rule("lines", source.lines.is_some())?,
            padding: match source.pad.and(stated) {
                Some(_) => Some(rule("padding", true)?),
                None => None,
            },
        };
        Ok(TextShape {
            prefix: source.prefix.unwrap_or(0),
            extent,
            pad: source.pad,
            max_chars: source.chars.unwrap_or(u32::MAX),
            max_bytes: source.bytes.unwrap_or(u32::MAX),
            charset,
            usual,
            may_be_blank,
            max_lines: source.lines,
            rules,
            escapes: source.escapes.as_ref().map(|name| self.escapes(context, name)).transpose()?.map(Arc::new),
            narrow: source.narrow.as_ref().map(|narrow| self.narrow(context, narrow)).transpose()?.map(Box::new),
        })
    }

    /// The escape sequences with this name.
    fn escapes(&mut self, context: RecordId, name: &Name) -> Result<Escapes> {
        let source = self.source;
        let Some(escape) = source.escape.get(name.get_ref()) else {
            return self.fail(name, format!("there are no escape sequences `{}`", name.get_ref()));
        };
        let letter = |compiler: &Self, letter: &str, at: &Name| match letter.as_bytes() {
            [letter] => Ok(*letter),
            _ => compiler.fail(at, "a sequence has one letter"),
        };
        let mut letters = Vec::new();
        for (name, stands_for) in &escape.letters {
            letters.push((letter(self, name, stands_for)?, self.operand(context, stands_for)?));
        }
        Ok(Escapes {
            around: self.operand(context, &escape.around)?,
            letters,
            hex: escape.hex.as_ref().map(|hex| letter(self, hex.get_ref(), hex)).transpose()?,
            rule: self.rule(&escape.rule)?,
            delimiter: self.rule(&escape.delimiter_rule)?,
        })
    }

    /// Fewer characters unless a condition holds.
    fn narrow(&mut self, context: RecordId, narrow: &NarrowSource) -> Result<(usize, Condition, RuleId)> {
        let charset = self.charset(&narrow.charset)?;
        Ok((charset, self.condition(context, &narrow.unless)?, self.rule(&narrow.rule)?))
    }

    /// A character set by its name.
    fn charset(&self, name: &Name) -> Result<usize> {
        match self.format.charsets.iter().position(|c| c.name == *name.get_ref()) {
            Some(index) => Ok(index),
            None => self.fail(name, format!("there is no charset `{}`", name.get_ref())),
        }
    }
}
