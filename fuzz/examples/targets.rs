//! Prints the names of all targets, for scripts; with `--limits` also what an engine is to be
//! told of each: `NAME MAX_LEN_BYTES TIMEOUT_S RSS_MIB`, one target a line. With `--conversations`
//! only those whose inputs are conversations.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (limits, conversations) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => (false, false),
        ["--limits"] => (true, false),
        ["--conversations"] => (false, true),
        _ => {
            eprintln!("targets: no argument, --limits or --conversations");
            return ExitCode::from(2);
        }
    };
    let wanted = |target: &&infuzz_fuzz::Target| !conversations || target.input == infuzz_fuzz::Input::Conversation;
    for target in infuzz_fuzz::TARGETS.iter().filter(wanted) {
        if limits {
            let seconds = target.time_limit_ms.div_ceil(1000);
            println!("{} {} {seconds} {}", target.name, target.max_len, infuzz_fuzz::MEMORY_LIMIT_MIB);
        } else {
            println!("{}", target.name);
        }
    }
    ExitCode::SUCCESS
}
