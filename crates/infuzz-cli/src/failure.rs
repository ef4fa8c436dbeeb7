//! Why a verb could not run: what, where, why, and what to do now.

use crate::output;
use serde_json::json;
use std::path::Path;

/// A verb could not run; exit status 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {place}: {why}; {remedy}")]
pub struct Failure {
    /// What could not be done.
    pub what: String,
    /// The file or argument, and the place in it.
    pub place: String,
    /// The reason.
    pub why: String,
    /// What to do now.
    pub remedy: String,
}

impl Failure {
    /// A failure, in its four parts.
    pub fn new(
        what: impl Into<String>,
        place: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Failure { what: what.into(), place: place.into(), why: why.into(), remedy: remedy.into() }
    }

    /// A file cannot be read.
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::IsADirectory => "give a file, not a folder",
            _ => "make it readable, or give another file",
        };
        Failure::new("cannot read", path.display().to_string(), error.to_string(), remedy)
    }

    /// A file cannot be written.
    pub fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "make the folder first",
            std::io::ErrorKind::StorageFull => "free some space and run it again; files written before are whole",
            _ => "give a place that can be written",
        };
        Failure::new("cannot write", path.display().to_string(), error.to_string(), remedy)
    }

    /// The worker process cannot be started or talked to.
    pub fn worker(error: &std::io::Error) -> Self {
        Failure::new(
            "cannot run the worker process",
            "infuzz worker",
            error.to_string(),
            "run the command again; check memory and process limits",
        )
    }

    /// Something that comes with infuzz is broken.
    pub fn internal(place: impl Into<String>, why: impl Into<String>) -> Self {
        Failure::new("cannot use what is built in", place, why, "this is a mistake in infuzz: please report it")
    }

    /// The command line is not understood.
    pub fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let lines =
            text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
        let said: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let why = said.join(" ");
        let why = why.strip_prefix("error: ").unwrap_or(&why).to_string();
        let why = if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            "a verb is missing".into()
        } else {
            why
        };
        Failure::new("the command line is not understood", "arguments", why, "see `cargo infuzz --help`")
    }

    /// Tells people (standard error) or scripts (standard output).
    pub fn report(&self, json: bool) {
        if json {
            output::json(
                &json!({ "error": { "what": self.what, "where": self.place, "why": self.why, "do": self.remedy } }),
            );
        } else {
            output::note(&format!("error: {self}"));
        }
    }
}
