//! Splits what arrives into frames and bare ACK and NAK, in whatever pieces it arrives.

use alloc::vec::Vec;

use super::frame::control::{ACK, EOT, NAK, SOH};

/// Something that arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// A frame from SOH to EOT; whether it is right is not looked at.
    Frame(Vec<u8>),
    /// The next block is asked for.
    Ack,
    /// The last block is asked for again.
    Nak,
}

/// What is being received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing: what is neither SOH, ACK nor NAK is noise.
    Idle,
    /// A frame.
    Within,
    /// A frame that is too long; it goes on.
    Lost,
}

/// Receives one direction of a connection.
#[derive(Debug, Clone)]
pub struct Receiver {
    held: Vec<u8>,
    state: State,
    most: usize,
    time_out_ms: u32,
    waited_ms: u32,
}

impl Receiver {
    /// A receiver of frames of at most so many bytes as they travel, each of which ends so many
    /// milliseconds after its last byte if nothing else comes.
    #[must_use]
    pub const fn new(most: usize, time_out_ms: u32) -> Self {
        Self { held: Vec::new(), state: State::Idle, most, time_out_ms, waited_ms: 0 }
    }

    /// Takes the next byte; gives what it completes.
    pub fn take(&mut self, byte: u8) -> Option<Arrival> {
        self.waited_ms = 0;
        if byte == SOH {
            // What went before never ended.
            self.held.clear();
            self.state = State::Within;
        }
        match (self.state, byte) {
            (State::Idle, ACK) => return Some(Arrival::Ack),
            (State::Idle, NAK) => return Some(Arrival::Nak),
            (State::Idle, _) => {}
            (State::Lost, EOT) => self.state = State::Idle,
            (State::Lost, _) => {}
            (State::Within, _) if self.held.len() >= self.most => {
                self.held = Vec::new();
                self.state = if byte == EOT { State::Idle } else { State::Lost };
            }
            (State::Within, _) => {
                self.held.push(byte);
                if byte == EOT {
                    self.state = State::Idle;
                    return Some(Arrival::Frame(core::mem::take(&mut self.held)));
                }
            }
        }
        None
    }

    /// Time goes by; gives whether an unfinished frame was dropped.
    pub fn tick(&mut self, milliseconds: u32) -> bool {
        if self.state == State::Idle {
            return false;
        }
        self.waited_ms = self.waited_ms.saturating_add(milliseconds);
        let over = self.waited_ms >= self.time_out_ms;
        if over {
            self.held = Vec::new();
            self.state = State::Idle;
        }
        over
    }

    /// How many bytes of an unfinished frame are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }
}
