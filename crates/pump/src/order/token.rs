//! A message taken apart by the delimiters that it states: segments, fields, repetitions,
//! components; and texts with their escape sequences undone once.

use alloc::string::String;
use core::str::Chars;

use super::refusal::{Path, Refusal, Rule, refuse};

/// Characters that may be delimiters: those that stand in no number, unit or code.
const ALLOWED: &[u8] = b"!\"#$%&'()*,:;<=>?@[\\]^`{|}~";

/// The delimiters of a message, MSH-1 and MSH-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiters {
    /// Between fields.
    pub field: u8,
    /// Between components.
    pub component: u8,
    /// Between repetitions.
    pub repetition: u8,
    /// Around an escape sequence.
    pub escape: u8,
    /// Between subcomponents.
    pub subcomponent: u8,
}

impl Delimiters {
    /// Those that nearly everyone uses.
    pub const USUAL: Delimiters =
        Delimiters { field: b'|', component: b'^', repetition: b'~', escape: b'\\', subcomponent: b'&' };

    /// Reads the five characters after the name of the header.
    pub(super) fn read(header: &Piece<'_>, path: Path) -> Result<Self, Refusal> {
        let names = ["separator", "component", "repetition", "escape", "subcomponent"];
        let mut read = [0; 5];
        for (number, (place, name)) in read.iter_mut().zip(names).enumerate() {
            let at = header.at.saturating_add(3).saturating_add(number);
            let byte = header.bytes.get(number.saturating_add(3)).copied();
            let Some(byte) = byte else { return Err(refuse(Rule::HeaderDelimiter, path, at)) };
            let path = Path { segment: name, ..path };
            require!(ALLOWED.contains(&byte), refuse(Rule::HeaderDelimiter, path, at));
            *place = byte;
        }
        let [field, component, repetition, escape, subcomponent] = read;
        let twice = (1..read.len()).find(|at| read.iter().take(*at).any(|other| read.get(*at) == Some(other)));
        let name = twice.and_then(|at| names.get(at)).copied().unwrap_or_default();
        let at = header.at.saturating_add(3).saturating_add(twice.unwrap_or(0));
        require!(twice.is_none(), refuse(Rule::HeaderDelimiters, Path { segment: name, ..path }, at));
        Ok(Self { field, component, repetition, escape, subcomponent })
    }

    /// All five.
    #[must_use]
    pub const fn all(&self) -> [u8; 5] {
        [self.field, self.component, self.repetition, self.escape, self.subcomponent]
    }

    fn is_separator(&self, byte: u8) -> bool {
        [self.field, self.component, self.repetition, self.subcomponent].contains(&byte)
    }
}

/// Bytes of the message, and where they stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Piece<'a> {
    /// The parts between delimiters, empty ones included.
    pub(super) fn split(self, delimiter: u8) -> Parts<'a> {
        Parts { left: Some(self), delimiter, end: self.at.saturating_add(self.bytes.len()) }
    }

    /// The piece, unless it is empty.
    pub(super) fn filled(self) -> Option<Self> {
        Some(self).filter(|piece| !piece.bytes.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Parts of a piece, one after another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    left: Option<Piece<'a>>,
    delimiter: u8,
    end: usize,
}

impl<'a> Parts<'a> {
    /// The next part, or an empty one at the end of what there was.
    pub(super) fn one(&mut self) -> Piece<'a> {
        self.next().unwrap_or(self.nothing())
    }

    /// What stands behind the last part.
    const fn nothing(&self) -> Piece<'a> {
        Piece { bytes: &[], at: self.end }
    }

    /// The next parts together, with the delimiters between them.
    pub(super) fn several(&mut self, count: usize) -> Piece<'a> {
        let all = self.left.unwrap_or(self.nothing());
        for _ in 0..count {
            if self.next().is_none() {
                break;
            }
        }
        let length = self.left.map_or(all.bytes.len(), |left| left.at.saturating_sub(all.at).saturating_sub(1));
        Piece { bytes: all.bytes.get(..length).unwrap_or_default(), at: all.at }
    }

    /// Whatever is left.
    pub(super) fn rest(self) -> Piece<'a> {
        self.left.unwrap_or(self.nothing())
    }

    /// Where there are more parts.
    pub(super) fn surplus(&self) -> Option<usize> {
        self.left.map(|left| left.at)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let Piece { bytes, at } = self.left?;
        let end = bytes.iter().position(|byte| *byte == self.delimiter);
        let (own, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or_default();
        let after = end.and_then(|end| at.checked_add(end)?.checked_add(1));
        self.left = after.map(|at| Piece { bytes: rest.get(1..).unwrap_or_default(), at });
        Some(Piece { bytes: own, at })
    }
}

/// How texts are read: the delimiters, and whether characters beyond ASCII may stand in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts {
    pub(super) delimiters: Delimiters,
    pub(super) utf8: bool,
}

impl Texts {
    /// Checks what is not looked at any further: its characters only.
    pub(super) fn unread<'a>(&self, piece: Piece<'a>, path: Path) -> Result<&'a str, Refusal> {
        let text = core::str::from_utf8(piece.bytes);
        let Ok(text) = text else { return Err(refuse(Rule::TextUtf8, path, piece.at)) };
        require!(self.utf8 || text.is_ascii(), refuse(Rule::TextAscii, path, piece.at));
        require!(!text.chars().any(char::is_control), refuse(Rule::TextCharset, path, piece.at));
        Ok(text)
    }

    /// Checks a text of at most so many characters.
    pub(super) fn text<'a>(&self, piece: Piece<'a>, most: usize, path: Path) -> Result<Text<'a>, Refusal> {
        let raw = self.unread(piece, path)?;
        let delimited = raw.bytes().any(|byte| self.delimiters.is_separator(byte));
        require!(!delimited, refuse(Rule::TextDelimiter, path, piece.at));
        let text = Text { raw, delimiters: self.delimiters };
        require!(text.characters().all(|c| c.is_ok()), refuse(Rule::TextEscape, path, piece.at));
        require!(text.decoded().count() <= most, refuse(Rule::TextCharacters, path, piece.at));
        Ok(text)
    }

    /// The same, of a text that must say something.
    pub(super) fn required<'a>(&self, piece: Piece<'a>, most: usize, path: Path) -> Result<Text<'a>, Refusal> {
        require!(!piece.is_empty(), refuse(Rule::FieldRequired, path, piece.at));
        let text = self.text(piece, most, path)?;
        require!(text.decoded().any(|c| c != ' '), refuse(Rule::TextBlank, path, piece.at));
        Ok(text)
    }
}

/// A text as it travels, found to be well-formed.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    raw: &'a str,
    delimiters: Delimiters,
}

impl<'a> Text<'a> {
    /// No characters.
    pub(super) const EMPTY: Text<'static> = Text { raw: "", delimiters: Delimiters::USUAL };

    /// As it travels, with its escape sequences.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Its characters, each escape sequence undone once.
    pub fn decoded(&self) -> impl Iterator<Item = char> + use<'a> {
        self.characters().map_while(Result::ok)
    }

    /// The text that it stands for.
    #[must_use]
    pub fn decode(&self) -> String {
        self.decoded().collect()
    }

    /// Whether it stands for exactly this text.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.decoded().eq(text.chars())
    }

    fn characters(&self) -> Characters<'a> {
        Characters { chars: self.raw.chars(), delimiters: self.delimiters, hex: false }
    }
}

/// A sequence that is none, or is cut off.
struct Broken;

/// Undoes escape sequences from left to right; what comes out is not looked at again.
struct Characters<'a> {
    chars: Chars<'a>,
    delimiters: Delimiters,
    /// Within a sequence of hexadecimal digits.
    hex: bool,
}

impl Characters<'_> {
    fn is_escape(&self, c: char) -> bool {
        c == char::from(self.delimiters.escape)
    }

    /// The end of a sequence.
    fn end(&mut self) -> Option<()> {
        let c = self.chars.next()?;
        self.is_escape(c).then_some(())
    }

    /// What a sequence stands for; its beginning has been read.
    fn sequence(&mut self) -> Option<char> {
        let letter = self.chars.next()?;
        let stands_for = match letter {
            'F' => self.delimiters.field,
            'S' => self.delimiters.component,
            'T' => self.delimiters.subcomponent,
            'R' => self.delimiters.repetition,
            'E' => self.delimiters.escape,
            'X' => return self.digits(),
            _ => return None,
        };
        self.end()?;
        Some(char::from(stands_for))
    }

    /// The character of the next two digits.
    fn digits(&mut self) -> Option<char> {
        let (high, low) = (self.chars.next()?.to_digit(16)?, self.chars.next()?.to_digit(16)?);
        let c = char::from_u32(high.checked_mul(16)?.checked_add(low)?)?;
        let mut ahead = self.chars.clone();
        self.hex = !ahead.next().is_some_and(|c| self.is_escape(c));
        if !self.hex {
            self.chars = ahead;
        }
        (' '..='~').contains(&c).then_some(c)
    }
}

impl Iterator for Characters<'_> {
    type Item = Result<char, Broken>;

    fn next(&mut self) -> Option<Result<char, Broken>> {
        if self.hex {
            self.hex = false;
            return Some(self.digits().ok_or(Broken));
        }
        let c = self.chars.next()?;
        if self.is_escape(c) { Some(self.sequence().ok_or(Broken)) } else { Some(Ok(c)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &str) -> Option<String> {
        let texts = Texts { delimiters: Delimiters::USUAL, utf8: true };
        let piece = Piece { bytes: raw.as_bytes(), at: 0 };
        texts.text(piece, 99, Path::default()).ok().map(|text| text.decode())
    }

    #[test]
    fn undoes_each_escape_sequence_once() {
        for (raw, text) in [
            (r"Müller \T\ Co", Some("Müller & Co")),
            (r"\F\\S\\T\\R\\E\", Some("|^&~\\")),
            (r"\E\T\E\", Some(r"\T\")),
            (r"\X41\\X4263\", Some("ABc")),
            (r"\X5C54\\X5c\", Some(r"\T\")),
            ("", Some("")),
            (r"\", None),
            (r"\T", None),
            (r"\T\E\", None),
            (r"\t\", None),
            (r"\X\", None),
            (r"\X4\", None),
            (r"\X414\", None),
            (r"\X41", None),
            (r"\X0D\", None),
            (r"\XC3BC\", None),
            (r"\XG1\", None),
            (r"\.br\", None),
            ("a^b", None),
            ("a&b", None),
            ("a~b", None),
        ] {
            assert_eq!(decoded(raw).as_deref(), text, "{raw}");
        }
    }

    #[test]
    fn takes_runs_of_fields_together() {
        let mut parts = Piece { bytes: b"a|b|c|d", at: 10 }.split(b'|');
        assert_eq!(parts.one(), Piece { bytes: b"a", at: 10 });
        assert_eq!(parts.several(2), Piece { bytes: b"b|c", at: 12 });
        assert_eq!(parts.surplus(), Some(16));
        assert_eq!(parts.rest(), Piece { bytes: b"d", at: 16 });
        assert_eq!(parts.several(9), Piece { bytes: b"d", at: 16 });
        assert_eq!(parts.one(), Piece { bytes: b"", at: 17 });
        assert_eq!(parts.surplus(), None);
    }
}
