//! Bytes as pairs of hexadecimal digits; no bytes are `-`, so that every word has a letter.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes as text.
pub fn written(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".into();
    }
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The bytes of a text, in upper or lower case.
pub fn read(text: &str) -> Option<Vec<u8>> {
    if text == "-" {
        return Some(Vec::new());
    }
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_as_written() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(read(&written(&all)), Some(all));
        assert_eq!((written(&[]).as_str(), read("-")), ("-", Some(Vec::new())));
        assert_eq!(read("aAfF"), Some(vec![0xAA, 0xFF]));
    }

    #[test]
    fn what_is_no_pair_of_digits_is_refused() {
        for text in ["", "a", "0g", "00 ", "é", "+1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
