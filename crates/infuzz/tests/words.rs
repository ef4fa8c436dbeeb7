//! Enumerators that travel as their names, and what stands between fields and items.

use infuzz::classes::Class;
use infuzz::compose::{compose, decompose};
use infuzz::format::{Format, compile};
use infuzz::judgement::{Judge, Judgement};
use infuzz::rules::Checker;
use infuzz::tree::{Edit, Repair, Tree};
use serde_json::json;

const WORDS: &str = r#"format = "words"
title = "Words between delimiters"
root = "line"
exact = "line.exact"

[rule]
"line.exact" = "nothing follows"
"verb.value" = "the verb is known"
"digits.value" = "digits"
"both" = "TAKE has a 1"

[enum.verb]
rows = [[1, "TAKE"], [2, "TAKEN"], [3, "GO"]]

[record.line]
separator = ","
fields = [
  { name = "verb", shape = "word", enum = "verb", rule = "verb.value" },
  { name = "content", switch = "verb", cases = { TAKE = "number", TAKEN = "number" } },
]
rules = [{ id = "both", when = "verb = TAKE", requires = "number.digit = 1" }]

[record.number]
fields = [{ name = "digit", shape = "digits", width = 1 }]
"#;

fn words() -> Format {
    compile(WORDS).unwrap_or_else(|error| panic!("{error}"))
}

fn judged(format: &Format, bytes: &[u8]) -> String {
    assert_eq!(Tree::decode(format, bytes).encode(), bytes);
    match Judge::new(format).judge(bytes) {
        Judgement::Accept => "accept".to_string(),
        judgement => judgement.rule().map_or("", |rule| format.rule(rule)).to_string(),
    }
}

#[test]
fn a_word_is_known_as_a_whole_and_decides_what_follows() {
    let format = words();
    for (line, expected) in [
        (&b"TAKE,1"[..], "accept"),
        (b"TAKEN,7", "accept"),
        (b"GO", "accept"),
        (b"TAKE,7", "both"),
        (b"TAK,1", "verb.value"),
        (b"take,1", "verb.value"),
        (b"TAKENX,1", "verb.value"),
        (b"", "verb.value"),
        (b"TAKEN,X", "digits.value"),
        (b"GO,1", "line.exact"),
        (b"GO,", "line.exact"),
        (b"TAKEN", "line.exact"),
        (b"TAKEN,44", "line.exact"),
    ] {
        assert_eq!(judged(&format, line), expected, "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn a_word_is_written_by_its_code_and_read_by_its_name() {
    let format = words();
    let tree = Tree::decode(&format, b"GO");
    let verb = tree.find("verb").expect("there");
    assert_eq!(tree.number(verb), Some(3));
    assert_eq!(tree.apply(&Edit::set_number(&tree, verb, 2), Repair::Affected), b"TAKEN");
    assert_eq!(tree.apply(&Edit::set_number(&tree, verb, 9), Repair::Affected), b"9", "no word has this code");
    let data = json!({ "verb": "TAKEN", "number": { "digit": "4" } });
    assert_eq!(compose(&format, &data).expect("composes"), b"TAKEN,4");
    assert_eq!(decompose(&Tree::decode(&format, b"TAKEN,4")), data);
    let wrong = compose(&format, &json!({ "verb": "TAKES" })).map(|_| ()).expect_err("is wrong").to_string();
    assert_eq!(wrong, "verb: `TAKES` is not one of TAKE, TAKEN, GO");
}

#[test]
fn classes_have_every_word_and_others_that_are_close() {
    let format = words();
    let tree = Tree::decode(&format, b"TAKEN,4");
    let mut checker = Checker::default();
    let tables = checker.index(&tree);
    let verb = tree.find("verb").expect("there");
    let values = |class: &str| {
        let values = Class::named(class).expect("a class").apply(&tree, tables, verb).expect("has values");
        values.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>()
    };
    assert_eq!(values("enumerator"), [&b"TAKE"[..], b"GO"]);
    let others = values("reserved-enumerator");
    for close in [&b"taken"[..], b"AKEN", b"TAKENX", b"TAKENN", b" TAKEN", b"TAKEN ", b"TAKEN\0", b""] {
        assert!(others.iter().any(|other| other == close), "{}", String::from_utf8_lossy(close));
    }
    assert!(others.iter().all(|other| ![&b"TAKE"[..], b"TAKEN", b"GO"].contains(&other.as_slice())));
    assert!(Class::named("sign-flip").expect("a class").apply(&tree, tables, verb).is_err());
}

const LISTS: &str = r#"format = "lists"
title = "Lists with delimiters"
root = "all"
exact = "exact"

[rule]
"exact" = "nothing is left over"
"digits.value" = "digits"
"mark" = "a mark"
"text.utf8" = "UTF-8"

[record.all]
fields = [
  { name = "mark", shape = "bytes", bytes = 1, not = ["hex:00"], rule = "mark" },
  { name = "between", item = "digit", delimiter = "field mark", until = ["!"] },
  { name = "end", shape = "const", value = "!", rule = "mark" },
  { name = "line", list = "line", delimiter = "hex:0A", terminated = true },
]

[record.line]
fields = [{ name = "text", shape = "text", may_be_blank = true }]

[type]
digit = { shape = "digits", width = 1 }
"#;

#[test]
fn delimiters_stand_between_items_or_end_each_of_them() {
    let format = compile(LISTS).unwrap_or_else(|error| panic!("{error}"));
    let input = b";1;2!one\n\nthree\n";
    let data = json!({ "mark": "3B", "between": ["1", "2"], "line": [
        { "text": "one" }, { "text": "" }, { "text": "three" },
    ] });
    let tree = Tree::decode(&format, input);
    assert_eq!(decompose(&tree), data);
    assert_eq!(compose(&format, &data).expect("composes"), input);
    let item = |path: &str| tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
    let without = |path: &str| tree.apply(&Edit::delete(&tree, item(path)), Repair::Affected);
    assert_eq!(without("between[0]"), b";2!one\n\nthree\n");
    assert_eq!(without("between[1]"), b";1!one\n\nthree\n");
    assert_eq!(without("line[2]"), b";1;2!one\n\n");
    let with = |path: &str, at, bytes: &[u8]| {
        tree.apply(&Edit::insert(&tree, item(path), at, bytes.to_vec(), 1), Repair::Affected)
    };
    assert_eq!(with("between", 0, b"9"), b";9;1;2!one\n\nthree\n");
    assert_eq!(with("between", 2, b"9"), b";1;2;9!one\n\nthree\n");
    assert_eq!(with("line", 0, b"nil"), b";1;2!nil\none\n\nthree\n");
    assert_eq!(with("line", 3, b"four"), b";1;2!one\n\nthree\nfour\n");
    assert_eq!(judged(&format, b";!"), "accept", "no items at all");
    assert_eq!(judged(&format, b";1;!"), "exact", "after a delimiter there is another item");
    assert_eq!(judged(&format, b";12!"), "exact", "every byte belongs to an item");
    assert_eq!(judged(&format, b";!one"), "exact", "the last item ends with its delimiter too");
}
