//! Devices behind the contract of [`infuzz::device`], one file each.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod in_process;

pub use in_process::PumpInProcess;
