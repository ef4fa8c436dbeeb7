//! Conversations with the networked pump that is built in, held against the models.

mod common;

use common::{PATHS, formats, library, runner};
use infuzz::conversation::{Conversation, Model, Mutator, Saying, Step};
use infuzz::device::{Act, Device};
use infuzz_devices::KEY;
use infuzz_models::{POWER_SEEDS, SEEDS, Transfer, seeds};

#[test]
fn a_library_comes_and_is_in_use_after_a_restart() {
    let mut steps = Transfer::new(formats(), KEY).brings(&library("every-kind"));
    steps.push(Step::Restart);
    let ran = runner(PATHS).run(&Conversation { steps });
    assert!(ran.raised.is_none(), "{:?}", ran.raised);
    assert_eq!(
        ran.events[..6],
        [
            ["closed", "hello", "done"],
            ["closed", "proof", "done"],
            ["open", "begin", "done"],
            ["open, receiving", "chunk", "done"],
            ["open, receiving", "chunk", "done"],
            ["open, all received", "commit", "done"],
        ]
    );
}

#[test]
fn seeds_are_well_and_read_back_as_written() {
    let mut runner = runner(PATHS);
    for (name, conversation) in seeds(formats(), &[SEEDS, POWER_SEEDS].concat()) {
        assert_eq!(Conversation::parse(&conversation.to_string()).as_ref(), Ok(&conversation), "{name}");
        let ran = runner.run(&conversation);
        assert!(ran.raised.is_none(), "{name}: {:?}", ran.raised);
        assert!(ran.events.len() >= 8, "{name}");
    }
}

#[test]
fn what_goes_on_from_a_beginning_is_what_comes_of_the_whole() {
    let seeds: Vec<Conversation> = seeds(formats(), SEEDS).into_iter().map(|(_, seed)| seed).collect();
    let mut mutator = Mutator::new(&formats().paths(), seeds.clone());
    let (mut runner, mut from_zero) = (runner(PATHS), runner(PATHS));
    for seed in 0..2_000 {
        let mut conversation = seeds[seed as usize / 16 % seeds.len()].clone();
        mutator.mutate(&mut conversation, seed);
        from_zero.forget();
        let (ran, whole) = (runner.run(&conversation), from_zero.run(&conversation));
        assert_eq!(ran.transcript, whole.transcript, "seed {seed}\n{conversation}");
        assert_eq!(ran.events, whole.events, "seed {seed}\n{conversation}");
        assert_eq!(runner.device().observe(), from_zero.device().observe(), "seed {seed}\n{conversation}");
    }
    let saved = from_zero.steps() - runner.steps();
    assert!(saved > from_zero.steps() / 10, "of {} steps {saved} were saved", from_zero.steps());
}

#[test]
fn a_host_that_lets_too_much_wait_loses_its_connection() {
    let cyclic = seeds(formats(), &["cyclic"]).remove(0).1;
    let mut steps = cyclic.steps[..2].to_vec();
    let begin = steps[1].clone();
    // With what is due by changes too, so that reports have different sizes.
    let wait = [Step::Act(Act::Start), Step::Wait(5_000), Step::Act(Act::Stop), Step::Wait(70_000)];
    steps.extend(wait.iter().cycle().take(300).cloned());
    steps.extend([begin, Step::Wait(5_000)]);
    let ran = runner(PATHS).run(&Conversation { steps });
    assert!(ran.raised.is_none(), "{:?}", ran.raised);
    let closed = ran.transcript.iter().filter(|exchange| exchange.reply.closed).map(|exchange| exchange.step);
    let closed: Vec<usize> = closed.collect();
    assert!(matches!(closed[..], [step] if (100..300).contains(&step)), "{closed:?}");
    let last = ran.transcript.iter().rfind(|exchange| exchange.step == 303).map(|exchange| &exchange.events[..]);
    assert_eq!(last, Some(&[["cyclic, link open", "period", "block of a cycle"]][..]));
}

#[test]
fn a_host_to_whom_too_much_is_answered_at_once_loses_its_connection() {
    let steps = seeds(formats(), &["read-again"]).remove(0).1.steps;
    let say = |bytes: Vec<u8>, pieces| match &steps[1] {
        Step::Say(saying) => Saying { bytes, pieces, fills: Vec::new(), ..Saying::clone(saying) }.into(),
        _ => unreachable!("it says something"),
    };
    let ran = |said: &[Step]| runner(PATHS).run(&Conversation { steps: [&steps[..1], said].concat() });
    let one = ran(&[say(vec![0x06], 0)]).transcript[1].reply.bytes.len();
    let most = (96 << 10) / one;
    for (count, pieces, closes) in [(most, 0, false), (most + 1, 0, true), (most + 1, 999, false)] {
        let ran = ran(&[say(vec![0x06; count], pieces), steps[2].clone()]);
        assert!(ran.raised.is_none(), "{count}: {:?}", ran.raised);
        assert_eq!(ran.transcript[1].reply.closed, closes, "{count}");
    }
    // Blocks, the last again, and the end of the answer among them.
    for count in (100..2_000).step_by(100) {
        let mut said = [0x06, 0x15, 0x15, 0x06].repeat(count);
        said.splice(0..0, [0x06, 0x06]);
        let ran = ran(&[steps[2].clone(), say(said, 0)]);
        assert!(ran.raised.is_none(), "{count}: {:?}", ran.raised);
    }
}
