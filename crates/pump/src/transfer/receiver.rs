//! The frames in what a connection brings, however it comes in pieces.

use alloc::vec::Vec;

use super::frame::{LONGEST_FRAME, size};
use super::refusal::Refusal;

/// A frame that has begun and does not go on for so long ends the connection, in milliseconds.
pub const PATIENCE_MS: u32 = 5_000;

/// What has come of a frame that is not whole yet.
#[derive(Debug, Clone, Default)]
pub struct Receiver {
    part: Vec<u8>,
    waited: u32,
}

/// Why a connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Where the next frame begins is not known.
    Frame(Refusal),
    /// The rest of a frame did not come.
    TimedOut,
}

impl Receiver {
    /// Takes what came, and hands each whole frame on. After an error the connection is to be
    /// closed; what came after the error is not looked at.
    ///
    /// # Errors
    /// The frame that cannot be one.
    pub fn take(&mut self, mut bytes: &[u8], mut frame: impl FnMut(&[u8])) -> Result<(), Lost> {
        if !bytes.is_empty() {
            self.waited = 0;
        }
        while !bytes.is_empty() {
            if self.part.is_empty()
                && let Some(whole) = size(bytes).map_err(Lost::Frame)?
                && let Some((own, rest)) = bytes.split_at_checked(whole)
            {
                frame(own);
                bytes = rest;
                continue;
            }
            let wanted = match size(&self.part).map_err(Lost::Frame)? {
                Some(whole) => whole,
                // One byte after the other until the length is known.
                None => self.part.len().saturating_add(1),
            };
            let missing = wanted.saturating_sub(self.part.len()).min(bytes.len());
            let (own, rest) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
            self.part.extend_from_slice(own);
            bytes = rest;
            if size(&self.part).map_err(Lost::Frame)? == Some(self.part.len()) {
                frame(&self.part);
                self.part.clear();
            }
            debug_assert!(self.part.len() <= LONGEST_FRAME, "a part is never longer than a frame");
        }
        Ok(())
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// A frame has begun and has not gone on for [`PATIENCE_MS`].
    pub fn tick(&mut self, milliseconds: u32) -> Result<(), Lost> {
        if self.part.is_empty() {
            return Ok(());
        }
        self.waited = self.waited.saturating_add(milliseconds);
        if self.waited > PATIENCE_MS { Err(Lost::TimedOut) } else { Ok(()) }
    }
}
