//! Devices that are bad at messages are found.

use infuzz::builtin::Builtin;
use infuzz::device::{Answer, Capabilities, Device, LookUp, Observation, Outcome};
use infuzz::finding::Kind;
use infuzz::oracle::BenchError;
use infuzz_devices::MivaInProcess;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Nothing,
    SaysYes,
    SaysNothing,
    /// Takes no message any more after a refused one.
    Sulks,
    /// A message that is accepted stops the therapy.
    StopsTherapy,
    /// Takes no library any more after a refused message.
    LosesLibraries,
    NoReason,
}

/// The reference pump, bad in one way at taking frames.
struct Bad {
    pump: MivaInProcess,
    fault: Fault,
    refused: bool,
}

impl Device for Bad {
    fn capabilities(&self) -> Capabilities {
        Capabilities { snapshot: false, ..self.pump.capabilities() }
    }
    fn reset(&mut self) {
        self.refused = false;
        self.pump.reset();
    }
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        match self.fault {
            Fault::LosesLibraries if self.refused => Answer { outcome: Outcome::Refused, reason: None },
            _ => self.pump.deliver(bytes),
        }
    }
    fn send(&mut self, path: &str, bytes: &[u8]) -> Answer {
        let mut answer = self.pump.send(path, bytes);
        match self.fault {
            Fault::SaysYes => answer = Answer { outcome: Outcome::Accepted, reason: None },
            Fault::SaysNothing if answer.outcome == Outcome::Refused => answer.outcome = Outcome::Silent,
            Fault::Sulks if self.refused => answer.outcome = Outcome::Refused,
            Fault::StopsTherapy if bytes.len() > 20 && answer.outcome == Outcome::Accepted => self.pump.stop(),
            Fault::NoReason => answer.reason = None,
            _ => {}
        }
        self.refused |= answer.outcome != Outcome::Accepted;
        answer
    }
    fn activate(&mut self) -> Answer {
        self.pump.activate()
    }
    fn restart(&mut self) {
        self.pump.restart();
    }
    fn start(&mut self, rate: u32, vtbi: u32) {
        self.pump.start(rate, vtbi);
    }
    fn stop(&mut self) {
        self.pump.stop();
    }
    fn tick(&mut self, milliseconds: u32) {
        self.pump.tick(milliseconds);
    }
    fn observe(&mut self) -> Observation {
        self.pump.observe()
    }
    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        self.pump.look_up(key)
    }
}

/// What a bench finds at a good frame, and then at one that nobody knows.
fn found(fault: Fault) -> Vec<Kind> {
    let builtin = Builtin::named("miva-frame").expect("built in");
    let libraries = builtin.of_libraries();
    let (inputs, format) = (builtin.load().expect("loads"), libraries.load().expect("loads"));
    let known_good = ["known-good-a", "known-good-b"].map(|name| libraries.seed(&format, name).expect("composes"));
    let device = Bad { pump: MivaInProcess::new(), fault, refused: false };
    let mut bench = builtin.bench(&inputs, &format, known_good, device).expect("sets up");
    let good = bench.case(&builtin.seed(&inputs, "write-block").expect("composes"));
    let bad = bench.case(b"\x02XYB1\x03");
    [good, bad].into_iter().flat_map(|result| result.raised).map(|raised| raised.kind).collect()
}

#[test]
fn a_device_that_is_good_at_messages_is_not_accused() {
    assert_eq!(found(Fault::Nothing), []);
}

#[test]
fn devices_that_are_bad_at_messages_are_found() {
    for (fault, kinds) in [
        (Fault::SaysYes, vec![Kind::InvalidAccepted]),
        (Fault::SaysNothing, vec![Kind::Silent]),
        (Fault::Sulks, vec![Kind::NotRecovered]),
        (Fault::StopsTherapy, vec![Kind::StateChanged, Kind::StateChanged]),
        (Fault::LosesLibraries, vec![Kind::NotRecovered]),
        (Fault::NoReason, vec![Kind::WrongReason]),
    ] {
        assert_eq!(found(fault), kinds, "{fault:?}");
    }
}

#[test]
fn a_known_good_message_must_be_valid() {
    let builtin = Builtin::named("miva-frame").expect("built in");
    let libraries = builtin.of_libraries();
    let (inputs, format) = (builtin.load().expect("loads"), libraries.load().expect("loads"));
    let known_good = ["known-good-a", "known-good-b"].map(|name| libraries.seed(&format, name).expect("composes"));
    let device = Bad { pump: MivaInProcess::new(), fault: Fault::Sulks, refused: true };
    let bench = infuzz::oracle::Bench::new(&format, device, known_good).expect("takes libraries");
    let error = bench.with_messages(&inputs, b"\x02XYB1\x03".to_vec()).map(|_| ()).expect_err("is not valid");
    assert!(matches!(error, BenchError::NoMessage(_)), "{error}");
}
