//! libFuzzer through cargo-fuzz: with AddressSanitizer on nightly, without on stable.

use super::{Budget, Engine, Left, Place, Told};
use crate::failure::Failure;
use crate::output::note;
use crate::{files, tools};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// libFuzzer.
#[derive(Debug, Default)]
pub struct Libfuzzer {
    nightly: bool,
    binary: PathBuf,
}

impl Libfuzzer {
    /// Gathers what covers something new of some folders in an empty one; gives how many edges
    /// that is.
    pub fn merge(&self, place: &Place, from: &[PathBuf], into: &Path) -> Result<u64, Failure> {
        let mut command = self.run();
        command.arg("-merge=1").arg(into).args(from).arg(format!("-timeout={}", place.time_limit_s()));
        super::libfuzzer_limits(&mut command, place);
        command.arg(format!("-artifact_prefix={}/", place.scratch.display()));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let output = command.output().map_err(|error| Failure::worker(&error))?;
        let text = String::from_utf8_lossy(&output.stderr);
        // MERGE-OUTER: 3 new files with 45 new features added; 40 new coverage edges
        let line = text.lines().rfind(|line| line.starts_with("MERGE-OUTER:") && line.contains("coverage edges"));
        let edges = line.and_then(|line| line.rsplit_once("; ")?.1.split(' ').next()?.parse().ok());
        edges.filter(|_| output.status.success()).ok_or_else(|| {
            Failure::new(
                "cannot merge the corpus",
                files::shown(&place.corpus),
                text.lines().next_back().unwrap_or("libFuzzer says nothing").to_string(),
                "nothing was changed; run it again",
            )
        })
    }

    fn run(&self) -> Command {
        let mut command = Command::new(&self.binary);
        let options = std::env::var("ASAN_OPTIONS").unwrap_or_default();
        // Rust's own statics look like violations.
        command.env("ASAN_OPTIONS", format!("detect_odr_violation=0:{options}"));
        command
    }
}

impl Engine for Libfuzzer {
    fn name(&self) -> &'static str {
        "libfuzzer"
    }

    fn sanitizer(&self) -> &'static str {
        if self.nightly { "address" } else { "none" }
    }

    fn build(&mut self, place: &Place) -> Result<(), Failure> {
        tools::compiler()?;
        let path = tools::CARGO_FUZZ.found(&place.root)?;
        self.nightly = tools::has_nightly();
        let toolchain = if self.nightly { "nightly" } else { "stable" };
        let name = place.target.name;
        note(&format!("building {name} for libFuzzer with {toolchain}, sanitizer {}", self.sanitizer()));
        let mut command = place.cargo(&path);
        if self.nightly {
            command.arg("+nightly");
        }
        command.args(["fuzz", "build", "-s", self.sanitizer(), "--features", &place.features(self.name()), name]);
        super::build(command, place, &[])?;
        self.binary = place.build.join(super::host_triple()).join("release").join(name);
        Ok(())
    }

    fn command(&self, place: &Place, budget: Budget) -> Result<Command, Failure> {
        let mut command = self.run();
        command.arg(&place.corpus).arg(place.seeds());
        command.arg(format!("-seed={}", budget.seed)).arg(format!("-timeout={}", place.time_limit_s()));
        super::libfuzzer_limits(&mut command, place);
        command.arg(format!("-artifact_prefix={}/", place.scratch.display()));
        if let Some(runs) = budget.runs {
            command.arg(format!("-runs={runs}"));
        }
        if let Some(time) = budget.time {
            command.arg(format!("-max_total_time={}", time.as_secs()));
        }
        Ok(command)
    }

    fn line(&mut self, line: &str, told: &mut Told) {
        super::libfuzzer_line(line, told);
    }

    fn left(&self, place: &Place) -> Result<Vec<Left>, Failure> {
        super::libfuzzer_left(&place.scratch)
    }

    fn fails_again(&self, _place: &Place, input: &Path) -> Option<bool> {
        Some(super::fails(self.run().arg("-timeout=10").arg(input)))
    }
}
