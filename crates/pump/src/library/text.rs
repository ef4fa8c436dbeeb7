//! Texts: their length, their characters, and how names are compared.

use crate::library::cursor::Reader;
use crate::refusal::{Place, Refusal};
use crate::rule::Rule;

/// Character classes.
const PLAIN: u8 = 1;
const LINES: u8 = 2;
const CODE: u8 = 4;
const ALPHANUMERIC: u8 = 8;
const VISIBLE: u8 = 16;

/// What a text may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    characters: usize,
    bytes: u8,
    class: u8,
    may_be_blank: bool,
}

impl Form {
    const fn new(characters: usize, bytes: u8, class: u8) -> Self {
        Self { characters, bytes, class, may_be_blank: false }
    }
}

/// A name of most tables and of the data set.
pub(crate) const NAME: Form = Form::new(20, 32, PLAIN);
/// The hospital.
pub(crate) const HOSPITAL: Form = Form::new(40, 64, PLAIN);
/// A drug's long name.
pub(crate) const LONG_NAME: Form = Form::new(25, 40, PLAIN);
/// A drug's short name.
pub(crate) const SHORT_NAME: Form = Form::new(8, 12, PLAIN);
/// A drug's catalogue code.
pub(crate) const CATALOGUE_CODE: Form = Form::new(20, 20, CODE);
/// A drug's category.
pub(crate) const CATEGORY: Form = Form { may_be_blank: true, ..Form::new(25, 40, PLAIN) };
/// An alias.
pub(crate) const ALIAS: Form = Form::new(12, 12, ALPHANUMERIC);
/// The text of an advisory.
pub(crate) const ADVISORY: Form = Form::new(200, 240, LINES);

/// The classes of each ASCII character.
static ASCII: [u8; 128] = {
    let mut classes = [0; 128];
    let mut code: u8 = 0;
    while code < 128 {
        let mut class = 0;
        if code >= 0x20 && code <= 0x7E && !matches!(code, b'\'' | b'"' | b'^' | b'`') {
            class |= PLAIN | LINES;
        }
        if code == b'\n' {
            class |= LINES;
        }
        if code.is_ascii_alphanumeric() {
            class |= CODE | ALPHANUMERIC;
        }
        if matches!(code, b'-' | b'.' | b'/' | b'_') {
            class |= CODE;
        }
        if code != b' ' && code != b'\n' {
            class |= VISIBLE;
        }
        classes[code as usize] = class;
        code += 1;
    }
    classes
};

fn ascii_class(byte: u8) -> u8 {
    ASCII.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The classes of any character.
fn class(character: char) -> u8 {
    match character {
        '\u{0}'..='\u{7F}' => u8::try_from(character).map_or(0, ascii_class),
        '\u{AD}' | '\u{130}' | '\u{131}' | '\u{149}' => VISIBLE,
        '\u{A1}'..='\u{17E}' => VISIBLE | PLAIN | LINES,
        _ => VISIBLE,
    }
}

/// What a text is like as a whole.
struct Survey {
    characters: usize,
    /// The classes all characters have.
    every: u8,
    /// The classes some character has.
    some: u8,
}

fn survey(text: &str) -> Survey {
    let mut every = u8::MAX;
    let mut some = 0;
    let mut characters = text.len();
    if text.is_ascii() {
        for byte in text.bytes() {
            let class = ascii_class(byte & 0x7F);
            every &= class;
            some |= class;
        }
    } else {
        characters = 0;
        for character in text.chars() {
            let class = class(character);
            every &= class;
            some |= class;
            characters = characters.saturating_add(1);
        }
    }
    Survey { characters, every, some }
}

/// Reads a text with its length byte.
pub(crate) fn read<'a>(reader: &mut Reader<'a>, place: impl Into<Place>, form: Form) -> Result<&'a str, Refusal> {
    let place = place.into();
    let length = reader.u8()?;
    let field = u32::from(length).wrapping_add(1);
    require!(length <= form.bytes, reader.refuse(Rule::TextLength, place, 1));
    let decoded = core::str::from_utf8(reader.bytes(usize::from(length))?);
    require!(decoded.is_ok(), reader.refuse(Rule::TextUtf8, place, field));
    let text = decoded.unwrap_or_default();
    let survey = survey(text);
    require!(survey.characters <= form.characters, reader.refuse(Rule::TextCharacters, place, field));
    require!(survey.every & form.class != 0, reader.refuse(Rule::TextCharset, place, field));
    require!(form.may_be_blank || survey.some & VISIBLE != 0, reader.refuse(Rule::TextBlank, place, field));
    Ok(text)
}

/// The characters by which names are compared: trimmed, in lower case.
pub(crate) fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    name.trim_matches(' ').chars().map(lower)
}

fn lower(character: char) -> char {
    if character.is_ascii() {
        character.to_ascii_lowercase()
    } else {
        character.to_lowercase().next().unwrap_or(character)
    }
}

/// A number of 48 bits that is the same for names that compare equal.
pub(crate) fn fingerprint(name: &str) -> u64 {
    let mix = |hash: u64, code: u32| (hash ^ u64::from(code)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
    let hash = if name.is_ascii() {
        name.trim_matches(' ').bytes().fold(1, |hash, byte| mix(hash, u32::from(byte.to_ascii_lowercase())))
    } else {
        folded(name).fold(1, |hash, character| mix(hash, u32::from(character)))
    };
    hash.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 16
}
