//! What a message asks for.

use super::fraction::{Exact, Fraction};
use super::read::At;
use super::units::{Substance, Unit, seconds, ucum};
use infuzz::tree::Tree;

/// The only order of a message.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// A running therapy is to be changed.
    pub(super) change: bool,
    /// The drug.
    pub(super) code: String,
    pub(super) name: String,
    /// The pump, in either form.
    pub(super) pump: Vec<String>,
    /// In ml.
    pub(super) volume: Option<Fraction>,
    pub(super) dose: Option<(Fraction, Unit)>,
    /// The drug in a ml, in base units.
    pub(super) concentration: Option<(Fraction, Substance)>,
    /// How long, in seconds.
    pub(super) duration: Option<Fraction>,
    /// The word of RXR-3.
    pub(super) device: String,
    /// The word of RXR-4.
    pub(super) method: Option<String>,
    /// The patient.
    pub(super) kilograms: Option<Fraction>,
    pub(super) square_metres: Option<Fraction>,
}

/// A word that stands as the id, as the name, or as both.
fn word(at: At<'_>) -> Option<String> {
    at.part("id").and_then(At::word).or_else(|| at.part("name")?.word()).map(Into::into)
}

fn quantity(at: Option<At<'_>>) -> Option<Fraction> {
    at?.number().map(Fraction::of)
}

/// The name of a unit, in either of its forms.
fn unit_name<'t>(at: At<'t>) -> Option<&'t str> {
    at.part("name").and_then(At::text).or_else(|| at.part("other_name")?.text()).map(ucum)
}

/// A text with its escape sequences undone, from left to right.
fn unescaped(message: At<'_>, text: &str) -> Option<String> {
    let stated = |name: &str| message.part(name)?.text()?.chars().next();
    let around = stated("escape")?;
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(around) {
        out.push_str(&rest[..at]);
        let (inner, after) = rest[at + around.len_utf8()..].split_once(around)?;
        match inner {
            "F" => out.push(stated("separator")?),
            "S" => out.push(stated("component")?),
            "T" => out.push(stated("subcomponent")?),
            "R" => out.push(stated("repetition")?),
            "E" => out.push(around),
            _ => {
                let digits = inner.strip_prefix('X')?.as_bytes();
                for pair in digits.chunks(2) {
                    let byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
                    out.push(char::from(byte));
                }
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

impl Wanted {
    /// What a message that breaks no rule asks for; none: it has more than one order.
    pub(super) fn of(tree: &Tree<'_>) -> Option<Self> {
        let message = At::root(tree).part("message")?;
        let mut orders = message.part("order")?.parts();
        let (order, None) = (orders.next()?, orders.next()) else { return None };
        let text = |at: Option<At<'_>>| unescaped(message, at?.text()?);
        let give = order.part("give")?;
        let of_give = |name: &str| quantity(give.part(name));
        let unit = |name: &str| Unit::named(unit_name(give.part(name)?)?);
        let concentration = || {
            let (amount, unit) = (of_give("strength")?, unit("strength_unit")?);
            Some((amount * unit.one / of_give("diluent")?, unit.substance))
        };
        let pump = order.inner(&["pump", "id"])?;
        let mut wanted = Wanted {
            change: order.inner(&["common", "control"])?.word()? == "XO",
            code: text(give.inner(&["code", "id"]))?,
            name: text(give.inner(&["code", "name"]))?,
            pump: ["id", "universal"].iter().filter_map(|name| text(pump.part(name))).collect(),
            volume: of_give("volume"),
            dose: of_give("rate").zip(unit("rate_unit")),
            concentration: concentration(),
            duration: order.inner(&["timing", "duration"]).map(duration),
            device: word(order.inner(&["route", "device"])?)?,
            method: order.inner(&["route", "method"]).and_then(word),
            kilograms: None,
            square_metres: None,
        };
        for observation in order.part("observation")?.parts() {
            let value = quantity(observation.part("value"));
            match observation.inner(&["code", "number"])?.number()? {
                68063 => {
                    let grams = unit_name(observation.part("unit")?)? == "g";
                    wanted.kilograms = value.map(|value| if grams { value / Fraction::whole(1000) } else { value });
                }
                188_744 => wanted.square_metres = value,
                _ => {}
            }
        }
        Some(wanted)
    }
}

/// The repetitions of a duration, added up.
fn duration(at: At<'_>) -> Fraction {
    let spans = ["first", "second", "third"].into_iter().filter_map(|name| at.part(name));
    let seconds = spans.filter_map(|span| {
        let unit = seconds(span.inner(&["unit", "name"])?.text()?)?;
        Some(quantity(span.part("value"))? * Fraction::whole(unit))
    });
    seconds.fold(Fraction::whole(0), |sum, one| sum + one)
}
