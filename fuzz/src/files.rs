//! A target's binary built without an engine: executes the files it is given.

use crate::body::Body;
use crate::table::target;
use std::process::ExitCode;

/// Executes every file named on the command line; fails if one shows a finding.
pub fn replay_files(name: &str) -> ExitCode {
    let Some(target) = target(name) else {
        eprintln!("infuzz: there is no target {name}");
        return ExitCode::from(2);
    };
    let mut body = match Body::new(target, Some(crate::meter::METER)) {
        Ok(body) => body.thorough(),
        Err(why) => {
            eprintln!("infuzz: {why}");
            return ExitCode::from(2);
        }
    };
    let mut code = ExitCode::SUCCESS;
    for path in std::env::args_os().skip(1) {
        let path = std::path::PathBuf::from(path);
        match std::fs::read(&path) {
            Err(error) => {
                eprintln!("infuzz: cannot read {}: {error}", path.display());
                return ExitCode::from(2);
            }
            Ok(data) => match body.replay(&data) {
                Err(why) => {
                    eprintln!("infuzz: {}: not a session: {why}", path.display());
                    return ExitCode::from(2);
                }
                Ok(None) => println!("{}: nothing found", path.display()),
                Ok(Some(fault)) => {
                    println!("{}: {}: {}", path.display(), fault.raised.kind.name(), fault.raised.detail);
                    code = ExitCode::FAILURE;
                }
            },
        }
    }
    code
}
