//! Every rule of the format is in a defect or a deleted check that was caught, by the recorded
//! tables of `docs/proof.md`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The cells of the recorded table whose header begins with `first`.
fn recorded(first: &str) -> Vec<Vec<String>> {
    let path = root().join("docs/proof.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let table = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |"))).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_string()).collect()).collect()
}

#[test]
fn every_rule_is_in_a_defect_or_deletion_that_was_caught() {
    let mut caught: BTreeSet<String> = BTreeSet::new();
    for row in recorded("check") {
        if row.get(3).is_some_and(|found| !found.contains("survives")) {
            caught.extend(row[2].split(" or ").map(String::from));
        }
    }
    for row in recorded("defect") {
        if row.get(3).is_some_and(|found| !found.contains("missed")) {
            caught.insert(row[2].clone());
        }
    }
    let missing: Vec<&str> = pump::Rule::ALL.iter().map(|rule| rule.id()).filter(|id| !caught.contains(*id)).collect();
    assert!(missing.is_empty(), "in no recorded defect or deletion that was caught: {missing:?}");
}

#[test]
fn the_recorded_defects_are_the_bank() {
    let entries = std::fs::read_dir(root().join("defects")).expect("the bank is there").flatten();
    let names: BTreeSet<String> =
        entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".patch").map(String::from)).collect();
    let recorded: BTreeSet<String> = recorded("defect").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(recorded, names);
}

#[test]
fn every_defect_says_what_it_is() {
    for entry in std::fs::read_dir(root().join("defects")).expect("the bank is there").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "patch") {
            let text = std::fs::read_to_string(&path).expect("readable");
            for key in ["What: ", "CWE: ", "Kind: ", "Rule:"] {
                assert!(text.lines().any(|line| line.starts_with(key)), "{}: {key}", path.display());
            }
        }
    }
}
