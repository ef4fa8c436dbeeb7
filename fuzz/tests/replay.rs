//! A kept file is replayed as what it is, and can fail.

use infuzz_fuzz::{Body, TARGETS};

fn replay(target: &str, text: &str) -> Result<Option<String>, String> {
    let target = infuzz_fuzz::target(target).expect("in the table");
    let mut body = Body::new(target, None).expect("set up").thorough();
    Ok(body.replay(text.as_bytes())?.map(|fault| fault.raised.detail))
}

#[test]
fn a_session_is_run_step_by_step_under_every_target() {
    for target in TARGETS {
        let sends = replay(target.name, "infuzz session 1\nsend 00\nsend 0102\n");
        assert_eq!(sends, Ok(None), "{}", target.name);
        if target.format != "drug-library" {
            // Its device receives a library in one piece.
            continue;
        }
        // A transfer may begin at any time: a pump that is held to refuse it shows a finding.
        let wrong = replay(target.name, "infuzz session 1\nbegin 64 refused transfer.idle\n").expect("a session");
        assert!(wrong.is_some(), "{}", target.name);
        let right = replay(target.name, "infuzz session 1\nbegin 64\nabort\nabort refused transfer.idle\n");
        assert_eq!(right, Ok(None), "{}", target.name);
    }
}

#[test]
fn a_text_that_is_no_session_is_an_error() {
    let why = replay("drug_library", "infuzz session 1\njump\n").expect_err("no session");
    assert!(why.contains("jump"), "{why}");
}
