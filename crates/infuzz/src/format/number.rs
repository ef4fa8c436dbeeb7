//! Decimal numbers of the description and of people's data, as scaled integers.

use super::ir::Shape;

/// Reads `12.5` with four decimals as 125000. `None`: not a number, more decimals than there
/// are, or out of range.
pub fn parse_scaled(text: &str, decimals: u32) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || text.ends_with('.') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals as usize {
        return None;
    }
    let mut value: u64 = whole.parse().ok()?;
    for place in 0..decimals as usize {
        let digit = fraction.as_bytes().get(place).map_or(0, |b| u64::from(b - b'0'));
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    Some(value)
}

/// Writes 125000 with four decimals as `12.5`.
pub fn format_scaled(value: u64, decimals: u32) -> String {
    let Some(unit) = 10u64.checked_pow(decimals) else { return value.to_string() };
    let (whole, fraction) = (value / unit, value % unit);
    if fraction == 0 {
        return whole.to_string();
    }
    let digits = format!("{fraction:0width$}", width = decimals as usize);
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// A number as it is written in digits of any width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// In units of its last decimal that counts; none: more than 64 bits hold.
    pub number: Option<u64>,
    /// Neither zeros before the number nor further decimals.
    pub plain: bool,
    /// There is something beyond the decimals that count.
    pub finer: bool,
}

impl Written {
    /// Reads digits of a shape that is a number of any width.
    pub fn of(shape: &Shape, text: &[u8]) -> Option<Written> {
        match shape {
            Shape::Decimal { places, hex, step, .. } => Written::read(text, *places, *hex, *step || *places > 0),
            _ => None,
        }
    }

    /// Reads digits, of which so many decimals count, and among which a point may stand.
    fn read(text: &[u8], places: u8, hex: bool, point: bool) -> Option<Written> {
        let places = usize::from(places);
        let (whole, fraction) = match text.iter().position(|byte| *byte == b'.') {
            Some(at) if point => (&text[..at], &text[at + 1..]),
            Some(_) => return None,
            None => (text, &b"0"[..]),
        };
        let base: u64 = if hex { 16 } else { 10 };
        let digits = |part: &[u8]| !part.is_empty() && part.iter().all(|b| char::from(*b).is_digit(base as u32));
        if !digits(whole) || !digits(fraction) {
            return None;
        }
        let kept = fraction.iter().chain(std::iter::repeat(&b'0')).take(places);
        let number = whole.iter().chain(kept).try_fold(0u64, |number, digit| {
            number.checked_mul(base)?.checked_add(u64::from(char::from(*digit).to_digit(base as u32)?))
        });
        let plain = (whole.len() == 1 || whole[0] != b'0') && fraction.len() <= places.max(1);
        let finer = fraction.iter().skip(places).any(|digit| *digit != b'0');
        Some(Written { number, plain, finer })
    }
}

/// Writes a number in units of its last decimal, all of which are there.
pub fn write(number: u128, places: u8, hex: bool) -> String {
    let unit = 10u128.pow(u32::from(places));
    match places {
        0 if hex => format!("{number:X}"),
        0 => number.to_string(),
        _ => format!("{}.{:0width$}", number / unit, number % unit, width = usize::from(places)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_numbers_round_trip_exactly() {
        for (text, value) in [("0.0001", 1), ("12.5", 125_000), ("999", 9_990_000), ("0", 0)] {
            assert_eq!(parse_scaled(text, 4), Some(value));
            assert_eq!(format_scaled(value, 4), text);
        }
    }

    #[test]
    fn digits_of_any_width_are_read_and_written() {
        let read =
            |text: &str, places| Written::read(text.as_bytes(), places, false, places > 0).map(|w| (w.number, w.plain));
        assert_eq!(read("12.5", 2), Some((Some(1250), true)));
        assert_eq!(read("12", 2), Some((Some(1200), true)));
        assert_eq!(read("012.5", 2), Some((Some(1250), false)));
        assert_eq!(read("12.509", 2), Some((Some(1250), false)));
        assert_eq!(read("0", 0), Some((Some(0), true)));
        assert_eq!(read("18446744073709551616", 0), Some((None, true)));
        for text in ["", ".", "1.", ".5", "1.5.", "-1", "+1", " 1", "1x", "1e3"] {
            assert_eq!(read(text, 1), None, "{text}");
        }
        assert_eq!(read("1.0", 0), None);
        let hex = |text: &str| Written::read(text.as_bytes(), 0, true, false).and_then(|w| w.number);
        assert_eq!((hex("7fFf"), hex("G"), hex("1.0")), (Some(0x7FFF), None, None));
        assert_eq!(
            (write(1250, 2, false), write(5, 3, false), write(255, 0, true)),
            ("12.50".into(), "0.005".into(), "FF".into())
        );
    }

    #[test]
    fn refuses_what_is_not_exactly_representable() {
        for text in ["", ".", "1.", ".5", "-1", "1e3", "0.00001", "99999999999999999999"] {
            assert_eq!(parse_scaled(text, 4), None, "{text}");
        }
    }
}
