//! How a vendor brings a Rust parser of their own under infuzz, as `docs/tutorial.md` tells it:
//! the parser, its description in `format.toml`, and at most sixty lines of glue.

#![forbid(unsafe_code)]

pub mod glue;
pub mod parser;
