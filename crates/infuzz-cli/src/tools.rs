//! Tools that the command needs: found, or installed under `target/tools`.

use crate::failure::Failure;
use crate::output::note;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A cargo subcommand that an engine needs.
#[derive(Debug)]
pub struct Tool {
    /// The program.
    program: &'static str,
    /// The package it comes in.
    package: &'static str,
    /// The version that is installed if there is none.
    version: &'static str,
}

/// libFuzzer.
pub const CARGO_FUZZ: Tool = Tool { program: "cargo-fuzz", package: "cargo-fuzz", version: "0.13.2" };
/// AFL++; the version is that of the crate `afl`.
pub const CARGO_AFL: Tool = Tool { program: "cargo-afl", package: "cargo-afl", version: "0.18.2" };
/// honggfuzz; the version is that of the crate `honggfuzz`.
pub const CARGO_HFUZZ: Tool = Tool { program: "cargo-hfuzz", package: "honggfuzz", version: "0.5.62" };
/// bolero.
pub const CARGO_BOLERO: Tool = Tool { program: "cargo-bolero", package: "cargo-bolero", version: "0.13.5" };

impl Tool {
    /// A PATH on which cargo finds the tool; installs it under `target/tools` if it is missing.
    pub fn found(&self, root: &Path) -> Result<OsString, Failure> {
        let own = tools(root);
        let known = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::iter::once(own.join("bin")).chain(std::env::split_paths(&known)).collect();
        let path = std::env::join_paths(&folders).map_err(|e| {
            Failure::new("cannot use PATH", "PATH", e.to_string(), "remove the folder with a colon in its name")
        })?;
        if folders.iter().any(|folder| folder.join(self.program).is_file()) {
            return Ok(path);
        }
        note(&format!("installing {} {} into target/tools (once)", self.package, self.version));
        let mut install = Command::new("cargo");
        install.args(["install", "--locked", "--quiet", "--version", self.version, "--root"]).arg(&own);
        install.arg(self.package).current_dir(root).stdin(Stdio::null()).stdout(Stdio::null());
        // The build settings of this workspace are not the tool's.
        install.env_remove("CARGO_TARGET_DIR").env_remove("RUSTUP_TOOLCHAIN");
        self.data_home(root, &mut install);
        let output = install
            .output()
            .map_err(|e| Failure::new("cannot start cargo", "PATH", e.to_string(), "install Rust with rustup"))?;
        if output.status.success() {
            return Ok(path);
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let why =
            text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("cargo install failed").trim().to_string();
        Err(Failure::new(
            format!("cannot install {}", self.package),
            "target/tools",
            why,
            format!("connect to the network, or put {} {} on the PATH", self.program, self.version),
        ))
    }

    /// Sets what the tool needs to find what was installed with it.
    pub fn environment(&self, root: &Path, command: &mut Command) {
        // One that people installed themselves lies where they have it.
        if tools(root).join("share").is_dir() {
            self.data_home(root, command);
        }
    }

    /// AFL++ itself lies beside cargo-afl, not in the user's home.
    fn data_home(&self, root: &Path, command: &mut Command) {
        if self.program == CARGO_AFL.program {
            command.env("XDG_DATA_HOME", tools(root).join("share"));
        }
    }
}

fn tools(root: &Path) -> PathBuf {
    root.join("target/tools")
}

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
