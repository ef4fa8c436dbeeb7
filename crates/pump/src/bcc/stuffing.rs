//! Stuffing: `D`, `E`, `d` and `e` travel as `EX`, `EE`, `ex` and `ee`.

use alloc::vec::Vec;

use super::refusal::{Refusal, Rule};

/// Appends the bytes as they travel.
pub fn stuff(plain: &[u8], out: &mut Vec<u8>) {
    out.reserve(plain.len());
    for byte in plain {
        match byte {
            b'D' => out.extend_from_slice(b"EX"),
            b'E' => out.extend_from_slice(b"EE"),
            b'd' => out.extend_from_slice(b"ex"),
            b'e' => out.extend_from_slice(b"ee"),
            other => out.push(*other),
        }
    }
}

/// The bytes before stuffing, in one pass from left to right; at most so many.
///
/// # Errors
/// A `D` or `d`, or an `E` or `e` that begins no pair; more bytes than `most`.
pub fn destuff(wire: &[u8], most: usize) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::with_capacity(wire.len().min(most));
    let mut bytes = wire.iter().copied().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let wrong = || Refusal::of_frame(Rule::Stuffing, "", at);
        let meant = match byte {
            b'E' | b'e' => {
                let (_, second) = bytes.next().ok_or_else(wrong)?;
                match (byte, second) {
                    (b'E', b'X') => b'D',
                    (b'E', b'E') => b'E',
                    (b'e', b'x') => b'd',
                    (b'e', b'e') => b'e',
                    _ => return Err(wrong()),
                }
            }
            b'D' | b'd' => return Err(wrong()),
            other => other,
        };
        require!(plain.len() < most, Refusal::of_frame(Rule::FrameLength, "length", 1));
        plain.push(meant);
    }
    Ok(plain)
}
