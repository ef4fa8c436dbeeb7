//! Devices behind the contract of [`infuzz::device`], one file each.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod answer;
mod idl1;
mod in_process;
mod memory;
mod miva;
mod networked;
pub mod process;

pub use idl1::PumpInProcess;
pub use in_process::{InProcess, InProcessFormat};
pub use miva::MivaInProcess;
pub use networked::{KEY, Networked};
pub use process::Process;

use infuzz::device::Device;
use infuzz::format::Format;

/// The built-in device that takes libraries or messages of a format.
pub fn built_in(format: &Format) -> Box<dyn Device> {
    match format.name.as_str() {
        "miva-library" => Box::new(MivaInProcess::new()),
        "miva-order" if format.has_environment() => Box::new(MivaInProcess::new().looking_up()),
        "miva-order" | "miva-frame" => Box::new(MivaInProcess::new()),
        _ => Box::new(PumpInProcess::new()),
    }
}
