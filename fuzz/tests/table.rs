//! Everything that names targets agrees with the table.

use infuzz::builtin::Builtin;
use infuzz::dictionary::dictionary;
use infuzz_fuzz::{Body, Input, TARGETS};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Compares a file with what our code makes; with INFUZZ_WRITE set, writes it.
fn made_by_our_code(path: &Path, content: &[u8]) {
    if std::env::var_os("INFUZZ_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().expect("has a folder")).expect("can be made");
        std::fs::write(path, content).expect("can be written");
    }
    let found = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(
        found == content,
        "{} is out of date: run INFUZZ_WRITE=1 cargo test -p infuzz-fuzz --test table",
        path.display()
    );
}

fn names(folder: &str, suffix: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(suffix).map(String::from)).collect()
}

fn table() -> BTreeSet<String> {
    TARGETS.iter().map(|target| target.name.to_string()).collect()
}

#[test]
fn every_target_has_a_binary_and_every_binary_a_target() {
    assert_eq!(names("fuzz/fuzz_targets", ".rs"), table());
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("readable");
    for target in TARGETS {
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{} is not in fuzz/Cargo.toml", target.name);
    }
}

#[test]
fn the_handbook_names_every_target_with_what_its_inputs_are() {
    let page = std::fs::read_to_string(root().join("docs/engines.md")).expect("readable");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(name, rest)| (name.to_string(), rest.trim_end_matches(" |").to_string()));
    let rows: BTreeSet<_> = rows.collect();
    let expected = TARGETS.iter().map(|target| (target.name.to_string(), target.title.to_string()));
    assert_eq!(rows, expected.collect());
}

#[test]
fn the_scripts_take_the_targets_from_the_table() {
    let name_in = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        TARGETS.iter().any(|target| text.contains(target.name) && target.name != "drug_library")
    };
    for script in ["smoke", "corpus", "nightly", "oss-fuzz/build.sh", "oss-fuzz/check", "measure"] {
        assert!(!name_in(&root().join("ci").join(script)), "ci/{script} lists targets by hand");
    }
}

/// Targets in which something has been found that is kept as a regression.
const HAVE_REGRESSIONS: [&str; 2] = ["drug_library", "pump_session"];

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() {
    assert_eq!(names("corpus", ""), table());
    for target in TARGETS {
        for folder in ["seed", "regression"] {
            if folder == "regression" && (target.input == Input::Edits || !HAVE_REGRESSIONS.contains(&target.name)) {
                let path = root().join("corpus").join(target.name).join(folder);
                assert!(target.input == Input::Edits || !path.exists(), "{} has regressions", target.name);
                continue;
            }
            let files = names(&format!("corpus/{}/{folder}", target.name), "");
            assert!(!files.is_empty(), "corpus/{}/{folder} is empty", target.name);
        }
    }
}

#[test]
fn dictionaries_are_derived_from_the_descriptions() {
    for target in TARGETS {
        let format = Builtin::named(target.format).expect("built in").load().expect("loads");
        made_by_our_code(&root().join(format!("dictionaries/{}.dict", target.name)), dictionary(&format).as_bytes());
    }
    assert_eq!(names("dictionaries", ".dict"), table());
}

#[test]
fn seeds_are_made_by_our_code() {
    for target in TARGETS {
        let builtin = Builtin::named(target.format).expect("built in");
        let format = builtin.load().expect("loads");
        for name in target.seeds() {
            let bytes = match target.input {
                Input::File => builtin.seed(&format, name).expect("composes"),
                Input::Edits => name.bytes().cycle().take(256).collect(),
                Input::Conversation => {
                    let at = target.seeds().iter().position(|known| *known == name).expect("a seed");
                    Body::new(target, None).expect("set up").seeds()[at].clone()
                }
            };
            made_by_our_code(&root().join(format!("corpus/{}/seed/{name}", target.name)), &bytes);
        }
    }
}

#[test]
fn seeds_reach_the_depth_that_their_names_promise() {
    for target in TARGETS.iter().filter(|target| target.input == Input::File) {
        let mut body = Body::new(target, None).expect("set up");
        let mut reached = |name: &str| {
            let path = root().join(format!("corpus/{}/seed/{name}", target.name));
            assert!(body.execute(&std::fs::read(path).expect("readable")).is_none(), "{name}");
            assert!(body.accepted(), "{name} of {}", target.name);
            body.reach()
                .recent()
                .iter()
                .map(|point| body.reach().points()[*point].name.clone())
                .collect::<BTreeSet<_>>()
        };
        // The first is the smallest, the second has every kind of record; a message is of one kind,
        // and all kinds are there.
        let seeds: Vec<BTreeSet<String>> = target.seeds().into_iter().map(&mut reached).collect();
        let is_message = Builtin::named(target.format).expect("built in").library.is_some();
        let every: BTreeSet<String> = match is_message {
            true => seeds.iter().flatten().cloned().collect(),
            false => seeds[1].clone(),
        };
        assert!(is_message || seeds[0].len() < every.len(), "{}", target.name);
        let kinds = body.reach().points().iter().map(|point| &point.name).filter(|name| name.starts_with("accepted"));
        let missed: Vec<&String> = kinds.filter(|name| !every.contains(*name)).collect();
        assert!(missed.is_empty(), "the seeds of {} lack {missed:?}", target.name);
    }
}

#[test]
fn seed_sizes_are_as_promised() {
    let builtin = Builtin::named("drug-library").expect("built in");
    let format = builtin.load().expect("loads");
    assert!(builtin.seed(&format, "minimal").expect("composes").len() < 1024);
    assert!(builtin.seed(&format, "every-kind").expect("composes").len() < 4096);
}
