//! The reference pump, linked into the process, with libraries of one format or another.

use crate::answer::{SILENT, answer};
use crate::memory::{HeldSlots, Memory, Power};
use infuzz::device::{Answer, Capabilities, Device, Held, LookUp, Observation, Request, Resolution, Which};
use pump::{Error, LibraryFormat, Pump, Slot, Storage};

/// Bytes per chunk of a transfer.
const CHUNK: usize = 1024;

/// What a pump that is linked into the process does with libraries of a format, and with messages.
pub trait InProcessFormat: LibraryFormat {
    /// Whether the pump can write a library anew.
    const REWRITES: bool;
    /// The bytes of a library.
    fn bytes<'a>(library: &'a Self::Library<'_>) -> &'a [u8];
    /// The first entry of a library with exactly this key.
    fn look_up(library: &Self::Library<'_>, key: &[Vec<u8>]) -> LookUp;
    /// The library written anew.
    fn rewrite(_library: &Self::Library<'_>) -> Option<Held> {
        None
    }
    /// The answer to a message on a path, which may be held against a library.
    fn message(_path: &str, _bytes: &[u8], _library: Option<Self::Library<'_>>) -> Answer {
        SILENT
    }
}

/// The reference pump with its storage in memory.
#[derive(Clone, Debug)]
pub struct InProcess<F: LibraryFormat> {
    pump: Pump<Memory, F>,
    snapshots: Vec<Pump<Memory, F>>,
    power: Power,
    /// Holds messages against the library in use.
    looks_up: bool,
    held: HeldSlots,
}

impl<F: InProcessFormat> InProcess<F> {
    /// A new pump without a library.
    pub fn new() -> Self {
        let power = Power::default();
        let pump = Pump::power_on_for(Memory::on(&power));
        InProcess { pump, snapshots: Vec::new(), power, looks_up: false, held: HeldSlots::default() }
    }

    /// Also looks at what messages refer to in the library in use.
    pub fn looking_up(self) -> Self {
        InProcess { looks_up: true, ..self }
    }

    /// The slot that a library stands in.
    fn slot_of(&self, library: Option<F::Library<'_>>) -> Option<Slot> {
        self.pump.manager().storage().slot_at(F::bytes(&library?))
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.pump.begin(u32::try_from(bytes.len()).unwrap_or(u32::MAX))?;
        let mut offset = 0u32;
        for chunk in bytes.chunks(CHUNK) {
            self.pump.chunk(offset, chunk)?;
            offset = offset.saturating_add(chunk.len() as u32);
        }
        self.pump.finish().map(|_| ())
    }
}

impl<F: InProcessFormat> Default for InProcess<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: InProcessFormat> Device for InProcess<F> {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            libraries: true,
            therapy: true,
            restart: true,
            activate: true,
            look_up: true,
            snapshot: true,
            reasons: true,
            memory: true,
            transfer: true,
            power_cut: true,
            rewrite: F::REWRITES,
            damage: true,
            network: false,
            cyclic: false,
            resolution: Resolution::default(),
        }
    }

    fn reset(&mut self) {
        self.power.damage(None);
        self.power.fail_after(None, false);
        self.held = HeldSlots::default();
        self.pump = Pump::power_on_for(Memory::on(&self.power));
    }

    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        answer(self.receive(bytes))
    }

    fn activate(&mut self) -> Answer {
        answer(self.pump.activate())
    }

    fn restart(&mut self) {
        let pump = std::mem::replace(&mut self.pump, Pump::power_on_for(Memory::default()));
        self.pump = Pump::power_on_for(pump.into_storage());
    }

    fn start(&mut self, rate: u32, vtbi: u32) {
        self.pump.start(rate, vtbi);
    }

    fn stop(&mut self) {
        self.pump.stop();
    }

    fn tick(&mut self, milliseconds: u32) {
        self.pump.tick(milliseconds);
    }

    fn observe(&mut self) -> Observation {
        let (active, staged) = (self.slot_of(self.pump.active()), self.slot_of(self.pump.staged()));
        self.held.observation(self.pump.manager().storage(), [active, staged], self.pump.therapy())
    }

    fn send(&mut self, path: &str, bytes: &[u8]) -> Answer {
        F::message(path, bytes, self.pump.active().filter(|_| self.looks_up))
    }

    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        self.pump.active().map_or(LookUp::Absent, |library| F::look_up(&library, key))
    }

    fn snapshot(&mut self) -> usize {
        self.snapshots.push(self.pump.clone());
        self.snapshots.len() - 1
    }

    fn restore(&mut self, snapshot: usize) {
        if let Some(pump) = self.snapshots.get(snapshot) {
            self.pump = pump.clone();
            self.power.damage(None);
            self.power.fail_after(None, false);
            self.held = HeldSlots::default();
        }
    }

    fn rewrite(&mut self) -> Option<Held> {
        self.pump.active().and_then(|library| F::rewrite(&library))
    }

    fn capacity(&self) -> Option<u32> {
        Some(self.pump.manager().storage().capacity())
    }

    fn request(&mut self, request: &Request) -> Answer {
        answer(match request {
            Request::Begin(length) => self.pump.begin(*length),
            Request::Chunk(offset, bytes) => self.pump.chunk(*offset, bytes),
            Request::Finish => self.pump.finish().map(|_| ()),
            Request::Abort => self.pump.abort(),
            Request::Activate => self.pump.activate(),
        })
    }

    fn damage(&mut self, which: Which) {
        let slot = self.slot_of(match which {
            Which::Active => self.pump.active(),
            Which::Staged => self.pump.staged(),
        });
        self.power.damage(slot);
    }

    fn fail_power_after(&mut self, writes: Option<u32>, torn: bool) {
        self.power.fail_after(writes, torn);
    }
}
