//! Decimal numbers of the description and of people's data, as scaled integers.

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

/// What a decimal number is read as, the largest number if it is larger; and whether there is
/// something beyond its decimals. None: it is no such number.
pub fn decimal(text: &str, decimals: u32) -> Option<(u64, bool)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let (kept, finer) = fraction.split_at(fraction.len().min(decimals as usize));
    let zeros = decimals as usize - kept.len();
    let all = whole.bytes().chain(kept.bytes()).chain(std::iter::repeat_n(b'0', zeros));
    let add = |number: u64, digit: u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some((all.fold(0, add), finer.bytes().any(|digit| digit != b'0')))
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
    fn refuses_what_is_not_exactly_representable() {
        for text in ["", ".", "1.", ".5", "-1", "1e3", "0.00001", "99999999999999999999"] {
            assert_eq!(parse_scaled(text, 4), None, "{text}");
        }
    }
}
