//! Value classes: what a field is set to in the sweep and by the mutators.
//!
//! Whether the outcome is valid is never assumed here; the judgement says so from the bytes.

mod number;
mod text;
mod written;

use crate::format::{Field, Shape};
use crate::tree::{Edit, NodeId, Tables, Tree};

/// One value of a class: a label and the field's new bytes.
pub type Values = Vec<(String, Vec<u8>)>;

/// A class either has values for a field or says why it has none.
pub type Applied = Result<Values, &'static str>;

/// A value class.
#[derive(Clone, Copy)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// Whether its values are legal by themselves, so that the rest may be adapted to them.
    pub legal: bool,
    values: fn(&Context<'_, '_>) -> Applied,
}

impl std::fmt::Debug for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A leaf in its tree.
pub(crate) struct Context<'t, 'f> {
    pub tree: &'t Tree<'f>,
    pub tables: &'t Tables,
    pub node: NodeId,
    pub field: &'f Field,
}

impl Context<'_, '_> {
    fn number(&self) -> Option<u64> {
        self.tree.number(self.node)
    }

    fn encode(&self, value: u64) -> Vec<u8> {
        self.tree.encode_number(self.node, value)
    }

    /// The largest number the field's bytes can hold.
    fn most(&self) -> Option<u64> {
        if let Shape::Decimal { .. } = self.field.shape {
            return Some(u64::MAX);
        }
        if let Shape::Digits { width, hex } = self.field.shape {
            let base: u64 = if hex.is_some() { 16 } else { 10 };
            return Some(base.checked_pow(u32::from(width)).map_or(u64::MAX, |over| over - 1));
        }
        if let Shape::Decimal { .. } = self.field.shape {
            return Some(u64::MAX);
        }
        let (width, _) = self.field.integer()?;
        Some(if width >= 8 { u64::MAX } else { (1 << (8 * u32::from(width))) - 1 })
    }

    fn one(&self, label: impl Into<String>, value: u64) -> Values {
        vec![(label.into(), self.encode(value))]
    }
}

/// All classes of single fields, in the order of the heat map's columns.
pub static CLASSES: &[Class] = &[
    Class { name: "below-range", legal: false, values: number::below_range },
    Class { name: "minimum", legal: true, values: number::minimum },
    Class { name: "near-minimum", legal: true, values: number::near_minimum },
    Class { name: "middle", legal: true, values: number::middle },
    Class { name: "near-maximum", legal: true, values: number::near_maximum },
    Class { name: "maximum", legal: true, values: number::maximum },
    Class { name: "above-range", legal: false, values: number::above_range },
    Class { name: "off-resolution", legal: false, values: number::off_resolution },
    Class { name: "scale-slip", legal: false, values: number::scale_slip },
    Class { name: "all-zeros", legal: false, values: number::all_zeros },
    Class { name: "all-ones", legal: false, values: number::all_ones },
    Class { name: "sign-flip", legal: false, values: number::sign_flip },
    Class { name: "byte-swapped", legal: false, values: number::byte_swapped },
    Class { name: "one-bit-off", legal: false, values: number::one_bit_off },
    Class { name: "enumerator", legal: true, values: number::enumerator },
    Class { name: "reserved-enumerator", legal: false, values: number::reserved_enumerator },
    Class { name: "flag", legal: true, values: number::flag },
    Class { name: "reserved-bit", legal: false, values: number::reserved_bit },
    Class { name: "dangling", legal: false, values: number::dangling },
    Class { name: "no-record", legal: true, values: number::no_record },
    Class { name: "other-record", legal: true, values: number::other_record },
    Class { name: "one-less", legal: false, values: number::one_less },
    Class { name: "one-more", legal: false, values: number::one_more },
    Class { name: "empty", legal: true, values: text::empty },
    Class { name: "blank", legal: true, values: text::blank },
    Class { name: "one-character", legal: true, values: text::one_character },
    Class { name: "longest", legal: true, values: text::longest },
    Class { name: "overlong-characters", legal: false, values: text::overlong_characters },
    Class { name: "overlong-bytes", legal: false, values: text::overlong_bytes },
    Class { name: "length-overstated", legal: false, values: text::length_overstated },
    Class { name: "length-understated", legal: false, values: text::length_understated },
    Class { name: "not-utf8", legal: false, values: text::not_utf8 },
    Class { name: "embedded-nul", legal: false, values: text::embedded_nul },
    Class { name: "control-character", legal: false, values: text::control_character },
    Class { name: "refused-character", legal: false, values: text::refused_character },
    Class { name: "edge-character", legal: true, values: text::edge_character },
    Class { name: "format-string", legal: true, values: text::format_string },
    Class { name: "path-pattern", legal: true, values: text::path_pattern },
    Class { name: "punctuation", legal: true, values: text::punctuation },
    Class { name: "lines", legal: true, values: text::lines },
    Class { name: "duplicate", legal: false, values: text::duplicate },
    Class { name: "not-digits", legal: false, values: text::not_digits },
    Class { name: "other-digits", legal: false, values: text::other_digits },
    Class { name: "stand-in", legal: true, values: text::stand_in },
    Class { name: "same-number", legal: true, values: written::same_number },
    Class { name: "no-number", legal: false, values: written::no_number },
    Class { name: "finer", legal: false, values: written::finer },
    Class { name: "long-number", legal: false, values: written::long_number },
    Class { name: "escaped", legal: true, values: written::escaped },
    Class { name: "bad-escape", legal: false, values: written::bad_escape },
    Class { name: "bare-delimiter", legal: false, values: written::bare_delimiter },
];

impl Class {
    /// The values of this class for a leaf, or why there are none.
    pub fn apply(&self, tree: &Tree<'_>, tables: &Tables, node: NodeId) -> Applied {
        let field = tree.format().field(tree.node(node).field);
        if tree.node(node).short {
            return Err("the field is cut short");
        }
        let values = (self.values)(&Context { tree, tables, node, field })?;
        let now = tree.span(node);
        let values: Values = values.into_iter().filter(|(_, bytes)| bytes != now).collect();
        if values.is_empty() { Err("the field has this value already") } else { Ok(values) }
    }

    /// The class with this name.
    pub fn named(name: &str) -> Option<&'static Class> {
        CLASSES.iter().find(|class| class.name == name)
    }
}

/// An edit that sets a leaf to bytes, whatever the relations say.
pub fn set(tree: &Tree<'_>, node: NodeId, bytes: Vec<u8>) -> Edit {
    Edit::set(tree, node, bytes)
}

fn is_text(field: &Field) -> bool {
    matches!(field.shape, Shape::Text(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::Builtin;
    use crate::format::Format;
    use crate::rules::Checker;

    /// The values of a class for a field of the every-kind library, or why there are none.
    fn values(format: &Format, path: &str, class: &str) -> Applied {
        let bytes = Builtin::named("drug-library").expect("built in").seed(format, "every-kind").expect("a seed");
        let tree = Tree::decode(format, &bytes);
        let mut checker = Checker::default();
        let node = tree.find(path).unwrap_or_else(|| panic!("{path} is not there"));
        Class::named(class).unwrap_or_else(|| panic!("there is no class {class}")).apply(
            &tree,
            checker.index(&tree),
            node,
        )
    }

    fn format() -> Format {
        Builtin::named("drug-library").expect("built in").load().expect("loads")
    }

    fn numbers(format: &Format, path: &str, class: &str) -> Vec<u32> {
        let values = values(format, path, class).unwrap_or_else(|why| panic!("{path} {class}: {why}"));
        values.iter().map(|(_, bytes)| u32::from_le_bytes(bytes[..4].try_into().expect("four bytes"))).collect()
    }

    #[test]
    fn numbers_stand_at_both_ends_of_a_range_and_beside_them() {
        let format = format();
        // 0.1 to 999 in steps of 0.1, with four decimals; profile 1 has 25.
        let path = "profile[1].max_rate";
        assert_eq!(numbers(&format, path, "below-range"), [999, 0]);
        assert_eq!(numbers(&format, path, "minimum"), [1_000]);
        assert_eq!(numbers(&format, path, "near-minimum"), [2_000]);
        assert_eq!(numbers(&format, path, "near-maximum"), [9_989_000]);
        assert_eq!(numbers(&format, path, "maximum"), [9_990_000]);
        assert_eq!(numbers(&format, path, "above-range"), [9_990_001, 9_991_000]);
        assert!(numbers(&format, path, "off-resolution").iter().all(|n| n % 1_000 != 0));
    }

    #[test]
    fn a_class_without_values_says_why() {
        let format = format();
        assert_eq!(values(&format, "profile[0].kvo_rate", "below-range"), Err("the range begins at 0"));
        assert_eq!(values(&format, "profile[0].max_rate", "longest"), Err("the field is no text"));
        assert_eq!(values(&format, "profile[0].name", "flag"), Err("the field is no bit field"));
        assert_eq!(values(&format, "profile[0].max_rate", "maximum"), Err("the field has this value already"));
    }

    #[test]
    fn the_longest_text_reaches_both_limits() {
        let format = format();
        // 20 characters, 32 bytes.
        let longest = values(&format, "profile[0].name", "longest").expect("has values");
        let sizes: Vec<(usize, usize)> = longest
            .iter()
            .map(|(_, bytes)| {
                assert_eq!(usize::from(bytes[0]), bytes.len() - 1);
                let text = std::str::from_utf8(&bytes[1..]).expect("UTF-8");
                (text.chars().count(), text.len())
            })
            .collect();
        assert_eq!(sizes, [(20, 20), (20, 32)]);
    }

    #[test]
    fn overlong_texts_pass_one_limit_at_least() {
        let format = format();
        for (class, most) in [("overlong-characters", 20), ("overlong-bytes", 32)] {
            for (label, bytes) in values(&format, "profile[0].name", class).expect("has values") {
                let text = std::str::from_utf8(&bytes[1..]).expect("UTF-8");
                let size = if class == "overlong-bytes" { text.len() } else { text.chars().count() };
                assert!(size > most, "{class} {label}");
            }
        }
    }

    #[test]
    fn texts_that_are_no_utf8_are_none() {
        let format = format();
        for (label, bytes) in values(&format, "profile[0].name", "not-utf8").expect("has values") {
            assert!(std::str::from_utf8(&bytes[1..]).is_err(), "{label}");
        }
    }

    #[test]
    fn dangling_references_name_no_record() {
        let format = format();
        let values = values(&format, "setup[0].drug", "dangling").expect("has values");
        for (label, bytes) in values {
            let key = u16::from_le_bytes([bytes[0], bytes[1]]);
            assert!(![1, 2, 3, 4, 5, 60].contains(&key), "{label}");
        }
    }
}
