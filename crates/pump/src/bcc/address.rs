//! Addresses: the device itself, or a pump by its pillar and slot.

/// Pillars of a station.
pub const PILLARS: u8 = 3;
/// Slots of a pillar.
pub const SLOTS: u8 = 24;

/// What a quadruple is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// The communication device, `50100`.
    Device,
    /// The pump in a slot, such as `50111`.
    Pump {
        /// The pillar, 1 to 3.
        pillar: u8,
        /// The slot, 1 to 24.
        slot: u8,
    },
}

impl Address {
    /// The pump that the two characters of a request name.
    #[must_use]
    pub fn of_pump(pillar: u8, slot: u8) -> Option<Address> {
        let pillar = pillar.checked_sub(b'0').filter(|pillar| (1..=PILLARS).contains(pillar))?;
        let slot = match slot {
            b'1'..=b'9' => slot.checked_sub(b'0')?,
            b'A'..=b'O' => slot.checked_sub(b'A')?.checked_add(10)?,
            _ => return None,
        };
        Some(Address::Pump { pillar, slot })
    }

    /// The five characters of the address.
    #[must_use]
    pub const fn text(self) -> [u8; 5] {
        let (pillar, slot) = match self {
            Address::Device => (b'0', b'0'),
            Address::Pump { pillar, slot } if slot <= 9 => (b'0'.saturating_add(pillar), b'0'.saturating_add(slot)),
            Address::Pump { pillar, slot } => {
                (b'0'.saturating_add(pillar), b'A'.saturating_add(slot.saturating_sub(10)))
            }
        };
        [b'5', b'0', b'1', pillar, slot]
    }

    /// All slots of a station, pillar by pillar.
    pub fn slots() -> impl Iterator<Item = Address> {
        (1..=PILLARS).flat_map(|pillar| (1..=SLOTS).map(move |slot| Address::Pump { pillar, slot }))
    }
}
