//! The reference pump on a network, linked into the process: its connections are calls.

use crate::answer::answer;
use crate::memory::{HeldSlots, Memory, Power};
use infuzz::device::{Act, Answer, Capabilities, Device, Line, Observation, Reply};
use pump::network::{Connection, NetworkPump, Path, Settings};
use pump::transfer::Key;
use pump::{Alarm, Error, Storage};

/// The key that it has, which only tests ever have.
pub const KEY: [u8; 32] = *b"a key that only tests ever have.";

/// What it draws from when it is switched on for the nth time.
fn seed(times: u64) -> [u8; 32] {
    let mut seed = [0x17; 32];
    seed[..8].copy_from_slice(&times.to_le_bytes());
    seed
}

/// The reference pump with its connections.
#[derive(Clone, Debug)]
pub struct Networked {
    pump: NetworkPump<Memory>,
    power: Power,
    /// How often it was switched on.
    times: u64,
    snapshots: Vec<Option<(NetworkPump<Memory>, u64, HeldSlots)>>,
    held: HeldSlots,
}

impl Networked {
    /// A new pump without a library.
    pub fn new() -> Self {
        let power = Power::default();
        let pump = NetworkPump::power_on(Memory::on(&power), Key::from(KEY), seed(0), Settings::default());
        Networked { pump, power, times: 0, snapshots: Vec::new(), held: HeldSlots::default() }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let pump = self.pump.bedside();
        pump.begin(u32::try_from(bytes.len()).unwrap_or(u32::MAX))?;
        pump.chunk(0, bytes)?;
        pump.finish().map(|_| ())
    }
}

impl Default for Networked {
    fn default() -> Self {
        Self::new()
    }
}

/// The number of a line among all connections; none: the pump has no such path.
fn numbered(line: &Line) -> Option<(Path, u32)> {
    match &*line.path {
        "library-transfer" => Some((Path::Transfer, u32::from(line.number))),
        "bcc" => Some((Path::Bcc, u32::from(line.number))),
        "order" => Some((Path::Order, u32::from(line.number))),
        _ => None,
    }
}

impl Device for Networked {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            libraries: true,
            therapy: true,
            restart: true,
            activate: true,
            snapshot: true,
            reasons: true,
            memory: true,
            power_cut: true,
            network: true,
            ..Capabilities::default()
        }
    }

    fn reset(&mut self) {
        *self = Networked { snapshots: std::mem::take(&mut self.snapshots), ..Self::new() };
    }

    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        answer(self.receive(bytes))
    }

    fn activate(&mut self) -> Answer {
        answer(self.pump.bedside().activate())
    }

    fn restart(&mut self) {
        self.times += 1;
        let on = |storage, times| NetworkPump::power_on(storage, Key::from(KEY), seed(times), Settings::default());
        let pump = std::mem::replace(&mut self.pump, on(Memory::default(), 0));
        self.pump = on(pump.into_storage(), self.times);
    }

    fn start(&mut self, rate: u32, vtbi: u32) {
        self.pump.bedside().start(rate, vtbi);
    }

    fn stop(&mut self) {
        self.pump.bedside().stop();
    }

    fn act(&mut self, act: Act) {
        let bedside = self.pump.bedside();
        // What came of it is to be seen.
        let _ = match act {
            Act::Start => bedside.start(Act::RATE, Act::VOLUME),
            Act::Resume => bedside.resume(),
            Act::Bolus => bedside.bolus(Act::BOLUS_RATE, Act::BOLUS_VOLUME),
            Act::Standby => bedside.standby(Act::STANDBY_MINUTES),
            Act::Confirm => self.pump.confirm().is_some(),
            Act::Stop => return bedside.stop(),
            Act::Air => return bedside.raise(Alarm::Air),
            Act::Occlusion => return bedside.raise(Alarm::Occlusion),
            Act::Acknowledge => return bedside.acknowledge(),
            Act::Reject => return self.pump.reject(),
        };
    }

    fn tick(&mut self, milliseconds: u32) {
        self.pump.tick(milliseconds, &mut |_, _, _| {});
    }

    fn observe(&mut self) -> Observation {
        let pump = self.pump.pump();
        let storage = pump.manager().storage();
        let slots = [pump.active(), pump.staged()].map(|library| storage.slot_at(library?.bytes()));
        let proposed = self.pump.proposal().map(|order| [u64::from(order.rate), u64::from(order.volume)]);
        let therapy = pump.therapy();
        Observation {
            proposed,
            alarms: pump.alarms().bits(),
            keeps_open: therapy.is_kvo(),
            bolus: therapy.bolus().map(|bolus| [bolus.rate, bolus.volume].map(u64::from)),
            standby: pump.standby_left(),
            ..self.held.observation(storage, slots, therapy)
        }
    }

    fn snapshot(&mut self) -> usize {
        let free = self.snapshots.iter().position(Option::is_none).unwrap_or_else(|| {
            self.snapshots.push(None);
            self.snapshots.len() - 1
        });
        self.snapshots[free] = Some((self.pump.clone(), self.times, self.held));
        free
    }

    fn restore(&mut self, snapshot: usize) {
        if let Some(Some((pump, times, held))) = self.snapshots.get(snapshot) {
            (self.pump, self.times, self.held) = (pump.clone(), *times, *held);
            self.power.damage(None);
            self.power.fail_after(None, false);
        }
    }

    fn release(&mut self, snapshot: usize) {
        if let Some(held) = self.snapshots.get_mut(snapshot) {
            *held = None;
        }
    }

    fn capacity(&self) -> Option<u32> {
        Some(self.pump.pump().manager().storage().capacity())
    }

    fn fail_power_after(&mut self, writes: Option<u32>, torn: bool) {
        self.power.fail_after(writes, torn);
    }

    fn connect(&mut self, line: &Line) -> bool {
        numbered(line).is_some_and(|(path, number)| self.pump.connect(path, number) == Connection::Open)
    }

    fn disconnect(&mut self, line: &Line) {
        if let Some((path, number)) = numbered(line) {
            self.pump.disconnect(path, number);
        }
    }

    fn exchange(&mut self, line: &Line, bytes: &[u8]) -> Reply {
        let mut reply = Reply { bytes: Vec::new(), closed: true };
        if let Some((path, number)) = numbered(line) {
            reply.closed = self.pump.receive(path, number, bytes, &mut reply.bytes) == Connection::Closed;
        }
        reply
    }
}
