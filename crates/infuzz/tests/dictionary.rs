//! The derived dictionary has the syntax that libFuzzer and AFL++ read.

mod common;

use common::formats;
use infuzz::dictionary::dictionary;
use std::collections::HashSet;

/// The bytes of one line, or none if an engine would not read it.
fn token(line: &str) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix('"')?.strip_suffix('"')?.bytes();
    let mut bytes = Vec::new();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => match rest.next()? {
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                }
                escaped @ (b'\\' | b'"') => bytes.push(escaped),
                _ => return None,
            },
            b'"' => return None,
            0x20..=0x7E => bytes.push(byte),
            _ => return None,
        }
    }
    Some(bytes)
}

#[test]
fn every_line_is_a_comment_or_a_quoted_token() {
    for (format, _) in formats() {
        let mut seen = HashSet::new();
        for (number, line) in dictionary(&format).lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bytes = token(line).unwrap_or_else(|| panic!("{}, line {}: {line}", format.name, number + 1));
            // AFL++ refuses tokens longer than 128 bytes.
            assert!((1..=128).contains(&bytes.len()), "{}, line {}: {line}", format.name, number + 1);
            assert!(seen.insert(bytes), "{}: {line} stands twice", format.name);
        }
        assert!(!seen.is_empty(), "{}", format.name);
    }
}

#[test]
fn the_words_of_a_format_are_in_its_dictionary() {
    for (name, word) in [
        ("drug-library", b"IDL1".as_slice()),
        ("library-transfer", b"LT"),
        ("bcc", b"/1/1>"),
        ("order", b"MSH"),
        ("order", b"\x1c\r"),
    ] {
        let format = common::load(name);
        let text = dictionary(&format);
        assert!(text.lines().filter_map(token).any(|token| token == word), "{name}: {word:?}");
    }
}

#[test]
fn the_dictionary_is_the_same_every_time() {
    for (format, _) in formats() {
        assert_eq!(dictionary(&format), dictionary(&common::load(&format.name)));
    }
}
