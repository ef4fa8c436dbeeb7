//! The states, kinds and verdicts that there are, and that fuzzing meets no others.

mod common;

use common::{PATHS, formats, met, runner};
use infuzz::conversation::Event;
use infuzz_devices::KEY;
use infuzz_models::{SEEDS, STATES, searches, states, written};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_list_is_what_the_search_finds() {
    let mut found: BTreeSet<Event> = BTreeSet::new();
    for search in searches(formats()) {
        found.extend(search.run(&mut runner(search.paths)).into_keys());
    }
    let head =
        "# State, kind of message and verdict: what the search of crates/infuzz-models/src/reachable.rs finds.\n";
    let text = found.iter().fold(head.to_string(), |text, event| text + &written(event) + "\n");
    if std::env::var_os("INFUZZ_WRITE").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("states.txt"), &text).expect("written");
    }
    assert_eq!(text, STATES, "write it anew with INFUZZ_WRITE=1, and look at what changed");
}

#[test]
fn fuzzing_shows_nothing_and_meets_all_of_them_and_no_others() {
    let met = met(PATHS, SEEDS, 150_000);
    let reached: BTreeSet<String> = met.iter().map(|[_, kind, became]| format!("{kind} {became}")).collect();
    let unreached: Vec<String> =
        formats().models(PATHS, KEY).1.into_iter().filter(|point| !reached.contains(point)).collect();
    let met: BTreeSet<String> = met.iter().map(written).collect();
    let known: BTreeSet<&str> = states().collect();
    let new: Vec<&String> = met.iter().filter(|one| !known.contains(one.as_str())).collect();
    // Power cuts have a target of their own.
    let owed = known.iter().filter(|one| !one.starts_with("power failed"));
    let missed: Vec<&&str> = owed.filter(|one| !met.contains(**one)).collect();
    assert_eq!((new, missed, unreached), (vec![], vec![], vec![]));
}
