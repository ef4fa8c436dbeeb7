//! A fuzzing dictionary derived from a description.

use crate::format::{Format, Shape};
use crate::tree::encode_number;
use std::collections::BTreeSet;
use std::fmt::Write;

/// AFL++ refuses longer tokens.
const MAX_TOKEN: usize = 128;

/// The dictionary in the syntax that libFuzzer, AFL++ and honggfuzz share.
pub fn dictionary(format: &Format) -> String {
    let mut tokens: BTreeSet<Vec<u8>> = BTreeSet::new();
    for field in format.leaves() {
        if let Shape::Const(bytes) = &field.shape {
            tokens.insert(bytes.clone());
        }
        if let Some((low, high, _)) = field.range {
            tokens.extend([low, high].map(|n| encode_number(&field.shape, n)));
            tokens.insert(encode_number(&field.shape, high.saturating_add(1)));
        }
        if let Shape::Enum { of, .. } = &field.shape {
            tokens.extend(format.enums[*of].rows.iter().map(|row| encode_number(&field.shape, row.code)));
        }
        tokens.extend(field.refused.iter().cloned());
    }
    for text in ["%n", "%s", "../", "\0", "\u{e9}", "'", "\"", "^", "`"] {
        tokens.insert(text.as_bytes().to_vec());
    }
    let mut out = format!("# Generated from the description of {}; a test compares.\n", format.name);
    for token in tokens.iter().filter(|token| (1..=MAX_TOKEN).contains(&token.len())) {
        let escaped = token.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\x{byte:02x}");
            text
        });
        let _ = writeln!(out, "\"{escaped}\"");
    }
    out
}
