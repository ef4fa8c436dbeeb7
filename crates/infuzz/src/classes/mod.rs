//! Value classes: what a field is set to in the sweep and by the mutators.
//!
//! Whether the outcome is valid is never assumed here; the judgement says so from the bytes.

mod number;
mod text;

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
