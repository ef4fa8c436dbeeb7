//! Conversations with the networked pump that is built in, held against the models.

mod common;

use common::{PATHS, formats, library, runner};
use infuzz::conversation::{Conversation, Model, Step};
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
