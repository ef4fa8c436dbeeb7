//! Models of pump protocols, one file each: what each message of a conversation must come to, and
//! what changes by it. They are written from the documents in `docs/formats`, and share nothing
//! with a device under test.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod bcc;
mod seeds;
mod transfer;

pub use bcc::Bcc;
pub use seeds::{SEEDS, seeds};
pub use transfer::{KEY, Transfer};
