//! Value classes of decimal numbers and of escape sequences: the same value written in other ways,
//! and ways in which none is written.

use super::{Applied, Context, Values};
use crate::format::number::format_scaled;
use crate::format::{Escapes, Shape, TextShape};

const NO_DECIMAL: &str = "the field is no decimal number";

fn decimals(c: &Context<'_, '_>) -> Result<u32, &'static str> {
    match c.field.shape {
        Shape::Decimal { places, hex: false, .. } => Ok(u32::from(places)),
        _ => Err(NO_DECIMAL),
    }
}

fn labelled(values: impl IntoIterator<Item = (&'static str, String)>) -> Values {
    values.into_iter().map(|(label, text)| (label.to_string(), text.into_bytes())).collect()
}

/// Zeros that change nothing.
pub(super) fn same_number(c: &Context<'_, '_>) -> Applied {
    let decimals = decimals(c)?;
    let now = format_scaled(c.number().ok_or("the field holds no number")?, decimals);
    let point = if now.contains('.') { "" } else { "." };
    Ok(labelled([
        ("shortest", now.clone()),
        ("a zero before it", format!("0{now}")),
        ("zeros after it", format!("{now}{point}00")),
        ("more zeros than decimals", format!("{now}{point}{}", "0".repeat(decimals as usize + 2))),
    ]))
}

/// Texts that are close to a number.
pub(super) fn no_number(c: &Context<'_, '_>) -> Applied {
    let now = format_scaled(c.number().ok_or("the field holds no number")?, decimals(c)?);
    let mut values = labelled([
        ("minus", format!("-{now}")),
        ("plus", format!("+{now}")),
        ("nothing before the point", ".5".to_string()),
        ("nothing after the point", "5.".to_string()),
        ("a point alone", ".".to_string()),
        ("two points", "1.2.3".to_string()),
        ("a comma", "1,5".to_string()),
        ("an exponent", "1e1".to_string()),
        ("in hexadecimal digits", "0x1F".to_string()),
        ("after a space", format!(" {now}")),
        ("before a space", format!("{now} ")),
        ("with a unit", format!("{now}h")),
        ("not a number", "NaN".to_string()),
        ("infinite", "inf".to_string()),
        ("another script's digit", "\u{0663}".to_string()),
        ("before a zero byte", format!("{now}\0")),
    ]);
    values.push(("not UTF-8".into(), vec![b'1', 0xFF]));
    Ok(values)
}

/// More decimals than the field has.
pub(super) fn finer(c: &Context<'_, '_>) -> Applied {
    let decimals = decimals(c)?;
    let step = format!("0.{}1", "0".repeat(decimals as usize));
    let now = format_scaled(c.number().ok_or("the field holds no number")?, decimals);
    let (whole, fraction) = now.split_once('.').unwrap_or((&now, ""));
    let next = format!("{whole}.{fraction:0<width$}5", width = decimals as usize);
    Ok(labelled([("a tenth of the last decimal", step), ("half of the last decimal more", next)]))
}

/// As many characters as a number may have, and more.
pub(super) fn long_number(c: &Context<'_, '_>) -> Applied {
    decimals(c)?;
    let (most, _) = c.field.longest.ok_or("the number has any number of characters")?;
    let most = most as usize;
    let zeros = |length: usize| format!("{}1", "0".repeat(length.saturating_sub(1)));
    Ok(labelled([
        ("most characters", zeros(most)),
        ("one character too many", zeros(most + 1)),
        ("nines", "9".repeat(most)),
        ("more than 64 bits", "9".repeat(25)),
        ("2^64 + 1", "18446744073709551617".to_string()),
    ]))
}

fn escapes<'f>(c: &Context<'_, 'f>) -> Result<(&'f TextShape, &'f Escapes), &'static str> {
    let text = match &c.field.shape {
        Shape::Text(text) => Some(text),
        _ => c.field.words().and_then(|words| words.others.as_ref()),
    };
    let text = text.ok_or("the field is no text")?;
    Ok((text, text.escapes.as_deref().ok_or("the text has no escape sequences")?))
}

/// The delimiter around sequences, and what each letter stands for.
fn stated(c: &Context<'_, '_>, escapes: &Escapes) -> Option<(u8, Vec<(u8, u8)>)> {
    let record = c.tree.enclosing_record(c.node);
    let byte = |operand| c.tree.span(c.tree.locate(record, operand, None)?).first().copied();
    let letters =
        escapes.letters.iter().map(|(letter, operand)| Some((*letter, byte(operand)?))).collect::<Option<_>>();
    Some((byte(&escapes.around)?, letters?))
}

const NO_DELIMITERS: &str = "the delimiters are not known";

/// Every sequence, and one after which something stands that another reading would undo again.
pub(super) fn escaped(c: &Context<'_, '_>) -> Applied {
    let (_, escapes) = escapes(c)?;
    let (around, letters) = stated(c, escapes).ok_or(NO_DELIMITERS)?;
    let one = |letter: &[u8]| [&[around][..], letter, &[around]].concat();
    let mut values: Values = letters
        .iter()
        .map(|(letter, _)| (format!("{} escaped", char::from(*letter)), [b"A", &one(&[*letter])[..], b"B"].concat()))
        .collect();
    let all: Vec<u8> = letters.iter().flat_map(|(letter, _)| one(&[*letter])).collect();
    values.push(("all of them".into(), all));
    if let Some((own, _)) = letters.iter().find(|(_, byte)| *byte == around) {
        let twice = [&one(&[*own])[..], b"T", &one(&[*own])].concat();
        values.push(("a sequence that is escaped itself".into(), twice));
    }
    if let Some(hex) = escapes.hex {
        values.push(("a letter in digits".into(), one(&[hex, b'4', b'1'])));
        values.push(("several letters in digits".into(), one(&[hex, b'4', b'1', b'7', b'e', b'7', b'E'])));
        values.push(("a delimiter in digits".into(), one(format!("{}{around:02X}41", char::from(hex)).as_bytes())));
    }
    Ok(values)
}

/// Sequences that are none.
pub(super) fn bad_escape(c: &Context<'_, '_>) -> Applied {
    let (_, escapes) = escapes(c)?;
    let (around, letters) = stated(c, escapes).ok_or(NO_DELIMITERS)?;
    let e = char::from(around);
    let known = char::from(letters.first().map_or(b'T', |(letter, _)| *letter));
    let mut texts = vec![
        ("a delimiter alone", format!("A{e}")),
        ("cut after its letter", format!("A{e}{known}")),
        ("without a letter", format!("{e}{e}")),
        ("in lower case", format!("{e}{}{e}", known.to_ascii_lowercase())),
        ("two letters", format!("{e}{known}{known}{e}")),
        ("an unknown letter", format!("{e}Q{e}")),
        ("of formatted text", format!("{e}.br{e}")),
        ("of highlighted text", format!("{e}H{e}A{e}N{e}")),
        ("half a second one", format!("{e}{known}{e}{known}{e}")),
    ];
    if let Some(hex) = escapes.hex.map(char::from) {
        texts.extend([
            ("no digits", format!("{e}{hex}{e}")),
            ("one digit", format!("{e}{hex}4{e}")),
            ("three digits", format!("{e}{hex}414{e}")),
            ("no digit", format!("{e}{hex}4G{e}")),
            ("digits that go on", format!("{e}{hex}41")),
            ("a line end in digits", format!("{e}{hex}0D{e}")),
            ("half a character in digits", format!("{e}{hex}C3{e}")),
            ("beyond ASCII in digits", format!("{e}{hex}C3BC{e}")),
            ("a sign among the digits", format!("{e}{hex}+1{e}")),
        ]);
    }
    Ok(labelled(texts))
}

/// Delimiters that stand for themselves.
pub(super) fn bare_delimiter(c: &Context<'_, '_>) -> Applied {
    let (_, escapes) = escapes(c)?;
    let (around, letters) = stated(c, escapes).ok_or(NO_DELIMITERS)?;
    let bare = letters.iter().filter(|(_, byte)| *byte != around);
    Ok(bare.map(|(letter, byte)| (format!("that of {}", char::from(*letter)), vec![b'A', *byte, b'B'])).collect())
}
