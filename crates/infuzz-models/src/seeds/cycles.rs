//! Conversations with a pump that reports by itself.

use crate::{Bcc, Formats, says};
use infuzz::conversation::Step;
use infuzz::device::{Act, Line};

/// More blocks than a report has.
const ALL: usize = 8;

/// A conversation by its name.
pub(super) fn steps(name: &str, formats: Formats<'_>) -> Vec<Step> {
    let ask = |information: &str| formats.asks(information);
    let (ack, nak) = (says::bare(0x06), says::bare(0x15));
    let acks = |count: usize| std::iter::repeat_n(ack.clone(), count);
    let wait = Step::Wait;
    let act = Step::Act;
    let mut steps = vec![Step::RestartCyclic, ask("ADMIN:ALIVE")];
    match name {
        "cyclic" => {
            steps.extend([wait(4_000), wait(1_000), nak.clone()]);
            steps.extend(acks(ALL));
            // A report waits for the one before, and a frame that is none changes nothing about it.
            steps.extend([wait(5_000), wait(10_000), formats.request("2", "MEM:GET", &[]), nak]);
            steps.extend(acks(2 * ALL));
            steps.extend([Step::Restart, ask("ADMIN:ALIVE"), wait(5_000)]);
        }
        "cyclic-triggers" => {
            steps.extend([act(Act::Start), wait(1_000)]);
            steps.extend(acks(ALL));
            steps.extend([act(Act::Air), wait(0), act(Act::Acknowledge), wait(4_000)]);
            steps.extend(acks(2 * ALL));
            steps.extend([act(Act::Resume), wait(5_000)]);
            steps.extend(acks(ALL));
            steps.extend([act(Act::Stop), ask("ADMIN:ALIVE"), wait(1), act(Act::Resume), wait(10_000)]);
        }
        "cyclic-requests" => {
            // What waits goes with each request, and cycles wait for the end of its answer.
            let within = |request: Step| [wait(5_000), ack.clone(), request, wait(5_000)];
            steps.extend(within(ask("ADMIN:VERSION")).into_iter().chain(within(ask("ADMIN:ALIVE"))));
            steps.extend(within(ask("MEM:GETSLOT#12")).into_iter().chain(within(ask("MEM:GET"))));
            steps.extend([ack.clone(), act(Act::Start), wait(1), nak.clone()]);
            steps.extend(acks(ALL - 1));
            steps.extend(within(ask("MEM:GETSLOT#11")));
            steps.extend([act(Act::Stop), wait(5_000)]);
            steps.extend(acks(5));
            // The answer is over, and what waits follows with time.
            steps.extend([nak, wait(0), ack.clone()]);
        }
        "cyclic-two-hosts" => {
            let other = |step: Step| says::on(1, vec![step]);
            steps.push(wait(2_000));
            steps.extend(other(ask("ADMIN:ALIVE")));
            steps.extend([act(Act::Start), wait(0), ack.clone(), wait(3_000)]);
            steps.extend(other(ack.clone()));
            steps.extend([act(Act::Occlusion), wait(2_000)]);
            let both = [vec![ack.clone()], other(ack.clone())].concat();
            steps.extend(both.iter().cycle().take(4 * ALL).cloned());
            let gone = Step::Disconnect(Line { path: Bcc::PATH.into(), number: 0 });
            steps.extend([gone, act(Act::Acknowledge), wait(1), ack.clone()]);
            steps.extend(other(ack));
        }
        _ => steps.clear(),
    }
    steps
}
