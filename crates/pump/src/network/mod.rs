//! The pump on a network: its connections, by the path that each belongs to, and what a person does
//! at the bedside. What it does is written down in `docs/pump.md`.

mod line;
mod settings;

use alloc::vec::Vec;

pub use line::{Connection, Deed, Path};
pub use settings::Settings;

use crate::alarm::Alarms;
use crate::bcc;
use crate::library::Library;
use crate::order::{Bedside, Consumer, Control, Failure, Proposal, Running, State};
use crate::pump::Pump;
use crate::station::{Given, View, run_state};
use crate::storage::Storage;
use crate::transfer::{Key, Server};
use line::{Line, Talk};

/// The most connections of a path at the same time.
pub const CONNECTIONS: usize = 8;

/// What hosts are told at once when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trigger {
    flow: u32,
    run_state: u8,
    alarms: Alarms,
    state: State,
}

/// A pump and those who talk to it.
#[derive(Debug, Clone)]
pub struct NetworkPump<S> {
    pump: Pump<S>,
    settings: Settings,
    transfer: Server,
    orders: Consumer,
    /// The drug of the therapy, if an order named it.
    given: Option<Given>,
    /// How often a library had been activated when orders were last looked after.
    activations: u32,
    lines: Vec<Line>,
    /// Milliseconds since power-on.
    up_ms: u64,
}

/// What an order is held against.
fn bedside<'p, S: Storage>(pump: &'p Pump<S>, settings: &'p Settings) -> Bedside<'p> {
    let therapy = pump.therapy();
    let running = therapy.drug().filter(|_| therapy.is_infusing());
    Bedside {
        pump: &settings.pump,
        profile: settings.profile(pump.active()).unwrap_or_default(),
        library: pump.active(),
        running: running.map(|drug| Running { drug, rate: therapy.rate(), left: therapy.left() }),
    }
}

impl<S: Storage> NetworkPump<S> {
    /// Switches the pump on. The seed must be another one each time, see [`Server::new`].
    pub fn power_on(storage: S, key: Key, seed: [u8; 32], settings: Settings) -> Self {
        let pump = Pump::power_on(storage);
        let activations = pump.manager().activations();
        let mut pump = Self {
            pump,
            settings,
            transfer: Server::new(key, seed),
            orders: Consumer::new(),
            given: None,
            activations,
            lines: Vec::new(),
            up_ms: 0,
        };
        pump.set_kvo();
        pump
    }

    /// What keeps the vein open is the care area's.
    fn set_kvo(&mut self) {
        let profile = self.settings.profile(self.pump.active());
        let profiles = self.pump.active().map(Library::profiles).into_iter().flatten();
        let rate = profiles.filter(|one| Some(one.name) == profile).map(|one| one.kvo_rate).next();
        self.pump.therapy_mut().set_kvo(rate.unwrap_or(0));
    }

    /// Switches the pump off; what is in its storage stays.
    #[must_use]
    pub fn into_storage(self) -> S {
        self.pump.into_storage()
    }

    /// The pump itself.
    #[must_use]
    pub const fn pump(&self) -> &Pump<S> {
        &self.pump
    }

    /// The pump itself, for whoever stands at it.
    pub const fn bedside(&mut self) -> &mut Pump<S> {
        &mut self.pump
    }

    /// AUTOPROGSTATE and LASTAUTOPROGERR.
    #[must_use]
    pub fn order_status(&self) -> (u8, u16) {
        (self.state().code(), self.orders.error())
    }

    /// The order that waits for a person.
    #[must_use]
    pub fn proposal(&self) -> Option<&Proposal> {
        self.orders.proposal().filter(|_| self.activations == self.pump.manager().activations())
    }

    /// A person confirms the order that waits: it is worked out once more, and begins a therapy in
    /// place of the one before, or changes the one that runs. None: no order waits.
    ///
    /// # Errors
    /// The pump is no longer what the order was proposed for. It is withdrawn, and the therapy stays
    /// as it is. While an alarm forbids it, the order waits on.
    pub fn confirm(&mut self) -> Option<Result<Proposal, Failure>> {
        self.settle();
        if self.pump.alarms().forbid() {
            return self.orders.refuse(Failure::Alarm).map(Err);
        }
        let confirmed = self.orders.confirm(&bedside(&self.pump, &self.settings))?;
        if let Ok(proposal) = confirmed {
            match proposal.control {
                Control::New => {
                    self.pump.start_drug(proposal.drug, proposal.rate, proposal.volume);
                }
                Control::Change => self.pump.therapy_mut().change(proposal.rate, proposal.volume),
            }
            self.given = self.pump.active().and_then(|library| Given::find(library, proposal.drug));
        }
        Some(confirmed)
    }

    /// A person rejects the order that waits, if one does.
    pub fn reject(&mut self) {
        self.settle();
        self.orders.reject();
    }

    /// Another library is in use: what was worked out with the one before is withdrawn, and the id of
    /// the drug means nothing any more.
    fn settle(&mut self) {
        let activations = self.pump.manager().activations();
        if self.activations != activations {
            self.activations = activations;
            self.orders.reject();
            self.pump.therapy_mut().forget_drug();
            self.given = None;
            self.set_kvo();
        }
    }

    /// Takes a connection; its number is the caller's, and tells those of a path apart. One more
    /// than [`CONNECTIONS`] of a path is closed: nobody keeps others out of another path.
    pub fn connect(&mut self, path: Path, number: u32) -> Connection {
        self.disconnect(path, number);
        if self.lines.iter().filter(|line| line.path == path).count() >= CONNECTIONS {
            return Connection::Closed;
        }
        self.lines.push(Line { path, number, talk: Talk::new(path, &self.settings) });
        Connection::Open
    }

    /// How far the last order has come. What was begun from it ends with the next therapy.
    fn state(&self) -> State {
        match self.orders.state() {
            State::Activated if self.pump.therapy().drug().is_none() => State::None,
            state => state,
        }
    }

    fn trigger(&self) -> Trigger {
        let (therapy, alarms) = (*self.pump.therapy(), self.pump.alarms());
        Trigger { flow: therapy.flow(), run_state: run_state(&therapy, alarms), alarms, state: self.state() }
    }

    /// What the pump reports of itself now.
    fn view(&self) -> View {
        let therapy = self.pump.therapy();
        View {
            up_ms: self.up_ms,
            therapy: *therapy,
            alarms: self.pump.alarms(),
            standby: self.pump.standby_left(),
            library: self
                .pump
                .active()
                .and_then(|library| library.header())
                .map(|header| (header.name.into(), header.created)),
            given: self.given.clone().filter(|_| therapy.drug().is_some()),
            profile: self.settings.profile(self.pump.active()).map(Into::into),
            order: self.order_status(),
            changed: false,
        }
    }

    /// Takes what a connection brings; the answers are appended to `out`.
    pub fn receive(&mut self, path: Path, number: u32, bytes: &[u8], out: &mut Vec<u8>) -> Connection {
        self.settle();
        let view = if path == Path::Bcc { self.view() } else { View::default() };
        let trigger = self.trigger();
        let line = self.lines.iter_mut().find(|line| line.path == path && line.number == number);
        let Some(line) = line else { return Connection::Closed };
        let goes_on = match &mut line.talk {
            Talk::Transfer(receiver) => {
                let (server, manager) = (&mut self.transfer, self.pump.manager_mut());
                let taken = receiver.take(bytes, |frame| {
                    server.frame(number, frame, manager, out);
                });
                taken.is_ok()
            }
            Talk::Order(receiver) => {
                let (orders, at) = (&mut self.orders, bedside(&self.pump, &self.settings));
                receiver.receive(bytes, |message| orders.message(message, &at, out));
                true
            }
            Talk::Bcc(watch) => {
                let was_open = watch.link.is_open();
                *watch.link.station() = view;
                let goes_on = watch.link.receive(bytes, out) == bcc::Connection::Kept;
                if !was_open {
                    watch.has_changed(trigger);
                }
                goes_on
            }
        };
        if goes_on {
            return Connection::Open;
        }
        self.disconnect(path, number);
        Connection::Closed
    }

    /// A connection is gone.
    pub fn disconnect(&mut self, path: Path, number: u32) {
        self.lines.retain(|line| line.path != path || line.number != number);
        if path == Path::Transfer {
            self.transfer.disconnected(number);
        }
    }

    /// Lets time pass, and tells what is done with connections by that: in cyclic mode hosts are
    /// told of the pump, and what does not go on is closed.
    pub fn tick(&mut self, milliseconds: u32, told: &mut dyn FnMut(Path, u32, Deed<'_>)) {
        self.up_ms = self.up_ms.saturating_add(u64::from(milliseconds));
        self.settle();
        self.pump.tick(milliseconds);
        self.transfer.tick(milliseconds, self.pump.manager_mut());
        let cyclic = self.settings.bcc.mode != bcc::Mode::OnRequest;
        let trigger = self.trigger();
        let mut view = None;
        let mut lines = core::mem::take(&mut self.lines);
        lines.retain_mut(|line| {
            let mut out = Vec::new();
            let goes_on = match &mut line.talk {
                Talk::Transfer(receiver) => receiver.tick(milliseconds).is_ok(),
                Talk::Order(receiver) => {
                    receiver.tick(milliseconds);
                    true
                }
                Talk::Bcc(watch) => {
                    if cyclic && watch.link.is_open() {
                        let changed = watch.has_changed(trigger);
                        let view = view.get_or_insert_with(|| self.view()).clone();
                        *watch.link.station() = View { changed, ..view };
                    }
                    watch.link.tick(milliseconds, &mut out) == bcc::Connection::Kept
                }
            };
            if !out.is_empty() {
                told(line.path, line.number, Deed::Sends(&out));
            }
            if !goes_on {
                told(line.path, line.number, Deed::Closes);
                if line.path == Path::Transfer {
                    self.transfer.disconnected(line.number);
                }
            }
            goes_on
        });
        self.lines = lines;
    }
}
