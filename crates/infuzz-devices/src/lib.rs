//! Devices behind the contract of [`infuzz::device`], one file each.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod in_process;
mod memory;
mod miva;
pub mod process;

pub use in_process::PumpInProcess;
pub use miva::MivaInProcess;
pub use process::Process;

use infuzz::device::Device;

/// The built-in device that takes libraries of a format.
pub fn built_in(format: &str) -> Box<dyn Device> {
    match format {
        "miva-library" => Box::new(MivaInProcess::new()),
        _ => Box::new(PumpInProcess::new()),
    }
}
