//! What the pump reports of itself over BCC: it is the only pump of its station.

use alloc::format;
use alloc::string::String;

use crate::bcc::{Address, Slot, Station};
use crate::library::Library;

/// Where the pump says it is: pillar 1, slot 1.
pub const PLACE: Address = Address::Pump { pillar: 1, slot: 1 };

/// The drug of a therapy that was begun from an order.
#[derive(Debug, Clone)]
pub struct Given {
    name: String,
    short_name: String,
    code: String,
}

impl Given {
    /// What the library says of a drug, by its id.
    #[must_use]
    pub fn find(library: Library<'_>, drug: u16) -> Option<Self> {
        let drug = library.drugs().find(|one| one.id == drug)?;
        Some(Self { name: drug.name.into(), short_name: drug.short_name.into(), code: drug.code.into() })
    }
}

/// A view of the pump at one moment.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Milliseconds since power-on.
    pub up_ms: u64,
    /// Whether a therapy runs.
    pub running: bool,
    /// Its rate in ten-thousandths of ml/h.
    pub rate: u32,
    /// Its volume in ten-thousandths of a ml.
    pub vtbi: u32,
    /// What has been infused of it.
    pub infused: u32,
    /// Name and creation time of the active library.
    pub library: Option<(String, u32)>,
    /// The drug, if an order named it.
    pub given: Option<Given>,
    /// The care area that the pump is set to.
    pub profile: Option<String>,
    /// AUTOPROGSTATE and LASTAUTOPROGERR.
    pub order: (u8, u16),
    /// Something changed that is reported at once.
    pub changed: bool,
}

/// Most of INRT, in ten-thousandths of ml/h.
const MOST_RATE: u32 = 18_000_000;
/// Most of INVTB and INVI, in ten-thousandths of a ml.
const MOST_VOLUME: u32 = 99_999_000;
/// There is no value, or none that the parameter may have.
const NONE: &str = "_NV";

/// A number of ten-thousandths as a value, if it is not above the most that this may be.
fn value(number: u32, most: u32, shown: u32) -> String {
    let unit = 10u32.saturating_pow(4u32.saturating_sub(shown));
    let within = number.checked_div(unit) <= most.checked_div(unit);
    if within { decimals(number, shown) } else { NONE.into() }
}

/// A number of ten-thousandths with so many decimals, the others cut off.
fn decimals(number: u32, decimals: u32) -> String {
    let shown = 10u32.saturating_pow(decimals);
    let (whole, rest) = (number / 10_000, (number % 10_000) / 10u32.saturating_pow(4u32.saturating_sub(decimals)));
    format!("{whole}.{:0width$}", rest % shown, width = decimals as usize)
}

impl Station for View {
    fn seconds(&self) -> u32 {
        u32::try_from(self.up_ms / 1000).unwrap_or(u32::MAX)
    }

    fn slot(&self, address: Address) -> Slot {
        if address == PLACE { Slot::Pump } else { Slot::Empty }
    }

    fn parameters(&self, address: Address, tell: &mut dyn FnMut(&str, &str)) {
        if address == Address::Device {
            tell("FMNOR", "1");
            tell("FMSTAT", "00051");
            return;
        }
        tell("VERSION", "3.36");
        tell("DSSTATUS", "00051");
        tell("RUNSTATE", if self.running { "2" } else { "1" });
        tell("INRT", &value(self.rate, MOST_RATE, 2));
        tell("INVTB", &value(self.vtbi, MOST_VOLUME, 1));
        tell("INVI", &value(self.infused, MOST_VOLUME, 1));
        match &self.library {
            Some((name, created)) => {
                tell("DLNAME", name);
                tell("DLCRETIME", &format!("{created}"));
            }
            None => {
                tell("DLNAME", NONE);
                tell("DLCRETIME", NONE);
            }
        }
        // The library's texts are as long as these may be.
        let text = |of: fn(&Given) -> &str| self.given.as_ref().map_or(NONE, of);
        tell("INSOL", text(|given| &given.name));
        tell("INSOLSN", text(|given| &given.short_name));
        tell("INSOLID", text(|given| &given.code));
        tell("CAREUNIT", self.profile.as_deref().unwrap_or("_NV"));
        let (state, error) = self.order;
        tell("AUTOPROGSTATE", &format!("{state}"));
        tell("LASTAUTOPROGERR", &format!("{error}"));
    }

    fn triggered(&mut self) -> Option<Address> {
        core::mem::take(&mut self.changed).then_some(PLACE)
    }
}
