//! The sketched formats decode what their sources show, keep every byte, and repair themselves.

mod common;

use common::{DOPAMINE, broken, load, mllp};
use infuzz::builtin::BUILTIN;
use infuzz::format::Format;
use infuzz::tree::{Edit, Repair, Tree};

const NOTHING: [&str; 0] = [];

fn text(tree: &Tree<'_>, path: &str) -> String {
    let node = tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
    String::from_utf8_lossy(tree.text(node)).into_owned()
}

fn set(format: &Format, wire: &[u8], path: &str, bytes: &[u8]) -> Vec<u8> {
    let tree = Tree::decode(format, wire);
    let node = tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
    tree.apply(&Edit::set(&tree, node, bytes.to_vec()), Repair::Affected)
}

#[test]
fn every_built_in_format_loads_under_its_own_name() {
    for builtin in BUILTIN {
        assert_eq!(load(builtin.name).name, builtin.name);
        assert!(!builtin.complete || !builtin.seeds.is_empty(), "a complete one has seeds: {}", builtin.name);
    }
}

#[test]
fn every_input_made_by_hand_is_valid() {
    for (format, inputs) in common::formats() {
        for input in inputs {
            assert_eq!(broken(&format, &input), NOTHING, "{}", format.name);
            assert_eq!(Tree::decode(&format, &input).encode(), input, "{}", format.name);
        }
    }
}

// ---- order ----

#[test]
fn the_first_example_order_is_told_apart() {
    let format = load("order");
    let wire = mllp(&DOPAMINE.join("\r"));
    let tree = Tree::decode(&format, &wire);
    assert_eq!(broken(&format, &wire), NOTHING);
    assert_eq!(tree.encode(), wire);
    assert_eq!(tree.children(tree.find("segment").expect("there")).count(), 6);
    for (path, expected) in [
        ("header.separator", "|"),
        ("header.component", "^"),
        ("header.subcomponent", "&"),
        ("header.field[0]", ""),
        ("header.field[1].component[0]", "IOPVENDOR"),
        ("header.field[7].component[2]", "RGV_O15"),
        ("header.field[8].component[0]", "1"),
        ("header.field[19]", "IHE_PCD_PIV_001"),
        ("segment[0].name", "PID"),
        ("segment[0].field[3].component[0]", "98765"),
        ("segment[0].field[3].component[1]", ""),
        ("segment[0].field[5].component[1]", "John"),
        ("segment[1].name", "ORC"),
        ("segment[1].field[1].component[0]", "RE"),
        ("segment[1].field[19].component[0]", "N0001"),
        ("segment[2].name", "RXG"),
        ("segment[2].field[4].component[1]", "Dopamine"),
        ("segment[2].field[5].component[0]", "250"),
        ("segment[2].field[15].component[0]", "10"),
        ("segment[2].field[16].component[3]", "265619"),
        ("segment[2].field[23]", "250"),
        ("segment[3].field[3].component[0]", "IVP"),
        ("segment[4].field[18].component[2]", "A0001"),
        ("segment[5].field[5].component[0]", "85.0"),
    ] {
        assert_eq!(text(&tree, path), expected, "{path}");
    }
}

#[test]
fn other_delimiters_are_honoured() {
    let format = load("order");
    let usual = DOPAMINE.join("\r");
    let other = usual.replace('|', "#").replace('^', "|");
    let wire = mllp(&other);
    let tree = Tree::decode(&format, &wire);
    assert_eq!(broken(&format, &wire), NOTHING);
    assert_eq!(tree.encode(), wire);
    assert_eq!(text(&tree, "header.separator"), "#");
    assert_eq!(text(&tree, "segment[2].field[4].component[1]"), "Dopamine");
    assert_eq!(text(&tree, "segment[5].field[6].component[3]"), "263875");
    let usual = mllp(&usual);
    assert_eq!(tree.nodes().len(), Tree::decode(&format, &usual).nodes().len());
}

#[test]
fn editing_an_order_changes_that_place_only() {
    let format = load("order");
    let wire = mllp(&DOPAMINE.join("\r"));
    let edited = set(&format, &wire, "segment[2].field[4].component[1]", r"Müller \T\ Co".as_bytes());
    assert_eq!(edited, mllp(&DOPAMINE.join("\r").replace("Dopamine", r"Müller \T\ Co")));
    let tree = Tree::decode(&format, &wire);
    let last = tree.find("segment[5]").expect("there");
    let without = tree.apply(&Edit::delete(&tree, last), Repair::Affected);
    assert_eq!(without, mllp(&DOPAMINE[..6].join("\r")));
    let list = tree.find("segment").expect("there");
    let more = tree.apply(&Edit::insert(&tree, list, 6, b"TQ1|1".to_vec(), 1), Repair::Affected);
    assert_eq!(more, mllp(&[&DOPAMINE[..], &["TQ1|1"]].concat().join("\r")));
}
