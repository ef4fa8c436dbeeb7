//! Every character in every place of a text, and texts of little else than spaces and line feeds.

use super::assemble::within;
use super::{About, Cases};
use crate::compose::encode_text;
use crate::format::{Shape, TextShape};
use crate::tree::{Edit, NodeId, Tree};

const CHARACTER: &str = "character";
const WHITE: &str = "white-space";

/// Characters up to here are tried one by one.
const LAST: u32 = 0x200;

/// All of them.
pub(super) fn texts<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>) {
    let format = tree.format();
    let mut seen: Vec<usize> = Vec::new();
    for field in format.leaves() {
        let Shape::Text(text) = &field.shape else { continue };
        let Some(node) = within(tree, 0, field.id) else { continue };
        white(cases, tree, node, text);
        if let Some(charset) = text.charset {
            let first = !seen.contains(&charset);
            seen.push(charset);
            characters(cases, tree, node, text, first);
        }
    }
}

fn put<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, node: NodeId, text: &TextShape, content: &str, about: About) {
    if let Some(bytes) = encode_text(text, content.as_bytes()) {
        cases.either(tree, &Edit::set(tree, node, bytes), node, about);
    }
}

/// Each character alone among letters: in the first field of its set in three places, in the
/// others the refused ones and, many at a time, the allowed ones.
fn characters<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, node: NodeId, text: &TextShape, thorough: bool) {
    let Some(set) = text.charset.map(|index| &tree.format().charsets[index]) else { return };
    let all: Vec<char> =
        (0..LAST).chain([0x2010, 0x2028, 0x3000, 0xFEFF, 0x1_F600]).filter_map(char::from_u32).collect();
    for c in all.iter().copied() {
        let allowed = set.contains(c);
        let about = |place: &str| {
            let words = format!("U+{:04X} {place}", u32::from(c));
            About::node(tree, node, CHARACTER, words)
        };
        if thorough || !allowed {
            put(cases, tree, node, text, &format!("A{c}B"), about("in the middle"));
        }
        if thorough {
            put(cases, tree, node, text, &format!("{c}AB"), about("first"));
            put(cases, tree, node, text, &format!("AB{c}"), about("last"));
            put(cases, tree, node, text, &format!("{c}"), about("alone"));
        }
    }
    let mut packed = String::new();
    for c in all.into_iter().filter(|c| set.contains(*c) && *c != '\n') {
        if packed.chars().count() >= text.max_chars as usize || packed.len() + c.len_utf8() > text.max_bytes as usize {
            put(cases, tree, node, text, &packed, About::node(tree, node, CHARACTER, format!("up to {c:?}")));
            packed.clear();
        }
        packed.push(c);
    }
    put(cases, tree, node, text, &packed, About::node(tree, node, CHARACTER, "up to the last"));
}

/// Spaces and line feeds alone and around a letter, and as many lines as there may be.
fn white<'f>(cases: &mut Cases<'f>, tree: &Tree<'f>, node: NodeId, text: &TextShape) {
    let plain = ["", " ", "  ", "\n", "\n\n", " \n", "\n ", " \n \n ", "\nA", "A\n", " A", "A ", "A\n\nB", "\n A \n"];
    let mut contents: Vec<String> = plain.iter().map(|content| (*content).to_string()).collect();
    let (chars, bytes) = (text.max_chars.min(300) as usize, text.max_bytes.min(300) as usize);
    contents.extend([" ".repeat(chars), " ".repeat(bytes), format!("{}A", " ".repeat(chars.saturating_sub(1)))]);
    contents.push(format!("A{}", " ".repeat(chars.saturating_sub(1))));
    if let Some(most) = text.max_lines {
        let most = most as usize;
        for lines in [most - 1, most, most + 1] {
            let feeds = lines.saturating_sub(1);
            contents.push(vec!["L"; lines].join("\n"));
            contents.push(format!("{}\n", vec!["L"; feeds].join("\n")));
            contents.push(format!("L{}", "\n".repeat(feeds)));
            contents.push(format!("{}L", "\n".repeat(feeds)));
            contents.push(format!("L{}L", "\n".repeat(feeds)));
            contents.push(format!("\n{}", vec!["L"; feeds].join("\n")));
            contents.push("\n".repeat(feeds));
            contents.push(vec![" "; lines].join("\n"));
            contents.push(vec!["L"; lines].join("\r\n"));
        }
    }
    for content in contents {
        put(cases, tree, node, text, &content, About::node(tree, node, WHITE, format!("{content:?}")));
    }
}
