//! `corpus sync`: what all engines have found, in the one corpus that all read.

use crate::campaign::kept;
use crate::device::Chosen;
use crate::engine::{ENGINES, Engine, Form, Libfuzzer, Place, engine};
use crate::failure::Failure;
use crate::output::out;
use crate::verbs::replay;
use crate::{Status, files, output, targets};
use infuzz::device::digest;
use infuzz_fuzz::Body;
use serde_json::json;

/// What `corpus sync` takes.
#[derive(clap::Args)]
#[command(
    after_help = "What covers nothing new is left out. The result is in fuzz/corpus, which git ignores.\n\nExample: cargo infuzz corpus sync drug_library"
)]
pub struct Arguments {
    /// The target, such as drug_library
    target: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The common corpus becomes a set of inputs, of it and of all engines, that covers what they all
/// cover, without what adds nothing. What fails is kept as a finding; nothing is removed before the
/// rest is written.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let target = targets::target(&arguments.target)?;
    let root = files::workspace()?;
    let scratch = files::Scratch::new()?;
    let mut body = Body::new(target, None).map_err(|why| Failure::internal(target.name, why))?;
    let all = scratch.path().join("all");
    files::make_folder(&all)?;
    // Each engine is kept from running meanwhile.
    let engines = ENGINES.iter().map(|name| Ok((engine(name)?, Place::new(&root, name, target, scratch.path())?)));
    let engines = engines.collect::<Result<Vec<_>, Failure>>()?;
    let [(_, place), ..] = engines.as_slice() else { return Err(Failure::internal("engines", "there are none")) };
    let found = engines.iter().flat_map(|(engine, place)| engine.found(place).into_iter().map(|f| (engine.form(), f)));
    for (form, folder) in found.chain([(Form::Plain, place.corpus.clone())]) {
        for path in files::in_folder(&folder)? {
            let input = form.wire(&mut body, files::read(&path)?);
            files::copy(&all.join(format!("{:016x}", digest(&input))), &input)?;
        }
    }
    let mut libfuzzer = Libfuzzer::default();
    libfuzzer.build(place)?;
    let merged = scratch.path().join("merged");
    files::make_folder(&merged)?;
    let before = files::in_folder(&all)?.len();
    let edges = libfuzzer.merge(place, &[place.seeds(), all], &merged)?;
    let failing = libfuzzer.left(place)?;
    for left in &failing {
        let bytes = kept(target, body.deliveries(&files::read(&left.path)?));
        let path = place.findings().join(replay::id(left.kind, &bytes));
        files::make_folder(&place.findings())?;
        files::write(&path, &bytes)?;
        output::note(&format!("fails: {}", replay::replay_command((target, &Chosen::BuiltIn, None), &path)));
    }
    let old = files::in_folder(&place.corpus)?;
    let new = files::in_folder(&merged)?;
    for path in &new {
        files::write(&place.corpus.join(path.file_name().unwrap_or_default()), &files::read(path)?)?;
    }
    for path in old.iter().filter(|path| !new.iter().any(|new| path.file_name() == new.file_name())) {
        std::fs::remove_file(path).map_err(|error| Failure::unwritable(path, &error))?;
    }
    for (engine, place) in &engines {
        engine.forget(place)?;
    }
    if arguments.json {
        output::json(
            &json!({ "target": target.name, "files_before": before, "files_after": new.len(), "edges": edges }),
        );
    } else {
        out(&format!("{}: {before} files before, {} after, {edges} edges\n", target.name, new.len()));
    }
    Ok(if failing.is_empty() { Status::Expected } else { Status::Findings })
}
