//! The header of a message, MSH.

use super::refusal::{Path, Refusal, Rule, refuse};
use super::segment::Reader;
use super::token::{Delimiters, Piece, Text, Texts};

/// When the sender asks to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Application {
    /// Always.
    Always,
    /// Only about an error.
    OnError,
    /// Never.
    Never,
}

/// Names of the profile, the later one first.
const PROFILES: [&str; 2] = ["1.3.6.1.4.1.19376.1.6.1.3.1", "IHE_PCD_PIV_001"];

/// What the header of a message says.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// How the message is taken apart.
    pub delimiters: Delimiters,
    /// The sender's name for this message, MSH-10.
    pub control_id: Text<'a>,
    /// Whether an application acknowledgement is asked for, MSH-16.
    pub application: Application,
    /// Whether characters beyond ASCII may stand in texts, MSH-18.
    pub utf8: bool,
}

const MESSAGE: Path = Path::of("message");
const PATH: Path = Path { segment: "header", ..MESSAGE };

/// The characters that MSH-18 states. Texts that stand before it are read by it too.
fn utf8(segment: Piece<'_>, delimiters: Delimiters) -> Result<bool, Refusal> {
    let stated = segment.split(delimiters.field).nth(17).unwrap_or_default();
    match stated.bytes {
        b"" | b"ASCII" => Ok(false),
        b"UNICODE UTF-8" => Ok(true),
        _ => Err(refuse(Rule::HeaderCharset, PATH.field("charset"), stated.at)),
    }
}

/// Checks the header.
pub(super) fn header(segment: Piece<'_>) -> Result<(Header<'_>, Texts), Refusal> {
    let name = Path { segment: "name", ..MESSAGE };
    require!(segment.bytes.starts_with(b"MSH"), refuse(Rule::SegmentName, name, segment.at));
    let delimiters = Delimiters::read(&segment, MESSAGE)?;
    let texts = Texts { delimiters, utf8: utf8(segment, delimiters)? };
    let mut fields = Reader::segment(segment, b"MSH", texts, PATH)?;
    let encoding = fields.any();
    let (_, surplus) = encoding.bytes.split_at_checked(4).unwrap_or_default();
    let surplus = Piece { bytes: surplus, at: encoding.at.saturating_add(4) };
    texts.unread(surplus, PATH.field("encoding"))?;
    require!(surplus.is_empty(), refuse(Rule::SegmentSize, PATH.field("encoding"), surplus.at));
    fields.unread(6, "parties")?;
    kind(&mut fields)?;
    let control_id = fields.required("control_id")?;
    first_of(&mut fields, "processing", &["P"], Rule::HeaderProcessing)?;
    first_of(&mut fields, "version", &["2.5", "2.6"], Rule::HeaderVersion)?;
    fields.unread(2, "sequence")?;
    fields.required_word(&["AL"], Rule::HeaderAccept, "accept")?;
    let application = fields.required_word(&["AL", "ER", "NE"], Rule::HeaderApplication, "application")?;
    fields.unread(1, "country")?;
    fields.any();
    fields.unread(2, "language")?;
    first_of(&mut fields, "profile", &PROFILES, Rule::HeaderProfile)?;
    fields.rest()?;
    let application = match application {
        0 => Application::Always,
        1 => Application::OnError,
        _ => Application::Never,
    };
    Ok((Header { delimiters, control_id, application, utf8: texts.utf8 }, texts))
}

/// Checks MSH-9.
fn kind(fields: &mut Reader<'_>) -> Result<(), Refusal> {
    let field = fields.filled("type")?;
    let mut components = fields.components(field, "type");
    components.required_word(&["RGV"], Rule::HeaderType, "message")?;
    components.required_word(&["O15"], Rule::HeaderType, "event")?;
    let structure = components.whole("structure")?;
    require!(structure.bytes == b"RGV_O15", refuse(Rule::HeaderType, components.at("structure"), structure.at));
    Ok(())
}

/// Checks a field of which only the first component is looked at.
fn first_of(fields: &mut Reader<'_>, name: &'static str, words: &[&str], rule: Rule) -> Result<(), Refusal> {
    let field = fields.filled(name)?;
    let mut components = fields.components(field, name);
    components.required_word(words, rule, "id")?;
    components.rest()
}
