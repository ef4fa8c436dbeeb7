//! Tools that the command needs: found, or installed under `target/tools`.

use crate::failure::Failure;
use crate::output::note;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The version of cargo-fuzz that is installed if there is none.
const CARGO_FUZZ: &str = "0.13.2";

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// libFuzzer is C++: says so before the build fails without one.
pub fn compiler() -> Result<(), Failure> {
    let named = std::env::var_os("CXX");
    let mut known = named.into_iter().chain(["c++", "g++", "clang++"].map(OsString::from));
    if known.any(|name| succeeds(Command::new(name).arg("--version"))) {
        return Ok(());
    }
    Err(Failure::new(
        "there is no C++ compiler",
        "PATH",
        "libFuzzer is built from C++; none of c++, g++ and clang++ runs",
        "install one, such as the package g++, or set CXX",
    ))
}

/// Whether a nightly toolchain is installed.
pub fn has_nightly() -> bool {
    succeeds(Command::new("cargo").arg("+nightly").arg("--version").env_remove("RUSTUP_TOOLCHAIN"))
}

/// A PATH on which cargo finds cargo-fuzz; installs it under `target/tools` if it is missing.
pub fn cargo_fuzz(root: &Path) -> Result<OsString, Failure> {
    let tools = root.join("target/tools");
    let known = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::iter::once(tools.join("bin")).chain(std::env::split_paths(&known)).collect();
    let path = std::env::join_paths(&folders).map_err(|e| {
        Failure::new("cannot use PATH", "PATH", e.to_string(), "remove the folder with a colon in its name")
    })?;
    if folders.iter().any(|folder| folder.join("cargo-fuzz").is_file()) {
        return Ok(path);
    }
    note(&format!("installing cargo-fuzz {CARGO_FUZZ} into target/tools (once)"));
    let mut install = Command::new("cargo");
    install.args(["install", "--locked", "--quiet", "--version", CARGO_FUZZ, "--root"]).arg(&tools).arg("cargo-fuzz");
    install.current_dir(root).stdin(Stdio::null()).stdout(Stdio::null());
    let output = install
        .output()
        .map_err(|e| Failure::new("cannot start cargo", "PATH", e.to_string(), "install Rust with rustup"))?;
    if output.status.success() {
        return Ok(path);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let why = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("cargo install failed").trim().to_string();
    Err(Failure::new(
        "cannot install cargo-fuzz",
        "target/tools",
        why,
        format!("connect to the network, or put cargo-fuzz {CARGO_FUZZ} on the PATH"),
    ))
}

/// Whether a target's binary fails on an input when it is run once more.
pub fn fails_again(root: &Path, target: &str, input: &Path) -> bool {
    let built = std::fs::read_dir(root.join("target")).into_iter().flatten().flatten();
    let mut binaries = built.map(|entry| entry.path().join("release").join(target)).filter(|binary| binary.is_file());
    binaries.next().is_some_and(|binary| !succeeds(Command::new(binary).arg("-timeout=10").arg(input)))
}
