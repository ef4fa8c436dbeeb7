//! bolero's libFuzzer, which runs on stable. It mutates scripts of edits.

use super::{Budget, Engine, Form, Left, Place, Told};
use crate::failure::Failure;
use crate::output::note;
use crate::{files, tools};
use infuzz::script::MAX_OVERHEAD;
use std::ffi::OsString;
use std::process::Command;

/// bolero.
#[derive(Debug, Default)]
pub struct Bolero {
    path: OsString,
}

impl Bolero {
    fn bolero(&self, place: &Place) -> Command {
        let mut command = place.cargo(&self.path);
        command.args(["bolero", "test", place.target.name, "-p", "infuzz-fuzz", "--no-default-features"]);
        command.args(["--rustc-bootstrap", "--engine", "libfuzzer", "--target-dir"]).arg(place.build.join("bolero"));
        command.args(["--features", &place.features("")]);
        command.arg("--corpus-dir").arg(place.found()).arg("--crashes-dir").arg(place.scratch.join("crashes"));
        command
    }
}

impl Engine for Bolero {
    fn name(&self) -> &'static str {
        "bolero"
    }

    fn sanitizer(&self) -> &'static str {
        "address"
    }

    fn form(&self) -> Form {
        Form::Script
    }

    fn build(&mut self, place: &Place) -> Result<(), Failure> {
        tools::compiler()?;
        self.path = tools::CARGO_BOLERO.found(&place.root)?;
        // It builds and runs in one go.
        note(&format!("building {} for bolero on stable, sanitizer {}", place.target.name, self.sanitizer()));
        place.fill(&place.found(), Form::Script)
    }

    fn command(&self, place: &Place, budget: Budget) -> Result<Command, Failure> {
        files::make_folder(&place.scratch.join("crashes"))?;
        let mut command = self.bolero(place);
        command.args(["-S", &budget.seed.to_string(), "--timeout", &format!("{}s", place.time_limit_s())]);
        command.args(["--max-input-length", &(place.target.max_len + MAX_OVERHEAD).to_string()]);
        if let Some(runs) = budget.runs {
            command.args(["--runs", &runs.to_string()]);
        }
        if let Some(time) = budget.time {
            command.args(["-T", &format!("{}s", time.as_secs())]);
        }
        command.arg("--engine-args=-print_final_stats=1");
        Ok(command)
    }

    fn line(&mut self, line: &str, told: &mut Told) {
        super::libfuzzer_line(line, told);
    }

    fn left(&self, place: &Place) -> Result<Vec<Left>, Failure> {
        super::libfuzzer_left(&place.scratch.join("crashes"))
    }
}
