//! Conversations with orders.

use super::{ORDERS, in_pieces};
use crate::order::PUMP;
use crate::{Formats, says};
use infuzz::compose::compose;
use infuzz::conversation::{Saying, Step};
use infuzz::device::Act;
use serde_json::{Value, json};
use std::sync::Arc;

/// An order for a drug: its code and name, the dose and its unit.
fn drug(code: [&str; 2], [dose, unit]: [&str; 2]) -> Value {
    let give = json!({
        "sub_id": "1", "code": { "id": code[0], "name": code[1] },
        "rate": dose, "rate_unit": says::unit(unit), "volume": "50", "volume_unit": says::unit("mL"),
    });
    says::order(PUMP, &give)
}

/// The drug in so much of an amount in so many ml.
fn concentrated(mut message: Value, [amount, unit, volume]: [&str; 3]) -> Value {
    let give = &mut message["message"]["order"][0]["give"];
    (give["strength"], give["strength_unit"]) = (json!(amount), says::unit(unit));
    (give["diluent"], give["diluent_unit"]) = (json!(volume), says::unit("mL"));
    message
}

/// With something else in the order.
fn with(mut message: Value, path: &[&str], value: Value) -> Value {
    let order = &mut message["message"]["order"][0];
    *path.iter().fold(order, |at, name| &mut at[*name]) = value;
    message
}

fn saline(rate: &str) -> Value {
    drug(["5678", "Normal Saline"], [rate, "mL/h"])
}

fn dopamine(dose: &str, unit: &str) -> Value {
    let ordered = concentrated(drug(["1234", "Dopamine"], [dose, unit]), ["400", "mg", "250"]);
    with(ordered, &["observation"], json!([says::weight("85")]))
}

fn over_time(dose: [&str; 2]) -> Value {
    let ordered = concentrated(drug(["T-3", "Drug over time"], dose), ["50", "mg", "10"]);
    with(without_volume(ordered), &["timing"], says::minutes("30"))
}

/// Without a volume of its own.
fn without_volume(mut message: Value) -> Value {
    if let Some(give) = message["message"]["order"][0]["give"].as_object_mut() {
        give.remove("volume");
        give.remove("volume_unit");
    }
    message
}

fn by_volume(concentration: [&str; 3]) -> Value {
    concentrated(drug(["V-9", "Drug by its volume"], ["10", "mL/h"]), concentration)
}

fn surface(dose: &str) -> Value {
    let ordered = concentrated(drug(["S-4", "Drug per m2"], [dose, "mg/m2/h"]), ["100", "mg", "100"]);
    with(ordered, &["observation"], json!([says::surface("1.73")]))
}

fn syringe() -> Value {
    let ordered = concentrated(drug(["Y-5", "Drug in a syringe"], ["5", "[iU]/h"]), ["1", "[iU]", "1"]);
    with(ordered, &["route", "device", "id"], json!("SYR"))
}

fn second(method: &str) -> Value {
    let ordered = drug(["L-6", "Drug by the second line"], ["20", "mL/h"]);
    with(ordered, &["route", "method"], json!({ "id": method }))
}

/// A change of what runs.
fn change(message: Value) -> Value {
    without_volume(with(message, &["common", "control"], json!("XO")))
}

/// Orders that fail for what they are about, whatever the dose.
fn fail() -> Vec<Value> {
    let both = |mut one: Value, other: Value| {
        if let (Some(orders), Some(order)) = (one["message"]["order"].as_array_mut(), other["message"]["order"].get(0))
        {
            orders.push(order.clone());
        }
        one
    };
    let of = |code: &str, name: &str| drug([code, name], ["10", "mL/h"]);
    vec![
        of("0", "Nothing"),
        of("5678", "Nothing"),
        of("0", "Normal Saline"),
        of("1234", "Normal Saline"),
        // The beginning of a name, and of a code.
        of("1234", "Dopa"),
        of("567", "Normal Saline"),
        of("N-8", "Drug of no set-up"),
        of("1234", "Dopamine"),
        concentrated(of("5678", "Normal Saline"), ["1", "mg", "1"]),
        concentrated(drug(["B-7", "Drug as a bolus"], ["1", "mg/h"]), ["10", "mg", "10"]),
        with(saline("10"), &["route", "device", "id"], json!("PCA")),
        with(saline("10"), &["route", "device", "id"], json!("SYR")),
        with(saline("10"), &["route", "method"], json!({ "id": "IVPB" })),
        second("IV"),
        with(saline("10"), &["pump", "id", "id"], json!("B2")),
        both(saline("10"), saline("20")),
        change(saline("10")),
    ]
}

/// Orders whose dose, patient, volume or duration fails; each of those at the end for one reason only.
fn doses_fail() -> Vec<Value> {
    let nobody = json!([]);
    let light = |message: Value| with(message, &["observation"], json!([says::weight("30")]));
    let for_minutes = |message: Value, minutes: &str| with(message, &["timing"], says::minutes(minutes));
    vec![
        dopamine("10", "ug/min"),
        dopamine("51", "ug/kg/min"),
        with(dopamine("10", "ug/kg/min"), &["observation"], nobody.clone()),
        with(dopamine("10", "ug/kg/min"), &["observation"], json!([says::weight("151")])),
        with(surface("10"), &["observation"], nobody),
        with(surface("10"), &["observation"], json!([says::surface("2.6")])),
        concentrated(dopamine("10", "ug/kg/min"), ["200", "mg", "250"]),
        saline("101"),
        // Above the most only before it is rounded.
        with(with(second("IVPB"), &["give", "rate"], json!("2400.1")), &["give", "rate_unit"], says::unit("mL/d")),
        with(saline("10"), &["give", "volume"], json!("9999.5")),
        with(saline("10"), &["timing"], says::minutes("60")),
        over_time(["100", "mg/kg"]),
        with(over_time(["100", "mg"]), &["timing"], says::minutes("5")),
        over_time(["1001", "mg"]),
        concentrated(over_time(["100", "mg"]), ["1", "mg", "2"]),
        light(dopamine("51", "ug/kg/min")),
        light(for_minutes(without_volume(dopamine("10", "ug/kg")), "30")),
        over_time(["10", "mg/h"]),
        for_minutes(over_time(["10", "mg"]), "5"),
        concentrated(over_time(["10", "mg"]), ["1", "mg", "2"]),
        by_volume(["10", "[iU]", "1"]),
    ]
}

fn all(formats: Formats<'_>, messages: &[Value]) -> Vec<Step> {
    messages.iter().map(|message| formats.orders(message)).collect()
}

/// The library with a set-up for every kind of order comes and is in use.
pub(crate) fn ward(formats: Formats<'_>) -> Vec<Step> {
    let library = serde_json::from_str(ORDERS).ok().and_then(|data: Value| compose(formats.libraries, &data).ok());
    let mut steps = formats.brings(&library.unwrap_or_default(), 1024);
    steps.push(Step::Restart);
    steps
}

/// An order of a kind that there is not, and one of another version, from another sender.
fn rubbish(formats: Formats<'_>) -> Vec<Step> {
    let with = |from: &[u8], to: &[u8]| {
        let mut step = formats.orders(&saline("10"));
        if let Step::Say(saying) = &mut step {
            for (from, to) in [(from, to), (b"HIS|Ward", b"LAB|West")] {
                let bytes = &mut Arc::make_mut(saying).bytes;
                if let Some(at) = bytes.windows(from.len()).position(|part| part == from) {
                    bytes.splice(at..at + from.len(), to.iter().copied());
                }
            }
        }
        step
    };
    vec![with(b"ORC|RE", b"ORC|NW"), with(b"|2.6|", b"|2.3|")]
}

/// A change for so long that the volume is too large.
fn endless() -> Value {
    with(change(saline("10")), &["timing"], says::minutes("60000"))
}

/// Every order that the seeds have and can be changed to, for the search of all states.
pub(crate) fn every(formats: Formats<'_>) -> Vec<Step> {
    let fluid = drug(["A-1", "Fluid only in A"], ["100", "mL/h"]);
    let doses = [surface("10"), over_time(["100", "mg"]), syringe(), second("IVPB"), dopamine("10", "ug/kg/min")];
    let doses = doses.into_iter().chain([by_volume(["10", "mg", "1"])]);
    let right = doses.into_iter().chain([saline("10"), saline("20"), fluid]);
    let orders: Vec<Value> = right.chain(fail()).chain(doses_fail()).collect();
    // A second order in one message stays what it is.
    let changes = orders.iter().map(|order| change(order.clone()));
    let steps = all(formats, &orders.iter().cloned().chain(changes).chain([endless()]).collect::<Vec<_>>());
    steps.into_iter().chain(rubbish(formats)).collect()
}

/// A conversation by its name; `reads` reads the pump.
pub(super) fn steps(name: &str, formats: Formats<'_>, reads: Vec<Step>) -> Vec<Step> {
    let mut steps = ward(formats);
    let say = |message: &Value| formats.orders(message);
    let done = [
        // Halfway between two rates that the pump can run.
        say(&saline("13.325")),
        Step::Act(Act::Confirm),
        Step::Wait(30_001),
        say(&change(saline("20"))),
        Step::Act(Act::Confirm),
        say(&change(saline("20"))),
        say(&change(saline("30"))),
        say(&change(saline("40"))),
        Step::Act(Act::Stop),
        Step::Act(Act::Confirm),
        say(&dopamine("10", "ug/kg/min")),
        say(&saline("1")),
        Step::Act(Act::Reject),
        Step::Act(Act::Reject),
        Step::Act(Act::Confirm),
    ];
    match name {
        "order" => {
            let fluid = drug(["A-1", "Fluid only in A"], ["100", "mL/h"]);
            return vec![
                say(&fluid),
                Step::Act(Act::Air),
                Step::Act(Act::Confirm),
                Step::Act(Act::Acknowledge),
                Step::Act(Act::Confirm),
                Step::Wait(600_001),
                say(&change(drug(["A-1", "Fluid only in A"], ["50", "mL/h"]))),
                say(&change(drug(["A-1", "Fluid only in A"], ["50", "mL/h"]))),
                Step::Act(Act::Confirm),
                Step::Act(Act::Confirm),
                say(&fluid),
                Step::Act(Act::Reject),
                Step::Act(Act::Stop),
            ];
        }
        "orders" => {
            steps.extend(done);
            let grams = with(dopamine("10", "ug/kg/min"), &["observation"], json!([says::grams("85000")]));
            // Slower than what keeps the vein open.
            let slow = with(saline("0.5"), &["give", "volume"], json!("1"));
            let volume = by_volume(["10", "mg", "1"]);
            let doses = [surface("10"), over_time(["100", "mg"]), syringe(), second("IVPB"), volume, grams, slow];
            steps.extend(doses.iter().flat_map(|dose| [say(dose), Step::Act(Act::Confirm), Step::Wait(600_001)]));
            steps.push(Step::Wait(86_400_000));
        }
        "orders-read" => {
            steps.extend(done.iter().zip(&reads).flat_map(|(one, other)| [one.clone(), other.clone()]));
            steps.extend(reads.iter().skip(done.len()).cloned());
        }
        "orders-in-pieces" => {
            steps.extend(done.into_iter().map(in_pieces));
            if let Step::Say(saying) = say(&saline("9")) {
                let bytes = [b"noise".as_slice(), &saying.bytes, &saying.bytes, &saying.bytes[..40]].concat();
                steps.push(Saying { bytes, ..Saying::clone(&saying) }.into());
                steps.extend([Step::Wait(30_001), say(&saline("8"))]);
            }
        }
        "orders-that-fail" => {
            steps.extend(all(formats, &fail()));
            steps.extend(rubbish(formats));
        }
        "changes-that-fail" => {
            let changes = fail().into_iter().chain(doses_fail()).map(change).chain([endless()]);
            steps.extend(all(formats, &changes.collect::<Vec<_>>()));
        }
        "doses-that-fail" => steps.extend(all(formats, &doses_fail())),
        _ => return Vec::new(),
    }
    steps
}
