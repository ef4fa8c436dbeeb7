//! Drug libraries too large to be written down, made as people's data.

pub mod miva;

use serde_json::{Value, json};

/// Most therapies of a library.
const THERAPIES: u64 = 250;

fn header(name: &str) -> Value {
    json!({
        "id": "4C617267652074657374206C69627261", "revision": 1, "status": "released",
        "created": 1_767_225_600, "activates": 1_767_312_000, "name": name, "hospital": "Test hospital"
    })
}

fn profile(id: u64) -> Value {
    json!({
        "id": id, "name": format!("Profile {id}"), "max_rate": 999, "max_vtbi": 9999, "kvo_rate": 1,
        "occlusion_pressure": 500, "air_in_line": 100, "auto_restart": 3, "lock_level": "keypad", "max_weight": 250
    })
}

fn drug(id: u64) -> Value {
    json!({
        "id": id, "name": format!("Test substance {id}"), "short_name": format!("T{id}"), "code": format!("T-{id}"),
        "category": "Group A", "priority": 2, "colour": 0, "tci_agent": "none",
        "alias": [format!("T{id}X")], "ndc": [{ "code": format!("{:010}", 9_000_000_000 + id), "concentration": id }]
    })
}

fn concentration(id: u64) -> Value {
    let amount = 10 * (id % 40 + 1);
    json!({ "id": id, "drug": id, "kind": "standard", "unit": "mg", "standard": { "amount": amount, "volume": 100, "final": amount as f64 / 100.0 } })
}

fn therapies() -> Vec<Value> {
    (1..=THERAPIES).map(|id| json!({ "id": id, "name": format!("Therapy {id}") })).collect()
}

/// The number-th set-up of a profile: intermittent, continuous with a bolus, or a fluid.
fn setup(profile: u64, number: u64) -> Value {
    let (drug, therapy) = (number / THERAPIES + 1, number % THERAPIES + 1);
    let low = number % 500 + 1;
    match number % 8 {
        0 => json!({
            "kind": "continuous", "module": "large-volume", "line": "primary", "dose_unit": "mcg/kg/min",
            "profile": profile, "drug": drug, "concentration": drug, "therapy": therapy,
            "continuous": { "unit": "mcg/kg/min", "soft_min": low, "soft_max": low + 20, "hard_max": low + 30, "initial": low + 10 },
            "bolus": { "unit": "mg", "soft_max": low, "rate_unit": "ml/h", "rate_soft_max": 100 }
        }),
        1 => json!({
            "kind": "fluid", "module": "large-volume", "line": "primary", "dose_unit": "ml/h",
            "profile": profile, "drug": drug, "therapy": therapy, "fluid": { "soft_min": 1, "soft_max": low, "hard_max": 999 }
        }),
        _ => json!({
            "kind": "intermittent", "module": "large-volume", "line": "secondary", "dose_unit": "mg",
            "profile": profile, "drug": drug, "concentration": drug, "therapy": therapy,
            "intermittent": { "duration_soft_min": 15, "duration_initial": 30, "duration_soft_max": 240, "unit": "mg", "soft_min": low, "soft_max": low + 100 }
        }),
    }
}

fn library(name: &str, profiles: u64, setups: u64, drugs: u64) -> Value {
    json!({
        "header": header(name),
        "profile": (1..=profiles).map(profile).collect::<Vec<_>>(),
        "drug": (1..=drugs).map(drug).collect::<Vec<_>>(),
        "concentration": (1..=drugs).map(concentration).collect::<Vec<_>>(),
        "therapy": therapies(),
        "setup": (1..=profiles).flat_map(|p| (0..setups).map(move |n| setup(p, n))).collect::<Vec<_>>()
    })
}

/// As many set-ups as a library can have: 10 profiles with 1,000 each.
pub fn maximal() -> Value {
    library("Maximal", 10, 1000, 400)
}

/// As many set-ups as a profile can have.
pub fn crowded() -> Value {
    library("Crowded", 1, 1500, 7)
}

/// One more than that: every field is in range, and the library must be refused.
pub fn overcrowded() -> Value {
    library("Overcrowded", 1, 1501, 7)
}
