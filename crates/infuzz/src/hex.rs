//! Bytes as pairs of hexadecimal digits.

use std::fmt;

/// Bytes, shown in upper case, or in lower case as `{:x}`.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl Hex<'_> {
    fn show(self, f: &mut fmt::Formatter<'_>, cased: fn(&char) -> char) -> fmt::Result {
        // Whole libraries are shown: 64 bytes at a time are faster than one.
        let digit = |value: u8| cased(&char::from_digit(u32::from(value), 16).unwrap_or('0'));
        let mut digits = String::with_capacity(128);
        for part in self.0.chunks(64) {
            digits.clear();
            part.iter().for_each(|byte| digits.extend([digit(byte >> 4), digit(byte & 15)]));
            f.write_str(&digits)?;
        }
        Ok(())
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, char::to_ascii_uppercase)
    }
}

impl fmt::LowerHex for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, char::to_ascii_lowercase)
    }
}

/// The bytes of a text in upper or lower case; none if it is anything else than pairs of digits.
pub fn read(text: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_as_shown() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(read(&Hex(&all).to_string()), Some(all));
        assert_eq!((Hex(&[]).to_string().as_str(), read("")), ("", Some(Vec::new())));
        assert_eq!(read("aAfF"), Some(vec![0xAA, 0xFF]));
        assert_eq!((format!("{}", Hex(&[0xA5])), format!("{:x}", Hex(&[0xA5]))), ("A5".into(), "a5".into()));
    }

    #[test]
    fn what_is_no_pair_of_digits_is_refused() {
        for text in ["a", "0g", "00 ", "é", "+1", "-"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
