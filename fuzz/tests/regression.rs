//! One named test per regression file; an empty or unknown folder fails.

use infuzz_fuzz::{Body, TARGETS, target};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    let mut trials = Vec::new();
    for folder in folders(&corpus) {
        let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if !TARGETS.iter().any(|target| target.name == name) {
            trials.push(failing(format!("{name}::is_a_target"), format!("corpus/{name} belongs to no target")));
        }
    }
    for one in TARGETS {
        let folder = corpus.join(one.name).join("regression");
        let files: Vec<PathBuf> =
            folders(&folder).into_iter().filter(|f| f.extension().is_none_or(|e| e != "why")).collect();
        let expected = one.name == "drug_library";
        if files.is_empty() && expected {
            trials
                .push(failing(format!("{}::has_regressions", one.name), format!("{} has no files", folder.display())));
        }
        for file in files {
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            trials.push(Trial::test(format!("{}::{name}", one.name), move || replay(one.name, &file)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    entries
}

fn failing(name: String, why: String) -> Trial {
    Trial::test(name, move || Err(Failed::from(why)))
}

fn replay(name: &str, file: &Path) -> Result<(), Failed> {
    let target = target(name).ok_or_else(|| Failed::from("unknown target"))?;
    let bytes = std::fs::read(file)?;
    let mut body = Body::new(target, None)?.thorough();
    match body.replay(&bytes)? {
        None => Ok(()),
        Some(fault) => Err(format!("{}: {}", fault.raised.kind.name(), fault.raised.detail).into()),
    }
}
