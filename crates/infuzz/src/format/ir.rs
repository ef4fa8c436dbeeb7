//! A compiled format description: what the rest of the crate reads.
//!
//! Records are instantiated once per place they are used, so each [`Field`] has one path and
//! each [`Operand`] is resolved when the description is loaded.

use super::number::{format_scaled, parse_scaled};
use super::plan::Plan;
use super::readers::Readers;
pub use super::rule::*;
use super::shortcut::Shortcuts;
use std::fmt;
use std::sync::Arc;

/// Index of a [`Field`] in [`Format::fields`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FieldId(pub u16);

/// Index of a [`Record`] in [`Format::records`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RecordId(pub u16);

/// Index of a [`RuleInfo`] in [`Format::rules`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RuleId(pub u16);

/// One rule id of a description with its words.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// The id, such as `setup.continuous.order`.
    pub id: String,
    /// What must hold, in one line.
    pub words: String,
    /// Whether the rule is a named Rust type (the escape hatch) instead of words of the language.
    pub native: bool,
    /// The format leaves open what happens when it is broken: such a case is unspecified.
    pub open: bool,
}

/// A loaded format description.
#[derive(Clone, Debug)]
pub struct Format {
    /// Name on the command line, such as `drug-library`.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// All fields, each record's fields contiguous.
    pub fields: Vec<Field>,
    /// What the hot paths need of each field, by its id.
    pub quick: Vec<Quick>,
    /// The lists whose records references name, with the key that they are found by.
    pub tables: Vec<(FieldId, FieldId)>,
    /// When rules certainly hold.
    pub(crate) shortcuts: Shortcuts,
    /// What reads each field.
    pub(crate) readers: Readers,
    /// How each record is decoded, by its id.
    pub(crate) plans: Vec<Plan>,
    /// Where things stand depends on the values of fields alone, not on a search for bytes.
    pub steady: bool,
    /// Records that refer to another are counted.
    pub recounts: bool,
    /// All record instances.
    pub records: Vec<Record>,
    /// Enumerations with their attribute columns.
    pub enums: Vec<Enumeration>,
    /// Character sets.
    pub charsets: Vec<Charset>,
    /// Every rule id, in the order of the description.
    pub rules: Vec<RuleInfo>,
    /// Interned attribute texts ([`Value::Symbol`] indexes them).
    pub symbols: Vec<String>,
    /// The whole input.
    pub root: FieldId,
    /// The rule broken by missing or surplus bytes at the end of the input.
    pub exact: RuleId,
    /// Transformation of the whole message before it is decoded.
    pub codecs: Vec<Codec>,
    /// Checks in the order in which they must be computed.
    pub check_order: Vec<FieldId>,
    /// How an entry is looked up on a device: a list of records and the texts that make its key.
    pub lookup: Option<Lookup>,
    /// What an input is judged against besides itself, where that is given.
    pub environment: Option<Environment>,
}

/// Something else that inputs refer to, such as the library in use.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The format that describes it.
    pub format: String,
    /// The lists that are referred to, with the number of their used positions; none: nothing is
    /// given, and references to them are not looked at.
    pub lists: Vec<(String, Option<u64>)>,
}

/// A reference to a position of a list in the environment.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Index in [`Environment::lists`].
    pub list: usize,
    /// The value that stands for "none".
    pub none: Option<u64>,
    /// Broken when the position is not used.
    pub rule: RuleId,
}

/// What identifies an entry that can be looked up on a device.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The list whose records are looked up.
    pub table: FieldId,
    /// The texts of the key, evaluated on one of its records.
    pub key: Vec<Operand>,
}

/// The few facts of a field that decoding and reading ask for again and again, close together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quick {
    /// As [`Field::lead`].
    pub lead: u16,
    /// As [`Field::fixed`].
    pub fixed: bool,
    /// Bytes of an integer of any kind; 0: the field is none.
    pub width: u8,
    /// The integer's most significant byte comes first.
    pub big: bool,
    /// How its number is read.
    pub reads: Reads,
    /// Bytes of a leaf of fixed size at no stated place; 0: it is no such.
    pub size: u8,
    /// A leaf that always takes the same number of bytes, where it is.
    pub rigid: bool,
    /// The field states a relation.
    pub relation: bool,
    /// The relation is a check: its position in [`Format::check_order`].
    pub check: Option<u16>,
    /// A leaf with a rule of its own, or a record with rules.
    pub ruled: bool,
    /// Bytes of the length prefix of a text at no stated place; 0: it is no such.
    pub prefix: u8,
    /// The record that the field is, if it stands at no stated place and is never blank.
    pub record: Option<RecordId>,
    /// How its bytes are decoded depends on them alone, and it is never empty.
    pub closed: bool,
    /// The bytes of a slot, if it is the item of a list of slots.
    pub slot: Option<u32>,
    /// What else there is, where or how long, depends on the field.
    pub shaping: bool,
}

/// How the number of a leaf is read.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Reads {
    /// It holds none.
    #[default]
    Nothing,
    /// From one byte.
    Byte,
    /// From two bytes, the least significant first.
    Two,
    /// From four bytes, the least significant first.
    Four,
    /// The bits of a float in four bytes; minus zero is zero.
    Float,
    /// From others, or from digits.
    Other,
}

/// A record instance.
#[derive(Clone, Debug)]
pub struct Record {
    /// Name in the description.
    pub name: String,
    /// The field that is this record.
    pub field: FieldId,
    /// Its fields, in wire order.
    pub fields: Vec<FieldId>,
    /// Rules evaluated once per occurrence.
    pub rules: Vec<Rule>,
    /// Separator between the fields of a delimited record.
    pub separator: Option<Delimiter>,
    /// Fields at its end may be left out, their separators too.
    pub may_end_early: bool,
}

/// One field at one place of the format.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its own index.
    pub id: FieldId,
    /// Last element of the path.
    pub name: String,
    /// Path with `[]` for list positions, such as `setup[].continuous.soft_max`.
    pub path: String,
    /// The record it is a field of; the root has none.
    pub owner: Option<RecordId>,
    /// How many leaves that are always there stand first in its record, up to this field.
    pub lead: u32,
    /// Whether everything before it in its record, and it itself, is such a leaf.
    pub fixed: bool,
    /// How its bytes look.
    pub shape: Shape,
    /// Present only if this holds.
    pub when: Option<Condition>,
    /// Decimal places of the stated unit held by the integer.
    pub decimals: u32,
    /// Unit for people.
    pub unit: Option<String>,
    /// Inclusive range of legal values and the rule broken outside it.
    pub range: Option<(u64, u64, RuleId)>,
    /// Resolution and the rule broken by values off it.
    pub step: Option<(Step, RuleId)>,
    /// Rule of the value itself: constant, enumerator, reserved bits, digits.
    pub value_rule: Option<RuleId>,
    /// Values that are refused though in range (`not = […]`).
    pub refused: Vec<Vec<u8>>,
    /// Texts that may stand there instead of a value (`or = […]`).
    pub instead: Vec<String>,
    /// Rule broken by a list without items.
    pub empty: Option<RuleId>,
    /// The field is the key of a record of another table.
    pub refers: Option<Reference>,
    /// The field is a position in a list of the environment.
    pub outside: Option<Outside>,
    /// The value follows from the rest of the tree.
    pub relation: Option<Relation>,
    /// Where it starts, when that is stated elsewhere.
    pub at: Option<Place>,
    /// How many bytes it takes, when that is stated elsewhere.
    pub size: Option<Place>,
    /// Where it starts in its record, if everything before it there always takes the same bytes.
    pub offset: Option<u32>,
    /// An integer holds an IEEE-754 single. Those that are not negative order as their bits do.
    pub float: bool,
    /// What people's data need not state.
    pub default: Option<Vec<u8>>,
    /// A list of slots, not all of which need be used.
    pub slots: Option<Slots>,
    /// It ends so many bytes before the end of what encloses it.
    pub before: Option<u32>,
    /// A record or list ends before the first of these byte strings.
    pub until: Vec<Vec<u8>>,
    /// Rule broken by bytes missing or left over inside it.
    pub exact: Option<RuleId>,
    /// It may stand without bytes; then nothing is said of what it holds.
    pub may_be_empty: bool,
    /// It must have bytes where its record is there.
    pub required: bool,
    /// Positions of a delimited record that it takes, with the separators between them.
    pub positions: u32,
    /// It is there if the bytes begin like this; a list goes on as long as they do.
    pub begins: Option<Vec<u8>>,
    /// What ends it, and belongs to it.
    pub end: Option<Vec<u8>>,
    /// Most characters of a decimal number, and the rule broken by more.
    pub longest: Option<(u32, RuleId)>,
}

/// What is stated of a list with a fixed number of slots.
#[derive(Clone, Debug)]
pub struct Slots {
    /// All bytes of an unused slot.
    pub fill: u8,
    /// How many are used, from the first on; none: a slot is used unless all its bytes are `fill`.
    pub used: Option<Operand>,
    /// Broken by other bytes in an unused slot.
    pub rule: RuleId,
    /// Broken by a used slot after an unused one.
    pub gap: RuleId,
}

/// A reference to a record of a table by its key.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The list.
    pub table: FieldId,
    /// Its key field; the list itself: records are named by their position in it.
    pub key: FieldId,
    /// The value that stands for "none".
    pub none: Option<u64>,
    /// Broken when no record has the key.
    pub rule: RuleId,
}

/// A number given in the description or read from the tree.
#[derive(Clone, Debug)]
pub enum Place {
    /// Given in the description.
    Fixed(u64),
    /// Read from a field.
    Field(Operand),
}

/// A field's resolution.
#[derive(Clone, Debug)]
pub enum Step {
    /// Always the same.
    Fixed(u64),
    /// An attribute of an enumerated field.
    By(Operand),
}

/// A delimiter between items.
#[derive(Clone, Debug)]
pub enum Delimiter {
    /// Fixed bytes.
    Bytes(Vec<u8>),
    /// The bytes of a field met earlier.
    Field(Operand),
}

/// The layer "shape" of the language.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Unsigned integer.
    Uint {
        /// Bytes.
        width: u8,
        /// Most significant byte first.
        big: bool,
    },
    /// Two's-complement integer.
    Int {
        /// Bytes.
        width: u8,
        /// Most significant byte first.
        big: bool,
    },
    /// Enumerated integer, or word.
    Enum {
        /// Bytes of the integer; 0 for a word.
        width: u8,
        /// Most significant byte first.
        big: bool,
        /// Index in [`Format::enums`].
        of: usize,
        /// The enumerators travel as their names.
        words: Option<Words>,
    },
    /// Named bits from the least significant on; the others, and those with an empty name, are
    /// reserved.
    Bits {
        /// Bytes.
        width: u8,
        /// Most significant byte first.
        big: bool,
        /// Names by position.
        names: Vec<String>,
    },
    /// A number in ASCII digits of fixed width, zero-padded.
    Digits {
        /// Characters.
        width: u8,
        /// In hexadecimal digits, and the rule that lower-case letters among them break; none: in
        /// decimal ones.
        hex: Option<RuleId>,
    },
    /// A number in ASCII digits of any width, to the end of what encloses it.
    Decimal {
        /// Digits of the fraction that count; without any there is no point, unless a resolution
        /// is stated.
        places: u8,
        /// In hexadecimal digits.
        hex: bool,
        /// Broken by digits that say nothing: zeros before the number, and further decimals.
        plain: Option<RuleId>,
        /// A resolution is stated: what is finer breaks it, and numbers are written as short as
        /// they can be.
        step: bool,
    },
    /// Fixed bytes.
    Const(Vec<u8>),
    /// Raw bytes of fixed or stated length, or to the end.
    Bytes(Extent),
    /// Characters.
    Text(TextShape),
    /// Fields one after another.
    Record(RecordId),
    /// One of several records, by the value of another field.
    Switch {
        /// The deciding field.
        on: Operand,
        /// Value and the field that is present then.
        cases: Vec<(u64, FieldId)>,
    },
    /// A repeated item.
    List {
        /// The item.
        item: FieldId,
        /// How often.
        count: Count,
    },
}

/// Enumerators that travel as their names.
#[derive(Clone, Debug)]
pub struct Words {
    /// Where a word ends.
    pub extent: Extent,
    /// The names by their codes.
    pub names: Arc<[(u64, String)]>,
    /// What else may stand there; none: nothing.
    pub others: Option<TextShape>,
}

impl Words {
    /// The code of a name.
    pub fn code(&self, name: &[u8]) -> Option<u64> {
        self.names.iter().find(|(_, known)| known.as_bytes() == name).map(|(code, _)| *code)
    }

    /// The name of a code.
    pub fn name(&self, code: u64) -> Option<&str> {
        self.names.iter().find(|(known, _)| *known == code).map(|(_, name)| name.as_str())
    }
}

/// How long bytes are.
#[derive(Clone, Debug)]
pub enum Extent {
    /// As stated in the description.
    Fixed(u32),
    /// Up to (and without) one of these byte strings.
    Until(Vec<Vec<u8>>),
    /// To the end of what encloses it.
    Rest,
}

/// How often a list's item stands.
#[derive(Clone, Debug)]
pub enum Count {
    /// As stated in the description.
    Fixed(u32),
    /// As a field states.
    Field(Operand),
    /// Items with a delimiter between them, to the end of what encloses the list.
    Delimited(Delimiter),
    /// Items that each end with a delimiter, to the end of what encloses the list.
    Terminated(Delimiter),
    /// To the end of what encloses it.
    Rest,
}

impl Count {
    /// What stands between the items or ends each of them.
    pub fn delimiter(&self) -> Option<&Delimiter> {
        match self {
            Count::Delimited(delimiter) | Count::Terminated(delimiter) => Some(delimiter),
            Count::Fixed(_) | Count::Field(_) | Count::Rest => None,
        }
    }
}

/// A text's form and limits.
#[derive(Clone, Debug)]
pub struct TextShape {
    /// Bytes of the length prefix; 0: see `extent`.
    pub prefix: u8,
    /// Without prefix: where it ends.
    pub extent: Extent,
    /// Fill byte of a fixed-size text; the text ends at the first one.
    pub pad: Option<u8>,
    /// Most characters.
    pub max_chars: u32,
    /// Most bytes.
    pub max_bytes: u32,
    /// Allowed characters, an index of [`Format::charsets`].
    pub charset: Option<usize>,
    /// The characters that it has as a rule, and the rule that others break.
    pub usual: Option<(usize, RuleId)>,
    /// Whether it may be empty or blank.
    pub may_be_blank: bool,
    /// Most lines.
    pub max_lines: Option<u32>,
    /// Rules in the order length, utf8, characters, charset, blank, lines.
    pub rules: TextRules,
    /// Escape sequences in it.
    pub escapes: Option<Arc<Escapes>>,
    /// Fewer characters are allowed unless a condition holds on its record; the rule that others
    /// break.
    pub narrow: Option<Box<(usize, Condition, RuleId)>>,
}

/// Escape sequences: one delimiter, a letter, the same delimiter.
#[derive(Clone, Debug)]
pub struct Escapes {
    /// The delimiter around a sequence.
    pub around: Operand,
    /// What the letters stand for.
    pub letters: Vec<(u8, Operand)>,
    /// The letter that pairs of hexadecimal digits follow, each pair a printable ASCII character.
    pub hex: Option<u8>,
    /// Broken by any other sequence.
    pub rule: RuleId,
    /// Broken by a delimiter that stands for itself.
    pub delimiter: RuleId,
}

/// The rules of a text.
#[derive(Clone, Copy, Debug)]
pub struct TextRules {
    /// Too many bytes.
    pub length: RuleId,
    /// Not UTF-8.
    pub utf8: RuleId,
    /// Too many characters.
    pub characters: RuleId,
    /// A character outside the set.
    pub charset: RuleId,
    /// Nothing to read.
    pub blank: RuleId,
    /// Too many lines.
    pub lines: RuleId,
    /// Something after the first fill byte; none: that is not looked at.
    pub padding: Option<RuleId>,
}

/// A set of characters.
#[derive(Clone, Debug, Default)]
pub struct Charset {
    /// Name in the description.
    pub name: String,
    /// Inclusive ranges.
    pub allow: Vec<(u32, u32)>,
    /// Exceptions.
    pub except: Vec<u32>,
    /// The allowed characters below 128, as bits.
    pub ascii: [u64; 2],
}

impl Charset {
    /// Whether `c` is allowed.
    #[inline]
    pub fn contains(&self, c: char) -> bool {
        if c.is_ascii() { self.has_ascii(c as u8) } else { self.lists(c) }
    }

    /// Whether a character below 128 is allowed.
    #[inline]
    pub fn has_ascii(&self, byte: u8) -> bool {
        self.ascii[usize::from(byte >> 6) & 1] >> (byte & 63) & 1 == 1
    }

    /// As the ranges and exceptions say.
    pub(crate) fn lists(&self, c: char) -> bool {
        let c = c as u32;
        self.allow.iter().any(|&(low, high)| (low..=high).contains(&c)) && !self.except.contains(&c)
    }
}

/// An enumeration: values with a name and attributes.
#[derive(Clone, Debug)]
pub struct Enumeration {
    /// Name in the description.
    pub name: String,
    /// Attribute columns.
    pub columns: Vec<String>,
    /// Rows in the order of the description.
    pub rows: Vec<EnumRow>,
    /// One more than the row of each code below 256; 0: there is none.
    pub by_code: Vec<u16>,
}

/// One enumerator.
#[derive(Clone, Debug)]
pub struct EnumRow {
    /// Its number on the wire.
    pub code: u64,
    /// Its name.
    pub name: String,
    /// Attribute values, one per column.
    pub attributes: Vec<Value>,
}

impl Enumeration {
    /// The row of `code`.
    #[inline]
    pub fn row(&self, code: u64) -> Option<&EnumRow> {
        match self.by_code.get(code as usize) {
            Some(row) if code < 256 => self.rows.get(usize::from(*row).wrapping_sub(1)),
            _ => self.rows.iter().find(|row| row.code == code),
        }
    }

    /// Fills [`Enumeration::by_code`].
    pub(crate) fn index(&mut self) {
        self.by_code = vec![0; 256];
        for (at, row) in self.rows.iter().enumerate().rev() {
            if let Some(place) = self.by_code.get_mut(row.code as usize).filter(|_| row.code < 256) {
                *place = at as u16 + 1;
            }
        }
    }
}

/// The layer "codec": what happens to the bytes of a whole message.
#[derive(Clone, Debug)]
pub enum Codec {
    /// Byte strings replaced one by one, in a single pass; `(plain, on the wire)`.
    Substitute(Vec<(u8, Vec<u8>)>, RuleId),
}

impl Format {
    /// A field.
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[usize::from(id.0)]
    }

    /// The facts of a field for the hot paths.
    #[inline]
    pub fn quick(&self, id: FieldId) -> &Quick {
        &self.quick[usize::from(id.0)]
    }

    /// A record.
    pub fn record(&self, id: RecordId) -> &Record {
        &self.records[usize::from(id.0)]
    }

    /// The id of a rule as text.
    pub fn rule(&self, id: RuleId) -> &str {
        &self.rules[usize::from(id.0)].id
    }

    /// The rule with this id.
    pub fn rule_named(&self, id: &str) -> Option<RuleId> {
        self.rules.iter().position(|rule| rule.id == id).map(|index| RuleId(index as u16))
    }

    /// The field with this path (`[]` for list positions).
    pub fn field_at(&self, path: &str) -> Option<FieldId> {
        self.fields.iter().find(|field| field.path == path).map(|field| field.id)
    }

    /// Leaves: the fields that hold bytes themselves, in order.
    pub fn leaves(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_leaf())
    }

    /// How many positions a reference to the environment may name, if that is given.
    pub fn used_outside(&self, outside: &Outside) -> Option<u64> {
        self.environment.as_ref()?.lists.get(outside.list)?.1
    }

    /// Whether nothing can break a rule, since it is about an environment and none was given.
    pub fn says_nothing(&self, rule: RuleId) -> bool {
        let mut about = self.fields.iter().filter_map(|field| field.outside.as_ref()).filter(|o| o.rule == rule);
        let within = self.fields.iter().any(|field| field.refers.as_ref().is_some_and(|r| r.rule == rule));
        !within && about.next().is_some_and(|outside| self.used_outside(outside).is_none())
    }

    /// Whether an environment was given.
    pub fn has_environment(&self) -> bool {
        self.environment.as_ref().is_some_and(|environment| environment.lists.iter().any(|(_, used)| used.is_some()))
    }

    /// Gives the environment that inputs are judged against from now on. An error names a list
    /// that it does not have.
    pub fn judge_against(&mut self, given: &crate::tree::Tree<'_>) -> Result<(), String> {
        for (name, used) in self.environment.iter_mut().flat_map(|environment| &mut environment.lists) {
            let list = given.find(name.trim_start_matches('/')).ok_or_else(|| format!("there is no list `{name}`"))?;
            *used = Some(given.used(list).count() as u64);
        }
        Ok(())
    }

    /// The record of a field that is one.
    pub fn record_of(&self, id: FieldId) -> Option<&Record> {
        match self.field(id).shape {
            Shape::Record(record) => Some(self.record(record)),
            _ => None,
        }
    }
}

/// The bits that have a name.
pub fn named_bits(names: &[String]) -> u64 {
    let bits = names.iter().take(64).enumerate().filter(|(_, name)| !name.is_empty());
    bits.fold(0, |mask, (bit, _)| mask | 1 << bit)
}

impl Field {
    /// The number that stands for a decimal number: scaled, or the bits of a float.
    pub fn parse(&self, text: &str) -> Option<u64> {
        if !self.float {
            return parse_scaled(text, self.decimals);
        }
        let number: f32 = text.parse().ok()?;
        (number.is_finite() && !number.is_sign_negative()).then(|| u64::from(number.to_bits()))
    }

    /// What stands for a number, as people write it.
    pub fn show(&self, number: u64) -> String {
        match u32::try_from(number) {
            Ok(bits) if self.float => f32::from_bits(bits).to_string(),
            _ => format_scaled(number, self.decimals),
        }
    }

    /// Whether a record may be without it.
    pub fn may_be_absent(&self) -> bool {
        let by_its_beginning = self.begins.is_some() && !matches!(self.shape, Shape::List { .. });
        self.when.is_some() || self.may_be_empty || by_its_beginning
    }

    /// Whether it holds bytes itself rather than other fields.
    pub fn is_leaf(&self) -> bool {
        !matches!(self.shape, Shape::Record(_) | Shape::Switch { .. } | Shape::List { .. })
    }

    /// Whether a text stands there instead of a value.
    pub fn has_instead(&self, bytes: &[u8]) -> bool {
        self.instead.iter().any(|text| text.as_bytes() == bytes)
    }

    /// The names by which its enumerators travel, if they do.
    pub fn words(&self) -> Option<&Words> {
        match &self.shape {
            Shape::Enum { words, .. } => words.as_ref(),
            _ => None,
        }
    }

    /// Width and byte order of an integer of any kind.
    pub fn integer(&self) -> Option<(u8, bool)> {
        match self.shape {
            Shape::Uint { width, big }
            | Shape::Int { width, big }
            | Shape::Enum { width, big, words: None, .. }
            | Shape::Bits { width, big, .. } => Some((width, big)),
            _ => None,
        }
    }
}

impl fmt::Display for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field {}", self.0)
    }
}
