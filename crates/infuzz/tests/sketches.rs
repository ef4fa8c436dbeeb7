//! The sketched formats decode what their sources show, keep every byte, and repair themselves.

mod common;

use common::{BCC_ALIVE, DOPAMINE, bcc_frame, broken, load, mllp, stuffed};
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

// ---- bcc ----

#[test]
fn the_exact_bcc_frame_decodes_stuffed() {
    let format = load("bcc");
    let wire = b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04";
    assert_eq!(stuffed(BCC_ALIVE), wire);
    let tree = Tree::decode(&format, wire);
    assert_eq!(tree.bytes(), BCC_ALIVE);
    assert_eq!(tree.encode(), wire);
    assert_eq!(broken(&format, wire), NOTHING);
    for (path, value) in [("length", 31), ("check", 61)] {
        let node = tree.find(path).expect("there");
        assert_eq!((tree.number(node), tree.expected(node)), (Some(value), Some(value)), "{path}");
    }
    assert_eq!(text(&tree, "bed"), "1");
    assert_eq!(text(&tree, "part[0].value[0]"), "ADMIN:ALIVE");
}

#[test]
fn a_bcc_frame_that_was_never_stuffed_breaks_the_codec_and_nothing_else() {
    let format = load("bcc");
    assert_eq!(broken(&format, BCC_ALIVE), ["codec.substitute at "]);
    assert_eq!(Tree::decode(&format, BCC_ALIVE).encode(), BCC_ALIVE);
}

#[test]
fn an_edited_bcc_frame_has_its_length_check_and_stuffing_right() {
    let format = load("bcc");
    for information in ["ADMIN:VERSION", "MEM:GET", "Eddy eED dDeE", ""] {
        let edited = set(&format, &stuffed(BCC_ALIVE), "part[0].value[0]", information.as_bytes());
        assert_eq!(edited, stuffed(&bcc_frame("1", information, 3)), "{information}");
        assert_eq!(broken(&format, &edited), NOTHING, "{information}");
    }
    let edited = set(&format, &stuffed(BCC_ALIVE), "bed", b"Deed");
    assert_eq!(edited, stuffed(&bcc_frame("Deed", "ADMIN:ALIVE", 3)));
}

#[test]
fn destuffing_is_a_single_pass() {
    let format = load("bcc");
    let wire = stuffed(&bcc_frame("1", "EX", 3));
    assert!(wire.windows(3).any(|w| w == b"EEX"));
    assert_eq!(text(&Tree::decode(&format, &wire), "part[0].value[0]"), "EX");
    assert_eq!(broken(&format, &wire), NOTHING);
}

#[test]
fn malformed_stuffing_is_noted_and_keeps_every_byte() {
    let format = load("bcc");
    for wrong in ["D", "d", "E", "e", "E1", "eX", "Ex", "EXE", "AeXMIN"] {
        let mut wire = stuffed(&bcc_frame("1", "xx", 3));
        wire.splice(12..12, wrong.bytes());
        assert!(broken(&format, &wire).contains(&"codec.substitute at ".to_string()), "{wrong}");
        let tree = Tree::decode(&format, &wire);
        assert_eq!(tree.encode(), wire, "{wrong}");
        assert_eq!(tree.apply(&Edit::default(), Repair::Nothing), wire, "{wrong}");
    }
}

#[test]
fn a_bcc_response_is_told_apart_into_its_quadruples() {
    let format = load("bcc");
    let frame = bcc_frame("Bed", "123,50111,INRT,12.50\x1e123,50111,INSOL,Dopamine\x1e124,50100,V3.30", 0x17);
    let wire = stuffed(&frame);
    let tree = Tree::decode(&format, &wire);
    assert_eq!(broken(&format, &wire), NOTHING);
    assert_eq!(text(&tree, "part[0].value[2]"), "INRT");
    assert_eq!(text(&tree, "part[1].value[3]"), "Dopamine");
    assert_eq!(text(&tree, "part[2].value[2]"), "V3.30");
    assert_eq!(tree.find("part[2].value[3]"), None);
}

#[test]
fn parts_of_a_bcc_frame_come_and_go_with_their_delimiter() {
    let format = load("bcc");
    let frame = |information: &str| stuffed(&bcc_frame("1", information, 3));
    let wire = frame("1,50100,A,0\x1e2,50100,B,0\x1e3,50100,C,0");
    let tree = Tree::decode(&format, &wire);
    let list = tree.find("part").expect("there");
    let part = |index: usize| tree.children(list).nth(index).expect("there");
    let gone = |index| tree.apply(&Edit::delete(&tree, part(index)), Repair::Affected);
    assert_eq!(gone(0), frame("2,50100,B,0\x1e3,50100,C,0"));
    assert_eq!(gone(2), frame("1,50100,A,0\x1e2,50100,B,0"));
    let with = |index| tree.apply(&Edit::insert(&tree, list, index, b"9".to_vec(), 1), Repair::Affected);
    assert_eq!(with(1), frame("1,50100,A,0\x1e9\x1e2,50100,B,0\x1e3,50100,C,0"));
    assert_eq!(with(3), frame("1,50100,A,0\x1e2,50100,B,0\x1e3,50100,C,0\x1e9"));
}

#[test]
fn each_wrong_part_of_a_bcc_frame_breaks_its_rule() {
    let format = load("bcc");
    let cases: [(&[u8], &[u8], &str); 7] = [
        (b"00031", b"00032", "frame.length at length"),
        (b"00031", b"0003A", "frame.length at length"),
        (b"00061", b"00062", "frame.check at check"),
        (b"00061", b"0006 ", "frame.check at check"),
        (b"\x01", b"\x02", "frame.control at soh"),
        (b"/1/1>", b"/1/2>", "bed.prefix at prefix"),
        (b"\x04", b"\x04\x04", "frame.exact at "),
    ];
    for (good, bad, expected) in cases {
        let at = BCC_ALIVE.windows(good.len()).position(|w| w == good).expect("in the frame");
        let changed = [&BCC_ALIVE[..at], bad, &BCC_ALIVE[at + good.len()..]].concat();
        let found = broken(&format, &stuffed(&changed));
        assert!(found.iter().any(|rule| rule == expected), "{expected}: {found:?}");
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
