//! Numbers in decimal digits, as ten-thousandths.

use super::refusal::{Path, Refusal, Rule, refuse};
use super::token::Piece;

/// Decimals of a number.
const DECIMALS: usize = 4;
/// One, in ten-thousandths.
pub const ONE: u64 = 10_000;

/// What a number may be: its characters, and its value in ten-thousandths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    most: usize,
    least: u64,
    highest: u64,
    step: u64,
}

/// A quantity of at most so many characters, 0.0001 to 99999 of its unit.
pub(super) const fn quantity(most: usize) -> Kind {
    Kind { most, least: 1, highest: 99_999 * ONE, step: 1 }
}

/// The number of a segment among its like.
pub(super) const SET_ID: Kind = Kind { most: 4, least: ONE, highest: 9_999 * ONE, step: ONE };

/// Checks a number; gives it in ten-thousandths.
pub(super) fn number(piece: Piece<'_>, kind: Kind, path: Path) -> Result<u64, Refusal> {
    let mut halves = piece.bytes.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (halves.next().unwrap_or_default(), halves.next());
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    require!(digits(whole), refuse(Rule::NumberForm, path, piece.at));
    require!(fraction.is_none_or(digits), refuse(Rule::NumberForm, path, piece.at));
    require!(piece.bytes.len() <= kind.most, refuse(Rule::NumberCharacters, path, piece.at));
    let (decimals, finer) =
        fraction.unwrap_or_default().split_at_checked(DECIMALS).unwrap_or_else(|| (fraction.unwrap_or_default(), &[]));
    require!(finer.iter().all(|digit| *digit == b'0'), refuse(Rule::NumberResolution, path, piece.at));
    let zeros = core::iter::repeat_n(&b'0', DECIMALS.saturating_sub(decimals.len()));
    let value = whole
        .iter()
        .chain(decimals)
        .chain(zeros)
        .fold(0_u64, |value, digit| value.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0'))));
    require!((kind.least..=kind.highest).contains(&value), refuse(Rule::NumberRange, path, piece.at));
    require!(value.is_multiple_of(kind.step), refuse(Rule::NumberResolution, path, piece.at));
    Ok(value)
}
