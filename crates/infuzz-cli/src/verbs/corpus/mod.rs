//! `corpus`: keeps what was found.

mod add;
mod sync;

use crate::Status;
use crate::failure::Failure;
use clap::Subcommand;

/// What can be done with a corpus.
#[derive(Subcommand)]
pub enum Verb {
    /// Keeps a regression: plain `cargo test` replays it from then on
    Add(add::Arguments),
    /// Gathers what all engines have found into the one corpus that all read
    Sync(sync::Arguments),
}

impl Verb {
    /// Does it.
    pub fn run(self) -> Result<Status, Failure> {
        match self {
            Verb::Add(arguments) => add::run(&arguments),
            Verb::Sync(arguments) => sync::run(&arguments),
        }
    }
}
