//! The device's end of a connection: which requests it takes, and what it answers in which blocks.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::format;
use alloc::vec::Vec;

use super::address::Address;
use super::blocks::Blocks;
use super::frame::{self, AROUND, BedId, Frame, MOST, MOST_BED, control};
use super::receiver::{Arrival, Receiver};
use super::refusal::Rule;
use super::request::Request;
use super::station::{Slot, Station};

/// Bytes that may wait to be sent.
pub const SEND_BUFFER: usize = 96 * 1024;
/// The version that the device answers with.
const VERSION: &str = "V3.36";
/// Bytes of a frame as it travels after which it is no longer waited for.
pub const LARGEST_REQUEST: usize = 1_024;

/// Codes of GNERR.
mod code {
    pub(super) const NOTHING: u32 = 11;
    pub(super) const REMOVED: u32 = 39;
    pub(super) const PUMP: u32 = 40;
    pub(super) const TOPOLOGY: u32 = 50;
    pub(super) const SYNTAX: u32 = 68;
    pub(super) const ADDRESS: u32 = 811;
}

/// When the device sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// When it is asked.
    OnRequest,
    /// In each period, and when a trigger parameter changes, once the link is open.
    Cyclic {
        /// The period.
        period_ms: u32,
    },
}

impl Mode {
    /// A cycle of 5 s.
    pub const CYCLIC: Mode = Mode::Cyclic { period_ms: 5_000 };
}

/// How a device is set up.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The bed id that it answers with.
    pub bed: BedId,
    /// Frames are stuffed.
    pub stuffed: bool,
    /// When it sends.
    pub mode: Mode,
    /// Most bytes of the information of a block; one quadruple is never cut.
    pub most_per_block: usize,
    /// Also reports pumps that do not answer (4x) and slots in the wrong place (5x).
    pub extended_errors: bool,
    /// After so many milliseconds without a byte an unfinished frame is dropped.
    pub time_out_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            bed: BedId::FIRST,
            stuffed: true,
            mode: Mode::OnRequest,
            most_per_block: 1_000,
            extended_errors: false,
            time_out_ms: 1_000,
        }
    }
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Connection {
    /// It stays.
    Kept,
    /// More waits to be sent than the buffer holds: it is closed, and the next one begins anew.
    Dropped,
}

/// The device's end of one connection.
#[derive(Debug, Clone)]
pub struct Link<S> {
    station: S,
    settings: Settings,
    receiver: Receiver,
    /// A host opened it.
    open: bool,
    /// The pumps that were there when they were last asked.
    there: BTreeSet<Address>,
    /// What follows the last block.
    blocks: Blocks,
    /// The last block as it travelled.
    last: Vec<u8>,
    /// Blocks of cycles that wait for the last one to be acknowledged.
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    /// The last block of a cycle is not acknowledged.
    owed: bool,
    since_cycle_ms: u64,
}

impl<S: Station> Link<S> {
    /// A connection that just began.
    pub fn new(station: S, settings: Settings) -> Self {
        Link {
            station,
            settings,
            receiver: Receiver::new(LARGEST_REQUEST, settings.time_out_ms),
            open: false,
            there: BTreeSet::new(),
            blocks: Blocks::default(),
            last: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            owed: false,
            since_cycle_ms: 0,
        }
    }

    /// The station behind it.
    pub fn station(&mut self) -> &mut S {
        &mut self.station
    }

    /// Whether a host has opened it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Bytes arrive; what is sent is appended.
    pub fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Connection {
        let before = out.len();
        for byte in bytes {
            match self.receiver.take(*byte) {
                None => continue,
                Some(Arrival::Frame(wire)) => self.frame(&wire, out),
                Some(Arrival::Ack) => self.acknowledged(out),
                Some(Arrival::Nak) => self.again(out),
            }
            if out.len().saturating_sub(before) > SEND_BUFFER {
                out.truncate(before);
                return self.dropped();
            }
        }
        Connection::Kept
    }

    /// Time goes by; what is sent is appended.
    pub fn tick(&mut self, milliseconds: u32, out: &mut Vec<u8>) -> Connection {
        self.receiver.tick(milliseconds);
        let Mode::Cyclic { period_ms } = self.settings.mode else { return Connection::Kept };
        if !self.open {
            return Connection::Kept;
        }
        self.since_cycle_ms = self.since_cycle_ms.saturating_add(u64::from(milliseconds));
        while let Some(address) = self.station.triggered() {
            self.wait(address);
        }
        let period_ms = u64::from(period_ms);
        if self.since_cycle_ms >= period_ms {
            self.since_cycle_ms = self.since_cycle_ms.checked_rem(period_ms).unwrap_or(0);
            Address::slots().for_each(|address| self.wait(address));
        }
        if self.waiting_bytes > SEND_BUFFER {
            return self.dropped();
        }
        if !self.owed && self.blocks.is_done() {
            self.send_waiting(out);
        }
        Connection::Kept
    }

    fn dropped(&mut self) -> Connection {
        self.receiver = Receiver::new(LARGEST_REQUEST, self.settings.time_out_ms);
        self.open = false;
        self.restart(Blocks::default());
        self.last = Vec::new();
        self.since_cycle_ms = 0;
        Connection::Dropped
    }

    /// Begins another answer; what waited goes.
    fn restart(&mut self, blocks: Blocks) {
        self.blocks = blocks;
        self.waiting = VecDeque::new();
        self.waiting_bytes = 0;
        self.owed = false;
    }

    fn frame(&mut self, wire: &[u8], out: &mut Vec<u8>) {
        let read = Frame::read(wire, self.settings.stuffed).map(|frame| {
            let bed = frame.bed();
            let own = self.open && bed == self.settings.bed.bytes();
            (own, bed == BedId::FIRST.bytes(), Request::read(&frame))
        });
        let answer = match read {
            Ok((own, first, Ok(Request::Alive))) if own || first => {
                self.open = true;
                self.since_cycle_ms = 0;
                Blocks::one(self.quadruple(Address::Device, ["GNACK", "0"]))
            }
            Ok((true, _, Ok(Request::Version))) => {
                Blocks::one(format!("{},50100,{VERSION}", self.station.seconds()).into_bytes())
            }
            Ok((true, _, Ok(Request::Get))) => self.all(),
            Ok((true, _, Ok(Request::GetSlot(address)))) => match self.is_empty(address) {
                true => self.error(Address::Device, code::ADDRESS),
                false => Blocks::about(core::iter::once(address)),
            },
            Ok((true, _, Err(refusal))) if refusal.rule == Rule::RequestSlot => {
                self.error(Address::Device, code::ADDRESS)
            }
            _ => {
                // A frame that is no request leaves the answer before it as it was.
                let mut error = self.error(Address::Device, code::SYNTAX);
                return self.send_of(&mut error, out);
            }
        };
        self.restart(answer);
        self.send_next(out);
    }

    /// Whether nothing was ever in a slot, as far as the host knows.
    fn is_empty(&self, address: Address) -> bool {
        self.station.slot(address) == Slot::Empty && !self.there.contains(&address)
    }

    /// The answer about the device and all pumps.
    fn all(&self) -> Blocks {
        if Address::slots().all(|address| self.is_empty(address)) {
            return self.error(Address::Device, code::NOTHING);
        }
        Blocks::about(core::iter::once(Address::Device).chain(Address::slots()))
    }

    fn quadruple(&self, address: Address, [name, value]: [&str; 2]) -> Vec<u8> {
        let seconds = format!("{}", self.station.seconds());
        [seconds.as_bytes(), &address.text(), name.as_bytes(), value.as_bytes()].join(&b',')
    }

    fn error(&self, address: Address, code: u32) -> Blocks {
        Blocks::one(self.quadruple(address, ["GNERR", &format!("{code}")]))
    }

    /// All quadruples about one pump, or the device. What no frame can hold is left out.
    fn report(&mut self, address: Address) -> VecDeque<Vec<u8>> {
        let mut all = VecDeque::new();
        let slot = if address == Address::Device { Slot::Pump } else { self.station.slot(address) };
        let error = match slot {
            Slot::Pump => {
                self.station.parameters(address, &mut |name, value| {
                    let quadruple = self.quadruple(address, [name, value]);
                    let held = quadruple.len() <= MOST.saturating_sub(AROUND).saturating_sub(MOST_BED);
                    if held && !name.contains(',') && !quadruple.iter().any(|byte| control::ALL.contains(byte)) {
                        all.push_back(quadruple);
                    }
                });
                self.there.insert(address);
                return all;
            }
            Slot::Silent(how) if self.settings.extended_errors => Some(code::PUMP.saturating_add(u32::from(how % 10))),
            Slot::Misplaced(how) if self.settings.extended_errors => {
                Some(code::TOPOLOGY.saturating_add(u32::from(how % 10)))
            }
            _ => None,
        };
        // It is gone once.
        if self.there.remove(&address) {
            all.push_back(self.quadruple(address, ["GNERR", &format!("{}", code::REMOVED)]));
        }
        all.extend(error.map(|code| self.quadruple(address, ["GNERR", &format!("{code}")])));
        all
    }

    /// The next block of an answer as it travels.
    fn block(&mut self, blocks: &mut Blocks) -> Option<Vec<u8>> {
        let most = self.settings.most_per_block;
        let (information, is_last) = blocks.next(most, |address| self.report(address))?;
        let mut wire = Vec::new();
        frame::write(self.settings.bed.bytes(), &information, is_last, self.settings.stuffed, &mut wire).ok()?;
        Some(wire)
    }

    fn send(&mut self, wire: Vec<u8>, out: &mut Vec<u8>) {
        out.extend_from_slice(&wire);
        self.last = wire;
    }

    fn send_of(&mut self, blocks: &mut Blocks, out: &mut Vec<u8>) {
        if let Some(wire) = self.block(blocks) {
            self.send(wire, out);
        }
    }

    /// Sends the next block of the answer; one about which there is nothing to say says so.
    fn send_next(&mut self, out: &mut Vec<u8>) {
        let mut blocks = core::mem::take(&mut self.blocks);
        let wire = self.block(&mut blocks);
        self.blocks = blocks;
        match wire {
            Some(wire) => self.send(wire, out),
            None => {
                let mut nothing = self.error(Address::Device, code::NOTHING);
                self.send_of(&mut nothing, out);
            }
        }
    }

    /// The blocks about a pump wait for the last one to be acknowledged.
    fn wait(&mut self, address: Address) {
        if self.is_empty(address) {
            return;
        }
        let mut blocks = Blocks::about(core::iter::once(address));
        while self.waiting_bytes <= SEND_BUFFER
            && let Some(wire) = self.block(&mut blocks)
        {
            self.waiting_bytes = self.waiting_bytes.saturating_add(wire.len());
            self.waiting.push_back(wire);
        }
    }

    fn send_waiting(&mut self, out: &mut Vec<u8>) -> bool {
        let wire = self.waiting.pop_front();
        self.owed = wire.is_some();
        if let Some(wire) = wire {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(wire.len());
            self.send(wire, out);
        }
        self.owed
    }

    /// The host has the last block and wants the next.
    fn acknowledged(&mut self, out: &mut Vec<u8>) {
        if !self.open {
            return;
        }
        let of_cycle = core::mem::take(&mut self.owed);
        if !self.blocks.is_done() || (!self.send_waiting(out) && !of_cycle) {
            self.send_next(out);
        }
    }

    /// The host did not get the last block.
    fn again(&mut self, out: &mut Vec<u8>) {
        if !self.open {
            return;
        }
        if self.last.is_empty() {
            return self.send_next(out);
        }
        out.extend_from_slice(&self.last);
    }
}
