//! The rules of the set-ups.

mod common;

use common::*;
use pump::{Rule, Table, validate};

/// Replaces bytes of a set-up's body (or, at negative offsets, of what is before it).
#[track_caller]
fn body(number: usize, at: usize, bytes: &[u8], rule: Rule, field: &str) {
    let path = format!("setup[{number}].{field}");
    patched(Table::Setup, number, 18 + at, bytes, rule, &path);
}

#[track_caller]
fn head(number: usize, at: usize, bytes: &[u8], rule: Rule, field: &str) {
    let path = format!("setup[{number}].{field}");
    patched(Table::Setup, number, at, bytes, rule, &path);
}

fn q(value: u32) -> [u8; 4] {
    value.to_le_bytes()
}

/// Replaces the whole set-up and expects the refusal at an offset within it.
#[track_caller]
fn replaced(number: usize, record: Vec<u8>, rule: Rule, field: &str, within: u32) {
    let mut draft = small();
    *draft.record(Table::Setup, number) = record;
    let offset = draft.offset(Table::Setup, number) + within;
    refused(&draft.write(), rule, &format!("setup[{number}].{field}"), offset);
}

#[test]
fn the_enumerations_of_a_setup_are_checked() {
    head(FLUID, 2, &[0], Rule::EnumValue, "kind");
    head(FLUID, 2, &[7], Rule::EnumValue, "kind");
    head(FLUID, 3, &[3], Rule::EnumValue, "module");
    head(FLUID, 4, &[0], Rule::EnumValue, "line");
    head(FLUID, 5, &[9], Rule::EnumValue, "dose_unit");
    head(BOLUS, 4, &[2], Rule::SetupLine, "line");
}

#[test]
fn a_setup_takes_exactly_its_length() {
    for change in [-1_i16, 1, -19] {
        let mut draft = small();
        let record = draft.record(Table::Setup, FLUID);
        let length = u16::from_le_bytes([record[0], record[1]]).wrapping_add_signed(change);
        record[0..2].copy_from_slice(&length.to_le_bytes());
        let offset = draft.offset(Table::Setup, FLUID);
        refused(&draft.write(), Rule::RecordLength, "setup[4].length", offset);
    }
    for length in [0, 1, 2] {
        head(FLUID, 0, &[length, 0], Rule::RecordLength, "length");
    }
    let mut draft = small();
    draft.record(Table::Setup, VOLUMES)[1] = 1;
    let refusal = validate(&draft.write()).unwrap_err();
    assert_eq!(refusal.rule, Rule::SectionLength);
}

#[test]
fn references_name_records_that_exist() {
    let names = ["profile", "drug", "concentration", "therapy", "advisory", "label"];
    for (number, name) in names.iter().enumerate() {
        head(CONTINUOUS, 6 + number * 2, &[77, 7], Rule::ReferenceExists, name);
    }
    head(CONTINUOUS, 6, &[0, 0], Rule::ReferenceExists, "profile");
    head(CONTINUOUS, 8, &[0, 0], Rule::ReferenceExists, "drug");
}

#[test]
fn a_concentration_stands_where_it_belongs() {
    head(PCA, 10, &[0, 0], Rule::SetupConcentrationRequired, "concentration");
    head(FLUID, 10, &[1, 0], Rule::SetupConcentrationForbidden, "concentration");
    head(PCA, 10, &[1, 0], Rule::SetupConcentrationDrug, "concentration");
}

#[test]
fn keys_are_unique() {
    let mut draft = small();
    let copy = draft.record(Table::Setup, PCA).clone();
    draft.table(Table::Setup).push(copy);
    draft.record(Table::Profile, 0)[12] += 1;
    let offset = draft.offset(Table::Setup, 7) + 6;
    refused(&draft.write(), Rule::SetupKeyUnique, "setup[7].profile", offset);
    // Another therapy makes another key.
    draft.record(Table::Setup, 7)[12] = 1;
    assert!(validate(&draft.write()).is_ok());
}

#[test]
fn the_dose_unit_fits_the_kind() {
    head(CONTINUOUS, 5, &[3], Rule::SetupUnitUse, "dose_unit");
    head(BOLUS, 5, &[70], Rule::SetupUnitUse, "dose_unit");
    head(INTERMITTENT, 5, &[96], Rule::SetupUnitUse, "dose_unit");
    head(PCA, 5, &[70], Rule::SetupUnitUse, "dose_unit");
    head(FLUID, 5, &[65], Rule::SetupUnitUse, "dose_unit");
    head(TCI, 5, &[3], Rule::SetupUnitUse, "dose_unit");
}

#[test]
fn the_units_of_the_groups_have_the_dimension_of_the_dose_unit() {
    body(CONTINUOUS, 0, &[70], Rule::SetupUnitDimension, "continuous.unit");
    body(CONTINUOUS, 0, &[99], Rule::EnumValue, "continuous.unit");
    body(BOLUS, 0, &[18], Rule::SetupUnitDimension, "bolus.unit");
    body(INTERMITTENT, 9, &[5], Rule::SetupUnitDimension, "intermittent.unit");
    body(PCA, 0, &[8], Rule::SetupUnitDimension, "pca.unit");
}

#[test]
fn the_units_of_a_bolus_belong_to_the_dose() {
    body(CONTINUOUS, 18, &[5], Rule::SetupBolusUnit, "bolus.unit");
    body(CONTINUOUS, 18, &[70], Rule::SetupBolusUnit, "bolus.unit");
    body(CONTINUOUS, 18, &[200], Rule::EnumValue, "bolus.unit");
    body(CONTINUOUS, 36, &[73], Rule::SetupBolusRateUnit, "bolus.rate_unit");
    body(CONTINUOUS, 36, &[3], Rule::SetupBolusRateUnit, "bolus.rate_unit");
    body(BOLUS, 18, &[0], Rule::EnumValue, "bolus.rate_unit");
}

#[test]
fn the_dose_unit_has_the_substance_of_the_concentration() {
    let units = setup([1, 1, 1, 73], [1, 2, 2, 1, 1, 9], Out(vec![73, 0]));
    replaced(CONTINUOUS, units, Rule::SetupUnitSubstance, "dose_unit", 5);
}

#[test]
fn units_per_kg_and_per_m2_need_a_profile_with_weight_and_surface() {
    for (rule, dose, amount) in [(Rule::SetupUnitWeight, 83, 18), (Rule::SetupUnitSurface, 90, 33)] {
        let case = |head: [u8; 4], out: Vec<u8>, field: &str, within| {
            let record = setup(head, [3, 2, 2, 0, 0, 0], Out(out));
            replaced(VOLUMES, record, rule, field, within);
        };
        case([1, 1, 1, dose], vec![dose, 0], "dose_unit", 5);
        case([1, 1, 1, 70], vec![70, 16, amount, 0, 64, 0], "bolus.unit", 20);
        case([1, 1, 1, 70], vec![70, 16, 3, 0, dose, 0], "bolus.rate_unit", 22);
    }
}

#[test]
fn limits_have_ranges_resolutions_and_no_unnamed_bits() {
    body(CONTINUOUS, 1, &[0x3F], Rule::BitsReserved, "continuous.present");
    body(CONTINUOUS, 2, &q(0), Rule::NumberRange, "continuous.soft_min");
    body(CONTINUOUS, 10, &q(999_990_010), Rule::NumberRange, "continuous.hard_max");
    body(CONTINUOUS, 6, &q(3001), Rule::NumberResolution, "continuous.soft_max");
    body(BOLUS, 1, &[0x1F], Rule::BitsReserved, "bolus.present");
    body(BOLUS, 14, &q(2001), Rule::NumberResolution, "bolus.initial");
    body(BOLUS, 19, &[0x1F], Rule::BitsReserved, "bolus.rate_present");
    body(BOLUS, 24, &q(30_100), Rule::NumberResolution, "bolus.rate_soft_max");
    body(INTERMITTENT, 0, &[0x1F], Rule::BitsReserved, "intermittent.duration_present");
    body(INTERMITTENT, 1, &[0, 0], Rule::NumberRange, "intermittent.duration_hard_min");
    body(INTERMITTENT, 5, &[0x70, 0x17], Rule::NumberRange, "intermittent.duration_soft_max");
    body(INTERMITTENT, 10, &[0xF], Rule::BitsReserved, "intermittent.present");
    body(PCA, 34, &[0x3F], Rule::BitsReserved, "pca.lockout_present");
    body(PCA, 39, &[0xA1, 5], Rule::NumberRange, "pca.lockout_soft_max");
    body(PCA, 43, &q(0), Rule::NumberRange, "pca.accumulated_dose");
    body(PCA, 47, &[0, 0], Rule::NumberRange, "pca.accumulated_window");
    body(PCA, 49, &[4], Rule::NumberRange, "pca.security");
    body(FLUID, 0, &[0xF], Rule::BitsReserved, "fluid.present");
    body(FLUID, 1, &q(10_100), Rule::NumberResolution, "fluid.soft_min");
    body(TCI, 0, &[6], Rule::EnumValue, "tci.model");
    body(TCI, 1, &[3], Rule::EnumValue, "tci.mode");
    body(TCI, 2, &[0x1F], Rule::BitsReserved, "tci.present");
    body(TCI, 11, &q(1_000_100), Rule::NumberRange, "tci.hard_max");
    body(TCI, 15, &q(10_010), Rule::NumberResolution, "tci.awakening");
    body(TCI, 19, &q(9_991_000), Rule::NumberRange, "tci.max_induction_rate");
    body(TCI, 19, &q(1001), Rule::NumberResolution, "tci.max_induction_rate");
    body(TCI, 24, &[151], Rule::NumberRange, "tci.age_max");
    body(TCI, 23, &[151], Rule::NumberRange, "tci.age_min");
    body(TCI, 25, &q(0), Rule::NumberRange, "tci.weight_min");
    body(TCI, 25, &q(400_001), Rule::NumberResolution, "tci.weight_min");
    body(TCI, 29, &q(1_200_001), Rule::NumberResolution, "tci.weight_max");
    body(TCI, 29, &q(5_001_000), Rule::NumberRange, "tci.weight_max");
}

#[test]
fn limits_ascend_and_the_later_one_is_named() {
    // Soft min 1000, soft max 3000, hard max 4000, initial 2000.
    body(CONTINUOUS, 14, &q(900), Rule::SetupContinuousOrder, "continuous.initial");
    body(CONTINUOUS, 6, &q(1990), Rule::SetupContinuousOrder, "continuous.soft_max");
    body(CONTINUOUS, 10, &q(2990), Rule::SetupContinuousOrder, "continuous.hard_max");
    body(BOLUS, 14, &q(990), Rule::SetupBolusOrder, "bolus.initial");
    body(BOLUS, 6, &q(1000), Rule::SetupBolusOrder, "bolus.soft_max");
    body(BOLUS, 32, &q(9000), Rule::SetupBolusRateOrder, "bolus.rate_initial");
    body(CONTINUOUS, 46, &q(29_000), Rule::SetupBolusRateOrder, "bolus.rate_hard_max");
    body(INTERMITTENT, 7, &[9, 0], Rule::SetupIntermittentDurationOrder, "intermittent.duration_initial");
    body(INTERMITTENT, 3, &[4, 0], Rule::SetupIntermittentDurationOrder, "intermittent.duration_soft_min");
    body(INTERMITTENT, 19, &q(10_000), Rule::SetupIntermittentOrder, "intermittent.hard_max");
    body(PCA, 14, &q(990), Rule::SetupPcaOrder, "pca.initial");
    body(PCA, 22, &q(4990), Rule::SetupPcaContinuousOrder, "pca.continuous_hard_max");
    body(PCA, 30, &q(6990), Rule::SetupPcaLoadingOrder, "pca.loading_hard_max");
    body(PCA, 41, &[9, 0], Rule::SetupPcaLockoutOrder, "pca.lockout_initial");
    body(FLUID, 5, &q(9000), Rule::SetupFluidOrder, "fluid.soft_max");
    body(TCI, 7, &q(19_900), Rule::SetupTciOrder, "tci.soft_max");
    body(TCI, 24, &[17], Rule::SetupTciAgeOrder, "tci.age_max");
    body(TCI, 29, &q(399_000), Rule::SetupTciWeightOrder, "tci.weight_max");
}

#[test]
fn equal_neighbours_are_legal() {
    let mut draft = small();
    for number in 0..4 {
        let at = 18 + 2 + number * 4;
        draft.record(Table::Setup, CONTINUOUS)[at..at + 4].copy_from_slice(&q(1000));
    }
    assert!(validate(&draft.write()).is_ok());
}

#[test]
fn models_belong_to_their_agent_and_have_their_targets() {
    body(TCI, 0, &[5], Rule::SetupTciAgent, "tci.model");
    let mut draft = small();
    draft.record(Table::Setup, TCI)[18] = 1;
    let offset = draft.offset(Table::Setup, TCI) + 19;
    refused(&draft.write(), Rule::SetupTciEffectSite, "setup[5].tci.mode", offset);
    draft.record(Table::Setup, TCI)[19] = 1;
    assert!(validate(&draft.write()).is_ok());
}

#[test]
fn rates_in_ml_per_hour_stay_below_that_of_the_profile() {
    // The ward allows 20 ml/h and 20 ml.
    let rule = Rule::SetupRateProfile;
    let case = |head: [u8; 4], references: [u16; 6], out: Out, field: &str, within| {
        replaced(VOLUMES, setup(head, references, out), rule, field, within);
    };
    let drug = [3, 2, 2, 0, 0, 0];
    let rate = continuous_in(64, [1000, 3000, 201_000, 2000]);
    case([1, 1, 1, 64], drug, rate, "continuous.hard_max", 28);
    let mut bolus = bolus_in(3, [1000, 3000, 4000, 2000]);
    bolus.0[28..32].copy_from_slice(&q(201_000));
    case([2, 1, 1, 3], drug, bolus, "bolus.rate_hard_max", 46);
    let fluid = Out::default().u8(1).u32(201_000);
    case([5, 1, 1, 64], [3, 5, 0, 0, 0, 0], fluid, "fluid.soft_min", 19);
    let tci = small().tables[6][TCI][18..].to_vec();
    case([6, 2, 1, 96], [3, 1, 1, 0, 0, 0], Out(tci), "tci.max_induction_rate", 37);
    let pca = Out::default().u8(8).u8(32).u32(201_000).u8(0).u8(1);
    case([4, 2, 1, 8], drug, pca, "pca.continuous_hard_max", 20);
}

#[test]
fn volumes_stay_below_that_of_the_profile() {
    let rule = Rule::SetupVolumeProfile;
    body(VOLUMES, 10, &q(201_000), rule, "pca.hard_max");
    body(VOLUMES, 30, &q(201_000), rule, "pca.loading_hard_max");
    body(VOLUMES, 43, &q(201_000), rule, "pca.accumulated_dose");
    let drug = [3, 2, 2, 0, 0, 0];
    let bolus = bolus_in(8, [1000, 3000, 201_000, 2000]);
    replaced(VOLUMES, setup([2, 1, 1, 8], drug, bolus), rule, "bolus.hard_max", 28);
    let intermittent = Out::default().u8(0).u8(8).u8(2).u32(201_000);
    let record = setup([3, 1, 1, 8], drug, intermittent);
    replaced(VOLUMES, record, rule, "intermittent.soft_max", 21);
    // In the continuous set-up, too.
    let out = Out::default().u8(64).u8(16).u8(8).u8(1).u32(201_000).u8(64).u8(0);
    let record = setup([1, 1, 1, 64], drug, out);
    replaced(VOLUMES, record, rule, "bolus.soft_min", 22);
}
