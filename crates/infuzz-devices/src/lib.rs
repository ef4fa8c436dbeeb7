//! Devices behind the contract of [`infuzz::device`], one file each.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod in_process;
mod memory;

pub use in_process::PumpInProcess;
