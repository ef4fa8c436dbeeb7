//! The configuration: a TOML file. It has no default for the key.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use pump::bcc::{BedId, Mode};
use pump::network::{CONNECTIONS, Settings};
use serde::Deserialize;

use crate::problem::Problem;

/// How a key is made.
const KEY_HINT: &str = "write 64 random hexadecimal digits into a file that only the server may read, and name it with \
                        key_file = \"…\"; or try things out with --demo, which makes a key for once";

/// What the file says; every field may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    address: Option<IpAddr>,
    storage: Option<PathBuf>,
    capacity: Option<u32>,
    key: Option<String>,
    key_file: Option<PathBuf>,
    tick_ms: Option<u32>,
    pump: PumpTable,
    bcc: BccTable,
    order: PortTable,
    transfer: PortTable,
    limits: LimitTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PumpTable {
    id: Option<String>,
    care_area: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BccTable {
    port: Option<u16>,
    bed: Option<String>,
    stuffed: Option<bool>,
    cycle_ms: Option<u32>,
    block: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PortTable {
    port: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitTable {
    connections: Option<usize>,
    bytes_per_second: Option<u32>,
    idle_seconds: Option<u32>,
}

/// The care area that the pump is set to unless another one is named.
pub const CARE_AREA: &str = "Ward";

/// What peers may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections of a path at the same time.
    pub connections: usize,
    /// Bytes of a connection that are read within a second; the others wait.
    pub bytes_per_second: u32,
    /// A connection that brings nothing for so long is closed.
    pub idle_seconds: u32,
}

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub address: IpAddr,
    /// The ports of BCC, orders and library transfers; 0: any that is free.
    pub ports: [u16; 3],
    /// The folder of the pump's memory; none: it forgets.
    pub storage: Option<PathBuf>,
    /// Bytes that a slot of the memory holds.
    pub capacity: u32,
    /// The key of library transfers.
    pub key: Option<[u8; 32]>,
    /// The pump's time between two ticks.
    pub tick_ms: u32,
    /// How the pump is set up.
    pub settings: Settings,
    /// What peers may do.
    pub limits: Limits,
}

impl Config {
    /// The configuration of a file that says nothing.
    ///
    /// # Errors
    /// None, as a test holds: the defaults are right.
    pub fn usual() -> Result<Self, Problem> {
        Self::of(File::default(), Path::new("the defaults"))
    }

    /// Reads a file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// It cannot be read, or says something that cannot be.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Problem::new("the configuration cannot be read", path.display(), error, "name a file with --config FILE")
        })?;
        let file = toml::from_str(&text).map_err(|error| {
            let hint = "docs/pump-server.md lists all that may stand there";
            Problem::new("the configuration is wrong", path.display(), error.to_string().trim_end(), hint)
        })?;
        Self::of(file, path)
    }

    /// The key, without which nothing is started.
    ///
    /// # Errors
    /// There is none.
    pub fn required_key(&self, place: &str) -> Result<[u8; 32], Problem> {
        let why = "drug libraries are taken from whoever proves to have the key, and there is no default key";
        self.key.ok_or_else(|| Problem::new("there is no key", place, why, KEY_HINT))
    }

    fn of(file: File, path: &Path) -> Result<Self, Problem> {
        let wrong = |field: &str, why: &str| {
            let place = format!("{}, {field}", path.display());
            Problem::new("the configuration is wrong", place, why, "docs/pump-server.md lists what may stand there")
        };
        let within = |given: Option<u32>, usual: u32, least: u32, most: u32, field: &str| {
            let value = given.unwrap_or(usual);
            let why = format!("it is {value}, and may be {least} to {most}");
            (least..=most).contains(&value).then_some(value).ok_or_else(|| wrong(field, &why))
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut settings = Settings::default();
        settings.pump = file.pump.id.unwrap_or(settings.pump);
        let care_area = file.pump.care_area.unwrap_or_else(|| CARE_AREA.into());
        for (text, field) in [(&settings.pump, "pump.id"), (&care_area, "pump.care_area")] {
            let plain = !text.trim().is_empty() && !text.chars().any(char::is_control) && text.len() <= 80;
            plain.then_some(()).ok_or_else(|| wrong(field, "it must be 1 to 80 bytes of printable text"))?;
        }
        settings.profile = Some(care_area);
        let bed = file.bcc.bed.as_deref().unwrap_or("Bed1");
        settings.bcc.bed = BedId::new(bed)
            .filter(|_| !bed.is_empty())
            .ok_or_else(|| wrong("bcc.bed", "it must be 1 to 15 characters of A–Z, a–z, 0–9, / and [ \\ ] ^ _ `"))?;
        settings.bcc.stuffed = file.bcc.stuffed.unwrap_or(true);
        let cycle = within(file.bcc.cycle_ms, 0, 0, 3_600_000, "bcc.cycle_ms")?;
        settings.bcc.mode = if cycle == 0 { Mode::OnRequest } else { Mode::Cyclic { period_ms: cycle } };
        let block = file.bcc.block.map(|block| u32::try_from(block).unwrap_or(u32::MAX));
        settings.bcc.most_per_block = within(block, 1_000, 20, 90_000, "bcc.block")? as usize;
        let connections = file.limits.connections.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
        let most = u32::try_from(CONNECTIONS).unwrap_or(1);
        let limits = Limits {
            connections: within(connections, most, 1, most, "limits.connections")? as usize,
            bytes_per_second: within(file.limits.bytes_per_second, 65_536, 1_024, 1 << 30, "limits.bytes_per_second")?,
            idle_seconds: within(file.limits.idle_seconds, 600, 1, 86_400, "limits.idle_seconds")?,
        };
        let ports = [(file.bcc.port, 4001), (file.order.port, 3000), (file.transfer.port, 4002)];
        let ports = ports.map(|(given, usual)| given.unwrap_or(usual));
        Ok(Config {
            address: file.address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            ports,
            storage: file.storage.map(|storage| folder.join(storage)),
            capacity: within(file.capacity, 4 << 20, 1_024, 16 << 20, "capacity")?,
            key: key(file.key, file.key_file.map(|path| folder.join(path)), &wrong)?,
            tick_ms: within(file.tick_ms, 100, 10, 1_000, "tick_ms")?,
            settings,
            limits,
        })
    }
}

/// The key, as digits in the configuration or in a file of its own.
fn key(
    digits: Option<String>,
    file: Option<PathBuf>,
    wrong: &dyn Fn(&str, &str) -> Problem,
) -> Result<Option<[u8; 32]>, Problem> {
    let (digits, field) = match (digits, file) {
        (Some(_), Some(_)) => return Err(wrong("key", "there is a key_file besides, and one of them is enough")),
        (Some(digits), None) => (digits, "key"),
        (None, None) => return Ok(None),
        (None, Some(path)) => {
            let read = std::fs::read_to_string(&path)
                .map_err(|error| wrong("key_file", &format!("{} cannot be read: {error}", path.display())))?;
            (read, "key_file")
        }
    };
    let bytes = from_hex(digits.trim()).ok_or_else(|| wrong(field, "a key is 64 hexadecimal digits"))?;
    if bytes.iter().all(|byte| *byte == bytes[0]) {
        return Err(wrong(field, "all bytes of the key are the same: that is no key"));
    }
    Ok(Some(bytes))
}

fn from_hex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (number, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * number..2 * number + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Config, Problem> {
        let file: File = toml::from_str(text).map_err(|error| Problem::new("", "", error, ""))?;
        Config::of(file, Path::new("/etc/pump/server.toml"))
    }

    #[test]
    fn what_is_left_out_is_as_documented() {
        let config = Config::usual().expect("right");
        assert_eq!((config.address.to_string().as_str(), config.ports), ("127.0.0.1", [4001, 3000, 4002]));
        assert_eq!((config.settings.bcc.stuffed, config.settings.bcc.mode), (true, Mode::OnRequest));
        assert_eq!((config.key, config.storage.as_ref(), config.tick_ms), (None, None, 100));
        assert_eq!(config.limits, Limits { connections: 8, bytes_per_second: 65_536, idle_seconds: 600 });
        assert!(config.required_key("x").expect_err("no default").to_string().contains("no default key"));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        for (text, field) in [
            ("key = '12'", "key"),
            (&format!("key = '{}'", "00".repeat(32)), "key"),
            (&format!("key = '{}'\nkey_file = 'x'", "01".repeat(32)), "key"),
            ("key_file = 'not-there'", "key_file"),
            ("tick_ms = 9", "tick_ms"),
            ("[pump]\nid = ''", "pump.id"),
            ("[pump]\ncare_area = \"a\\u0007\"", "pump.care_area"),
            ("[bcc]\nbed = 'a bed'", "bcc.bed"),
            ("[bcc]\nbed = ''", "bcc.bed"),
            ("[bcc]\nblock = 0", "bcc.block"),
            ("[limits]\nconnections = 9", "limits.connections"),
            ("[limits]\nbytes_per_second = 0", "limits.bytes_per_second"),
        ] {
            let problem = of(text).expect_err(text);
            assert_eq!(problem.place, format!("/etc/pump/server.toml, {field}"), "{text}");
        }
        assert!(of("passwort = 'x'").expect_err("unknown").why.contains("unknown field"));
    }

    #[test]
    fn a_key_is_64_digits_and_paths_begin_at_the_file() {
        let config = of(&format!("key = '{}01'\nstorage = 'memory'", "aB".repeat(31))).expect("right");
        assert_eq!(config.key.map(|key| (key[0], key[31])), Some((0xAB, 1)));
        assert_eq!(config.storage.as_deref(), Some(Path::new("/etc/pump/memory")));
    }
}
