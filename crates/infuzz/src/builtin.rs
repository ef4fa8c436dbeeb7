//! The built-in descriptions and the libraries made from people's data that come with them.

use crate::compose::{ComposeError, compose};
use crate::device::Device;
use crate::format::{Format, FormatError, compile_with};
use crate::oracle::{Bench, BenchError};
use crate::seeds;
use serde_json::Value;

/// Makes people's data by code.
pub type Made = fn() -> Value;

/// A built-in description.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Name on the command line.
    pub name: &'static str,
    /// The description.
    pub text: &'static str,
    /// Libraries made by code, by name; not all of them are valid.
    pub made: &'static [(&'static str, Made)],
    /// The one of them whose fields a sweep changes if no other is named.
    pub base: &'static str,
    /// Where inputs are messages and no libraries: the format of the libraries that the device
    /// takes besides.
    pub library: Option<&'static str>,
    /// Named seeds as people's data.
    pub seeds: &'static [(&'static str, &'static str)],
}

macro_rules! seeds {
    ($folder:literal, $($name:literal),*) => { &[$(($name, include_str!(concat!("../seeds/", $folder, "/", $name, ".json")))),*] };
}

/// Files that descriptions include.
static PARTS: &[(&str, &str)] = &[
    ("miva-protocol.toml", include_str!("../formats/miva-protocol.toml")),
    ("bcc-frame.toml", include_str!("../formats/bcc-frame.toml")),
];

/// All built-in descriptions.
pub static BUILTIN: &[Builtin] = &[
    Builtin {
        name: "drug-library",
        text: include_str!("../formats/drug-library.toml"),
        made: &[("crowded", seeds::crowded), ("overcrowded", seeds::overcrowded), ("maximal", seeds::maximal)],
        base: "typical",
        library: None,
        seeds: seeds!("drug-library", "minimal", "every-kind", "typical", "known-good-a", "known-good-b"),
    },
    Builtin {
        name: "library-transfer",
        text: include_str!("../formats/library-transfer.toml"),
        made: &[],
        base: "begin",
        library: Some("drug-library"),
        seeds: seeds!(
            "library-transfer",
            "hello",
            "hello-of-others",
            "proof",
            "begin",
            "chunk",
            "longest-chunk",
            "commit",
            "status",
            "abort",
            "known-good"
        ),
    },
    Builtin {
        name: "bcc",
        text: include_str!("../formats/bcc.toml"),
        made: &[],
        base: "slot",
        library: Some("drug-library"),
        seeds: seeds!("bcc", "alive", "version", "get", "slot", "last-slot", "known-good"),
    },
    Builtin {
        name: "bcc-answer",
        text: include_str!("../formats/bcc-answer.toml"),
        made: &[],
        base: "typical",
        library: Some("drug-library"),
        seeds: seeds!(
            "bcc-answer",
            "acknowledged",
            "version",
            "errors",
            "typical",
            "first-block",
            "device",
            "quantities",
            "names",
            "states",
            "flags",
            "no-values",
            "known-good"
        ),
    },
    Builtin {
        name: "order",
        text: include_str!("../formats/order.toml"),
        made: &[],
        base: "fuller",
        library: Some("drug-library"),
        seeds: seeds!(
            "order",
            "fuller",
            "example-1",
            "example-2",
            "change",
            "pca",
            "duration",
            "per-m2",
            "two-orders",
            "utf-8",
            "other-delimiters",
            "known-good"
        ),
    },
    Builtin {
        name: "miva-library",
        text: include_str!("../formats/miva-library.toml"),
        made: &[("crowded", seeds::miva::crowded)],
        base: "fuller",
        library: None,
        seeds: seeds!("miva-library", "minimal", "fuller", "known-good-a", "known-good-b"),
    },
    Builtin {
        name: "miva-order",
        text: include_str!("../formats/miva-order.toml"),
        made: &[],
        base: "per-kg",
        library: Some("miva-library"),
        seeds: seeds!("miva-order", "per-kg", "absolute", "fluid", "bolus", "intermittent", "known-good"),
    },
    Builtin {
        name: "miva-frame",
        text: include_str!("../formats/miva-frame.toml"),
        made: &[],
        base: "write-block",
        library: Some("miva-library"),
        seeds: seeds!(
            "miva-frame",
            "read-serial-number",
            "serial-number",
            "read-library-name",
            "library-name",
            "read-pointers",
            "pointers",
            "read-event",
            "event",
            "read-clock",
            "clock-in-seconds",
            "clock-as-date",
            "set-clock",
            "clock-set",
            "begin-library",
            "erase-page",
            "write-block",
            "block-written",
            "authorise",
            "authorised",
            "restart",
            "begin-order",
            "order-begun",
            "write-part",
            "part-written",
            "confirm-order",
            "order-confirmed",
            "known-good"
        ),
    },
];

impl Builtin {
    /// The description with this name.
    pub fn named(name: &str) -> Option<&'static Builtin> {
        BUILTIN.iter().find(|builtin| builtin.name == name)
    }

    /// Loads it.
    pub fn load(&self) -> Result<Format, FormatError> {
        compile_with(self.text, |file| PARTS.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).into()))
    }

    /// The description of the libraries that the device takes: its own, if inputs are libraries.
    pub fn of_libraries(&'static self) -> &'static Builtin {
        self.library.and_then(Builtin::named).unwrap_or(self)
    }

    /// Puts a device on the bench for inputs of this description, given that of the libraries and
    /// two known-good ones.
    pub fn bench<'f, D: Device>(
        &self,
        inputs: &'f Format,
        libraries: &'f Format,
        known_good: [Vec<u8>; 2],
        device: D,
    ) -> Result<Bench<'f, D>, BenchError> {
        let bench = Bench::new(libraries, device, known_good)?;
        if self.library.is_none() {
            return Ok(bench);
        }
        let good = self.seed(inputs, "known-good").map_err(|error| BenchError::NoMessage(error.to_string()))?;
        bench.with_messages(inputs, good)
    }

    /// The names of all seeds but the known-good ones.
    pub fn libraries(&self) -> impl Iterator<Item = &'static str> {
        let all = self.seeds.iter().map(|(name, _)| *name).chain(self.made.iter().map(|(name, _)| *name));
        all.filter(|name| !name.starts_with("known-good"))
    }

    /// The bytes of a named seed.
    pub fn seed(&self, format: &Format, name: &str) -> Result<Vec<u8>, ComposeError> {
        let wrong = |why: String| ComposeError { path: name.to_string(), why };
        if let Some((_, make)) = self.made.iter().find(|(known, _)| *known == name) {
            return compose(format, &make());
        }
        let (_, text) =
            self.seeds.iter().find(|(known, _)| *known == name).ok_or_else(|| wrong("there is no such seed".into()))?;
        let value: Value = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
        compose(format, &value)
    }
}
