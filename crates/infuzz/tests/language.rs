//! Errors of the description language name the place and what is wrong there.

use infuzz::format::{FormatError, compile, compile_with};
use infuzz::judgement::{Judge, Judgement};
use infuzz::tree::Tree;

/// A small description that loads; the tests replace one line of it.
const GOOD: &str = r#"format = "small"
title = "Small format"
root = "file"
exact = "file.length"

[rule]
"file.length" = "the file ends where it should"
"item.crc" = "the CRC is right"
"number.range" = "in range"
"enum.value" = "a known value"
"order" = "low before high"
"count" = "the count is right"

[enum.kind]
columns = ["class"]
rows = [[1, "one", "odd"], [2, "two", "even"]]

[type]
u8 = { shape = "uint", width = 1 }
u32 = { shape = "uint", width = 4 }

[record.file]
fields = [
  { name = "count", type = "u8", count_of = "item", rule = "count" },
  { name = "item", list = "item", count = "count" },
]

[record.item]
fields = [
  { name = "kind", shape = "enum", width = 1, enum = "kind" },
  { name = "low", type = "u8", range = "1..10" },
  { name = "high", type = "u8" },
  { name = "extra", type = "u8", when = "kind = two" },
  { name = "crc", type = "u32", check = "crc32", over = "before", rule = "item.crc" },
]
rules = [
  { id = "order", ordered = ["low", "high"] },
]
"#;

/// The description with one piece replaced fails where `mark` stands in the replacement.
fn fails(good: &str, bad: &str, mark: &str, words: &str) {
    assert_eq!(GOOD.matches(good).count(), 1, "{good}");
    let text = GOOD.replace(good, bad);
    let replaced = GOOD.find(good).expect("there");
    fails_at(&text, replaced + bad.rfind(mark).expect("marked"), words);
}

/// The text fails at this byte with these words.
fn fails_at(text: &str, at: usize, words: &str) {
    let before = &text[..at];
    let place =
        (before.matches('\n').count() + 1, before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1);
    let error = compile(text).map(|_| ()).expect_err("is wrong");
    assert_eq!((error.line, error.column), place, "{error}");
    assert!(error.what.contains(words), "{error}");
    assert!(error.to_string().starts_with(&format!("{}:{}: ", error.line, error.column)), "{error}");
}

#[test]
fn the_small_description_loads() {
    let format = compile(GOOD).expect("loads");
    assert_eq!(format.field_at("item[].crc").map(|id| format.field(id).name.as_str()), Some("crc"));
}

#[test]
fn an_unknown_type() {
    fails(r#"name = "high", type = "u8""#, r#"name = "high", type = "u9""#, r#""u9""#, "there is no type `u9`");
}

#[test]
fn an_unknown_record() {
    fails(r#"list = "item""#, r#"list = "entry""#, r#""entry""#, "there is no record `entry`");
}

#[test]
fn an_unknown_root() {
    fails(r#"root = "file""#, r#"root = "folder""#, r#""folder""#, "there is no record `folder`");
}

#[test]
fn an_unknown_shape() {
    fails(r#"shape = "uint", width = 1"#, r#"shape = "unit", width = 1"#, r#""unit""#, "there is no shape `unit`");
}

#[test]
fn an_unknown_enum() {
    fails(r#"enum = "kind""#, r#"enum = "kinds""#, r#""kinds""#, "there is no enum `kinds`");
}

#[test]
fn an_unknown_check() {
    fails(r#"check = "crc32""#, r#"check = "crc64""#, r#""crc64""#, "there is no check `crc64`");
}

#[test]
fn an_unknown_field_in_a_path() {
    fails(r#"["low", "high"]"#, r#"["low", "higher"]"#, r#""higher""#, "there is no field `higher` in `item`");
}

#[test]
fn an_unknown_field_in_a_count() {
    fails(r#"count_of = "item""#, r#"count_of = "items""#, r#""items""#, "there is no field `items`");
}

#[test]
fn an_unknown_field_in_a_condition() {
    fails(r#"when = "kind = two""#, r#"when = "sort = two""#, r#""sort = two""#, "there is no field `sort`");
}

#[test]
fn an_unknown_value_in_a_condition() {
    fails(
        r#"when = "kind = two""#,
        r#"when = "kind = three""#,
        r#""kind = three""#,
        "`three` is not a value of `kind`",
    );
}

#[test]
fn an_unknown_attribute() {
    let bad = r#"when = "kind:colour = red""#;
    fails(r#"when = "kind = two""#, bad, r#""kind:colour"#, "`item[].kind` has no attribute `colour`");
}

#[test]
fn an_unknown_value_of_an_attribute() {
    let bad = r#"when = "kind:class = evne""#;
    fails(r#"when = "kind = two""#, bad, r#""kind:class"#, "`evne` is not a value of `kind:class`");
}

#[test]
fn a_path_above_the_root() {
    fails(r#"count_of = "item""#, r#"count_of = "^.item""#, r#""^.item""#, "there is nothing above this record");
}

#[test]
fn a_field_that_stands_twice() {
    fails(r#"name = "high", type"#, r#"name = "low", type"#, r#""low""#, "`low` stands twice in this record");
}

#[test]
fn a_field_without_a_name() {
    fails(r#"{ name = "high", type = "u8" }"#, r#"{ type = "u8" }"#, "{", "this field has no name");
}

#[test]
fn a_field_without_a_shape() {
    fails(r#"{ name = "high", type = "u8" }"#, r#"{ name = "high" }"#, "{", "has no `shape`");
}

#[test]
fn a_check_that_covers_itself() {
    let bad = r#"{ name = "crc", type = "u32", check = "crc32", over = "/", rule"#;
    let good = r#"{ name = "crc", type = "u32", check = "crc32", over = "before", rule"#;
    fails(good, bad, "{", "the check `item[].crc` covers itself");
}

#[test]
fn two_checks_that_cover_each_other() {
    let bad = r#"{ name = "high", type = "u32", check = "crc32", over = "crc", rule = "item.crc" }"#;
    fails(r#"{ name = "high", type = "u8" }"#, bad, "{", "the check `item[].high` covers itself, directly or through");
}

#[test]
fn a_check_over_nothing() {
    fails(r#"check = "crc32", over = "before""#, r#"check = "crc32""#, r#""crc32""#, "a check needs `over`");
}

#[test]
fn a_relation_without_a_rule() {
    let bad = r#"check = "crc32", over = "before""#;
    fails(r#"check = "crc32", over = "before", rule = "item.crc""#, bad, r#""crc32""#, "`item[].crc` needs `rule`");
}

#[test]
fn a_field_that_states_two_things() {
    let bad = r#"size_of = "item", count_of = "item", rule"#;
    fails(r#"count_of = "item", rule"#, bad, r#""item""#, "a field states one thing only");
}

#[test]
fn a_rule_without_words() {
    fails(r#"id = "order""#, r#"id = "ordre""#, r#""ordre""#, "rule `ordre` has no words in [rule]");
}

#[test]
fn a_default_rule_without_words() {
    let text = GOOD.replace("\"number.range\" = \"in range\"\n", "");
    fails_at(&text, text.find(r#""1..10""#).expect("there"), "rule `number.range` has no words");
}

#[test]
fn a_rule_id_that_is_used_nowhere() {
    let bad = "\"order\" = \"low before high\"\n\"idle\" = \"says nothing\"";
    fails(r#""order" = "low before high""#, bad, r#""idle""#, "rule `idle` is used nowhere");
}

#[test]
fn a_rule_that_says_nothing() {
    fails(r#"{ id = "order", ordered = ["low", "high"] }"#, r#"{ id = "order" }"#, "{", "this rule says nothing");
}

#[test]
fn a_range_that_is_none() {
    for bad in ["10..1", "1-10", "..10", "1..", "1..x", "-1..1"] {
        let quoted = format!("\"{bad}\"");
        fails(r#"range = "1..10""#, &format!("range = {quoted}"), &quoted, "is not a range such as 0.1..999");
    }
}

#[test]
fn an_integer_of_no_width() {
    for width in [0, 9, 300] {
        let bad = format!(r#"{{ name = "high", shape = "uint", width = {width} }}"#);
        fails(r#"{ name = "high", type = "u8" }"#, &bad, "{", "an integer has a width of 1 to 8 bytes");
    }
}

#[test]
fn an_enumerator_that_stands_twice() {
    for bad in [r#"[1, "two", "even"]"#, r#"[2, "one", "even"]"#] {
        fails(r#"[2, "two", "even"]"#, bad, "[", "code or name stands twice");
    }
}

#[test]
fn an_enumerator_with_a_missing_attribute() {
    fails(r#"[2, "two", "even"]"#, r#"[2, "two"]"#, "[", "1 columns, 0 values");
}

#[test]
fn a_record_that_contains_itself() {
    let bad = r#"{ name = "high", record = "item" }"#;
    fails(r#"{ name = "high", type = "u8" }"#, bad, r#""item""#, "the record `item` contains itself");
}

#[test]
fn a_record_that_contains_itself_through_a_list() {
    let bad = r#"{ name = "high", list = "file" }"#;
    fails(r#"{ name = "high", type = "u8" }"#, bad, r#""file""#, "the record `file` contains itself");
}

#[test]
fn a_type_made_of_itself() {
    fails(r#"u8 = { shape = "uint", width = 1 }"#, r#"u8 = { type = "u8" }"#, r#""u8""#, "this type is made of itself");
}

#[test]
fn a_key_that_does_not_exist() {
    fails(r#"range = "1..10""#, r#"rang = "1..10""#, "rang", "unknown field `rang`");
}

#[test]
fn wrong_toml() {
    // `rfind` of nothing: at the end of the replacement.
    fails("[record.item]", "[record.item", "", "unclosed table");
    fails(r#"title = "Small format""#, r#"title = "Small format"#, "", "");
    fails(r#"width = 4"#, r#"width = "four""#, r#""four""#, "invalid type");
    fails("title = \"Small format\"\n", "title = 7\n", "7", "expected a string");
}

#[test]
fn constants_that_are_no_bytes() {
    let good = r#"{ name = "high", type = "u8" }"#;
    let bad = r#"{ name = "high", shape = "const", value = "hex:0G", rule = "order" }"#;
    fails(good, bad, r#""hex:0G""#, "is not pairs of hexadecimal digits");
    let bad = r#"{ name = "high", shape = "const", value = "x" }"#;
    fails(good, bad, "{", "this constant needs `rule`");
}

/// The small description without its types, which an included file has.
fn including(included: &str) -> Result<infuzz::format::Format, FormatError> {
    let text = GOOD
        .replace("exact = ", "include = \"types.toml\"\nexact = ")
        .replace("[type]\nu8 = { shape = \"uint\", width = 1 }\nu32 = { shape = \"uint\", width = 4 }\n", "");
    compile_with(&text, |name| (name == "types.toml").then(|| included.to_string()))
}

const TYPES: &str = "# Types.\n[type]\nu8 = { shape = \"uint\", width = 1 }\nu32 = { shape = \"uint\", width = 4 }\n";

#[test]
fn a_file_that_is_included() {
    assert_eq!(including(TYPES).expect("loads").fields.len(), compile(GOOD).expect("loads").fields.len());
    let error = compile(&GOOD.replace("exact = ", "include = \"types.toml\"\nexact = ")).expect_err("has no files");
    assert!(error.to_string().contains("4:11: there is no file `types.toml`"), "{error}");
}

#[test]
fn an_error_in_an_included_file_names_that_file() {
    for (bad, expected) in [
        (TYPES.replacen("uint", "uinx", 1), "types.toml:3:16: there is no shape"),
        (TYPES.replace("[type]", "[type"), "types.toml:2:"),
        (TYPES.replace("u8 =", "u9 ="), "22:28: there is no type `u8`"),
        (format!("{TYPES}[enum.kind]\nrows = []\n"), "types.toml:5:7: `kind` stands twice"),
        (format!("{TYPES}format = \"x\"\n"), "types.toml:5:"),
    ] {
        let error = including(&bad).map(|_| ()).expect_err("is wrong").to_string();
        assert!(error.starts_with(expected), "{expected}: {error}");
    }
}

#[test]
fn rules_that_a_record_has_besides_its_own() {
    let more = format!("{GOOD}\n[more.item]\nrules = [{{ id = \"order\", requires = \"low != 5\" }}]\n");
    let format = compile(&more).expect("loads");
    let mut judge = Judge::new(&format);
    let mut judged = |low: u8| {
        let mut file = vec![1, 1, low, 9];
        file.extend(crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&file[1..]).to_le_bytes());
        judge.judge(&file).word()
    };
    assert_eq!((judged(4), judged(5)), ("accept", "refuse"));
    fails_at(
        &more.replace("more.item", "more.thing"),
        more.find("item]\nrules = [{").expect("there"),
        "no record `thing`",
    );
}

/// A word that states which of several records stands there by the bytes that are left.
const SIZES: &str = r#"format = "sizes"
title = "Commands and answers"
root = "frame"
exact = "length"

[rule]
"length" = "a frame is as long as it says"
"end" = "a frame ends with a zero"
"digits.value" = "digits"
"digits.case" = "open: upper case"
"range" = "in range"

[record.frame]
fields = [
  { name = "body", record = "body", before = 1, exact = "length" },
  { name = "end", shape = "const", value = "hex:00", rule = "end" },
]

[record.body]
fields = [{ name = "content", sizes = { 2 = "short", 4 = "long" } }]

[record.short]
fields = [{ name = "number", shape = "digits", base = 16, width = 2, range = "1..254", range_rule = "range" }]

[record.long]
fields = [{ name = "number", shape = "digits", base = 16, width = 4 }]
"#;

#[test]
fn a_record_by_the_bytes_that_are_left() {
    let format = compile(SIZES).expect("loads");
    let mut judge = Judge::new(&format);
    let mut judged = |bytes: &[u8]| {
        assert_eq!(Tree::decode(&format, bytes).encode(), bytes);
        match judge.judge(bytes) {
            Judgement::Accept => "accept".to_string(),
            judgement => format!("{} {}", judgement.word(), judgement.rule().map_or("", |rule| format.rule(rule))),
        }
    };
    assert_eq!(judged(b"1F\0"), "accept");
    assert_eq!(judged(b"BEEF\0"), "accept");
    assert_eq!(judged(b"BEE\0"), "refuse length");
    assert_eq!(judged(b"BEEF"), "refuse length");
    assert_eq!(judged(b"BEEF1"), "refuse end");
    assert_eq!(judged(b"FF\0"), "refuse range");
    assert_eq!(judged(b"1f\0"), "unspecified digits.case");
    assert_eq!(judged(b"1G\0"), "refuse digits.value");
    assert_eq!(judged(b""), "refuse length");
    assert_eq!(judged(b"\0"), "refuse length", "nothing is no case either");
    let wrong = SIZES.replace("2 = \"short\"", "3 = \"short\"");
    let error = compile(&wrong).map(|_| ()).expect_err("is wrong").to_string();
    assert!(error.contains("this record does not always take 3 bytes"), "{error}");
}

#[test]
fn a_reference_to_what_is_not_described() {
    let bad = r#"{ name = "high", type = "u8", refers = "environment:/item[]", refers_rule = "order" }"#;
    fails(r#"{ name = "high", type = "u8" }"#, bad, "{", "the description has no `environment`");
}

/// Digits of any width, words with others, pieces, what is usual, and lists that should not be empty.
const PIECES: &str = r#"format = "pieces"
title = "Lines of two or three pieces"
root = "all"
exact = "exact"
include = "coded.toml"

[rule]
"exact" = "nothing is left over"
"form" = "a line has two pieces or more"
"empty" = "open: there is a line"
"number" = "digits"
"number.range" = "in range"
"plain" = "open: no digits that say nothing"
"name" = "open: a name has letters"
"text.utf8" = "UTF-8"
"text.charset" = "no bar"
"text.usual" = "open: no comma"

[charset.no_bar]
allow = ["U+0020..U+00FF"]
except = ["|"]

[charset.letters]
allow = ["a..z"]

[charset.usual]
allow = ["U+0020..U+00FF"]
except = [","]

[enum.name]
rows = [[1, "rate"], [2, "mask"]]

[record.all]
fields = [{ name = "line", list = "line", delimiter = ";", exact = "form", empty_rule = "empty" }]

[record.line]
fields = [{ name = "content", pieces = { 2 = "pair", 3 = "value" }, delimiter = "," }]

[record.pair]
separator = ","
fields = [
  { name = "low", type = "whole" },
  { name = "high", type = "whole" },
]

[record.value]
separator = ","
fields = [
  { name = "at", type = "whole" },
  { name = "name", shape = "word", enum = "name", others = true, charset = "no_bar", usual = "letters", usual_rule = "name", may_be_blank = true },
  { name = "content", switch = "name", cases = { rate = "rate", mask = "mask", "*" = "other" } },
]

[record.rate]
fields = [{ name = "number", shape = "decimal", decimals = 2, range = "0.5..12", rule = "number", plain_rule = "plain", or = ["none", "99.99"] }]

[record.mask]
fields = [{ name = "number", shape = "decimal", base = 16, range = "0..255", rule = "number" }]

[record.other]
fields = [{ name = "text", shape = "text", charset = "no_bar", usual = "usual", usual_rule = "text.usual", may_be_blank = true }]

[type]
whole = { shape = "decimal", rule = "number", range = "0..18446744073709551615" }
"#;

const CODED: &str = r#"[rule]
"codec" = "Q travels as qw"

[[codec]]
substitute = { Q = "qw", q = "qq" }
rule = "codec"
"#;

fn pieces() -> infuzz::format::Format {
    compile_with(PIECES, |name| (name == "coded.toml").then(|| CODED.to_string())).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn lines_are_told_apart_by_their_pieces_and_numbers_by_their_digits() {
    let format = pieces();
    let mut judge = Judge::new(&format);
    for (line, expected) in [
        ("1,2", "accept"),
        ("0,18446744073709551615", "accept"),
        ("0,18446744073709551616", "refuse number.range"),
        ("0,00000000000000000000000000001", "accept"),
        ("1", "refuse form"),
        ("1,2;", "refuse form"),
        ("", "unspecified empty"),
        ("1,Q2", "refuse codec"),
        ("1,-2", "refuse number"),
        ("1,2.0", "refuse number"),
        ("1,", "refuse number"),
        ("1,rate,0.50", "accept"),
        ("1,rate,.5", "refuse number"),
        ("1,rate,12", "accept"),
        ("1,rate,0.49", "refuse number.range"),
        ("1,rate,12.01", "refuse number.range"),
        ("1,rate,99999999999999999999", "refuse number.range"),
        ("1,rate,none", "accept"),
        ("1,rate,99.99", "accept"),
        ("1,rate,nona", "refuse number"),
        ("1,rate,01.5", "unspecified plain"),
        ("1,rate,1.505", "unspecified plain"),
        ("1,rate,1,5", "refuse number"),
        ("1,mask,0fF", "accept"),
        ("1,mask,100", "refuse number.range"),
        ("1,mask,G", "refuse number"),
        ("1,other,anything at all", "accept"),
        ("1,other,any, thing", "unspecified text.usual"),
        ("1,other,any|thing", "refuse text.charset"),
        ("1,Rate,anything", "unspecified name"),
        ("1,ra|te,anything", "refuse text.charset"),
        ("1,,anything", "accept"),
    ] {
        assert_eq!(Tree::decode(&format, line.as_bytes()).encode(), line.as_bytes());
        let said = match judge.judge(line.as_bytes()) {
            Judgement::Accept => "accept".to_string(),
            judgement => format!("{} {}", judgement.word(), judgement.rule().map_or("", |rule| format.rule(rule))),
        };
        assert_eq!(said, expected, "{line}");
    }
}

#[test]
fn pieces_numbers_and_other_words_go_through_json_without_loss() {
    let format = pieces();
    let wire = "007,other,qwqq;1,rate,1.50;2,mask,0fF;3,rate,none;10,20";
    let data = infuzz::compose::decompose(&Tree::decode(&format, wire.as_bytes()));
    let lines = data["line"].as_array().expect("a list");
    assert_eq!(lines[0], serde_json::json!({ "value": { "at": "007", "name": "other", "other": { "text": "Qq" } } }));
    assert_eq!(lines[3], serde_json::json!({ "value": { "at": "3", "name": "rate", "rate": { "number": "none" } } }));
    assert_eq!(lines[4], serde_json::json!({ "pair": { "low": "10", "high": "20" } }));
    assert_eq!(infuzz::compose::compose(&format, &data).as_deref(), Ok(wire.as_bytes()));
    let wrong = serde_json::json!({ "line": [{ "value": { "at": "1", "name": "rate", "mask": { "number": "1" } } }] });
    let error = infuzz::compose::compose(&format, &wrong).map(|_| ()).expect_err("is wrong").to_string();
    assert!(error.contains("one of rate is missing") || error.contains("no such field"), "{error}");
}

#[test]
fn digits_of_any_width_have_their_classes() {
    let format = pieces();
    let tree = Tree::decode(&format, b"1,rate,1.50");
    let mut checker = infuzz::rules::Checker::default();
    let tables = checker.index(&tree);
    let node = tree.find("line[0].value.rate.number").expect("there");
    let values = |class: &str| {
        let class = infuzz::classes::Class::named(class).expect("a class");
        let values = class.apply(&tree, tables, node).unwrap_or_else(|why| panic!("{class:?}: {why}"));
        values.into_iter().map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values("below-range"), ["0.49"]);
    assert_eq!(values("minimum"), ["0.50"]);
    assert_eq!(values("maximum"), ["12.00"]);
    assert_eq!(values("above-range"), ["12.01"]);
    assert!(values("stand-in").starts_with(&["none".to_string(), "99.99".to_string()]));
    for written in ["", "-1.50", "01.50", "4.06", "184467440737095517.66", "1.", "1,5", "1", "1.001"] {
        assert!(values("other-digits").iter().any(|value| value == written), "{written}");
    }
}

#[test]
fn generated_lines_are_valid() {
    let format = pieces();
    let mut judge = Judge::new(&format);
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let line = infuzz::generate::generate(&format, seed, 3).expect("settles");
        assert_eq!(judge.judge(&line), Judgement::Accept, "{}", String::from_utf8_lossy(&line));
        let tree = Tree::decode(&format, &line);
        let named = tree.nodes().iter().map(|node| format.field(node.field).path.clone());
        kinds.extend(named);
    }
    for path in ["line[].pair.low", "line[].value.rate.number", "line[].value.mask.number"] {
        assert!(kinds.contains(path), "{path}: {kinds:?}");
    }
}

#[test]
fn words_that_go_together() {
    let fails = |good: &str, bad: &str, words: &str| {
        let text = PIECES.replacen(good, bad, 1);
        let error = compile_with(&text, |_| Some(CODED.to_string())).map(|_| ()).expect_err("is wrong").to_string();
        assert!(error.contains(words), "{error}");
    };
    fails(r#", delimiter = "," }]"#, " }]", "`pieces` needs `delimiter`");
    fails(r#", delimiter = "," }]"#, r#", delimiter = "ab" }]"#, "pieces are told apart by one byte");
    fails(r#"usual_rule = "name", "#, "", "`usual` goes with `usual_rule`");
    fails("base = 16, ", "base = 16, decimals = 1, ", "decimals base 10");
    fails(
        r#"shape = "decimal", rule"#,
        r#"shape = "decimal", check = "sum8", over = "before", rule"#,
        "has a fixed width",
    );
}
