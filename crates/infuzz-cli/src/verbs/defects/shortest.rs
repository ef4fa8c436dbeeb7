//! Conversations that show a planted defect: what fuzzing finds, shortened, against the shortest one
//! that there is.

use super::bank::{Loop, command, head, patches, watched};
use super::scratch::Scratch;
use crate::failure::Failure;
use crate::files;
use indicatif::ProgressBar;
use infuzz_fuzz::Input;
use serde::Serialize;
use std::time::Duration;

/// The longest that shortening and the exhaustive search may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// What `defects --shortest` prints.
#[derive(Serialize)]
pub struct Lengths {
    pub defects: Vec<Length>,
}

/// Steps of the conversations that show a defect.
#[derive(Serialize)]
pub struct Length {
    pub id: String,
    pub target: String,
    /// Executions up to the first that shows it; none: it is not found.
    pub executions: Option<u64>,
    /// Of what fuzzing found, without the steps that are not needed.
    pub found: Option<u64>,
    /// Of the shortest that the exhaustive search finds, if its states show the defect.
    pub shortest: Option<u64>,
}

/// Plants each defect in turn that conversations are held against.
pub fn run(only: Option<&str>, runs: u64, progress: impl Fn(usize) -> ProgressBar) -> Result<Lengths, Failure> {
    let scratch = Scratch::new()?;
    let patches = patches(&scratch.root().join("defects"), only)?;
    let bar = progress(patches.len());
    let mut defects = Vec::new();
    for patch in &patches {
        bar.inc(1);
        let defect = head(patch)?;
        let Some(target) = defect.targets.iter().find(|target| target.input == Input::Conversation) else { continue };
        bar.set_message(defect.id.clone());
        scratch.restore()?;
        scratch.apply(patch)?;
        let binary = scratch.build()?;
        let numbers = files::Scratch::new()?;
        let number_file = numbers.path().join("number");
        let mut command = command(&scratch, &binary, target.name, Loop::of(runs), &number_file);
        command.arg("--shortest");
        let said = watched(command, &number_file, PATIENCE)?.said();
        let number = |key: &str| said.as_ref().and_then(|said| said[key].as_u64());
        let is_found = said.as_ref().is_some_and(|said| said["kind"].is_string());
        defects.push(Length {
            id: defect.id,
            target: target.name.into(),
            executions: number("executions").filter(|_| is_found),
            found: number("found"),
            shortest: number("shortest"),
        });
    }
    bar.finish_and_clear();
    Ok(Lengths { defects })
}
