//! A connection, by the path that it belongs to.

use alloc::boxed::Box;

use super::{Settings, Trigger};
use crate::bcc::Link;
use crate::order::mllp;
use crate::station::View;
use crate::transfer::Receiver;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Libraries are brought.
    Transfer,
    /// The pump is read.
    Bcc,
    /// Orders are sent.
    Order,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It does.
    Open,
    /// The pump has closed it, or it was none.
    Closed,
}

/// What the pump does with a connection by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed<'a> {
    /// It sends this.
    Sends(&'a [u8]),
    /// It closes it.
    Closes,
}

/// What a connection has come to.
#[derive(Debug, Clone)]
pub(super) enum Talk {
    Transfer(Receiver),
    Bcc(Box<Watch>),
    Order(mllp::Receiver),
}

impl Talk {
    pub(super) fn new(path: Path, settings: &Settings) -> Self {
        match path {
            Path::Transfer => Talk::Transfer(Receiver::default()),
            Path::Order => Talk::Order(mllp::Receiver::new()),
            Path::Bcc => Talk::Bcc(Box::new(Watch { link: Link::new(View::default(), settings.bcc), seen: None })),
        }
    }
}

/// A host that reads the pump.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) link: Link<View>,
    /// What the host was last in a position to know, once its link is open.
    seen: Option<Trigger>,
}

impl Watch {
    /// Whether something that a host is told at once has changed since this was asked last.
    pub(super) fn has_changed(&mut self, now: Trigger) -> bool {
        let now = self.link.is_open().then_some(now);
        core::mem::replace(&mut self.seen, now) != now
    }
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) path: Path,
    pub(super) number: u32,
    pub(super) talk: Talk,
}
