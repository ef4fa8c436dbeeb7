//! The description loads, and the lists to start from break none of its rules.

use infuzz::judgement::Judge;
use infuzz::rules::Violation;
use vendor_rust::glue::{format, seeds};

#[test]
fn the_seeds_break_no_rule() {
    let format = format().unwrap_or_else(|error| panic!("format.toml:{error}"));
    let mut judge = Judge::new(&format);
    for (position, bytes) in seeds(&format).unwrap_or_else(|error| panic!("{error}")).iter().enumerate() {
        let (tree, broken) = judge.explain(bytes);
        let tell = |violation: &Violation| format!("{} at {}", format.rule(violation.rule), tree.path(violation.node));
        assert!(broken.is_empty(), "list {position}: {:?}", broken.iter().map(tell).collect::<Vec<_>>());
    }
}
