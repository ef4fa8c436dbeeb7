//! Infusion orders of IHE PCD-03, as the document `order.md` in `docs/formats` specifies them: the
//! side of the pump that takes them.
//!
//! [`mllp`] tells messages apart in a stream; [`validate_order`] checks one by itself;
//! [`program`] holds it against the library in use, in the exact arithmetic of [`dose`]; a
//! [`Consumer`] puts the last two together and answers. It never starts anything: an order becomes a
//! [`Proposal`] that a person confirms.

mod answer;
mod check;
mod consumer;
pub mod dose;
mod failure;
mod give;
mod header;
pub mod mllp;
pub mod number;
mod observation;
mod programming;
mod refusal;
mod segment;
mod token;
pub mod units;

pub use check::{Control, Message, Order, validate_order};
pub use consumer::{Consumer, State};
pub use failure::Failure;
pub use give::{Concentration, Device, Give, Method, Quantity};
pub use header::{Application, Header};
pub use observation::{Observation, Observed, PumpId};
pub use programming::{Bedside, Proposal, Running, Warning, program};
pub use refusal::{Path, Refusal, Rule};
pub use token::{Delimiters, Text};
