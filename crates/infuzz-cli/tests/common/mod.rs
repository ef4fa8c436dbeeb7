//! Runs the command as people and scripts do.
#![allow(dead_code, reason = "each test binary uses its part of this module")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for a test, with a workspace root so that nothing is kept elsewhere.
pub struct Place(PathBuf);

impl Place {
    pub fn new(name: &str) -> Place {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        std::fs::write(path.join("Cargo.toml"), "[workspace]\n").expect("written");
        Place(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    /// The bytes of a built-in seed.
    pub fn seed(&self, name: &str) -> PathBuf {
        let builtin = infuzz::builtin::Builtin::named("drug-library").expect("built in");
        let format = builtin.load().expect("loads");
        self.write(&format!("{name}.bin"), builtin.seed(&format, name).expect("composes"))
    }

    /// People's data of a built-in seed.
    pub fn seed_json(&self, name: &str) -> String {
        let builtin = infuzz::builtin::Builtin::named("drug-library").expect("built in");
        builtin.seeds.iter().find(|(seed, _)| *seed == name).expect("a seed").1.to_string()
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran(Command::new(env!("CARGO_BIN_EXE_infuzz")).current_dir(&self.0).args(arguments).output().expect("runs"))
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_infuzz"));
        command.current_dir(&self.0);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().expect("an exit status")
    }

    pub fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("UTF-8")
    }

    pub fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("UTF-8")
    }

    /// The one object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.out()))
    }

    /// Exit status 2, one line on standard error, nothing on standard output; gives the line.
    pub fn one_line(&self) -> String {
        assert_eq!(self.code(), 2, "{}", self.err());
        assert_eq!(self.out(), "");
        assert_eq!(self.err().lines().count(), 1, "{}", self.err());
        self.err()
    }

    /// Exit status 2 and an error object with its four parts; gives them as one text.
    pub fn error_object(&self) -> String {
        assert_eq!(self.code(), 2);
        let error = &self.json()["error"];
        let parts = ["what", "where", "why", "do"].map(|part| error[part].as_str().expect(part).to_string());
        assert!(parts.iter().all(|part| !part.is_empty()), "{parts:?}");
        parts.join(" | ")
    }
}
