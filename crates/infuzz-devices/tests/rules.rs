//! The format documents, the descriptions and the pump speak of the same rules.

use infuzz::builtin::Builtin;
use std::collections::BTreeSet;
use std::path::Path;

/// Rules of a conversation with the library manager, which are no rules of a file.
const OF_THE_MANAGER: [&str; 2] = ["transfer.", "activation."];

/// Formats of one maker, whose readers share their rules.
const MIVA: [&str; 3] = ["miva-library", "miva-order", "miva-frame"];

/// The two directions of one protocol, which one document describes.
const BCC: [&str; 2] = ["bcc", "bcc-answer"];

/// Every id that the document defines: in backticks, with a dot, in a table of rules or after a field.
fn documented() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/drug-library.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let known = pump::Rule::ALL.iter().map(|rule| rule.id());
    let quoted: BTreeSet<&str> = text.split('`').skip(1).step_by(2).collect();
    known.filter(|id| quoted.contains(id)).map(String::from).collect()
}

fn ids_in_rule_tables() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/drug-library.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut ids = BTreeSet::new();
    for line in text.split("\n## Rules").nth(1).unwrap_or("").lines().filter(|line| line.starts_with("| `")) {
        let cell = line.trim_start_matches("| ").split(" |").next().unwrap_or("");
        ids.extend(cell.split('`').skip(1).step_by(2).map(String::from));
    }
    ids
}

#[test]
fn document_and_pump_have_the_same_rules() {
    let of_the_pump: BTreeSet<String> = pump::Rule::ALL.iter().map(|rule| rule.id().to_string()).collect();
    assert_eq!(documented(), of_the_pump, "every reason of the pump stands in the document");
    let unknown: Vec<_> = ids_in_rule_tables().difference(&of_the_pump).cloned().collect();
    assert!(unknown.is_empty(), "the document has rules the pump does not know: {unknown:?}");
}

#[test]
fn description_and_pump_have_the_same_rules_of_a_file() {
    let format = Builtin::named("drug-library").expect("built in").load().expect("loads");
    let described: BTreeSet<String> = format.rules.iter().map(|rule| rule.id.clone()).collect();
    let of_a_file = |id: &&str| !OF_THE_MANAGER.iter().any(|prefix| id.starts_with(prefix));
    let of_the_pump: BTreeSet<String> =
        pump::Rule::ALL.iter().map(|rule| rule.id()).filter(of_a_file).map(String::from).collect();
    assert_eq!(described, of_the_pump);
}

#[test]
fn documents_descriptions_and_readers_have_the_same_rules() {
    let miva: Vec<&str> = pump::miva::Rule::ALL.iter().map(|rule| rule.id()).collect();
    same_rules(&MIVA.map(|name| (name, name)), &miva);
    let transfer: Vec<&str> = pump::transfer::Rule::ALL.iter().map(|rule| rule.id()).collect();
    same_rules(&[("library-transfer", "library-transfer")], &transfer);
    let bcc: Vec<&str> = pump::bcc::Rule::ALL.iter().map(|rule| rule.id()).collect();
    same_rules(&BCC.map(|name| (name, "bcc")), &bcc);
}

/// These formats, each with its document, together have the rules of their reader, and each of
/// theirs is documented.
fn same_rules(formats: &[(&str, &str)], of_the_reader: &[&str]) {
    let mut described: BTreeSet<String> = BTreeSet::new();
    for (name, document) in formats {
        let format = Builtin::named(name).expect("built in").load().expect("loads");
        described.extend(format.rules.iter().filter(|rule| !rule.open).map(|rule| rule.id.clone()));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/formats/{document}.md"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let quoted: BTreeSet<&str> = text.split('`').skip(1).step_by(2).collect();
        let missing: Vec<&str> =
            format.rules.iter().map(|rule| rule.id.as_str()).filter(|id| !quoted.contains(id)).collect();
        assert_eq!(missing, [""; 0], "{name}");
    }
    let described: BTreeSet<&str> = described.iter().map(String::as_str).collect();
    assert_eq!(described, of_the_reader.iter().copied().collect());
}

#[test]
fn description_and_reader_know_the_same_parameters() {
    let format = Builtin::named("bcc-answer").expect("built in").load().expect("loads");
    let described = format.enums.iter().find(|of| of.name == "parameter").expect("is there");
    let described: BTreeSet<&str> = described.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(described, pump::bcc::parameters().collect());
}

#[test]
fn document_description_and_reader_of_orders_have_the_same_rules() {
    let of_the_reader: BTreeSet<&str> = pump::order::Rule::ALL.iter().map(|rule| rule.id()).collect();
    let format = Builtin::named("order").expect("built in").load().expect("loads");
    let described: BTreeSet<&str> =
        format.rules.iter().filter(|rule| !rule.open).map(|rule| rule.id.as_str()).collect();
    assert_eq!(described, of_the_reader);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/order.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let missing: Vec<&str> =
        format.rules.iter().map(|rule| rule.id.as_str()).filter(|id| !text.contains(&format!("`{id}`"))).collect();
    assert_eq!(missing, [""; 0]);
    // What a person reads of a failure stands in the document too.
    let codes: Vec<u16> = pump::order::Failure::ALL.iter().map(|failure| failure.code()).collect();
    let section = text.split("## Programming").nth(1).and_then(|rest| rest.split("## Answers").next()).unwrap_or("");
    let told: BTreeSet<u16> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .flat_map(|cell| cell.split(", ").filter_map(|code| code.parse().ok()))
        .collect();
    assert_eq!(told, codes.into_iter().collect());
}
