//! Bad input: exit status 2, one clear line with file, place, reason and what to do.

mod common;
use common::Place;

/// Both ways of telling an error; gives both texts.
fn both(place: &Place, arguments: &[&str]) -> [String; 2] {
    let line = place.run(arguments).one_line();
    let with_json = [arguments, &["--json"]].concat();
    [line, place.run(&with_json).error_object()]
}

#[test]
fn an_unknown_verb_is_an_error_in_both_forms() {
    for text in both(&Place::new("verb"), &["frobnicate"]) {
        assert!(text.contains("frobnicate"), "{text}");
    }
}

#[test]
fn an_unknown_target_suggests_the_nearest_name() {
    let place = Place::new("target");
    let file = place.write("x", b"x");
    for text in both(&place, &["replay", "drug_libary", &file.display().to_string()]) {
        assert!(text.contains("did you mean `drug_library`?"), "{text}");
    }
}

#[test]
fn an_unknown_engine_suggests_the_nearest_name() {
    for text in both(&Place::new("engine"), &["fuzz", "drug_library", "--engine", "hongfuzz"]) {
        assert!(text.contains("did you mean `honggfuzz`?"), "{text}");
    }
}

#[test]
fn the_scripts_run_the_engines_that_the_command_has() {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ci/engines");
    let listed = std::process::Command::new(script).output().expect("the script runs");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let [line, _] = both(&Place::new("engines"), &["fuzz", "drug_library", "--engine", "qwertyuiop"]);
    assert!(!listed.is_empty() && line.contains(&listed.trim().replace('\n', ", ")), "{line} / {listed}");
}

#[test]
fn an_unknown_format_suggests_the_nearest_name() {
    let place = Place::new("format");
    for text in both(&place, &["sweep", "--format", "drug-libary"]) {
        assert!(text.contains("did you mean `drug-library`?"), "{text}");
    }
}

#[test]
fn a_missing_file_is_named_by_every_verb_that_reads_one() {
    let place = Place::new("missing");
    let verbs: [&[&str]; 7] = [
        &["replay", "drug_library", "none.bin"],
        &["explain", "none.bin"],
        &["library", "show", "none.bin"],
        &["library", "check", "none.bin"],
        &["library", "build", "none.bin", "-o", "out"],
        &["sweep", "--library", "none.bin"],
        &["corpus", "add", "drug_library", "none.bin", "--why", "x"],
    ];
    for arguments in verbs {
        for text in both(&place, arguments) {
            assert!(text.contains("none.bin") && text.contains("No such file"), "{text}");
        }
    }
}

#[test]
fn a_folder_in_place_of_a_file_is_an_error() {
    let place = Place::new("folder");
    for arguments in [vec!["sweep", "--library", "."], vec!["explain", "."], vec!["library", "build", ".", "-o", "o"]] {
        for text in both(&place, &arguments) {
            assert!(text.contains("not a folder"), "{text}");
        }
    }
}

#[test]
fn a_sweep_of_what_is_no_library_names_rule_field_and_offset() {
    let place = Place::new("no-library");
    let file = place.write("x.bin", b"not a library");
    for text in both(&place, &["sweep", "--library", &file.display().to_string()]) {
        assert!(text.contains("header.magic at offset 0"), "{text}");
        assert!(text.contains("the file begins with IDL1"), "{text}");
    }
}

#[test]
fn an_invalid_library_is_not_shown() {
    let place = Place::new("show-invalid");
    let seed = place.seed("minimal");
    let mut bytes = std::fs::read(&seed).expect("readable");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    place.write("broken.bin", bytes);
    for text in both(&place, &["library", "show", "broken.bin"]) {
        assert!(text.contains("file.crc") && text.contains("broken.bin"), "{text}");
    }
}

#[test]
fn json_that_ends_too_early_is_an_error_with_line_and_column() {
    let place = Place::new("json");
    place.write("bad.json", "{\n\"header\": {\"id\":");
    for text in both(&place, &["library", "build", "bad.json", "-o", "out"]) {
        assert!(text.contains("bad.json:2:") && text.contains("EOF"), "{text}");
    }
    assert!(!place.path("out").exists());
}

#[test]
fn an_unknown_unit_is_an_error_where_it_stands() {
    let place = Place::new("unit");
    let json = place.seed_json("minimal").replace("\"ml/h\"", "\"ml/fortnight\"");
    let line = json.lines().position(|line| line.contains("fortnight")).expect("a line") + 1;
    let column = json.lines().nth(line - 1).expect("a line").find("\"ml/fortnight\"").expect("a column") + 1;
    place.write("unit.json", json);
    for text in both(&place, &["library", "build", "unit.json", "-o", "out"]) {
        assert!(text.contains(&format!("unit.json:{line}:{column}")), "{text}");
        assert!(text.contains("setup[0].dose_unit") && text.contains("`ml/fortnight` is not one of"), "{text}");
    }
}

#[test]
fn a_broken_rule_is_an_error_where_the_value_stands_and_writes_nothing() {
    let place = Place::new("rule");
    let json = place.seed_json("minimal").replace("\"max_rate\": 999", "\"max_rate\": 99999");
    place.write("rule.json", json);
    place.write("out", "what was there");
    for text in both(&place, &["library", "build", "rule.json", "-o", "out"]) {
        assert!(
            text.contains("rule.json:4:") && text.contains("profile[0].max_rate = 99999 ml/h breaks number.range"),
            "{text}"
        );
    }
    assert_eq!(std::fs::read_to_string(place.path("out")).expect("readable"), "what was there");
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_that_leaves_nothing() {
    let place = Place::new("unwritable");
    place.write("m.json", place.seed_json("minimal"));
    for text in both(&place, &["library", "build", "m.json", "-o", "nowhere/out"]) {
        assert!(text.contains("nowhere/out") && text.contains("make the folder first"), "{text}");
    }
}

#[test]
fn a_session_that_cannot_be_read_is_an_error_with_its_line() {
    let place = Place::new("session");
    place.write("s", "infuzz session 1\n\nsend 49 44\n");
    for text in both(&place, &["replay", "drug_library_edits", "s"]) {
        assert!(text.contains("line 3"), "{text}");
    }
}

#[test]
fn a_regression_without_a_reason_is_not_kept() {
    let place = Place::new("reason");
    place.write("x", b"x");
    for text in both(&place, &["corpus", "add", "drug_library", "x", "--why", "  "]) {
        assert!(text.contains("a reason is missing"), "{text}");
    }
    assert!(!place.path("corpus").exists());
}

#[test]
fn findings_and_corpora_need_a_workspace_around() {
    let place = Place::new("workspace");
    std::fs::remove_file(place.path("Cargo.toml")).expect("removed");
    place.write("x", b"x");
    let ran = place
        .command()
        .current_dir("/")
        .args(["corpus", "add", "drug_library"])
        .arg(place.path("x"))
        .args(["--why", "x"])
        .output()
        .expect("runs");
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("run the command inside the repository"));
}

#[test]
fn every_verb_has_help_with_an_example() {
    let place = Place::new("help");
    let verbs: [&[&str]; 8] = [
        &[],
        &["sweep"],
        &["replay"],
        &["explain"],
        &["library", "build"],
        &["library", "show"],
        &["library", "check"],
        &["corpus", "add"],
    ];
    for verb in verbs {
        let ran = place.run(&[verb, &["--help"]].concat());
        assert_eq!(ran.code(), 0);
        assert!(ran.out().contains("Example: cargo infuzz"), "{verb:?}");
        assert_eq!(ran.err(), "");
    }
}
