//! The envelope of messages on a stream: 0B, the message, 1C 0D.

use alloc::vec::Vec;

/// Begins a message.
pub const START: u8 = 0x0B;
/// Ends a message, before a carriage return.
pub const END: u8 = 0x1C;
/// Ends a segment, and after [`END`] the message.
pub const RETURN: u8 = 0x0D;

/// A message of more bytes, envelope included, is dropped.
pub const MOST: usize = 16 * 1024;
/// A message that goes on for so long without a byte is dropped, in milliseconds.
pub const PATIENCE: u32 = 30_000;

/// Tells messages apart in a stream of bytes. It never holds more than [`MOST`] bytes.
#[derive(Debug, Clone, Default)]
pub struct Receiver {
    held: Vec<u8>,
    silent: u32,
    dropped: u32,
}

impl Receiver {
    /// Nothing received yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { held: Vec::new(), silent: 0, dropped: 0 }
    }

    /// Takes the next bytes and hands each complete message over, envelope included. What stands
    /// before the beginning of a message is passed over, and a message within which another one
    /// begins is dropped.
    pub fn receive(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8])) {
        for &byte in bytes {
            self.silent = 0;
            if byte == START {
                self.drop_held();
            } else if self.held.is_empty() {
                continue;
            }
            if self.held.len() >= MOST {
                self.drop_held();
                continue;
            }
            self.held.push(byte);
            if self.held.ends_with(&[END, RETURN]) {
                take(&self.held);
                self.held.clear();
            }
        }
    }

    /// Lets time pass.
    pub fn tick(&mut self, milliseconds: u32) {
        if self.held.is_empty() {
            return;
        }
        self.silent = self.silent.saturating_add(milliseconds);
        if self.silent >= PATIENCE {
            self.drop_held();
        }
    }

    /// How many messages were begun and dropped.
    #[must_use]
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    fn drop_held(&mut self) {
        if !self.held.is_empty() {
            self.dropped = self.dropped.saturating_add(1);
            self.held.clear();
        }
        self.silent = 0;
    }
}
