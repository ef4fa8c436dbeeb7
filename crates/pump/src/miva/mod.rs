//! Drug library, order and serial frame of the MIVA and Nimbus pumps, as the documents
//! `miva-library.md`, `miva-order.md` and `miva-frame.md` in `docs/formats` specify them.
//!
//! [`validate`] reads an image of flash pages, every byte of it, and names in a refusal the broken
//! rule, the field and its offset. [`Library`] is a view of an image that was found valid.
//! [`validate_order`] does the same for an order, [`validate_frame`] for a frame.

mod frame;
mod order;
mod parameters;
mod protocol;
mod record;
mod refusal;
mod tree;
mod validate;
mod views;

pub use frame::validate_frame;
pub use order::validate_order;
pub use refusal::{Path, Refusal, Rule};
pub use validate::{Index, validate};

/// A view of a valid image.
#[derive(Debug, Clone, Copy)]
pub struct Library<'a> {
    image: &'a [u8],
    index: Index,
}

impl<'a> Library<'a> {
    /// A view of the image for which [`validate`] gave the index.
    #[must_use]
    pub const fn new(image: &'a [u8], index: Index) -> Self {
        Self { image, index }
    }

    /// All its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.image
    }

    /// How many of its slots are used.
    #[must_use]
    pub const fn index(&self) -> Index {
        self.index
    }

    /// The record of a protocol, by its slot.
    #[must_use]
    pub fn protocol(&self, slot: usize) -> Option<&'a [u8]> {
        if slot >= self.index.protocols {
            return None;
        }
        validate::slot(self.image, validate::PROTOCOLS, slot)
    }

    /// The record of the first protocol with this name.
    #[must_use]
    pub fn protocol_named(&self, name: &[u8]) -> Option<&'a [u8]> {
        let records = (0..self.index.protocols).filter_map(|slot| self.protocol(slot));
        records.into_iter().find(|record| protocol::name(record) == name)
    }
}
