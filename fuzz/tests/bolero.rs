//! Every target as a bolero harness: `cargo bolero test drug_library -p infuzz-fuzz` fuzzes it on
//! stable, plain `cargo test` runs a fixed number of seeded scripts.

use infuzz_fuzz::engines::{self, Reading};
use infuzz_fuzz::{TARGETS, target};

#[global_allocator]
static ALLOCATOR: infuzz_fuzz::meter::Counting = infuzz_fuzz::meter::Counting;

infuzz_fuzz::points!();

/// Defines a harness for each target.
macro_rules! harnesses {
    ($($name:ident)*) => {
        const HARNESSES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[test]
            fn $name() {
                engines::prepare(stringify!($name), Reading::Scripted, &POINT_TABLE);
                #[cfg(fuzzing)]
                bolero::check!().for_each(|data: &[u8]| engines::execute(data));
                #[cfg(not(fuzzing))]
                seeded();
            }
        )*
    };
}

harnesses!(
    drug_library drug_library_edits miva_library miva_order miva_frame bcc_device bcc_host order library_transfer
    power_cut pump_session
);

/// Executions of each target in plain `cargo test`.
#[cfg(not(fuzzing))]
const RUNS: u64 = 2000;

/// Executes scripts as an engine would find them, drawn from one seed: the same every time.
#[cfg(not(fuzzing))]
fn seeded() {
    let mut rng = infuzz::rng::Rng::new(1);
    for run in 0..RUNS {
        let data: Vec<u8> = (0..rng.below(64)).map(|_| rng.draw() as u8).collect();
        let executed = std::panic::catch_unwind(|| engines::execute(&data));
        assert!(executed.is_ok(), "execution {run} of seed 1: {data:02x?}");
    }
}

#[test]
fn every_target_has_a_harness_and_every_harness_a_target() {
    assert!(HARNESSES.iter().all(|name| target(name).is_some()));
    assert_eq!(HARNESSES.len(), TARGETS.len());
}
