//! Models of pump protocols, one file each: what each message of a conversation must come to, and
//! what changes by it. They are written from the documents in `docs/formats`, and share nothing
//! with a device under test.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod bcc;
mod says;
mod seeds;
mod transfer;

pub use bcc::Bcc;
pub use seeds::{SEEDS, seeds};
pub use transfer::Transfer;

use infuzz::conversation::Model;
use infuzz::finding::{Kind, Raised};
use infuzz::format::Format;

/// The descriptions of what travels on the paths.
#[derive(Clone, Copy, Debug)]
pub struct Formats<'f> {
    /// Drug libraries.
    pub libraries: &'f Format,
    /// Requests of their transfer.
    pub transfer: &'f Format,
    /// Requests over BCC.
    pub requests: &'f Format,
    /// Answers over BCC.
    pub answers: &'f Format,
}

impl<'f> Formats<'f> {
    /// The paths that have models, and what hosts say on each.
    pub fn paths(&self) -> [(&'static str, &'f Format); 2] {
        [(Transfer::PATH, self.transfer), (Bcc::PATH, self.requests)]
    }

    /// The models of all paths, for a device with this key; and each answer that there is to each
    /// kind of message.
    pub fn models(&self, key: [u8; 32]) -> (Vec<Box<dyn Model + 'f>>, Vec<String>) {
        let (transfer, bcc) = (Transfer::new(*self, key), Bcc::new(*self));
        let points = [transfer.points(), bcc.points()].concat();
        (vec![Box::new(transfer), Box::new(bcc)], points)
    }
}

/// What a device said although nothing was asked.
fn surplus(answers: &[u8]) -> Option<Raised> {
    let what = || format!("{} bytes were answered to nothing that was asked", answers.len());
    (!answers.is_empty()).then(|| Raised::new(Kind::WrongReason, what()))
}
