//! Checking a whole message by itself.

use alloc::vec::Vec;

use super::give::{Device, Give, Method, give, route, timing};
use super::header::{Header, header};
use super::mllp::{END, RETURN, START};
use super::observation::{Observation, Observed, PumpId, observation, pump};
use super::refusal::{Path, Refusal, Rule, refuse};
use super::segment::Reader;
use super::token::{Parts, Piece, Text, Texts};
use super::units::Measure;

/// Whether an order is new or changes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// A new order.
    New,
    /// The change of a running one.
    Change,
}

/// One order of a message.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// ORC-1.
    pub control: Control,
    /// ORC-2.
    pub number: Text<'a>,
    /// RXG.
    pub give: Give<'a>,
    /// TQ1-13, in ten-thousandths of a second.
    pub duration: Option<u64>,
    /// RXR-3.
    pub device: Device,
    /// RXR-4.
    pub method: Option<Method>,
    /// OBX-18 of the first observation.
    pub pump: PumpId<'a>,
    /// The other observations.
    pub observations: Vec<Observation>,
}

impl Order<'_> {
    /// What was observed of something.
    #[must_use]
    pub fn observed(&self, of: Observed) -> Option<&Observation> {
        self.observations.iter().find(|one| one.of == of)
    }
}

/// A message that is valid by itself.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// MSH.
    pub header: Header<'a>,
    /// Its orders, one at least.
    pub orders: Vec<Order<'a>>,
}

const MESSAGE: Path = Path::of("message");

/// The segments of a message that are left.
struct Segments<'a> {
    left: Parts<'a>,
    next: Piece<'a>,
}

impl<'a> Segments<'a> {
    /// The next segment, which ends with a carriage return.
    fn take(&mut self, path: Path) -> Result<Piece<'a>, Refusal> {
        let segment = self.next;
        let Some(next) = self.left.next() else { return Err(refuse(Rule::SegmentOrder, path, segment.at)) };
        self.next = next;
        Ok(segment)
    }

    fn is(&self, name: &[u8]) -> bool {
        self.next.bytes.starts_with(name)
    }
}

/// What stands between the two ends of the envelope.
fn envelope(bytes: &[u8]) -> Result<Piece<'_>, Refusal> {
    require!(bytes.first() == Some(&START), refuse(Rule::EnvelopeStart, Path::of("start"), 0));
    let end = bytes.windows(2).position(|two| two == [END, RETURN]);
    let Some(end) = end else { return Err(refuse(Rule::EnvelopeEnd, Path::of("end"), bytes.len().saturating_sub(2))) };
    let after = end.saturating_add(2);
    require!(after == bytes.len(), refuse(Rule::EnvelopeExact, Path::default(), after));
    Ok(Piece { bytes: bytes.get(1..end).unwrap_or_default(), at: 1 })
}

/// Checks a message, its envelope included, by itself: whether the pump can do what it asks for is
/// not looked at.
///
/// # Errors
/// The first broken rule, mostly in the order of the bytes.
pub fn validate_order(bytes: &[u8]) -> Result<Message<'_>, Refusal> {
    let body = envelope(bytes)?;
    let mut left = body.split(RETURN);
    let next = left.one();
    let mut segments = Segments { left, next };
    let first = segments.take(MESSAGE)?;
    let (header, texts) = header(first)?;
    patient(segments.take(MESSAGE)?, texts)?;
    if segments.is(b"PV1") {
        let path = Path { segment: "visit", ..MESSAGE };
        Reader::segment(segments.take(MESSAGE)?, b"PV1", texts, path)?.rest()?;
    }
    let mut orders = Vec::new();
    while segments.is(b"ORC") {
        orders.push(order(&mut segments, texts, orders.len())?);
    }
    require!(!orders.is_empty(), refuse(Rule::MessageOrder, MESSAGE, segments.next.at));
    let done = segments.next.is_empty() && segments.left.surplus().is_none();
    require!(done, refuse(Rule::SegmentOrder, MESSAGE, segments.next.at));
    Ok(Message { header, orders })
}

/// Checks PID.
fn patient(segment: Piece<'_>, texts: Texts) -> Result<(), Refusal> {
    let path = Path { segment: "patient", ..MESSAGE };
    let mut fields = Reader::segment(segment, b"PID", texts, path)?;
    fields.unread(2, "set_id")?;
    let ids = fields.filled("id")?;
    let repetitions = fields.parts(ids, texts.delimiters.repetition, path);
    for (number, id) in ids.split(texts.delimiters.repetition).enumerate() {
        let repetition = u16::try_from(number).ok();
        let path = Path { repetition, ..path.field("id") };
        let mut components = repetitions.parts(id, texts.delimiters.component, path);
        components.required("number")?;
        components.unread(2, "check_digit")?;
        let authority = components.filled("authority")?;
        texts.unread(authority, path.part("authority"))?;
        components.rest()?;
    }
    fields.rest()
}

/// Checks an order.
fn order<'a>(segments: &mut Segments<'a>, texts: Texts, number: usize) -> Result<Order<'a>, Refusal> {
    let whole = Path { order: u16::try_from(number).ok(), ..MESSAGE };
    let path = |segment: &'static str| Path { segment, ..whole };
    let at = segments.next.at;
    let (control, placer) = common(segments.take(whole)?, texts, path("common"))?;
    let give = give(segments.take(whole)?, texts, path("give"))?;
    let duration = match segments.is(b"TQ1") {
        true => Some(timing(segments.take(whole)?, texts, path("timing"))?),
        false => None,
    };
    let (device, method) = route(segments.take(whole)?, texts, path("route"))?;
    let pump = pump(segments.take(whole)?, texts, path("pump"))?;
    let mut observations: Vec<Observation> = Vec::new();
    while segments.is(b"OBX") {
        let item = u16::try_from(observations.len()).ok();
        let path = Path { item, ..path("observation") };
        let segment = segments.take(whole)?;
        let one = observation(segment, texts, path)?;
        let new = observations.iter().all(|other| other.of != one.of);
        require!(new, refuse(Rule::ObservationOnce, whole, at));
        observations.push(one);
    }
    let changes = control == Control::Change;
    require!(!changes || give.volume.is_none(), refuse(Rule::GiveAmountChange, whole, at));
    let by_volume = !changes && device == Device::LargeVolume && duration.is_none();
    require!(!by_volume || give.volume.is_some(), refuse(Rule::GiveAmountRequired, whole, at));
    let rated = device == Device::PatientControlled || give.rate.is_some();
    require!(rated, refuse(Rule::GiveRateRequired, whole, at));
    let dose = give.rate.is_some_and(|rate| rate.unit.measure == Measure::Amount);
    require!(!dose || duration.is_some(), refuse(Rule::GiveDuration, whole, at));
    Ok(Order { control, number: placer, give, duration, device, method, pump, observations })
}

/// Checks ORC.
fn common<'a>(segment: Piece<'a>, texts: Texts, path: Path) -> Result<(Control, Text<'a>), Refusal> {
    let mut fields = Reader::segment(segment, b"ORC", texts, path)?;
    let control = match fields.required_word(&["RE", "XO"], Rule::OrderControl, "control")? {
        0 => Control::New,
        _ => Control::Change,
    };
    let field = fields.filled("number")?;
    let mut components = fields.components(field, "number");
    let number = components.required("id")?;
    components.rest()?;
    fields.unread(16, "order")?;
    if let Some(field) = fields.any().filled() {
        let mut components = fields.components(field, "by");
        components.required("id")?;
        components.rest()?;
    }
    fields.rest()?;
    Ok((control, number))
}
