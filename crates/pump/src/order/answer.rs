//! What the sender of an order is answered: ACK^O15^ACK at once, and RRG^O16^RRG_O16 on what became
//! of the order. Answers are written with the sender's delimiters.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::failure::Failure;
use super::header::Application;
use super::mllp::{END, RETURN, START};
use super::refusal::{Refusal, Rule};
use super::token::{Delimiters, Piece, Texts};

/// Most characters of a sender's text that an answer repeats.
const MOST: usize = 199;
/// Bytes that most answers have at most.
const USUAL: usize = 256;

/// What of a message is repeated in its answers, as far as that can be read, whatever else is
/// wrong with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    delimiters: Delimiters,
    /// MSH-3 to MSH-6, as they travel.
    parties: [&'a str; 4],
    time: &'a str,
    control_id: &'a str,
    version: &'static str,
    charset: &'static str,
    /// Whether, and when, an application acknowledgement is asked for.
    pub(super) application: Application,
}

impl<'a> Asked<'a> {
    /// Reads the beginning of a message leniently.
    pub(super) fn of(message: &'a [u8]) -> Self {
        let header = Piece { bytes: message.get(1..).unwrap_or_default(), at: 1 }.split(RETURN).one();
        let delimiters = match header.bytes.strip_prefix(b"MSH") {
            Some(_) => Delimiters::read(&header, super::refusal::Path::default()).unwrap_or(Delimiters::USUAL),
            None => Delimiters::USUAL,
        };
        let field = |number: usize| {
            let stated = header.split(delimiters.field).nth(number.saturating_sub(1));
            stated.unwrap_or_default()
        };
        let charset = match field(18).bytes {
            b"UNICODE UTF-8" => "UNICODE UTF-8",
            b"ASCII" => "ASCII",
            _ => "",
        };
        let texts = Texts { delimiters, utf8: charset == "UNICODE UTF-8" };
        let kept = |number: usize| {
            let text = texts.unread(field(number), super::refusal::Path::default()).ok();
            text.filter(|text| text.len() <= MOST).unwrap_or_default()
        };
        let control_id = texts.text(field(10), MOST, super::refusal::Path::default());
        Self {
            delimiters,
            parties: [kept(3), kept(4), kept(5), kept(6)],
            time: kept(7),
            control_id: control_id.map_or("", |text| text.raw()),
            version: if field(12).bytes.starts_with(b"2.5") { "2.5" } else { "2.6" },
            charset,
            application: match field(16).bytes {
                b"AL" => Application::Always,
                b"ER" => Application::OnError,
                _ => Application::Never,
            },
        }
    }
}

/// Why something was not taken, as ERR says it.
struct Why {
    /// ERR-3: the code of HL7 and its words.
    code: (u16, &'static str),
    /// ERR-5: the pump's own code and its words.
    own: Option<(u16, &'static str)>,
}

/// The code of HL7 for a broken rule.
const fn hl7(rule: Rule) -> (u16, &'static str) {
    match rule {
        Rule::SegmentOrder | Rule::SegmentName | Rule::MessageOrder => (100, "Segment sequence error"),
        Rule::FieldRequired
        | Rule::TextBlank
        | Rule::GiveAmountRequired
        | Rule::GiveRateRequired
        | Rule::GiveConcentrationRequired
        | Rule::GiveDuration
        | Rule::PumpId => (101, "Required field missing"),
        Rule::UnitValue
        | Rule::OrderControl
        | Rule::RouteIv
        | Rule::RouteDevice
        | Rule::RouteMethod
        | Rule::PumpCode
        | Rule::ObservationCode
        | Rule::HeaderAccept
        | Rule::HeaderApplication
        | Rule::HeaderCharset
        | Rule::HeaderProfile => (103, "Table value not found"),
        Rule::HeaderType => (200, "Unsupported message type"),
        Rule::HeaderProcessing => (202, "Unsupported processing id"),
        Rule::HeaderVersion => (203, "Unsupported version id"),
        _ => (102, "Data type error"),
    }
}

/// Whether a message with this fault is rejected rather than in error.
const fn rejects(rule: Rule) -> bool {
    matches!(rule, Rule::HeaderType | Rule::HeaderProcessing | Rule::HeaderVersion | Rule::HeaderProfile)
}

/// The medication that matches nothing, as the source's example has it.
const NO_MATCH: u16 = 9010;

fn why(failure: Failure) -> Why {
    let own = match failure {
        Failure::UnknownDrug => (NO_MATCH, failure.words()),
        _ => (failure.code(), failure.words()),
    };
    Why { code: (207, "Application internal error"), own: Some(own) }
}

/// The accept acknowledgement: CA, or CE or CR with the reason.
pub(super) fn accept(asked: &Asked<'_>, number: u32, refusal: Option<&Refusal>) -> Vec<u8> {
    let (code, why) = match refusal {
        None => ("CA", None),
        Some(refusal) => {
            let code = if rejects(refusal.rule) { "CR" } else { "CE" };
            (code, Some(Why { code: hl7(refusal.rule), own: None }))
        }
    };
    message(asked, ["ACK", "O15", "ACK"], number, code, why)
}

/// The application acknowledgement: AA, or AE with the reason.
pub(super) fn application(asked: &Asked<'_>, number: u32, failure: Option<Failure>) -> Vec<u8> {
    let code = if failure.is_some() { "AE" } else { "AA" };
    message(asked, ["RRG", "O16", "RRG_O16"], number, code, failure.map(why))
}

fn message(asked: &Asked<'_>, kind: [&str; 3], number: u32, code: &str, why: Option<Why>) -> Vec<u8> {
    let Delimiters { field, component, repetition, escape, subcomponent } = asked.delimiters;
    let mut out = Writer { out: String::with_capacity(USUAL), field: field.into(), component: component.into() };
    out.raw("MSH");
    out.fields(&[]);
    for c in [component, repetition, escape, subcomponent] {
        out.out.push(c.into());
    }
    let [from, from_place, to, to_place] = asked.parties;
    out.fields(&[to, to_place, from, from_place, asked.time, ""]);
    out.components(&kind);
    out.number(number);
    out.fields(&["P", asked.version, "", "", "NE", "NE", "", asked.charset]);
    out.end("MSA");
    out.fields(&[code, asked.control_id]);
    if let Some(Why { code: (code, words), own }) = why {
        out.end("ERR");
        out.fields(&["", ""]);
        out.number(u32::from(code));
        out.component(words);
        out.component("HL70357");
        out.fields(&["E"]);
        if let Some((code, words)) = own {
            out.number(u32::from(code));
            out.component(words);
        }
    }
    let text = out.out;
    let mut bytes = Vec::with_capacity(text.len().saturating_add(4));
    bytes.push(START);
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(&[RETURN, END, RETURN]);
    bytes
}

/// Writes segments. What comes from the sender has been read with the same delimiters and is
/// written as it travelled; what is the pump's own has letters, digits, spaces and `_` only.
struct Writer {
    out: String,
    field: char,
    component: char,
}

impl Writer {
    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Fields, each after its separator; with none of them the separator alone.
    fn fields(&mut self, fields: &[&str]) {
        if fields.is_empty() {
            self.out.push(self.field);
        }
        for text in fields {
            self.out.push(self.field);
            self.out.push_str(text);
        }
    }

    fn component(&mut self, text: &str) {
        self.out.push(self.component);
        self.out.push_str(text);
    }

    /// A field of these components.
    fn components(&mut self, parts: &[&str; 3]) {
        let [first, second, third] = parts;
        self.fields(&[first]);
        self.component(second);
        self.component(third);
    }

    fn number(&mut self, number: u32) {
        self.out.push(self.field);
        // Writing to a text does not fail.
        let _ = write!(self.out, "{number}");
    }

    /// Ends the segment and begins another.
    fn end(&mut self, name: &str) {
        self.out.push(char::from(RETURN));
        self.out.push_str(name);
    }
}
