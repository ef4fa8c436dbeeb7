//! A device in a child process, as scripts and people see it.

mod common;
use common::Place;
use std::path::Path;

/// A reader of libraries that knows the first four bytes and nothing else; `on` is what it does
/// with a library beforehand.
fn reader(place: &Place, on: &str) -> String {
    let text = format!(
        "#!/usr/bin/env python3\nimport os, sys, time\nfor line in sys.stdin:\n    n, verb, *rest = line.split()\n    \
         good = verb == 'send' and rest[1].startswith('49444c31')\n{on}    \
         said = {{'hello': 'hello 1 paths=drug-library can=', 'send': 'accepted' if good else 'refused'}}\n    \
         print(n, said.get(verb, 'done'), flush=True)\n"
    );
    script(place, "reader", &text)
}

fn script(place: &Place, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = place.write(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    format!("process:{name}")
}

#[test]
fn a_sweep_of_a_process_says_what_it_could_not_see() {
    let place = Place::new("process-sweep");
    let device = reader(&place, "");
    let ran =
        place.run(&["sweep", "--library", "minimal", "--device", &device, "--seed", "1", "--sample", "60", "--json"]);
    assert_eq!(ran.code(), 1, "{}", ran.err());
    let report = ran.json();
    let of = |name: &str| report[name].as_u64().expect(name);
    assert_eq!((of("ran"), of("known_good_accepted")), (60, 61));
    assert_eq!(of("planned"), of("ran") + of("skipped"));
    let left_out = format!("left out because of --sample: {} of {} cases", of("skipped"), of("planned"));
    assert!(ran.err().contains(&left_out), "{}", ran.err());
    let not_observable = report["not_observable"].as_array().expect("a list");
    for kind in [
        "over-budget",
        "not-recovered",
        "state-changed",
        "wrong-reason",
        "not-canonical",
        "transfer",
        "power-cut",
        "activation",
    ] {
        assert!(not_observable.contains(&kind.into()), "{kind}");
    }
    let findings = report["findings"].as_array().expect("a list");
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding["kind"] == "invalid-accepted"));
    assert!(findings.iter().all(|finding| finding["alone"] == true && finding["deterministic"] == true));
    let replay = findings[0]["replay"].as_str().expect("a command");
    let words: Vec<&str> = replay.strip_prefix("cargo infuzz ").expect("a command").split(' ').collect();
    let again = place.run(&words);
    assert_eq!(again.code(), 1, "{replay}: {}", again.err());
    assert!(again.out().contains("invalid-accepted"), "{}", again.out());
}

#[test]
fn a_process_that_dies_or_hangs_is_a_finding_that_names_the_case() {
    let place = Place::new("process-falls");
    // By their length: the known-good libraries have 271 and 340 bytes.
    let on = "    digits = len(rest[1]) if verb == 'send' else 542\n    \
              if 2930 <= digits <= 3100: os.abort()\n    if digits < 512: time.sleep(600)\n";
    let device = reader(&place, on);
    let ran = place.run(&[
        "sweep",
        "--library",
        "minimal",
        "--device",
        &device,
        "--seed",
        "1",
        "--sample",
        "300",
        "--answer-timeout",
        "500",
        "--json",
    ]);
    assert_eq!(ran.code(), 1, "{}", ran.err());
    let report = ran.json();
    let findings = report["findings"].as_array().expect("a list");
    for kind in ["crash", "hang"] {
        let found = findings.iter().find(|finding| finding["kind"] == kind).expect(kind);
        assert_eq!((&found["alone"], &found["deterministic"]), (&true.into(), &true.into()), "{found}");
        let detail = found["detail"].as_str().expect("a detail");
        assert!(detail.contains("send drug-library of"), "{detail}");
        assert!(Path::new(&place.path(found["file"].as_str().expect("a file"))).is_file(), "{found}");
    }
    assert_eq!(report["ran"], 300);
    assert!(place.path("target/infuzz/device/last-input.bin").is_file());
}

#[test]
fn a_process_that_cannot_be_used_is_one_line() {
    let place = Place::new("process-errors");
    let rubbish = script(&place, "rubbish", "#!/bin/sh\nread -r l; echo 'Welcome to the pump'\n");
    let ends = script(&place, "ends", "#!/bin/sh\necho 'no module named pump' >&2; exit 1\n");
    let other = script(&place, "other", "#!/bin/sh\nread -r l; echo '1 hello 1 paths=order'\n");
    place.write("plain", "x");
    let devices = [
        ("process:nowhere", "No such file"),
        ("process:plain", "chmod +x"),
        (&rubbish, "Welcome to the pump"),
        (&ends, "no module named pump"),
        (&other, "its paths are order"),
        ("process:", "devices are built-in, and process:PROGRAM"),
        ("telepathy", "devices are built-in, and process:PROGRAM"),
    ];
    for (device, words) in devices {
        for verb in [&["sweep", "--library", "minimal"][..], &["fuzz", "drug_library", "--runs", "1"]] {
            let arguments = [verb, &["--device", device]].concat();
            let ran = place.run(&arguments);
            assert_eq!((ran.code(), ran.out().as_str()), (2, ""), "{device}: {}", ran.err());
            let last = ran.err().lines().last().expect("a line").to_string();
            assert!(last.starts_with("error: ") && last.contains(words), "{device}: {last}");
            let told = place.run(&[&arguments[..], &["--json"]].concat()).error_object();
            assert!(told.contains(words), "{told}");
        }
    }
}

#[test]
fn a_process_is_fuzzed_without_coverage_and_says_so() {
    let place = Place::new("process-fuzz");
    let device = reader(&place, "");
    let ran = place.run(&["fuzz", "drug_library", "--device", &device, "--runs", "500", "--seed", "3", "--json"]);
    assert_eq!(ran.code(), 1, "{}", ran.err());
    assert!(ran.err().contains("no coverage feedback"), "{}", ran.err());
    let report = ran.json();
    assert_eq!((&report["engine"], &report["edges"], &report["seed"]), (&"none".into(), &0.into(), &3.into()));
    assert!(report["executions"].as_u64().is_some_and(|executions| (1..=500).contains(&executions)));
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["alone"]), (&"invalid-accepted".into(), &true.into()));
    let again = place.run(&["fuzz", "drug_library", "--device", &device, "--runs", "500", "--seed", "3", "--json"]);
    assert_eq!(again.json()["executions"], report["executions"], "a seed decides everything");
    let engine = place.run(&["fuzz", "drug_library", "--device", &device, "--engine", "afl"]).one_line();
    assert!(engine.contains("leave --engine out"), "{engine}");
}

#[test]
fn a_replay_does_not_pass_what_the_device_cannot_do() {
    let place = Place::new("process-replay");
    let device = reader(&place, "");
    let input = place.seed_json("minimal");
    place.write("m.json", input);
    assert_eq!(place.run(&["library", "build", "m.json", "-o", "m"]).code(), 0);
    let digits: String = std::fs::read(place.path("m")).expect("built").iter().map(|b| format!("{b:02x}")).collect();
    place.write("cut.session", format!("infuzz session 1\nsend {digits}\ncut 3 {digits}\nwait 5\n"));
    let ran = place.run(&["replay", "drug_library_edits", "cut.session", "--device", &device, "--json"]);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    assert_eq!(ran.json()["files"][0]["verdict"], "not observable");
    let told = place.run(&["replay", "drug_library_edits", "cut.session", "--device", &device]).out();
    for line in ["The pump accepted it.", "2. Left out: cut.", "3. Left out: wait.", "Verdict: not observable"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let built_in = place.run(&["replay", "drug_library_edits", "cut.session", "--json"]).json();
    assert_eq!(built_in["files"][0]["verdict"], "pass", "{built_in}");

    place.write("talk", "infuzz session 2\nwait 5\n");
    let refused = place.run(&["replay", "pump_session", "talk", "--device", &device]).one_line();
    assert!(refused.contains("a conversation cannot be replayed on this device"), "{refused}");
}

#[test]
fn a_crash_that_names_its_process_is_the_same_each_time() {
    let place = Place::new("process-pid");
    // The known-good libraries have 271 and 340 bytes.
    let on = "    if verb == 'send' and len(rest[1]) not in (542, 680):\n        \
              print(f'=={os.getpid()}==ABORTING', file=sys.stderr, flush=True)\n        os._exit(1)\n";
    let device = reader(&place, on);
    place.write("x", b"x");
    let ran = place.run(&["replay", "drug_library", "x", "--device", &device, "--json"]);
    assert_eq!(ran.code(), 1, "{}", ran.err());
    let report = ran.json();
    let findings = report["files"][0]["findings"].as_array().expect("a list");
    let kinds: Vec<_> = findings.iter().map(|finding| finding["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["crash"], "{report}");
    assert_eq!(findings[0]["deterministic"], true, "{report}");
    let fuzzed = place.run(&["fuzz", "drug_library", "--device", &device, "--runs", "500", "--seed", "3", "--json"]);
    let finding = &fuzzed.json()["findings"][0];
    assert_eq!((&finding["kind"], &finding["deterministic"]), (&"crash".into(), &true.into()), "{finding}");
}

#[test]
fn findings_are_told_though_the_device_never_starts_again() {
    let place = Place::new("process-gone");
    let on = "    if os.path.exists('gone'): sys.exit(1)\n    \
              if verb == 'send' and len(rest[1]) not in (542, 680):\n        open('gone', 'w').close()\n        os.abort()\n";
    let device = reader(&place, on);
    let ran =
        place.run(&["sweep", "--library", "minimal", "--device", &device, "--seed", "1", "--sample", "10", "--json"]);
    assert_eq!(ran.code(), 1, "{}", ran.err());
    assert!(ran.err().contains("findings are not run again"), "{}", ran.err());
    let report = ran.json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["alone"]), (&"crash".into(), &false.into()), "{report}");
}
