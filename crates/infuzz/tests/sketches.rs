//! Every built-in description loads, and what is made for it is valid and kept byte for byte.

mod common;

use common::{broken, load};
use infuzz::builtin::BUILTIN;
use infuzz::tree::Tree;

const NOTHING: [&str; 0] = [];

#[test]
fn every_built_in_format_loads_under_its_own_name() {
    for builtin in BUILTIN {
        assert_eq!(load(builtin.name).name, builtin.name);
        assert!(!builtin.complete || !builtin.seeds.is_empty(), "a complete one has seeds: {}", builtin.name);
    }
}

#[test]
fn every_input_made_by_hand_is_valid() {
    for (format, inputs) in common::formats() {
        for input in inputs {
            assert_eq!(broken(&format, &input), NOTHING, "{}", format.name);
            assert_eq!(Tree::decode(&format, &input).encode(), input, "{}", format.name);
        }
    }
}
