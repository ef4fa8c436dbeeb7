//! The sketched formats decode what their sources show, keep every byte, and repair themselves.

mod common;

use common::{BCC_ALIVE, bcc_frame, broken, load, stuffed, transfer_frame};
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

// ---- library-transfer ----

#[test]
fn a_transfer_frame_has_its_length_and_crc_right_after_an_edit() {
    let format = load("library-transfer");
    let frame = transfer_frame(3, 4096, b"a few bytes of a library");
    assert_eq!(broken(&format, &frame), NOTHING);
    let longer = set(&format, &frame, "payload", b"other, and more bytes of a library");
    assert_eq!(longer, transfer_frame(3, 4096, b"other, and more bytes of a library"));
    assert_eq!(set(&format, &frame, "payload", b""), transfer_frame(3, 4096, b""));
}

#[test]
fn a_transfer_frame_with_a_wrong_byte_is_noted() {
    let format = load("library-transfer");
    let frame = transfer_frame(3, 4096, b"payload");
    for at in 0..frame.len() {
        let mut wrong = frame.clone();
        wrong[at] ^= 0x10;
        assert!(!broken(&format, &wrong).is_empty(), "byte {at}");
        assert!(!broken(&format, &frame[..at]).is_empty(), "cut at {at}");
    }
    assert_eq!(broken(&format, &[&frame[..], b"!"].concat()), ["frame.exact at "]);
}
