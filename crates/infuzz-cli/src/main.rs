//! The command `cargo infuzz`: one file per verb under `verbs`.

mod campaign;
mod describe;
mod device;
mod engine;
mod failure;
mod files;
mod heatmap;
mod host;
mod locate;
mod meter;
mod minimise;
mod output;
mod protocol;
mod remote;
mod setting;
mod side_by_side;
mod targets;
mod tools;
mod transcript;
mod unguided;
mod verbs;
mod worker;

use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

/// What happened, as scripts read it from the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As expected.
    Expected = 0,
    /// There are findings.
    Findings = 1,
    /// It could not run.
    CouldNotRun = 2,
}

#[derive(Parser)]
#[command(
    name = "infuzz",
    bin_name = "cargo infuzz",
    version,
    about = "Finds the inputs that an infusion pump should not have taken",
    after_help = "Exit status: 0 as expected, 1 findings, 2 could not run.\n\nExample: cargo infuzz sweep --library minimal"
)]
struct Cli {
    #[command(subcommand)]
    verb: verbs::Verb,
}

fn main() -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    let result = match Cli::try_parse() {
        Ok(cli) => cli.verb.run(),
        Err(error) if !error.use_stderr() => {
            output::out(&format!("{}", error.render().ansi()));
            Ok(Status::Expected)
        }
        Err(error) => Err(Failure::usage(&error)),
    };
    let status = result.unwrap_or_else(|failure| {
        failure.report(json);
        Status::CouldNotRun
    });
    ExitCode::from(status as u8)
}
