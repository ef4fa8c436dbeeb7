//! Prints the names of all targets, for scripts; with `--limits` also what an engine is to be
//! told of each: `NAME MAX_LEN_BYTES TIMEOUT_S RSS_MIB`, one target a line.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let limits = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--limits"] => true,
        _ => {
            eprintln!("targets: no argument, or --limits");
            return ExitCode::from(2);
        }
    };
    for target in infuzz_fuzz::TARGETS {
        if limits {
            let seconds = target.time_limit_ms.div_ceil(1000);
            println!("{} {} {seconds} {}", target.name, target.max_len, target.memory_limit_mib);
        } else {
            println!("{}", target.name);
        }
    }
    ExitCode::SUCCESS
}
