//! A pump that is bad on purpose: to see that every engine reports a crash, and that the
//! determinism gate reports a device with moods.

use infuzz::device::{
    Act, Answer, Capabilities, Device, Held, Line, LookUp, Observation, Outcome, Reply, Request, Which, digest,
};
use infuzz::finding::Raised;

/// The variable that says how the device is bad; without it, it panics.
pub const VARIABLE: &str = "INFUZZ_TRIPWIRE";

/// It panics on one input in so many: mutation soon meets one, and no seed is one.
const ONE_IN: u64 = 512;

/// A pump that panics on some inputs, or one whose answers depend on the process it runs in.
pub struct Tripwire {
    pump: Box<dyn Device>,
    moody: bool,
}

impl Tripwire {
    /// A good device made bad as the variable has it.
    pub fn around(pump: Box<dyn Device>) -> Self {
        let moody = std::env::var(VARIABLE).is_ok_and(|how| how == "moody");
        Tripwire { pump, moody }
    }

    fn answer(&mut self, bytes: &[u8], ask: impl FnOnce(&mut dyn Device) -> Answer) -> Answer {
        assert!(self.moody || !digest(bytes).is_multiple_of(ONE_IN), "the tripwire was hit");
        let mut answer = ask(&mut *self.pump);
        if self.moody
            && answer.outcome == Outcome::Refused
            && let Some(reason) = &mut answer.reason
        {
            reason.field = format!("{} in process {}", reason.field, std::process::id());
        }
        answer
    }
}

impl Device for Tripwire {
    fn capabilities(&self) -> Capabilities {
        self.pump.capabilities()
    }

    fn reset(&mut self) {
        self.pump.reset();
    }

    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        self.answer(bytes, |pump| pump.deliver(bytes))
    }

    fn send(&mut self, path: &str, bytes: &[u8]) -> Answer {
        self.answer(bytes, |pump| pump.send(path, bytes))
    }

    fn connect(&mut self, line: &Line) -> bool {
        self.pump.connect(line)
    }

    fn disconnect(&mut self, line: &Line) {
        self.pump.disconnect(line);
    }

    fn exchange(&mut self, line: &Line, bytes: &[u8]) -> Reply {
        assert!(self.moody || !digest(bytes).is_multiple_of(ONE_IN), "the tripwire was hit");
        let mut reply = self.pump.exchange(line, bytes);
        if self.moody && !reply.bytes.is_empty() {
            reply.bytes.extend(std::process::id().to_le_bytes());
        }
        reply
    }

    fn report_cyclically(&mut self, cyclic: bool) {
        self.pump.report_cyclically(cyclic);
    }

    fn said(&mut self) -> Vec<(Line, Reply)> {
        self.pump.said()
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

    fn act(&mut self, act: Act) {
        self.pump.act(act);
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

    fn snapshot(&mut self) -> usize {
        self.pump.snapshot()
    }

    fn restore(&mut self, snapshot: usize) {
        self.pump.restore(snapshot);
    }

    fn release(&mut self, snapshot: usize) {
        self.pump.release(snapshot);
    }

    fn rewrite(&mut self) -> Option<Held> {
        self.pump.rewrite()
    }

    fn capacity(&self) -> Option<u32> {
        self.pump.capacity()
    }

    fn request(&mut self, request: &Request) -> Answer {
        self.pump.request(request)
    }

    fn damage(&mut self, which: Which) {
        self.pump.damage(which);
    }

    fn fail_power_after(&mut self, writes: Option<u32>, torn: bool) {
        self.pump.fail_power_after(writes, torn);
    }

    fn fault(&mut self) -> Option<Raised> {
        self.pump.fault()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Input, TARGETS};
    use infuzz::builtin::Builtin;
    use infuzz::mutate::Mutation;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    impl Tripwire {
        fn take(&mut self, builtin: &Builtin, bytes: &[u8]) -> Answer {
            if builtin.library.is_none() { self.deliver(bytes) } else { self.send(builtin.name, bytes) }
        }
    }

    #[test]
    fn no_seed_trips_and_some_mutant_soon_does() {
        for target in TARGETS.iter().filter(|target| target.input == Input::File) {
            let builtin = Builtin::named(target.format).expect("built in");
            let format = builtin.load().expect("loads");
            let seed = |name: &str| builtin.seed(&format, name).expect("composes");
            let mut device = Tripwire::around(infuzz_devices::built_in(&format));
            for (name, _) in builtin.seeds {
                let answer = device.take(builtin, &seed(name));
                assert_eq!(answer.outcome, Outcome::Accepted, "{name} of {}", target.name);
            }
            let mut mutation = Mutation::new(&format, vec![seed(target.seeds()[0])]);
            let mut trips = |run: u64| {
                let seeds = target.seeds();
                let mut data = seed(seeds[run as usize % seeds.len()]);
                mutation.mutate(&mut data, target.max_len, run);
                catch_unwind(AssertUnwindSafe(|| device.take(builtin, &data))).is_err()
            };
            assert!((0..10 * ONE_IN).any(&mut trips), "{}", target.name);
        }
    }
}
