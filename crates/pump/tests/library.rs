//! What a library may be, and what it must not be.

mod common;

use common::*;
use pump::library::{Body, Content};
use pump::{Library, Rule, Table, encode, validate};

#[test]
fn a_library_with_every_kind_of_setup_is_accepted() {
    let file = small().write();
    let index = validate(&file).unwrap();
    let library = Library::new(&file, &index);
    assert_eq!(library.name(), "Main");
    assert_eq!(library.revision(), 4);
    assert_eq!(library.created(), 1_700_000_000);
    assert_eq!(library.id(), *b"a library, small");
    assert_eq!(library.crc(), crc(&file[..file.len() - 4]));
    assert_eq!(index.count(Table::Setup), 7);
    assert_eq!(library.setups().count(), 7);
    assert_eq!(library.drug(1).unwrap().aliases(), ["MS", "Morphium1"]);
    assert_eq!(library.drug(1).unwrap().ndcs()[1].code, *b"0123456780");
    assert_eq!(library.advisory(0).unwrap().text, "Look twice.\nThen act.");
    assert!(matches!(library.concentration(1).unwrap().content, Content::Standard { quotient: 3333, .. }));
    let Body::Tci(tci) = library.setup(TCI).unwrap().body else {
        panic!("not a TCI");
    };
    assert_eq!((tci.age_min, tci.age_max), (18, 90));
}

#[test]
fn writing_a_library_again_gives_the_same_bytes() {
    let file = small().write();
    let index = validate(&file).unwrap();
    assert_eq!(encode(&Library::new(&file, &index)), file);
}

#[test]
fn a_setup_without_limits_is_accepted_and_written_again() {
    let mut draft = small();
    let references = [1, 2, 2, 7, 0, 0];
    let groups: [([u8; 4], Out); 4] = [
        ([1, 1, 1, 70], Out(vec![70, 0])),
        ([2, 1, 1, 3], Out(vec![3, 0, 64, 0])),
        ([3, 1, 1, 2], Out(vec![0, 3, 0])),
        ([4, 1, 1, 4], Out(vec![3, 0, 0, 1])),
    ];
    for (head, body) in groups {
        draft.table(Table::Setup).push(setup(head, references, body));
    }
    let fluid = setup([5, 1, 1, 64], [1, 2, 0, 7, 0, 0], Out(vec![0]));
    draft.table(Table::Setup).push(fluid);
    *draft.record(Table::Profile, 0) = profile(1, "Intensive", 11, 9_990_000, 99_990_000, 0b1111);
    let file = draft.write();
    let index = validate(&file).unwrap();
    assert_eq!(encode(&Library::new(&file, &index)), file);
}

#[test]
fn setups_are_found_by_exact_names() {
    let file = small().write();
    let index = validate(&file).unwrap();
    let library = Library::new(&file, &index);
    let found = library.find_setup("Intensive", "Morphine").unwrap();
    assert_eq!(Some(found), library.setup(CONTINUOUS));
    assert!(library.find_setup("Intensive", "morphine").is_none());
    assert!(library.find_setup("Ward é", "Propofol").is_none());
    assert!(library.find_setup("Ward é", "Morphine").is_some());
}

#[test]
fn no_truncation_is_accepted() {
    let file = small().write();
    for length in 0..file.len() {
        assert!(validate(&file[..length]).is_err(), "{length} bytes");
    }
    let mut longer = file;
    longer.push(0);
    refused(&longer, Rule::FileLength, "header.file_length", 8);
}

#[test]
fn no_flipped_bit_is_accepted() {
    let mut file = small().write();
    for bit in 0..file.len() * 8 {
        file[bit / 8] ^= 1 << (bit % 8);
        assert!(validate(&file).is_err(), "bit {bit}");
        file[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Whatever is accepted after a change with the checksums put right is written again the same.
#[test]
fn no_changed_byte_panics_or_is_lost() {
    let draft = small();
    for table in Table::ALL {
        for number in 0..draft.tables[table as usize].len() {
            for at in 0..draft.tables[table as usize][number].len() {
                for value in 0..=255 {
                    let mut changed = draft.clone();
                    changed.record(table, number)[at] = value;
                    let file = changed.write();
                    if let Ok(index) = validate(&file) {
                        assert_eq!(encode(&Library::new(&file, &index)), file);
                    }
                }
            }
        }
    }
}

#[test]
fn no_changed_header_byte_panics_or_is_lost() {
    let file = small().write();
    for at in 0..HEADER - 4 {
        for value in 0..=255 {
            let mut changed = file.clone();
            changed[at] = value;
            let length = usize::from(u16::from_le_bytes([changed[6], changed[7]]));
            if (4..=changed.len()).contains(&length) {
                reseal(&mut changed);
            }
            if let Ok(index) = validate(&changed) {
                assert_eq!(encode(&Library::new(&changed, &index)), changed);
            }
        }
    }
}

#[test]
fn every_rule_has_an_id_of_its_own() {
    let mut ids: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Rule::ALL.len());
    assert_eq!(Rule::SetupPcaLoadingOrder.to_string(), "setup.pca.loading_order");
}

#[test]
fn a_refusal_reads_as_rule_path_and_offset() {
    let mut draft = small();
    draft.status = 2;
    let refusal = validate(&draft.write()).unwrap_err();
    assert_eq!(refusal.to_string(), "header.released: header.status at byte 130");
}

#[test]
fn the_signature_and_the_version_are_required() {
    let mut file = small().write();
    file[3] = b'2';
    refused(&file, Rule::HeaderMagic, "header.magic", 0);
    let mut draft = small();
    draft.version = 2;
    refused(&draft.write(), Rule::HeaderVersion, "header.version", 4);
}

#[test]
fn a_header_longer_or_shorter_than_stated_is_refused() {
    let file = small().write();
    for length in [HEADER - 1, HEADER + 1, 60, 30, file.len(), file.len() + 1] {
        let mut changed = file.clone();
        changed[6..8].copy_from_slice(&(length as u16).to_le_bytes());
        if length <= file.len() {
            let sum = crc(&changed[..length - 4]);
            changed[length - 4..length].copy_from_slice(&sum.to_le_bytes());
        }
        if length > HEADER {
            // The directory follows the stated length, so that the length alone is wrong.
            let mut at = length as u32;
            for entry in 0..7 {
                let place = 28 + entry * 12;
                changed[place..place + 4].copy_from_slice(&at.to_le_bytes());
                at += u32::from_le_bytes(changed[place + 4..place + 8].try_into().unwrap());
            }
            if length <= file.len() {
                reseal(&mut changed);
            }
        }
        let refusal = validate(&changed).unwrap_err();
        let expected: &[Rule] = &[Rule::HeaderLength, Rule::SectionOffset];
        assert!(expected.contains(&refusal.rule), "{length}: {refusal}");
    }
}

#[test]
fn a_header_with_a_wrong_checksum_is_refused() {
    let mut file = small().write();
    file[128] ^= 1;
    refused(&file, Rule::HeaderCrc, "header.crc", HEADER as u32 - 4);
}

#[test]
fn header_fields_are_checked() {
    let check = |change: fn(&mut Draft), rule, path, offset| {
        let mut draft = small();
        change(&mut draft);
        refused(&draft.write(), rule, path, offset);
    };
    check(|d| d.reserved = 1, Rule::HeaderReserved, "header.reserved", 26);
    check(|d| d.id = [0; 16], Rule::HeaderId, "header.id", 112);
    check(|d| d.id = [255; 16], Rule::HeaderId, "header.id", 112);
    check(|d| d.revision = 0, Rule::NumberRange, "header.revision", 128);
    check(|d| d.status = 1, Rule::HeaderReleased, "header.status", 130);
    check(|d| d.status = 4, Rule::EnumValue, "header.status", 130);
    check(|d| d.created = 946_684_799, Rule::NumberRange, "header.created", 131);
    check(|d| d.activates = 4_102_444_800, Rule::NumberRange, "header.activates", 135);
    check(|d| d.activates = d.created - 1, Rule::HeaderActivation, "header.activates", 135);
    check(|d| d.name = vec![1, b'`'], Rule::TextCharset, "header.name", 139);
    check(|d| d.hospital = vec![1, b' '], Rule::TextBlank, "header.hospital", 144);
}

#[test]
fn counts_are_limited_and_judged_before_any_record() {
    let names = ["profiles", "drugs", "concentrations", "therapies", "advisories", "labels", "setups"];
    let most = [30_u16, 2500, 5000, 250, 100, 100, 10_000];
    for ((number, name), most) in names.iter().enumerate().zip(most) {
        let at = 12 + number * 2;
        let mut file = small().write();
        file[at..at + 2].copy_from_slice(&(most + 1).to_le_bytes());
        reseal(&mut file);
        refused(&file, Rule::CountRange, &format!("header.counts.{name}"), at as u32);
        file[at..at + 2].copy_from_slice(&most.to_le_bytes());
        reseal(&mut file);
        let rule = validate(&file).unwrap_err().rule;
        assert_ne!(rule, Rule::CountRange, "{name}");
    }
    let mut draft = small();
    draft.tables[0].clear();
    refused(&draft.write(), Rule::CountRange, "header.counts.profiles", 12);
}

#[test]
fn sections_follow_one_another_and_have_their_length_and_checksum() {
    let base = small().write();
    for number in 0..7 {
        let name = ["profiles", "drugs", "concentrations", "therapies", "advisories", "labels", "setups"][number];
        let path = |field: &str| format!("header.directory.{name}.{field}");
        let at = 28 + number * 12;
        let mut file = base.clone();
        file[at] ^= 1;
        reseal(&mut file);
        refused(&file, Rule::SectionOffset, &path("offset"), at as u32);
        let mut file = base.clone();
        file[at + 8] ^= 1;
        reseal(&mut file);
        refused(&file, Rule::SectionCrc, &path("crc"), at as u32 + 8);
    }
    // One record less than the section holds, and one more.
    for table in Table::ALL {
        let number = table as usize;
        for change in [1, u16::MAX] {
            let mut file = base.clone();
            let at = 12 + number * 2;
            let count = u16::from_le_bytes([file[at], file[at + 1]]).wrapping_add(change);
            if count == 0 && matches!(table, Table::Profile | Table::Drug | Table::Setup) {
                continue;
            }
            file[at..at + 2].copy_from_slice(&count.to_le_bytes());
            reseal(&mut file);
            let refusal = validate(&file).unwrap_err();
            assert_eq!(refusal.rule, Rule::SectionLength, "{table:?} {change}");
            assert_eq!(refusal.offset, 32 + number as u32 * 12);
        }
    }
}

#[test]
fn a_section_past_the_end_and_a_gap_before_the_end_are_refused() {
    let mut file = small().write();
    let at = 28 + 6 * 12 + 4;
    file[at + 2] = 1;
    reseal(&mut file);
    refused(&file, Rule::SectionLength, "header.directory.setups.length", at as u32);

    let mut file = small().write();
    let end = file.len() - 4;
    file.splice(end..end, [0, 0]);
    let length = file.len() as u32;
    file[8..12].copy_from_slice(&length.to_le_bytes());
    reseal(&mut file);
    refused(&file, Rule::FileLength, "header.file_length", 8);
}

#[test]
fn a_wrong_checksum_of_the_file_is_refused() {
    let mut file = small().write();
    let end = file.len();
    file[end - 1] ^= 1;
    refused(&file, Rule::FileCrc, "file_crc", end as u32 - 4);
}

#[test]
fn a_huge_count_in_a_small_file_is_refused_at_once() {
    let mut file = small().write();
    file[24..26].copy_from_slice(&10_000_u16.to_le_bytes());
    file[14..16].copy_from_slice(&2500_u16.to_le_bytes());
    reseal(&mut file);
    refused(&file, Rule::SectionLength, "header.directory.drugs.length", 28 + 12 + 4);
}
