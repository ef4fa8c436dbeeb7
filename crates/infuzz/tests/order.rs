//! The description of infusion orders: the examples of the source, and what breaks which rule.

mod common;

use common::{DOPAMINE, broken, load, mllp};
use infuzz::compose::{compose, decompose};
use infuzz::format::Format;
use infuzz::judgement::{Judge, Judgement};
use infuzz::tree::{Edit, Repair, Tree};

const NOTHING: [&str; 0] = [];

/// RXG of the second example.
const SALINE: &str = "RXG|1|||5678^Normal Saline|500||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM||||||||13.3|3122^mL/h^UCUM^265266^MDC_DIM_MILLI_L_PER_HR^MDC";

fn dopamine() -> String {
    DOPAMINE.join("\r")
}

fn text(tree: &Tree<'_>, path: &str) -> String {
    let node = tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
    String::from_utf8_lossy(tree.text(node)).into_owned()
}

/// The rule that the first example breaks after a change; nothing: none.
#[track_caller]
fn changed(format: &Format, from: &str, to: &str) -> String {
    assert!(dopamine().contains(from), "{from}");
    let wire = mllp(&dopamine().replacen(from, to, 1));
    match Judge::new(format).judge(&wire) {
        Judgement::Accept => String::new(),
        judgement => judgement.rule().map_or("", |rule| format.rule(rule)).to_string(),
    }
}

#[test]
fn both_examples_of_the_source_are_valid_and_read_by_name() {
    let format = load("order");
    let wire = mllp(&dopamine());
    let tree = Tree::decode(&format, &wire);
    assert_eq!(broken(&format, &wire), NOTHING);
    for (path, expected) in [
        ("message.separator", "|"),
        ("message.subcomponent", "&"),
        ("message.header.control_id", "1"),
        ("message.header.type.structure", "RGV_O15"),
        ("message.patient.id[0].number", "98765"),
        ("message.order[0].common.by.id", "N0001"),
        ("message.order[0].give.code.name", "Dopamine"),
        ("message.order[0].give.rate_unit.other_number", "265619"),
        ("message.order[0].give.diluent", "250"),
        ("message.order[0].pump.id.universal", "A0001"),
        ("message.order[0].observation[0].value", "85.0"),
    ] {
        assert_eq!(text(&tree, path), expected, "{path}");
    }
    let rate = tree.find("message.order[0].give.rate").expect("there");
    assert_eq!(tree.number(rate), Some(100_000), "in ten-thousandths");
    let mut segments = DOPAMINE[..6].to_vec();
    segments[3] = SALINE;
    assert_eq!(broken(&format, &mllp(&segments.join("\r"))), NOTHING);
}

#[test]
fn data_give_back_what_they_were_read_from() {
    let format = load("order");
    for message in [
        dopamine(),
        dopamine().replace("|IHE_PCD_PIV_001", "|IHE_PCD_PIV_001|||x|"),
        dopamine().replace("RXR|IV||IVP", "RXR|IV||IVP||||"),
        dopamine().replace("kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC", "^kg^UCUM^^^^"),
        dopamine().replace('|', "#"),
    ] {
        let wire = mllp(&message);
        let tree = Tree::decode(&format, &wire);
        assert_eq!(broken(&format, &wire), NOTHING, "{message}");
        let again = compose(&format, &decompose(&tree)).expect("composes");
        assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&wire));
    }
}

#[test]
fn each_change_breaks_the_rule_it_is_about() {
    let format = load("order");
    for (from, to, rule) in [
        ("MSH|^~", "MSH|^^", "header.delimiters"),
        ("RGV_O15", "RGV_O14", "header.type"),
        ("|ASCII|", "|8859/1|", "header.charset"),
        ("|ASCII|", "|UNICODE UTF-8|", ""),
        ("Dopamine", "D\u{f6}pamine", "text.ascii"),
        ("Dopamine", r"Dop\T\amine", ""),
        ("Dopamine", r"Dop\Q\amine", "text.escape"),
        ("Dopamine", "Dop&amine", "text.delimiter"),
        ("^Dopamine", "", "field.required"),
        ("^Dopamine", "^ ", "text.blank"),
        ("|85.0|", "|+85|", "number.form"),
        ("|85.0|", "|85.00000|", ""),
        ("|85.0|", "|85.00001|", "number.resolution"),
        ("|85.0|", "|99999.1|", "number.range"),
        ("|10|", "|999999|", "number.range"),
        ("|10|", "|0000010|", "number.characters"),
        ("|RE|", "|XO|", "give.amount.change"),
        ("|250||263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM|", "||||", "give.amount.required"),
        ("265619^MDC", "265620^MDC", "unit.code"),
        ("ug/kg/min^UCUM", "mg/kg/h^UCUM", "unit.alternate"),
        ("ug/kg/min^UCUM", "ug/kg/min^MDC", "unit.system"),
        ("ug/kg/min^UCUM", "ug/kg/sec^UCUM", "unit.value"),
        ("kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC", "cm^cm^UCUM", "observation.unit"),
        ("kg^kg^UCUM^263875^MDC_DIM_KILO_G^MDC", "g^g^UCUM", ""),
        ("68063^MDC_ATTR_PT_WEIGHT", "68063^MDC_ATTR_PT_HEIGHT", "observation.name"),
        ("OBX|2|NM", "OBX|2|ST", "observation.type"),
        ("|IV||IVP", "|PO||IVP", "route.iv"),
    ] {
        assert_eq!(changed(&format, from, to), rule, "{from} to {to}");
    }
}

#[test]
fn an_observation_stands_once_and_segments_in_order() {
    let format = load("order");
    let twice = [&DOPAMINE[..], &DOPAMINE[6..]].concat().join("\r");
    assert!(broken(&format, &mllp(&twice)).iter().any(|rule| rule.starts_with("observation.once")));
    for order in [[0, 1, 3, 2, 4, 5, 6], [1, 0, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 6, 5], [0, 2, 1, 3, 4, 5, 6]] {
        let segments: Vec<&str> = order.iter().map(|at| DOPAMINE[*at]).collect();
        assert!(!broken(&format, &mllp(&segments.join("\r"))).is_empty(), "{order:?}");
    }
}

#[test]
fn editing_an_order_changes_that_place_only() {
    let format = load("order");
    let wire = mllp(&dopamine());
    let tree = Tree::decode(&format, &wire);
    let node = |path: &str| tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
    let name = Edit::set(&tree, node("message.order[0].give.code.name"), r"A \T\ B".into());
    assert_eq!(tree.apply(&name, Repair::Affected), mllp(&dopamine().replace("Dopamine", r"A \T\ B")));
    let without = Edit::delete(&tree, node("message.order[0].observation[0]"));
    assert_eq!(tree.apply(&without, Repair::Affected), mllp(&DOPAMINE[..6].join("\r")));
    let method = format.field_at("message.order[].route.method").expect("described");
    let with = Edit::make_present(&tree, node("message.order[0].route"), method, b"IVPB".to_vec());
    assert_eq!(tree.apply(&with, Repair::Affected), mllp(&dopamine().replace("IVP\r", "IVP|IVPB\r")));
    let visit = format.field_at("message.visit").expect("described");
    let with = Edit::make_present(&tree, node("message"), visit, b"PV1||I\r".to_vec());
    assert_eq!(tree.apply(&with, Repair::Affected), mllp(&dopamine().replace("\rORC", "\rPV1||I\rORC")));
}
