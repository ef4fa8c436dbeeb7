//! The states, kinds and verdicts that there are, and that fuzzing meets no others.

use infuzz::builtin::Builtin;
use infuzz::conversation::{Event, Mutator, Runner};
use infuzz::format::Format;
use infuzz_devices::{KEY, Networked};
use infuzz_models::{Formats, SEEDS, STATES, searches, seeds, states, written};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

static ALL: LazyLock<[Format; 5]> =
    LazyLock::new(|| ["drug-library", "library-transfer", "bcc", "bcc-answer", "order"].map(load));

fn load(name: &str) -> Format {
    Builtin::named(name).expect("built in").load().expect("loads")
}

fn formats() -> Formats<'static> {
    let [libraries, transfer, requests, answers, orders] = &*ALL;
    Formats { libraries, transfer, requests, answers, orders }
}

fn runner(paths: &[&str]) -> Runner<'static, Networked> {
    let library = |name| Builtin::named("drug-library").expect("built in").seed(&ALL[0], name).expect("a seed");
    let known = ["known-good-a", "known-good-b"].map(library);
    Runner::new(Networked::new(), formats().models(paths, KEY).0, known).expect("sets up")
}

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
fn fuzzing_meets_all_of_them_and_no_others() {
    let known: BTreeSet<&str> = states().collect();
    // Power cuts have a target of their own.
    let of_power = |state: &str| state.starts_with("power failed");
    let seeds: Vec<_> = seeds(formats(), SEEDS).into_iter().map(|(_, seed)| seed).collect();
    let mut mutator = Mutator::new(&formats().paths(), seeds.clone());
    let mut runner = runner(&["library-transfer", "bcc", "order"]);
    let mut seen = BTreeSet::new();
    let mut pool = seeds;
    for seed in 0..150_000u64 {
        let mut conversation = pool[seed as usize % pool.len()].clone();
        mutator.mutate(&mut conversation, seed);
        let before = seen.len();
        seen.extend(runner.run_only(&conversation).events.iter().map(written));
        if seen.len() > before {
            pool.push(conversation);
        }
    }
    let new: Vec<&String> = seen.iter().filter(|one| !known.contains(one.as_str())).collect();
    let missed: Vec<&&str> = known.iter().filter(|one| !seen.contains(**one) && !of_power(one)).collect();
    assert_eq!((new, missed), (vec![], vec![]));
}
