//! The worker process: holds the device and runs what it is sent.
//!
//! Whatever the device does to the process (a panic, an abort, a stack overflow, no end) is seen
//! by the command that started it, see `host`.

use crate::device::Chosen;
use crate::host::{GROUP, IDLE, WORKING};
use crate::meter::METER;
use crate::protocol::{Answer, Pass, Replayed, Request, Said, Serves, Step, Told};
use crate::setting::{BenchFailure, Setting};
use infuzz::conversation::{self, Conversation, Exchange, Ran};
use infuzz::device::{Capabilities, Device};
use infuzz::finding::{Kind, Raised};
use infuzz::hex::Hex;
use infuzz::judgement::{Judge, Judgement};
use infuzz::oracle::{Bench, BenchError, CaseResult, STATES};
use infuzz::session::{Course, Session, SessionStep};
use infuzz::sweep::{Outcome, Plan, Sweeper, wrong_reason};
use infuzz_fuzz::{Body, Input, TARGETS};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::exit;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

/// Passed cases are reported at the latest after so many, or after this time.
const BATCH: usize = 256;
const EVERY: Duration = Duration::from_millis(50);

/// Serves requests until there are no more. The exit status only matters to `host`.
pub fn serve(of: (&str, Option<&str>), chosen: &Chosen, serves: Serves, number_file: &Path) -> io::Result<()> {
    let (format, library) = of;
    let mut to = BufWriter::new(io::stdout().lock());
    let group_file = number_file.with_extension(GROUP);
    let number_file = File::options().write(true).open(number_file)?;
    let setting = match Setting::named(format).and_then(|setting| setting.against(library)) {
        Ok(setting) => setting,
        Err(failure) => return say(&mut to, &Answer::Failed(failure.to_string())),
    };
    let device = match chosen.open(setting.format, Some(&group_file)) {
        Ok(device) => device,
        Err(failure) => return say(&mut to, &Answer::Failed(failure.to_string())),
    };
    let not_observable = not_observable(device.capabilities().usable());
    let bench = match setting.bench(device) {
        Ok(bench) => bench.with_meter(METER).thorough(),
        Err(BenchFailure::Bench(BenchError::NotAccepted(why))) => return say(&mut to, &Answer::NotAccepted(why)),
        Err(BenchFailure::Bench(BenchError::Fell(raised))) => {
            return say(&mut to, &Answer::Fell(raised.kind, raised.detail));
        }
        Err(error) => return say(&mut to, &Answer::Failed(error.to_string())),
    };
    let plan = Plan::empty(setting.format);
    let serving = match serves {
        Serves::Sweep => Serving::Sweep(Box::new(Sweeper::new(&plan, bench))),
        Serves::Replay => Serving::Replay(Box::new(Replayer { bench, judge: Judge::new(setting.format), talk: None })),
    };
    let mut worker = Worker { number_file, to, serving, passed: (0, String::new()), said: Instant::now() };
    say(&mut worker.to, &Answer::Ready(not_observable))?;
    worker.run(&requests())
}

/// Reads requests on a thread of its own: when the command that started the worker is gone, the
/// worker goes too, even in the middle of a case.
fn requests() -> Receiver<Vec<Request>> {
    let (sender, receiver) = sync_channel(4);
    std::thread::spawn(move || {
        let mut from = BufReader::with_capacity(1 << 16, io::stdin().lock());
        loop {
            let mut batch = Vec::new();
            loop {
                match Request::read(&mut from) {
                    Ok(Some(request)) => batch.push(request),
                    Ok(None) if batch.is_empty() => return,
                    Ok(None) => break,
                    Err(_) => exit(3),
                }
                if from.buffer().is_empty() || batch.len() >= 64 {
                    break;
                }
            }
            if sender.send(batch).is_err() {
                return;
            }
        }
    });
    receiver
}

fn say(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    serde_json::to_writer(&mut *to, answer)?;
    to.write_all(b"\n")?;
    to.flush()
}

/// Kinds of finding that a device with these capabilities cannot show on this path.
fn not_observable(has: Capabilities) -> Vec<String> {
    let mut kinds: Vec<&str> = Vec::new();
    let mut needs = |capability: bool, kind: Kind| {
        if !capability {
            kinds.push(kind.name());
        }
    };
    needs(has.memory, Kind::OverBudget);
    needs(has.libraries && has.restart && has.look_up, Kind::NotRecovered);
    needs(has.libraries && has.therapy, Kind::StateChanged);
    needs(has.reasons, Kind::WrongReason);
    needs(has.rewrite, Kind::NotCanonical);
    if !has.activate {
        kinds.push("activation");
    }
    // An answer on this path has no bytes and takes no time of the device.
    kinds.extend(["late", "leaked"]);
    kinds.into_iter().map(str::to_string).collect()
}

enum Serving<'p> {
    Sweep(Box<Sweeper<'p, 'static, Box<dyn Device>>>),
    Replay(Box<Replayer>),
}

struct Worker<'p, W> {
    number_file: File,
    to: W,
    serving: Serving<'p>,
    passed: (u64, String),
    said: Instant,
}

impl<W: Write> Worker<'_, W> {
    fn run(&mut self, requests: &Receiver<Vec<Request>>) -> io::Result<()> {
        loop {
            let batch = match requests.try_recv() {
                Ok(batch) => batch,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    self.flush()?;
                    self.note(IDLE)?;
                    match requests.recv() {
                        Ok(batch) => batch,
                        Err(_) => break,
                    }
                }
            };
            for request in &batch {
                self.note(WORKING + request.number)?;
                match &mut self.serving {
                    Serving::Sweep(sweeper) => {
                        let outcome = sweeper.deliver(request.number as usize, &request.bytes, "");
                        self.swept(outcome)?;
                    }
                    Serving::Replay(replayer) => {
                        let replayed = replayer.replay(request);
                        say(&mut self.to, &Answer::Replayed(replayed))?;
                    }
                }
            }
        }
        self.flush()?;
        self.note(IDLE)
    }

    /// Writes down what is about to be done.
    fn note(&self, number: u64) -> io::Result<()> {
        self.number_file.write_all_at(&number.to_le_bytes(), 0)
    }

    fn swept(&mut self, outcome: Outcome) -> io::Result<()> {
        if !outcome.raised.is_empty() || !outcome.known_good {
            self.flush()?;
            return say(&mut self.to, &Answer::Wrong(outcome));
        }
        if self.passed.1.is_empty() {
            self.passed.0 = outcome.case as u64;
        }
        self.passed.1.push(outcome.expected.chars().next().unwrap_or('u'));
        if self.passed.1.len() >= BATCH || self.said.elapsed() >= EVERY {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.said = Instant::now();
        if self.passed.1.is_empty() {
            return Ok(());
        }
        let (first, verdicts) = std::mem::take(&mut self.passed);
        say(&mut self.to, &Answer::Passed(first, verdicts))
    }
}

/// What was said at a step of a conversation, or from one on.
fn said(ran: &Ran, at: impl Fn(usize) -> bool) -> Vec<Said> {
    let exchanges = ran.transcript.iter().filter(|exchange| at(exchange.step));
    let one = |exchange: &Exchange| {
        let became = exchange.events.iter().map(|[state, kind, became]| format!("{kind} {became} ({state})"));
        Said {
            line: exchange.line.to_string(),
            sent: Hex(&exchange.sent).to_string(),
            received: Hex(&exchange.reply.bytes).to_string(),
            closed: exchange.reply.closed,
            became: became.collect::<Vec<_>>().join(", "),
        }
    };
    exchanges.map(one).collect()
}

/// A pass with what another one has to show again.
fn essence(pass: &Pass) -> Pass {
    let mut pass = pass.clone();
    let raised = pass.steps.iter_mut().flat_map(|step| &mut step.raised).chain(&mut pass.raised);
    for (kind, detail) in raised {
        *detail = Raised::new(*kind, std::mem::take(detail)).essence();
    }
    pass
}

/// What happened at each step of a conversation, up to the one that went wrong.
fn told(conversation: &Conversation, ran: &Ran) -> Vec<Step> {
    let last = match &ran.raised {
        Some((Some(at), _)) => *at,
        _ => conversation.steps.len().saturating_sub(1),
    };
    let steps = conversation.steps.iter().enumerate().take(last + 1);
    steps
        .map(|(at, step)| {
            let exchanges = said(ran, |step| step == at);
            let what = match step {
                conversation::Step::Say(saying) if exchanges.is_empty() => {
                    format!("say {}: not connected", saying.line)
                }
                conversation::Step::Say(saying) => format!("say {}", saying.line),
                step => step.to_string(),
            };
            let raised = ran.raised.iter().filter(|(wrong, _)| *wrong == Some(at));
            Step {
                word: step.word().into(),
                length: exchanges.iter().map(|said| said.sent.len() / 2).sum(),
                told: Some(Told { what, exchanges }),
                raised: raised.map(|(_, raised)| (raised.kind, raised.detail.clone())).collect(),
                ..Step::default()
            }
        })
        .collect()
}

struct Replayer {
    bench: Bench<'static, Box<dyn Device>>,
    judge: Judge<'static>,
    /// A networked pump for conversations, once there was one.
    talk: Option<Body>,
}

impl Replayer {
    fn replay(&mut self, request: &Request) -> Replayed {
        let text = std::str::from_utf8(&request.bytes).ok();
        if let Some(conversation) = text.and_then(|text| Conversation::parse(text).ok()) {
            return Replayed { number: request.number, passes: vec![self.conversation(&conversation)] };
        }
        let session = std::str::from_utf8(&request.bytes).ok().filter(|_| Session::is_session(&request.bytes));
        let passes = match session.and_then(|text| Session::parse(text).ok()) {
            // What else it does is only right in the state that it begins in.
            Some(session) if !session.only_sends() => {
                vec![self.twice("therapy just started", |this| this.session(&session))]
            }
            session => {
                let one = |this: &mut Self, state| {
                    this.bench.prepare(state);
                    match &session {
                        Some(session) => this.session(session),
                        None => this.file(&request.bytes),
                    }
                };
                let states = STATES.into_iter().enumerate();
                states.map(|(index, state)| self.twice(state, |this| one(this, index))).collect()
            }
        };
        Replayed { number: request.number, passes }
    }

    fn twice(&mut self, state: &str, run: impl Fn(&mut Self) -> Pass) -> Pass {
        let mut one = || match self.bench.reset() {
            Ok(()) => run(self),
            Err(error) => Pass {
                afterwards: Vec::new(),
                state: String::new(),
                steps: Vec::new(),
                raised: vec![(Kind::NotRecovered, error.to_string())],
                known_good: false,
                deterministic: true,
            },
        };
        let mut first = one();
        let second = one();
        first.deterministic = essence(&first) == essence(&second);
        first.state = state.to_string();
        if !first.deterministic {
            first.raised.push((Kind::NotDeterministic, "a second run after a reset gave another result".into()));
        }
        first
    }

    /// A conversation from the beginning, twice.
    fn conversation(&mut self, conversation: &Conversation) -> Pass {
        let mut pass = Pass {
            state: "a pump on a network".into(),
            steps: Vec::new(),
            raised: Vec::new(),
            afterwards: Vec::new(),
            known_good: false,
            deterministic: true,
        };
        let conversing = TARGETS.iter().find(|target| target.input == Input::Conversation);
        let body = match (&mut self.talk, conversing) {
            (Some(body), _) => body,
            (empty, Some(target)) => match Body::new(target, Some(METER)) {
                Ok(body) => empty.insert(body),
                Err(why) => {
                    pass.raised.push((Kind::NotRecovered, why));
                    return pass;
                }
            },
            (None, None) => return pass,
        };
        let (_, ran) = body.talk(conversation);
        body.forget();
        let (_, again) = body.talk(conversation);
        pass.known_good = ran.raised.is_none();
        pass.deterministic = told(conversation, &ran) == told(conversation, &again);
        pass.steps = told(conversation, &ran);
        pass.afterwards = said(&ran, |step| step >= conversation.steps.len());
        if let Some((None, raised)) = &ran.raised {
            pass.raised.push((raised.kind, raised.detail.clone()));
        }
        if !pass.deterministic {
            pass.raised.push((Kind::NotDeterministic, "a second run gave another result".into()));
        }
        pass
    }

    fn file(&mut self, bytes: &[u8]) -> Pass {
        let result = self.bench.case(bytes);
        let known_good = result.known_good;
        Pass {
            afterwards: Vec::new(),
            state: String::new(),
            steps: vec![self.sent(bytes, result)],
            raised: Vec::new(),
            known_good,
            deterministic: true,
        }
    }

    fn sent(&mut self, bytes: &[u8], result: CaseResult) -> Step {
        let mut raised: Vec<(Kind, String)> = result.raised.iter().map(|one| (one.kind, one.detail.clone())).collect();
        let (tree, violations) = self.judge.explain(bytes);
        let field = violations.first().map(|violation| crate::describe::path(tree, violation.node));
        let single = violations.iter().all(|violation| violation.rule == violations[0].rule);
        // With several faults in one input it is enough that a reason was given.
        if single && let Some(Raised { kind, detail }) = wrong_reason(&mut self.judge, bytes, &result) {
            raised.push((kind, detail));
        }
        let reason = result.answer.reason;
        Step {
            word: "send".into(),
            length: bytes.len(),
            expected: Some(result.judgement.word().into()),
            rule: self.rule(result.judgement),
            field,
            answer: Some(result.answer.outcome.word().into()),
            reason: reason.as_ref().map(|reason| reason.rule.to_string()),
            reason_field: reason.map(|reason| reason.field),
            told: None,
            raised,
            course: Course::Done,
        }
    }

    fn rule(&mut self, judgement: Judgement) -> Option<String> {
        let rule = judgement.rule()?;
        Some(self.judge.explain(&[]).0.format().rule(rule).to_string())
    }

    fn session(&mut self, session: &Session) -> Pass {
        let result = self.bench.session(session);
        let mut steps = Vec::new();
        for (step, came) in session.steps.iter().zip(result.steps) {
            let sent = match step {
                SessionStep::Send(bytes) => bytes.as_slice(),
                _ => &[],
            };
            let (_, violations) = self.judge.explain(sent);
            let field = came.judgement.and(violations.first().map(|violation| violation.node));
            let field = field.map(|node| crate::describe::path(self.judge.explain(sent).0, node));
            let reason = came.answer.as_ref().and_then(|answer| answer.reason.clone());
            steps.push(Step {
                word: step.word().into(),
                length: sent.len(),
                expected: came.judgement.map(|judgement| judgement.word().into()),
                rule: came.judgement.and_then(|judgement| self.rule(judgement)),
                field,
                answer: came.answer.map(|answer| answer.outcome.word().into()),
                reason: reason.as_ref().map(|reason| reason.rule.to_string()),
                reason_field: reason.map(|reason| reason.field),
                told: None,
                raised: came.raised.into_iter().map(|one| (one.kind, one.detail)).collect(),
                course: came.course,
            });
        }
        let raised = result.raised.into_iter().map(|one| (one.kind, one.detail)).collect();
        Pass {
            state: String::new(),
            steps,
            raised,
            afterwards: Vec::new(),
            known_good: result.known_good,
            deterministic: true,
        }
    }
}
