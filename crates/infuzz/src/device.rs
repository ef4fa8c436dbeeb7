//! The contract of a device under test: bytes in, an answer and a few numbers out.

use crate::finding::Raised;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::num::NonZeroU32;

/// What a device said to an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Yes, no, or nothing.
    pub outcome: Outcome,
    /// Why not.
    pub reason: Option<Reason>,
}

impl Answer {
    /// Bytes that it has allocated.
    pub(crate) fn heap(&self) -> usize {
        self.reason.as_ref().map_or(0, |reason| {
            let rule = if let Cow::Owned(rule) = &reason.rule { rule.capacity() } else { 0 };
            rule + reason.field.capacity()
        })
    }
}

/// The kinds of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A positive answer.
    Accepted,
    /// A negative answer.
    Refused,
    /// No answer.
    Silent,
}

impl Outcome {
    /// `accept`, `refuse` or `none`.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Accepted => "accept",
            Outcome::Refused => "refuse",
            Outcome::Silent => "none",
        }
    }
}

/// Why a device says it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule, by the format document's id.
    pub rule: Cow<'static, str>,
    /// The field's path.
    pub field: String,
    /// Its first byte.
    pub offset: Option<u32>,
}

/// A library as a device holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    /// [`digest`] of its bytes.
    pub digest: u64,
    /// Its length.
    pub length: u32,
}

impl Held {
    /// What a device that holds exactly these bytes reports.
    pub fn of(bytes: &[u8]) -> Self {
        Held { digest: digest(bytes), length: bytes.len() as u32 }
    }
}

/// What can be seen of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Observation {
    /// The library in use.
    pub active: Option<Held>,
    /// The library that waits to be used.
    pub staged: Option<Held>,
    /// Whether a therapy runs.
    pub running: bool,
    /// Rate in ten-thousandths of ml/h.
    pub rate: u64,
    /// Volume to be infused in ten-thousandths of ml.
    pub vtbi: u64,
    /// Volume infused in ten-thousandths of ml.
    pub infused: u64,
    /// Rate and volume of the order that waits for a person, if one does.
    pub proposed: Option<[u64; 2]>,
    /// What a person is called for, as bits.
    pub alarms: u8,
    /// The volume has been infused, and the vein is kept open.
    pub keeps_open: bool,
    /// Rate and volume of the bolus that is given.
    pub bolus: Option<[u64; 2]>,
    /// Minutes of standby that are left, the last one not being over.
    pub standby: u32,
}

/// What a person does at the bedside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Act {
    /// Starts a therapy of [`Act::RATE`] and [`Act::VOLUME`].
    Start,
    /// Stops it.
    Stop,
    /// Goes on with one that was stopped.
    Resume,
    /// Gives a bolus of [`Act::BOLUS_RATE`] and [`Act::BOLUS_VOLUME`].
    Bolus,
    /// Puts the device on standby for [`Act::STANDBY_MINUTES`].
    Standby,
    /// There is air in the line.
    Air,
    /// The line is occluded.
    Occlusion,
    /// Acknowledges all alarms.
    Acknowledge,
    /// Confirms the order that waits.
    Confirm,
    /// Rejects it.
    Reject,
}

impl Act {
    /// All of them, and how they are written.
    pub const ALL: [(Act, &'static str); 10] = [
        (Act::Start, "start"),
        (Act::Stop, "stop"),
        (Act::Resume, "resume"),
        (Act::Bolus, "bolus"),
        (Act::Standby, "standby"),
        (Act::Air, "air"),
        (Act::Occlusion, "occlusion"),
        (Act::Acknowledge, "acknowledge"),
        (Act::Confirm, "confirm"),
        (Act::Reject, "reject"),
    ];
    /// In ten-thousandths of ml/h; no multiple of anything.
    pub const RATE: u32 = 1_000_003;
    /// In ten-thousandths of a ml.
    pub const VOLUME: u32 = 5_000_000;
    /// In ten-thousandths of ml/h.
    pub const BOLUS_RATE: u32 = 6_000_007;
    /// In ten-thousandths of a ml.
    pub const BOLUS_VOLUME: u32 = 30_001;
    /// Less than some waits, more than others.
    pub const STANDBY_MINUTES: u32 = 5;
}

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// Nothing.
    Absent,
    /// An entry.
    Found,
    /// The entry whose bytes, as on the wire, have this [`digest`].
    Is(u64),
}

impl LookUp {
    /// Whether a device that found this found what it should have.
    pub fn agrees_with(self, expected: LookUp) -> bool {
        match (self, expected) {
            (LookUp::Found, expected) => expected != LookUp::Absent,
            (found, expected) => found == expected,
        }
    }
}

/// What a device can do beyond taking bytes. A verdict that needs more is *not observable*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// [`Device::observe`] tells active and staged library.
    pub libraries: bool,
    /// [`Device::observe`] tells the therapy, and it can be started and stopped.
    pub therapy: bool,
    /// [`Device::restart`] works.
    pub restart: bool,
    /// [`Device::activate`] works.
    pub activate: bool,
    /// [`Device::look_up`] works.
    pub look_up: bool,
    /// [`Device::snapshot`] and [`Device::restore`] work.
    pub snapshot: bool,
    /// Refusals name rule and field.
    pub reasons: bool,
    /// Memory use can be measured.
    pub memory: bool,
    /// [`Device::request`] works.
    pub transfer: bool,
    /// [`Device::fail_power_after`] works.
    pub power_cut: bool,
    /// [`Device::rewrite`] works.
    pub rewrite: bool,
    /// [`Device::damage`] works.
    pub damage: bool,
    /// [`Device::connect`] and [`Device::exchange`] work.
    pub network: bool,
    /// [`Device::report_cyclically`] and [`Device::said`] work.
    pub cyclic: bool,
    /// How finely [`Device::observe`] tells the volume infused.
    pub resolution: Resolution,
}

/// The step in which a device shows a volume, in ten-thousandths of a ml; 1 unless it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution(NonZeroU32);

impl Resolution {
    /// None for 0.
    pub fn new(step: u32) -> Option<Self> {
        NonZeroU32::new(step).map(Resolution)
    }

    /// The step.
    pub fn get(self) -> u64 {
        u64::from(self.0.get())
    }
}

impl Default for Resolution {
    fn default() -> Self {
        Resolution(NonZeroU32::MIN)
    }
}

impl Capabilities {
    /// Without those that show nothing for lack of others: a library that never comes into use is
    /// neither looked up nor written anew.
    pub fn usable(self) -> Self {
        let used = self.restart || self.activate;
        Capabilities { look_up: self.look_up && used, rewrite: self.rewrite && used, ..self }
    }
}

/// A library that a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one in use.
    Active,
    /// The one that waits to be used.
    Staged,
}

/// A request to the receiver of libraries, as part of a transfer made by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Begins a transfer of so many bytes.
    Begin(u32),
    /// Bytes that start at an offset.
    Chunk(u32, Vec<u8>),
    /// Ends the transfer.
    Finish,
    /// Breaks the transfer off.
    Abort,
    /// Asks for the staged library to be used.
    Activate,
}

/// A connection to a device: the path, and a number that tells connections of a path apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// The path, which has the name of the format of what travels on it.
    pub path: Cow<'static, str>,
    /// The number.
    pub number: u8,
}

/// What a device said on a connection.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reply {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the device has closed the connection.
    pub closed: bool,
}

/// A device under test. One that only takes bytes has [`Device::capabilities`], [`Device::reset`] and
/// [`Device::deliver`]; the others belong to capabilities, and as they stand do nothing.
pub trait Device {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// Back to the state of a new device: no library, no therapy.
    fn reset(&mut self);
    /// Sends a file on the drug-library path and waits for the answer.
    fn deliver(&mut self, bytes: &[u8]) -> Answer;
    /// Sends a message on another path, which has the name of the message's format.
    fn send(&mut self, _path: &str, _bytes: &[u8]) -> Answer {
        Answer { outcome: Outcome::Silent, reason: None }
    }
    /// Asks for the staged library to be used.
    fn activate(&mut self) -> Answer {
        Answer { outcome: Outcome::Silent, reason: None }
    }
    /// Switches it off and on.
    fn restart(&mut self) {}
    /// Starts a therapy at the bedside, rate in ten-thousandths of ml/h and volume of ml.
    fn start(&mut self, _rate: u32, _vtbi: u32) {}
    /// Stops the therapy at the bedside.
    fn stop(&mut self) {}
    /// Does something at the bedside; what it cannot do changes nothing.
    fn act(&mut self, act: Act) {
        match act {
            Act::Start => self.start(Act::RATE, Act::VOLUME),
            Act::Stop => self.stop(),
            _ => {}
        }
    }
    /// Lets time pass.
    fn tick(&mut self, _milliseconds: u32) {}
    /// What can be seen of it.
    fn observe(&mut self) -> Observation {
        Observation::default()
    }
    /// The first entry of the library in use with exactly this key.
    fn look_up(&mut self, _key: &[Vec<u8>]) -> LookUp {
        LookUp::Absent
    }
    /// Remembers the present state; the result names it.
    fn snapshot(&mut self) -> usize {
        0
    }
    /// Back to a remembered state.
    fn restore(&mut self, _snapshot: usize) {}
    /// A snapshot is not needed any more; its number may be given to another one.
    fn release(&mut self, _snapshot: usize) {}
    /// The library in use as the device writes it anew from what it understood of it.
    fn rewrite(&mut self) -> Option<Held> {
        None
    }
    /// The longest library that it has room for, in bytes, if it says so.
    fn capacity(&self) -> Option<u32> {
        None
    }
    /// A single request to the receiver of libraries.
    fn request(&mut self, request: &Request) -> Answer {
        match request {
            Request::Activate => self.activate(),
            _ => Answer { outcome: Outcome::Silent, reason: None },
        }
    }
    /// Loses the last byte of a library that it holds, as worn-out memory may.
    fn damage(&mut self, _which: Which) {}
    /// From now on the power fails after so many writes to the device's memory; `torn`: of the
    /// next one a part is stored. None: the power is back.
    fn fail_power_after(&mut self, _writes: Option<u32>, _torn: bool) {}
    /// Opens a connection; one of the same line that is open is closed first. False: the device
    /// does not take it.
    fn connect(&mut self, _line: &Line) -> bool {
        false
    }
    /// Closes a connection.
    fn disconnect(&mut self, _line: &Line) {}
    /// Sends bytes on a connection and waits for all that is answered.
    fn exchange(&mut self, _line: &Line, _bytes: &[u8]) -> Reply {
        Reply { bytes: Vec::new(), closed: true }
    }
    /// Sets whether it reports by itself, in cycles of 5 s, from the next restart on. A device that is
    /// reset does not.
    fn report_cyclically(&mut self, _cyclic: bool) {}
    /// What it has said by itself since this was asked last, each connection once, and whether it has
    /// closed the connection after that.
    fn said(&mut self) -> Vec<(Line, Reply)> {
        Vec::new()
    }
    /// What has befallen a device outside this process since its last reset, such as a crash or a
    /// hang. Whatever it is asked after that has no answer until it is reset.
    fn fault(&mut self) -> Option<Raised> {
        None
    }
}

impl<D: Device + ?Sized> Device for Box<D> {
    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }
    fn reset(&mut self) {
        (**self).reset();
    }
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        (**self).deliver(bytes)
    }
    fn send(&mut self, path: &str, bytes: &[u8]) -> Answer {
        (**self).send(path, bytes)
    }
    fn activate(&mut self) -> Answer {
        (**self).activate()
    }
    fn restart(&mut self) {
        (**self).restart();
    }
    fn start(&mut self, rate: u32, vtbi: u32) {
        (**self).start(rate, vtbi);
    }
    fn stop(&mut self) {
        (**self).stop();
    }
    fn act(&mut self, act: Act) {
        (**self).act(act);
    }
    fn tick(&mut self, milliseconds: u32) {
        (**self).tick(milliseconds);
    }
    fn observe(&mut self) -> Observation {
        (**self).observe()
    }
    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        (**self).look_up(key)
    }
    fn snapshot(&mut self) -> usize {
        (**self).snapshot()
    }
    fn restore(&mut self, snapshot: usize) {
        (**self).restore(snapshot);
    }
    fn release(&mut self, snapshot: usize) {
        (**self).release(snapshot);
    }
    fn rewrite(&mut self) -> Option<Held> {
        (**self).rewrite()
    }
    fn capacity(&self) -> Option<u32> {
        (**self).capacity()
    }
    fn request(&mut self, request: &Request) -> Answer {
        (**self).request(request)
    }
    fn damage(&mut self, which: Which) {
        (**self).damage(which);
    }
    fn fail_power_after(&mut self, writes: Option<u32>, torn: bool) {
        (**self).fail_power_after(writes, torn);
    }
    fn connect(&mut self, line: &Line) -> bool {
        (**self).connect(line)
    }
    fn disconnect(&mut self, line: &Line) {
        (**self).disconnect(line);
    }
    fn exchange(&mut self, line: &Line, bytes: &[u8]) -> Reply {
        (**self).exchange(line, bytes)
    }
    fn report_cyclically(&mut self, cyclic: bool) {
        (**self).report_cyclically(cyclic);
    }
    fn said(&mut self) -> Vec<(Line, Reply)> {
        (**self).said()
    }
    fn fault(&mut self) -> Option<Raised> {
        (**self).fault()
    }
}

/// A 64-bit digest of a library's bytes, for comparing what a device holds with what was sent.
/// It is no protection against an adversary.
pub fn digest(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = K ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(K);
    }
    for byte in rest {
        hash = (hash.rotate_left(23) ^ u64::from(*byte)).wrapping_mul(K);
    }
    hash ^ hash >> 29
}
