//! AFL++ through cargo-afl, with infuzz's mutators as its custom mutator.

use super::{Budget, Engine, Form, Left, Place, Told};
use crate::failure::Failure;
use crate::output::note;
use crate::{files, tools};
use infuzz::device::digest;
use infuzz::finding::Kind;
use infuzz_fuzz::Input;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// AFL++.
#[derive(Debug, Default)]
pub struct Afl {
    path: OsString,
    binary: PathBuf,
    mutator: PathBuf,
}

fn out(place: &Place) -> PathBuf {
    place.work.join("out")
}

fn queue(place: &Place) -> PathBuf {
    out(place).join("default/queue")
}

impl Engine for Afl {
    fn name(&self) -> &'static str {
        "afl"
    }

    fn build(&mut self, place: &Place) -> Result<(), Failure> {
        self.path = tools::CARGO_AFL.found(&place.root)?;
        let name = place.target.name;
        note(&format!("building {name} for AFL++"));
        let build = place.build.join("afl");
        let mut command = place.cargo(&self.path);
        command.args(["afl", "build", "--quiet", "--profile", "infuzz", "-p", "infuzz-fuzz", "--no-default-features"]);
        command.args(["--features", &place.features(self.name()), "--bin", name]).env("CARGO_TARGET_DIR", &build);
        tools::CARGO_AFL.environment(&place.root, &mut command);
        super::build(command, place, &[("cargo afl config --build", "run `cargo afl config --build`")])?;
        self.binary = build.join("infuzz").join(name);
        let mut command = place.cargo(&self.path);
        command.args(["build", "--quiet", "--profile", "infuzz", "-p", "infuzz-afl"]);
        command.env("CARGO_TARGET_DIR", &place.build);
        super::build(command, place, &[])?;
        let library = format!("{}infuzz_afl{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        self.mutator = place.build.join("infuzz").join(library);
        Ok(())
    }

    fn command(&self, place: &Place, budget: Budget) -> Result<Command, Failure> {
        let input = place.scratch.join("in");
        place.fill(&input, Form::Plain)?;
        // AFL++ wants a folder of its own; what the last campaign found stays.
        for path in files::in_folder(&queue(place))? {
            let input = files::read(&path)?;
            files::make_folder(&place.found())?;
            files::copy(&place.found().join(format!("{:016x}", digest(&input))), &input)?;
        }
        files::remove_folder(&out(place))?;
        let mut command = place.cargo(&self.path);
        // With a custom mutator AFL++ 4.40 leaves an empty file with an odd name where it is started.
        command.current_dir(&place.scratch).args(["afl", "fuzz", "-i"]).arg(input).arg("-o").arg(out(place));
        command.args(["-s", &budget.seed.to_string(), "-G", &place.target.max_len.to_string()]);
        command.args(["-t", &place.target.time_limit_ms.to_string(), "-c", "-", "-x"]).arg(place.dictionary());
        if let Some(runs) = budget.runs {
            command.args(["-E", &runs.to_string()]);
        }
        if let Some(time) = budget.time {
            command.args(["-V", &time.as_secs().to_string()]);
        }
        command.arg(&self.binary);
        tools::CARGO_AFL.environment(&place.root, &mut command);
        command.envs([
            ("AFL_NO_UI", "1"),
            ("AFL_SKIP_CPUFREQ", "1"),
            ("AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "1"),
            ("AFL_NO_AFFINITY", "1"),
            ("AFL_BENCH_UNTIL_CRASH", "1"),
            // What a seed shows is a finding, not a reason not to begin.
            ("AFL_CRASHING_SEEDS_AS_NEW_CRASH", "1"),
            ("AFL_FUZZER_STATS_UPDATE_INTERVAL", "1"),
            // AFL++ 4.40 writes sizes that it has guessed into inputs of the custom mutator, also behind their end.
            ("AFL_FRAMESHIFT_DISABLE", "1"),
        ]);
        if place.target.input != Input::Edits {
            command.env("AFL_CUSTOM_MUTATOR_LIBRARY", &self.mutator).env("INFUZZ_TARGET", place.target.name);
        }
        Ok(command)
    }

    fn look(&mut self, place: &Place, told: &mut Told) {
        let Ok(text) = std::fs::read_to_string(out(place).join("default/fuzzer_stats")) else { return };
        let value = |key: &str| {
            let line = text.lines().find(|line| line.split_once(':').is_some_and(|(name, _)| name.trim() == key))?;
            Some(line.split_once(':')?.1.trim())
        };
        let number = |key: &str| value(key)?.split('.').next()?.parse().ok();
        told.executions = number("execs_done").unwrap_or(told.executions);
        told.per_second = told.executions / number("run_time").unwrap_or(1).max(1);
        told.edges = number("edges_found").unwrap_or(told.edges);
        told.corpus = value("corpus_count").unwrap_or_default().to_string();
    }

    fn left(&self, place: &Place) -> Result<Vec<Left>, Failure> {
        let mut left = Vec::new();
        for (folder, kind) in [("crashes", Kind::Crash), ("hangs", Kind::Hang)] {
            let paths = files::in_folder(&out(place).join("default").join(folder))?;
            let inputs = paths.into_iter().filter(|path| path.file_name().is_some_and(|name| name != "README.txt"));
            left.extend(inputs.map(|path| Left { path, kind }));
        }
        Ok(left)
    }

    fn found(&self, place: &Place) -> Vec<PathBuf> {
        vec![place.found(), queue(place)]
    }

    fn fails_again(&self, place: &Place, input: &Path) -> Option<bool> {
        let input = std::fs::File::open(input).ok()?;
        let mut child =
            Command::new(&self.binary).stdin(input).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let limit = Duration::from_millis(2 * u64::from(place.target.time_limit_ms));
        let begun = std::time::Instant::now();
        loop {
            match child.try_wait().ok()? {
                Some(status) => return Some(!status.success() && status.code() != Some(2)),
                None if begun.elapsed() > limit => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Some(true);
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}
