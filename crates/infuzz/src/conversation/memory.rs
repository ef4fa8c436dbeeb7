//! The memory that a device takes in a conversation.

use crate::device::{Line, Reply};
use crate::finding::{Kind, Raised};
use crate::oracle::Meter;
use std::borrow::Cow;

/// What a device may allocate besides what follows from lengths.
const FIXED: usize = 64 << 10;
/// What it may keep for an open connection: what came of a message, and what waits to be sent.
const OF_A_LINE: usize = 128 << 10;

/// What the device keeps since the conversation began, if that is measured.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    pub meter: Option<Meter>,
    kept: isize,
}

impl Memory {
    /// At the beginning of a conversation.
    pub(super) fn of(meter: Option<Meter>) -> Self {
        Memory { meter, kept: 0 }
    }

    /// What the device does without an answer.
    pub(super) fn during<R>(&mut self, call: impl FnOnce() -> R) -> R {
        let held = || self.meter.map_or(0, |meter| (meter.held)());
        let before = held();
        let result = call();
        self.kept += held() - before;
        result
    }

    /// What it does with so many bytes that it was sent, and whether it took too much for that.
    pub(super) fn asked(&mut self, bytes: usize, call: impl FnOnce() -> Reply) -> (Reply, Option<Raised>) {
        if let Some(meter) = self.meter {
            (meter.start)();
        }
        let reply = self.during(call);
        let Some(meter) = self.meter else { return (reply, None) };
        let peak = (meter.peak)();
        // An answer is not the device's any more.
        self.kept -= reply.bytes.capacity() as isize;
        let most = 4 * (bytes + reply.bytes.len()) + FIXED;
        let what = || format!("{peak} bytes at the peak, {most} allowed for {bytes} that were said");
        let over = (peak > most).then(|| Raised::new(Kind::OverBudget, what()));
        (reply, over)
    }

    /// What it says by itself.
    pub(super) fn told(&mut self, call: impl FnOnce() -> Vec<(Line, Reply)>) -> Vec<(Line, Reply)> {
        let said = self.during(call);
        let paths = said.iter().map(|(line, _)| if let Cow::Owned(path) = &line.path { path.capacity() } else { 0 });
        let replies = said.iter().map(|(_, reply)| reply.bytes.capacity());
        let heap = said.capacity() * size_of::<(Line, Reply)>() + paths.chain(replies).sum::<usize>();
        if self.meter.is_some() {
            self.kept -= heap as isize;
        }
        said
    }

    /// Whether it keeps too much: several libraries, the largest of which has so many bytes, in memory
    /// that may have grown by doubling, and what is needed for so many connections.
    pub(super) fn keeps_too_much(&self, library: usize, lines: usize) -> Option<Raised> {
        let most = 16 * library + FIXED + OF_A_LINE * lines;
        let what = || format!("{} bytes kept since the conversation began, {most} allowed", self.kept);
        (self.kept > most as isize).then(|| Raised::new(Kind::OverBudget, what()))
    }
}
