//! A bench for a device that only takes bytes, of a format in which nothing can be looked up.

use infuzz::compose::{compose, compose_json};
use infuzz::device::{Answer, Capabilities, Device, Outcome};
use infuzz::finding::Kind;
use infuzz::format::{Format, compile};
use infuzz::judgement::Judgement;
use infuzz::oracle::{Bench, BenchError};
use serde_json::json;

const FORMAT: &str = r#"format = "pair"
title = "Two numbers"
root = "file"
exact = "file.length"

[rule]
"file.length" = "the file has two bytes"
"order" = "low before high"

[record.file]
fields = [
  { name = "low", shape = "uint", width = 1 },
  { name = "high", shape = "uint", width = 1 },
]
rules = [{ id = "order", ordered = ["low", "high"] }]
"#;

/// Takes two numbers in order; some are too much for it.
struct Parser;

impl Device for Parser {
    fn capabilities(&self) -> Capabilities {
        // That it could look something up does not matter where the format has nothing of the kind.
        Capabilities { look_up: true, ..Capabilities::default() }
    }
    fn reset(&mut self) {}
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        let outcome = match bytes {
            [9, high] => panic!("9 and {high}"),
            [low, high] if low <= high => Outcome::Accepted,
            _ => Outcome::Refused,
        };
        Answer { outcome, reason: None }
    }
}

fn format() -> Format {
    compile(FORMAT).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn three_functions_are_enough_for_a_device() {
    let format = format();
    let good = [r#"{"low": 1, "high": 2}"#, r#"{"low": 3, "high": 3}"#];
    let good = good.map(|text| compose_json(&format, text).expect("composes"));
    let mut bench = Bench::new(&format, Parser, good).expect("accepts both").catch_panics();
    for (bytes, judgement) in [([4u8, 5], true), ([5, 4], false), ([0, 255], true)] {
        let result = bench.case(&bytes);
        assert_eq!(result.judgement == Judgement::Accept, judgement);
        assert!(result.raised.is_empty() && result.known_good, "{:?}", result.raised);
    }
}

#[test]
fn a_caught_panic_is_a_finding_and_the_bench_goes_on() {
    let format = format();
    let mut bench = Bench::new(&format, Parser, [vec![1, 2], vec![3, 4]]).expect("accepts both").catch_panics();
    let result = bench.case(&[9, 200]);
    assert_eq!(result.raised.iter().map(|r| r.kind).collect::<Vec<_>>(), [Kind::Crash]);
    assert!(result.raised[0].detail.ends_with("9 and 200"), "{}", result.raised[0].detail);
    let results = bench.cases(&[vec![5, 6], vec![9, 9], vec![5, 6]]);
    assert_eq!(results.len(), 2, "nothing comes after a panic");
    assert_eq!(results[1].raised[0].kind, Kind::Crash);
    assert!(bench.case(&[5, 6]).raised.is_empty());
}

#[test]
fn known_good_libraries_that_are_the_same_are_not_taken() {
    let format = format();
    let same = compose(&format, &json!({"low": 1, "high": 2})).expect("composes");
    assert!(matches!(Bench::new(&format, Parser, [same.clone(), same]), Err(BenchError::NotDistinct)));
}

#[test]
fn a_mistake_in_the_text_of_a_seed_says_where() {
    let error = compose_json(&format(), "{\"low\": 1,\n \"high\" 2}").expect_err("is wrong").to_string();
    assert!(error.contains("line 2"), "{error}");
}
