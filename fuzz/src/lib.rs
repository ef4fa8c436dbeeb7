//! The table of all fuzz targets, each body once.
//!
//! A target's binary is two lines (see `fuzz_targets`); everything it does is here, where plain
//! `cargo test` on stable runs it too.

#![deny(missing_docs)]

mod body;
pub mod engines;
mod explore;
mod files;
mod guidance;
pub mod meter;
mod reach;
mod shortest;
mod table;
mod talk;
mod trace;
#[cfg(any(feature = "tripwire", test))]
mod tripwire;

pub use body::{Body, Fault};
pub use explore::{Exploration, Mutating, explore, explore_on};
pub use files::replay_files;
pub use guidance::{Guidance, Measured};
pub use reach::{Reach, ReachPoint, Tally};
pub use shortest::{shortened, shortest};
pub use table::{Input, MEMORY_LIMIT_MIB, TARGETS, Target, target};
pub use trace::{Trace, first_difference};
