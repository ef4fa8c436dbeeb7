//! The device behind the contract, as the command line names it.

use crate::failure::Failure;
use crate::files;
use infuzz::builtin::Builtin;
use infuzz::device::Device;
use infuzz::format::Format;
use infuzz_devices::process::{DRUG_LIBRARY, Launch, ProcessError};
use infuzz_devices::{Process, built_in};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the devices that come with infuzz.
const BUILT_IN: &str = "built-in";
/// What a child process is named by, before its program.
const PROCESS: &str = "process:";
/// Time limits of answers before the worker of a child process itself counts as hung. Each answer has its
/// own limit in the worker; a slow device must never reach this one: a case in small steps asks for 900
/// answers, and a kept session has thousands of them, eight times over.
const ANSWERS: u32 = 1 << 20;

/// Which device, for every verb that takes one.
#[derive(clap::Args, Clone, Debug)]
pub struct DeviceArguments {
    /// The device: built-in, or process:PROGRAM (docs/process-device.md)
    #[arg(long, default_value = BUILT_IN, value_name = "DEVICE")]
    device: String,
    /// Time limit of one answer of a process device in milliseconds
    #[arg(long, default_value_t = 2000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=86_400_000))]
    answer_timeout: u64,
}

impl DeviceArguments {
    /// The device that is meant.
    pub fn chosen(&self) -> Result<Chosen, Failure> {
        if self.device == BUILT_IN {
            return Ok(Chosen::BuiltIn);
        }
        match self.device.strip_prefix(PROCESS) {
            Some(program) if !program.is_empty() => {
                let path = std::path::absolute(program).map_err(|error| Failure::unreadable(Path::new("."), &error))?;
                Ok(Chosen::Process(path, Duration::from_millis(self.answer_timeout)))
            }
            _ => Err(Failure::new(
                "there is no such device",
                &self.device,
                "it is of no kind that there is",
                "devices are built-in, and process:PROGRAM for a program that speaks the protocol of docs/process-device.md",
            )),
        }
    }
}

/// A device, not yet started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The one that comes with the format.
    BuiltIn,
    /// A child process: its program, and the time limit of an answer.
    Process(PathBuf, Duration),
}

impl Chosen {
    /// Puts it behind the contract. `group_file` is where a child process is written down, for the
    /// one who ends it if this process cannot.
    pub fn open(&self, format: &Format, group_file: Option<&Path>) -> Result<Box<dyn Device>, Failure> {
        let (program, answer) = match self {
            Chosen::BuiltIn => return Ok(built_in(format)),
            Chosen::Process(program, answer) => (program, *answer),
        };
        let mut launch = Launch::new(program);
        launch.start = launch.start.max(answer);
        launch.answer = answer;
        launch.keep = files::workspace().ok().map(|root| root.join("target/infuzz/device/last-input.bin"));
        launch.group_file = group_file.map(Path::to_path_buf);
        let failure = |why: String, remedy: &str| {
            Failure::new("the device cannot be used", program.display().to_string(), why, remedy)
        };
        let device = Process::start(launch).map_err(|error| {
            let remedy = match &error {
                ProcessError::DoesNotStart(_) => "give the path of a program; make a script executable: chmod +x",
                ProcessError::NoHello(_) => {
                    "run it by hand and type `1 hello 1`; docs/process-device.md has what it must say"
                }
            };
            failure(error.to_string(), remedy)
        })?;
        // A message is followed by the known-good library, like everything else.
        let message = Builtin::named(&format.name).filter(|builtin| builtin.library.is_some());
        for needed in [Some(DRUG_LIBRARY), message.map(|builtin| builtin.name)].into_iter().flatten() {
            if !device.paths().iter().any(|path| path == needed) {
                let why = format!("its paths are {}, and {} needs {needed}", device.paths().join(", "), format.name);
                return Err(failure(why, "sweep another format, or let it take this path"));
            }
        }
        Ok(Box::new(device))
    }

    /// The arguments that name it to another process of this command, or to people.
    pub fn arguments(&self) -> Vec<String> {
        match self {
            Chosen::BuiltIn => Vec::new(),
            Chosen::Process(program, answer) => {
                let shown = format!("{PROCESS}{}", program.display());
                vec!["--device".into(), shown, "--answer-timeout".into(), answer.as_millis().to_string()]
            }
        }
    }

    /// How long a case may take before its worker has hung, where `case` is that of a built-in
    /// device. A child process that hangs is noticed by the device itself, long before.
    pub fn case_limit(&self, case: Duration) -> Duration {
        match self {
            Chosen::BuiltIn => case,
            Chosen::Process(_, answer) => Launch::new("").start.max(*answer) * ANSWERS,
        }
    }

    /// Whether it lives in a process of its own.
    pub fn is_process(&self) -> bool {
        matches!(self, Chosen::Process(..))
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chosen::BuiltIn => f.write_str("built-in device"),
            Chosen::Process(program, _) => f.write_str(&files::shown(program)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_device_is_not_taken_for_a_hung_worker() {
        let answer = Duration::from_millis(1500);
        let device = Chosen::Process("pump".into(), answer);
        // 1024 cases of a session with ten answers each, in four states, twice.
        assert!(device.case_limit(Duration::from_secs(2)) > answer * 1024 * 10 * 8);
    }
}
