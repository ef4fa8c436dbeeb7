//! The reference pump on a network, linked into the process: its connections are calls.

use crate::answer::answer;
use crate::memory::{HeldSlots, Memory, Power};
use infuzz::device::{Act, Answer, Capabilities, Device, Line, Observation, Reply};
use pump::bcc;
use pump::network::{Connection, Deed, NetworkPump, Path, Settings};
use pump::transfer::Key;
use pump::{Alarm, Error, Storage};

/// The key that it has, which only tests ever have.
pub const KEY: [u8; 32] = *b"a key that only tests ever have.";

/// The paths by their names.
const PATHS: [(&str, Path); 3] = [("library-transfer", Path::Transfer), ("bcc", Path::Bcc), ("order", Path::Order)];

/// What it draws from when it is switched on for the nth time.
fn seed(times: u64) -> [u8; 32] {
    let mut seed = [0x17; 32];
    seed[..8].copy_from_slice(&times.to_le_bytes());
    seed
}

/// The reference pump with its connections.
#[derive(Clone, Debug)]
pub struct Networked {
    now: Now,
    power: Power,
    snapshots: Vec<Option<(Now, HeldSlots)>>,
    held: HeldSlots,
}

/// The state that it is in.
#[derive(Clone, Debug)]
struct Now {
    pump: NetworkPump<Memory>,
    /// How often it was switched on.
    times: u64,
    /// It reports over BCC in cycles when it is switched on again.
    cyclic: bool,
    /// What it said by itself since it was asked.
    said: Vec<(Line, Reply)>,
}

impl Networked {
    /// A new pump without a library.
    pub fn new() -> Self {
        let power = Power::default();
        let pump = power_on(Memory::on(&power), 0, false);
        let now = Now { pump, times: 0, cyclic: false, said: Vec::new() };
        Networked { now, power, snapshots: Vec::new(), held: HeldSlots::default() }
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let pump = self.now.pump.bedside();
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

/// A pump that is switched on for the nth time.
fn power_on(storage: Memory, times: u64, cyclic: bool) -> NetworkPump<Memory> {
    let mut settings = Settings::default();
    if cyclic {
        settings.bcc.mode = bcc::Mode::CYCLIC;
    }
    NetworkPump::power_on(storage, Key::from(KEY), seed(times), settings)
}

/// The connection of a path of the pump with this number.
fn line(path: Path, number: u32) -> Option<Line> {
    let (name, _) = PATHS.iter().find(|(_, known)| *known == path)?;
    Some(Line { path: (*name).into(), number: u8::try_from(number).ok()? })
}

/// The number of a line among all connections; none: the pump has no such path.
fn numbered(line: &Line) -> Option<(Path, u32)> {
    let (_, path) = PATHS.iter().find(|(name, _)| *name == line.path)?;
    Some((*path, u32::from(line.number)))
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
            cyclic: true,
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
        answer(self.now.pump.bedside().activate())
    }

    fn restart(&mut self) {
        let now = &mut self.now;
        now.times += 1;
        now.said.clear();
        let pump = std::mem::replace(&mut now.pump, power_on(Memory::default(), 0, false));
        now.pump = power_on(pump.into_storage(), now.times, now.cyclic);
    }

    fn start(&mut self, rate: u32, vtbi: u32) {
        self.now.pump.bedside().start(rate, vtbi);
    }

    fn stop(&mut self) {
        self.now.pump.bedside().stop();
    }

    fn act(&mut self, act: Act) {
        let bedside = self.now.pump.bedside();
        // What came of it is to be seen.
        let _ = match act {
            Act::Start => bedside.start(Act::RATE, Act::VOLUME),
            Act::Resume => bedside.resume(),
            Act::Bolus => bedside.bolus(Act::BOLUS_RATE, Act::BOLUS_VOLUME),
            Act::Standby => bedside.standby(Act::STANDBY_MINUTES),
            Act::Confirm => self.now.pump.confirm().is_some(),
            Act::Stop => return bedside.stop(),
            Act::Air => return bedside.raise(Alarm::Air),
            Act::Occlusion => return bedside.raise(Alarm::Occlusion),
            Act::Acknowledge => return bedside.acknowledge(),
            Act::Reject => return self.now.pump.reject(),
        };
    }

    fn tick(&mut self, milliseconds: u32) {
        let Now { pump, said, .. } = &mut self.now;
        pump.tick(milliseconds, &mut |path, number, deed| {
            let Some(line) = line(path, number) else { return };
            let at = said.iter().position(|(known, _)| *known == line).unwrap_or(said.len());
            if at == said.len() {
                said.push((line, Reply::default()));
            }
            let Some((_, reply)) = said.get_mut(at) else { return };
            match deed {
                Deed::Sends(bytes) => reply.bytes.extend_from_slice(bytes),
                Deed::Closes => reply.closed = true,
            }
        });
    }

    fn observe(&mut self) -> Observation {
        let pump = self.now.pump.pump();
        let storage = pump.manager().storage();
        let slots = [pump.active(), pump.staged()].map(|library| storage.slot_at(library?.bytes()));
        let proposed = self.now.pump.proposal().map(|order| [u64::from(order.rate), u64::from(order.volume)]);
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
        self.snapshots[free] = Some((self.now.clone(), self.held));
        free
    }

    fn restore(&mut self, snapshot: usize) {
        if let Some(Some((then, held))) = self.snapshots.get(snapshot) {
            (self.now, self.held) = (then.clone(), *held);
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
        Some(self.now.pump.pump().manager().storage().capacity())
    }

    fn fail_power_after(&mut self, writes: Option<u32>, torn: bool) {
        self.power.fail_after(writes, torn);
    }

    fn connect(&mut self, line: &Line) -> bool {
        numbered(line).is_some_and(|(path, number)| self.now.pump.connect(path, number) == Connection::Open)
    }

    fn disconnect(&mut self, line: &Line) {
        if let Some((path, number)) = numbered(line) {
            self.now.pump.disconnect(path, number);
        }
    }

    fn exchange(&mut self, line: &Line, bytes: &[u8]) -> Reply {
        let mut reply = Reply { bytes: Vec::new(), closed: true };
        if let Some((path, number)) = numbered(line) {
            reply.closed = self.now.pump.receive(path, number, bytes, &mut reply.bytes) == Connection::Closed;
        }
        reply
    }

    fn report_cyclically(&mut self, cyclic: bool) {
        self.now.cyclic = cyclic;
    }

    fn said(&mut self) -> Vec<(Line, Reply)> {
        std::mem::take(&mut self.now.said)
    }
}
