//! The hidden verb `worker`: see the module `worker`.

use crate::Status;
use crate::device::DeviceArguments;
use crate::failure::Failure;
use crate::protocol::Serves;
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
    /// What stands behind the contract
    #[command(flatten)]
    device: DeviceArguments,
    /// What it does with the inputs
    #[arg(long)]
    serves: Serves,
    /// Where the number of each request is written before it runs
    #[arg(long)]
    number_file: PathBuf,
}

/// Serves requests. Errors here mean that the other side is gone.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let chosen = arguments.device.chosen()?;
    let of = (arguments.format.as_str(), arguments.library.as_deref());
    crate::worker::serve(of, &chosen, arguments.serves, &arguments.number_file)
        .map_err(|error| Failure::worker(&error))?;
    Ok(Status::Expected)
}
