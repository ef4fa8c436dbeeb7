//! The reader of MIVA libraries, linked into the process, in front of two places for a library.

use infuzz::device::{Answer, Capabilities, Device, Held, LookUp, Observation, Outcome, Reason, digest};
use pump::Therapy;
use pump::miva::{Library, Refusal, validate};

/// A device that holds an active and a staged library.
#[derive(Clone, Debug, Default)]
struct State {
    active: Option<Vec<u8>>,
    staged: Option<Vec<u8>>,
    therapy: Therapy,
}

/// The reader with an active and a staged library in memory. It keeps nothing over a power cut, and
/// receives a library in one piece.
#[derive(Clone, Debug, Default)]
pub struct MivaInProcess {
    state: State,
    snapshots: Vec<State>,
}

impl MivaInProcess {
    /// A new device without a library.
    pub fn new() -> Self {
        Self::default()
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
        if let Err(refusal) = validate(bytes) {
            return refused(&refusal);
        }
        let is_active = self.state.active.as_deref() == Some(bytes);
        self.state.staged = (!is_active).then(|| bytes.to_vec());
        Answer { outcome: Outcome::Accepted, reason: None }
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
        if let Some(staged) = self.state.staged.take_if(|staged| validate(staged).is_ok()) {
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
        let held = |library: &Option<Vec<u8>>| library.as_deref().map(Held::of);
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
        let Ok(index) = validate(active) else { return LookUp::Absent };
        match Library::new(active, index).protocol_named(name) {
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
