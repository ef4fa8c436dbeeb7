//! Models of pump protocols, one file each: what each message of a conversation must come to, and
//! what changes by it. They are written from the documents in `docs/formats`, and share nothing
//! with a device under test.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod bcc;
mod order;
mod reachable;
mod says;
mod seeds;
mod transfer;

pub use bcc::Bcc;
pub use order::Order;
pub use reachable::{STATES, Search, searches, states, written};
pub use seeds::{POWER_SEEDS, SEEDS, seeds};
pub use transfer::Transfer;

use infuzz::conversation::Model;
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
    /// Orders.
    pub orders: &'f Format,
}

impl<'f> Formats<'f> {
    /// What hosts say on each path that has a model.
    pub fn paths(&self) -> [(&'static str, &'f Format); 3] {
        [(Transfer::PATH, self.transfer), (Bcc::PATH, self.requests), (Order::PATH, self.orders)]
    }

    /// The models of the paths that these descriptions are of, for a device with this key; and what
    /// there is that can become of each kind of message.
    pub fn models(&self, of: &[&str], key: [u8; 32]) -> (Vec<Box<dyn Model + 'f>>, Vec<String>) {
        let (mut models, mut points) = (Vec::<Box<dyn Model>>::new(), Vec::new());
        let wanted = |path: &str| of.contains(&path);
        if wanted(Transfer::PATH) {
            let transfer = Transfer::new(*self, key);
            points.extend(transfer.points());
            models.push(Box::new(transfer));
        }
        if wanted(Bcc::PATH) {
            let bcc = Bcc::new(*self);
            points.extend(bcc.points());
            models.push(Box::new(bcc));
        }
        if wanted(Order::PATH) {
            let order = Order::new(*self);
            points.extend(order.points());
            models.push(Box::new(order));
        }
        (models, points)
    }
}
