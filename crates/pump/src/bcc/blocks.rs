//! An answer cut into blocks.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::address::Address;
use super::frame::control::RS;

/// What of an answer is still to be sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    /// Those that nothing was asked about yet.
    addresses: VecDeque<Address>,
    /// Quadruples of the others.
    quadruples: VecDeque<Vec<u8>>,
}

impl Blocks {
    /// An answer about these, one after another.
    pub(super) fn about(addresses: impl Iterator<Item = Address>) -> Self {
        Self { addresses: addresses.collect(), quadruples: VecDeque::new() }
    }

    /// An answer of one quadruple.
    pub(super) fn one(quadruple: Vec<u8>) -> Self {
        Self { addresses: VecDeque::new(), quadruples: VecDeque::from([quadruple]) }
    }

    /// Whether nothing is still to be sent.
    pub(super) fn is_done(&self) -> bool {
        self.addresses.is_empty() && self.quadruples.is_empty()
    }

    /// Asks until there is something to send.
    fn fetch(&mut self, ask: &mut impl FnMut(Address) -> VecDeque<Vec<u8>>) {
        while self.quadruples.is_empty() {
            let Some(address) = self.addresses.pop_front() else { return };
            self.quadruples = ask(address);
        }
    }

    /// The information of the next block, of at most so many bytes unless one quadruple has more,
    /// and whether it is the last.
    pub(super) fn next(
        &mut self,
        most: usize,
        mut ask: impl FnMut(Address) -> VecDeque<Vec<u8>>,
    ) -> Option<(Vec<u8>, bool)> {
        self.fetch(&mut ask);
        let mut information = self.quadruples.pop_front()?;
        loop {
            self.fetch(&mut ask);
            let Some(next) = self.quadruples.front() else { return Some((information, true)) };
            if information.len().saturating_add(next.len()).saturating_add(1) > most {
                return Some((information, false));
            }
            information.push(RS);
            information.extend_from_slice(next);
            self.quadruples.pop_front();
        }
    }
}
