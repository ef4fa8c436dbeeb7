//! The commands of `docs/tutorial.md` are those that `ci/vendor-rust` runs, in the same order.

const TUTORIAL: &str = include_str!("../../../docs/tutorial.md");
const SCRIPT: &str = include_str!("../../../ci/vendor-rust");

/// The lines of the document's shell blocks.
fn told() -> Vec<&'static str> {
    let mut inside = false;
    let lines = TUTORIAL.lines().filter(|line| {
        let fence = line.starts_with("```");
        if fence {
            inside = *line == "```sh";
        }
        inside && !fence
    });
    lines.collect()
}

/// The script's commands, without what it prepares and asks.
fn run() -> Vec<&'static str> {
    SCRIPT.lines().map(str::trim).filter(|line| line.starts_with("cargo ")).collect()
}

#[test]
fn every_command_of_the_tutorial_is_run() {
    assert!(told().len() >= 8, "{:?}", told());
    assert_eq!(told(), run());
}

#[test]
fn the_tutorial_names_every_test_of_the_example() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(folder).expect("the folder of this test") {
        let name = entry.expect("readable").file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".rs")).expect("a test");
        assert!(told().iter().any(|line| line.ends_with(&format!("--test {name}"))), "{name}");
    }
}
