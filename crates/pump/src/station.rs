//! What the pump reports of itself over BCC: it is the only pump of its station.

use alloc::format;
use alloc::string::String;

use crate::bcc::{Address, Slot, Station};

/// Where the pump says it is: pillar 1, slot 1.
pub const PLACE: Address = Address::Pump { pillar: 1, slot: 1 };

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
        tell("INRT", &decimals(self.rate, 2));
        tell("INVTB", &decimals(self.vtbi, 1));
        tell("INVI", &decimals(self.infused, 1));
        match &self.library {
            Some((name, created)) => {
                tell("DLNAME", name);
                tell("DLCRETIME", &format!("{created}"));
            }
            None => {
                tell("DLNAME", "_NV");
                tell("DLCRETIME", "_NV");
            }
        }
    }

    fn triggered(&mut self) -> Option<Address> {
        None
    }
}
