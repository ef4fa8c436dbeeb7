//! The sweep as scripts and people see it.

mod common;
use common::Place;
use serde_json::Value;

fn number(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("{name} is no whole number: {}", report[name]))
}

#[test]
fn the_totals_of_a_sweep_add_up() {
    let ran = Place::new("totals").run(&["sweep", "--library", "minimal", "--json"]);
    assert_eq!(ran.code(), 0, "{}", ran.out());
    let report = ran.json();
    let of = |name: &str| number(&report, name);
    assert_eq!(of("planned"), of("ran") + of("skipped"));
    assert_eq!(of("planned"), of("must_refuse") + of("must_accept") + of("unspecified"));
    assert_eq!(of("known_good_accepted"), of("ran") + 1);
    assert_eq!(of("skipped"), 0);
    assert!(
        of("planned") > 1000
            && of("fields") >= 100
            && of("value_classes") > 40
            && of("rules") > 50
            && of("cases_per_s") > 0
    );
    assert_eq!(of("not_applicable") as usize, report["not_applicable_why"].as_array().expect("a list").len());
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    assert_eq!((&report["format"], &report["library"]), (&"drug-library".into(), &"minimal".into()));
    assert!(report["not_observable"].as_array().expect("a list").contains(&"leaked".into()));
    assert!(report["not_applicable_why"][0].as_object().expect("an object").keys().eq(["field", "value_class", "why"]));
}

#[test]
fn a_miva_library_goes_through_the_manager() {
    let ran =
        Place::new("miva").run(&["sweep", "--format", "miva-library", "--library", "minimal", "--seed", "1", "--json"]);
    assert_eq!(ran.code(), 0, "{}", ran.out());
    let report = ran.json();
    let not_observable = report["not_observable"].as_array().expect("a list");
    // Transfers that do not follow the protocol and power cuts were tried.
    assert!(!not_observable.contains(&"power-cut".into()) && !not_observable.contains(&"transfer".into()));
    assert!(number(&report, "must_refuse") >= 3000 && number(&report, "must_accept") >= 500);
    assert_eq!(report["findings"], Value::Array(Vec::new()));
}

#[test]
fn an_order_is_held_against_a_library_where_one_is_given() {
    let place = Place::new("order");
    let sweep = |library: &[&str]| {
        let ran = place.run(&[&["sweep", "--format", "miva-order", "--seed", "1", "--json"], library].concat());
        assert_eq!(ran.code(), 0, "{}", ran.out());
        ran.json()
    };
    let (alone, against) = (sweep(&[]), sweep(&["--library", "fuller"]));
    for report in [&alone, &against] {
        assert_eq!(report["findings"], Value::Array(Vec::new()));
        assert_eq!(number(report, "skipped"), 0);
        assert_eq!(number(report, "known_good_accepted"), number(report, "ran") + 1);
        assert!(number(report, "must_refuse") > 3000 && number(report, "must_accept") > 500);
    }
    // What dangles must be refused, and is not even told apart where nothing is given.
    assert!(number(&against, "must_refuse") > number(&alone, "must_refuse"));
    let small = place.run(&["sweep", "--format", "miva-order", "--library", "minimal"]);
    assert_eq!(small.code(), 2, "{}", small.out());
    assert!(small.err().contains("reference.exists"), "{}", small.err());
    let alone = place.run(&["sweep", "--format", "miva-library", "--message", "fluid"]);
    assert_eq!(alone.code(), 2, "{}", alone.out());
}

#[test]
fn a_seed_is_taken_and_reported() {
    let report = Place::new("seed").run(&["sweep", "--library", "minimal", "--seed", "42", "--json"]).json();
    assert_eq!(number(&report, "seed"), 42);
}

#[test]
fn all_formats_are_reported_as_a_list() {
    let report = Place::new("all").run(&["sweep", "--format", "all", "--library", "minimal", "--json"]).json();
    let formats = report["formats"].as_array().expect("a list");
    assert!(formats.iter().any(|format| format["format"] == "drug-library"));
}

#[test]
fn a_library_is_taken_from_a_file() {
    let place = Place::new("file");
    let file = place.seed("minimal").display().to_string();
    let ran = place.run(&["sweep", "--library", &file, "--json"]);
    assert_eq!(ran.code(), 0, "{}", ran.out());
    assert_eq!(ran.json()["library"], file.as_str());
}

#[test]
fn people_see_a_map_with_a_row_per_field_and_no_colours_in_a_pipe() {
    let ran = Place::new("map").run(&["sweep", "--library", "minimal"]);
    assert_eq!(ran.code(), 0);
    let out = ran.out();
    for row in ["header.magic ", "profile[].max_rate ", "setup[].tci.weight_max ", "file_crc "] {
        assert!(out.lines().any(|line| line.starts_with(row)), "{row}");
    }
    assert!(out.contains("no findings") && out.contains("known-good library accepted"));
    assert!(!out.contains('\u{1b}'), "colours");
}

#[test]
fn every_occurrence_is_more_than_three_of_each() {
    let place = Place::new("instances");
    let planned = |arguments: &[&str]| number(&place.run(arguments).json(), "planned");
    let three = planned(&["sweep", "--library", "every-kind", "--json"]);
    assert!(planned(&["sweep", "--library", "every-kind", "--all-instances", "--json"]) > three);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Stdio;
    let place = Place::new("pipe");
    let mut child = place
        .command()
        .args(["sweep", "--library", "minimal"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("ends");
    assert_eq!(ended.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&ended.stderr).contains("panicked"));
}

/// The worker of the running sweep `command`, once it is in the middle of its cases; none if the
/// sweep was faster.
#[cfg(target_os = "linux")]
fn worker_at_work(command: &mut std::process::Child) -> Option<String> {
    let children = format!("/proc/{0}/task/{0}/children", command.id());
    let mut worker = None;
    while command.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
        let first = || Some(std::fs::read_to_string(&children).ok()?.split_whitespace().next()?.to_string());
        worker = worker.or_else(first);
        let Some(worker) = &worker else { continue };
        let Ok(arguments) = std::fs::read_to_string(format!("/proc/{worker}/cmdline")) else { continue };
        let mut arguments = arguments.split('\0').skip_while(|argument| *argument != "--number-file");
        // 0 while it sets up, 1 while it waits, then its case.
        let number = arguments.nth(1).and_then(|file| std::fs::read(file).ok());
        let number = number.and_then(|bytes| Some(u64::from_le_bytes(*bytes.first_chunk()?)));
        if number.is_some_and(|number| number > 50) {
            return Some(worker.clone());
        }
    }
    None
}

/// Kills the worker of a running sweep in the middle of its cases.
#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_is_killed_is_a_finding_with_its_case_and_the_sweep_goes_on() {
    use std::process::{Command, Stdio};
    let place = Place::new("killed");
    let mut child = place
        .command()
        .args(["sweep", "--library", "every-kind", "--all-instances", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let killed = worker_at_work(&mut child)
        .is_some_and(|worker| Command::new("kill").args(["-ABRT", &worker]).status().is_ok_and(|s| s.success()));
    let ended = common::Ran(child.wait_with_output().expect("ends"));
    if !killed {
        return;
    }
    let report = ended.json();
    assert_eq!(ended.code(), 1, "{}", ended.out());
    let finding = &report["findings"][0];
    assert_eq!(finding["kind"], "crash");
    assert_eq!((&finding["alone"], &finding["cwe"]), (&false.into(), &"CWE-248".into()));
    let file = finding["file"].as_str().expect("a file");
    assert!(place.path(file).is_file(), "{file}");
    assert!(finding["replay"].as_str().expect("a command").starts_with("cargo infuzz replay drug_library "));
    let keys: Vec<&str> = finding.as_object().expect("an object").keys().map(String::as_str).collect();
    for key in
        ["id", "target", "kind", "cwe", "rule", "field", "state", "file", "replay", "alone", "deterministic", "detail"]
    {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(number(&report, "skipped"), 0);
    assert_eq!(
        number(&report, "planned"),
        number(&report, "must_refuse") + number(&report, "must_accept") + number(&report, "unspecified")
    );
    // Not after the case that was cut off, unless the worker was killed between two cases.
    let missing = number(&report, "ran") + 1 - number(&report, "known_good_accepted");
    assert!(missing <= 1, "{missing}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_sweep_says_how_many_cases_did_not_run() {
    use std::process::{Command, Stdio};
    let place = Place::new("interrupted");
    let mut child = place
        .command()
        .args(["sweep", "--library", "every-kind", "--all-instances", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    worker_at_work(&mut child);
    let interrupted =
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().is_ok_and(|status| status.success());
    let ended = common::Ran(child.wait_with_output().expect("ends"));
    if interrupted && ended.code() != 0 {
        assert_eq!(ended.code(), 2);
        let why = ended.json()["error"]["why"].as_str().expect("an error").to_string();
        let is_told = why.contains("it was interrupted") || why.contains("were, without a finding");
        assert!(is_told, "{why}");
    }
}
