//! A segment: its fields one after another, each checked as it is read.

use super::number::{Kind, number};
use super::refusal::{Path, Refusal, Rule, refuse};
use super::token::{Parts, Piece, Text, Texts};
use super::units::{System, Unit};

/// Most characters of a text.
pub(super) const LONGEST: usize = 199;

/// The parts of a segment or field that are left, and how they are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    parts: Parts<'a>,
    texts: Texts,
    path: Path,
    names: Names,
}

/// Which part of a path the name of a part is.
#[derive(Debug, Clone, Copy)]
enum Names {
    Field,
    Component,
    /// Parts of a component are named by it.
    Nothing,
}

impl<'a> Reader<'a> {
    /// The fields after the name of a segment.
    pub(super) fn segment(segment: Piece<'a>, name: &[u8], texts: Texts, path: Path) -> Result<Self, Refusal> {
        let mut parts = segment.split(texts.delimiters.field);
        let named = parts.one().bytes == name;
        require!(named, refuse(Rule::SegmentName, path.field("name"), segment.at));
        Ok(Self { parts, texts, path, names: Names::Field })
    }

    /// The parts of a piece.
    pub(super) fn parts(&self, piece: Piece<'a>, delimiter: u8, path: Path) -> Self {
        Self { parts: piece.split(delimiter), path, names: Names::Component, ..*self }
    }

    /// The parts of a component.
    pub(super) fn within(&self, piece: Piece<'a>, delimiter: u8, path: Path) -> Self {
        Self { names: Names::Nothing, ..self.parts(piece, delimiter, path) }
    }

    /// The components of a field.
    pub(super) fn components(&self, field: Piece<'a>, name: &'static str) -> Self {
        self.parts(field, self.texts.delimiters.component, self.path.field(name))
    }

    /// The path of a part.
    pub(super) const fn at(&self, name: &'static str) -> Path {
        match self.names {
            Names::Field => self.path.field(name),
            Names::Component => self.path.part(name),
            Names::Nothing => self.path,
        }
    }

    /// The next part, whatever it is.
    pub(super) fn any(&mut self) -> Piece<'a> {
        self.parts.one()
    }

    /// Where the next part stands.
    pub(super) fn next_at(&self) -> usize {
        self.parts.rest().at
    }

    /// The next part, which must be filled in.
    pub(super) fn filled(&mut self, name: &'static str) -> Result<Piece<'a>, Refusal> {
        let piece = self.parts.one();
        require!(!piece.is_empty(), refuse(Rule::FieldRequired, self.at(name), piece.at));
        Ok(piece)
    }

    /// Whatever is left, which must be filled in.
    pub(super) fn whole(&mut self, name: &'static str) -> Result<Piece<'a>, Refusal> {
        let piece = self.parts.several(usize::MAX);
        require!(!piece.is_empty(), refuse(Rule::FieldRequired, self.at(name), piece.at));
        Ok(piece)
    }

    /// Passes so many parts over.
    pub(super) fn unread(&mut self, count: usize, name: &'static str) -> Result<Piece<'a>, Refusal> {
        let piece = self.parts.several(count);
        self.texts.unread(piece, self.at(name))?;
        Ok(piece)
    }

    /// Passes whatever is left over.
    pub(super) fn rest(self) -> Result<(), Refusal> {
        self.texts.unread(self.parts.rest(), self.at("rest")).map(|_| ())
    }

    /// A part that must be empty.
    pub(super) fn nothing(&mut self, rule: Rule, name: &'static str) -> Result<(), Refusal> {
        let piece = self.unread(1, name)?;
        require!(piece.is_empty(), refuse(rule, self.at(name), piece.at));
        Ok(())
    }

    /// Nothing may be left.
    pub(super) fn end(mut self, name: &'static str) -> Result<(), Refusal> {
        let piece = self.unread(usize::MAX, name)?;
        require!(piece.is_empty(), refuse(Rule::SegmentSize, self.at(name), piece.at));
        Ok(())
    }

    /// A text that may be empty.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Text<'a>, Refusal> {
        let piece = self.parts.one();
        match piece.is_empty() {
            true => Ok(Text::EMPTY),
            false => self.texts.required(piece, LONGEST, self.at(name)),
        }
    }

    /// A text that must say something.
    pub(super) fn required(&mut self, name: &'static str) -> Result<Text<'a>, Refusal> {
        self.texts.required(self.parts.one(), LONGEST, self.at(name))
    }

    /// One of these words; their position. It may be empty.
    pub(super) fn word(&mut self, words: &[&str], rule: Rule, name: &'static str) -> Result<Option<usize>, Refusal> {
        let piece = self.parts.one();
        if piece.is_empty() {
            return Ok(None);
        }
        let known = words.iter().position(|word| word.as_bytes() == piece.bytes);
        require!(known.is_some(), refuse(rule, self.at(name), piece.at));
        Ok(known)
    }

    /// One of these words, which must be there.
    pub(super) fn required_word(&mut self, words: &[&str], rule: Rule, name: &'static str) -> Result<usize, Refusal> {
        let at = self.next_at();
        let word = self.word(words, rule, name)?;
        word.ok_or_else(|| refuse(Rule::FieldRequired, self.at(name), at))
    }

    /// A number that may be empty.
    pub(super) fn number(&mut self, kind: Kind, name: &'static str) -> Result<Option<u64>, Refusal> {
        let piece = self.parts.one();
        if piece.is_empty() {
            return Ok(None);
        }
        number(piece, kind, self.at(name)).map(Some)
    }

    /// A number that must be there.
    pub(super) fn required_number(&mut self, kind: Kind, name: &'static str) -> Result<u64, Refusal> {
        let at = self.next_at();
        let number = self.number(kind, name)?;
        number.ok_or_else(|| refuse(Rule::FieldRequired, self.at(name), at))
    }

    /// A unit that may be empty.
    pub(super) fn unit(&mut self, name: &'static str) -> Result<Option<Unit>, Refusal> {
        match self.parts.one().filled() {
            None => Ok(None),
            Some(piece) => self.unit_in(piece, name).map(Some),
        }
    }

    /// A unit that must be there.
    pub(super) fn required_unit(&mut self, name: &'static str) -> Result<Unit, Refusal> {
        let piece = self.filled(name)?;
        self.unit_in(piece, name)
    }

    /// The unit in a field: in one form, or in two that agree.
    fn unit_in(&self, piece: Piece<'a>, name: &'static str) -> Result<Unit, Refusal> {
        let mut triples = self.components(piece, name);
        let own = triples.triple(["number", "name", "system"])?;
        let other = triples.triple(["other_number", "other_name", "other_system"])?;
        let path = triples.path;
        triples.rest()?;
        if let (Some(own), Some(other)) = (own, other) {
            require!(own.is_same_as(&other), refuse(Rule::UnitAlternate, path, piece.at));
        }
        own.or(other).ok_or_else(|| refuse(Rule::FieldRequired, path.part("name"), piece.at))
    }

    /// A unit in one of its two forms: number, name and system.
    fn triple(&mut self, [number, name, system]: [&'static str; 3]) -> Result<Option<Unit>, Refusal> {
        let (number_at, name_at, system_at) = (self.any(), self.any(), self.any());
        let stated = self.texts.text(number_at, LONGEST, self.at(number))?;
        let unit = name_at
            .filled()
            .map(|piece| Unit::named(piece.bytes).ok_or_else(|| refuse(Rule::UnitValue, self.at(name), piece.at)));
        let unit = unit.transpose()?;
        let of = match system_at.bytes {
            b"" => None,
            b"UCUM" => Some(System::Ucum),
            b"MDC" => Some(System::Mdc),
            _ => return Err(refuse(Rule::UnitSystem, self.at(system), system_at.at)),
        };
        let Some((unit, is)) = unit else {
            require!(stated.is_empty(), refuse(Rule::UnitSystem, self.at(number), number_at.at));
            require!(of.is_none(), refuse(Rule::UnitSystem, self.at(system), system_at.at));
            return Ok(None);
        };
        require!(of.is_some(), refuse(Rule::UnitSystem, self.at(name), name_at.at));
        require!(of == Some(is), refuse(Rule::UnitSystem, self.at(system), system_at.at));
        if is == System::Mdc {
            let right = Unit::mdc_number(name_at.bytes) == Some(stated.raw());
            require!(right, refuse(Rule::UnitCode, self.at(number), number_at.at));
        }
        Ok(Some(unit))
    }
}
