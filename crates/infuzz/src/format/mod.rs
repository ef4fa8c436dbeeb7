//! The description language: a wire format as data.

mod compile;
mod error;
mod ir;
pub mod number;
mod source;

pub use compile::compile;
pub use error::FormatError;
pub use ir::*;
