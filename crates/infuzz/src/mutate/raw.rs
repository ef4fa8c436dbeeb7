//! Changes bytes without regard to structure, as an engine's own mutation would.

use crate::rng::Rng;

/// Changes bytes without regard to structure.
pub fn mutate(data: &mut Vec<u8>, max_size: usize, rng: &mut Rng) {
    for _ in 0..=rng.below(3) {
        let room = data.len() < max_size;
        let at = rng.below(data.len().max(1));
        match rng.below(4) {
            0 if room => data.insert(at, rng.draw() as u8),
            1 if data.len() > 1 => {
                data.remove(at);
            }
            _ => match data.get_mut(at) {
                Some(byte) if rng.one_in(2) => *byte ^= 1 << rng.below(8),
                Some(byte) => *byte = rng.draw() as u8,
                None if room => data.push(rng.draw() as u8),
                None => {}
            },
        }
    }
}
