//! honggfuzz through cargo-hfuzz. It mutates scripts of edits.

use super::{Budget, Engine, Form, Left, Place, Told};
use crate::failure::Failure;
use crate::output::note;
use crate::{files, tools};
use infuzz::finding::Kind;
use infuzz::script::MAX_OVERHEAD;
use infuzz_fuzz::MEMORY_LIMIT_MIB;
use std::path::PathBuf;
use std::process::Command;

/// honggfuzz.
#[derive(Debug, Default)]
pub struct Honggfuzz {
    runner: PathBuf,
    binary: PathBuf,
}

/// What its C code needs.
const HEADERS: &str = "install its headers, such as the packages binutils-dev, libunwind-dev, libblocksruntime-dev and liblzma-dev, and make and a C compiler";

impl Engine for Honggfuzz {
    fn name(&self) -> &'static str {
        "honggfuzz"
    }

    fn form(&self) -> Form {
        Form::Script
    }

    fn build(&mut self, place: &Place) -> Result<(), Failure> {
        let path = tools::CARGO_HFUZZ.found(&place.root)?;
        let name = place.target.name;
        note(&format!("building {name} for honggfuzz"));
        let build = place.build.join("honggfuzz");
        let mut command = place.cargo(&path);
        command.args(["hfuzz", "build", "--quiet", "-p", "infuzz-fuzz", "--bin", name]);
        let features = place.features(self.name()).replace(' ', ",");
        command.env("HFUZZ_BUILD_ARGS", format!("--profile=infuzz --no-default-features --features {features}"));
        command.env("CARGO_TARGET_DIR", &build);
        super::build(command, place, &[("bfd.h", HEADERS), ("libunwind", HEADERS), ("honggfuzz v", HEADERS)])?;
        self.runner = build.join("honggfuzz");
        self.binary = build.join(super::host_triple()).join("infuzz").join(name);
        Ok(())
    }

    fn command(&self, place: &Place, budget: Budget) -> Result<Command, Failure> {
        let input = place.scratch.join("in");
        place.fill(&input, Form::Script)?;
        files::make_folder(&place.found())?;
        let mut command = Command::new(&self.runner);
        command
            .current_dir(&place.scratch)
            .arg("-W")
            .arg(&place.scratch)
            .arg("--crashdir")
            .arg(place.scratch.join("crashes"));
        files::make_folder(&place.scratch.join("crashes"))?;
        command.arg("-i").arg(input).arg("-o").arg(place.found()).arg("-w").arg(place.dictionary());
        command.args(["-P", "-v", "-n", "1", "--exit_upon_crash", "-t", &place.time_limit_s().to_string()]);
        command.args(["-F", &(place.target.max_len + MAX_OVERHEAD).to_string()]);
        command.args(["--rlimit_rss", &MEMORY_LIMIT_MIB.to_string()]);
        if let Some(runs) = budget.runs {
            command.args(["-N", &runs.to_string()]);
        }
        if let Some(time) = budget.time {
            command.args(["--run_time", &time.as_secs().to_string()]);
        }
        command.arg("--").arg(&self.binary);
        Ok(command)
    }

    fn line(&mut self, line: &str, told: &mut Told) {
        let mut edges = |counts: &str| {
            if let Some(count) = counts.split('/').nth(3).and_then(|n| n.parse().ok()) {
                told.edges = count;
            }
        };
        if let Some(summary) = line.strip_prefix("Summary ") {
            let value = |key: &str| {
                summary.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix(':')?.parse().ok())
            };
            told.executions = value("iterations").unwrap_or(told.executions);
            told.per_second = value("speed").unwrap_or(told.per_second);
        } else if let Some((_, current)) = line.split_once("Cur:") {
            edges(current);
        }
    }

    fn left(&self, place: &Place) -> Result<Vec<Left>, Failure> {
        let paths = files::in_folder(&place.scratch.join("crashes"))?;
        let of = |path: PathBuf| {
            let name = path.file_name()?.to_str()?.to_string();
            let signal = name.split('.').next()?;
            let kind = match signal {
                "SIGVTALRM" | "SIGKILL" => Kind::Hang,
                _ if signal.starts_with("SIG") => Kind::Crash,
                _ => return None,
            };
            Some(Left { path, kind })
        };
        Ok(paths.into_iter().filter_map(of).collect())
    }
}
