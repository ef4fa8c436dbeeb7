//! The rules of the records' fields and of the tables.

mod common;

use Table::{Advisory, Concentration, Drug, Label, Profile, Therapy};
use common::*;
use pump::{Rule, Table, validate};

#[test]
fn profile_fields_are_checked() {
    // Intensive: id 2, name 1 + 9, then the numbers.
    let at = 12;
    let q = |value: u32| value.to_le_bytes();
    let w = |value: u16| value.to_le_bytes();
    let case = |offset, bytes: &[u8], rule, field: &str| {
        patched(Profile, 0, offset, bytes, rule, &format!("profile[0].{field}"));
    };
    case(0, &w(0), Rule::NumberRange, "id");
    case(at, &w(1501), Rule::CountRange, "setups");
    case(at, &w(7), Rule::ProfileSetups, "setups");
    case(at + 2, &q(0), Rule::NumberRange, "max_rate");
    case(at + 2, &q(9_991_000), Rule::NumberRange, "max_rate");
    case(at + 2, &q(9_989_999), Rule::NumberResolution, "max_rate");
    case(at + 6, &q(99_991_000), Rule::NumberRange, "max_vtbi");
    case(at + 6, &q(1001), Rule::NumberResolution, "max_vtbi");
    case(at + 10, &q(9_991_000), Rule::NumberRange, "kvo_rate");
    case(at + 10, &q(1), Rule::NumberResolution, "kvo_rate");
    case(at + 14, &w(24), Rule::NumberRange, "occlusion_pressure");
    case(at + 16, &w(501), Rule::NumberRange, "air_in_line");
    case(at + 18, &[10], Rule::NumberRange, "auto_restart");
    case(at + 19, &[3], Rule::EnumValue, "lock_level");
    case(at + 20, &[0x1F], Rule::BitsReserved, "options");
    case(at + 21, &q(0), Rule::NumberRange, "max_weight");
    case(at + 21, &q(1_000_001), Rule::NumberResolution, "max_weight");
    case(at + 25, &q(30_100), Rule::NumberRange, "max_surface");
    case(at + 25, &q(101), Rule::NumberResolution, "max_surface");
    let ward_kvo = 2 + 8 + 2 + 8;
    patched(Profile, 1, ward_kvo, &q(201_000), Rule::ProfileKvo, "profile[1].kvo_rate");
}

#[test]
fn drug_fields_are_checked() {
    let morphine = small().record(Drug, 1).clone();
    let end = morphine.len();
    let case = |offset, bytes: &[u8], rule, field: &str| {
        patched(Drug, 1, offset, bytes, rule, &format!("drug[1].{field}"));
    };
    let numbers = 2 + 9 + 6 + 8 + 7;
    case(numbers, &[0], Rule::NumberRange, "priority");
    case(numbers, &[4], Rule::NumberRange, "priority");
    case(numbers + 1, &[6], Rule::NumberRange, "colour");
    case(numbers + 2, &[3], Rule::EnumValue, "tci_agent");
    case(numbers + 3, &[6], Rule::CountRange, "alias_count");
    case(numbers + 4, b"\x02M ", Rule::TextCharset, "alias[0]");
    case(numbers + 7, b"\x09Morph-1um", Rule::TextCharset, "alias[1]");
    case(end - 25, &[4], Rule::CountRange, "ndc_count");
    case(end - 24, b"012345678x", Rule::DigitsValue, "ndc[0].code");
    case(end - 14, &[9, 0], Rule::ReferenceExists, "ndc[0].concentration");
    case(end - 2, &[1, 0], Rule::DrugNdcConcentration, "ndc[1].concentration");
    case(end - 12, b"0123456789", Rule::DrugNdcUnique, "ndc[1].code");
    case(2 + 9 + 6, b"\x07N02AA 1", Rule::TextCharset, "code");
}

#[test]
fn concentration_fields_are_checked() {
    let q = |value: u32| value.to_le_bytes();
    let case = |number: usize, offset, bytes: &[u8], rule, field: &str| {
        let path = format!("concentration[{number}].{field}");
        patched(Concentration, number, offset, bytes, rule, &path);
    };
    case(1, 0, &[1, 0], Rule::IdOrder, "id");
    case(1, 2, &[4, 0], Rule::ReferenceExists, "drug");
    case(1, 4, &[3], Rule::EnumValue, "kind");
    case(1, 5, &[8], Rule::EnumValue, "unit");
    case(1, 6, &q(5), Rule::NumberRange, "standard.amount");
    case(1, 6, &q(10_001), Rule::NumberResolution, "standard.amount");
    case(1, 10, &q(0), Rule::NumberRange, "standard.volume");
    case(1, 10, &q(30_100), Rule::NumberResolution, "standard.volume");
    case(1, 14, &q(0), Rule::NumberRange, "standard.final");
    case(1, 14, &q(3334), Rule::ConcentrationQuotient, "standard.final");
    case(2, 6, &[15], Rule::BitsReserved, "custom.present");
    case(2, 7, &q(0), Rule::NumberRange, "custom.hard_min");
    case(2, 11, &q(999_990_001), Rule::NumberRange, "custom.soft_min");
    case(2, 15, &q(0), Rule::NumberRange, "custom.soft_max");
    case(2, 15, &q(9999), Rule::ConcentrationOrder, "custom.soft_max");
    let mut draft = small();
    draft.record(Concentration, 2)[7..11].copy_from_slice(&q(10_001));
    let offset = draft.offset(Concentration, 2) + 11;
    refused(&draft.write(), Rule::ConcentrationOrder, "concentration[2].custom.soft_min", offset);
}

#[test]
fn a_final_concentration_of_half_a_step_is_rounded_up() {
    // 0.001 / 2 = 0.0005, and 0.001 / 4 = 0.00025, which is rounded to 0.0003.
    for (volume, quotient) in [(20_000, 5), (40_000, 3)] {
        let mut draft = small();
        draft.table(Concentration).push(standard(9, 2, 3, 10, volume, quotient));
        assert!(validate(&draft.write()).is_ok());
    }
}

#[test]
fn the_resolution_of_an_amount_is_that_of_its_unit() {
    for (unit, resolution) in [(1, 1000), (2, 100), (3, 10), (4, 10), (5, 100), (6, 10), (7, 10)] {
        let mut draft = small();
        let amount = 1_000_000 + resolution;
        draft.table(Concentration).push(standard(9, 2, unit, amount, 10_000, amount));
        assert!(validate(&draft.write()).is_ok());
        draft.record(Concentration, 3)[6] -= 1;
        let refusal = validate(&draft.write()).unwrap_err();
        assert_eq!(refusal.rule, Rule::NumberResolution);
    }
}

#[test]
fn ids_ascend_in_every_table_and_may_have_gaps() {
    for table in Table::ALL {
        if table == Table::Setup {
            continue;
        }
        let mut draft = small();
        let mut last = draft.table(table).last().unwrap().clone();
        last[0..2].copy_from_slice(&[0, 0]);
        let number = draft.table(table).len();
        draft.table(table).push(last.clone());
        let refusal = validate(&draft.write()).unwrap_err();
        assert_eq!((refusal.rule, refusal.place.field), (Rule::NumberRange, "id"));
        draft.record(table, number)[0] = 1;
        let offset = draft.offset(table, number);
        let path = format!("{}[{number}].id", table.name());
        refused(&draft.write(), Rule::IdOrder, &path, offset);
    }
}

#[test]
fn names_are_unique_whatever_their_case_and_surrounding_spaces() {
    let case = |table: Table, record: Vec<u8>, field: &str, within: u32| {
        let mut draft = small();
        let number = draft.table(table).len();
        draft.table(table).push(record);
        let offset = draft.offset(table, number) + within;
        let path = format!("{}[{number}].{field}", table.name());
        refused(&draft.write(), Rule::NameUnique, &path, offset);
    };
    case(Profile, profile(4, " WARD É ", 0, 1000, 1000, 0), "name", 2);
    case(Drug, drug(9, "MORPHINE", "other", 0), "name", 2);
    case(Drug, drug(9, "Other", "n02aa01", 0), "code", 2 + 6 + 6);
    case(Therapy, named(8, "pain "), "name", 2);
    case(Advisory, advisory(8, "cHECK", "x"), "name", 2);
    case(Label, named(10, "epidural"), "name", 2);
    let mut draft = small();
    draft.table(Label).push(named(10, "epi dural"));
    draft.table(Label).push(named(11, "epi  dural"));
    assert!(validate(&draft.write()).is_ok());
}

#[test]
fn texts_have_limits_in_bytes_and_in_characters() {
    let case = |text: &[u8], rule: Option<Rule>| {
        let mut draft = small();
        let mut record = vec![10, 0, text.len() as u8];
        record.extend(text);
        draft.table(Label).push(record);
        let offset = draft.offset(Label, 1) + 2;
        match rule {
            Some(rule) => {
                refused(&draft.write(), rule, "label[1].name", offset);
            }
            None => assert!(validate(&draft.write()).is_ok()),
        }
    };
    case("a".repeat(20).as_bytes(), None);
    case("a".repeat(21).as_bytes(), Some(Rule::TextCharacters));
    case("é".repeat(16).as_bytes(), None);
    case("é".repeat(17).as_bytes(), Some(Rule::TextLength));
    case(b"", Some(Rule::TextBlank));
    case(b"  ", Some(Rule::TextBlank));
    case(b"a\xC3", Some(Rule::TextUtf8));
    case(b"\xC1\x81", Some(Rule::TextUtf8));
    case(b"\xED\xA0\x80", Some(Rule::TextUtf8));
}

#[test]
fn texts_have_allowed_characters_only() {
    for code in 0..0x3000_u32 {
        let Some(character) = char::from_u32(code) else {
            continue;
        };
        let allowed = matches!(code, 0x20..=0x7E | 0xA1..=0x17E)
            && !matches!(code, 0x22 | 0x27 | 0x5E | 0x60 | 0xAD | 0x130 | 0x131 | 0x149);
        let mut draft = small();
        draft.table(Label).push(named(10, &format!("x{character}")));
        match validate(&draft.write()) {
            Ok(_) => assert!(allowed, "U+{code:04X}"),
            Err(refusal) => {
                assert!(!allowed, "U+{code:04X}");
                assert_eq!(refusal.rule, Rule::TextCharset);
            }
        }
    }
}

#[test]
fn an_advisory_has_at_most_eight_lines() {
    let mut draft = small();
    draft.table(Advisory).push(advisory(2, "Long", "1\n2\n3\n4\n5\n6\n7\n8"));
    assert!(validate(&draft.write()).is_ok());
    *draft.record(Advisory, 1) = advisory(2, "Long", "1\n2\n3\n4\n5\n6\n7\n8\n");
    let offset = draft.offset(Advisory, 1) + 7;
    refused(&draft.write(), Rule::TextLines, "advisory[1].text", offset);
    *draft.record(Advisory, 1) = advisory(2, "Lo\ng", "1");
    let offset = draft.offset(Advisory, 1) + 2;
    refused(&draft.write(), Rule::TextCharset, "advisory[1].name", offset);
    *draft.record(Advisory, 1) = advisory(2, "Long", &"a".repeat(201));
    let offset = draft.offset(Advisory, 1) + 7;
    refused(&draft.write(), Rule::TextCharacters, "advisory[1].text", offset);
    *draft.record(Advisory, 1) = advisory(2, "Long", "\n \n");
    refused(&draft.write(), Rule::TextBlank, "advisory[1].text", offset);
}

#[test]
fn many_ids_with_gaps_are_found() {
    let mut draft = small();
    for number in 0..500 {
        let id = 100 + number * 7;
        draft.table(Drug).push(drug(id, &format!("Drug {id}"), &format!("C{id}"), 0));
        draft.table(Concentration).push(standard(id, id, 3, 10_000, 10_000, 10_000));
    }
    assert!(validate(&draft.write()).is_ok());
    let number = draft.table(Concentration).len();
    draft.table(Concentration).push(standard(9000, 101, 3, 10_000, 10_000, 10_000));
    let offset = draft.offset(Concentration, number) + 2;
    let path = format!("concentration[{number}].drug");
    refused(&draft.write(), Rule::ReferenceExists, &path, offset);
}
