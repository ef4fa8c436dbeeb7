//! What AFL++ gets from the custom mutator.

use infuzz::builtin::Builtin;
use infuzz::judgement::{Judge, Judgement};
use infuzz_afl::Mutator;

fn every_kind() -> Vec<u8> {
    let builtin = Builtin::named("drug-library").expect("built in");
    builtin.seed(&builtin.load().expect("loads"), "every-kind").expect("a seed")
}

#[test]
fn mutations_change_bytes_within_the_limit_and_follow_the_seed() {
    let library = every_kind();
    let mut one = Mutator::new("drug_library", 7).expect("set up");
    let mut same = Mutator::new("drug_library", 7).expect("set up");
    let mut changed = 0;
    for run in 0..500 {
        let other = if run % 2 == 0 { &library[..] } else { &[] };
        let got = one.fuzz(&library, other, 2000).to_vec();
        assert_eq!(got, same.fuzz(&library, other, 2000), "run {run}");
        assert!(got.len() <= 2000, "run {run}");
        changed += usize::from(got != library);
    }
    assert!(changed > 480, "{changed} of 500");
}

#[test]
fn what_is_trimmed_stays_a_library() {
    let builtin = Builtin::named("drug-library").expect("built in");
    let format = builtin.load().expect("loads");
    let mut judge = Judge::new(&format);
    let library = every_kind();
    let mut mutator = Mutator::new("drug_library", 1).expect("set up");
    let steps = mutator.begin_trim(&library);
    assert!(steps > 0);
    let (mut smallest, mut tried) = (library.len(), 0);
    loop {
        tried += 1;
        let smaller = mutator.trim().to_vec();
        assert!(smaller.len() < smallest);
        // Of what is tried only what is still valid is taken, as an engine takes what has the same
        // coverage.
        let valid = judge.judge(&smaller) == Judgement::Accept;
        if valid {
            smallest = smaller.len();
        }
        if mutator.after_trim(valid) >= steps {
            break;
        }
        assert!(tried < 10_000, "does not end");
    }
    assert!(smallest < library.len() * 3 / 4, "{smallest} of {} bytes left", library.len());
}

#[test]
fn what_has_no_records_is_not_trimmed() {
    let mut mutator = Mutator::new("drug_library", 1).expect("set up");
    assert_eq!(mutator.begin_trim(b"no library"), 0);
}

#[test]
fn targets_without_structure_are_refused_with_what_to_do() {
    for (name, said) in [("drug_library_edits", "unset AFL_CUSTOM_MUTATOR_LIBRARY"), ("nothing", "no target `nothing`")]
    {
        let why = Mutator::new(name, 1).err().expect("refused");
        assert!(why.contains(said), "{why}");
    }
}
