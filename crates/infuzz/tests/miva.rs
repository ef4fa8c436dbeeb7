//! The MIVA drug library: what its description makes, reads and refuses.

mod common;

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use common::{broken, crc32, load};
use infuzz::builtin::Builtin;
use infuzz::compose::{compose, compose_json, decompose};
use infuzz::format::Format;
use infuzz::judgement::{Judge, Judgement};
use infuzz::sweep::{Instances, Plan};
use infuzz::tree::{Edit, Repair, Tree};
use sha2::{Digest, Sha256};

fn seed(format: &Format, name: &str) -> Vec<u8> {
    let builtin = Builtin::named("miva-library").expect("built in");
    builtin.seed(format, name).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// CRC-32 over the blocks of 64 bytes that are sent: those of FF alone are left out.
fn whole_library(image: &[u8]) -> u32 {
    let sent: Vec<u8> =
        image.chunks(64).filter(|block| block.iter().any(|byte| *byte != 0xFF)).flatten().copied().collect();
    crc32(&sent)
}

#[test]
fn images_are_those_that_the_makers_package_writes() {
    let format = load("miva-library");
    for (name, digest, check) in [
        ("minimal", "dfce77ac84bab653e89f11223ddc30223d49fede1836e57ea9aba678c53af851", 0x237C_95A0),
        ("fuller", "00ce0bf1a308f0c0e8d5d23edbbe2afff886b76cfdc7e2bd252f582dca152515", 0xE8D6_C471),
    ] {
        let image = seed(&format, name);
        let hex: String = Sha256::digest(&image).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, digest, "{name}");
        assert_eq!(whole_library(&image), check, "{name}");
    }
}

#[test]
fn the_check_is_the_published_one() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    assert_eq!(crc32(&[9, 0xFF, 0xFF, 0xFF]), 0x5CF2_B684);
}

#[test]
fn json_and_image_say_the_same() {
    let format = load("miva-library");
    for name in ["minimal", "fuller"] {
        let image = seed(&format, name);
        assert_eq!(broken(&format, &image), [""; 0], "{name}");
        let tree = Tree::decode(&format, &image);
        assert_eq!(tree.encode(), image);
        let json = decompose(&tree);
        assert_eq!(compose(&format, &json).as_deref(), Ok(&image[..]), "{name}");
    }
}

#[test]
fn json_states_a_protocol_in_which_nothing_is_set() {
    let format = load("miva-library");
    let mut json = decompose(&Tree::decode(&format, &seed(&format, "minimal")));
    json["protocol"][0]["continuous"] = serde_json::json!({});
    json["limits"][0]["continuous_limits"] = serde_json::json!({});
    let image = compose(&format, &json).expect("composes");
    assert_eq!(broken(&format, &image), [""; 0]);
    let again = decompose(&Tree::decode(&format, &image));
    assert_eq!(again, json);
    assert_eq!(compose(&format, &again), Ok(image));
}

#[test]
fn every_record_stands_in_its_place() {
    let format = load("miva-library");
    let image = seed(&format, "fuller");
    let tree = Tree::decode(&format, &image);
    for (path, start) in [
        ("standby[1]", 64),
        ("configuration[0]", 0x1900),
        ("infusion[1]", 0x20C0),
        ("standby_nodes", 0x2FC0),
        ("infusion_nodes", 0x2FD0),
        ("protocol[1]", 0x3100),
        ("protocol[3].bolus.clinician_dose", 0x3334),
        ("limits[63]", 0xAF00),
        ("limits[3].bolus_limits.patient_automatic_bolus.max", 0x7300 + 156),
        ("view[0].entry[1].label", 0xB00B),
        ("view[1].titration[0]", 0xB100 + 206),
        ("default_view[15]", 0xFF00),
        ("globals", 0x10000),
        ("globals.code[1]", 0x10000 + 129),
        ("labels[7]", 0x103C0),
        ("map", 0x10400),
        ("map.slot[63]", 0x1063F),
        ("rest", 0x10800),
    ] {
        let node = tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
        assert_eq!(tree.node(node).start, start, "{path}");
    }
    let unused = |path: &str| tree.node(tree.find(path).expect("there")).blank;
    assert!(unused("standby[17]") && unused("protocol[6]") && unused("map.element[6]") && !unused("protocol[5]"));
    assert!(unused("standby[1].child[3]") && unused("view[0].entry[4]") && unused("labels[0].text[2]"));
}

#[test]
fn an_edit_gives_its_record_alone_a_new_check() {
    let format = load("miva-library");
    let image = seed(&format, "fuller");
    let tree = Tree::decode(&format, &image);
    let node = tree.find("protocol[0].continuous.rate").expect("there");
    let edited = tree.apply(&Edit::set(&tree, node, f32::to_le_bytes(12.5).to_vec()), Repair::Affected);
    assert_eq!(broken(&format, &edited), [""; 0]);
    let changed: Vec<usize> = (0..image.len()).filter(|at| edited[*at] != image[*at]).collect();
    assert!(changed.iter().all(|at| (0x3000..0x3100).contains(at)), "{changed:?}");
    assert_eq!(edited[0x30FC..0x3100], crc32(&edited[0x3000..0x30FC]).to_le_bytes());
}

/// Sets a field of the fuller library, repairs its checks, and gives the judgement.
fn judged(format: &Format, path: &str, bytes: &[u8]) -> String {
    let image = seed(format, "fuller");
    let tree = Tree::decode(format, &image);
    let node = tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
    let edited = tree.apply(&Edit::set(&tree, node, bytes.to_vec()), Repair::Affected);
    match Judge::new(format).judge(&edited) {
        Judgement::Accept => "accept".into(),
        Judgement::Refuse(rule) => format.rule(rule).into(),
        Judgement::Unspecified(rule) => format!("open {}", format.rule(rule)),
    }
}

#[test]
fn one_wrong_value_breaks_the_rule_it_should() {
    let format = load("miva-library");
    let float = |number: f32| number.to_le_bytes().to_vec();
    let number = |number: u32| number.to_le_bytes().to_vec();
    let text = |text: &str, size: usize| [text.as_bytes(), &vec![0; size - text.len()]].concat();
    for (path, bytes, expected) in [
        ("protocol[0].continuous.rate", float(135.0), "accept"),
        ("protocol[0].continuous.rate", float(f32::from_bits(135f32.to_bits() + 1)), "parameter.limits"),
        ("protocol[0].continuous.rate", float(-1.0), "number.range"),
        ("protocol[0].continuous.rate", float(f32::NAN), "number.range"),
        ("protocol[0].continuous.rate", float(f32::INFINITY), "number.range"),
        ("protocol[4].intermittent.max_per_hour", float(209.0), "parameter.off"),
        ("protocol[4].intermittent.max_per_interval", float(210.0), "parameter.off"),
        ("protocol[0].continuous.time", number(60), "parameter.off"),
        ("protocol[0].continuous.delay_start", number(1830), "number.resolution"),
        ("protocol[1].continuous.weight", float(70.0), "protocol.zero"),
        ("protocol[1].continuous.concentration", float(1.7), "protocol.concentration"),
        ("protocol[1].continuous.switches", number(0x0040_0083), "protocol.weight"),
        ("protocol[2].rate_unit", vec![5], "enum.value"),
        ("protocol[3].rate_unit", vec![1], "protocol.unit.mode"),
        ("protocol[0].changeable", vec![1], "protocol.no_drug"),
        ("protocol[0].drug", text("X", 10), "protocol.no_drug"),
        ("protocol[0].name", text("", 10), "open text.blank"),
        ("protocol[0].name", [&b"A\0B"[..], &[0; 7]].concat(), "text.padding"),
        ("protocol[0].name", b"ABCDEFGHIJ".to_vec(), "text.characters"),
        ("protocol[3].first_component.name", b"ABCDEFGHIJKLMNOPQRST".to_vec(), "open text.full"),
        ("protocol[0].id", vec![0], "record.constant"),
        ("limits[0].continuous_limits.rate.min", float(101.0), "parameter.limits"),
        ("limits[0].continuous_limits.weight.max", float(0.5), "limits.order"),
        ("standby[0].child[1]", vec![1], "tree.children"),
        ("standby[0].child[1]", vec![0], "tree.children"),
        ("standby[10].protocol", vec![2], "map.protocols"),
        ("standby[10].roles", vec![1, 0], "map.protocols"),
        ("standby[9].protocol", vec![1], "node.slot"),
        ("standby[1].child[4]", vec![7], "slot.unused"),
        ("labels[4]", vec![0; 64], "slot.gap"),
        ("configuration[1].kind", vec![2], "open node.place"),
        ("map.element[0].view", vec![2], "reference.exists"),
        ("map.element[0].labels", vec![2], "reference.exists"),
        ("map.element[0].view", vec![1], "accept"),
        ("map.element[3].view", vec![0], "accept"),
        ("map.slot[1]", vec![2], "map.slots"),
        ("view[0].entry[1].parameter", vec![22], "view.distinct"),
        ("view[0].patient[0]", vec![3], "view.list"),
        ("default_view[0].patient[0]", vec![3], "open view.default"),
        ("globals.code[1].digits", b"111".to_vec(), "code.unique"),
        ("globals.code_roles[1]", vec![0, 0], "code.roles"),
        ("globals.code_roles[3]", vec![1, 0], "code.roles"),
        ("globals.tubing", vec![99, 0], "record.constant"),
        ("rest", vec![0; 2048], "record.unused"),
    ] {
        assert_eq!(judged(&format, path, &bytes), expected, "{path} = {bytes:02X?}");
    }
}

#[test]
fn every_rule_is_broken_by_a_case_of_the_sweep() {
    let format = load("miva-library");
    let (base, other) = (seed(&format, "fuller"), seed(&format, "minimal"));
    let plan = Plan::new(&format, &base, vec![("minimal".into(), other)], Instances::Three);
    let mut judge = Judge::new(&format);
    let mut met = vec![false; format.rules.len()];
    let [mut accept, mut refuse, mut open] = [0; 3];
    for case in &plan.cases {
        let bytes = plan.bytes(case);
        match judge.judge(&bytes) {
            Judgement::Accept => accept += 1,
            Judgement::Refuse(_) => refuse += 1,
            Judgement::Unspecified(_) => open += 1,
        }
        if case.class != "character" {
            for violation in judge.explain(&bytes).1 {
                met[usize::from(violation.rule.0)] = true;
            }
        }
    }
    let missing: Vec<&str> =
        format.rules.iter().zip(met).filter(|(_, met)| !met).map(|(rule, _)| rule.id.as_str()).collect();
    assert_eq!(missing, [""; 0]);
    assert!(refuse >= 3000 && accept >= 500 && open * 20 <= plan.cases.len(), "{refuse} {accept} {open}");
}

#[test]
fn data_that_do_not_fit_are_an_error_with_their_place() {
    let format = load("miva-library");
    let mut json = decompose(&Tree::decode(&format, &seed(&format, "fuller")));
    let protocol = json["protocol"][0].clone();
    json["protocol"] = vec![protocol; 65].into();
    let error = compose(&format, &json).expect_err("there are 64 slots");
    assert_eq!(error.to_string(), "protocol: 65 entries, and there is room for 64");
    let error = compose_json(&format, r#"{"globals": {"product_volume": -1}}"#).expect_err("no such number");
    assert!(error.to_string().starts_with("globals"), "{error}");
}

fn order(name: &str) -> (Format, Vec<u8>) {
    let format = load("miva-order");
    let bytes = Builtin::named("miva-order").expect("built in").seed(&format, name).expect("composes");
    (format, bytes)
}

#[test]
fn an_order_is_the_one_that_the_makers_package_writes() {
    let (format, bytes) = order("per-kg");
    let hex: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "fe34adc95c915320537b086c17b60265a91693cff200c3a3df5ba630ec1b9b8b");
    assert_eq!(bytes[252..256], 0xF1E2_A1C5u32.to_le_bytes());
    assert_eq!(crc32(&bytes), 0xA22C_4063);
    assert_eq!(broken(&format, &bytes), [""; 0]);
}

#[test]
fn an_order_is_too_fast_for_a_weight_beyond_what_singles_can_tell() {
    let (format, bytes) = order("per-kg");
    let mut judge = Judge::new(&format);
    let tree = Tree::decode(&format, &bytes);
    let node = tree.find("protocol.continuous.weight").expect("there");
    // 400 mg in 250 mL at 5 mcg/kg/min: 135 mL/h at 720 kg.
    for (weight, expected) in [
        (1.0f32, "accept"),
        (0.999, "refuse order.weight"),
        (719.99, "accept"),
        (719.9999, "unspecified order.flow.rounding"),
        (720.0, "unspecified order.flow.rounding"),
        (720.01, "refuse order.flow"),
        (999.9, "refuse order.flow"),
    ] {
        let after = tree.apply(&Edit::set_number(&tree, node, u64::from(weight.to_bits())), Repair::Affected);
        let judgement = judge.judge(&after);
        let rule = judgement.rule().map(|rule| format!(" {}", format.rule(rule))).unwrap_or_default();
        assert_eq!(format!("{}{rule}", judgement.word()), expected, "{weight}");
    }
}

#[test]
fn what_an_order_refers_to_is_looked_at_where_a_library_is_given() {
    let (mut format, bytes) = order("per-kg");
    let mut beyond = bytes.clone();
    (beyond[256], beyond[257]) = (6, 2);
    assert_eq!(broken(&format, &beyond), [""; 0]);
    let library = load("miva-library");
    let fuller = seed(&library, "fuller");
    format.judge_against(&Tree::decode(&library, &fuller)).expect("the lists are there");
    assert_eq!(broken(&format, &bytes), [""; 0]);
    assert_eq!(broken(&format, &beyond), ["reference.exists at slot", "reference.exists at view"]);
    beyond[256..259].fill(255);
    assert_eq!(broken(&format, &beyond), [""; 0], "none is always right");
}

fn frame(name: &str) -> Vec<u8> {
    let builtin = Builtin::named("miva-frame").expect("built in");
    builtin.seed(&load("miva-frame"), name).expect("composes")
}

#[test]
fn frames_are_those_that_the_makers_package_builds() {
    assert_eq!(frame("read-serial-number"), [0x02, 0x52, 0x4E, 0x41, 0x30, 0x03]);
    let begin = frame("begin-order");
    assert_eq!(begin[1..begin.len() - 3], *b"LI5445535430303031904824700000013E");
    assert_eq!(begin[begin.len() - 3..], *b"00\x03");
}

/// What authorises an order: serial number, check of the whole order, four zeros, encrypted.
#[test]
fn an_order_is_confirmed_with_its_encrypted_check() {
    let (_, order) = order("per-kg");
    let mut block = [&b"TEST0001"[..], &crc32(&order).to_be_bytes(), b"0000"].concat();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    assert_eq!(hex(&block), "5445535430303031A22C406330303030");
    let key: [u8; 32] = std::array::from_fn(|at| at as u8);
    let cipher = aes::Aes256::new(&key.into());
    let (one, rest) = block.split_first_chunk_mut::<16>().expect("16 bytes");
    assert!(rest.is_empty());
    let mut encrypted = (*one).into();
    cipher.encrypt_block(&mut encrypted);
    assert_eq!(hex(&encrypted), "4269D0BFC9BB16C19CEA2200B30F7259");
    let sent = frame("confirm-order");
    assert_eq!(sent[1..sent.len() - 3], *format!("LC{}", hex(&encrypted)).as_bytes());
}

#[test]
fn digits_of_a_check_are_in_upper_case_and_others_are_open() {
    let format = load("miva-frame");
    let mut judge = Judge::new(&format);
    let mut judged = |bytes: &[u8]| {
        let judgement = judge.judge(bytes);
        (judgement.word(), judgement.rule().map(|rule| format.rule(rule).to_string()))
    };
    let upper = frame("read-serial-number");
    let mut lower = upper.clone();
    lower[3] = b'a';
    assert_eq!(judged(&upper), ("accept", None));
    assert_eq!(judged(&lower), ("refuse", Some("frame.check".into())));
    let event = frame("known-good");
    let tree = Tree::decode(&format, &event);
    let index = tree.find("payload.re.event_asked.index").expect("there");
    let lower = tree.apply(&Edit::set(&tree, index, b"0000002a".to_vec()), Repair::Affected);
    assert_eq!(judged(&lower), ("unspecified", Some("digits.case".into())));
}
