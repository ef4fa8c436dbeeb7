//! The readers of MIVA libraries, orders and frames, linked into the process, in front of two
//! places for a library.

use infuzz::device::{Answer, Capabilities, Device, Held, LookUp, Observation, Outcome, Reason, digest};
use pump::Therapy;
use pump::miva::{Index, Library, Refusal, validate, validate_frame, validate_order};
use std::sync::Arc;

/// A library that was found valid.
#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    index: Index,
    held: Held,
}

/// A device that holds an active and a staged library.
#[derive(Clone, Debug, Default)]
struct State {
    active: Option<Arc<Kept>>,
    staged: Option<Arc<Kept>>,
    therapy: Therapy,
}

/// The reader with an active and a staged library in memory. It keeps nothing over a power cut, and
/// receives a library in one piece.
#[derive(Clone, Debug, Default)]
pub struct MivaInProcess {
    state: State,
    snapshots: Vec<State>,
    looks_up: bool,
}

impl MivaInProcess {
    /// A new device without a library.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also looks at what orders refer to in the library in use.
    pub fn looking_up(self) -> Self {
        MivaInProcess { looks_up: true, ..self }
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let reason = Reason {
        rule: refusal.rule.id().into(),
        field: refusal.path.to_string(),
        offset: u32::try_from(refusal.offset).ok(),
    };
    Answer { outcome: Outcome::Refused, reason: Some(reason) }
}

impl Device for MivaInProcess {
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
            ..Capabilities::default()
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        let index = match validate(bytes) {
            Ok(index) => index,
            Err(refusal) => return refused(&refusal),
        };
        let is_active = self.state.active.as_ref().is_some_and(|active| active.bytes == bytes);
        let kept = || Arc::new(Kept { bytes: bytes.to_vec(), index, held: Held::of(bytes) });
        self.state.staged = (!is_active).then(kept);
        Answer { outcome: Outcome::Accepted, reason: None }
    }

    fn send(&mut self, path: &str, bytes: &[u8]) -> Answer {
        let library = self.state.active.as_ref().filter(|_| self.looks_up).map(|active| active.index);
        let result = match path {
            "miva-order" => validate_order(bytes, library),
            "miva-frame" => validate_frame(bytes),
            _ => return Answer { outcome: Outcome::Silent, reason: None },
        };
        match result {
            Ok(()) => Answer { outcome: Outcome::Accepted, reason: None },
            Err(refusal) => refused(&refusal),
        }
    }

    fn activate(&mut self) -> Answer {
        match self.state.staged.take() {
            Some(staged) if !self.state.therapy.is_running() => {
                self.state.active = Some(staged);
                Answer { outcome: Outcome::Accepted, reason: None }
            }
            staged => {
                self.state.staged = staged;
                Answer { outcome: Outcome::Refused, reason: None }
            }
        }
    }

    fn restart(&mut self) {
        self.state.therapy = Therapy::default();
        if let Some(staged) = self.state.staged.take_if(|staged| validate(&staged.bytes).is_ok()) {
            self.state.active = Some(staged);
        }
    }

    fn start(&mut self, rate: u32, vtbi: u32) {
        self.state.therapy.start(rate, vtbi);
    }

    fn stop(&mut self) {
        self.state.therapy.stop();
    }

    fn tick(&mut self, milliseconds: u32) {
        self.state.therapy.tick(milliseconds);
    }

    fn observe(&mut self) -> Observation {
        let held = |library: &Option<Arc<Kept>>| library.as_ref().map(|kept| kept.held);
        let therapy = &self.state.therapy;
        Observation {
            active: held(&self.state.active),
            staged: held(&self.state.staged),
            running: therapy.is_running(),
            rate: u64::from(therapy.rate()),
            vtbi: u64::from(therapy.vtbi()),
            infused: u64::from(therapy.infused()),
        }
    }

    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        let ([name], Some(active)) = (key, &self.state.active) else { return LookUp::Absent };
        match Library::new(&active.bytes, active.index).protocol_named(name) {
            Some(record) => LookUp::Is(digest(record)),
            None => LookUp::Absent,
        }
    }

    fn snapshot(&mut self) -> usize {
        self.snapshots.push(self.state.clone());
        self.snapshots.len() - 1
    }

    fn restore(&mut self, snapshot: usize) {
        if let Some(state) = self.snapshots.get(snapshot) {
            self.state = state.clone();
        }
    }
}
