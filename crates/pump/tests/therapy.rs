//! The infusion in time: volumes, boluses, standby, alarms, and the ticks that it is owed.

use pump::pump::MOST_STANDBY;
use pump::therapy::MOST_BOLUS;
use pump::{Alarm, MemoryStorage, Pump, Therapy, Watchdog};

const HOUR: u32 = 3_600_000;

fn pump() -> Pump<MemoryStorage> {
    Pump::power_on(MemoryStorage::new())
}

#[test]
fn time_comes_to_the_same_in_whatever_pieces() {
    let after = |pieces: &[u32]| {
        let mut therapy = Therapy::new();
        therapy.set_kvo(7_000);
        therapy.start(123_457, 400_000);
        assert!(therapy.give_bolus(1_000_003, 100_001));
        pieces.iter().for_each(|piece| {
            therapy.tick(*piece);
        });
        therapy
    };
    for whole in [1_000, 359_999, 360_003, 360_004, HOUR, 2 * HOUR, 3 * HOUR, 5 * HOUR] {
        let expected = after(&[whole]);
        for size in [1_000, 7_919, 100_003] {
            let mut pieces = vec![size; (whole / size) as usize];
            pieces.push(whole % size);
            assert_eq!(after(&pieces), expected, "{whole} ms in pieces of {size}");
        }
    }
}

#[test]
fn a_bolus_is_part_of_the_volume_and_ends_exactly() {
    let mut therapy = Therapy::new();
    therapy.start(36_000, 100_000);
    assert!(therapy.give_bolus(360_000, 10_000));
    therapy.tick(99_999);
    assert_eq!((therapy.infused(), therapy.bolus().is_some()), (9_999, true));
    therapy.tick(1);
    assert_eq!((therapy.infused(), therapy.bolus().is_some(), therapy.boluses()), (10_000, false, 1));
    therapy.tick(100_000);
    assert_eq!((therapy.infused(), therapy.left()), (11_000, 89_000));
    assert!(therapy.give_bolus(360_000, 89_000));
    assert!(therapy.tick(HOUR));
    assert_eq!((therapy.infused(), therapy.is_running(), therapy.bolus()), (100_000, false, None));
}

#[test]
fn what_ends_within_a_millisecond_ends_with_it() {
    let mut therapy = Therapy::new();
    therapy.start(3_600_000, 1_000);
    // 51.4 ms for the bolus; then one step each millisecond.
    assert!(therapy.give_bolus(70_000, 1));
    therapy.tick(152);
    assert_eq!(therapy.infused(), 1 + 100);
}

#[test]
fn a_bolus_needs_an_infusion_with_as_much_left_and_no_other_bolus() {
    let mut therapy = Therapy::new();
    assert!(!therapy.give_bolus(1, 1), "nothing runs");
    therapy.start(10_000, 9_999_000);
    let (most_rate, most_volume) = MOST_BOLUS;
    for (rate, volume) in [(0, 1), (1, 0), (most_rate + 1, 1), (1, most_volume + 1)] {
        assert!(!therapy.give_bolus(rate, volume), "{rate} {volume}");
    }
    assert!(therapy.give_bolus(most_rate, most_volume));
    assert!(!therapy.give_bolus(1, 1), "one is given");
    therapy.stop();
    assert_eq!(therapy.bolus(), None, "stopped for good");
    assert!(therapy.resume() && therapy.bolus().is_none());
    therapy.start(10_000, 500);
    assert!(!therapy.give_bolus(1, 501));
    assert_eq!(therapy.boluses(), 0, "counted by infusion");
    assert!(therapy.give_bolus(1, 500));
    therapy.change(10_000, 100);
    therapy.tick(u32::MAX);
    therapy.tick(u32::MAX);
    assert_eq!((therapy.infused(), therapy.bolus()), (100, None), "a change leaves less than the bolus");
}

#[test]
fn the_largest_numbers_do_no_harm() {
    let mut therapy = Therapy::new();
    therapy.set_kvo(u32::MAX);
    therapy.start(u32::MAX, u32::MAX);
    therapy.tick(HOUR / 2);
    therapy.change(u32::MAX, u32::MAX);
    for _ in 0..5_000 {
        therapy.tick(u32::MAX);
    }
    assert_eq!((therapy.infused(), therapy.left()), (u32::MAX, 0));
}

#[test]
fn an_infusion_that_was_stopped_goes_on_where_it_was() {
    let mut pump = pump();
    assert!(!pump.resume());
    pump.start(36_000, 100_000);
    pump.tick(1_050);
    pump.stop();
    pump.tick(HOUR);
    assert!(pump.resume());
    pump.tick(50);
    assert_eq!(pump.therapy().infused(), 11, "what was less than a step is kept");
    pump.tick(10 * HOUR);
    assert!(pump.alarms().has(Alarm::InfusionEnded) && !pump.resume());
    assert!(pump.start(1, 1), "that an infusion has ended forbids nothing");
    assert!(!pump.alarms().any());
}

#[test]
fn an_alarm_stops_a_bolus_and_is_kept_until_a_person_has_seen_to_it() {
    let mut pump = pump();
    pump.start(36_000, 100_000);
    assert!(pump.bolus(36_000, 10_000));
    pump.raise(Alarm::Occlusion);
    assert!(!pump.therapy().is_running() && pump.therapy().bolus().is_none());
    assert!(!pump.bolus(1, 1));
    pump.tick(HOUR);
    pump.raise(Alarm::Air);
    assert!(pump.alarms().has(Alarm::Occlusion) && pump.alarms().has(Alarm::Air));
    pump.acknowledge();
    assert!(!pump.alarms().any());
    assert!(pump.resume());
    pump.raise(Alarm::InfusionEnded);
    assert!(pump.therapy().is_running());
}

#[test]
fn a_standby_is_for_a_pump_that_does_not_infuse() {
    let mut pump = pump();
    assert!(!pump.standby(MOST_STANDBY + 1));
    assert!(pump.standby(MOST_STANDBY));
    assert_eq!(pump.standby_left(), MOST_STANDBY);
    assert!(pump.standby(0));
    pump.tick(1);
    assert!(!pump.alarms().any(), "ended by hand");
    pump.standby(1);
    pump.start(1, 1);
    assert_eq!(pump.standby_left(), 0);
    assert!(!pump.standby(1));
    pump.stop();
    pump.standby(1);
    assert!(pump.resume());
    assert_eq!(pump.standby_left(), 0);
    pump.stop();
    pump.standby(1);
    pump.tick(60_000);
    assert!(pump.alarms().has(Alarm::StandbyEnded));
}

#[test]
fn ticks_are_counted_against_those_that_the_clock_owes() {
    let mut dog = Watchdog::new(100, 2, 1_000);
    assert!(!dog.is_owed(1_099));
    assert_eq!(dog.next_ms(), 1_100);
    dog.did();
    assert_eq!(dog.done(), 0, "not owed");
    assert!(dog.is_owed(1_100));
    dog.did();
    assert!(!dog.is_owed(1_100) && !dog.is_owed(0));
    // Three are owed: late, but within the patience.
    while dog.is_owed(1_450) {
        dog.did();
    }
    assert_eq!((dog.owed(), dog.done(), dog.missed()), (4, 4, 0));
    // Five are owed: when the first two are done three and more wait.
    while dog.is_owed(1_950) {
        dog.did();
    }
    assert_eq!((dog.owed(), dog.done(), dog.missed()), (9, 9, 2));
}
