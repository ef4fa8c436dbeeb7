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
