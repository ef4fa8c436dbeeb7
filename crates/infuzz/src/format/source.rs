//! The description file as written (TOML), before names are resolved.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A text with its place in the file.
pub type Name = Spanned<String>;

/// The whole file.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub format: String,
    pub title: String,
    pub root: Name,
    pub exact: Name,
    #[serde(default)]
    pub include: Option<Name>,
    #[serde(default)]
    pub environment: Option<Name>,
    #[serde(default)]
    pub big_endian: bool,
    #[serde(default)]
    pub text_rules: Option<Name>,
    #[serde(default)]
    pub codec: Vec<CodecSource>,
    #[serde(default)]
    pub lookup: Option<LookupSource>,
    pub rule: BTreeMap<Name, String>,
    #[serde(default)]
    pub charset: BTreeMap<String, CharsetSource>,
    #[serde(default)]
    pub escape: BTreeMap<String, EscapeSource>,
    #[serde(default, rename = "enum")]
    pub enums: BTreeMap<String, EnumSource>,
    #[serde(default, rename = "type")]
    pub types: BTreeMap<String, FieldSource>,
    pub record: BTreeMap<String, RecordSource>,
    #[serde(default)]
    pub more: BTreeMap<Name, MoreSource>,
}

/// Rules that a record has besides its own, which may be included.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct MoreSource {
    pub rules: Vec<Spanned<RuleSource>>,
}

/// A file that others include.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Part {
    #[serde(default)]
    pub codec: Vec<CodecSource>,
    #[serde(default)]
    pub rule: BTreeMap<Name, String>,
    #[serde(default)]
    pub charset: BTreeMap<Name, CharsetSource>,
    #[serde(default, rename = "enum")]
    pub enums: BTreeMap<Name, EnumSource>,
    #[serde(default, rename = "type")]
    pub types: BTreeMap<Name, FieldSource>,
    #[serde(default)]
    pub record: BTreeMap<Name, RecordSource>,
}

impl Source {
    /// Adds what an included file has; gives the name that both have.
    pub fn take_over(&mut self, part: Part) -> Result<(), Name> {
        fn into<V>(own: &mut BTreeMap<String, V>, other: BTreeMap<Name, V>) -> Result<(), Name> {
            for (name, value) in other {
                if own.insert(name.get_ref().clone(), value).is_some() {
                    return Err(name);
                }
            }
            Ok(())
        }
        for (name, words) in part.rule {
            if self.rule.contains_key(&name) {
                return Err(name);
            }
            self.rule.insert(name, words);
        }
        self.codec.extend(part.codec);
        into(&mut self.charset, part.charset)?;
        into(&mut self.enums, part.enums)?;
        into(&mut self.types, part.types)?;
        into(&mut self.record, part.record)
    }
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct LookupSource {
    pub table: Name,
    pub key: Vec<Name>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct CodecSource {
    pub substitute: BTreeMap<String, String>,
    pub rule: Name,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct CharsetSource {
    pub allow: Vec<Name>,
    #[serde(default)]
    pub except: Vec<Name>,
}

/// Escape sequences of texts: a letter between two delimiters stands for another delimiter.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct EscapeSource {
    pub around: Name,
    pub letters: BTreeMap<String, Name>,
    pub hex: Option<Name>,
    pub rule: Name,
    pub delimiter_rule: Name,
}

/// Characters that a text has only under a condition.
#[derive(Deserialize, Debug, Clone)]
#[serde(deny_unknown_fields)]
pub struct NarrowSource {
    pub charset: Name,
    pub unless: Name,
    pub rule: Name,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct EnumSource {
    #[serde(default)]
    pub columns: Vec<Name>,
    pub rows: Vec<Spanned<Vec<toml::Value>>>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct RecordSource {
    pub fields: Vec<Spanned<FieldSource>>,
    #[serde(default)]
    pub rules: Vec<Spanned<RuleSource>>,
    #[serde(default)]
    pub separator: Option<Name>,
    #[serde(default)]
    pub may_end_early: bool,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
pub enum Amount {
    Fixed(u64),
    Path(String),
}

impl Clone for Amount {
    fn clone(&self) -> Self {
        match self {
            Amount::Fixed(n) => Amount::Fixed(*n),
            Amount::Path(p) => Amount::Path(p.clone()),
        }
    }
}

/// A field or a type: every key is optional, a field's keys override its type's.
#[derive(Deserialize, Debug, Default, Clone)]
#[serde(deny_unknown_fields)]
pub struct FieldSource {
    pub name: Option<Name>,
    #[serde(rename = "type")]
    pub kind: Option<Name>,
    pub shape: Option<Name>,
    pub width: Option<u32>,
    pub base: Option<u32>,
    pub case_rule: Option<Name>,
    pub plain_rule: Option<Name>,
    pub big_endian: Option<bool>,
    pub decimals: Option<u32>,
    pub unit: Option<String>,
    pub range: Option<Name>,
    pub range_rule: Option<Name>,
    pub step: Option<Name>,
    pub step_rule: Option<Name>,
    #[serde(rename = "enum")]
    pub of_enum: Option<Name>,
    pub bits: Option<Vec<String>>,
    pub value: Option<Name>,
    pub not: Option<Vec<Name>>,
    pub prefix: Option<u8>,
    pub chars: Option<u32>,
    pub chars_rule: Option<Name>,
    pub bytes: Option<u32>,
    pub pad: Option<u8>,
    pub charset: Option<Name>,
    pub usual: Option<Name>,
    pub usual_rule: Option<Name>,
    pub others: Option<bool>,
    pub or: Option<Vec<String>>,
    pub may_be_blank: Option<bool>,
    pub lines: Option<u32>,
    pub until: Option<Vec<Name>>,
    pub record: Option<Name>,
    pub list: Option<Name>,
    pub item: Option<Name>,
    pub count: Option<Spanned<Amount>>,
    pub delimiter: Option<Name>,
    pub terminated: Option<bool>,
    pub empty_rule: Option<Name>,
    pub switch: Option<Name>,
    pub cases: Option<BTreeMap<Name, Name>>,
    pub sizes: Option<BTreeMap<Name, Name>>,
    pub pieces: Option<BTreeMap<Name, Name>>,
    pub before: Option<u32>,
    pub of: Option<Name>,
    pub when: Option<Name>,
    pub at: Option<Spanned<Amount>>,
    pub size: Option<Spanned<Amount>>,
    pub exact: Option<Name>,
    pub size_of: Option<Name>,
    pub count_of: Option<Name>,
    #[serde(rename = "where")]
    pub count_where: Option<Name>,
    pub offset_of: Option<Name>,
    pub check: Option<Name>,
    pub over: Option<Name>,
    pub refers: Option<Name>,
    pub refers_rule: Option<Name>,
    pub none: Option<u64>,
    pub default: Option<Name>,
    pub unused: Option<Name>,
    pub gap_rule: Option<Name>,
    pub used: Option<Name>,
    pub index: Option<bool>,
    pub optional: Option<bool>,
    pub required: Option<Name>,
    pub positions: Option<u32>,
    pub begins: Option<Name>,
    pub end: Option<Name>,
    pub escapes: Option<Name>,
    pub narrow: Option<NarrowSource>,
    pub rule: Option<Name>,
}

macro_rules! inherit {
    ($own:ident, $base:ident, $($key:ident)*) => { $(if $own.$key.is_none() { $own.$key = $base.$key.clone(); })* };
}

impl FieldSource {
    /// Fills the keys that are not given from `base`.
    pub fn inherit(&mut self, base: &FieldSource) {
        let own = self;
        inherit!(own, base, shape width base case_rule plain_rule big_endian decimals unit range range_rule step step_rule of_enum bits value not
            prefix chars chars_rule bytes pad charset usual usual_rule others or may_be_blank lines until record list item count delimiter terminated empty_rule switch cases sizes pieces before of when at
            size exact size_of count_of count_where offset_of check over refers refers_rule none default unused gap_rule used index optional required
            positions begins end escapes narrow rule);
    }
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct RuleSource {
    pub id: Name,
    pub when: Option<Name>,
    pub unless: Option<Name>,
    pub ordered: Option<Vec<Name>>,
    pub each: Option<Vec<Name>>,
    pub at_most: Option<Name>,
    pub requires: Option<Name>,
    pub number: Option<Name>,
    pub range: Option<Name>,
    pub product: Option<Vec<Name>>,
    pub not_above: Option<Vec<Name>>,
    pub rounding: Option<Name>,
    pub same: Option<Vec<Name>>,
    pub by: Option<Vec<Name>>,
    pub quotient: Option<Vec<Name>>,
    pub unique: Option<Vec<Name>>,
    pub fold: Option<bool>,
    pub ascending: Option<Name>,
    pub within: Option<Name>,
    pub paired: Option<Vec<Name>>,
    pub tree: Option<Name>,
    pub breadth_first: Option<bool>,
    pub subsequence: Option<Vec<Name>>,
    pub same_set: Option<Vec<Name>>,
    pub depth_first: Option<Name>,
    pub every: Option<Name>,
    pub has: Option<Name>,
    pub distinct: Option<Name>,
    pub differ: Option<Vec<Name>>,
    pub key: Option<Vec<Name>>,
    #[serde(rename = "where")]
    pub only: Option<Name>,
}
