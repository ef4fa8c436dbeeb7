//! infuzz: a wire format is described once, as data; everything else is derived from it.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod builtin;
pub mod classes;
pub mod compose;
pub mod conversation;
pub mod device;
pub mod dictionary;
pub mod finding;
pub mod format;
pub mod generate;
pub mod hex;
pub mod judgement;
mod known;
pub mod mutate;
pub mod oracle;
pub mod plain;
pub mod rng;
pub mod rules;
pub mod script;
pub mod seeds;
pub mod session;
pub mod shorten;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod sweep;
pub mod tree;
