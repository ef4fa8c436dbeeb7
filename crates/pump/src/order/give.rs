//! What is to be given: RXG, how long (TQ1), and by which way (RXR).

use super::number::{SET_ID, quantity};
use super::refusal::{Path, Refusal, Rule, refuse};
use super::segment::Reader;
use super::token::{Piece, Text, Texts};
use super::units::{Measure, Unit};
use crate::library::Substance;

/// A number of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    /// In ten-thousandths of the unit.
    pub value: u64,
    /// The unit.
    pub unit: Unit,
}

/// How much of a drug is in how much fluid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concentration {
    /// The drug.
    pub amount: Quantity,
    /// The fluid, in ten-thousandths of a ml.
    pub volume: u64,
}

/// The kind of pump, RXR-3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Large volume.
    LargeVolume,
    /// Patient-controlled.
    PatientControlled,
    /// Syringe.
    Syringe,
}

/// The line, RXR-4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Primary.
    Primary,
    /// Secondary.
    Secondary,
}

/// The segment RXG.
#[derive(Debug, Clone, Copy)]
pub struct Give<'a> {
    /// The drug's id, RXG-4.1.
    pub code: Text<'a>,
    /// The drug's name, RXG-4.2.
    pub name: Text<'a>,
    /// The volume to be infused, in ten-thousandths of a ml, RXG-5.
    pub volume: Option<u64>,
    /// Rate or dose, RXG-15.
    pub rate: Option<Quantity>,
    /// RXG-17 and RXG-23.
    pub concentration: Option<Concentration>,
}

/// How a number and its unit stand in RXG.
struct Measured {
    value: &'static str,
    unit: &'static str,
    most: usize,
    /// Fields between the two.
    between: usize,
    /// Broken where one of them stands alone.
    rule: Rule,
    fits: fn(&Unit) -> bool,
}

/// A number with its unit, both or none of them.
fn measured(fields: &mut Reader<'_>, of: &Measured) -> Result<Option<Quantity>, Refusal> {
    let value_at = fields.next_at();
    let value = fields.number(quantity(of.most), of.value)?;
    fields.unread(of.between, "maximum")?;
    let unit_at = fields.next_at();
    let unit = fields.unit(of.unit)?;
    match (value, unit) {
        (Some(value), Some(unit)) => {
            require!((of.fits)(&unit), refuse(Rule::UnitUse, fields.at(of.unit), unit_at));
            Ok(Some(Quantity { value, unit }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(refuse(of.rule, fields.at(of.value), value_at)),
        (None, Some(_)) => Err(refuse(of.rule, fields.at(of.unit), unit_at)),
    }
}

const VOLUME: Measured = Measured {
    value: "volume",
    unit: "volume_unit",
    most: 20,
    between: 1,
    rule: Rule::GiveAmountUnit,
    fits: Unit::is_volume,
};
const RATE: Measured =
    Measured { value: "rate", unit: "rate_unit", most: 6, between: 0, rule: Rule::GiveRateUnit, fits: Unit::is_dose };
const STRENGTH: Measured = Measured {
    value: "strength",
    unit: "strength_unit",
    most: 20,
    between: 0,
    rule: Rule::GiveConcentration,
    fits: Unit::is_drug,
};
const DILUENT: Measured = Measured {
    value: "diluent",
    unit: "diluent_unit",
    most: 5,
    between: 0,
    rule: Rule::GiveConcentration,
    fits: Unit::is_volume,
};

/// Checks RXG by itself.
pub(super) fn give<'a>(segment: Piece<'a>, texts: Texts, path: Path) -> Result<Give<'a>, Refusal> {
    let mut fields = Reader::segment(segment, b"RXG", texts, path)?;
    fields.required_number(SET_ID, "sub_id")?;
    fields.unread(2, "quantity_timing")?;
    let code = fields.filled("code")?;
    let mut components = fields.components(code, "code");
    let (code, name) = (components.required("id")?, components.required("name")?);
    components.rest()?;
    let volume = measured(&mut fields, &VOLUME)?.map(|volume| volume.value);
    fields.unread(7, "form")?;
    let rate = measured(&mut fields, &RATE)?;
    let amount = measured(&mut fields, &STRENGTH)?;
    fields.unread(4, "lot")?;
    let diluent = measured(&mut fields, &DILUENT)?;
    fields.rest()?;
    let dosed = rate.map(|rate| rate.unit.substance).filter(|substance| *substance != Substance::Volume);
    let required = refuse(Rule::GiveConcentrationRequired, path, segment.at);
    require!(dosed.is_none() || amount.is_some(), required);
    let both = amount.is_some() == diluent.is_some();
    require!(both, refuse(Rule::GiveConcentration, path, segment.at));
    let concentration = amount.zip(diluent).map(|(amount, volume)| Concentration { amount, volume: volume.value });
    let of = concentration.map(|concentration| concentration.amount.unit.substance);
    let same = dosed.is_none() || of == dosed;
    require!(same, refuse(Rule::GiveSubstance, path, segment.at));
    Ok(Give { code, name, volume, rate, concentration })
}

/// Checks TQ1; gives the duration in ten-thousandths of a second.
pub(super) fn timing(segment: Piece<'_>, texts: Texts, path: Path) -> Result<u64, Refusal> {
    let mut fields = Reader::segment(segment, b"TQ1", texts, path)?;
    fields.unread(12, "schedule")?;
    let duration = fields.filled("duration")?;
    fields.rest()?;
    let path = path.field("duration");
    let mut parts = fields.parts(duration, texts.delimiters.repetition, path);
    let mut whole: u64 = 0;
    for (number, name) in ["first", "second", "third"].into_iter().enumerate() {
        let piece = parts.any();
        if piece.is_empty() {
            require!(number > 0, refuse(Rule::FieldRequired, path.part(name), duration.at));
            continue;
        }
        let mut components = parts.within(piece, texts.delimiters.component, path.part(name));
        let value = components.required_number(quantity(20), name)?;
        let unit = components.filled(name)?;
        components.rest()?;
        let mut components = parts.within(unit, texts.delimiters.subcomponent, path.part(name));
        let stated = components.any();
        components.rest()?;
        let unit = Unit::named(stated.bytes).map(|(unit, _)| unit).filter(|unit| unit.measure == Measure::Time);
        let Some(unit) = unit else { return Err(refuse(Rule::DurationUnit, path.part(name), stated.at)) };
        whole = whole.saturating_add(value.saturating_mul(unit.numerator));
    }
    parts.end("more")?;
    Ok(whole)
}

/// Checks RXR.
pub(super) fn route(segment: Piece<'_>, texts: Texts, path: Path) -> Result<(Device, Option<Method>), Refusal> {
    let mut fields = Reader::segment(segment, b"RXR", texts, path)?;
    coded(&mut fields, "route", &["IV"], Rule::RouteIv)?;
    fields.unread(1, "site")?;
    let device = coded(&mut fields, "device", &["IVP", "PCA", "SYR"], Rule::RouteDevice)?;
    let device = match device {
        0 => Device::LargeVolume,
        1 => Device::PatientControlled,
        _ => Device::Syringe,
    };
    let method = fields.any();
    let method = match method.filled() {
        None => None,
        Some(field) => match one_of(&fields, field, "method", &["IV", "IVPB"], Rule::RouteMethod)? {
            0 => Some(Method::Primary),
            _ => Some(Method::Secondary),
        },
    };
    fields.rest()?;
    Ok((device, method))
}

/// A coded field that must be there.
fn coded(fields: &mut Reader<'_>, name: &'static str, words: &[&str], rule: Rule) -> Result<usize, Refusal> {
    let field = fields.filled(name)?;
    one_of(fields, field, name, words, rule)
}

/// A coded field: the word stands as its id, as its name, or as both.
fn one_of(
    fields: &Reader<'_>,
    field: Piece<'_>,
    name: &'static str,
    words: &[&str],
    rule: Rule,
) -> Result<usize, Refusal> {
    let mut components = fields.components(field, name);
    let id = components.word(words, rule, "id")?;
    let name_at = components.next_at();
    let text = components.word(words, rule, "name")?;
    let agree = id.is_none() || text.is_none() || id == text;
    require!(agree, refuse(rule, components.at("name"), name_at));
    let word = id.or(text).ok_or_else(|| refuse(rule, components.at("id"), field.at))?;
    components.rest()?;
    Ok(word)
}
