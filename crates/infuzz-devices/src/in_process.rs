//! The reference pump, linked into the process.

use crate::memory::{Memory, Power};
use infuzz::device::{
    Answer, Capabilities, Device, Held, LookUp, Observation, Outcome, Reason, Request, Which, digest,
};
use pump::{Error, Library, Pump, Slot, Storage};

/// Bytes per chunk of a transfer.
const CHUNK: usize = 1024;

/// The reference pump with its storage in memory.
#[derive(Clone, Debug)]
pub struct PumpInProcess {
    pump: Pump<Memory>,
    snapshots: Vec<Pump<Memory>>,
    power: Power,
    /// What each slot held last, by its version: a digest takes time in proportion to the library.
    held: [Option<(u64, Held)>; 3],
}

impl PumpInProcess {
    /// A new pump without a library.
    pub fn new() -> Self {
        let power = Power::default();
        PumpInProcess { pump: Pump::power_on(Memory::on(&power)), snapshots: Vec::new(), power, held: [None; 3] }
    }

    /// The slot that a library stands in.
    fn slot_of(&self, library: Option<Library<'_>>) -> Option<Slot> {
        let start = library?.bytes().as_ptr();
        let storage = self.pump.manager().storage();
        Slot::ALL.into_iter().find(|slot| storage.slot(*slot).as_ptr() == start)
    }

    /// What a slot holds.
    fn held(&mut self, slot: Slot) -> Held {
        let storage = self.pump.manager().storage();
        let version = storage.version(slot);
        match self.held[slot as usize] {
            Some((known, held)) if known == version => held,
            _ => {
                let held = Held::of(storage.slot(slot));
                self.held[slot as usize] = Some((version, held));
                held
            }
        }
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

impl Default for PumpInProcess {
    fn default() -> Self {
        Self::new()
    }
}

fn answer(result: Result<(), Error>) -> Answer {
    match result {
        Ok(()) => Answer { outcome: Outcome::Accepted, reason: None },
        Err(error) => {
            let reason = error.refusal().map(|refusal| Reason {
                rule: refusal.rule.id().into(),
                field: refusal.path().to_string(),
                offset: Some(refusal.offset),
            });
            Answer { outcome: Outcome::Refused, reason }
        }
    }
}

impl Device for PumpInProcess {
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
            rewrite: true,
            damage: true,
        }
    }

    fn reset(&mut self) {
        self.power.damage(None);
        self.power.fail_after(None, false);
        self.held = [None; 3];
        self.pump = Pump::power_on(Memory::on(&self.power));
    }

    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        answer(self.receive(bytes))
    }

    fn activate(&mut self) -> Answer {
        answer(self.pump.activate())
    }

    fn restart(&mut self) {
        let pump = std::mem::replace(&mut self.pump, Pump::power_on(Memory::default()));
        self.pump = Pump::power_on(pump.into_storage());
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
        let (active, staged) = (active.map(|slot| self.held(slot)), staged.map(|slot| self.held(slot)));
        let therapy = self.pump.therapy();
        Observation {
            active,
            staged,
            running: therapy.is_running(),
            rate: u64::from(therapy.rate()),
            vtbi: u64::from(therapy.vtbi()),
            infused: u64::from(therapy.infused()),
        }
    }

    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        let [profile, drug] = key else { return LookUp::Absent };
        let (Ok(profile), Ok(drug)) = (std::str::from_utf8(profile), std::str::from_utf8(drug)) else {
            return LookUp::Absent;
        };
        let Some(setup) = self.pump.find_setup(profile, drug) else { return LookUp::Absent };
        let mut bytes = Vec::new();
        setup.emit(&mut bytes);
        LookUp::Is(digest(&bytes))
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
            self.held = [None; 3];
        }
    }

    fn rewrite(&mut self) -> Option<Held> {
        self.pump.active().map(|library| Held::of(&pump::encode(&library)))
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
