//! `library`: from people's data to a library and back, and what is wrong with one.

mod build;
mod check;
mod show;

use crate::Status;
use crate::failure::Failure;
use clap::Subcommand;

/// What can be done with a library.
#[derive(Subcommand)]
pub enum Verb {
    /// Makes a library from people's data (JSON)
    Build(build::Arguments),
    /// Prints a library as the JSON that build reads
    Show(show::Arguments),
    /// Lists everything that is wrong with a library
    Check(check::Arguments),
}

impl Verb {
    /// Does it.
    pub fn run(self) -> Result<Status, Failure> {
        match self {
            Verb::Build(arguments) => build::run(&arguments),
            Verb::Show(arguments) => show::run(&arguments),
            Verb::Check(arguments) => check::run(&arguments),
        }
    }
}
