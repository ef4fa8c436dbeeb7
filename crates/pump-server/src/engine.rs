//! The pump's own thread. Its time comes first; then one piece from each queue in turn, so that no
//! path waits for more than a few pieces of the others, however much comes on those.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pump::network::{Connection, Deed, NetworkPump, Path};
use pump::{Storage, Watchdog};
use tokio::sync::{Notify, mpsc};

use crate::bedside;
use crate::print::Printer;

/// Pieces of a path that wait for the pump.
pub const WAITING: usize = 16;
/// Answers of a connection that wait for its peer.
pub const ANSWERS: usize = 64;
/// Ticks that may be owed before a tick counts as missed.
const PATIENCE: u32 = 10;
/// The paths, in the order in which they are served.
pub const PATHS: [Path; 3] = [Path::Bcc, Path::Order, Path::Transfer];

/// The name of a path for people.
#[must_use]
pub const fn name(path: Path) -> &'static str {
    match path {
        Path::Bcc => "bcc",
        Path::Order => "order",
        Path::Transfer => "transfer",
    }
}

/// What happens on a connection.
#[derive(Debug)]
pub enum Event {
    /// It begins; answers go here.
    Begins(mpsc::Sender<Vec<u8>>),
    /// It brings bytes.
    Brings(Vec<u8>),
    /// It is gone.
    Ends,
}

/// The way to the pump.
#[derive(Debug, Clone)]
pub struct Door {
    events: mpsc::Sender<(u32, Event)>,
    bell: Arc<Notify>,
}

impl Door {
    /// Waits for room; whether the pump still runs.
    pub async fn send(&self, number: u32, event: Event) -> bool {
        let sent = self.events.send((number, event)).await.is_ok();
        self.bell.notify_one();
        sent
    }
}

/// Stops the pump, and tells it lines of the bedside.
#[derive(Debug, Clone)]
pub struct Reins {
    lines: mpsc::Sender<String>,
    bell: Arc<Notify>,
    stop: Arc<AtomicBool>,
}

impl Reins {
    /// Stops the pump.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.bell.notify_one();
    }

    /// Tells a line, once there is room; whether the pump still runs. Not for asynchronous code.
    #[must_use]
    pub fn tell(&self, line: String) -> bool {
        let told = self.lines.blocking_send(line).is_ok();
        self.bell.notify_one();
        told
    }
}

/// The pump and what waits for it.
pub struct Engine<S> {
    pump: NetworkPump<S>,
    queues: Vec<(Path, mpsc::Receiver<(u32, Event)>)>,
    lines: mpsc::Receiver<String>,
    answers: HashMap<(Path, u32), mpsc::Sender<Vec<u8>>>,
    bell: Arc<Notify>,
    stop: Arc<AtomicBool>,
    out: Printer,
    began: Instant,
    tick_ms: u32,
    watchdog: Watchdog,
    /// What was logged last of orders: state and error.
    order: (u8, u16),
}

impl<S: Storage> Engine<S> {
    /// A pump, with a door for each of [`PATHS`].
    #[must_use]
    pub fn new(pump: NetworkPump<S>, tick_ms: u32, out: Printer) -> (Self, [Door; 3], Reins) {
        let (bell, stop) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (tell, lines) = mpsc::channel(WAITING);
        let mut queues = Vec::new();
        let doors = PATHS.map(|path| {
            let (events, queue) = mpsc::channel(WAITING);
            queues.push((path, queue));
            Door { events, bell: Arc::clone(&bell) }
        });
        let reins = Reins { lines: tell, bell: Arc::clone(&bell), stop: Arc::clone(&stop) };
        let engine = Self {
            pump,
            queues,
            lines,
            answers: HashMap::new(),
            bell,
            stop,
            out,
            began: Instant::now(),
            tick_ms,
            watchdog: Watchdog::new(tick_ms, PATIENCE, 0),
            order: (0, 0),
        };
        (engine, doors, reins)
    }

    /// Runs the pump until it is stopped; gives how often it ticked.
    pub async fn run(mut self) -> Watchdog {
        loop {
            self.tick();
            if self.stop.load(Ordering::SeqCst) {
                // What is owed to the last is said, done or not.
                self.watchdog.is_owed(self.now_ms());
                return self.watchdog;
            }
            if !self.round() {
                let until = self.began + Duration::from_millis(self.watchdog.next_ms());
                tokio::select! {
                    () = tokio::time::sleep_until(until.into()) => {}
                    () = self.bell.notified() => {}
                }
            }
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Does the ticks that are owed.
    fn tick(&mut self) {
        let before = self.watchdog.missed();
        while self.watchdog.is_owed(self.now_ms()) {
            let answers = &mut self.answers;
            self.pump.tick(self.tick_ms, &mut |path, number, deed| match deed {
                Deed::Sends(bytes) => send(answers, path, number, bytes.to_vec()),
                Deed::Closes => drop(answers.remove(&(path, number))),
            });
            self.watchdog.did();
        }
        let (missed, owed) = (self.watchdog.missed(), self.watchdog.owed());
        if missed > before {
            tracing::warn!(missed, owed, "ticks were done too late");
        }
    }

    /// Serves one piece of each queue; whether there was any.
    fn round(&mut self) -> bool {
        let mut any = false;
        for number in 0..self.queues.len() {
            let (path, queue) = &mut self.queues[number];
            if let Ok((connection, event)) = queue.try_recv() {
                any = true;
                let path = *path;
                self.serve(path, connection, event);
                self.tick();
            }
        }
        if let Ok(line) = self.lines.try_recv() {
            any = true;
            let said = bedside::run(&mut self.pump, &line);
            tracing::info!(line, said, "bedside");
            self.out.line(&said);
        }
        let order = self.pump.order_status();
        if order != self.order {
            self.order = order;
            tracing::info!(state = order.0, error = order.1, "order");
        }
        any
    }

    fn serve(&mut self, path: Path, number: u32, event: Event) {
        match event {
            Event::Begins(answers) => {
                if self.pump.connect(path, number) == Connection::Open {
                    self.answers.insert((path, number), answers);
                }
            }
            Event::Brings(bytes) => {
                let mut out = Vec::new();
                let after = self.pump.receive(path, number, &bytes, &mut out);
                if !out.is_empty() {
                    send(&mut self.answers, path, number, out);
                }
                if after == Connection::Closed {
                    self.answers.remove(&(path, number));
                }
            }
            Event::Ends => drop(self.answers.remove(&(path, number))),
        }
        // A peer that is gone, or does not read its answers, has lost its connection.
        if !self.answers.contains_key(&(path, number)) {
            self.pump.disconnect(path, number);
        }
    }
}

/// The pump waits for no peer: where too many answers wait the connection is closed.
fn send(answers: &mut HashMap<(Path, u32), mpsc::Sender<Vec<u8>>>, path: Path, number: u32, bytes: Vec<u8>) {
    let waits = answers.get(&(path, number)).is_some_and(|answers| answers.try_send(bytes).is_err());
    if waits {
        tracing::warn!(path = name(path), number, "closed: it does not take its answers");
        answers.remove(&(path, number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump::MemoryStorage;
    use pump::network::Settings;
    use pump::transfer::Key;

    type Answers = Vec<mpsc::Receiver<Vec<u8>>>;

    /// An engine with a connection on each path, whose answers are given too.
    fn engine() -> (Engine<MemoryStorage>, [Door; 3], Reins, Answers) {
        let pump = NetworkPump::power_on(MemoryStorage::new(), Key::from([7; 32]), [1; 32], Settings::default());
        let (mut engine, doors, reins) = Engine::new(pump, 1_000, Printer::to(std::io::sink()));
        let answers = PATHS.map(|path| {
            let (send, answers) = mpsc::channel(ANSWERS);
            engine.serve(path, 1, Event::Begins(send));
            answers
        });
        (engine, doors, reins, answers.into())
    }

    fn fill(door: &Door, piece: &[u8]) {
        while door.events.try_send((1, Event::Brings(piece.to_vec()))).is_ok() {}
    }

    #[test]
    fn a_full_queue_keeps_no_other_path_waiting() {
        for flooded in 0..PATHS.len() {
            let (mut engine, doors, _reins, mut answers) = engine();
            // Each is owed an answer.
            let pieces: [&[u8]; 3] =
                [b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04", b"\x0bMSH|\r\x1c\r", &pump_hello()];
            fill(&doors[flooded], pieces[flooded]);
            for (number, door) in doors.iter().enumerate().filter(|(number, _)| *number != flooded) {
                door.events.try_send((1, Event::Brings(pieces[number].to_vec()))).expect("room");
            }
            assert!(engine.round());
            let answered: Vec<usize> =
                answers.iter_mut().map(|one| std::iter::from_fn(|| one.try_recv().ok()).count()).collect();
            assert_eq!(answered, [1, 1, 1], "one of each in a round, while {} is flooded", name(PATHS[flooded]));
        }
    }

    #[test]
    fn ticks_that_are_owed_are_done_between_two_pieces() {
        let (mut engine, doors, _reins, mut answers) = engine();
        engine.began = Instant::now().checked_sub(Duration::from_secs(20)).expect("the machine runs for longer");
        fill(&doors[0], b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04");
        for pieces in 1..=2 {
            assert!(engine.round());
            assert_eq!(answers[0].try_recv().is_ok(), answers[0].try_recv().is_err(), "one piece: {pieces}");
            assert!(engine.watchdog.done() >= 20 && engine.watchdog.done() == engine.watchdog.owed());
        }
        assert!(engine.watchdog.missed() >= 9, "twenty were owed at once");
    }

    /// A hello of library transfers.
    fn pump_hello() -> Vec<u8> {
        let mut frame = b"LT\x01\x01\0\0\0\0\x22\0\x01\x01host".to_vec();
        frame.resize(10 + 34, 0);
        let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&frame);
        frame.extend(crc.to_le_bytes());
        frame
    }

    #[test]
    fn a_peer_that_does_not_take_its_answers_is_closed_and_waited_for_by_nobody() {
        let (mut engine, doors, _reins, mut answers) = engine();
        for _ in 0..=ANSWERS {
            doors[1].events.try_send((1, Event::Brings(b"\x0bMSH|\r\x1c\r".to_vec()))).expect("room");
            engine.round();
        }
        assert!(!engine.answers.contains_key(&(Path::Order, 1)));
        assert_eq!(std::iter::from_fn(|| answers[1].try_recv().ok()).count(), ANSWERS);
        assert_eq!(engine.pump.receive(Path::Order, 1, b"x", &mut Vec::new()), Connection::Closed);
    }

    #[test]
    fn a_queue_holds_so_much_and_then_peers_wait() {
        let (_engine, doors, _reins, _answers) = engine();
        let sent = (0..).take_while(|_| doors[0].events.try_send((1, Event::Brings(Vec::new()))).is_ok()).count();
        assert_eq!(sent, WAITING);
    }
}
