//! The pump on a network: its connections, by the path that each belongs to.

use alloc::vec::Vec;

use crate::pump::Pump;
use crate::storage::Storage;
use crate::transfer::{Key, Receiver, Server};

/// The most connections at the same time.
pub const CONNECTIONS: usize = 8;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Libraries are brought.
    Transfer,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It does.
    Open,
    /// The pump has closed it, or it was none.
    Closed,
}

#[derive(Debug, Clone)]
struct Line {
    number: u32,
    receiver: Receiver,
}

/// A pump and those who talk to it.
#[derive(Debug, Clone)]
pub struct NetworkPump<S> {
    pump: Pump<S>,
    transfer: Server,
    lines: Vec<Line>,
}

impl<S: Storage> NetworkPump<S> {
    /// Switches the pump on. The seed must be another one each time, see [`Server::new`].
    pub fn power_on(storage: S, key: Key, seed: [u8; 32]) -> Self {
        Self { pump: Pump::power_on(storage), transfer: Server::new(key, seed), lines: Vec::new() }
    }

    /// Switches the pump off; what is in its storage stays.
    #[must_use]
    pub fn into_storage(self) -> S {
        self.pump.into_storage()
    }

    /// The pump itself.
    #[must_use]
    pub const fn pump(&self) -> &Pump<S> {
        &self.pump
    }

    /// The pump itself, for whoever stands at it.
    pub const fn bedside(&mut self) -> &mut Pump<S> {
        &mut self.pump
    }

    /// Takes a connection; its number is the caller's. One more than [`CONNECTIONS`] is closed.
    pub fn connect(&mut self, _path: Path, number: u32) -> Connection {
        self.disconnect(number);
        if self.lines.len() >= CONNECTIONS {
            return Connection::Closed;
        }
        self.lines.push(Line { number, receiver: Receiver::default() });
        Connection::Open
    }

    /// Takes what a connection brings; the answers are appended to `out`.
    pub fn receive(&mut self, number: u32, bytes: &[u8], out: &mut Vec<u8>) -> Connection {
        let Some(line) = self.lines.iter_mut().find(|line| line.number == number) else { return Connection::Closed };
        let (server, manager) = (&mut self.transfer, self.pump.manager_mut());
        let taken = line.receiver.take(bytes, |frame| {
            server.frame(number, frame, manager, out);
        });
        if taken.is_err() {
            self.disconnect(number);
            return Connection::Closed;
        }
        Connection::Open
    }

    /// A connection is gone.
    pub fn disconnect(&mut self, number: u32) {
        self.lines.retain(|line| line.number != number);
        self.transfer.disconnected(number);
    }

    /// Whether the pump has not closed a connection.
    #[must_use]
    pub fn is_connected(&self, number: u32) -> bool {
        self.lines.iter().any(|line| line.number == number)
    }

    /// Lets time pass.
    pub fn tick(&mut self, milliseconds: u32) {
        self.pump.tick(milliseconds);
        self.transfer.tick(milliseconds, self.pump.manager_mut());
        let lost = |line: &mut Line| line.receiver.tick(milliseconds).is_err().then_some(line.number);
        let lost: Vec<u32> = self.lines.iter_mut().filter_map(lost).collect();
        lost.into_iter().for_each(|number| self.disconnect(number));
    }
}
