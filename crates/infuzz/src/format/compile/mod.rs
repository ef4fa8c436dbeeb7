//! From the description file to a [`Format`]: instantiates records and resolves names.

use super::derived;
use super::error::FormatError;
use super::ir::*;
use super::number::parse_scaled;
use super::readers::Readers;
use super::shortcut::Shortcuts;
use super::source::{Amount, FieldSource, Name, Part, RuleSource, Source};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

mod fields;
mod instantiate;
mod names;
mod paths;
mod rules;
mod texts;

type Result<T> = std::result::Result<T, FormatError>;

/// Types made of types beyond this are made of themselves.
const MAX_DEPTH: usize = 12;

/// Loads a description that stands in one file.
pub fn compile(text: &str) -> Result<Format> {
    compile_with(text, |_| None)
}

/// Loads a description that may `include` a file, which is asked for by its name.
pub fn compile_with(text: &str, file: impl Fn(&str) -> Option<String>) -> Result<Format> {
    let mut source: Source = parse(text, text)?;
    let Some(name) = source.include.clone() else { return Compiler::new(text, &source)?.run() };
    let included = file(name.get_ref())
        .ok_or_else(|| FormatError::at(text, name.span(), format!("there is no file `{}`", name.get_ref())))?;
    // What is included stands after the text, so that a place tells which of the two it is in.
    let both = format!("{text}\n{included}");
    let begins = text.matches('\n').count() + 1;
    let within = |error: FormatError| match error.line.checked_sub(begins) {
        Some(line) if line > 0 => FormatError { file: Some(name.get_ref().clone()), line, ..error },
        _ => error,
    };
    let part: Part = parse(&format!("{}{included}", " ".repeat(text.len() + 1)), &both).map_err(within)?;
    source
        .take_over(part)
        .map_err(|twice| FormatError::at(&both, twice.span(), format!("`{}` stands twice", twice.get_ref())))
        .and_then(|()| Compiler::new(&both, &source)?.run())
        .map_err(within)
}

/// Parses a text; places are told in `shown`.
fn parse<T: serde::de::DeserializeOwned>(text: &str, shown: &str) -> Result<T> {
    toml::from_str(text).map_err(|e| FormatError::at(shown, e.span().unwrap_or(0..0), e.message().to_string()))
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
            readers: Readers::default(),
            plans: Vec::new(),
            steady: false,
            recounts: false,
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
            environment: source
                .environment
                .as_ref()
                .map(|format| Environment { format: format.get_ref().clone(), lists: Vec::new() }),
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
        if let Some(name) = self.source.more.keys().find(|name| !self.record_sources.contains(name.get_ref())) {
            return self.fail(name, format!("there is no record `{}`", name.get_ref()));
        }
        self.codecs()?;
        self.check_order()?;
        derived::derive(&mut self.format);
        for field in &self.format.fields {
            if let (Shape::List { item, .. }, Some(_)) = (&field.shape, &field.slots)
                && self.format.quick(*item).slot.is_none_or(|size| size == 0)
            {
                let span = self.raw[usize::from(field.id.0)].span.clone();
                return Err(self.error(span, "the slots of this list do not always take the same bytes"));
            }
        }
        for field in &self.format.fields {
            let Shape::Switch { on: Operand { tail: Tail::Left, .. }, cases } = &field.shape else { continue };
            for (size, case) in cases {
                let constant = derived::constant_size(&self.format, *case).map(u64::from);
                if constant != Some(*size) {
                    let span = self.raw[usize::from(case.0)].span.clone();
                    return Err(self.error(span, format!("this record does not always take {size} bytes")));
                }
            }
        }
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
}
