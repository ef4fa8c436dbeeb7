//! What proves that a host has the key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// A key that pump and host share. There is no default one.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Key(secret)")
    }
}

impl From<[u8; 32]> for Key {
    fn from(key: [u8; 32]) -> Self {
        Self(key)
    }
}

impl Key {
    /// The code over a purpose and what belongs to it, each part of a fixed length. None: never,
    /// since a key of 32 bytes suits HMAC.
    fn code(&self, purpose: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        code.update(purpose);
        parts.iter().for_each(|part| code.update(part));
        Some(code)
    }

    /// Whether this is the code, compared in constant time.
    #[must_use]
    pub(super) fn proves(&self, purpose: &[u8], parts: &[&[u8]], stated: &[u8; 32]) -> bool {
        self.code(purpose, parts).is_some_and(|code| code.verify_slice(stated).is_ok())
    }

    /// A key for one session.
    #[must_use]
    pub fn of_session(&self, nonce: &[u8; 16], challenge: &[u8; 16]) -> Self {
        Self(self.mac(b"LT1 session", &[nonce, challenge]))
    }

    /// The code that a host with the key makes.
    #[must_use]
    pub fn mac(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        self.code(purpose, parts).map_or([0; 32], |code| code.finalize().into_bytes().into())
    }
}

/// Challenges, none of which comes twice as long as the seed does not.
#[derive(Clone)]
pub(super) struct Challenges {
    seed: [u8; 32],
    drawn: u64,
}

impl core::fmt::Debug for Challenges {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Challenges({} drawn)", self.drawn)
    }
}

impl Challenges {
    pub(super) const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    pub(super) fn draw(&mut self) -> [u8; 16] {
        self.drawn = self.drawn.wrapping_add(1);
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.drawn.to_le_bytes());
        let all: [u8; 32] = hash.finalize().into();
        all.first_chunk().copied().unwrap_or_default()
    }
}
