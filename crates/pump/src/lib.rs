//! Firmware core of a reference infusion pump: it receives drug libraries in the IDL1 format,
//! checks them, keeps them in non-volatile storage, activates them and answers from them.
//!
//! - [`library`] reads, checks and writes the format;
//! - [`miva`] reads and checks the drug library of another maker;
//! - [`bcc`] reports to a host what the pumps of a station do;
//! - [`format`] tells the manager which of the two;
//! - [`order`] reads infusion orders and answers them;
//! - [`manager`] receives a library in chunks, stages it and activates it;
//! - [`storage`] is what the manager needs of the non-volatile memory;
//! - [`therapy`] is the infusion itself, [`alarm`] what a person is called for;
//! - [`transfer`] is how a library comes over a network;
//! - [`station`] is what the pump reports of itself;
//! - [`network`] is the pump with its connections;
//! - [`watchdog`] counts whether it gets its time;
//! - [`pump`] puts the parts together.
//!
//! Every refusal names the broken [`rule`], the field and its offset in the file ([`refusal`]).

#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

#[macro_use]
mod require;
#[macro_use]
mod rules;

pub mod alarm;
pub mod bcc;
pub mod format;
pub mod library;
pub mod manager;
pub mod miva;
pub mod network;
pub mod order;
pub mod pump;
pub mod refusal;
pub mod rule;
pub mod station;
pub mod storage;
pub mod therapy;
pub mod transfer;
pub mod watchdog;

pub use alarm::{Alarm, Alarms};
pub use format::{Idl1, LibraryFormat, Miva};
pub use library::{Index, Library, encode::encode, validate::validate};
pub use manager::{Error, Manager, Receipt, Status};
pub use pump::Pump;
pub use refusal::{FieldPath, Place, Record, Refusal, Table};
pub use rule::Rule;
pub use storage::{ControlCopy, MemoryStorage, Slot, Storage, StorageError};
pub use therapy::Therapy;
pub use watchdog::Watchdog;
