//! The reference pump on a network: BCC, infusion orders and library transfers over TCP, each on a
//! port of its own. `docs/pump-server.md` says how it is run, `docs/pump.md` what the pump does.
//!
//! - [`config`] is what it is told, [`problem`] why it does not start;
//! - [`server`] listens and has the connections, each within its [`budget`];
//! - [`engine`] is the pump's own thread, which [`bedside`] commands reach too;
//! - [`disk`] is the pump's memory, [`demo`] a library to try things out with;
//! - [`mod@print`] writes lines without waiting for their reader.

#![forbid(unsafe_code)]

pub mod bedside;
pub mod budget;
pub mod config;
pub mod demo;
pub mod disk;
pub mod engine;
pub mod print;
pub mod problem;
pub mod server;
