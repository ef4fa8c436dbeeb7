//! The reference pump on a network, see `docs/pump-server.md`.

use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use pump::{MemoryStorage, Storage, Watchdog};
use pump_server::config::Config;
use pump_server::disk::Disk;
use pump_server::engine::{Reins, name};
use pump_server::print::Printer;
use pump_server::problem::Problem;
use pump_server::server::Server;
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;

/// The reference infusion pump on a network: BCC, infusion orders and drug-library transfers.
///
/// What a person does at the bedside is typed on standard input, one command a line. The log is on
/// standard error, a line of JSON for each event.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration (TOML), see docs/pump-server.md
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Tries things out: a random key if none is configured, and a library for the example orders
    #[arg(long)]
    demo: bool,
    /// The least important events that are logged: error, warn, info, debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (out, log) = (Printer::to(std::io::stdout()), Printer::to(std::io::stderr()));
    let lines = log.clone();
    tracing_subscriber::fmt().json().with_max_level(arguments.log).with_writer(move || lines.clone()).init();
    let result = run(&arguments, &out);
    let code = match &result {
        Ok(watchdog) => {
            let (owed, done, missed) = (watchdog.owed(), watchdog.done(), watchdog.missed());
            tracing::info!(owed, done, missed, lost_lines = out.lost() + log.lost(), "power off");
            out.line(&format!("stopped: {owed} ticks owed, {done} done, {missed} missed"));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            log.line(&problem.to_string());
            ExitCode::from(2)
        }
    };
    log.finish();
    out.finish();
    code
}

fn run(arguments: &Arguments, out: &Printer) -> Result<Watchdog, Problem> {
    let config = arguments.config.as_deref().map_or_else(Config::usual, Config::read)?;
    let place = arguments
        .config
        .as_deref()
        .map_or("no configuration (--config FILE)".into(), |path| path.display().to_string());
    let key = match (config.key, arguments.demo) {
        (None, true) => demo_key(out)?,
        _ => config.required_key(&place)?,
    };
    match config.storage.clone() {
        None if !arguments.demo => {
            let why = "a pump that says it has stored a library must have it after a restart";
            let hint = "name a folder with storage = \"…\"; or try things out with --demo, which forgets";
            Err(Problem::new("there is no place for the pump's memory", place, why, hint))
        }
        None => serve(arguments, config, MemoryStorage::new(), key, out),
        Some(folder) => {
            let disk = Disk::open(&folder, config.capacity)?;
            serve(arguments, config, disk, key, out)
        }
    }
}

/// A key for this once, which a person reads on the terminal and no log has.
fn demo_key(out: &Printer) -> Result<[u8; 32], Problem> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| {
        Problem::new("no key can be made", "the system", error, "configure a key with key_file = \"…\"")
    })?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    out.line(&format!("key {digits}"));
    Ok(key)
}

fn serve<S: Storage + Send + 'static>(
    arguments: &Arguments,
    config: Config,
    storage: S,
    key: [u8; 32],
    out: &Printer,
) -> Result<Watchdog, Problem> {
    let system = |error: std::io::Error| {
        Problem::new("the server cannot run", "the system", error, "free some of its resources")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    let done = runtime.block_on(async {
        let server = Server::bind(config).await?;
        let addresses = server.addresses().map_err(system)?;
        let (mut interrupted, mut terminated) =
            (signal(SignalKind::interrupt()).map_err(system)?, signal(SignalKind::terminate()).map_err(system)?);
        let begun = |reins: Reins| {
            for (path, address) in addresses {
                out.line(&format!("{} {address}", name(path)));
            }
            out.line("ready");
            let stop = reins.clone();
            tokio::spawn(async move {
                tokio::select! {
                    _ = interrupted.recv() => {}
                    _ = terminated.recv() => {}
                }
                tracing::info!("stopping");
                stop.stop();
            });
            std::thread::spawn(move || {
                std::io::stdin().lock().lines().map_while(Result::ok).all(|line| reins.tell(line));
            });
        };
        server.run(storage, key, arguments.demo, out.clone(), begun).await
    });
    // A thread that waits for standard input is not waited for.
    runtime.shutdown_background();
    done
}
