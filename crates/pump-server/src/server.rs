//! The ports, and the connections on them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pump::network::{NetworkPump, Path};
use pump::transfer::Key;
use pump::{Storage, Watchdog};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::budget::Budget;
use crate::config::{CARE_AREA, Config, Limits};
use crate::demo;
use crate::engine::{ANSWERS, Door, Engine, Event, PATHS, Reins, name};
use crate::print::Printer;
use crate::problem::Problem;

/// Bytes that are read at a time.
const PIECE: usize = 4_096;
/// A peer that takes nothing for so long has lost its connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is still to be sent when the server stops has so long.
const FAREWELL: Duration = Duration::from_secs(2);

/// A server that listens and serves nobody yet.
pub struct Server {
    listeners: Vec<(Path, TcpListener)>,
    config: Config,
}

impl Server {
    /// Takes the ports.
    ///
    /// # Errors
    /// A port cannot be had.
    pub async fn bind(config: Config) -> Result<Self, Problem> {
        let mut listeners = Vec::new();
        for (path, port) in PATHS.into_iter().zip(config.ports) {
            let address = SocketAddr::new(config.address, port);
            let listener = TcpListener::bind(address).await.map_err(|error| {
                let hint =
                    "set another port in the configuration, or 0 for any that is free; `ss -ltnp` shows who has it";
                Problem::new("a port cannot be had", format!("{}, {address}", name(path)), error, hint)
            })?;
            listeners.push((path, listener));
        }
        Ok(Self { listeners, config })
    }

    /// The address of each path.
    ///
    /// # Errors
    /// The system does not say.
    pub fn addresses(&self) -> std::io::Result<Vec<(Path, SocketAddr)>> {
        self.listeners.iter().map(|(path, listener)| Ok((*path, listener.local_addr()?))).collect()
    }

    /// Switches the pump on, and serves until it is stopped by what `begun` is given.
    ///
    /// # Errors
    /// There is no key, or the demonstration's library cannot be put to use.
    pub async fn run<S: Storage + Send + 'static>(
        self,
        storage: S,
        key: [u8; 32],
        demonstration: bool,
        out: Printer,
        begun: impl FnOnce(Reins),
    ) -> Result<Watchdog, Problem> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| {
            Problem::new("there is no randomness", "the system", error, "give the server a system that has some")
        })?;
        let settings = self.config.settings.clone();
        let mut pump = NetworkPump::power_on(storage, Key::from(key), seed, settings);
        if demonstration {
            let care_area = self.config.settings.profile.as_deref().unwrap_or(CARE_AREA);
            demo::install(&mut pump, care_area)?;
        }
        tracing::info!(library = pump.pump().active().is_some(), status = ?pump.pump().status(), "power on");
        let (engine, doors, reins) = Engine::new(pump, self.config.tick_ms, out);
        let (ended, end) = oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let _ = ended.send(runtime.map(|runtime| runtime.block_on(engine.run())));
        });
        let (open, mut all_gone) = mpsc::channel::<()>(1);
        let mut accepting = tokio::task::JoinSet::new();
        for ((path, listener), door) in self.listeners.into_iter().zip(doors) {
            accepting.spawn(accept(path, listener, door, self.config.limits, open.clone()));
        }
        drop(open);
        begun(reins);
        let ended = end.await;
        accepting.abort_all();
        let _ = timeout(FAREWELL, all_gone.recv()).await;
        let failed = |why: String| Problem::new("the pump has stopped", "its thread", why, "report this with the log");
        ended.map_err(|_| failed("it broke off".into()))?.map_err(|error| failed(error.to_string()))
    }
}

async fn accept(path: Path, listener: TcpListener, door: Door, limits: Limits, open: mpsc::Sender<()>) {
    let seats = Arc::new(Semaphore::new(limits.connections));
    let (mut number, mut refused) = (0_u32, 0_u64);
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(path = name(path), error = error.to_string(), "no connection could be taken");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
            refused += 1;
            if refused.is_power_of_two() {
                tracing::warn!(path = name(path), %peer, refused, "closed: there are enough connections");
            }
            continue;
        };
        number = number.wrapping_add(1);
        let (own, door, open) = (number, door.clone(), open.clone());
        tokio::spawn(async move {
            tracing::debug!(path = name(path), number = own, %peer, "connected");
            converse(path, own, stream, &door, limits).await;
            tracing::debug!(path = name(path), number = own, "gone");
            drop((seat, open));
        });
    }
}

/// One connection, until its peer or the pump ends it.
async fn converse(path: Path, number: u32, stream: TcpStream, door: &Door, limits: Limits) {
    let (reader, writer) = stream.into_split();
    let (answers, waiting) = mpsc::channel(ANSWERS);
    if !door.send(number, Event::Begins(answers)).await {
        return;
    }
    let writing = write(writer, waiting);
    tokio::pin!(writing);
    tokio::select! {
        // What was asked before is still answered.
        () = read(path, number, reader, door, limits) => {
            door.send(number, Event::Ends).await;
            writing.await;
        }
        () = &mut writing => {
            door.send(number, Event::Ends).await;
        }
    }
}

async fn read(path: Path, number: u32, mut reader: OwnedReadHalf, door: &Door, limits: Limits) {
    let began = Instant::now();
    let now_ms = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (mut budget, mut waits) = (Budget::new(limits.bytes_per_second, 0), 0_u64);
    let mut piece = [0; PIECE];
    loop {
        let most = match budget.allowed(now_ms()) {
            Ok(most) => most.min(PIECE),
            Err(milliseconds) => {
                waits += 1;
                if waits.is_power_of_two() {
                    tracing::warn!(path = name(path), number, waits, "waits: it brings too much");
                }
                sleep(Duration::from_millis(milliseconds)).await;
                continue;
            }
        };
        let idle = Duration::from_secs(limits.idle_seconds.into());
        match timeout(idle, reader.read(&mut piece[..most])).await {
            Ok(Ok(0) | Err(_)) => return,
            Ok(Ok(length)) => {
                budget.spent(length);
                if !door.send(number, Event::Brings(piece[..length].to_vec())).await {
                    return;
                }
            }
            Err(_) => {
                tracing::info!(path = name(path), number, "closed: it brought nothing for too long");
                return;
            }
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, mut waiting: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = waiting.recv().await {
        match timeout(PATIENCE, writer.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            _ => return,
        }
    }
    let _ = writer.shutdown().await;
}
