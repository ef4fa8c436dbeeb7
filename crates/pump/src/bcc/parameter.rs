//! The parameters that are known, and what values each may have.

use super::frame::control;
use super::refusal::Rule;

/// Stand for a value that there is not, or not at the moment.
const NO_VALUE: [&[u8]; 2] = [b"_NV", b"_NA"];

/// What values a parameter may have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A number with at most so many decimal places; the least and the most, in units of the last.
    Number(u32, Option<(u64, u64)>),
    /// A number in hexadecimal digits, and the most.
    Hex(u64),
    /// A text of at most so many characters.
    Text(usize),
    /// A text of at most so many ASCII letters and digits.
    Alphanumeric(usize),
    /// One of these.
    Words(&'static [&'static str]),
    /// Year, month and day, without anything between them.
    Date,
    /// Hour, minute and second, without anything between them.
    Clock,
    /// This text, or what else there is.
    Or(&'static str, &'static Kind),
}

const fn whole(least: u64, most: u64) -> Kind {
    Kind::Number(0, Some((least, most)))
}

const ANY: Kind = Kind::Text(usize::MAX);
const FLAG: Kind = Kind::Words(&["0", "1"]);
const FLOW: Kind = Kind::Number(2, Some((0, 180_000)));
const VOLUME: Kind = Kind::Number(1, Some((0, 99_999)));
const BOLUS: Kind = Kind::Number(2, Some((0, 50_000)));
const BOLUS_LIMIT: Kind = Kind::Number(2, Some((0, 9_999_900)));
const DOSE: Kind = Kind::Number(3, Some((0, 99_999_000)));
const UNIT: Kind = whole(1, 156);
const ID: Kind = Kind::Alphanumeric(15);
const BITS: Kind = Kind::Hex(0xFFFF_FFFF);
const WIDE: Kind = whole(0, u64::MAX);
const LIMIT: Kind = Kind::Number(3, None);
/// Minutes; 10000 stands for never.
const AWAKENING: Kind = Kind::Or("10000", &whole(0, 20));

/// A parameter: its name, the record that holds its value in the format's description, and the
/// values.
type Row = (&'static str, &'static str, Kind);

/// Of the device itself.
static DEVICE: &[Row] = &[
    ("GNACK", "acknowledge", ANY),
    ("GNERR", "error", ANY),
    ("FMNOR", "pillars", whole(1, 3)),
    ("FMSTAT", "running", ANY),
    ("FMDONGLE", "dongle", ANY),
    ("FMRSTAT", "running", ANY),
    ("FMBANY", "any", ANY),
    ("FMRT", "any", ANY),
    ("COMSERIALNO", "wide", WIDE),
    ("COMSWVERSION", "any", ANY),
];

/// Rates, volumes, doses and their limits.
static QUANTITIES: &[Row] = &[
    ("INRT", "flow", FLOW),
    ("INBORT", "flow", FLOW),
    ("BASRT", "flow", FLOW),
    ("BOLRTSLLOW", "flow", FLOW),
    ("BOLRTSLHIGH", "flow", FLOW),
    ("BOLRTHLHIGH", "flow", FLOW),
    ("INAVRT", "flow", FLOW),
    ("INVTB", "volume", VOLUME),
    ("INVI", "volume", VOLUME),
    ("INBOVAL", "bolus", BOLUS),
    ("BOVAL", "bolus", BOLUS),
    ("BOLVOLSLLOW", "bolus_limit", BOLUS_LIMIT),
    ("BOLVOLSLHIGH", "bolus_limit", BOLUS_LIMIT),
    ("BOLVOLHLHIGH", "bolus_limit", BOLUS_LIMIT),
    ("VOLREMAIN", "bolus_limit", BOLUS_LIMIT),
    ("INDCON", "dose", DOSE),
    ("INDORT", "dose", DOSE),
    ("DORT", "dose", DOSE),
    ("INDCONU", "unit", UNIT),
    ("INDORTU", "unit", UNIT),
    ("DORTU", "unit", UNIT),
    ("RTLIMUT", "unit", UNIT),
    ("BOLVOLLIMUT", "unit", UNIT),
    ("TCIUT", "unit", UNIT),
    ("SLLOW", "limit", LIMIT),
    ("SLHIGH", "limit", LIMIT),
    ("HLHIGH", "limit", LIMIT),
    ("INPSOLL", "pressure", whole(0, 8)),
    ("INP1", "pressure", whole(0, 8)),
    ("INP2", "percent", whole(0, 100)),
    ("PCAAD", "percent", whole(0, 100)),
    ("INSYR", "syringe", Kind::Number(2, Some((0, 6_000)))),
    ("INVOLACT", "syringe", Kind::Number(2, Some((0, 6_000)))),
    ("INRMT", "count", whole(0, 65_535)),
    ("TIMEOFINF", "count", whole(0, 65_535)),
    ("PCABR", "count", whole(0, 65_535)),
    ("PCABA", "count", whole(0, 65_535)),
    ("INTIME", "infusion", whole(0, 6_000)),
    ("INAKKU", "day", whole(0, 1_440)),
    ("INSTBY", "day", whole(0, 1_440)),
    ("INBOCNT", "between", whole(0, 9)),
    ("BOCNT", "therapy", whole(0, 255)),
    ("TCIAWA", "awakening", AWAKENING),
    ("TCIPLA", "target", Kind::Number(3, Some((0, 100_000)))),
    ("TCIEFF", "target", Kind::Number(3, Some((0, 100_000)))),
    ("TCITAR", "target", Kind::Number(3, Some((0, 100_000)))),
];

/// Drug, patient, pump and software.
static NAMES: &[Row] = &[
    ("GNNEW", "any", ANY),
    ("GNMODEL", "any", ANY),
    ("INSOL", "name", Kind::Text(25)),
    ("DRUGCAT", "name", Kind::Text(25)),
    ("DISPNAME", "name", Kind::Text(25)),
    ("INSOLSN", "short_name", Kind::Text(8)),
    ("INSOLID", "drug_id", Kind::Text(20)),
    ("DLNAME", "any", ANY),
    ("CAREUNIT", "any", ANY),
    ("DLCRETIME", "wide", WIDE),
    ("PATID", "id", ID),
    ("PATIDBADGE", "id", ID),
    ("PATIDDRUG", "id", ID),
    ("NURSEID", "id", ID),
    ("DRUGORDERNO", "id", ID),
    ("PATW", "weight", Kind::Number(3, Some((250, 250_000)))),
    ("PATH", "height", Kind::Number(1, Some((150, 2_500)))),
    ("PATAGE", "age", whole(0, 200)),
    ("PATSEX", "any", ANY),
    ("INNR", "unique", Kind::Hex(0x7FFF_FFFF)),
    ("INSERNUM", "any", ANY),
    ("INDTNR", "any", ANY),
    ("VERSION", "protocol", Kind::Number(2, None)),
    ("DATE", "date", Kind::Date),
    ("TIME", "clock", Kind::Clock),
];

/// What a pump does and what it warns of.
static STATES: &[Row] = &[
    ("DSSTATUS", "power", Kind::Words(&["00050", "00051"])),
    ("OPMODE", "mode", Kind::Words(&["0", "1", "2", "3", "4", "5", "7"])),
    ("ALARM1", "bits", BITS),
    ("ALARM2", "bits", BITS),
    ("PREALARM", "bits", BITS),
    ("STATUS1", "status", BITS),
    ("STATUS2", "none", ANY),
    ("RUNSTATE", "run_state", Kind::Number(0, None)),
    ("DGDSTATUS", "guard", whole(0, 6)),
    ("AUTOPROGSTATE", "guard", whole(0, 6)),
    ("DGDALERTSLL", "choice", whole(0, 2)),
    ("DGDALERTSLH", "choice", whole(0, 2)),
    ("BOLTYPE", "choice", whole(0, 2)),
    ("DGDALERTHLH", "flag", FLAG),
    ("DISPCHG", "flag", FLAG),
    ("ACTCHAN", "flag", FLAG),
    ("DRROUNDED", "flag", FLAG),
    ("INDOCAL", "flag", FLAG),
    ("LASTDA", "alarm", whole(1_000, 2_999)),
    ("INSOLPRIO", "priority", whole(1, 3)),
    ("INSOLCOL", "colour", whole(0, 5)),
    ("TCIMODEL", "colour", whole(0, 5)),
    ("TCIMOD", "target_mode", whole(0, 3)),
    ("PROGSTAT", "step", whole(0, 11)),
    ("LASTAUTOPROGERR", "programming", ANY),
    ("INM1", "flag", FLAG),
    ("INM2", "flag", FLAG),
    ("INM3", "flag", FLAG),
    ("INM4", "flag", FLAG),
    ("INM5", "flag", FLAG),
    ("INM6", "flag", FLAG),
    ("INM7", "flag", FLAG),
    ("INM8", "flag", FLAG),
    ("INM9", "none", ANY),
    ("INM10", "flag", FLAG),
    ("INM11", "zero", ANY),
    ("INM12", "flag", FLAG),
    ("INM13", "flag", FLAG),
    ("INM14", "flag", FLAG),
    ("INA1", "flag", FLAG),
    ("INA2", "flag", FLAG),
    ("INA3", "flag", FLAG),
    ("INA4", "zero", ANY),
    ("INA5", "flag", FLAG),
    ("INA6", "flag", FLAG),
    ("INA7", "flag", FLAG),
    ("INA8", "flag", FLAG),
    ("INA9", "flag", FLAG),
    ("INA10", "none", ANY),
    ("INA11", "flag", FLAG),
    ("INA12", "flag", FLAG),
    ("INA13", "flag", FLAG),
    ("INA14", "flag", FLAG),
    ("INA15", "flag", FLAG),
    ("INA16", "flag", FLAG),
];

/// The record that holds the value of a parameter, and the values; a parameter that is not known
/// has any text.
pub(super) fn known(name: &[u8]) -> (&'static str, Kind) {
    let all = [DEVICE, QUANTITIES, NAMES, STATES].into_iter().flatten();
    let row = all.into_iter().find(|(known, ..)| known.as_bytes() == name);
    row.map_or(("unknown", ANY), |(_, record, kind)| (*record, *kind))
}

/// The names of all parameters that are known.
pub fn names() -> impl Iterator<Item = &'static str> {
    [DEVICE, QUANTITIES, NAMES, STATES].into_iter().flatten().map(|(name, ..)| *name)
}

/// Checks a text; the rule that it breaks.
pub(super) fn text(bytes: &[u8], most: usize) -> Result<(), Rule> {
    let text = core::str::from_utf8(bytes).map_err(|_| Rule::TextUtf8)?;
    require!(!bytes.iter().any(|byte| control::ALL.contains(byte)), Rule::TextCharset);
    require!(text.chars().count() <= most, Rule::TextCharacters);
    Ok(())
}

/// Checks a value; the rule that it breaks, the field of its record and where in the value that
/// begins.
pub(super) fn check(kind: Kind, value: &[u8]) -> Result<(), (Rule, &'static str, usize)> {
    let wrong = |rule| (rule, "value", 0);
    if NO_VALUE.contains(&value) {
        return Ok(());
    }
    match kind {
        Kind::Number(places, range) => {
            let number = number(value, places).ok_or(wrong(Rule::NumberValue))?;
            if let Some((least, most)) = range {
                let within = number.is_some_and(|number| (least..=most).contains(&number));
                require!(within, wrong(Rule::NumberRange));
            }
        }
        Kind::Hex(most) => {
            let number = hex(value).ok_or(wrong(Rule::NumberValue))?;
            require!(number.is_some_and(|number| number <= most), wrong(Rule::NumberRange));
        }
        Kind::Text(most) => text(value, most).map_err(wrong)?,
        Kind::Alphanumeric(most) => {
            text(value, most).map_err(wrong)?;
            require!(value.iter().all(u8::is_ascii_alphanumeric), wrong(Rule::TextCharset));
        }
        Kind::Words(words) => {
            require!(words.iter().any(|word| word.as_bytes() == value), wrong(Rule::EnumValue));
        }
        Kind::Date => digits(value, "calendar", &[(4, 0, 9_999), (2, 1, 12), (2, 1, 31)])?,
        Kind::Clock => digits(value, "time_of_day", &[(2, 0, 23), (2, 0, 59), (2, 0, 59)])?,
        Kind::Or(word, _) if word.as_bytes() == value => {}
        Kind::Or(_, other) => check(*other, value)?,
    }
    Ok(())
}

/// Numbers of a fixed number of digits, which make up a record: digits, least and most of each.
fn digits(
    value: &[u8],
    record: &'static str,
    numbers: &[(usize, u64, u64)],
) -> Result<(), (Rule, &'static str, usize)> {
    let length = numbers.iter().fold(0_usize, |sum, (width, ..)| sum.saturating_add(*width));
    require!(value.len() == length, (Rule::NumberValue, "", 0));
    let (mut rest, mut at) = (value, 0_usize);
    for (width, least, most) in numbers {
        let (own, after) = rest.split_at_checked(*width).unwrap_or_default();
        let number = number(own, 0).ok_or((Rule::NumberValue, record, at))?;
        let within = number.is_some_and(|number| (*least..=*most).contains(&number));
        require!(within, (Rule::NumberRange, record, at));
        (rest, at) = (after, at.saturating_add(*width));
    }
    Ok(())
}

/// A number in digits, in units of its last decimal place; further places are left out. None:
/// these are no such digits; none within: it is larger than can be held.
pub(super) fn number(text: &[u8], places: u32) -> Option<Option<u64>> {
    let point = text.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(at) => (text.get(..at)?, text.get(at.checked_add(1)?..)?),
        None => (text, &b"0"[..]),
    };
    let are_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if !are_digits(whole) || !are_digits(fraction) || (point.is_some() && places == 0) {
        return None;
    }
    let zeros = core::iter::repeat(&b'0');
    let kept = fraction.iter().chain(zeros).take(usize::try_from(places).ok()?);
    Some(
        whole
            .iter()
            .chain(kept)
            .try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit.checked_sub(b'0')?))),
    )
}

/// A number in hexadecimal digits.
fn hex(text: &[u8]) -> Option<Option<u64>> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digits = core::str::from_utf8(text).ok()?;
    Some(u64::from_str_radix(digits, 16).ok())
}
