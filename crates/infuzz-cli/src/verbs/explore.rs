//! `explore` (hidden): a target's seeded loop without an engine, for the bank of defects.

use crate::failure::Failure;
use crate::meter::METER;
use crate::{Status, output, targets};
use infuzz_fuzz::{Body, Mutating};
use serde_json::json;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// What stands for the kind of a finding before the first execution.
const SET_UP: &str = "set-up";

/// What `explore` takes.
#[derive(clap::Args)]
pub struct Arguments {
    /// The target
    target: String,
    /// Most executions
    #[arg(long)]
    runs: u64,
    /// Seed of everything drawn
    #[arg(long)]
    seed: u64,
    /// Change bytes without regard to structure
    #[arg(long)]
    raw: bool,
    /// Tell the steps of the shortened conversation that was found, and of the shortest one that there is
    #[arg(long)]
    shortest: bool,
    /// File that holds the number of the execution under way
    #[arg(long)]
    number_file: PathBuf,
}

/// Explores until something is found.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let target = targets::target(&arguments.target)?;
    let number_file =
        File::create(&arguments.number_file).map_err(|e| Failure::unwritable(&arguments.number_file, &e))?;
    let mut failed = None;
    let mutating = if arguments.raw { Mutating::Raw } else { Mutating::Structure };
    let explored = infuzz_fuzz::explore(target, arguments.seed, arguments.runs, mutating, Some(METER), |run, _| {
        if let Err(error) = number_file.write_all_at(&run.to_le_bytes(), 0) {
            failed.get_or_insert(error);
        }
    });
    let explored = match explored {
        Ok(explored) => explored,
        // A device that does not take the known-good libraries, or what is wrong with it before the first case.
        Err(why) => {
            output::json(&json!({ "executions": 0, "kind": SET_UP, "rule": null, "why": why }));
            return Ok(Status::Findings);
        }
    };
    if let Some(error) = failed {
        return Err(Failure::unwritable(&arguments.number_file, &error));
    }
    let kind = explored.fault.as_ref().map(|(_, fault)| fault.raised.kind.name());
    let rule = explored.fault.as_ref().and_then(|(_, fault)| fault.rule.clone());
    let mut said = json!({ "executions": explored.executions, "kind": kind, "rule": rule });
    if arguments.shortest {
        let mut body = Body::new(target, None).map_err(|why| Failure::internal(target.name, why))?;
        let found = infuzz_fuzz::shortened(&mut body, &explored.shown).map(|conversation| conversation.steps.len());
        let fewer = infuzz_fuzz::shortest(found.unwrap_or(usize::MAX));
        let fewer = fewer.map_err(|why| Failure::internal(target.name, why))?;
        said["found"] = json!(found);
        // Nothing shorter: what was found is the shortest.
        said["shortest"] = json!(fewer.map(|conversation| conversation.steps.len()).or(found));
    }
    output::json(&said);
    Ok(if kind.is_some() { Status::Findings } else { Status::Expected })
}
