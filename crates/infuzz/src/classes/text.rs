//! Value classes of texts and digits.

use super::{Applied, Context, Values};
use crate::compose::encode_text;
use crate::format::number::write;
use crate::format::{Charset, Extent, Shape, TextShape};
use std::borrow::Cow;

fn shape<'f>(c: &Context<'_, 'f>) -> Result<&'f TextShape, &'static str> {
    match &c.field.shape {
        Shape::Text(text) => Ok(text),
        _ => Err("the field is no text"),
    }
}

fn charset<'f>(c: &Context<'_, 'f>, text: &TextShape) -> Option<&'f Charset> {
    text.charset.map(|index| &c.tree.format().charsets[index])
}

fn all<'a>(text: &TextShape, contents: impl IntoIterator<Item = (String, &'a [u8])>) -> Applied {
    let values: Vec<_> = contents
        .into_iter()
        .filter_map(|(label, content)| Some((label, encode_text(text, &filled(text, content))?)))
        .collect();
    if values.is_empty() { Err("the length prefix cannot say so many bytes") } else { Ok(values) }
}

/// Contents as long as the text has to be, so that they are wrong for what they are and not for
/// their size. No contents stay none.
fn filled<'a>(text: &TextShape, content: &'a [u8]) -> Cow<'a, [u8]> {
    match text.extent {
        Extent::Fixed(size) if text.prefix == 0 && text.pad.is_none() && !content.is_empty() => {
            let fill = if content.iter().all(|byte| *byte == b' ') { b' ' } else { b'A' };
            let missing = (size as usize).saturating_sub(content.len());
            Cow::Owned([content, &vec![fill; missing]].concat())
        }
        _ => Cow::Borrowed(content),
    }
}

fn one(text: &TextShape, label: &str, content: &[u8]) -> Applied {
    all(text, [(label.to_string(), content)])
}

/// Texts that this field allows.
fn allowed(c: &Context<'_, '_>, text: &TextShape, contents: &[&str]) -> Applied {
    let fits = |content: &&&str| {
        let in_set = charset(c, text).is_none_or(|set| content.chars().all(|ch| set.contains(ch)));
        in_set && content.len() <= text.max_bytes as usize && content.chars().count() <= text.max_chars as usize
    };
    let values: Vec<_> =
        contents.iter().filter(fits).map(|content| ((*content).to_string(), content.as_bytes())).collect();
    if values.is_empty() { Err("the field's characters or length do not allow it") } else { all(text, values) }
}

pub(super) fn empty(c: &Context<'_, '_>) -> Applied {
    if let Shape::Bytes(Extent::Rest | Extent::Until(_)) = c.field.shape {
        return Ok(vec![("no bytes".into(), Vec::new())]);
    }
    one(shape(c)?, "no characters", b"")
}

pub(super) fn blank(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    match charset(c, text) {
        Some(set) if !set.contains(' ') => Err("the field does not allow spaces"),
        _ => one(text, "spaces", b"   "),
    }
}

pub(super) fn one_character(c: &Context<'_, '_>) -> Applied {
    if let Shape::Bytes(Extent::Rest | Extent::Until(_)) = c.field.shape {
        return Ok(vec![("one byte".into(), vec![b'7'])]);
    }
    let text = shape(c)?;
    all(text, [("digit".to_string(), b"7".as_slice()), ("letter".to_string(), b"z".as_slice())])
}

/// The highest allowed character of more than one byte.
fn wide(set: Option<&Charset>) -> Option<char> {
    match set {
        None => Some('é'),
        Some(set) => {
            let highest = set.allow.iter().map(|range| range.1).max()?;
            (0x80..=highest).rev().filter_map(char::from_u32).find(|c| set.contains(*c))
        }
    }
}

pub(super) fn longest(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    if text.max_chars == u32::MAX {
        return Err("the text has no limit of its own");
    }
    let (chars, bytes) = (text.max_chars as usize, text.max_bytes as usize);
    let narrow = "A".repeat(chars.min(bytes));
    let mut contents = vec![("characters of one byte".to_string(), narrow)];
    if let Some(wide) = wide(charset(c, text)) {
        let extra = bytes.saturating_sub(chars).min(chars) / (wide.len_utf8() - 1);
        let content: String = std::iter::repeat_n(wide, extra).chain(std::iter::repeat_n('A', chars - extra)).collect();
        contents.push(("most characters and most bytes".to_string(), content));
    }
    all(text, contents.iter().map(|(label, content)| (label.clone(), content.as_bytes())))
}

pub(super) fn overlong_characters(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    if text.max_chars >= text.max_bytes {
        return Err("a text with too many characters has too many bytes");
    }
    let characters = text.max_chars as usize + 1;
    let mut contents = vec![("one character too many".to_string(), "A".repeat(characters))];
    if let Some(wide) = wide(charset(c, text)) {
        let room = (text.max_bytes as usize).saturating_sub(characters) / (wide.len_utf8() - 1).max(1);
        let mut counts = vec![1, room.min(characters)];
        counts.dedup();
        for most in counts.into_iter().filter(|most| (1..=room).contains(most)) {
            let content = std::iter::repeat_n(wide, most).chain(std::iter::repeat_n('A', characters - most)).collect();
            contents.push((format!("one character too many, {most} of them beyond ASCII"), content));
        }
    }
    all(text, contents.iter().map(|(label, content)| (label.clone(), content.as_bytes())))
}

pub(super) fn overlong_bytes(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    if text.max_bytes == u32::MAX {
        return Err("the text has no limit of its own");
    }
    let bytes = text.max_bytes as usize;
    let mut contents = vec![
        ("one byte too many".to_string(), "A".repeat(bytes + 1)),
        ("as long as can be said".to_string(), "A".repeat(255)),
    ];
    if let Some(wide) = wide(charset(c, text)) {
        // Exactly one byte too many, with as few characters as possible.
        let most = bytes / wide.len_utf8();
        let content: String = std::iter::repeat_n(wide, most)
            .chain(std::iter::repeat_n('A', bytes + 1 - most * wide.len_utf8()))
            .collect();
        if content.chars().count() <= text.max_chars as usize {
            contents.push(("few characters, one byte too many".to_string(), content));
        }
    }
    all(text, contents.iter().map(|(label, content)| (label.clone(), content.as_bytes())))
}

/// What becomes of the length byte.
type Change = fn(u8) -> u8;

fn prefix_changed(c: &Context<'_, '_>, changes: &[(&str, Change)]) -> Applied {
    let text = shape(c)?;
    if text.prefix == 0 {
        return Err("the text has no length prefix");
    }
    let bytes = c.tree.span(c.node);
    Ok(changes
        .iter()
        .map(|(label, change)| {
            let mut changed = bytes.to_vec();
            if let Some(first) = changed.first_mut() {
                *first = change(*first);
            }
            ((*label).to_string(), changed)
        })
        .collect())
}

pub(super) fn length_overstated(c: &Context<'_, '_>) -> Applied {
    prefix_changed(c, &[("one more", |n| n.wrapping_add(1)), ("largest", |_| 0xFF), ("top bit", |n| n | 0x80)])
}

pub(super) fn length_understated(c: &Context<'_, '_>) -> Applied {
    prefix_changed(c, &[("one less", |n| n.wrapping_sub(1)), ("zero", |_| 0)])
}

pub(super) fn not_utf8(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    let contents: [(&str, &[u8]); 7] = [
        ("lone FF", b"A\xFFB"),
        ("continuation alone", b"A\x80B"),
        ("sequence cut by the end", b"AB\xC3"),
        ("sequence cut by a letter", b"A\xC3B"),
        ("longer form of a slash", b"A\xC0\xAFB"),
        ("surrogate", b"A\xED\xA0\x80B"),
        ("beyond U+10FFFF", b"\xF4\x90\x80\x80"),
    ];
    all(text, contents.into_iter().map(|(label, content)| (label.to_string(), content)))
}

pub(super) fn embedded_nul(c: &Context<'_, '_>) -> Applied {
    all(
        shape(c)?,
        [
            ("inside".to_string(), b"A\0B".as_slice()),
            ("at the end".to_string(), b"AB\0".as_slice()),
            ("alone".to_string(), b"\0".as_slice()),
        ],
    )
}

pub(super) fn control_character(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    let controls =
        ['\u{1}', '\u{7}', '\u{8}', '\t', '\n', '\r', '\u{1b}', '\u{1f}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}'];
    refused(c, text, controls)
}

/// Those of these characters that the field refuses, each in the middle of a text.
fn refused(c: &Context<'_, '_>, text: &TextShape, chars: impl IntoIterator<Item = char>) -> Applied {
    let set = charset(c, text).ok_or("every character is allowed")?;
    let contents: Vec<(String, String)> = chars
        .into_iter()
        .filter(|ch| !set.contains(*ch))
        .map(|ch| (format!("U+{:04X}", u32::from(ch)), format!("A{ch}B")))
        .collect();
    all(text, contents.iter().map(|(label, content)| (label.clone(), content.as_bytes())))
}

pub(super) fn refused_character(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    let set = charset(c, text).ok_or("every character is allowed")?;
    let edges = set.allow.iter().flat_map(|(low, high)| [low.checked_sub(1), high.checked_add(1)]);
    let listed = set.except.iter().copied().map(Some);
    let far = [0x2019, 0x20AC, 0xE000, 0xFEFF, 0x1F489].into_iter().map(Some);
    let mut chars: Vec<char> =
        edges.chain(listed).chain(far).flatten().filter_map(char::from_u32).filter(|c| !c.is_control()).collect();
    chars.sort_unstable();
    chars.dedup();
    refused(c, text, chars)
}

pub(super) fn edge_character(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    let set = charset(c, text).ok_or("every character is allowed")?;
    let beside = set.except.iter().flat_map(|code| [code.checked_sub(1), code.checked_add(1)]).flatten();
    let mut codes: Vec<u32> = set.allow.iter().flat_map(|(low, high)| [*low, *high]).chain(beside).collect();
    codes.sort_unstable();
    codes.dedup();
    let chars = codes.into_iter().filter_map(char::from_u32).filter(|ch| set.contains(*ch) && *ch != '\n');
    let contents: Vec<(String, String)> =
        chars.map(|ch| (format!("U+{:04X}", u32::from(ch)), format!("A{ch}B"))).collect();
    all(text, contents.iter().map(|(label, content)| (label.clone(), content.as_bytes())))
}

pub(super) fn format_string(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    allowed(c, text, &["%n", "%s%s%s", "%x%n", "100%", "%08x", "{0}"])
}

pub(super) fn path_pattern(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    allowed(c, text, &["../..", "..", "/", "a/b", "C:", "./.-_"])
}

pub(super) fn punctuation(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    allowed(
        c,
        text,
        &[
            "...A",
            " A ",
            "( ) + ,",
            "- . / %",
            "* & < = >",
            "<b>&amp;",
            "|~\\&",
            "À la é",
            "A-1.b/c_d",
            "; DROP",
            "=1+1",
        ],
    )
}

pub(super) fn lines(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    let most = text.max_lines.ok_or("the text has one line")? as usize;
    let full = vec!["L"; most].join("\n");
    let over = vec!["L"; most + 1].join("\n");
    all(
        text,
        [
            ("most lines".to_string(), full.as_bytes()),
            ("one line too many".to_string(), over.as_bytes()),
            ("line feed at the end".to_string(), b"L\n".as_slice()),
        ],
    )
}

/// The same text as in another record of the list, exactly, in the other case, and with spaces.
pub(super) fn duplicate(c: &Context<'_, '_>) -> Applied {
    let text = shape(c)?;
    let tree = c.tree;
    let record = tree.node(c.node).parent;
    let other = tree
        .children(tree.node(record).parent)
        .filter(|row| *row != record && tree.node(*row).field == tree.node(record).field);
    let other = other
        .filter_map(|row| tree.child(row, c.field.id))
        .find(|node| !tree.text(*node).is_empty())
        .ok_or("there is no other record")?;
    let content = String::from_utf8_lossy(tree.text(other)).into_owned();
    let swapped: String = content
        .chars()
        .map(|ch| {
            if ch.is_lowercase() {
                ch.to_uppercase().next().unwrap_or(ch)
            } else {
                ch.to_lowercase().next().unwrap_or(ch)
            }
        })
        .collect();
    let mut contents = vec![("the same".to_string(), content.clone())];
    if charset(c, text).is_none_or(|set| swapped.chars().all(|ch| set.contains(ch))) && swapped != content {
        contents.push(("in the other case".to_string(), swapped));
    }
    let spaced = format!(" {content} ");
    if charset(c, text).is_none_or(|set| set.contains(' '))
        && spaced.len() <= text.max_bytes as usize
        && spaced.chars().count() <= text.max_chars as usize
    {
        contents.push(("between spaces".to_string(), spaced));
    }
    all(text, contents.iter().map(|(label, content)| (label.clone(), content.as_bytes())))
}

/// The texts that stand for no value, and others that are close to them.
pub(super) fn stand_in(c: &Context<'_, '_>) -> Applied {
    if c.field.instead.is_empty() {
        return Err("nothing stands for a value");
    }
    let own = c.field.instead.iter().map(|text| (text.clone(), text.clone().into_bytes()));
    let close = c.field.instead.iter().flat_map(|text| {
        let longer = ("one character more", format!("{text}X"));
        let cut: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
        [longer, ("one character less", cut), ("in lower case", text.to_lowercase())]
            .map(|(how, close)| (format!("{text}, {how}"), close.into_bytes()))
    });
    Ok(own.chain(close).collect())
}

/// Digits of any width that are written in another way, or are none.
pub(super) fn other_digits(c: &Context<'_, '_>) -> Applied {
    let Shape::Decimal { places, hex, .. } = c.field.shape else {
        return Err("the field has no digits of any width");
    };
    let now = c.tree.text(c.node);
    let around = |before: &[u8], after: &[u8]| [before, now, after].concat();
    let mut values: Values = vec![
        ("nothing".into(), Vec::new()),
        ("minus".into(), around(b"-", b"")),
        ("plus".into(), around(b"+", b"")),
        ("space before".into(), around(b" ", b"")),
        ("space behind".into(), around(b"", b" ")),
        ("zero byte behind".into(), around(b"", b"\0")),
        ("line feed behind".into(), around(b"", b"\n")),
        ("zero before".into(), around(b"0", b"")),
        ("many zeros before".into(), around(&[b'0'; 40], b"")),
        ("a letter behind".into(), around(b"", b"G")),
        ("in hexadecimal digits".into(), around(b"0x", b"")),
        ("with an exponent".into(), around(b"", b"e+0")),
        ("a sign of its own".into(), b"-".to_vec()),
        ("not a number".into(), b"NaN".to_vec()),
        ("infinite".into(), b"inf".to_vec()),
        ("digits of another script".into(), "\u{661}\u{662}".into()),
        ("top bit".into(), vec![b'1' | 0x80]),
        ("many digits".into(), vec![b'9'; 40]),
        ("letters among hexadecimal digits".into(), b"1e1".to_vec()),
    ];
    if hex {
        values.push(("in lower case".into(), now.to_ascii_lowercase()));
        values.push(("just above F".into(), b"1G".to_vec()));
    }
    // A reader with fewer bits takes these for the present value.
    let number = c.number().unwrap_or(0);
    let wraps = [8, 16, 32, 64].map(|bits| (bits, u128::from(number) + (1 << bits)));
    values.extend(
        wraps.map(|(bits, number)| (format!("more than {bits} bits hold"), write(number, places, hex).into_bytes())),
    );
    let whole = now.split(|byte| *byte == b'.').next().unwrap_or(now);
    values.extend([
        ("a point behind".into(), [whole, b"."].concat()),
        ("no digits before the point".into(), b".5".to_vec()),
        ("a comma for the point".into(), [whole, b",5"].concat()),
        ("two points".into(), [whole, b".0.0"].concat()),
        ("without a fraction".into(), whole.to_vec()),
        ("one decimal".into(), [whole, b".0"].concat()),
        ("a decimal too many".into(), [whole, b".", &vec![b'0'; usize::from(places)], b"1"].concat()),
    ]);
    Ok(values)
}

pub(super) fn not_digits(c: &Context<'_, '_>) -> Applied {
    let Shape::Digits { width, hex } = c.field.shape else { return Err("the field has no digits") };
    let letter = if hex.is_some() { b'G' } else { b'A' };
    let width = usize::from(width);
    let digits = c.tree.span(c.node).to_vec();
    let put = |at: usize, byte: u8| {
        let mut changed = digits.clone();
        if let Some(target) = changed.get_mut(at) {
            *target = byte;
        }
        changed
    };
    let mut values: Vec<(String, Vec<u8>)> =
        (0..width).map(|at| (format!("letter for digit {at}"), put(at, letter))).collect();
    if hex.is_some() {
        values.push(("lower case".into(), put(width - 1, b'a')));
        values.push(("just below A".into(), put(width - 1, b'@')));
    }
    values.extend([
        ("leading sign".into(), put(0, b'-')),
        ("leading space".into(), put(0, b' ')),
        ("just below 0".into(), put(width - 1, b'/')),
        ("just above 9".into(), put(width - 1, b':')),
        ("zero byte at the end".into(), put(width - 1, 0)),
        ("top bit".into(), put(0, b'0' | 0x80)),
    ]);
    Ok(values)
}
