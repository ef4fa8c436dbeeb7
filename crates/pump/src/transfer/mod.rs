//! The transfer of a drug library over a network, as `docs/formats/library-transfer.md` specifies
//! it.
//!
//! [`Receiver`] finds the frames in what a connection brings, [`read`] checks one of them, and
//! [`Server`] answers it: it holds the conversation and sits in front of the manager, which keeps
//! the libraries. One host at a time has the session, and it has proved that it has the [`Key`].

mod answer;
mod frame;
mod receiver;
mod refusal;
mod secret;
mod server;

pub use answer::{Answer, Progress, Why};
pub use frame::{Announcement, Frame, LARGEST_LIBRARY, LONGEST_CHUNK, LONGEST_FRAME, Request, read};
pub use receiver::{Lost, PATIENCE_MS, Receiver};
pub use refusal::{Path, Refusal, Rule};
pub use secret::Key;
pub use server::{COMMIT, HELLO, IDLE_MS, RESUME_MS, Server};
