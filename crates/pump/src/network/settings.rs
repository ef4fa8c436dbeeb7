//! How the pump on a network is set up.

use alloc::string::String;

use crate::bcc::{self, BedId};
use crate::library::Library;

/// What is set at the pump before it is switched on, and holds until it is switched off.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The pump's id: orders for another one are refused.
    pub pump: String,
    /// The care area that the pump is set to: the name of a profile of the library. Orders name
    /// none, and are judged by this one. None: the first profile of the library in use.
    pub profile: Option<String>,
    /// How it answers over BCC.
    pub bcc: bcc::Settings,
}

impl Default for Settings {
    /// The pump `A0001` of the source's example orders, set to no care area. Over BCC it answers on
    /// request as `Bed7`, with stuffing, in small blocks, so that hosts meet answers of several.
    fn default() -> Self {
        let bcc = bcc::Settings {
            bed: BedId::new("Bed7").unwrap_or(BedId::FIRST),
            stuffed: true,
            mode: bcc::Mode::OnRequest,
            most_per_block: 100,
            extended_errors: false,
            time_out_ms: 1_000,
        };
        Self { pump: "A0001".into(), profile: None, bcc }
    }
}

impl Settings {
    /// The name of the profile that orders are judged by; none: there is no library to have one.
    pub(super) fn profile<'a>(&'a self, library: Option<Library<'a>>) -> Option<&'a str> {
        let first = || library.and_then(|library| library.profiles().next()).map(|profile| profile.name);
        self.profile.as_deref().or_else(first)
    }
}
