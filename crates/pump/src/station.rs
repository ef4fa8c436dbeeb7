//! What the pump reports of itself over BCC: it is the only pump of its station.

use alloc::format;
use alloc::string::String;

use crate::alarm::Alarms;
use crate::bcc::{Address, Slot, Station};
use crate::library::Library;
use crate::therapy::{Bolus, Therapy};

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
    /// The therapy.
    pub therapy: Therapy,
    /// What a person is called for.
    pub alarms: Alarms,
    /// Minutes of standby that are left.
    pub standby: u32,
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

/// The bits of RUNSTATE.
#[must_use]
pub fn run_state(therapy: &Therapy, alarms: Alarms) -> u8 {
    let motion = if therapy.is_running() { 2 } else { 1 };
    let alarm = if alarms.any() { 4 } else { 0 };
    let kvo = if therapy.is_kvo() { 8 } else { 0 };
    motion | alarm | kvo
}

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

impl View {
    /// Alarms, what the pump does besides infusing, and the bolus.
    fn warnings(&self, tell: &mut dyn FnMut(&str, &str)) {
        let therapy = &self.therapy;
        tell("ALARM1", &format!("{:08X}", self.alarms.bits()));
        tell("ALARM2", "00000000");
        let status = [therapy.is_infusing(), therapy.is_kvo(), self.standby > 0, therapy.bolus().is_some()];
        let bits = status.into_iter().rev().fold(0_u8, |bits, bit| bits << 1 | u8::from(bit));
        tell("STATUS1", &format!("{bits:08X}"));
        tell("STATUS2", NONE);
        tell("PREALARM", "00000000");
        let bolus = |of: fn(&Bolus) -> String| therapy.bolus().map_or_else(|| NONE.into(), of);
        tell("INBORT", &bolus(|bolus| decimals(bolus.rate, 2)));
        tell("INBOVAL", &bolus(|bolus| decimals(bolus.volume, 2)));
        tell("BOLTYPE", if therapy.bolus().is_some() { "2" } else { "0" });
        tell("BOCNT", &format!("{}", therapy.boluses()));
        tell("INSTBY", &format!("{}", self.standby));
    }
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
        let Self { therapy, alarms, .. } = self;
        tell("RUNSTATE", &format!("{}", run_state(therapy, *alarms)));
        tell("INRT", &value(therapy.flow(), MOST_RATE, 2));
        tell("INVTB", &value(therapy.vtbi(), MOST_VOLUME, 1));
        tell("INVI", &value(therapy.infused(), MOST_VOLUME, 1));
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
        self.warnings(tell);
    }

    fn triggered(&mut self) -> Option<Address> {
        core::mem::take(&mut self.changed).then_some(PLACE)
    }
}
