//! The hidden verb `worker`: see the module `worker`.

use crate::Status;
use crate::failure::Failure;
use std::path::PathBuf;

/// What `worker` takes.
#[derive(clap::Args)]
pub struct Arguments {
    /// Format of the device's path
    #[arg(long)]
    format: String,
    /// The library that inputs are judged against
    #[arg(long)]
    library: Option<String>,
    /// Where the number of each request is written before it runs
    #[arg(long)]
    number_file: PathBuf,
}

/// Serves requests. Errors here mean that the other side is gone.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    crate::worker::serve(&arguments.format, arguments.library.as_deref(), &arguments.number_file)
        .map_err(|error| Failure::worker(&error))?;
    Ok(Status::Expected)
}
