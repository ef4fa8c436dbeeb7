//! Therapies as pumps show them differently: none of the good ones is accused, and the bad ones are.

use infuzz::builtin::Builtin;
use infuzz::device::{Answer, Capabilities, Device, LookUp, Observation, Resolution};
use infuzz::finding::Kind;
use infuzz::format::Format;
use infuzz::oracle::{Bench, BenchError, STATES};
use infuzz::session::{Session, SessionStep};
use infuzz_devices::{Networked, PumpInProcess};

const HOUR_MS: u64 = 3_600_000;

/// How a pump shows its therapy, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    /// As it is.
    Plain,
    /// Rate and volume to be infused are 0 while nothing runs.
    NothingWhileStopped,
    /// The volume infused is rounded down to 0.01 ml, and it says so.
    Hundredths,
    /// The same, but does not say so.
    HundredthsUntold,
    /// The volume infused is rounded to the next ml, and it says that it shows hundredths.
    CoarserThanTold,
    /// The rate is shown, and infused at, in whole ml/h.
    WholeRate,
    /// After its end it goes on at this rate, and shows it.
    Opens(u64),
    /// After its end it goes on at this rate, and shows the rate of the therapy.
    OpensUnshown(u64),
    /// After its end it shows this rate and infuses ten times that.
    OpensTenfold(u64),
    /// Keeps the vein open for a minute, and stops.
    OpensForAMinute,
    /// It stops at half of its volume.
    StopsEarly,
    /// It says that it stopped at its end, and infuses on.
    RunsOnStopped,
    /// A start does nothing.
    NeverStarts,
    /// A stop does nothing once a therapy has run for an hour.
    StopsNoMore,
    /// A start takes a tenth of the rate.
    StartsSlowly,
    /// A start goes on with what has been infused.
    GoesOn,
    /// A start does nothing once another library than the known-good ones was in use.
    StartsNoMore,
    /// A therapy that was stopped loses its volume as time passes.
    Forgets,
}

/// The reference pump with a therapy of its own beside it.
struct Shows {
    pump: PumpInProcess,
    manner: Manner,
    running: bool,
    rate: u64,
    vtbi: u64,
    /// Milliseconds that it has run.
    ran: u64,
    /// Volume infused before that.
    before: u64,
    /// It was sent another library than the known-good ones.
    others: bool,
    /// It has forgotten what was infused.
    forgotten: bool,
}

impl Shows {
    fn new(manner: Manner) -> Self {
        let pump = PumpInProcess::new();
        Shows { pump, manner, running: false, rate: 0, vtbi: 0, ran: 0, before: 0, others: false, forgotten: false }
    }

    fn end_ms(&self) -> u64 {
        (self.vtbi * HOUR_MS).div_ceil(self.rate.max(1))
    }

    fn infused(&self) -> u64 {
        let over = self.ran.saturating_sub(self.end_ms());
        let whole = (self.rate * self.ran / HOUR_MS).min(self.vtbi);
        let open = |rate: u64| whole + rate * over / HOUR_MS;
        let given = match self.manner {
            Manner::Opens(rate) | Manner::OpensUnshown(rate) => open(rate),
            Manner::OpensTenfold(rate) => open(10 * rate),
            Manner::OpensForAMinute => whole + 10_000 * over.min(60_000) / HOUR_MS,
            Manner::RunsOnStopped => open(10_000),
            Manner::StopsEarly => whole.min(self.vtbi / 2),
            _ => whole,
        };
        self.before + given
    }

    fn runs(&self) -> bool {
        let ended = self.ran >= self.end_ms();
        self.running
            && match self.manner {
                Manner::Opens(_) | Manner::OpensUnshown(_) | Manner::OpensTenfold(_) => true,
                Manner::OpensForAMinute => self.ran < self.end_ms() + 60_000,
                Manner::StopsEarly => self.ran < self.end_ms() / 2,
                _ => !ended,
            }
    }
}

impl Device for Shows {
    fn capabilities(&self) -> Capabilities {
        let told = matches!(self.manner, Manner::Hundredths | Manner::CoarserThanTold);
        let resolution = Resolution::new(if told { 100 } else { 1 }).expect("not 0");
        Capabilities { snapshot: false, resolution, ..self.pump.capabilities() }
    }
    fn reset(&mut self) {
        *self = Shows::new(self.manner);
    }
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        self.others |= !bytes.windows(5).any(|window| window == b"Bench");
        self.pump.deliver(bytes)
    }
    fn activate(&mut self) -> Answer {
        if !self.runs() {
            self.pump.stop();
        }
        self.pump.activate()
    }
    fn restart(&mut self) {
        self.running = false;
        self.pump.restart();
    }
    fn start(&mut self, rate: u32, vtbi: u32) {
        self.pump.start(rate, vtbi);
        if self.manner == Manner::NeverStarts || self.manner == Manner::StartsNoMore && self.others {
            return;
        }
        self.before = if self.manner == Manner::GoesOn { self.infused() } else { 0 };
        (self.running, self.rate, self.vtbi, self.ran) = (true, u64::from(rate), u64::from(vtbi), 0);
        match self.manner {
            Manner::WholeRate => self.rate = self.rate / 10_000 * 10_000,
            Manner::StartsSlowly => self.rate /= 10,
            _ => {}
        }
    }
    fn stop(&mut self) {
        self.pump.stop();
        let stays = self.manner == Manner::StopsNoMore && self.ran >= HOUR_MS;
        self.running = self.running && (stays || self.manner == Manner::RunsOnStopped);
    }
    fn tick(&mut self, milliseconds: u32) {
        if self.running {
            self.ran += u64::from(milliseconds);
        }
        self.forgotten = self.manner == Manner::Forgets && !self.running;
    }
    fn observe(&mut self) -> Observation {
        let seen = self.pump.observe();
        let (running, infused) = (self.runs(), self.infused());
        let open = running && self.ran >= self.end_ms();
        let (rate, vtbi) = match self.manner {
            Manner::NothingWhileStopped if !running => (0, 0),
            Manner::Opens(rate) | Manner::OpensTenfold(rate) if open => (rate, self.vtbi),
            Manner::OpensForAMinute if open => (10_000, self.vtbi),
            _ => (self.rate, self.vtbi),
        };
        let infused = match self.manner {
            Manner::Hundredths | Manner::HundredthsUntold => infused / 100 * 100,
            Manner::CoarserThanTold => infused.next_multiple_of(10_000),
            Manner::Forgets if self.forgotten => 0,
            _ => infused,
        };
        Observation { active: seen.active, staged: seen.staged, running, rate, vtbi, infused, ..Observation::default() }
    }
    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        self.pump.look_up(key)
    }
}

fn format() -> Format {
    Builtin::named("drug-library").expect("built in").load().expect("loads")
}

fn seed(format: &Format, name: &str) -> Vec<u8> {
    Builtin::named("drug-library").expect("built in").seed(format, name).expect("composes")
}

fn bench<D: Device>(format: &Format, device: D) -> Result<Bench<'_, D>, BenchError> {
    Bench::new(format, device, [seed(format, "known-good-a"), seed(format, "known-good-b")])
}

/// Sessions in which a therapy runs to its end, is stopped, and runs in small steps.
fn sessions() -> Vec<Session> {
    let wait = SessionStep::Wait;
    [
        vec![wait(17_999_000), wait(1_000), wait(1_000), wait(70_000), wait(10_000)],
        vec![wait(17_999_946), wait(3_600_000)],
        vec![wait(20_000_000), wait(7), wait(7), wait(3_600_000)],
        vec![wait(7); 300],
        vec![wait(60_000), SessionStep::Stop, wait(60_000), wait(3_600_000)],
        vec![wait(20_000_000), SessionStep::Stop, wait(60_000)],
    ]
    .map(|steps| Session { steps })
    .into()
}

/// What is found of a device: in a case in each of the states, and in each of the sessions.
fn found<D: Device>(mut bench: Bench<'_, D>, library: &[u8]) -> Vec<(Kind, String)> {
    let mut raised = Vec::new();
    for state in 0..STATES.len() {
        bench.prepare(state);
        raised.extend(bench.case(library).raised);
    }
    for session in sessions() {
        let result = bench.session(&session);
        raised.extend(result.steps.into_iter().flat_map(|step| step.raised));
        raised.extend(result.raised);
    }
    raised.into_iter().map(|raised| (raised.kind, raised.detail)).collect()
}

#[test]
fn good_therapies_are_not_accused() {
    let format = format();
    for manner in [
        Manner::Plain,
        Manner::NothingWhileStopped,
        Manner::Hundredths,
        Manner::WholeRate,
        Manner::Opens(10_000),
        Manner::Opens(1_000_003),
        Manner::OpensUnshown(10_000),
    ] {
        let bench = bench(&format, Shows::new(manner)).unwrap_or_else(|error| panic!("{manner:?}: {error}"));
        assert_eq!(found(bench, &seed(&format, "minimal")), [], "{manner:?}");
    }
}

#[test]
fn a_vein_that_is_kept_open_for_a_while_is_not_accused() {
    let format = format();
    let mut bench = bench(&format, Shows::new(Manner::OpensForAMinute)).expect("accepts both");
    let result = bench.session(&sessions()[0]);
    assert!(result.steps.iter().all(|step| step.raised.is_empty()) && result.raised.is_empty(), "{result:?}");
}

#[test]
fn the_pump_that_keeps_the_vein_open_is_not_accused() {
    let format = format();
    let mut bench = bench(&format, Networked::new()).expect("accepts both");
    bench.device().tick(20_000_000);
    assert!(bench.device().observe().keeps_open, "it is of that kind");
    bench.reset().expect("is reset");
    assert_eq!(found(bench, &seed(&format, "typical")), []);
}

#[test]
fn bad_therapies_are_found() {
    let format = format();
    for manner in [
        Manner::Opens(1_000_004),
        Manner::OpensTenfold(10_000),
        Manner::StopsEarly,
        Manner::RunsOnStopped,
        Manner::Forgets,
        Manner::HundredthsUntold,
    ] {
        let Ok(bench) = bench(&format, Shows::new(manner)) else {
            assert_eq!(manner, Manner::HundredthsUntold);
            continue;
        };
        let found = found(bench, &seed(&format, "minimal"));
        assert!(found.iter().any(|(kind, _)| *kind == Kind::StateChanged), "{manner:?}: {found:?}");
    }
}

#[test]
fn a_volume_that_goes_wrong_before_the_first_case_is_no_refused_library() {
    let format = format();
    for manner in [Manner::HundredthsUntold, Manner::CoarserThanTold] {
        let error = bench(&format, Shows::new(manner)).err().unwrap_or_else(|| panic!("{manner:?} is found"));
        assert!(
            matches!(&error, BenchError::Fell(raised) if raised.kind == Kind::StateChanged),
            "{manner:?}: {error:?}"
        );
        assert!(error.to_string().contains("as time passed, in 36007 ms"), "{error}");
    }
}

#[test]
fn a_start_that_does_not_start_is_found_before_the_first_case() {
    let format = format();
    for (manner, words) in [
        (Manner::NeverStarts, "shown as not running at rate 0, 0 infused of 0"),
        (Manner::StartsSlowly, "shown as running at rate 100000, 0 infused of 5000000"),
        (Manner::GoesOn, "shown as running at rate 1000003, 10001 infused of 5000000"),
    ] {
        let error = bench(&format, Shows::new(manner)).err().unwrap_or_else(|| panic!("{manner:?} is found"));
        assert!(matches!(&error, BenchError::Fell(raised) if raised.kind == Kind::StateChanged), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_start_that_does_not_start_after_a_case_is_a_finding() {
    let format = format();
    let mut bench = bench(&format, Shows::new(Manner::StartsNoMore)).expect("accepts both");
    let result = bench.case(&seed(&format, "minimal"));
    let told = |raised: &infuzz::finding::Raised| {
        raised.kind == Kind::StateChanged && raised.detail.contains("but is shown as not running")
    };
    assert!(result.raised.iter().any(told), "{:?}", result.raised);
}

#[test]
fn a_stop_that_does_not_stop_is_a_finding() {
    let format = format();
    let mut bench = bench(&format, Shows::new(Manner::StopsNoMore)).expect("accepts both");
    bench.prepare(2);
    let result = bench.case(&seed(&format, "minimal"));
    let told = |raised: &infuzz::finding::Raised| raised.detail == "the therapy was stopped, but is shown as running";
    assert!(result.raised.iter().any(told), "{:?}", result.raised);
}
