//! The pump on a network: its connections, by the path that each belongs to.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::bcc::{self, Link};
use crate::pump::Pump;
use crate::station::View;
use crate::storage::Storage;
use crate::transfer::{Key, Receiver, Server};

/// The most connections of a path at the same time.
pub const CONNECTIONS: usize = 8;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Libraries are brought.
    Transfer,
    /// The pump is read.
    Bcc,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It does.
    Open,
    /// The pump has closed it, or it was none.
    Closed,
}

/// What a connection has come to.
#[derive(Debug, Clone)]
enum Talk {
    Transfer(Receiver),
    Bcc(Box<Link<View>>),
}

#[derive(Debug, Clone)]
struct Line {
    path: Path,
    number: u32,
    talk: Talk,
}

/// How the pump answers over BCC.
const BCC: bcc::Settings = bcc::Settings {
    bed: "Bed7",
    stuffed: true,
    mode: bcc::Mode::OnRequest,
    most_per_block: 100,
    extended_errors: false,
    time_out_ms: 1_000,
};

/// A pump and those who talk to it.
#[derive(Debug, Clone)]
pub struct NetworkPump<S> {
    pump: Pump<S>,
    transfer: Server,
    lines: Vec<Line>,
    /// Milliseconds since power-on.
    up_ms: u64,
}

impl<S: Storage> NetworkPump<S> {
    /// Switches the pump on. The seed must be another one each time, see [`Server::new`].
    pub fn power_on(storage: S, key: Key, seed: [u8; 32]) -> Self {
        Self { pump: Pump::power_on(storage), transfer: Server::new(key, seed), lines: Vec::new(), up_ms: 0 }
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

    /// Takes a connection; its number is the caller's, and tells those of a path apart. One more
    /// than [`CONNECTIONS`] of a path is closed: nobody keeps others out of another path.
    pub fn connect(&mut self, path: Path, number: u32) -> Connection {
        self.disconnect(path, number);
        if self.lines.iter().filter(|line| line.path == path).count() >= CONNECTIONS {
            return Connection::Closed;
        }
        let talk = match path {
            Path::Transfer => Talk::Transfer(Receiver::default()),
            Path::Bcc => Talk::Bcc(Box::new(Link::new(View::default(), BCC))),
        };
        self.lines.push(Line { path, number, talk });
        Connection::Open
    }

    /// What the pump reports of itself now.
    fn view(&self) -> View {
        let therapy = self.pump.therapy();
        View {
            up_ms: self.up_ms,
            running: therapy.is_running(),
            rate: therapy.rate(),
            vtbi: therapy.vtbi(),
            infused: therapy.infused(),
            library: self.pump.active().map(|library| (library.name().into(), library.created())),
        }
    }

    /// Takes what a connection brings; the answers are appended to `out`.
    pub fn receive(&mut self, path: Path, number: u32, bytes: &[u8], out: &mut Vec<u8>) -> Connection {
        let view = (path == Path::Bcc).then(|| self.view());
        let line = self.lines.iter_mut().find(|line| line.path == path && line.number == number);
        let Some(line) = line else { return Connection::Closed };
        let goes_on = match &mut line.talk {
            Talk::Transfer(receiver) => {
                let (server, manager) = (&mut self.transfer, self.pump.manager_mut());
                let taken = receiver.take(bytes, |frame| {
                    server.frame(number, frame, manager, out);
                });
                taken.is_ok()
            }
            Talk::Bcc(link) => {
                *link.station() = view.unwrap_or_default();
                link.receive(bytes, out) == bcc::Connection::Kept
            }
        };
        if goes_on {
            return Connection::Open;
        }
        self.disconnect(path, number);
        Connection::Closed
    }

    /// A connection is gone.
    pub fn disconnect(&mut self, path: Path, number: u32) {
        self.lines.retain(|line| line.path != path || line.number != number);
        if path == Path::Transfer {
            self.transfer.disconnected(number);
        }
    }

    /// Lets time pass.
    pub fn tick(&mut self, milliseconds: u32) {
        self.up_ms = self.up_ms.saturating_add(u64::from(milliseconds));
        self.pump.tick(milliseconds);
        self.transfer.tick(milliseconds, self.pump.manager_mut());
        let mut lost = Vec::new();
        for line in &mut self.lines {
            let goes_on = match &mut line.talk {
                Talk::Transfer(receiver) => receiver.tick(milliseconds).is_ok(),
                // On request nothing is sent by itself.
                Talk::Bcc(link) => link.tick(milliseconds, &mut Vec::new()) == bcc::Connection::Kept,
            };
            if !goes_on {
                lost.push((line.path, line.number));
            }
        }
        lost.into_iter().for_each(|(path, number)| self.disconnect(path, number));
    }
}
