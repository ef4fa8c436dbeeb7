//! The pump: its library manager and its therapy.

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
}

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
        Self { manager: Manager::power_on(storage), therapy: Therapy::new() }
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
    pub fn start(&mut self, rate: u32, vtbi: u32) {
        self.therapy.start(rate, vtbi);
    }

    /// Stops the infusion.
    pub fn stop(&mut self) {
        self.therapy.stop();
    }

    /// Lets time pass.
    pub fn tick(&mut self, milliseconds: u32) {
        self.therapy.tick(milliseconds);
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
