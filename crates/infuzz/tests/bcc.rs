//! The BCC formats: what their descriptions make, read and refuse.

mod common;

use common::{BCC_ALIVE, bcc_frame, broken, load, stuffed};
use infuzz::builtin::Builtin;
use infuzz::compose::{compose, decompose};
use infuzz::format::Format;
use infuzz::judgement::{Judge, Judgement};
use infuzz::rules::Checker;
use infuzz::sweep::{Instances, Plan};
use infuzz::tree::{Edit, Repair, Tree};
use serde_json::json;
use std::collections::BTreeSet;

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

/// The judgement of a frame around an information, and the rule.
fn judged(format: &Format, information: &str) -> String {
    let wire = stuffed(&bcc_frame("1", information, 3));
    assert_eq!(Tree::decode(format, &wire).encode(), wire);
    match Judge::new(format).judge(&wire) {
        Judgement::Accept => "accept".to_string(),
        judgement => format!("{} {}", judgement.word(), judgement.rule().map_or("", |rule| format.rule(rule))),
    }
}

// ---- the frame ----

#[test]
fn the_exact_frame_of_the_document_is_a_seed_and_decodes_stuffed() {
    let format = load("bcc");
    let wire = b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04";
    assert_eq!(stuffed(BCC_ALIVE), wire);
    assert_eq!(Builtin::named("bcc").expect("built in").seed(&format, "alive").as_deref(), Ok(&wire[..]));
    let tree = Tree::decode(&format, wire);
    assert_eq!((tree.bytes(), tree.encode()), (BCC_ALIVE, &wire[..]));
    assert_eq!(broken(&format, wire), NOTHING);
    for (path, value) in [("length", 31), ("check", 61)] {
        let node = tree.find(path).expect("there");
        assert_eq!((tree.number(node), tree.expected(node)), (Some(value), Some(value)), "{path}");
    }
    assert_eq!((text(&tree, "bed"), text(&tree, "information.command")), ("1".into(), "ADMIN:ALIVE".into()));
}

#[test]
fn a_frame_that_was_never_stuffed_breaks_the_codec_and_nothing_else() {
    let format = load("bcc");
    assert_eq!(broken(&format, BCC_ALIVE), ["codec.substitute at "]);
    assert_eq!(Tree::decode(&format, BCC_ALIVE).encode(), BCC_ALIVE);
}

#[test]
fn an_edited_frame_has_its_length_check_and_stuffing_right() {
    let format = load("bcc-answer");
    let value = "information.part[0].quadruple.unknown.value";
    let wire = stuffed(&bcc_frame("1", "1,50111,NEW,x", 3));
    for content in ["Eddy eED dDeE", "EX", "", "%n /"] {
        let edited = set(&format, &wire, value, content.as_bytes());
        assert_eq!(edited, stuffed(&bcc_frame("1", &format!("1,50111,NEW,{content}"), 3)), "{content}");
    }
    let edited = set(&format, &wire, "bed", b"Deed");
    assert_eq!(edited, stuffed(&bcc_frame("Deed", "1,50111,NEW,x", 3)));
    let tree = Tree::decode(&format, &set(&format, &wire, value, b"EX")).text(0).to_vec();
    assert!(tree.windows(3).any(|window| window == b",EX"), "undone in one pass");
}

#[test]
fn malformed_stuffing_is_noted_and_keeps_every_byte() {
    let format = load("bcc-answer");
    for wrong in ["D", "d", "E", "e", "E1", "eX", "Ex", "EXE", "AeXMIN"] {
        let mut wire = stuffed(&bcc_frame("1", "1,50111,N,yy", 3));
        wire.splice(23..23, wrong.bytes());
        assert!(broken(&format, &wire).contains(&"codec.substitute at ".to_string()), "{wrong}");
        let tree = Tree::decode(&format, &wire);
        assert_eq!(tree.encode(), wire, "{wrong}");
        assert_eq!(tree.apply(&Edit::default(), Repair::Nothing), wire, "{wrong}");
    }
}

#[test]
fn each_wrong_part_of_a_frame_breaks_its_rule() {
    let format = load("bcc");
    let cases: [(&[u8], &[u8], &str); 8] = [
        (b"00031", b"00032", "frame.length at length"),
        (b"00031", b"0003A", "frame.length at length"),
        (b"00061", b"00062", "frame.check at check"),
        (b"00061", b"0006 ", "frame.check at check"),
        (b"\x01", b"\x02", "frame.control at soh"),
        (b"/1/1>", b"/1/2>", "bed.prefix at prefix"),
        (b"\x04", b"\x04\x04", "frame.exact at "),
        (b"ADMIN:ALIVE", b"ADMIN:ALIBI", "request.value at information.command"),
    ];
    for (good, bad, expected) in cases {
        let at = BCC_ALIVE.windows(good.len()).position(|w| w == good).expect("in the frame");
        let changed = [&BCC_ALIVE[..at], bad, &BCC_ALIVE[at + good.len()..]].concat();
        let found = broken(&format, &stuffed(&changed));
        assert!(found.iter().any(|rule| rule == expected), "{expected}: {found:?}");
    }
}

// ---- requests ----

#[test]
fn requests_are_told_apart() {
    let format = load("bcc");
    for (information, expected) in [
        ("ADMIN:ALIVE", "accept"),
        ("ADMIN:VERSION", "accept"),
        ("MEM:GET", "accept"),
        ("MEM:GETSLOT#3O", "accept"),
        ("MEM:GETSLOT#41", "refuse request.slot"),
        ("MEM:GETSLOT#1P", "refuse request.slot"),
        ("MEM:GETSLOT#1", "refuse frame.exact"),
        ("MEM:GETSLOT#111", "refuse frame.exact"),
        ("MEM:GETSLOT", "refuse frame.exact"),
        ("MEM:GET#11", "refuse frame.exact"),
        ("MEM:GETS", "refuse request.value"),
        ("", "refuse request.value"),
    ] {
        assert_eq!(judged(&format, information), expected, "{information}");
    }
    let more = stuffed(&bcc_frame("1", "MEM:GET", 0x17));
    assert_eq!(Judge::new(&format).judge(&more).word(), "unspecified", "whether a request may say that others follow");
}

// ---- answers ----

#[test]
fn an_answer_is_told_apart_into_its_parts() {
    let format = load("bcc-answer");
    let frame = bcc_frame("Bed", "123,50111,INRT,12.50\x1e123,5011A,INSOL,Dopamine\x1e124,50100,V3.30", 0x17);
    let wire = stuffed(&frame);
    let tree = Tree::decode(&format, &wire);
    assert_eq!(broken(&format, &wire), NOTHING);
    assert_eq!(text(&tree, "information.part[0].quadruple.parameter"), "INRT");
    let rate = tree.find("information.part[0].quadruple.flow.value").expect("there");
    assert_eq!(tree.number(rate), Some(1250));
    assert_eq!(text(&tree, "information.part[1].quadruple.name.value"), "Dopamine");
    assert_eq!(text(&tree, "information.part[2].version.release.number"), "3.30");
    let data = json!({ "bed": "Bed", "end": "ETB", "information": { "part": [
        { "quadruple": { "time": "123", "address": { "pillar": "1", "slot": "1" }, "parameter": "INRT", "flow": { "value": "12.50" } } },
        { "quadruple": { "time": "123", "address": { "pillar": "1", "slot": "A" }, "parameter": "INSOL", "name": { "value": "Dopamine" } } },
        { "version": { "time": "124", "release": { "number": "3.30" } } },
    ] } });
    assert_eq!(decompose(&tree), data);
    assert_eq!(compose(&format, &data), Ok(wire));
}

#[test]
fn parts_come_and_go_with_their_delimiter() {
    let format = load("bcc-answer");
    let frame = |information: &str| stuffed(&bcc_frame("1", information, 3));
    let wire = frame("1,50100,A,0\x1e2,50100,B,0\x1e3,50100,C,0");
    let tree = Tree::decode(&format, &wire);
    let list = tree.find("information.part").expect("there");
    let part = |index: usize| tree.children(list).nth(index).expect("there");
    let gone = |index| tree.apply(&Edit::delete(&tree, part(index)), Repair::Affected);
    assert_eq!(gone(0), frame("2,50100,B,0\x1e3,50100,C,0"));
    assert_eq!(gone(2), frame("1,50100,A,0\x1e2,50100,B,0"));
    let with = |index| tree.apply(&Edit::insert(&tree, list, index, b"9,50100,N,1".to_vec(), 1), Repair::Affected);
    assert_eq!(with(1), frame("1,50100,A,0\x1e9,50100,N,1\x1e2,50100,B,0\x1e3,50100,C,0"));
    assert_eq!(with(3), frame("1,50100,A,0\x1e2,50100,B,0\x1e3,50100,C,0\x1e9,50100,N,1"));
}

#[test]
fn answers_are_judged_by_the_tables_of_the_document() {
    let format = load("bcc-answer");
    for (information, expected) in [
        ("1,50111,INRT,1800.00", "accept"),
        ("1,50111,INRT,1800.01", "refuse number.range"),
        ("1,50111,INRT,18", "accept"),
        ("1,50111,INRT,", "refuse number.value"),
        ("1,50111,INRT,1,5", "refuse number.value"),
        ("1,50111,INRT,012.50", "unspecified number.plain"),
        ("1,50111,INRT,12.505", "unspecified number.plain"),
        ("1,50111,INRT,_NA", "accept"),
        ("1,50111,INRMT,1.0", "refuse number.value"),
        ("1,50111,TCIAWA,10000", "accept"),
        ("1,50111,COMSERIALNO,18446744073709551615", "accept"),
        ("1,50111,COMSERIALNO,18446744073709551616", "refuse number.range"),
        ("1,50111,ALARM1,0000FFff", "accept"),
        ("1,50111,INNR,80000000", "refuse number.range"),
        ("1,50111,STATUS1,00040000", "unspecified value.same"),
        ("1,50111,INM9,1", "unspecified value.same"),
        ("1,50111,OPMODE,6", "refuse enum.value"),
        ("1,50111,DATE,20190229", "unspecified date.calendar"),
        ("1,50111,DATE,20190431", "unspecified date.calendar"),
        ("1,50111,DATE,20191301", "refuse number.range"),
        ("1,50111,DATE,2019130", "refuse quadruple.form"),
        ("1,50111,TIME,235959", "accept"),
        ("1,50111,INSOL,Épée 5 %n /", "accept"),
        ("1,50111,INSOL,a,b", "unspecified text.usual"),
        ("1,50111,INSOL,a\tb", "unspecified text.usual"),
        ("1,50111,INSOL,a\u{6}b", "refuse text.charset"),
        ("1,50111,INSOL,", "unspecified text.blank"),
        ("1,50111,INSOLSN,123456789", "refuse text.characters"),
        ("1,50111,GNERR,12", "unspecified value.code"),
        ("1,50111,VERSION,3.25", "unspecified value.range"),
        ("1,50111,NEWONE,\u{E001} anything", "accept"),
        ("1,50111,new one,anything", "unspecified parameter.name"),
        ("4294967296,50111,INRT,1", "unspecified time.range"),
        ("x,50111,INRT,1", "refuse number.value"),
        ("1,50110,INRT,1", "refuse address.device"),
        ("1,50161,INRT,1", "refuse address.value"),
        ("1,501111,INRT,1", "refuse quadruple.form"),
        ("1,50100,V3.36", "accept"),
        ("1,50111,V3.36", "refuse version.value"),
        ("1,50100,3.36", "refuse version.value"),
        ("1,50100", "refuse quadruple.form"),
        ("1,50111,INRT,1\x1e", "refuse quadruple.form"),
        ("", "unspecified information.empty"),
    ] {
        assert_eq!(judged(&format, information), expected, "{information:?}");
    }
}

// ---- the sweep ----

/// The rules that cases of the sweep of a format break by themselves, and how many it must accept.
fn swept(name: &str) -> (Format, BTreeSet<String>, usize) {
    let (builtin, format) = (Builtin::named(name).expect("built in"), load(name));
    let seed = |name: &str| builtin.seed(&format, name).expect("composes");
    let others = builtin.libraries().filter(|name| *name != builtin.base).map(|name| (name.to_string(), seed(name)));
    let plan = Plan::of_messages(&format, &seed(builtin.base), others.collect(), Instances::Three);
    let (mut alone, mut accepted) = (BTreeSet::new(), 0);
    let mut checker = Checker::default();
    for case in &plan.cases {
        let bytes = plan.bytes(case);
        let tree = Tree::decode(&format, &bytes);
        let rules: BTreeSet<String> = checker.all(&tree).iter().map(|v| format.rule(v.rule).to_string()).collect();
        match rules.len() {
            0 => accepted += 1,
            1 => alone.extend(rules),
            _ => {}
        }
    }
    drop(plan);
    (format, alone, accepted)
}

#[test]
fn every_rule_is_broken_by_itself_in_the_sweep() {
    for (name, least) in [("bcc", 250), ("bcc-answer", 3_000)] {
        let (format, alone, accepted) = swept(name);
        let missing: Vec<&str> =
            format.rules.iter().map(|rule| rule.id.as_str()).filter(|id| !alone.contains(*id)).collect();
        // What ends the bed id or the information, if it is another byte, ends it elsewhere.
        assert_eq!(missing, ["bed.prefix", "frame.end"], "{name}");
        assert!(accepted >= least, "{name}: {accepted}");
    }
}
