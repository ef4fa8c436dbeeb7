//! A pump whose challenges come again is found, also over a restart.

mod common;

use common::{formats, library};
use infuzz::conversation::{Conversation, Model, Runner, Step};
use infuzz::device::{Answer, Capabilities, Device, Line, Observation, Reply};
use infuzz::finding::Kind;
use infuzz::format::Algorithm;
use infuzz::tree::compute_check;
use infuzz_devices::{KEY, Networked};
use infuzz_models::Transfer;

/// What comes before the payload of an answer, and its kind if it has a challenge.
const HEADER: usize = 10;
const CHALLENGE: u8 = 0x81;

/// The networked pump, which gives the challenge that it gave so many challenges before again.
struct Repeats {
    pump: Networked,
    before: usize,
    given: Vec<Vec<u8>>,
    /// What was given in states to go back to.
    snapshots: Vec<Vec<Vec<u8>>>,
}

impl Device for Repeats {
    fn capabilities(&self) -> Capabilities {
        self.pump.capabilities()
    }
    fn reset(&mut self) {
        self.given.clear();
        self.pump.reset();
    }
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        self.pump.deliver(bytes)
    }
    fn restart(&mut self) {
        self.pump.restart();
    }
    fn observe(&mut self) -> Observation {
        self.pump.observe()
    }
    fn snapshot(&mut self) -> usize {
        let number = self.pump.snapshot();
        self.snapshots.resize(self.snapshots.len().max(number + 1), Vec::new());
        self.snapshots[number].clone_from(&self.given);
        number
    }
    fn restore(&mut self, snapshot: usize) {
        self.pump.restore(snapshot);
        self.given.clone_from(&self.snapshots[snapshot]);
    }
    fn release(&mut self, snapshot: usize) {
        self.pump.release(snapshot);
    }
    fn connect(&mut self, line: &Line) -> bool {
        self.pump.connect(line)
    }
    fn disconnect(&mut self, line: &Line) {
        self.pump.disconnect(line);
    }
    fn exchange(&mut self, line: &Line, bytes: &[u8]) -> Reply {
        let mut reply = self.pump.exchange(line, bytes);
        if reply.bytes.get(3) == Some(&CHALLENGE) {
            let again = self.given.len().checked_sub(self.before).map(|at| self.given[at].clone());
            if let Some(again) = again {
                reply.bytes[HEADER..HEADER + 16].copy_from_slice(&again);
                let check = compute_check(Algorithm::Crc32, &reply.bytes[..HEADER + 16]) as u32;
                reply.bytes[HEADER + 16..HEADER + 20].copy_from_slice(&check.to_le_bytes());
            }
            self.given.push(reply.bytes[HEADER..HEADER + 16].to_vec());
        }
        reply
    }
    fn said(&mut self) -> Vec<(Line, Reply)> {
        self.pump.said()
    }
}

/// What is found of a conversation with a pump that repeats the challenge of so many hellos before:
/// the step and the kind.
fn found(before: usize, steps: &[Step]) -> Option<(Option<usize>, Kind)> {
    let known = ["known-good-a", "known-good-b"].map(library);
    let device = Repeats { pump: Networked::new(), before, given: Vec::new(), snapshots: Vec::new() };
    let models = formats().models(&[Transfer::PATH], KEY).0;
    let mut runner = Runner::new(device, models, known).expect("sets up");
    let conversation = Conversation { steps: steps.to_vec() };
    let all: Vec<_> = (0..4).map(|_| runner.run_only(&conversation).raised).collect();
    let all: Vec<_> = all.into_iter().map(|raised| raised.map(|(at, raised)| (at, raised.kind))).collect();
    assert!(all.windows(2).all(|two| two[0] == two[1]), "the same each time: {all:?}");
    all[0]
}

#[test]
fn a_challenge_that_comes_again_is_found() {
    let brings = Transfer::new(formats(), KEY).brings(&library("minimal"));
    let [connect, hello, ..] = &brings[..] else { panic!("it begins with a hello") };
    let hellos = [connect.clone(), hello.clone(), hello.clone(), hello.clone()];
    assert_eq!(found(1, &hellos), Some((Some(2), Kind::StateChanged)));
    assert_eq!(found(2, &hellos), Some((Some(3), Kind::StateChanged)));
    assert_eq!(found(3, &hellos), None, "and not what comes once");
}

#[test]
fn a_challenge_that_comes_again_after_a_restart_is_found() {
    let brings = Transfer::new(formats(), KEY).brings(&library("minimal"));
    let [connect, hello, ..] = &brings[..] else { panic!("it begins with a hello") };
    let one = [connect.clone(), hello.clone()];
    let restarted = [&one[..], &[Step::Restart], &one].concat();
    assert_eq!(found(1, &restarted), Some((Some(4), Kind::StateChanged)));
    let cut = [&one[..], &[Step::Cut { writes: 0, torn: false }, Step::Restart], &one].concat();
    assert_eq!(found(1, &cut), Some((Some(5), Kind::StateChanged)));
}
