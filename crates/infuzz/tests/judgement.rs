//! Hand-made libraries with one fault each: the judgement names the broken rule and the field.

mod common;

use common::{library, load};
use infuzz::format::Format;
use infuzz::judgement::{Judge, Judgement};
use infuzz::rules::{Checker, settle};
use infuzz::tree::{Edit, NodeId, Repair, Tree};

/// What a field is set to.
enum To {
    /// A number as the integer on the wire.
    Number(u64),
    /// A text with its length prefix.
    Text(&'static str),
    /// Bytes as they are.
    Bytes(&'static [u8]),
    /// The number as it is and one more.
    More,
    /// The optional field goes.
    Absent,
}

use To::{Absent, Bytes, More, Number, Text};

/// Field, its new value, the rule that breaks, and the field it is reported on (the same where
/// nothing is given).
type Case = (&'static str, To, &'static str, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // The file and its header.
    ("header.magic", Bytes(b"IDL2"), "header.magic", ""),
    ("header.version", Bytes(&[2, 0]), "header.version", ""),
    ("header.reserved", Bytes(&[1, 0]), "header.reserved", ""),
    ("header.length", More, "header.length", ""),
    ("header.file_length", More, "file.length", ""),
    ("header.crc", More, "header.crc", ""),
    ("file_crc", More, "file.crc", ""),
    ("header.id", Bytes(&[0; 16]), "header.id", ""),
    ("header.id", Bytes(&[0xFF; 16]), "header.id", ""),
    ("header.status", Number(2), "header.released", ""),
    ("header.activates", Number(1_767_225_599), "header.activation", ""),
    ("header.directory.labels.offset", More, "section.offset", ""),
    ("header.directory.labels.length", More, "section.length", ""),
    ("header.directory.drugs.crc", More, "section.crc", ""),
    // Single fields.
    ("header.revision", Number(0), "number.range", ""),
    ("profile[0].occlusion_pressure", Number(24), "number.range", ""),
    ("profile[2].max_rate", Number(1_001), "number.resolution", ""),
    ("profile[0].lock_level", Number(7), "enum.value", ""),
    ("profile[0].options", Number(0x8F), "bits.reserved", ""),
    ("drug[0].code", Text("a b"), "text.charset", ""),
    ("label[0].name", Text("  "), "text.blank", ""),
    ("label[0].name", Text("123456789012345678901"), "text.characters", ""),
    ("label[0].name", Text("ééééééééééééééééé"), "text.length", ""),
    ("label[0].name", Bytes(b"\x03a\xFFb"), "text.utf8", ""),
    ("drug[0].ndc[0].code", Bytes(b"012345678A"), "digits.value", ""),
    // Tables.
    ("advisory[1].id", Number(1), "id.order", ""),
    ("drug[1].name", Text(" dRUG ONE"), "name.unique", ""),
    ("drug[0].ndc[1].code", Bytes(b"0123456789"), "drug.ndc.unique", ""),
    ("drug[0].ndc[0].concentration", Number(99), "reference.exists", ""),
    ("drug[0].ndc[0].concentration", Number(6), "drug.ndc.concentration", "drug[0].id"),
    ("profile[0].setups", More, "profile.setups", ""),
    ("profile[1].kvo_rate", Number(251_000), "profile.kvo", "profile[1].max_rate"),
    ("concentration[0].standard.final", Number(16_001), "concentration.quotient", ""),
    ("concentration[2].custom.soft_min", Number(210_000), "concentration.order", "concentration[2].custom.soft_max"),
    // Set-ups.
    ("setup[2].length", More, "record.length", ""),
    ("setup[8].profile", Number(1), "setup.key.unique", ""),
    ("setup[5].line", Number(2), "setup.line", "setup[5].module"),
    ("setup[0].concentration", Number(0), "setup.concentration.required", "setup[0].kind"),
    ("setup[7].concentration", Number(8), "setup.concentration.forbidden", "setup[7].kind"),
    ("setup[0].concentration", Number(4), "setup.concentration.drug", "setup[0].drug"),
    ("setup[0].continuous.unit", Number(73), "setup.unit.dimension", ""),
    ("profile[0].max_weight", Absent, "setup.unit.weight", "setup[0].dose_unit"),
    ("profile[0].max_surface", Absent, "setup.unit.surface", "setup[2].dose_unit"),
    ("setup[0].continuous.soft_min", Number(20_000), "setup.continuous.order", "setup[0].continuous.initial"),
    ("setup[0].bolus.hard_max", Number(500_000), "setup.bolus.order", ""),
    ("setup[0].bolus.rate_hard_max", Number(4_000_000), "setup.bolus.rate_order", ""),
    ("setup[3].intermittent.soft_min", Number(210_000), "setup.intermittent.order", "setup[3].intermittent.soft_max"),
    ("setup[3].intermittent.duration_initial", Number(241), "setup.intermittent.duration_order", "setup[3].intermittent.duration_soft_max"),
    ("setup[4].intermittent.soft_max", Number(2_510_000), "setup.volume.profile", ""),
    ("setup[5].pca.initial", Number(30_000_000), "setup.pca.order", "setup[5].pca.soft_max"),
    ("setup[5].pca.continuous_soft_max", Number(30_000_000), "setup.pca.continuous_order", "setup[5].pca.continuous_hard_max"),
    ("setup[5].pca.loading_soft_max", Number(70_000_000), "setup.pca.loading_order", "setup[5].pca.loading_hard_max"),
    ("setup[5].pca.lockout_initial", Number(61), "setup.pca.lockout_order", "setup[5].pca.lockout_soft_max"),
    ("setup[7].fluid.soft_min", Number(1_260_000), "setup.fluid.order", "setup[7].fluid.soft_max"),
    ("setup[9].tci.initial", Number(50_000), "setup.tci.order", "setup[9].tci.soft_max"),
    ("setup[9].tci.model", Number(1), "setup.tci.effect_site", "setup[9].tci.mode"),
    ("setup[9].tci.model", Number(5), "setup.tci.agent", "drug[2].tci_agent"),
    ("setup[9].tci.age_min", Number(101), "setup.tci.age_order", "setup[9].tci.age_max"),
    ("setup[9].tci.weight_min", Number(1_510_000), "setup.tci.weight_order", "setup[9].tci.weight_max"),
];

fn find(tree: &Tree<'_>, path: &str) -> NodeId {
    tree.find(path).unwrap_or_else(|| panic!("{path} is not there"))
}

fn faulty(format: &Format, (path, to, _, _): &Case) -> Vec<u8> {
    let input = library(format, "every-kind");
    let tree = Tree::decode(format, &input);
    let node = find(&tree, path);
    let edit = match to {
        Number(value) => Edit::set_number(&tree, node, *value),
        More => Edit::set_number(&tree, node, tree.number(node).expect("a number").wrapping_add(1)),
        Text(text) => Edit::set(&tree, node, [&[text.len() as u8], text.as_bytes()].concat()),
        Bytes(bytes) => Edit::set(&tree, node, bytes.to_vec()),
        Absent => Edit::make_absent(&tree, node),
    };
    tree.apply(&edit, Repair::Affected)
}

#[test]
fn a_single_fault_is_refused_for_its_rule_at_its_field() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    for case in CASES {
        let (path, _, rule, at) = case;
        let bytes = faulty(&format, case);
        let judgement = judge.judge(&bytes);
        assert_eq!(judgement.rule().map(|id| format.rule(id)), Some(*rule), "{path}: {judgement:?}");
        assert_eq!(judgement.word(), "refuse", "{path}");
        let (tree, violations) = judge.explain(&bytes);
        let found: Vec<String> =
            violations.iter().map(|v| format!("{} at {}", format.rule(v.rule), tree.path(v.node))).collect();
        let at = if at.is_empty() { path } else { at };
        assert_eq!(found.first(), Some(&format!("{rule} at {at}")), "{path}: {found:?}");
        assert!(violations.iter().all(|v| format.rule(v.rule) == *rule), "{path}: {found:?}");
    }
}

#[test]
fn the_cases_cover_most_rules() {
    let format = load("drug-library");
    let left: Vec<&str> =
        format.rules.iter().map(|rule| rule.id.as_str()).filter(|id| CASES.iter().all(|case| case.2 != *id)).collect();
    assert!(left.len() <= 8, "{} rules without a case: {left:?}", left.len());
}

#[test]
fn the_field_that_was_changed_takes_part_in_the_fault() {
    let format = load("drug-library");
    for case in CASES.iter().filter(|case| !matches!(case.1, Absent)) {
        let bytes = faulty(&format, case);
        let tree = Tree::decode(&format, &bytes);
        let node = find(&tree, case.0);
        let violations = Checker::default().all(&tree);
        assert!(violations.iter().any(|v| v.involved.contains(&node)), "{}: {violations:?}", case.0);
    }
}

#[test]
fn a_single_fault_can_be_settled() {
    let format = load("drug-library");
    let mut checker = Checker::default();
    for case in CASES {
        let bytes = faulty(&format, case);
        let settled = settle(&mut checker, &bytes, &format, &[]);
        let judged = settled.map(|settled| checker.judge(&Tree::decode(&format, &settled)));
        assert_eq!(judged, Some(Judgement::Accept), "{} for {}", case.0, case.2);
    }
}

#[test]
fn settling_keeps_what_is_protected() {
    let format = load("drug-library");
    let mut checker = Checker::default();
    let mut settled = 0;
    for case in CASES.iter().filter(|case| !matches!(case.1, Absent)) {
        let bytes = faulty(&format, case);
        let before = Tree::decode(&format, &bytes);
        let protected = [case.0.to_string()];
        let Some(after) = settle(&mut checker, &bytes, &format, &protected) else { continue };
        let after = Tree::decode(&format, &after);
        let (a, b) = (find(&before, case.0), after.find(case.0));
        assert_eq!(b.map(|node| after.span(node)), Some(before.span(a)), "{}", case.0);
        settled += 1;
    }
    assert!(settled >= 15, "{settled} of {} settled around the changed field", CASES.len());
}

#[test]
fn the_judgement_depends_on_nothing_but_the_bytes() {
    let format = load("drug-library");
    let mut judge = Judge::new(&format);
    let good = library(&format, "every-kind");
    for case in CASES {
        let bytes = faulty(&format, case);
        let first = judge.judge(&bytes);
        assert_eq!(judge.judge(&good), Judgement::Accept, "after {}", case.0);
        assert_eq!(judge.judge(&bytes), first, "{}", case.0);
        assert_eq!(Judge::new(&format).judge(&bytes), first, "{}", case.0);
    }
}
