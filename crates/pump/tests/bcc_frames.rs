//! Frames of the BCC protocol: reading, writing, stuffing, requests and answers.

use pump::bcc::{
    Address, Frame, Part, Parts, Request, Rule, destuff, parameters, stuff, validate_answer, validate_request,
    write_frame,
};

/// The frame that the document prints, before stuffing and as it travels.
const ALIVE: &[u8] = b"\x0100031\x021/1/1>ADMIN:ALIVE\x0300061\x04";
const ALIVE_STUFFED: &[u8] = b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04";

fn frame(bed: &str, information: &[u8], last: bool) -> Vec<u8> {
    let mut out = Vec::new();
    write_frame(bed.as_bytes(), information, last, true, &mut out).expect("can be written");
    out
}

/// A frame around any information at all, with the right length and check.
fn raw(bed: &[u8], information: &[u8]) -> Vec<u8> {
    let length = 19 + bed.len() + information.len();
    let mut plain = format!("\x01{length:05}\x02").into_bytes();
    plain.extend([bed, b"/1/1>", information, b"\x03"].concat());
    let sum = plain.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    plain.extend(format!("{sum:05}\x04").bytes());
    let mut wire = Vec::new();
    stuff(&plain, &mut wire);
    wire
}

fn answer(information: &str) -> Result<(), (&'static str, String)> {
    let refused = validate_answer(&raw(b"1", information.as_bytes()), true);
    refused.map_err(|refusal| (refusal.rule.id(), refusal.path.to_string()))
}

fn value(parameter: &str, value: &str) -> Result<(), &'static str> {
    answer(&format!("1,50111,{parameter},{value}")).map_err(|(rule, _)| rule)
}

fn request(bed: &str, information: &str) -> Result<Request, &'static str> {
    validate_request(&raw(bed.as_bytes(), information.as_bytes()), true).map_err(|refusal| refusal.rule.id())
}

// ---- the frame ----

#[test]
fn the_printed_frame_is_read_and_written() {
    for (wire, stuffed) in [(ALIVE_STUFFED, true), (ALIVE, false)] {
        let read = Frame::read(wire, stuffed).expect("is right");
        assert_eq!((read.bed(), read.information(), read.is_last()), (&b"1"[..], &b"ADMIN:ALIVE"[..], true));
        let mut written = Vec::new();
        write_frame(b"1", b"ADMIN:ALIVE", true, stuffed, &mut written).expect("can be written");
        assert_eq!(written, wire);
        assert_eq!(validate_request(wire, stuffed), Ok(Request::Alive));
    }
    assert!(Frame::read(ALIVE, true).is_err() && Frame::read(ALIVE_STUFFED, false).is_err());
}

#[test]
fn destuffing_is_one_pass_from_left_to_right() {
    for (wire, plain) in [
        (&b"EEX"[..], &b"EX"[..]),
        (b"EEEX", b"ED"),
        (b"EXEE", b"DE"),
        (b"EEEE", b"EE"),
        (b"eex", b"ex"),
        (b"eeex", b"ed"),
        (b"EEex", b"Ed"),
        (b"exX", b"dX"),
        (b"", b""),
    ] {
        assert_eq!(destuff(wire, 100).as_deref(), Ok(plain));
        let mut again = Vec::new();
        stuff(plain, &mut again);
        assert_eq!(again, wire);
    }
}

#[test]
fn what_no_stuffing_makes_is_malformed() {
    for wire in ["D", "d", "E", "e", "E1", "eX", "Ex", "EEE", "EXE", "eE", "Ee", "aDb", "EXd"] {
        let refusal = destuff(wire.as_bytes(), 100).expect_err("is malformed");
        assert_eq!(refusal.rule, Rule::Stuffing, "{wire}");
    }
    assert_eq!(destuff(b"EXEE1", 2).expect_err("is too long").rule, Rule::FrameLength);
}

#[test]
fn every_byte_of_a_frame_counts() {
    let good = frame("Bed", b"1,50111,INRT,12.50", false);
    assert_eq!(validate_answer(&good, true), Ok(()));
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut wrong = good.clone();
            wrong[at] ^= 1 << bit;
            assert!(validate_answer(&wrong, true).is_err(), "bit {bit} of byte {at}");
        }
        assert!(validate_answer(&good[..at], true).is_err(), "cut at {at}");
        assert!(validate_answer(&[&good[..at], b"1", &good[at..]].concat(), true).is_err(), "longer at {at}");
    }
    assert!(validate_answer(&[&good[..], b"1"].concat(), true).is_err());
    assert!(validate_answer(&[&good[..], &good[..]].concat(), true).is_err());
}

#[test]
fn length_and_check_have_exactly_five_digits() {
    for (good, bad, rule) in [
        (&b"00031"[..], &b"+0031"[..], Rule::FrameLength),
        (b"00031", b" 0031", Rule::FrameLength),
        (b"00031", b"0031", Rule::FrameLength),
        (b"00031", b"00032", Rule::FrameLength),
        (b"00061", b"+0061", Rule::FrameCheck),
        (b"00061", b"00317", Rule::FrameCheck),
        (b"00061", b"0006a", Rule::FrameCheck),
    ] {
        let at = ALIVE.windows(good.len()).position(|window| window == good).expect("is there");
        let wrong = [&ALIVE[..at], bad, &ALIVE[at + good.len()..]].concat();
        assert_eq!(Frame::read(&wrong, false).expect_err("is wrong").rule, rule, "{bad:?}");
    }
}

#[test]
fn length_and_check_are_those_before_stuffing() {
    let wire = frame("1", b"DDDD", true);
    assert_eq!(wire.len(), 20 + 8);
    assert_eq!(&wire[1..6], b"00024");
}

#[test]
fn a_bed_id_has_at_most_15_characters_of_its_own() {
    for good in ["", "1", "Bed", "ABCDEFGHIJKLMNO", "/", "9", "A", "z", "[\\]^_`", "a/b", "/1/1"] {
        assert_eq!(request(good, "MEM:GET"), Ok(Request::Get), "{good}");
    }
    assert_eq!(request("ABCDEFGHIJKLMNOP", "MEM:GET"), Err("bed.characters"));
    for bad in [".", ":", "@", "{", " ", "a b", "<", "-"] {
        assert_eq!(request(bad, "MEM:GET"), Err("text.charset"), "{bad}");
    }
    assert_eq!(Frame::read(&raw(b"\xFF", b"MEM:GET"), true).expect_err("is none").rule, Rule::TextUtf8);
}

#[test]
fn a_frame_without_its_prefix_is_refused() {
    let good = raw(b"1", b"MEM:GET");
    let text = String::from_utf8(good).expect("ASCII");
    for bad in ["/1/2>", "/2/1>", "/1/1<", "/1/11"] {
        let read = Frame::read(text.replace("/1/1>", bad).as_bytes(), true).expect_err("is refused");
        assert!(matches!(read.rule, Rule::FrameCheck | Rule::BedPrefix), "{bad}: {read}");
    }
    let mut without = b"\x0100024\x02ABCDEFGHIJ".to_vec();
    without.push(3);
    let sum = without.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    without.extend(format!("{sum:05}\x04").bytes());
    assert_eq!(Frame::read(&without, false).expect_err("has none").rule, Rule::BedPrefix);
}

#[test]
fn a_frame_that_cannot_be_read_is_not_written() {
    let mut out = vec![7];
    for (bed, information) in
        [(&b"ABCDEFGHIJKLMNOP"[..], vec![b'1']), (b"a b", vec![]), (b"1", vec![3]), (b"1", vec![b'1'; 99_981])]
    {
        assert!(write_frame(bed, &information, true, true, &mut out).is_err());
        assert_eq!(out, [7]);
    }
    let longest = frame("1", &[b'1'; 99_979], true);
    assert_eq!(Frame::read(&longest, true).expect("is right").information().len(), 99_979);
}

// ---- requests ----

#[test]
fn requests_are_those_known() {
    assert_eq!(request("1", "ADMIN:ALIVE"), Ok(Request::Alive));
    assert_eq!(request("1", "ADMIN:VERSION"), Ok(Request::Version));
    assert_eq!(request("1", "MEM:GET"), Ok(Request::Get));
    for bad in ["", "ADMIN", "ADMIN:", "ADMIN:alive", "MEM:GETS", "MEM:GET ", "MEM:GET\r", " MEM:GET", "MEM:GETSLOT11"]
    {
        assert_eq!(request("1", bad), Err("request.value"), "{bad}");
    }
    for bad in ["ADMIN:ALIVE#", "MEM:GET#11", "MEM:GETSLOT", "MEM:GETSLOT#", "MEM:GETSLOT#1", "MEM:GETSLOT#111"] {
        assert_eq!(request("1", bad), Err("frame.exact"), "{bad}");
    }
}

#[test]
fn slots_are_named_by_pillar_and_slot() {
    let all: Vec<Request> = Address::slots().map(Request::GetSlot).collect();
    assert_eq!(all.len(), 72);
    let mut named = Vec::new();
    for pillar in '1'..='3' {
        for slot in ('1'..='9').chain('A'..='O') {
            named.extend(request("1", &format!("MEM:GETSLOT#{pillar}{slot}")));
        }
    }
    assert_eq!(named, all);
    for bad in ["01", "41", "10", "1P", "1a", "1@", "1:", "/1", "11 "] {
        assert!(request("1", &format!("MEM:GETSLOT#{bad}")).is_err(), "{bad}");
    }
    assert_eq!(request("1", "MEM:GETSLOT#41"), Err("request.slot"));
    assert_eq!(Address::of_pump(b'3', b'O').map(Address::text), Some(*b"5013O"));
}

// ---- answers ----

#[test]
fn quadruples_are_read_one_by_one() {
    let wire = frame("Bed", "7,50100,V3.36\x1e8,5011A,INSOL,Müller, 5 %n\x1e9,50100,GNACK,0".as_bytes(), false);
    let read = Frame::read(&wire, true).expect("is right");
    let parts: Result<Vec<Part<'_>>, _> = Parts::of(&read).collect();
    let pump = Address::Pump { pillar: 1, slot: 10 };
    let expected = [
        Part::Version { time: Some(7), version: "3.36" },
        Part::Quadruple { time: Some(8), address: pump, parameter: b"INSOL", value: "Müller, 5 %n" },
        Part::Quadruple { time: Some(9), address: Address::Device, parameter: b"GNACK", value: "0" },
    ];
    assert_eq!(parts.as_deref(), Ok(&expected[..]));
    assert!(!read.is_last());
}

#[test]
fn a_refusal_names_the_rule_the_field_and_its_place() {
    let wire = frame("1", b"1,50100,GNACK,0\x1e2,50111,INRT,1800.01", true);
    let refusal = validate_answer(&wire, true).expect_err("is out of range");
    assert_eq!(refusal.to_string(), "information.part[1].quadruple.flow.value at offset 42: rule number.range");
}

#[test]
fn what_is_no_quadruple_is_refused() {
    for (bad, rule) in [
        ("1", "quadruple.form"),
        ("1,50111", "quadruple.form"),
        ("1,50111,INRT", "version.value"),
        ("1,50111,V3.36", "version.value"),
        ("1,50100,V", "version.value"),
        ("1,50100,3.36", "version.value"),
        ("1,50100,V3.", "version.value"),
        ("x,50111,INRT,1", "number.value"),
        (",50111,INRT,1", "number.value"),
        ("1.5,50111,INRT,1", "number.value"),
        ("1,50011,INRT,1", "address.value"),
        ("1,50141,INRT,1", "address.value"),
        ("1,5011P,INRT,1", "address.value"),
        ("1,5011,INRT,1", "address.value"),
        ("1,501110,INRT,1", "address.value"),
        ("1,50110,INRT,1", "address.device"),
        ("1,50101,INRT,1", "address.device"),
        ("1,50111,IN\x06RT,1", "text.charset"),
        ("1,50111,NEW,\x061", "text.charset"),
        ("\x1e1,50111,INRT,1", "quadruple.form"),
        ("1,50111,INRT,1\x1e\x1e1,50111,INRT,1", "quadruple.form"),
        ("1,50111,INRT,1\x1e", "quadruple.form"),
    ] {
        assert_eq!(answer(bad).map_err(|(rule, _)| rule), Err(rule), "{bad}");
    }
}

#[test]
fn a_parameter_that_is_not_known_is_passed_over() {
    for good in
        ["1,50111,NEWONE,anything, really \u{E001}", "1,50111,,", "1,50100,X,_NV", "99999999999999999999,50111,X,1"]
    {
        assert_eq!(answer(good), Ok(()), "{good}");
    }
    assert_eq!(value("NEWONE", "\u{1}"), Err("text.charset"));
    assert_eq!(validate_answer(&raw(b"1", b"1,50111,NEWONE,\xFF"), true).expect_err("no UTF-8").rule, Rule::TextUtf8);
}

#[test]
fn every_parameter_may_have_no_value() {
    assert!(parameters().count() > 125);
    for name in parameters() {
        assert_eq!((value(name, "_NV"), value(name, "_NA")), (Ok(()), Ok(())), "{name}");
    }
}

#[test]
fn numbers_lie_in_the_domain_of_their_parameter() {
    for (name, least, most, beyond) in [
        ("INRT", "0.00", "1800.00", "1800.01"),
        ("INVTB", "0.0", "9999.9", "10000.0"),
        ("BOVAL", "0", "500", "500.01"),
        ("VOLREMAIN", "0", "99999", "99999.01"),
        ("DORT", "0.000", "99999.000", "99999.001"),
        ("DORTU", "1", "156", "157"),
        ("INP1", "0", "8", "9"),
        ("PCAAD", "0", "100", "101"),
        ("INSYR", "0", "60", "60.01"),
        ("INRMT", "0", "65535", "65536"),
        ("INTIME", "0", "6000", "6001"),
        ("INAKKU", "0", "1440", "1441"),
        ("INBOCNT", "0", "9", "10"),
        ("BOCNT", "0", "255", "256"),
        ("PATW", "0.250", "250", "250.001"),
        ("PATH", "15.0", "250.0", "250.1"),
        ("PATAGE", "0", "200", "201"),
        ("LASTDA", "1000", "2999", "3000"),
        ("INSOLPRIO", "1", "3", "4"),
        ("PROGSTAT", "0", "11", "12"),
        ("FMNOR", "1", "3", "4"),
        ("COMSERIALNO", "0", "18446744073709551615", "18446744073709551616"),
        ("INNR", "0", "7FFFFFFF", "80000000"),
        ("ALARM1", "0", "ffffffff", "100000000"),
        ("TCIAWA", "0", "20", "21"),
        ("TCIPLA", "0", "100.000", "100.001"),
    ] {
        assert_eq!((value(name, least), value(name, most)), (Ok(()), Ok(())), "{name}");
        assert_eq!(value(name, beyond), Err("number.range"), "{name}");
        for bad in ["", "-1", "+1", " 1", "1 ", "x", "1,0", "1.", ".5", "1.2.3", "1e1", "_NX"] {
            let hex = matches!(name, "INNR" | "ALARM1") && bad == "1e1";
            assert!(hex || value(name, bad) == Err("number.value"), "{name} {bad}");
        }
    }
    for (name, below) in [("DORTU", "0"), ("PATW", "0.249"), ("PATH", "14.9"), ("LASTDA", "999"), ("FMNOR", "0")] {
        assert_eq!(value(name, below), Err("number.range"), "{name}");
    }
    assert_eq!(value("INRMT", "1.0"), Err("number.value"), "whole numbers have no point");
    assert_eq!((value("TCIAWA", "10000"), value("TCIAWA", "9999")), (Ok(()), Err("number.range")));
}

#[test]
fn texts_are_as_long_as_their_parameter_allows() {
    for (name, most) in [("INSOL", 25), ("DRUGCAT", 25), ("INSOLSN", 8), ("INSOLID", 20), ("PATID", 15)] {
        assert_eq!(value(name, &"A".repeat(most)), Ok(()), "{name}");
        assert_eq!(value(name, &"A".repeat(most + 1)), Err("text.characters"), "{name}");
    }
    assert_eq!(value("INSOL", &"é".repeat(25)), Ok(()), "characters, not bytes");
    assert_eq!(value("INSOL", &"é".repeat(26)), Err("text.characters"));
    assert_eq!(value("PATID", "A-1"), Err("text.charset"));
    assert_eq!(value("CAREUNIT", &"A".repeat(2_000)), Ok(()));
}

#[test]
fn lists_of_values_are_kept() {
    for (name, good, bad) in [
        ("OPMODE", &["0", "1", "2", "3", "4", "5", "7"][..], &["6", "8", "00", "", "7.0"][..]),
        ("DSSTATUS", &["00050", "00051"], &["00052", "51"]),
        ("INM1", &["0", "1"], &["2", "01", ""]),
    ] {
        good.iter().for_each(|word| assert_eq!(value(name, word), Ok(()), "{name} {word}"));
        bad.iter().for_each(|word| assert_eq!(value(name, word), Err("enum.value"), "{name} {word}"));
    }
}

#[test]
fn date_and_time_have_fixed_digits() {
    for (name, good) in [("DATE", "20190320"), ("DATE", "00000101"), ("TIME", "000000"), ("TIME", "235959")] {
        assert_eq!(value(name, good), Ok(()), "{good}");
    }
    for (name, bad) in
        [("DATE", "20191301"), ("DATE", "20190132"), ("DATE", "20190001"), ("TIME", "240000"), ("TIME", "006000")]
    {
        assert_eq!(value(name, bad), Err("number.range"), "{bad}");
    }
    for (name, bad) in
        [("DATE", "2019032"), ("DATE", "2019032x"), ("TIME", "1425011"), ("TIME", "14:250"), ("TIME", "")]
    {
        assert_eq!(value(name, bad), Err("number.value"), "{bad}");
    }
}
