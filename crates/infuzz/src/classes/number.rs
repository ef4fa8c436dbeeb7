//! Value classes of numbers, enumerators, bits, references, constants, bytes and relations.

use super::{Applied, Context, Values};
use crate::format::{RelationKind, Shape, Words, named_bits};
use crate::rules::step_of;

const NO_RANGE: &str = "the field has no range";

/// Range and resolution of a number whose unit is known.
fn range(c: &Context<'_, '_>) -> Result<(u64, u64, u64), &'static str> {
    let (low, high, _) = c.field.range.ok_or(NO_RANGE)?;
    let step = match &c.field.step {
        None => 1,
        Some((step, _)) => step_of(c.tree, c.node, step).ok_or("the unit that gives the resolution is not legal")?,
    };
    Ok((low, high, step))
}

fn lowest(low: u64, step: u64) -> u64 {
    low.next_multiple_of(step)
}

pub(super) fn below_range(c: &Context<'_, '_>) -> Applied {
    let (low, _, step) = range(c)?;
    let below = low.checked_sub(1).ok_or("the range begins at 0")?;
    let mut values = c.one("just below", below);
    if let Some(value) = lowest(low, step).checked_sub(step).filter(|v| *v < low && *v != below) {
        values.extend(c.one("one step below", value));
    }
    Ok(values)
}

pub(super) fn minimum(c: &Context<'_, '_>) -> Applied {
    let (low, _, step) = range(c)?;
    Ok(c.one("minimum", lowest(low, step)))
}

pub(super) fn near_minimum(c: &Context<'_, '_>) -> Applied {
    let (low, high, step) = range(c)?;
    let value = lowest(low, step) + step;
    if value > high { Err("the range has one value") } else { Ok(c.one("one step above the minimum", value)) }
}

pub(super) fn middle(c: &Context<'_, '_>) -> Applied {
    let (low, high, step) = range(c)?;
    let value = low / 2 + high / 2;
    Ok(c.one("middle", (value - value % step).max(lowest(low, step))))
}

pub(super) fn near_maximum(c: &Context<'_, '_>) -> Applied {
    let (low, high, step) = range(c)?;
    let value = (high - high % step).checked_sub(step).filter(|v| *v >= low);
    Ok(c.one("one step below the maximum", value.ok_or("the range has one value")?))
}

pub(super) fn maximum(c: &Context<'_, '_>) -> Applied {
    let (_, high, step) = range(c)?;
    Ok(c.one("maximum", high - high % step))
}

pub(super) fn above_range(c: &Context<'_, '_>) -> Applied {
    let (_, high, step) = range(c)?;
    let most = c.most().ok_or(NO_RANGE)?;
    if high >= most {
        return Err("the range ends at the largest value the field can hold");
    }
    let mut values = c.one("just above", high + 1);
    let next = (high - high % step).saturating_add(step);
    if next > high + 1 && next <= most {
        values.extend(c.one("one step above", next));
    }
    Ok(values)
}

pub(super) fn off_resolution(c: &Context<'_, '_>) -> Applied {
    let step = c.field.step.as_ref().ok_or("every whole number is on the resolution")?;
    let step = step_of(c.tree, c.node, &step.0).ok_or("the unit that gives the resolution is not legal")?;
    if step == 1 {
        return Err("every whole number is on the resolution");
    }
    let (low, high, _) = range(c)?;
    let now = c.number().ok_or("the field holds no number")?;
    let base = now - now % step;
    let candidates =
        [("one beyond", base + 1), ("half a step beyond", base + step / 2), ("one short", base + step - 1)];
    let legal = candidates.into_iter().filter(|(_, v)| (low..=high).contains(v) && v % step != 0);
    let mut values: Vec<(String, Vec<u8>)> = legal.map(|(label, v)| (label.to_string(), c.encode(v))).collect();
    if values.is_empty() {
        let value = lowest(low, step) + 1;
        values = c.one("one beyond the minimum", value);
    }
    values.dedup_by(|a, b| a.1 == b.1);
    Ok(values)
}

pub(super) fn scale_slip(c: &Context<'_, '_>) -> Applied {
    if c.field.decimals == 0 {
        return Err("the field is no quantity");
    }
    let now = c.number().ok_or("the field holds no number")?;
    let most = c.most().unwrap_or(0);
    let up = [10, 1000].into_iter().filter_map(|by| Some((format!("{by} times"), now.checked_mul(by)?)));
    let down = [10, 1000].into_iter().map(|by| (format!("a {by}th"), now / by));
    Ok(up.chain(down).filter(|(_, v)| *v <= most).map(|(label, v)| (label, c.encode(v))).collect())
}

fn filled(c: &Context<'_, '_>, byte: u8) -> Applied {
    match &c.field.shape {
        Shape::Text(_) => Err("for texts there are classes of their own"),
        Shape::Digits { .. } | Shape::Decimal { .. } => Err("for digits there are classes of their own"),
        _ => Ok(vec![(format!("every byte {byte:02X}"), vec![byte; c.tree.span(c.node).len()])]),
    }
}

pub(super) fn all_zeros(c: &Context<'_, '_>) -> Applied {
    filled(c, 0)
}

pub(super) fn all_ones(c: &Context<'_, '_>) -> Applied {
    filled(c, 0xFF)
}

pub(super) fn sign_flip(c: &Context<'_, '_>) -> Applied {
    let now = c.number().ok_or("the field holds no integer")?;
    let (width, _) = c.field.integer().ok_or("the field holds no integer")?;
    let top = 1u64 << (8 * u32::from(width) - 1);
    let mut values = c.one("top bit toggled", now ^ top);
    let negated = now.wrapping_neg() & c.most().unwrap_or(0);
    if negated != now ^ top && negated != now {
        values.extend(c.one("negated", negated));
    }
    Ok(values)
}

pub(super) fn byte_swapped(c: &Context<'_, '_>) -> Applied {
    let mut bytes = c.tree.span(c.node).to_vec();
    if bytes.len() < 2 || c.field.integer().is_none() {
        return Err("the field is no integer of several bytes");
    }
    bytes.reverse();
    Ok(vec![("other byte order".into(), bytes)])
}

pub(super) fn one_bit_off(c: &Context<'_, '_>) -> Applied {
    let bytes = c.tree.span(c.node);
    if bytes.is_empty() {
        return Err("the field has no bytes");
    }
    if super::is_text(c.field) {
        return Err("for texts there are classes of their own");
    }
    let mut at: Vec<usize> = vec![0, bytes.len() / 2, bytes.len() - 1];
    at.dedup();
    Ok(at
        .into_iter()
        .map(|at| {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            (format!("bit 0 of byte {at}"), changed)
        })
        .collect())
}

pub(super) fn enumerator(c: &Context<'_, '_>) -> Applied {
    let Shape::Enum { of, .. } = c.field.shape else { return Err("the field is not enumerated") };
    let rows = c.tree.format().enums[of].rows.iter();
    Ok(rows.map(|row| (row.name.clone(), c.encode(row.code))).collect())
}

pub(super) fn reserved_enumerator(c: &Context<'_, '_>) -> Applied {
    let Shape::Enum { of, .. } = c.field.shape else { return Err("the field is not enumerated") };
    if let Some(words) = c.field.words() {
        return Ok(other_words(c.tree.span(c.node), words));
    }
    let known = &c.tree.format().enums[of];
    let most = c.most().unwrap_or(0);
    let last = known.rows.iter().map(|row| row.code).max().unwrap_or(0);
    let gaps = known.rows.iter().filter_map(|row| row.code.checked_add(1));
    let mut codes: Vec<u64> = [0, last.saturating_add(1), most / 2 + 1, most].into_iter().chain(gaps).collect();
    codes.sort_unstable();
    codes.dedup();
    let reserved = codes.into_iter().filter(|code| *code <= most && known.row(*code).is_none());
    let values: Vec<_> = reserved.map(|code| (code.to_string(), c.encode(code))).collect();
    if values.is_empty() { Err("every value is an enumerator") } else { Ok(values) }
}

/// Words that are none of the names, most of them close to the present one.
fn other_words(now: &[u8], words: &Words) -> Values {
    let cut = now.split_last().map_or(now, |(_, rest)| rest);
    let tail = now.split_first().map_or(now, |(_, rest)| rest);
    let candidates = [
        ("nothing", Vec::new()),
        ("in lower case", now.to_ascii_lowercase()),
        ("in upper case", now.to_ascii_uppercase()),
        ("without its last character", cut.to_vec()),
        ("without its first character", tail.to_vec()),
        ("one character more", [now, b"X"].concat()),
        ("its last character twice", [now, now.last_chunk::<1>().map_or(&[][..], |last| last)].concat()),
        ("twice", now.repeat(2)),
        ("after a space", [b" ", now].concat()),
        ("before a space", [now, b" "].concat()),
        ("before a zero byte", [now, b"\0"].concat()),
        ("another word", b"INFUZZ".to_vec()),
        ("a number", b"0".to_vec()),
        ("long", vec![b'A'; 300]),
        ("not UTF-8", b"\xFF".to_vec()),
    ];
    let unknown = candidates.into_iter().filter(|(_, word)| words.code(word).is_none());
    let mut values: Values = unknown.map(|(label, word)| (label.to_string(), word)).collect();
    let mut seen = Vec::new();
    values.retain(|(_, word)| {
        let new = !seen.contains(word);
        seen.push(word.clone());
        new
    });
    values
}

fn bits<'f>(c: &Context<'_, 'f>) -> Result<&'f [String], &'static str> {
    match &c.field.shape {
        Shape::Bits { names, .. } => Ok(names),
        _ => Err("the field is no bit field"),
    }
}

pub(super) fn flag(c: &Context<'_, '_>) -> Applied {
    let names = bits(c)?;
    let now = c.number().ok_or("the field holds no number")?;
    let named = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
    Ok(named.map(|(bit, name)| (format!("{name} toggled"), c.encode(now ^ 1 << bit))).collect())
}

pub(super) fn reserved_bit(c: &Context<'_, '_>) -> Applied {
    let names = bits(c)?;
    let (width, _) = c.field.integer().ok_or("the field holds no number")?;
    let now = c.number().ok_or("the field holds no number")?;
    let reserved = (0..8 * usize::from(width)).filter(|bit| named_bits(names) >> bit & 1 == 0);
    let values: Vec<_> = reserved.map(|bit| (format!("bit {bit}"), c.encode(now | 1 << bit))).collect();
    if values.is_empty() { Err("every bit is named") } else { Ok(values) }
}

const NO_REFERENCE: &str = "the field is no reference";

/// The keys that a reference may have, in this input or in the environment.
fn keys(c: &Context<'_, '_>) -> Result<Vec<u64>, &'static str> {
    match (&c.field.refers, &c.field.outside) {
        (Some(reference), _) => Ok(c.tables.keys(reference.table).collect()),
        (None, Some(outside)) => {
            let used = c.tree.format().used_outside(outside);
            Ok((0..used.ok_or("nothing is given that it could refer to")?).collect())
        }
        (None, None) => Err(NO_REFERENCE),
    }
}

/// What stands for none; none: the reference is never absent.
fn none(c: &Context<'_, '_>) -> Result<Option<u64>, &'static str> {
    let inside = c.field.refers.as_ref().map(|reference| reference.none);
    inside.or(c.field.outside.as_ref().map(|outside| outside.none)).ok_or(NO_REFERENCE)
}

pub(super) fn dangling(c: &Context<'_, '_>) -> Applied {
    let (keys, none) = (keys(c)?, none(c)?);
    let last = keys.last().copied().unwrap_or(0);
    let gap = keys.windows(2).find(|pair| pair[0] + 1 < pair[1]).map(|pair| pair[0] + 1);
    let most = c.most();
    let candidates =
        [Some(last + 1), Some(last + 2), gap, most.map(|most| most - 1), most, Some(0)].into_iter().flatten();
    let mut values: Vec<_> = candidates
        .filter(|key| !keys.contains(key) && none != Some(*key))
        .map(|key| (key.to_string(), c.encode(key)))
        .collect();
    values.dedup();
    Ok(values)
}

pub(super) fn no_record(c: &Context<'_, '_>) -> Applied {
    Ok(c.one("none", none(c)?.ok_or("the reference is never absent")?))
}

pub(super) fn other_record(c: &Context<'_, '_>) -> Applied {
    let keys = keys(c)?;
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return Err("the table is empty") };
    let mut values = c.one("first record", *first);
    values.extend(c.one("last record", *last));
    values.dedup();
    Ok(values)
}

fn stated(c: &Context<'_, '_>) -> Result<u64, &'static str> {
    match c.field.relation.as_ref().map(|r| &r.kind) {
        None => Err("the value does not follow from the rest"),
        Some(RelationKind::Check { .. }) => Err("a check value has no neighbours"),
        Some(_) => c.number().ok_or("the field holds no number"),
    }
}

pub(super) fn one_less(c: &Context<'_, '_>) -> Applied {
    let value = stated(c)?.checked_sub(1).ok_or("the value is 0")?;
    Ok(c.one("one less", value))
}

pub(super) fn one_more(c: &Context<'_, '_>) -> Applied {
    let value = stated(c)?;
    Ok(c.one("one more", value.wrapping_add(1)))
}
