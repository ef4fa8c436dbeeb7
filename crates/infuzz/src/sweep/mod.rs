//! The sweep: every field to every value class, every rule between fields broken, every
//! structure boundary cut, and the cases that must be accepted beside them.

mod aside;
mod plan;
mod planner;
mod reason;
mod receiver;
mod report;
mod run;

pub use plan::{How, Instances, NotApplicable, Plan, Planned, STRUCTURE};
pub use reason::wrong_reason;
pub use report::Report;
pub use run::{Outcome, Sweeper};
