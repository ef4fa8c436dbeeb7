//! The pump that an order is for, and what is known of the patient: OBX.

use super::give::Quantity;
use super::number::{SET_ID, quantity};
use super::refusal::{Path, Refusal, Rule, refuse};
use super::segment::Reader;
use super::token::{Piece, Text, Texts};
use super::units::Measure;

/// What an observation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// Body weight.
    Weight,
    /// Body height.
    Height,
    /// Body surface.
    Surface,
    /// Most that may be given under patient control.
    DoseLimit,
    /// A parameter of the pump that this reader does not use, by its number.
    Parameter(u32),
    /// Least time between demands.
    Lockout,
    /// Volume of the container.
    Container,
}

/// Observations: number, name, and what they are of.
const KNOWN: [(&str, &str, Observed); 9] = [
    ("68063", "MDC_ATTR_PT_WEIGHT", Observed::Weight),
    ("68060", "MDC_ATTR_PT_HEIGHT", Observed::Height),
    ("188744", "MDC_AREA_BODY_SURF_ACTUAL", Observed::Surface),
    ("157985", "", Observed::DoseLimit),
    ("157986", "", Observed::Parameter(157_986)),
    ("157987", "", Observed::Parameter(157_987)),
    ("157988", "", Observed::Parameter(157_988)),
    ("157989", "", Observed::Lockout),
    ("157994", "", Observed::Container),
];

/// An observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// Of what.
    pub of: Observed,
    /// Its value.
    pub value: Quantity,
}

/// How a pump is named, OBX-18: one of the two at least.
#[derive(Debug, Clone, Copy)]
pub struct PumpId<'a> {
    /// Its id.
    pub id: Text<'a>,
    /// Its universal id.
    pub universal: Text<'a>,
}

/// Checks the OBX that names the pump.
pub(super) fn pump<'a>(segment: Piece<'a>, texts: Texts, path: Path) -> Result<PumpId<'a>, Refusal> {
    let mut fields = Reader::segment(segment, b"OBX", texts, path)?;
    fields.required_number(SET_ID, "set_id")?;
    fields.nothing(Rule::PumpEmpty, "type")?;
    let code = fields.filled("code")?;
    let mut components = fields.components(code, "code");
    components.required_word(&["69986"], Rule::PumpCode, "number")?;
    components.word(&["MDC_DEV_PUMP_INFUS_VMD"], Rule::PumpCode, "name")?;
    components.word(&["MDC"], Rule::PumpCode, "system")?;
    components.rest()?;
    fields.unread(1, "sub_id")?;
    fields.nothing(Rule::PumpEmpty, "value")?;
    fields.nothing(Rule::PumpEmpty, "unit")?;
    fields.unread(11, "status")?;
    let id = fields.filled("id")?;
    let mut components = fields.components(id, "id");
    let own = components.text("id")?;
    components.unread(1, "namespace")?;
    let universal = components.text("universal")?;
    components.rest()?;
    require!(!own.is_empty() || !universal.is_empty(), refuse(Rule::PumpId, path.field("id"), id.at));
    fields.rest()?;
    Ok(PumpId { id: own, universal })
}

/// Checks any other OBX.
pub(super) fn observation(segment: Piece<'_>, texts: Texts, path: Path) -> Result<Observation, Refusal> {
    let mut fields = Reader::segment(segment, b"OBX", texts, path)?;
    fields.required_number(SET_ID, "set_id")?;
    fields.required_word(&["NM"], Rule::ObservationType, "type")?;
    let code = fields.filled("code")?;
    let mut components = fields.components(code, "code");
    let numbers = KNOWN.map(|(number, ..)| number);
    let known = components.required_word(&numbers, Rule::ObservationCode, "number")?;
    let name = components.text("name")?;
    components.word(&["MDC"], Rule::ObservationCode, "system")?;
    components.rest()?;
    let Some((_, _, of)) = KNOWN.get(known).copied() else {
        return Err(refuse(Rule::ObservationCode, path.field("code"), code.at));
    };
    // A name that nobody knows says nothing.
    let named = KNOWN.iter().position(|(_, own, _)| !own.is_empty() && *own == name.raw());
    let agrees = named.is_none_or(|named| named == known);
    require!(agrees, refuse(Rule::ObservationName, path.field("code"), code.at));
    fields.unread(1, "sub_id")?;
    let value = fields.required_number(quantity(20), "value")?;
    let at = fields.next_at();
    let unit = fields.required_unit("unit")?;
    let fits = match of {
        Observed::Weight => unit.is_weight(),
        Observed::Height => unit.measure == Measure::Length,
        Observed::Surface => unit.measure == Measure::Area,
        Observed::DoseLimit => unit.measure == Measure::Amount,
        Observed::Lockout => unit.measure == Measure::Time,
        Observed::Container => unit.is_volume(),
        Observed::Parameter(_) => true,
    };
    require!(fits, refuse(Rule::ObservationUnit, path.field("unit"), at));
    fields.rest()?;
    Ok(Observation { of, value: Quantity { value, unit } })
}
