//! A scratch copy of the workspace in which the pump may be spoilt, and the command built from it.

use crate::failure::Failure;
use crate::files;
use crate::output::note;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What is copied.
const COPIED: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", ".cargo", "ci", "crates", "fuzz", "examples", "corpus", "dictionaries"];
/// What a build leaves behind in those folders.
const LEFT_OUT: [&str; 3] = ["target", "artifacts", "rust-toolchain.toml"];
/// The longest that a sweep or an exploration may take.
const LIMIT: Duration = Duration::from_secs(300);

/// The copy.
pub struct Scratch {
    root: PathBuf,
    copy: PathBuf,
}

impl Scratch {
    /// A fresh copy. What was built there before is used again.
    pub fn new() -> Result<Self, Failure> {
        let root = files::workspace()?;
        let copy = root.join("target/defects/copy");
        if copy.exists() {
            fs::remove_dir_all(&copy).map_err(|e| Failure::unwritable(&copy, &e))?;
        }
        files::make_folder(&copy)?;
        for name in COPIED {
            copy_tree(&root.join(name), &copy.join(name)).map_err(|e| Failure::unwritable(&copy.join(name), &e))?;
        }
        Ok(Scratch { root, copy })
    }

    /// The workspace that was copied.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The copy's folder.
    pub fn folder(&self) -> &Path {
        &self.copy
    }

    /// The pump as it is in the workspace.
    pub fn restore(&self) -> Result<(), Failure> {
        let pump = self.copy.join("crates/pump/src");
        fs::remove_dir_all(&pump)
            .and_then(|()| copy_tree(&self.root.join("crates/pump/src"), &pump))
            .map_err(|e| Failure::unwritable(&pump, &e))
    }

    /// Applies a patch.
    pub fn apply(&self, patch: &Path) -> Result<(), Failure> {
        let output = self.run(
            Command::new("git")
                .args(["apply", "--whitespace=nowarn"])
                .arg(patch)
                .env("GIT_CEILING_DIRECTORIES", &self.root),
        )?;
        if output.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_string();
        Err(Failure::new(
            "a defect does not apply",
            patch.display().to_string(),
            why,
            "bring the patch up to date with the pump",
        ))
    }

    /// Builds the command from the copy.
    pub fn build(&self) -> Result<PathBuf, Failure> {
        let target = self.root.join("target/defects/build");
        let mut command = Command::new("cargo");
        command.args(["build", "--quiet", "--profile", "infuzz", "-p", "infuzz-cli", "--bin", "infuzz"]);
        let output = self.run(command.env("CARGO_TARGET_DIR", &target))?;
        if output.status.success() {
            return Ok(target.join("infuzz/infuzz"));
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let why = text.lines().find(|line| line.starts_with("error")).unwrap_or("cargo build failed").to_string();
        Err(Failure::new(
            "the spoilt pump does not build",
            self.copy.display().to_string(),
            why,
            "build it there by hand to see more",
        ))
    }

    fn run(&self, command: &mut Command) -> Result<Output, Failure> {
        let shown = command.get_program().to_string_lossy().into_owned();
        let output = command.current_dir(&self.copy).stdin(Stdio::null()).output();
        output.map_err(|e| {
            Failure::new("cannot start a program", shown, e.to_string(), "install it, or put it on the PATH")
        })
    }

    /// Runs the built command; gives what it printed. One that could not do what it was asked for, or had to
    /// be killed, shows nothing: that is told.
    pub fn ask(
        &self,
        binary: &Path,
        arguments: &[&str],
        variable: Option<(&str, &str)>,
    ) -> Result<Option<Value>, Failure> {
        let mut command = Command::new(binary);
        command
            .args(arguments)
            .current_dir(&self.copy)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command.envs(variable);
        let mut child = command.spawn().map_err(|e| Failure::worker(&e))?;
        let stdout = child.stdout.take();
        let reader = std::thread::spawn(move || stdout.and_then(|mut out| io::read_to_string(&mut out).ok()));
        let begun = Instant::now();
        let mut killed = false;
        while child.try_wait().map_err(|e| Failure::worker(&e))?.is_none() {
            if begun.elapsed() > LIMIT {
                let _ = child.kill();
                killed = true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let status = child.wait().map_err(|e| Failure::worker(&e))?;
        let text = reader.join().ok().flatten().unwrap_or_default();
        let said: Option<Value> = serde_json::from_str(&text).ok().filter(|_| !killed);
        let told = said.filter(|said| said["error"].is_null());
        if told.is_none() {
            let why = if killed { format!("no end within {LIMIT:?}") } else { format!("{status}: {}", text.trim()) };
            note(&format!("{} did not run, which shows nothing: {why}", arguments.join(" ")));
        }
        Ok(told)
    }
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        // An unchanged file keeps its time, so that what was built from it is used again.
        let modified = fs::metadata(from)?.modified()?;
        fs::copy(from, to)?;
        return fs::File::options().write(true).open(to)?.set_modified(modified);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
            copy_tree(&entry.path(), &to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_is_a_workspace_with_all_its_members() {
        let scratch = Scratch::new().expect("a copy");
        let metadata = Command::new("cargo")
            .args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"])
            .current_dir(scratch.folder())
            .output()
            .expect("cargo runs");
        assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    }
}
