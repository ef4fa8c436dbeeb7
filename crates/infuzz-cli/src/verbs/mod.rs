//! The verbs of the command, one file each.

mod corpus;
mod defects;
mod explain;
mod explore;
mod fuzz;
mod library;
pub mod replay;
mod stability;
mod sweep;
mod worker;

use crate::Status;
use crate::failure::Failure;
use clap::Subcommand;

/// What the command can do.
#[derive(Subcommand)]
pub enum Verb {
    /// Tries every field with every value class on the built-in pump
    Sweep(sweep::Arguments),
    /// Delivers files to a target and tells step by step what happened
    Replay(replay::Arguments),
    /// Shows what each byte of a file says, and what is wrong with it
    Explain(explain::Arguments),
    /// Makes, prints and checks libraries
    #[command(subcommand)]
    Library(library::Verb),
    /// Keeps what was found
    #[command(subcommand)]
    Corpus(corpus::Verb),
    /// Runs a target under a coverage-guided engine
    Fuzz(fuzz::Arguments),
    /// Executes every corpus entry twice and compares
    Stability(stability::Arguments),
    /// Plants defects in a copy of the pump and shows who finds them
    Defects(defects::Arguments),
    /// Runs a target's loop without an engine
    #[command(hide = true)]
    Explore(explore::Arguments),
    /// Tells what executions come to
    #[command(hide = true)]
    Trace(stability::TraceArguments),
    /// Holds the device for another verb
    #[command(hide = true)]
    Worker(worker::Arguments),
}

impl Verb {
    /// Does it.
    pub fn run(self) -> Result<Status, Failure> {
        match self {
            Verb::Sweep(arguments) => sweep::run(&arguments),
            Verb::Replay(arguments) => replay::run(&arguments),
            Verb::Explain(arguments) => explain::run(&arguments),
            Verb::Library(verb) => verb.run(),
            Verb::Corpus(verb) => verb.run(),
            Verb::Fuzz(arguments) => fuzz::run(&arguments),
            Verb::Stability(arguments) => stability::run(&arguments),
            Verb::Trace(arguments) => stability::trace(&arguments),
            Verb::Defects(arguments) => defects::run(&arguments),
            Verb::Explore(arguments) => explore::run(&arguments),
            Verb::Worker(arguments) => worker::run(&arguments),
        }
    }
}
