//! A MIVA library with every slot used.

use serde_json::{Value, json};

/// Protocols, their limits, views and elements of the map.
const PROTOCOLS: u64 = 64;
/// Children of a node.
const CHILDREN: u64 = 10;

fn node(label: &str, kind: &str) -> Value {
    json!({ "label": label, "shown": label, "kind": kind })
}

/// A tree as wide as it can be: `leaves` below as many folders as they need, below the root.
fn wide(root: &str, leaves: Vec<Value>, folders: u64) -> Vec<Value> {
    let count = leaves.len() as u64;
    let mut nodes = vec![json!({ "child": (1..=folders).collect::<Vec<_>>(), "shown": root })];
    let mut next = folders + 1;
    for folder in 0..folders {
        let own = (count - (next - folders - 1)).min(CHILDREN);
        let label = format!("Folder {folder}");
        nodes.push(json!({ "child": (next..next + own).collect::<Vec<_>>(), "label": label, "shown": label }));
        next += own;
    }
    nodes.extend(leaves);
    nodes
}

fn protocol(slot: u64) -> Value {
    let name = format!("P {slot}");
    match slot % 3 {
        0 => json!({
            "continuous": {
                "rate": 2, "vtbi": 100, "time": 3600, "delay_start": 60, "kvo_rate": 1, "delay_kvo_rate": 0.5,
                "concentration": 1.6, "drug_amount": 400, "solvent": 250,
                "switches": {
                    "rate": true, "vtbi": true, "time": true, "delay_start": true, "kvo_rate": true,
                    "delay_kvo_rate": true, "concentration": true, "weight": true, "drug": true
                }
            },
            "identity": slot, "roles": 3, "changeable": "yes", "mode": "continuous", "rate_unit": "mcg/kg/min",
            "name": name, "drug": "Drug", "first_component": { "name": "No components" }
        }),
        1 => json!({
            "bolus": {
                "basal_rate": 1, "vtbi": 50, "loading_dose": 2, "delay_start": 60, "automatic_bolus": 1,
                "bolus_interval": 3600, "demand_bolus": 0.5, "lockout": 600, "delay_kvo_rate": 0.5,
                "max_per_hour": 6, "max_per_interval": 20, "clinician_dose": 2,
                "switches": {
                    "basal_rate": true, "vtbi": true, "loading_dose": true, "delay_start": true,
                    "automatic_bolus": true, "bolus_interval": true, "demand_bolus": true, "lockout": true,
                    "delay_kvo_rate": true, "max_per_hour": true, "max_per_interval": true, "clinician_dose": true
                }
            },
            "identity": slot, "mode": "bolus", "name": name
        }),
        _ => json!({
            "intermittent": {
                "dose_rate": 60, "dose_vtbi": 50, "total_time": 172_800, "interval": 21_600, "delay_start": 60,
                "between_kvo_rate": 1, "kvo_rate": 0.5, "delay_kvo_rate": 0.5, "max_per_hour": 100,
                "max_per_interval": 60,
                "switches": {
                    "dose_rate": true, "dose_vtbi": true, "total_time": true, "interval": true, "delay_start": true,
                    "between_kvo_rate": true, "kvo_rate": true, "delay_kvo_rate": true, "max_per_hour": true,
                    "max_per_interval": true
                }
            },
            "identity": slot, "mode": "intermittent", "name": name
        }),
    }
}

fn limits(slot: u64) -> Value {
    let range = |names: &[&str], high: u64| -> Vec<(String, Value)> {
        names.iter().map(|name| ((*name).to_string(), json!({ "min": 0, "max": high }))).collect()
    };
    let (name, numbers, times): (&str, &[&str], &[&str]) = match slot % 3 {
        0 => ("continuous_limits", &["rate", "vtbi", "kvo_rate", "delay_kvo_rate"], &["time", "delay_start"]),
        1 => (
            "bolus_limits",
            &[
                "basal_rate",
                "vtbi",
                "loading_dose",
                "automatic_bolus",
                "demand_bolus",
                "delay_kvo_rate",
                "max_per_hour",
                "max_per_interval",
                "clinician_dose",
                "patient_basal_rate",
                "patient_automatic_bolus",
            ],
            &["delay_start", "bolus_interval", "lockout"],
        ),
        _ => (
            "intermittent_limits",
            &[
                "dose_rate",
                "dose_vtbi",
                "between_kvo_rate",
                "kvo_rate",
                "delay_kvo_rate",
                "max_per_hour",
                "max_per_interval",
            ],
            &["total_time", "interval", "delay_start"],
        ),
    };
    let pairs = range(numbers, 135).into_iter().chain(range(times, 864_000));
    json!({ name: pairs.collect::<serde_json::Map<_, _>>() })
}

fn view() -> Value {
    // Twelve parameters are known in every mode, and two more that are none.
    let parameters: Vec<String> = (0..=11).map(|number| format!("parameter {number}")).collect();
    let names: Vec<&str> = parameters.iter().map(String::as_str).chain(["save order", "drug"]).collect();
    // The lists leave most of them out.
    let numbers = [0, 5, 22];
    let entries: Vec<Value> = names.iter().map(|name| json!({ "parameter": name, "label": "Shown" })).collect();
    json!({ "entry": entries, "patient": numbers, "titration": numbers })
}

/// As many nodes, protocols, views, label sets, labels and access codes as there can be.
pub fn crowded() -> Value {
    let protocols = (0..PROTOCOLS).map(|slot| {
        let mut leaf = node(&format!("P {slot}"), "protocol");
        leaf["protocol"] = slot.into();
        leaf["roles"] = if slot % 3 == 0 { 3 } else { 0xFFFF }.into();
        leaf
    });
    let elements = (0..PROTOCOLS).map(|slot| {
        let roles = if slot % 3 == 0 { 3 } else { 0xFFFF };
        json!({ "roles": roles, "protocol": slot, "view": slot, "labels": slot % 8 })
    });
    let labels = json!({ "text": ["Label 1", "Label 2", "Label 3", "Label 4", "Label 5"] });
    let others = |count: u64| (0..count).map(|number| node(&format!("Text {number}"), "text")).collect::<Vec<_>>();
    json!({
        "standby": wide("standbyRoot", protocols.chain(others(25)).collect(), 10),
        "configuration": wide("configRoot", others(26), 3),
        "infusion": wide("infusionRoot", others(54), 6),
        "protocol": (0..PROTOCOLS).map(protocol).collect::<Vec<_>>(),
        "limits": (0..PROTOCOLS).map(limits).collect::<Vec<_>>(),
        "view": (0..PROTOCOLS).map(|_| view()).collect::<Vec<_>>(),
        "default_view": (0..16).map(|_| view()).collect::<Vec<_>>(),
        "globals": {
            "product_time": 31_536_000, "product_volume": 20_000, "service_time": 31_536_000,
            "service_volume": 20_000, "battery_time": 31_536_000, "battery_volume": 20_000,
            "battery_low_time": 864_000, "battery_low_volume": 1500, "backup_interval": 1600, "indicator_time": 5,
            "identity": 1, "number": 1, "code_roles": vec![3; 32], "upstream_delay": 20, "downstream_delay": 20,
            "brightness_first": "high", "brightness_later": "low",
            "code": (100..132).map(|code| json!({ "digits": code.to_string() })).collect::<Vec<_>>(),
            "name": "Crowded 1", "model": "Nimbus Dev"
        },
        "labels": vec![labels; 8],
        "map": { "element": elements.collect::<Vec<_>>(), "slot": (0..PROTOCOLS).collect::<Vec<_>>() }
    })
}
