//! Records whose fields may be left out, records and lists by how they begin and end, escape
//! sequences, decimal numbers, and numbers that differ.

use infuzz::classes::Class;
use infuzz::compose::{compose, decompose};
use infuzz::format::{Format, compile};
use infuzz::judgement::{Judge, Judgement};
use infuzz::rules::Checker;
use infuzz::tree::{Edit, Repair, Tree};
use serde_json::json;

const ROWS: &str = r#"format = "rows"
title = "Rows of fields"
root = "all"
exact = "exact"

[rule]
"exact" = "nothing is left over"
"mark" = "a mark is one of ; , and !"
"marks" = "the marks differ"
"kind" = "a row has its kind"
"needed" = "a row has a name"
"name.utf8" = "UTF-8"
"name.charset" = "letters and marks"
"name.characters" = "at most 5 characters"
"name.blank" = "something to read"
"name.escape" = "a sequence is known"
"name.mark" = "a mark is escaped"
"name.ascii" = "ASCII unless the row says so"
"number" = "a number"
"number.long" = "at most 6 characters"
"number.range" = "0.01 to 20"
"number.resolution" = "two decimals"
"number.unit" = "a number with a wide name only"
"wide" = "a known word"

[charset.any]
allow = ["U+0020..U+007E", "U+00A0..U+017E"]

[charset.ascii]
allow = ["U+0000..U+007F"]

[enum.mark]
rows = [[0x3B, ";"], [0x2C, ","], [0x21, "!"]]

[enum.wide]
rows = [[1, "W"]]

[escape.marks]
around = "/escape"
letters = { F = "/field", E = "/escape" }
hex = "X"
rule = "name.escape"
delimiter_rule = "name.mark"

[record.all]
fields = [
  { name = "field", shape = "enum", enum = "mark", rule = "mark", default = ";" },
  { name = "escape", shape = "enum", enum = "mark", rule = "mark", default = "!" },
  { name = "head", record = "head", begins = "H", end = "." },
  { name = "row", list = "row", begins = "R", end = ".", required = "needed" },
]
rules = [{ id = "marks", differ = ["field", "escape"] }]

[record.head]
fields = [{ name = "kind", shape = "const", value = "H", rule = "kind" }]

[record.row]
separator = "field /field"
may_end_early = true
fields = [
  { name = "kind", shape = "const", value = "R", rule = "kind" },
  { name = "name", shape = "text", charset = "any", chars = 5, escapes = "marks", required = "needed", narrow = { charset = "ascii", unless = "wide = W", rule = "name.ascii" } },
  { name = "unread", shape = "text", positions = 2, optional = true, may_be_blank = true },
  { name = "number", shape = "decimal", decimals = 2, chars = 6, chars_rule = "number.long", range = "0.01..20", step = "0.01", rule = "number", optional = true },
  { name = "wide", shape = "word", enum = "wide", rule = "wide", optional = true },
  { name = "word", shape = "word", enum = "wide", others = true, charset = "any", chars = 5, escapes = "marks", optional = true },
]
rules = [{ id = "number.unit", when = "number", requires = "wide" }]
"#;

fn rows() -> Format {
    let text = ROWS.replace("root = \"all\"", "root = \"all\"\ntext_rules = \"name\"");
    compile(&text).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn judged(format: &Format, text: &str) -> String {
    let tree = Tree::decode(format, text.as_bytes());
    assert_eq!(tree.encode(), text.as_bytes());
    match Judge::new(format).judge(text.as_bytes()) {
        Judgement::Accept => {
            let again = compose(format, &decompose(&tree)).expect("composes");
            assert_eq!(String::from_utf8_lossy(&again), text, "the same from its data");
            String::new()
        }
        judgement => judgement.rule().map_or("", |rule| format.rule(rule)).to_string(),
    }
}

#[test]
fn fields_are_left_out_at_the_end_and_empty_in_between() {
    let format = rows();
    for (text, rule) in [
        (";!R;ab.", ""),
        (";!H.R;ab.R;c.", ""),
        (";!R;ab;.", ""),
        (";!R;ab;x;y.", ""),
        (";!R;ab;;;;W.", ""),
        (";!R;ab;;;15;W.", ""),
        (";!R;ab;;;15;W;other.", ""),
        (",!R,ab,;,,15,W.", ""),
        (";!.", "exact"),
        (";!", "needed"),
        (";!R.", "needed"),
        (";!R;.", "needed"),
        (";!R;;x.", "needed"),
        (";!R; .", "name.blank"),
        (";!R;ab", "exact"),
        (";!R;ab.H.", "exact"),
        (";!R;ab;;;15.", "number.unit"),
        (";!R;ab;;;;w.", "wide"),
        ("!!R!ab.", "marks"),
        ("?!R?ab.", "mark"),
    ] {
        assert_eq!(judged(&format, text), rule, "{text}");
    }
}

#[test]
fn decimal_numbers_have_a_form_a_range_and_a_resolution() {
    let format = rows();
    for (number, rule) in [
        ("0.01", ""),
        ("20", ""),
        ("020.00", ""),
        ("1.500", ""),
        ("0", "number.range"),
        ("20.01", "number.range"),
        ("999999", "number.range"),
        ("1.005", "number.resolution"),
        ("0020.00", "number.long"),
        (".5", "number"),
        ("5.", "exact"),
        ("-1", "number"),
        ("1e1", "number"),
        (" 1", "number"),
    ] {
        // The point that ends a row must not be taken for that of the number.
        let text = format!(";!R;ab;;;{number};W.");
        let format = compile(
            &ROWS
                .replace("end = \".\"", "end = \"$\"")
                .replace("root = \"all\"", "root = \"all\"\ntext_rules = \"name\""),
        )
        .expect("compiles");
        let text = text.strip_suffix('.').expect("ends so").to_string() + "$";
        let rule = if number == "5." { "number" } else { rule };
        assert_eq!(judged(&format, &text), rule, "{number}");
    }
    assert_eq!(judged(&format, ";!R;ab;;;1;W."), "");
}

#[test]
fn escape_sequences_are_undone_once_before_a_text_is_judged() {
    let format = rows();
    for (name, rule) in [
        ("a!F!b", ""),
        ("!E!F!E!", ""),
        ("!X41424344!", ""),
        ("ab!F!cd", ""),
        ("ab!F!cde", "name.characters"),
        ("!F", "name.escape"),
        ("!G!", "name.escape"),
        ("!X4!", "name.escape"),
        ("!X0D!", "name.escape"),
        ("\u{e9}", "name.ascii"),
    ] {
        assert_eq!(judged(&format, &format!(";!R;{name}.")), rule, "{name}");
        assert_eq!(
            judged(&format, &format!(";!R;ab;;;;;{name}.")),
            if rule == "name.ascii" { "" } else { rule },
            "{name}"
        );
    }
    assert_eq!(judged(&format, ";!R;\u{e9};;;;W."), "");
    let tree = Tree::decode(&format, b";!R;ab.");
    let mut checker = Checker::default();
    let tables = checker.index(&tree);
    let name = tree.find("row[0].name").expect("there");
    let values = |class: &str| Class::named(class).expect("a class").apply(&tree, tables, name).expect("has values");
    let judged = |bytes: Vec<u8>| {
        let bytes = tree.apply(&Edit::set(&tree, name, bytes), Repair::Affected);
        Judge::new(&format).judge(&bytes)
    };
    for (label, bytes) in values("bad-escape") {
        assert!(!matches!(judged(bytes), Judgement::Accept), "{label}");
    }
    assert_eq!(values("bare-delimiter"), [("that of F".to_string(), b"A;B".to_vec())]);
    let legal = values("escaped").into_iter().filter(|(_, bytes)| matches!(judged(bytes.clone()), Judgement::Accept));
    assert!(legal.count() >= 4);
}

#[test]
fn a_field_that_was_left_out_is_put_where_it_belongs() {
    let format = rows();
    let text = b";!R;ab.R;c;x.";
    let tree = Tree::decode(&format, text);
    let node = |path: &str| tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
    let field = |path: &str| format.field_at(path).unwrap_or_else(|| panic!("{path} is not described"));
    let with = |row: &str, name: &str, bytes: &[u8]| {
        let edit = Edit::make_present(&tree, node(row), field(&format!("row[].{name}")), bytes.to_vec());
        String::from_utf8_lossy(&tree.apply(&edit, Repair::Affected)).into_owned()
    };
    assert_eq!(with("row[0]", "wide", b"W"), ";!R;ab;;;;W.R;c;x.");
    assert_eq!(with("row[1]", "wide", b"W"), ";!R;ab.R;c;x;;;W.");
    let without = |path: &str| {
        let edit = Edit::make_absent(&tree, node(path));
        String::from_utf8_lossy(&tree.apply(&edit, Repair::Affected)).into_owned()
    };
    assert_eq!(without("row[1].name"), ";!R;ab.R;;x.");
    let head = Edit::make_present(&tree, 0, field("head"), b"H.".to_vec());
    assert_eq!(tree.apply(&head, Repair::Affected), b";!H.R;ab.R;c;x.");
    let gone = Edit::delete(&tree, node("row[0]"));
    assert_eq!(tree.apply(&gone, Repair::Affected), b";!R;c;x.");
}

#[test]
fn data_state_what_is_there() {
    let format = rows();
    let data = json!({ "row": [
        { "name": "ab" },
        { "name": "c!F!", "number": "1.50", "wide": "W", "word": "other" },
        { "name": "d", "unread": "" , "number": null },
    ] });
    let bytes = compose(&format, &data).expect("composes");
    assert_eq!(String::from_utf8_lossy(&bytes), ";!R;ab.R;c!F!;;;1.50;W;other.R;d;;.");
}
