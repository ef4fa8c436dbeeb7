//! Replay, explain, library and corpus on files.

mod common;
use common::Place;
use serde_json::Value;

#[test]
fn every_seed_survives_show_and_build() {
    let place = Place::new("round-trip");
    for name in ["minimal", "every-kind", "typical", "known-good-a", "known-good-b"] {
        let seed = place.seed(name);
        let shown = place.run(&["library", "show", &seed.display().to_string()]);
        assert_eq!(shown.code(), 0, "{}", shown.err());
        place.write("shown.json", shown.out());
        let built = place.run(&["library", "build", "shown.json", "-o", "built.bin", "--json"]);
        assert_eq!(built.code(), 0, "{}", built.out());
        let bytes = std::fs::read(place.path("built.bin")).expect("readable");
        assert_eq!(bytes, std::fs::read(&seed).expect("readable"), "{name}");
        assert_eq!(built.json()["bytes"], bytes.len());
        assert_eq!(built.json()["format"], "drug-library");
    }
}

#[test]
fn a_library_is_shown_with_one_record_per_line() {
    let place = Place::new("lines");
    let seed = place.seed("minimal").display().to_string();
    let out = place.run(&["library", "show", &seed]).out();
    assert!(out.lines().any(|line| line.starts_with("  {\"id\": 1, \"name\": \"Ward\"")), "{out}");
    let same: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(place.run(&["library", "show", &seed, "--json"]).json(), same);
}

#[test]
fn a_valid_library_is_valid() {
    let place = Place::new("valid");
    let seed = place.seed("every-kind").display().to_string();
    let ran = place.run(&["library", "check", &seed, "--json"]);
    assert_eq!(ran.code(), 0);
    assert_eq!(ran.json(), serde_json::json!({ "file": seed, "valid": true, "problems": [] }));
}

#[test]
fn a_check_lists_every_problem_with_its_place() {
    let place = Place::new("problems");
    let mut bytes = std::fs::read(place.seed("minimal")).expect("readable");
    bytes[0] = b'X';
    bytes[4] = 9;
    place.write("broken.bin", bytes);
    let ran = place.run(&["library", "check", "broken.bin", "--json"]);
    assert_eq!(ran.code(), 1);
    let report = ran.json();
    let problems = report["problems"].as_array().expect("a list");
    let of = |rule: &str| {
        problems.iter().find(|problem| problem["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {report}"))
    };
    assert_eq!((&of("header.magic")["field"], &of("header.magic")["offset"]), (&"header.magic".into(), &0.into()));
    assert_eq!((&of("header.version")["offset"], &of("header.version")["value"]), (&4.into(), &"0900".into()));
    assert_eq!(of("header.crc")["why"], "the header CRC is that of the header's bytes before it");
}

#[test]
fn rubbish_and_nothing_are_cases_like_any_other() {
    let place = Place::new("rubbish");
    place.write("rubbish", b"not a library");
    place.write("empty", b"");
    let cut = std::fs::read(place.seed("every-kind")).expect("readable");
    place.write("cut", &cut[..cut.len() / 2]);
    for file in ["rubbish", "empty", "cut"] {
        let ran = place.run(&["replay", "drug_library", file, "--json"]);
        assert_eq!(ran.code(), 0, "{file}: {}", ran.out());
        let of = &ran.json()["files"][0];
        assert_eq!(
            (&of["expected"], &of["answer"], &of["verdict"]),
            (&"refuse".into(), &"refuse".into(), &"pass".into()),
            "{file}"
        );
        assert!(of["rule"].is_string() && of["reason"].is_string() && of["field"].is_string(), "{file}");
        assert_eq!(place.run(&["library", "check", file]).code(), 1, "{file}");
        let explained = place.run(&["explain", file, "--json"]);
        assert_eq!(explained.code(), 0, "{file}");
        assert_eq!(explained.json()["expected"], "refuse", "{file}");
        assert_eq!(place.run(&["explain", file]).code(), 0, "{file}");
    }
}

#[test]
fn several_files_are_replayed_in_order() {
    let place = Place::new("several");
    let good = place.seed("minimal").display().to_string();
    place.write("x", b"x");
    let report = place.run(&["replay", "drug_library", &good, "x", &good, "--json"]).json();
    assert_eq!(report["target"], "drug_library");
    let answers: Vec<&str> = report["files"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|file| file["answer"].as_str().expect("an answer"))
        .collect();
    assert_eq!(answers, ["accept", "refuse", "accept"]);
}

#[test]
fn a_replay_tells_what_was_expected_and_answered_and_why() {
    let place = Place::new("told");
    place.write("x", b"x");
    let out = place.run(&["replay", "drug_library", "x"]).out();
    for words in [
        "Expected: refuse",
        "The pump refused it because of ",
        "Then the known-good library: accepted",
        "Verdict: pass",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
}

#[test]
fn a_session_is_replayed_step_by_step() {
    let place = Place::new("session");
    let hex: String =
        std::fs::read(place.seed("minimal")).expect("readable").iter().map(|byte| format!("{byte:02x}")).collect();
    place.write(
        "s",
        format!("infuzz session 1\n# a library, then the power switch\nsend {hex}\nrestart\nsend 00\nactivate\n"),
    );
    let ran = place.run(&["replay", "drug_library_edits", "s"]);
    assert_eq!(ran.code(), 0, "{}", ran.out());
    for words in [
        "1. Sent 260 bytes. Expected: accept. The pump accepted it.",
        "2. The pump was switched off and on",
        "3. Sent 1 byte. Expected: refuse",
        "4. Asked to use the staged library.",
    ] {
        assert!(ran.out().contains(words), "{words}: {}", ran.out());
    }
    let report = place.run(&["replay", "drug_library_edits", "s", "--json"]).json();
    assert_eq!(report["files"][0]["answer"], "refuse");
}

#[test]
fn a_session_may_put_a_known_good_library_to_use_itself() {
    let place = Place::new("known-good");
    let hex = |name: &str| -> String {
        std::fs::read(place.seed(name)).expect("readable").iter().map(|byte| format!("{byte:02X}")).collect()
    };
    let (a, b) = (hex("known-good-a"), hex("known-good-b"));
    place.write("s", format!("infuzz session 1\nsend {b}\nrestart\nsend {a}\nrestart\nsend {b}\nrestart\nrestart\n"));
    let ran = place.run(&["replay", "drug_library", "s"]);
    assert_eq!(ran.code(), 0, "{}", ran.out());
}

#[test]
fn known_good_libraries_replay_as_files_without_a_false_accusation() {
    let place = Place::new("known-good-files");
    for name in ["known-good-a", "known-good-b"] {
        let file = place.seed(name).display().to_string();
        let ran = place.run(&["replay", "drug_library", &file]);
        assert_eq!(ran.code(), 0, "{}", ran.out());
    }
}

#[test]
fn the_spans_of_an_explanation_cover_every_byte_once() {
    let place = Place::new("spans");
    for (name, extra) in [("minimal", 0), ("every-kind", 0), ("minimal", 5)] {
        let mut bytes = std::fs::read(place.seed(name)).expect("readable");
        bytes.extend(vec![0xAA; extra]);
        let file = place.write("x", &bytes).display().to_string();
        let report = place.run(&["explain", &file, "--json"]).json();
        let mut at = 0;
        for span in report["spans"].as_array().expect("a list").iter().filter(|span| span["value"].is_string()) {
            assert_eq!(span["offset"], at, "{span}");
            at += span["length"].as_u64().expect("a length");
        }
        assert_eq!(at as usize, bytes.len());
        assert_eq!(report["expected"], if extra == 0 { "accept" } else { "refuse" });
        assert_eq!(report["answer"], report["expected"]);
    }
}

#[test]
fn an_explanation_gives_values_with_units_and_names() {
    let place = Place::new("values");
    let file = place.seed("minimal").display().to_string();
    let out = place.run(&["explain", &file]).out();
    for words in [
        "profile[0].max_rate = 999 ml/h",
        "header.status = released",
        "header.name = \"Minimal\"",
        "49 44 4C 31",
        "The pump says:        accept",
    ] {
        assert!(out.contains(words), "{words}");
    }
}

#[test]
fn a_file_that_begins_as_a_session_is_explained_as_bytes() {
    let place = Place::new("explain-session");
    place.write("s", "infuzz session 1\nrestart\n");
    let report = place.run(&["explain", "s", "--json"]).json();
    assert_eq!((&report["expected"], &report["answer"]), (&"refuse".into(), &"refuse".into()));
}

#[test]
fn a_regression_is_kept_smaller_with_its_reason_under_a_telling_name() {
    let place = Place::new("corpus");
    let mut bytes = std::fs::read(place.seed("every-kind")).expect("readable");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    place.write("crc.bin", &bytes);
    let ran =
        place.run(&["corpus", "add", "drug_library", "crc.bin", "--why", "the last check was not read", "--json"]);
    assert_eq!(ran.code(), 0, "{}", ran.out());
    let report = ran.json();
    let kept = report["kept_as"].as_str().expect("a path");
    assert!(kept.starts_with("corpus/drug_library/regression/") && kept.ends_with("-refuse-file-crc"), "{kept}");
    let smaller = std::fs::read(place.path(kept)).expect("readable");
    assert_eq!(report["bytes_before"], bytes.len());
    assert_eq!(report["bytes_after"], smaller.len());
    assert!(smaller.len() < bytes.len() / 2, "{}", smaller.len());
    assert_eq!(
        std::fs::read_to_string(place.path(&format!("{kept}.why"))).expect("readable"),
        "the last check was not read\n"
    );
    let name = kept.rsplit('/').next().expect("a name");
    assert_eq!(report["test"], format!("drug_library::{name}"));
    let replayed = place.run(&["replay", "drug_library", kept, "--json"]).json();
    assert_eq!(replayed["files"][0]["rule"], "file.crc");
}

#[test]
fn a_regression_is_kept_as_it_is_when_asked() {
    let place = Place::new("as-is");
    let file = place.seed("every-kind").display().to_string();
    let report = place.run(&["corpus", "add", "drug_library", &file, "--why", "all kinds", "--as-is", "--json"]).json();
    assert_eq!(report["bytes_before"], report["bytes_after"]);
    let kept = report["kept_as"].as_str().expect("a path");
    assert!(kept.ends_with("-accept"), "{kept}");
    assert_eq!(std::fs::read(place.path(kept)).expect("readable"), std::fs::read(&file).expect("readable"));
}

#[test]
fn a_second_reason_for_the_same_regression_is_added_to_the_first() {
    let place = Place::new("reasons");
    place.write("x", b"rubbish");
    let add = |why: &str| {
        place.run(&["corpus", "add", "drug_library", "x", "--why", why, "--json"]).json()["kept_as"]
            .as_str()
            .expect("a path")
            .to_string()
    };
    let kept = add("first");
    assert_eq!(add("second"), kept);
    assert_eq!(add("first"), kept);
    assert_eq!(std::fs::read_to_string(place.path(&format!("{kept}.why"))).expect("readable"), "first\nsecond\n");
}

#[test]
fn a_session_is_kept_with_as_few_steps_as_show_the_same() {
    let place = Place::new("session-kept");
    place.write("s", "infuzz session 1\nsend 00\nrestart\nsend 0102\nactivate\n");
    let report = place.run(&["corpus", "add", "drug_library_edits", "s", "--why", "steps", "--json"]).json();
    let kept = std::fs::read_to_string(place.path(report["kept_as"].as_str().expect("a path"))).expect("readable");
    assert!(kept.starts_with("infuzz session 1\n") && kept.lines().count() == 2, "{kept}");
}

#[test]
fn a_float_is_told_as_a_number() {
    let builtin = infuzz::builtin::Builtin::named("miva-library").expect("built in");
    let format = builtin.load().expect("loads");
    let place = Place::new("float");
    place.write("image.bin", builtin.seed(&format, "minimal").expect("composes"));
    let explained = place.run(&["explain", "image.bin", "--format", "miva-library", "--json"]).json();
    let spans = explained["spans"].as_array().expect("a list");
    let value = |field: &str| spans.iter().find(|span| span["field"] == field).expect("is there")["value"].clone();
    assert_eq!(value("protocol[0].continuous.rate"), "50");
    assert_eq!(value("limits[0].continuous_limits.rate.min"), "0.1");
}

#[test]
fn an_order_is_built_checked_and_explained_with_and_without_a_library() {
    let place = Place::new("order");
    let builtin = infuzz::builtin::Builtin::named("miva-order").expect("built in");
    let (_, text) = builtin.seeds.iter().find(|(name, _)| *name == "per-kg").expect("a seed");
    place.write("order.json", text.replace("\"slot\": 1", "\"slot\": 9"));
    let built = place.run(&["library", "build", "order.json", "-o", "order.bin", "--format", "miva-order"]);
    assert_eq!(built.code(), 0, "{}", built.err());
    let check = |library: &[&str]| {
        place.run(&[&["library", "check", "order.bin", "--format", "miva-order", "--json"], library].concat()).json()
    };
    assert_eq!(check(&[])["valid"], true);
    let against = check(&["--library", "fuller"]);
    assert_eq!(against["problems"][0]["rule"], "reference.exists");
    assert_eq!(against["problems"][0]["field"], "slot");
    let explained =
        place.run(&["explain", "order.bin", "--format", "miva-order", "--library", "fuller", "--json"]).json();
    assert_eq!((&explained["answer"], &explained["reason"]), (&"refuse".into(), &"reference.exists".into()));
    let replayed = place.run(&["replay", "miva_order", "order.bin", "--library", "fuller", "--json"]).json();
    assert_eq!(replayed["files"][0]["verdict"], "pass");
    let shown = place.run(&["library", "show", "order.bin", "--format", "miva-order"]).json();
    assert_eq!(shown["slot"], 9);
}

#[test]
fn a_conversation_is_replayed_step_by_step() {
    let place = Place::new("conversation");
    let seed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/pump_session/seed/power-cut");
    let text = std::fs::read_to_string(seed).expect("the seed is there");
    place.write("good", &text);
    let ran = place.run(&["replay", "pump_session", "good"]);
    assert_eq!(ran.code(), 0, "{}", ran.err());
    for words in ["hello done (closed)", "commit ", "cut 3 torn", "Verdict: pass"] {
        assert!(ran.out().contains(words), "{words}: {}", ran.out());
    }
    place.write("bad", text.replace("cut 3", "cut three"));
    let ran = place.run(&["replay", "pump_session", "bad"]);
    assert_eq!((ran.code(), ran.out().as_str()), (2, ""), "{}", ran.err());
    assert!(ran.err().contains("`three` is not a number"), "{}", ran.err());
}

#[test]
fn a_conversation_is_kept_without_what_it_does_not_need() {
    let place = Place::new("conversation-kept");
    let seed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/pump_session/seed/in-pieces");
    let text = std::fs::read_to_string(seed).expect("the seed is there");
    assert!(text.contains(" in 7") && text.contains("=session"));
    place.write("good", &text);
    let report = place.run(&["corpus", "add", "pump_session", "good", "--why", "nothing is wrong", "--json"]).json();
    let kept = std::fs::read_to_string(place.path(report["kept_as"].as_str().expect("a file"))).expect("readable");
    assert_eq!(kept, "infuzz session 2\n", "nothing is needed to show nothing");
    // What engines exchange is kept as text.
    place.write("rubbish", [0, 0x4C, 0x54]);
    let report = place.run(&["corpus", "add", "pump_session", "rubbish", "--why", "said", "--as-is", "--json"]).json();
    let kept = std::fs::read_to_string(place.path(report["kept_as"].as_str().expect("a file"))).expect("readable");
    assert_eq!(kept, "infuzz session 2\nsay library-transfer 0 4C54\n");
}
