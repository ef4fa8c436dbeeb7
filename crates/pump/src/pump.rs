//! The pump: its library manager and its therapy.

use crate::alarm::{Alarm, Alarms};
use crate::format::{Idl1, LibraryFormat};
use crate::library::Setup;
use crate::manager::{Error, Manager, Receipt, Status};
use crate::storage::Storage;
use crate::therapy::Therapy;

/// A pump.
#[derive(Debug, Clone)]
pub struct Pump<S, F: LibraryFormat = Idl1> {
    manager: Manager<S, F>,
    therapy: Therapy,
    alarms: Alarms,
    /// Milliseconds of standby that are left.
    standby_ms: u32,
}

/// Most minutes of a standby, what hosts can be told of.
pub const MOST_STANDBY: u32 = 1_440;
/// Milliseconds of a minute.
const MINUTE: u32 = 60_000;

impl<S: Storage> Pump<S> {
    /// Switches a pump for IDL1 libraries on.
    pub fn power_on(storage: S) -> Self {
        Self::power_on_for(storage)
    }

    /// The first set-up of the active library for a drug in a profile.
    #[must_use]
    pub fn find_setup(&self, profile: &str, drug: &str) -> Option<Setup> {
        self.active()?.find_setup(profile, drug)
    }
}

impl<S: Storage, F: LibraryFormat> Pump<S, F> {
    /// Switches the pump on. No therapy runs, and a staged library is activated.
    pub fn power_on_for(storage: S) -> Self {
        let (alarms, standby_ms) = (Alarms::default(), 0);
        Self { manager: Manager::power_on(storage), therapy: Therapy::new(), alarms, standby_ms }
    }

    /// Switches the pump off; what is in its storage stays.
    #[must_use]
    pub fn into_storage(self) -> S {
        self.manager.into_storage()
    }

    /// Begins the transfer of a library; a transfer that is under way is broken off.
    ///
    /// # Errors
    /// See [`Manager::begin`].
    pub fn begin(&mut self, length: u32) -> Result<(), Error> {
        self.manager.begin(length)
    }

    /// Takes the next bytes of the library.
    ///
    /// # Errors
    /// See [`Manager::chunk`].
    pub fn chunk(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        self.manager.chunk(offset, bytes)
    }

    /// Ends the transfer, checks the library and stages it.
    ///
    /// # Errors
    /// See [`Manager::finish`].
    pub fn finish(&mut self) -> Result<Receipt, Error> {
        self.manager.finish()
    }

    /// Breaks the transfer off.
    ///
    /// # Errors
    /// See [`Manager::abort`].
    pub fn abort(&mut self) -> Result<(), Error> {
        self.manager.abort()
    }

    /// Activates the staged library, unless a therapy runs.
    ///
    /// # Errors
    /// See [`Manager::activate`].
    pub fn activate(&mut self) -> Result<(), Error> {
        self.manager.activate(self.therapy.is_running())
    }

    /// Starts an infusion: rate in ten-thousandths of ml/h, volume in ten-thousandths of a ml.
    /// Whether it did: not while an alarm forbids it. It ends a standby.
    pub fn start(&mut self, rate: u32, vtbi: u32) -> bool {
        self.begin_with(|therapy| therapy.start(rate, vtbi))
    }

    /// The same for a drug, whose id in the library this is.
    pub(crate) fn start_drug(&mut self, drug: u16, rate: u32, vtbi: u32) -> bool {
        self.begin_with(|therapy| therapy.start_drug(drug, rate, vtbi))
    }

    fn begin_with(&mut self, start: impl FnOnce(&mut Therapy)) -> bool {
        let can = !self.alarms.forbid();
        if can {
            start(&mut self.therapy);
            (self.alarms, self.standby_ms) = (Alarms::default(), 0);
        }
        can
    }

    /// Stops the infusion.
    pub fn stop(&mut self) {
        self.therapy.stop();
    }

    /// Goes on with an infusion that was stopped. Whether it did: not if there is nothing left, nor
    /// while an alarm forbids it. It ends a standby.
    pub fn resume(&mut self) -> bool {
        let goes_on = !self.alarms.forbid() && self.therapy.resume();
        if goes_on {
            self.standby_ms = 0;
        }
        goes_on
    }

    /// Puts the pump, which must not infuse, on standby for so many minutes; 0 ends a standby.
    /// Whether it did: not for more than [`MOST_STANDBY`].
    pub fn standby(&mut self, minutes: u32) -> bool {
        let can = !self.therapy.is_running() && minutes <= MOST_STANDBY;
        if can {
            self.standby_ms = minutes.saturating_mul(MINUTE);
        }
        can
    }

    /// Gives a bolus within the infusion, see [`Therapy::give_bolus`].
    pub fn bolus(&mut self, rate: u32, volume: u32) -> bool {
        self.therapy.give_bolus(rate, volume)
    }

    /// Something happens to the line that a person is called for. Air and an occlusion stop the
    /// infusion.
    pub fn raise(&mut self, alarm: Alarm) {
        self.alarms.raise(alarm);
        if self.alarms.forbid() {
            self.therapy.stop();
        }
    }

    /// A person has seen to all alarms. The infusion stays as it is.
    pub fn acknowledge(&mut self) {
        self.alarms = Alarms::default();
    }

    /// Lets time pass.
    pub fn tick(&mut self, milliseconds: u32) {
        if self.therapy.tick(milliseconds) {
            self.alarms.raise(Alarm::InfusionEnded);
        }
        if self.standby_ms > 0 {
            self.standby_ms = self.standby_ms.saturating_sub(milliseconds);
            if self.standby_ms == 0 {
                self.alarms.raise(Alarm::StandbyEnded);
            }
        }
    }

    /// The alarms that nobody has acknowledged.
    #[must_use]
    pub const fn alarms(&self) -> Alarms {
        self.alarms
    }

    /// Minutes of standby that are left, the last one until it is over.
    #[must_use]
    pub const fn standby_left(&self) -> u32 {
        self.standby_ms.div_ceil(MINUTE)
    }

    /// The therapy, for a person who confirms an order.
    pub(crate) const fn therapy_mut(&mut self) -> &mut Therapy {
        &mut self.therapy
    }

    /// The therapy.
    #[must_use]
    pub const fn therapy(&self) -> &Therapy {
        &self.therapy
    }

    /// The manager of the libraries.
    #[must_use]
    pub const fn manager(&self) -> &Manager<S, F> {
        &self.manager
    }

    /// The manager of the libraries, for what comes over a network.
    pub(crate) const fn manager_mut(&mut self) -> &mut Manager<S, F> {
        &mut self.manager
    }

    /// The state of the active library.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.manager.status()
    }

    /// The active library.
    #[must_use]
    pub fn active(&self) -> Option<F::Library<'_>> {
        self.manager.active()
    }

    /// The staged library.
    #[must_use]
    pub fn staged(&self) -> Option<F::Library<'_>> {
        self.manager.staged()
    }
}
