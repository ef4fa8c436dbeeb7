//! The sweep of the reference pump finds nothing, and a sweep of a bad pump finds it out.

use infuzz::builtin::Builtin;
use infuzz::device::{Answer, Capabilities, Device, Held, LookUp, Observation, Outcome, Request, Which};
use infuzz::finding::Kind;
use infuzz::oracle::{Bench, BenchError};
use infuzz::sweep::{Instances, Plan, Sweeper};
use infuzz_devices::PumpInProcess;
use std::collections::BTreeMap;

/// Sweeps a device; gives how many cases showed each kind of finding, and the totals.
fn sweep<D: Device>(library: &str, device: D) -> (BTreeMap<Kind, usize>, usize, usize, usize) {
    let builtin = Builtin::named("drug-library").expect("built in");
    let format = builtin.load().expect("loads");
    let seed = |name: &str| builtin.seed(&format, name).expect("composes");
    let others = ["minimal", "every-kind", "typical", "crowded", "overcrowded", "maximal"]
        .into_iter()
        .filter(|n| *n != library)
        .map(|n| (n.to_string(), seed(n)));
    let plan = Plan::new(&format, &seed(library), others.collect(), Instances::Three);
    let bench = Bench::new(&format, device, [seed("known-good-a"), seed("known-good-b")])
        .expect("the known-good libraries are accepted")
        .thorough();
    let mut sweeper = Sweeper::new(&plan, bench);
    let (mut kinds, mut accept, mut refuse, mut recovered) = (BTreeMap::new(), 0, 0, 0);
    for index in 0..plan.cases.len() {
        let outcome = sweeper.run(index).expect("in the plan");
        match outcome.expected.as_str() {
            "accept" => accept += 1,
            _ => refuse += 1,
        }
        recovered += usize::from(outcome.known_good);
        for (kind, _) in &outcome.raised {
            *kinds.entry(*kind).or_default() += 1;
        }
    }
    (kinds, accept, refuse, recovered)
}

#[test]
fn sweep_of_the_every_kind_library_finds_nothing() {
    let (kinds, accept, refuse, recovered) = sweep("every-kind", PumpInProcess::new());
    assert!(kinds.is_empty(), "{kinds:?}");
    assert!(accept >= 300 && refuse >= 2000, "{accept} {refuse}");
    assert_eq!(recovered, accept + refuse);
}

#[test]
fn sweep_of_the_minimal_library_finds_nothing() {
    let (kinds, accept, refuse, recovered) = sweep("minimal", PumpInProcess::new());
    assert!(kinds.is_empty(), "{kinds:?}");
    assert_eq!(recovered, accept + refuse);
}

/// The reference pump with one thing wrong.
struct Bad {
    pump: PumpInProcess,
    fault: Fault,
    delivered: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    SaysNothing,
    SaysYesToEverything,
    RefusesAllButTheKnownGood,
    StopsTheTherapyOnARefusal,
    GivesAnotherReason,
    RefusesTheSecondAfterARefusal,
    GivesNoReason,
    GivesAnotherOffset,
    BlamesTheFileForASection,
}

impl Bad {
    fn with(fault: Fault) -> Self {
        Bad { pump: PumpInProcess::new(), fault, delivered: 0 }
    }
}

impl Device for Bad {
    fn capabilities(&self) -> Capabilities {
        self.pump.capabilities()
    }
    fn reset(&mut self) {
        self.delivered = 0;
        self.pump.reset();
    }
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        if self.fault == Fault::RefusesTheSecondAfterARefusal && self.delivered == 1 {
            self.delivered = 0;
            return Answer { outcome: Outcome::Refused, reason: None };
        }
        if self.fault == Fault::RefusesAllButTheKnownGood && !bytes.windows(5).any(|w| w == b"Bench") {
            return Answer { outcome: Outcome::Refused, reason: None };
        }
        let mut answer = self.pump.deliver(bytes);
        if answer.outcome == Outcome::Refused {
            match self.fault {
                Fault::SaysNothing => answer.outcome = Outcome::Silent,
                Fault::SaysYesToEverything => answer = Answer { outcome: Outcome::Accepted, reason: None },
                Fault::StopsTheTherapyOnARefusal => self.pump.stop(),
                Fault::GivesAnotherReason => {
                    if let Some(reason) = &mut answer.reason {
                        reason.rule = "header.magic".into();
                    }
                }
                Fault::RefusesTheSecondAfterARefusal => self.delivered = 1,
                Fault::GivesNoReason => answer.reason = None,
                Fault::GivesAnotherOffset => {
                    if let Some(offset) = answer.reason.as_mut().and_then(|reason| reason.offset.as_mut()) {
                        *offset += 1;
                    }
                }
                Fault::BlamesTheFileForASection => {
                    if let Some(reason) = answer.reason.as_mut().filter(|reason| reason.rule == "section.crc") {
                        reason.rule = "file.crc".into();
                        reason.field = "file_crc".into();
                    }
                }
                Fault::RefusesAllButTheKnownGood => {}
            }
        }
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
    fn snapshot(&mut self) -> usize {
        self.pump.snapshot()
    }
    fn restore(&mut self, snapshot: usize) {
        self.pump.restore(snapshot);
    }
}

#[track_caller]
fn finds(fault: Fault, kind: Kind) {
    let (kinds, ..) = sweep("minimal", Bad::with(fault));
    assert!(kinds.contains_key(&kind), "{kinds:?}");
}

#[test]
fn a_pump_that_says_nothing_is_found() {
    finds(Fault::SaysNothing, Kind::Silent);
}

#[test]
fn a_pump_that_says_yes_to_everything_is_found() {
    finds(Fault::SaysYesToEverything, Kind::InvalidAccepted);
}

#[test]
fn a_pump_that_takes_the_known_good_libraries_only_is_found() {
    finds(Fault::RefusesAllButTheKnownGood, Kind::ValidRefused);
}

#[test]
fn a_pump_that_stops_its_therapy_on_a_refusal_is_found() {
    finds(Fault::StopsTheTherapyOnARefusal, Kind::StateChanged);
}

#[test]
fn a_pump_that_gives_another_reason_is_found() {
    finds(Fault::GivesAnotherReason, Kind::WrongReason);
}

#[test]
fn a_pump_that_gives_no_reason_is_found() {
    finds(Fault::GivesNoReason, Kind::WrongReason);
}

#[test]
fn a_pump_that_loses_the_next_library_after_a_refusal_is_found() {
    finds(Fault::RefusesTheSecondAfterARefusal, Kind::NotRecovered);
}

/// The reference pump, of which some things cannot be asked.
struct Limited {
    pump: PumpInProcess,
    has: Capabilities,
    /// An activation is answered so, and nothing more.
    activates_nothing: Option<Outcome>,
}

impl Limited {
    fn without(take: fn(&mut Capabilities)) -> Self {
        let pump = PumpInProcess::new();
        let mut has = pump.capabilities();
        take(&mut has);
        Limited { pump, has, activates_nothing: None }
    }
}

impl Device for Limited {
    fn capabilities(&self) -> Capabilities {
        self.has
    }
    fn reset(&mut self) {
        self.pump.reset();
    }
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        let mut answer = self.pump.deliver(bytes);
        answer.reason = answer.reason.filter(|_| self.has.reasons);
        answer
    }
    fn activate(&mut self) -> Answer {
        assert!(self.has.activate, "it cannot");
        match self.activates_nothing {
            Some(outcome) => Answer { outcome, reason: None },
            None => self.pump.activate(),
        }
    }
    fn restart(&mut self) {
        assert!(self.has.restart, "it cannot");
        self.pump.restart();
    }
    fn start(&mut self, rate: u32, vtbi: u32) {
        if self.has.therapy {
            self.pump.start(rate, vtbi);
        }
    }
    fn stop(&mut self) {
        if self.has.therapy {
            self.pump.stop();
        }
    }
    fn tick(&mut self, milliseconds: u32) {
        self.pump.tick(milliseconds);
    }
    fn observe(&mut self) -> Observation {
        let mut seen = self.pump.observe();
        // What it does not know is not to be relied on.
        if !self.has.libraries {
            seen.active = seen.staged;
            seen.staged = None;
        }
        if !self.has.therapy {
            seen.infused = self.pump.observe().active.map_or(0, |held| held.digest);
        }
        seen
    }
    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        assert!(self.has.look_up, "it cannot");
        self.pump.look_up(key)
    }
    fn snapshot(&mut self) -> usize {
        assert!(self.has.snapshot, "it cannot");
        self.pump.snapshot()
    }
    fn restore(&mut self, snapshot: usize) {
        assert!(self.has.snapshot, "it cannot");
        self.pump.restore(snapshot);
    }
    fn request(&mut self, request: &Request) -> Answer {
        assert!(self.has.transfer, "it cannot");
        self.pump.request(request)
    }
    fn rewrite(&mut self) -> Option<Held> {
        assert!(self.has.rewrite, "it cannot");
        self.pump.rewrite()
    }
    fn damage(&mut self, which: Which) {
        assert!(self.has.damage, "it cannot");
        self.pump.damage(which);
    }
    fn fail_power_after(&mut self, writes: Option<u32>, torn: bool) {
        assert!(self.has.power_cut, "it cannot");
        self.pump.fail_power_after(writes, torn);
    }
}

#[test]
fn a_pump_of_which_little_can_be_asked_is_not_accused() {
    let takes: [fn(&mut Capabilities); 14] = [
        |has| has.libraries = false,
        |has| has.therapy = false,
        |has| has.restart = false,
        |has| has.activate = false,
        |has| (has.restart, has.activate) = (false, false),
        |has| (has.libraries, has.therapy) = (false, false),
        |has| has.look_up = false,
        |has| has.snapshot = false,
        |has| has.reasons = false,
        |has| has.transfer = false,
        |has| has.power_cut = false,
        |has| has.rewrite = false,
        |has| has.damage = false,
        |has| *has = Capabilities::default(),
    ];
    for (which, take) in takes.into_iter().enumerate() {
        let (kinds, accept, refuse, recovered) = sweep("minimal", Limited::without(take));
        assert!(kinds.is_empty(), "{which}: {kinds:?}");
        assert_eq!(recovered, accept + refuse, "{which}");
    }
}

#[test]
fn an_activation_that_does_nothing_is_found_without_a_therapy() {
    let builtin = Builtin::named("drug-library").expect("built in");
    let format = builtin.load().expect("loads");
    let seed = |name: &str| builtin.seed(&format, name).expect("composes");
    for (libraries, look_up, outcome) in [
        (true, true, Outcome::Accepted),
        (true, false, Outcome::Accepted),
        (false, true, Outcome::Accepted),
        (false, false, Outcome::Refused),
    ] {
        let mut device = Limited::without(|has| has.therapy = false);
        (device.has.libraries, device.has.look_up) = (libraries, look_up);
        device.activates_nothing = Some(outcome);
        let error = Bench::new(&format, device, [seed("known-good-a"), seed("known-good-b")]).err();
        assert!(matches!(error, Some(BenchError::NotAccepted(_))), "{libraries} {look_up}: {error:?}");
    }
}

#[test]
fn a_library_sent_again_has_nothing_to_activate_and_is_not_accused() {
    let builtin = Builtin::named("drug-library").expect("built in");
    let format = builtin.load().expect("loads");
    let seed = |name: &str| builtin.seed(&format, name).expect("composes");
    let takes: [fn(&mut Capabilities); 4] = [
        |has| has.therapy = false,
        |has| (has.therapy, has.libraries) = (false, false),
        |has| has.restart = false,
        |has| (has.restart, has.libraries) = (false, false),
    ];
    for (which, take) in takes.into_iter().enumerate() {
        let device = Limited::without(take);
        let mut bench =
            Bench::new(&format, device, [seed("known-good-a"), seed("known-good-b")]).expect("accepts both").thorough();
        for name in ["known-good-a", "known-good-b", "minimal", "typical"] {
            for result in bench.cases(&[seed(name), seed(name), seed(name)]) {
                assert!(result.raised.is_empty(), "{which}, {name}: {:?}", result.raised);
            }
            for state in 0..4 {
                bench.prepare(state);
                let result = bench.case(&seed(name));
                assert!(result.raised.is_empty() && result.known_good, "{which}, {name}: {:?}", result.raised);
            }
        }
    }
}

#[test]
fn a_pump_that_gives_another_offset_is_found() {
    finds(Fault::GivesAnotherOffset, Kind::WrongReason);
}

#[test]
fn a_pump_that_blames_the_file_for_a_section_is_found() {
    finds(Fault::BlamesTheFileForASection, Kind::WrongReason);
}

#[test]
fn the_power_is_back_after_a_reset_and_in_a_remembered_state() {
    let format = Builtin::named("drug-library").expect("built in").load().expect("loads");
    let library = Builtin::named("drug-library").expect("built in").seed(&format, "minimal").expect("a seed");
    let mut pump = PumpInProcess::new();
    let empty = pump.snapshot();
    for restore in [false, true] {
        pump.fail_power_after(Some(0), false);
        assert_ne!(pump.deliver(&library).outcome, Outcome::Accepted, "without power");
        if restore {
            pump.restore(empty)
        } else {
            pump.reset()
        }
        assert_eq!(pump.deliver(&library).outcome, Outcome::Accepted, "restored: {restore}");
    }
}
