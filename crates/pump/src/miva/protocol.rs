//! A protocol and its limits.

use super::parameters::{Kind, Mode, Use, mode};
use super::record::{Name, Record, limit, within};
use super::refusal::{Refusal, Rule};

/// The switch that says a drug is given.
const DRUG: u32 = 1 << 22;
/// Where the values end.
const VALUES: usize = 80;
/// The components of a drug: name and place.
const COMPONENTS: [(&str, usize); 3] = [("first_component", 119), ("second_component", 154), ("third_component", 189)];

/// A patient's weight in kg.
const WEIGHT: core::ops::RangeInclusive<f32> = 1.0..=999.9;
/// The highest rate in mL/h.
const FASTEST: f64 = 135.0;

/// The name of a protocol.
pub(super) fn name(record: &[u8]) -> &[u8] {
    let field = record.get(99..109).unwrap_or_default();
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A value as it is compared: with its limits, and with others of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Value {
    Number(f32),
    Time(u32),
}

impl Value {
    fn at_most(self, other: Value) -> bool {
        self <= other
    }

    fn is(self, number: f32) -> bool {
        match self {
            Value::Number(own) => own == number,
            Value::Time(seconds) => seconds == 0 && number == 0.0,
        }
    }
}

fn value(record: &Record<'_>, kind: Kind, at: usize, name: Name) -> Result<Value, Refusal> {
    Ok(match kind {
        Kind::Number => Value::Number(record.number(at, name)?),
        Kind::Time => Value::Time(record.time(at, name)?),
    })
}

/// Whether a parameter is used.
fn is_on(switches: u32, number: usize) -> bool {
    u32::try_from(number).is_ok_and(|number| switches >> number & 1 == 1)
}

/// What a protocol is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// A library: the weight is given at the pump.
    Library,
    /// An order: the weight has been given.
    Order,
}

/// What limits and map need of a protocol.
#[derive(Debug, Clone, Copy)]
pub(super) struct Protocol<'a> {
    pub(super) mode: &'static Mode,
    record: Record<'a>,
}

/// Checks the record of a protocol.
pub(super) fn protocol<'a>(record: Record<'a>, holder: Holder) -> Result<Protocol<'a>, Refusal> {
    let number = record.u8(93);
    let Some(mode) = mode(number) else { return Err(record.refuse(Rule::EnumValue, "mode", 93)) };
    let changeable = record.below(92, 2, "changeable")?;
    for (at, name, constant) in [(94, "id", 0xFF), (95, "label_pool", 0xFF), (96, "label", 0)] {
        record.constant(at, &[constant], name)?;
    }
    let rate_unit = record.below(97, 5, "rate_unit")?;
    let amount_unit = record.below(98, 2, "amount_unit")?;
    record.text(99, 10, 9, "name")?;
    let switches = record.u32(VALUES);
    let given = switches & DRUG != 0;
    let drug = [("drug".into(), 109, 10, 9)];
    let components = COMPONENTS.into_iter().flat_map(|(part, at)| {
        let concentration = at.saturating_add(20);
        [(within(part, "name"), at, 20, 20), (within(part, "concentration"), concentration, 15, 15)]
    });
    for (name, at, size, most) in drug.into_iter().chain(components) {
        let text = record.text(at, size, most, name)?;
        require!(given || text.is_empty(), record.refuse(Rule::ProtocolNoDrug, name, at));
    }
    record.unused(224, 28, "unused")?;
    record.check()?;

    for (number, parameter) in mode.parameters.iter().enumerate() {
        let (at, name) = (number.saturating_mul(4), within(mode.values, parameter.name));
        let value = value(&record, parameter.kind, at, name)?;
        match parameter.usage {
            Use::Switched(off) => {
                require!(is_on(switches, number) || value.is(off), record.refuse(Rule::ParameterOff, name, at));
            }
            Use::Concentration => {
                require!(is_on(switches, number) || value.is(0.0), record.refuse(Rule::ParameterOff, name, at));
            }
            Use::Weight if holder == Holder::Order => {
                let fits = !is_on(switches, number) || WEIGHT.contains(&record.number(at, name)?);
                require!(fits, record.refuse(Rule::OrderWeight, name, at));
            }
            Use::Weight | Use::Never => require!(value.is(0.0), record.refuse(Rule::ProtocolZero, name, at)),
            Use::Drug => require!(given || value.is(0.0), record.refuse(Rule::ProtocolNoDrug, name, at)),
        }
    }
    let end = mode.parameters.len().saturating_mul(4);
    let unused = within(mode.values, "unused");
    record.unused(end, VALUES.saturating_sub(end), unused)?;
    require!(given || amount_unit == 0, record.refuse(Rule::ProtocolNoDrug, "amount_unit", 98));
    require!(given || changeable == 0, record.refuse(Rule::ProtocolNoDrug, "changeable", 92));
    if number == 0 {
        continuous(&record, mode, rate_unit, switches)?;
    } else {
        require!(rate_unit == 0, record.refuse(Rule::ProtocolUnitMode, "rate_unit", 97));
    }
    Ok(Protocol { mode, record })
}

/// What only continuous protocols have: a rate by amount of the drug, or by weight.
fn continuous(record: &Record<'_>, mode: &Mode, rate_unit: u8, switches: u32) -> Result<(), Refusal> {
    let has_concentration = is_on(switches, 7);
    let of = |name| within(mode.values, name);
    let (concentration, amount, solvent) = (
        record.number(28, of("concentration"))?,
        record.number(32, of("drug_amount"))?,
        record.number(36, of("solvent"))?,
    );
    if rate_unit != 0 {
        // Without a drug there is no solvent.
        require!(solvent != 0.0, record.refuse(Rule::ProtocolUnit, of("solvent"), 36));
        require!(has_concentration, record.refuse(Rule::ProtocolUnit, of("switches"), VALUES));
    }
    if micrograms_per_kg(rate_unit).is_some() {
        require!(is_on(switches, 10), record.refuse(Rule::ProtocolWeight, of("switches"), VALUES));
    }
    let quotient = amount / solvent;
    require!(
        !has_concentration || !quotient.is_finite() || quotient == concentration,
        record.refuse(Rule::ProtocolConcentration, of("concentration"), 28)
    );
    Ok(())
}

impl Protocol<'_> {
    /// Checks the rate of a continuous order for the weight that it holds.
    pub(super) fn flow(&self) -> Result<(), Refusal> {
        let record = &self.record;
        let Some(unit) = micrograms_per_kg(record.u8(97)).filter(|_| record.u8(93) == 0) else { return Ok(()) };
        let of = |name| within(self.mode.values, name);
        let number = |at, name| record.number(at, of(name)).map(f64::from);
        let (rate, amount) = (number(0, "rate")? * unit, number(32, "drug_amount")?);
        let amount = if record.u8(98) == 0 { amount * 1000.0 } else { amount };
        let (solvent, weight) = (number(36, "solvent")?, number(40, "weight")?);
        // Where rounding decides, the format leaves it open.
        let fits = rate * weight * 60.0 * solvent <= FASTEST * amount;
        require!(fits, record.refuse(Rule::OrderFlow, of("rate"), 0));
        Ok(())
    }
}

/// What a rate unit by weight is in micrograms.
fn micrograms_per_kg(unit: u8) -> Option<f64> {
    match unit {
        2 => Some(1000.0),
        4 => Some(1.0),
        _ => None,
    }
}

/// Checks the limits of a protocol, and its values against them.
pub(super) fn limits(record: Record<'_>, protocol: &Protocol<'_>) -> Result<(), Refusal> {
    let Protocol { mode, record: values } = protocol;
    let switches = values.u32(VALUES);
    let own = mode.parameters.iter().map(|parameter| (parameter.name, parameter.kind));
    let patient = mode.patient.iter().map(|name| (*name, Kind::Number));
    let mut end = 0_usize;
    for (number, (name, kind)) in own.chain(patient).enumerate() {
        let low = value(&record, kind, end, limit(mode.limits, name, "min"))?;
        let high = value(&record, kind, end.saturating_add(4), limit(mode.limits, name, "max"))?;
        require!(
            low.at_most(high),
            record.refuse(Rule::LimitsOrder, limit(mode.limits, name, "max"), end.saturating_add(4))
        );
        end = end.saturating_add(8);
        let Some(parameter) = mode.parameters.get(number) else { continue };
        if let (Use::Switched(_), true) = (parameter.usage, is_on(switches, number)) {
            let at = number.saturating_mul(4);
            let value = value(values, kind, at, within(mode.values, name))?;
            require!(
                low.at_most(value) && value.at_most(high),
                values.refuse(Rule::ParameterLimits, within(mode.values, name), at)
            );
        }
    }
    record.unused(end, 252_usize.saturating_sub(end), within(mode.limits, "unused"))?;
    record.check()
}
