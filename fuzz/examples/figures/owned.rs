//! A library as owned structures, decoded by bincode without any check: the yardstick for the
//! pump's parser. The only place that uses bincode, always with a size limit.

use bincode::{Decode, Encode};
use pump::library::{Body, Content};

/// Larger than any library.
const LIMIT: usize = 16 << 20;

fn settings() -> impl bincode::config::Config {
    bincode::config::standard().with_fixed_int_encoding().with_limit::<LIMIT>()
}

#[derive(Encode, Decode)]
pub struct Library {
    id: [u8; 16],
    revision: u16,
    created: u32,
    activates: u32,
    name: String,
    hospital: String,
    profiles: Vec<Profile>,
    drugs: Vec<Drug>,
    concentrations: Vec<Concentration>,
    therapies: Vec<(u16, String)>,
    setups: Vec<Setup>,
}

#[derive(Encode, Decode)]
struct Profile {
    id: u16,
    name: String,
    setups: u16,
    limits: [u32; 3],
    occlusion_pressure: u16,
    air_in_line: u16,
    auto_restart: u8,
    max_weight: Option<u32>,
    max_surface: Option<u32>,
}

#[derive(Encode, Decode)]
struct Drug {
    id: u16,
    texts: [String; 4],
    priority: u8,
    colour: u8,
    aliases: Vec<String>,
    ndcs: Vec<([u8; 10], u16)>,
}

#[derive(Encode, Decode)]
struct Concentration {
    id: u16,
    drug: u16,
    unit: u8,
    content: [Option<u32>; 3],
}

#[derive(Encode, Decode)]
struct Setup {
    codes: [u8; 3],
    references: [u16; 6],
    limits: Limits,
}

/// Unit and limits of a bolus, then of its rate.
type Bolus = (u8, [Option<u32>; 4], u8, [Option<u32>; 4]);

#[derive(Encode, Decode)]
enum Limits {
    Continuous(u8, [Option<u32>; 4], Option<Bolus>),
    Intermittent([Option<u16>; 4], u8, [Option<u32>; 3]),
    Fluid([Option<u32>; 3]),
}

impl Library {
    /// The content of a valid library; set-up kinds that the maximal library does not have are
    /// left out.
    pub fn of(bytes: &[u8]) -> Option<Library> {
        let index = pump::validate(bytes).ok()?;
        let library = pump::Library::new(bytes, &index);
        let header = library.header()?;
        Some(Library {
            id: header.id,
            revision: header.revision,
            created: header.created,
            activates: header.activates,
            name: header.name.into(),
            hospital: header.hospital.into(),
            profiles: library.profiles().map(|p| profile(&p)).collect(),
            drugs: library.drugs().map(|d| drug(&d)).collect(),
            concentrations: library.concentrations().map(|c| concentration(&c)).collect(),
            therapies: library.therapies().map(|t| (t.id, t.name.into())).collect(),
            setups: library.setups().filter_map(|s| setup(&s)).collect(),
        })
    }
}

fn profile(p: &pump::library::Profile<'_>) -> Profile {
    Profile {
        id: p.id,
        name: p.name.into(),
        setups: p.setups,
        limits: [p.max_rate, p.max_vtbi, p.kvo_rate],
        occlusion_pressure: p.occlusion_pressure,
        air_in_line: p.air_in_line,
        auto_restart: p.auto_restart,
        max_weight: p.max_weight,
        max_surface: p.max_surface,
    }
}

fn drug(d: &pump::library::Drug<'_>) -> Drug {
    Drug {
        id: d.id,
        texts: [d.name.into(), d.short_name.into(), d.code.into(), d.category.into()],
        priority: d.priority,
        colour: d.colour,
        aliases: d.aliases().iter().map(|a| (*a).into()).collect(),
        ndcs: d.ndcs().iter().map(|n| (n.code, n.concentration)).collect(),
    }
}

fn concentration(c: &pump::library::Concentration) -> Concentration {
    let content = match c.content {
        Content::Standard { amount, volume, quotient } => [Some(amount), Some(volume), Some(quotient)],
        Content::Custom { hard_min, soft_min, soft_max } => [hard_min, soft_min, soft_max],
    };
    Concentration { id: c.id, drug: c.drug, unit: c.unit.0, content }
}

fn setup(s: &pump::library::Setup) -> Option<Setup> {
    let limits = match s.body {
        Body::Continuous(c) => Limits::Continuous(
            c.unit.0,
            [c.soft_min, c.soft_max, c.hard_max, c.initial],
            c.bolus.map(|b| {
                let rates = [b.rate_soft_min, b.rate_soft_max, b.rate_hard_max, b.rate_initial];
                (b.unit.0, [b.soft_min, b.soft_max, b.hard_max, b.initial], b.rate_unit.0, rates)
            }),
        ),
        Body::Intermittent(i) => Limits::Intermittent(
            [i.duration_hard_min, i.duration_soft_min, i.duration_soft_max, i.duration_initial],
            i.unit.0,
            [i.soft_min, i.soft_max, i.hard_max],
        ),
        Body::Fluid(f) => Limits::Fluid([f.soft_min, f.soft_max, f.hard_max]),
        _ => return None,
    };
    let codes = [s.module as u8, s.line as u8, s.dose_unit.0];
    Some(Setup { codes, references: [s.profile, s.drug, s.concentration, s.therapy, s.advisory, s.label], limits })
}

/// Encodes it.
pub fn encode(library: &Library) -> Result<Vec<u8>, String> {
    bincode::encode_to_vec(library, settings()).map_err(|e| e.to_string())
}

/// Decodes it.
pub fn decode(bytes: &[u8]) -> Result<Library, String> {
    bincode::decode_from_slice(bytes, settings()).map(|(library, _)| library).map_err(|e| e.to_string())
}
