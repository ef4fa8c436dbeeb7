//! Why an order is refused.

use core::fmt;

rules! {
    /// A message begins with 0B.
    EnvelopeStart = "envelope.start",
    /// A message ends with 1C 0D.
    EnvelopeEnd = "envelope.end",
    /// Nothing follows the end of the envelope.
    EnvelopeExact = "envelope.exact",
    /// Segments stand in their order, each ended by a carriage return.
    SegmentOrder = "segment.order",
    /// A segment begins with its name.
    SegmentName = "segment.name",
    /// A segment, field or component has no more parts than it may.
    SegmentSize = "segment.size",
    /// A message has an order.
    MessageOrder = "message.order",
    /// A delimiter is one of the characters that stand in no number, unit or code.
    HeaderDelimiter = "header.delimiter",
    /// The five delimiters differ.
    HeaderDelimiters = "header.delimiters",
    /// The message is an RGV^O15^RGV_O15.
    HeaderType = "header.type",
    /// The message is for production.
    HeaderProcessing = "header.processing",
    /// The version is 2.5 or 2.6.
    HeaderVersion = "header.version",
    /// An accept acknowledgement is always asked for.
    HeaderAccept = "header.accept",
    /// An application acknowledgement is asked for always, on error, or never.
    HeaderApplication = "header.application",
    /// The characters are ASCII or UTF-8.
    HeaderCharset = "header.charset",
    /// The profile is that of infusion orders.
    HeaderProfile = "header.profile",
    /// A required field or component is filled in.
    FieldRequired = "field.required",
    /// A text is well-formed UTF-8.
    TextUtf8 = "text.utf8",
    /// A text has printable characters only.
    TextCharset = "text.charset",
    /// A text has characters beyond ASCII only where MSH-18 says so.
    TextAscii = "text.ascii",
    /// An escape sequence is one of those known, and complete.
    TextEscape = "text.escape",
    /// A delimiter within a text is escaped.
    TextDelimiter = "text.delimiter",
    /// A text has at most its number of characters.
    TextCharacters = "text.characters",
    /// A required text has something to read.
    TextBlank = "text.blank",
    /// A number has digits, and a fraction after a point.
    NumberForm = "number.form",
    /// A number has at most its number of characters.
    NumberCharacters = "number.characters",
    /// A number lies within its range.
    NumberRange = "number.range",
    /// A number has at most four decimals.
    NumberResolution = "number.resolution",
    /// An order is new, or the change of one.
    OrderControl = "order.control",
    /// A unit is one of those known.
    UnitValue = "unit.value",
    /// A unit has its name and the system that the name is of.
    UnitSystem = "unit.system",
    /// An MDC unit has its number.
    UnitCode = "unit.code",
    /// Both forms of a unit mean the same.
    UnitAlternate = "unit.alternate",
    /// A unit measures what its field is.
    UnitUse = "unit.use",
    /// A new order for a large-volume pump without a duration has a volume.
    GiveAmountRequired = "give.amount.required",
    /// The change of an order has no volume.
    GiveAmountChange = "give.amount.change",
    /// A volume has a unit, and a unit a volume.
    GiveAmountUnit = "give.amount.unit",
    /// An order that is not for patient control has a rate or dose.
    GiveRateRequired = "give.rate.required",
    /// A rate has a unit, and a unit a rate.
    GiveRateUnit = "give.rate.unit",
    /// Amount and volume of a concentration stand together, each with its unit.
    GiveConcentration = "give.concentration",
    /// A dose of a drug needs its concentration.
    GiveConcentrationRequired = "give.concentration.required",
    /// A dose is of what the concentration is of.
    GiveSubstance = "give.substance",
    /// A dose that is no rate needs a duration.
    GiveDuration = "give.duration",
    /// A duration is in hours, minutes or seconds.
    DurationUnit = "duration.unit",
    /// The route is intravenous.
    RouteIv = "route.iv",
    /// The device is a large-volume, patient-controlled or syringe pump.
    RouteDevice = "route.device",
    /// The line is the primary or the secondary one.
    RouteMethod = "route.method",
    /// The first observation names the pump.
    PumpCode = "pump.code",
    /// The observation that names the pump has no type, value and unit.
    PumpEmpty = "pump.empty",
    /// The pump is named.
    PumpId = "pump.id",
    /// An observation is one of those known.
    ObservationCode = "observation.code",
    /// The name of an observation is that of its number.
    ObservationName = "observation.name",
    /// An observation is a number.
    ObservationType = "observation.type",
    /// An observation has a unit that it is measured in.
    ObservationUnit = "observation.unit",
    /// An observation stands once.
    ObservationOnce = "observation.once",
}

/// A field: `message.order[0].observation[1].unit.name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Path {
    /// The part of the envelope.
    pub root: &'static str,
    /// The order, from 0.
    pub order: Option<u16>,
    /// The segment.
    pub segment: &'static str,
    /// Its position, if it may stand several times.
    pub item: Option<u16>,
    /// The field of the segment.
    pub field: &'static str,
    /// Its repetition, if it may stand several times.
    pub repetition: Option<u16>,
    /// The component.
    pub part: &'static str,
}

impl Path {
    /// The field itself, or nothing known of the message.
    pub(super) const fn of(root: &'static str) -> Self {
        Self { root, order: None, segment: "", item: None, field: "", repetition: None, part: "" }
    }

    /// Another field of the same segment.
    pub(super) const fn field(self, field: &'static str) -> Self {
        Self { field, repetition: None, part: "", ..self }
    }

    /// A component of the same field.
    pub(super) const fn part(self, part: &'static str) -> Self {
        Self { part, ..self }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root)?;
        if let Some(order) = self.order {
            write!(f, ".order[{order}]")?;
        }
        for (name, number) in [(self.segment, self.item), (self.field, self.repetition), (self.part, None)] {
            if !name.is_empty() {
                write!(f, ".{name}")?;
            }
            if let Some(number) = number {
                write!(f, "[{number}]")?;
            }
        }
        Ok(())
    }
}

refusal!();

#[cold]
pub(super) fn refuse(rule: Rule, path: Path, offset: usize) -> Refusal {
    Refusal { rule, path, offset }
}
