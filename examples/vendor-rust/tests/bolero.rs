//! A harness for bolero, driven by edit scripts.
//!
//! `cargo bolero test -p vendor-rust …` gives it an engine; under plain `cargo test` it goes through a
//! fixed number of seeds, the same each time.

use arbitrary::{Arbitrary, Unstructured};
use infuzz::mutate::Mutation;
use infuzz::rng::Rng;
use infuzz::script::EditScript;
use vendor_rust::glue::{bench, format, seeds};

const CASES: u16 = 4_000;
const MAX_SIZE: usize = 2048;

#[test]
fn edited_lists_are_accepted_or_refused_as_the_description_says() {
    let format = format().expect("loads");
    let mut mutation = Mutation::new(&format, seeds(&format).expect("composes").to_vec());
    let mut bench = bench(&format, None).expect("the known-good lists are accepted");
    let mut cases = 0;
    let mut case = |bytes: &[u8]| {
        cases += 1;
        let Ok(script) = EditScript::arbitrary(&mut Unstructured::new(bytes)) else { return };
        let data = script.bytes(&mut mutation, MAX_SIZE);
        bench.reset().expect("can be reset");
        let raised = bench.case(&data).raised;
        assert!(raised.is_empty(), "{script:?}: {raised:?}");
    };
    if cfg!(fuzzing) {
        bolero::check!().for_each(|bytes: &[u8]| case(bytes));
    } else {
        bolero::check!().exhaustive().with_generator(0..CASES).for_each(|seed| {
            let mut rng = Rng::new(u64::from(*seed));
            let bytes: Vec<u8> = (0..64).map(|_| rng.draw() as u8).collect();
            case(&bytes);
        });
        assert_eq!(cases, CASES, "every seed once");
    }
}
