//! Whatever a child process does, the device neither hangs nor crashes the tool, and says what was
//! wrong. Where no time-out is expected it is a minute, so that a slow machine changes nothing.

use infuzz::builtin::Builtin;
use infuzz::device::{Device, Held, LookUp, Outcome};
use infuzz::finding::Kind;
use infuzz::oracle::{Bench, BenchError};
use infuzz_devices::Process;
use infuzz_devices::process::{Launch, ProcessError, end_left_over};
use std::path::PathBuf;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

/// A shell script that takes requests; `cases` are the branches of what it does with them.
fn script(can: &str, cases: &str) -> Launch {
    let text = format!(
        "while read -r n verb path hex; do case \"$verb $path $hex\" in\n\
         hello*) echo \"$n hello 1 paths=drug-library can={can}\";;\n{cases}\n*) echo \"$n done\";; esac; done"
    );
    shell(&text)
}

fn shell(text: &str) -> Launch {
    let arguments = vec!["-c".into(), text.into()];
    Launch { arguments, start: LONG, answer: LONG, ..Launch::new("/bin/sh") }
}

fn start(launch: Launch) -> Process {
    let mut device = Process::start(launch).expect("says hello");
    device.reset();
    assert_eq!(device.fault(), None);
    device
}

/// What a device comes to that does `cases` when it is sent the byte 66.
#[track_caller]
fn falls(cases: &str, answer: Duration, kind: Kind, words: &str) -> Process {
    let launch = script("", &format!("*66) {cases};;\nsend*) echo \"$n accepted\";;"));
    let mut device = start(Launch { answer, ..launch });
    assert_eq!(device.deliver(&[1]).outcome, Outcome::Accepted);
    assert_eq!(device.deliver(&[0x66]).outcome, Outcome::Silent);
    let fault = device.fault().expect("it fell");
    assert_eq!(fault.kind, kind, "{fault:?}");
    assert!(fault.detail.starts_with("at `send drug-library of 1 bytes`: "), "{fault:?}");
    assert!(fault.detail.contains(words), "{fault:?}");
    assert_eq!(device.deliver(&[1]).outcome, Outcome::Silent, "nothing is asked until it is reset");
    assert_eq!(device.fault(), Some(fault));
    device
}

/// The same, and after a reset all is well.
#[track_caller]
fn recovers(cases: &str, answer: Duration, kind: Kind, words: &str) {
    let mut device = falls(cases, answer, kind, words);
    device.reset();
    assert_eq!(device.fault(), None);
    assert_eq!(device.deliver(&[1]).outcome, Outcome::Accepted);
}

#[test]
fn an_exit_is_a_crash_with_status_and_last_words() {
    recovers("echo 'no such drug' >&2; exit 3", LONG, Kind::Crash, "ended with exit status 3: `no such drug`");
}

#[test]
fn an_orderly_exit_in_place_of_an_answer_is_a_crash_too() {
    recovers("exit 0", LONG, Kind::Crash, "ended with exit status 0");
}

#[test]
fn a_signal_is_a_crash() {
    recovers("kill -SEGV $$", LONG, Kind::Crash, "signal 11");
}

#[test]
fn silence_is_a_hang() {
    recovers("exec sleep 600", SHORT, Kind::Hang, "no answer within 200ms");
}

#[test]
fn a_process_below_the_child_that_holds_its_output_does_not_hold_the_tool() {
    recovers("sleep 600", SHORT, Kind::Hang, "no answer within 200ms");
}

#[test]
fn a_closed_output_without_an_end_is_a_hang() {
    recovers("exec >&- 2>&-; exec sleep 600", SHORT, Kind::Hang, "closed its output");
}

#[test]
fn half_an_answer_and_silence_is_a_hang() {
    recovers("printf \"$n acc\"; exec sleep 600", SHORT, Kind::Hang, "no answer within");
}

#[test]
fn half_an_answer_and_an_exit_is_a_crash() {
    recovers("printf '17 acc'; exit 1", LONG, Kind::Crash, "exit status 1 after 6 bytes of an answer");
}

#[test]
fn rubbish_is_no_answer() {
    recovers("echo \"$n perhaps\"", LONG, Kind::Silent, "it said `perhaps`");
    recovers("printf \"$n \\377\\000\\033[2J\\n\"", LONG, Kind::Silent, "it said");
}

#[test]
fn an_answer_to_another_request_is_no_answer() {
    recovers("echo \"$((n - 1)) accepted\"", LONG, Kind::Silent, "to request 4");
}

#[test]
fn a_flood_without_an_end_of_line_is_no_answer() {
    recovers("exec cat /dev/zero", LONG, Kind::Silent, "a line of more than");
}

#[test]
fn a_flood_of_lines_is_no_answer() {
    recovers("exec yes", LONG, Kind::Silent, "it said `y`");
}

#[test]
fn a_flood_of_errors_holds_nothing_up() {
    let flood =
        "i=0; while [ $i -lt 3000 ]; do echo \"$i 0123456789012345678901234567890123456789\" >&2; i=$((i+1)); done";
    let mut device = start(script("", &format!("send*) {flood}; echo \"$n refused\";;")));
    for _ in 0..2 {
        assert_eq!(device.deliver(&[1]).outcome, Outcome::Refused);
    }
}

#[test]
fn a_child_that_answers_without_reading_falls() {
    let mut device =
        Process::start(shell("i=1; echo '1 hello 1 paths=x'; while :; do i=$((i+1)); echo \"$i done\"; done"))
            .expect("says hello");
    let large = vec![0; 1 << 20];
    for _ in 0..64 {
        device.send("x", &large);
        device.stop();
    }
    assert_eq!(device.fault().map(|fault| fault.kind), Some(Kind::Silent));
}

#[test]
fn a_large_input_that_nobody_reads_does_not_hold_the_tool() {
    let mut stuck = Process::start(Launch {
        answer: SHORT,
        ..shell("read -r n rest; echo \"$n hello 1 paths=x\"; exec sleep 600")
    })
    .expect("says hello");
    assert_eq!(stuck.send("x", &vec![7; 1 << 20]).outcome, Outcome::Silent);
    assert_eq!(stuck.fault().map(|fault| fault.kind), Some(Kind::Hang));
}

#[test]
fn a_child_that_died_between_two_requests_is_found_at_the_next() {
    let mut device = start(script("", "send*) echo \"$n accepted\"; exit 5;;"));
    assert_eq!(device.deliver(&[1]).outcome, Outcome::Accepted);
    assert_eq!(device.deliver(&[2]).outcome, Outcome::Silent);
    assert!(device.fault().is_some_and(|fault| fault.kind == Kind::Crash && fault.detail.contains("status 5")));
}

#[test]
fn the_last_input_is_kept_in_a_file() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("kept-{}", std::process::id()));
    let keep = folder.join("below/last.bin");
    let launch = script("", "*66) exit 1;;\nsend*) echo \"$n accepted\";;");
    let mut device = start(Launch { keep: Some(keep.clone()), ..launch });
    device.deliver(&[1, 2]);
    assert!(!keep.exists(), "nothing is wrong yet");
    device.deliver(&[9, 0x66]);
    assert_eq!(device.last_input(), [9, 0x66]);
    assert_eq!(std::fs::read(&keep).expect("kept"), [9, 0x66]);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_last_input_that_cannot_be_kept_is_told() {
    let launch = script("", "send*) exit 1;;");
    let mut device = start(Launch { keep: Some("/dev/null/last.bin".into()), ..launch });
    device.deliver(&[1]);
    assert!(device.fault().is_some_and(|fault| fault.detail.contains("could not be kept in /dev/null")));
}

#[test]
fn a_program_that_does_not_start_is_an_error() {
    let error = Process::start(Launch::new("/nowhere/at/all")).expect_err("is not there");
    assert!(matches!(&error, ProcessError::DoesNotStart(why) if why.contains("No such file")), "{error}");
}

#[test]
fn what_is_said_in_place_of_a_hello_is_an_error() {
    for (text, words) in [
        ("read -r l; echo Welcome", "it said `Welcome` to request 1"),
        ("read -r l; echo '1 hello 2 paths=x'", "version 1"),
        ("read -r l; echo 'no module named x' >&2; exit 1", "ended with exit status 1: `no module named x`"),
        ("exec cat /dev/zero", "a line of more than"),
    ] {
        let error = Process::start(shell(text)).expect_err(text);
        assert!(matches!(&error, ProcessError::NoHello(why) if why.contains(words)), "{error}");
    }
    let launch = Launch { start: SHORT, ..shell("exec sleep 600") };
    let error = Process::start(launch).expect_err("says nothing");
    assert!(error.to_string().contains("no answer within 200ms"), "{error}");
}

#[test]
fn a_child_that_cannot_be_started_again_stays_fallen() {
    let mark = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("mark-{}", std::process::id()));
    let text = format!(
        "[ -e '{0}' ] && exit 7; while read -r n verb rest; do case $verb in hello) echo \"$n hello 1 paths=drug-library\";; send) touch '{0}'; exit 1;; *) echo \"$n done\";; esac; done",
        mark.display()
    );
    let mut device = start(shell(&text));
    device.deliver(&[1]);
    device.reset();
    assert!(
        device
            .fault()
            .is_some_and(|fault| fault.detail.contains("cannot be started again") && fault.detail.contains("status 7"))
    );
    assert_eq!(device.deliver(&[1]).outcome, Outcome::Silent);
    let _ = std::fs::remove_file(mark);
}

#[test]
fn a_group_that_was_left_over_is_ended() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("group-{}", std::process::id()));
    let mut device = start(Launch { group_file: Some(file.clone()), ..script("", "send*) echo \"$n accepted\";;") });
    assert!(std::fs::read_to_string(&file).is_ok_and(|text| text.parse::<u32>().is_ok()));
    end_left_over(&file);
    device.deliver(&[1]);
    assert!(device.fault().is_some_and(|fault| fault.detail.contains("signal 9")));
    end_left_over(&file);
    drop(device);
    assert!(!file.exists());
}

#[test]
fn what_a_child_shows_is_read_as_it_says_it_can() {
    let cases = "observe*) echo \"$n observed active=4142 staged=none running=yes rate=7 vtbi=8 infused=9\";;\n\
                 'look-up 4142 -'*) echo \"$n found 00\";;\nlook-up*) echo \"$n absent\";;\n\
                 activate*) echo \"$n refused\";;\nsend*) echo \"$n refused header.magic header 0\";;";
    let mut device = start(script("libraries,therapy,look-up,activate,reasons", cases));
    let seen = device.observe();
    assert_eq!((seen.active, seen.staged), (Some(Held::of(b"AB")), None));
    assert_eq!((seen.running, seen.rate, seen.vtbi, seen.infused), (true, 7, 8, 9));
    assert!(matches!(device.look_up(&[b"AB".to_vec(), Vec::new()]), LookUp::Is(_)));
    assert_eq!(device.look_up(&[b"C".to_vec()]), LookUp::Absent);
    assert_eq!(device.activate().outcome, Outcome::Refused);
    assert_eq!(device.deliver(&[0]).reason.map(|reason| reason.rule.into_owned()).as_deref(), Some("header.magic"));
    assert_eq!(device.fault(), None);
}

#[test]
fn an_observation_that_lacks_something_is_no_answer() {
    for lacking in
        ["observed staged=none", "observed active=zz staged=none", "observed active", "seen active=none staged=none"]
    {
        let mut device = start(script("libraries", &format!("observe*) echo \"$n {lacking}\";;")));
        device.observe();
        assert_eq!(device.fault().map(|fault| fault.kind), Some(Kind::Silent), "{lacking}");
    }
}

#[test]
fn what_a_child_cannot_do_it_is_not_asked() {
    let mut device = start(script("", "send*) echo \"$n accepted\";;\nreset*) echo \"$n done\";;\n*) exit 1;;"));
    device.start(1, 1);
    device.stop();
    device.tick(1);
    device.restart();
    device.activate();
    device.observe();
    device.look_up(&[vec![1]]);
    assert_eq!(device.fault(), None);
}

fn bench<'f>(format: &'f infuzz::format::Format, launch: Launch) -> Result<Bench<'f, Process>, BenchError> {
    let builtin = Builtin::named("drug-library").expect("built in");
    let seed = |name: &str| builtin.seed(format, name).expect("composes");
    Bench::new(format, Process::start(launch).expect("says hello"), [seed("known-good-a"), seed("known-good-b")])
}

#[test]
fn a_bench_blames_the_case_and_goes_on() {
    let format = Builtin::named("drug-library").expect("built in").load().expect("loads");
    let launch = script("", "*66) exit 3;;\n*67) exec sleep 600;;\nsend*) echo \"$n accepted\";;");
    let mut bench = bench(&format, Launch { answer: Duration::from_secs(2), ..launch }).expect("accepts both");
    for (bytes, kind) in [([0x66], Kind::Crash), ([0x67], Kind::Hang)] {
        let result = bench.case(&bytes);
        assert_eq!(result.raised.iter().map(|raised| raised.kind).collect::<Vec<_>>(), [kind]);
        assert!(!result.known_good);
    }
    let result = bench.case(&[1]);
    assert_eq!(result.raised.iter().map(|raised| raised.kind).collect::<Vec<_>>(), [Kind::InvalidAccepted]);
    assert!(result.known_good);
}

#[test]
fn a_child_that_falls_on_a_known_good_library_is_told_from_one_that_refuses_it() {
    let format = Builtin::named("drug-library").expect("built in").load().expect("loads");
    let error = bench(&format, script("", "send*) exit 3;;")).err();
    assert!(matches!(error, Some(BenchError::Fell(raised)) if raised.kind == Kind::Crash));
    let error = bench(&format, script("", "send*) echo \"$n refused\";;")).err();
    assert!(matches!(error, Some(BenchError::NotAccepted(_))));
}
