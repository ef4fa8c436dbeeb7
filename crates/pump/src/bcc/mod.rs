//! The reporting protocol BCC 3.25 to 3.36 of the Space pump stations, by which a host reads every
//! pump of a station, as `docs/formats/bcc.md` specifies it (I0022_000030, version 4.0).
//!
//! - [`validate_request`] and [`validate_answer`] check one complete frame in either direction;
//! - [`Frame`], [`Request`] and [`Parts`] read it, [`write_frame`] writes one;
//! - [`Receiver`] finds the frames in what arrives;
//! - [`Link`] is the device's end of a connection, which reports of a [`Station`].

mod address;
mod answer;
mod blocks;
mod frame;
mod furnished;
mod link;
mod parameter;
mod receiver;
mod refusal;
mod request;
mod station;
mod stuffing;

pub use address::Address;
pub use answer::{Part, Parts, validate_answer};
pub use frame::{BedId, Frame, MOST, Unwritable, control, write as write_frame};
pub use furnished::furnished;
pub use link::{Connection, LARGEST_REQUEST, Link, Mode, SEND_BUFFER, Settings};
pub use parameter::names as parameters;
pub use receiver::{Arrival, Receiver};
pub use refusal::{Path, Refusal, Rule};
pub use request::{Request, validate_request};
pub use station::{MemoryStation, Slot, Station};
pub use stuffing::{destuff, stuff};
