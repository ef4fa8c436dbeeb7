//! The description language: a wire format as data.

mod compile;
mod derived;
mod error;
mod ir;
pub mod number;
pub(crate) mod plan;
pub(crate) mod readers;
mod rule;
pub(crate) mod shortcut;
mod source;

pub use compile::{compile, compile_with};
pub use error::FormatError;
pub use ir::*;
