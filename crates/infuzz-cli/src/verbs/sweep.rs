//! `sweep`: every field with every value class, and the known-good library after each case.

mod kept;
mod told;

use crate::device::{Chosen, DeviceArguments};
use crate::failure::Failure;
use crate::heatmap::Seen;
use crate::host::{Doing, End, Heard, Host, Limits};
use crate::output::{count, note, out};
use crate::protocol::{Answer, Request, Serves};
use crate::remote::{self, CASE_LIMIT, STOP, stop_on_interrupt, stopped};
use crate::setting::{DEFAULT_FORMAT, Setting};
use crate::side_by_side::side_by_side;
use crate::{Status, describe, files, output};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use infuzz::builtin::{BUILTIN, Builtin};
use infuzz::finding::Kind;
use infuzz::judgement::{Judge, Judgement};
use infuzz::sweep::{Instances, Outcome, Plan, Report};
use serde_json::json;
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::ChildStdin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// After so many crashes and hangs the rest is left out.
const MOST_CRASHES: usize = 200;
const MOST_HANGS: usize = 30;

/// What `sweep` takes.
#[derive(clap::Args)]
#[command(
    after_help = "Inputs with findings are kept under target/infuzz/findings.\n\nExample: cargo infuzz sweep --library minimal --json"
)]
pub struct Arguments {
    /// The format to sweep, or `all`
    #[arg(long, default_value = DEFAULT_FORMAT)]
    format: String,
    /// The library whose fields are changed: a file, or a seed by its name, such as minimal [default: one of the format's own]; for orders the library that they are held against
    #[arg(long)]
    library: Option<String>,
    /// The message whose fields are changed: a file, or a seed by its name, such as bolus
    #[arg(long)]
    message: Option<String>,
    /// Every occurrence of a field, not only the first, the middle and the last
    #[arg(long)]
    all_instances: bool,
    /// Seed of the order of the cases; drawn and printed if not given
    #[arg(long)]
    seed: Option<u64>,
    /// What is swept
    #[command(flatten)]
    device: DeviceArguments,
    /// Only so many of the cases, drawn by the seed; the others are counted as skipped
    #[arg(long, value_name = "CASES")]
    sample: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Stop at the first finding
    #[arg(long, hide = true)]
    until_first: bool,
    /// Time limit of one case in milliseconds
    #[arg(long, hide = true, default_value_t = CASE_LIMIT.as_millis() as u64)]
    case_timeout: u64,
}

/// Sweeps one format, or all.
pub fn run(arguments: &Arguments) -> Result<Status, Failure> {
    // What has the largest seeds takes longest.
    let largest = |builtin: &Builtin| builtin.seeds.iter().map(|(_, text)| text.len()).max().unwrap_or(0);
    let names: Vec<(&str, usize)> = match arguments.format.as_str() {
        "all" => BUILTIN.iter().map(|builtin| (builtin.name, largest(builtin))).collect(),
        name => vec![(name, 0)],
    };
    let bars = MultiProgress::new();
    let (swept, mut failures) = apart(side_by_side(&names, |name| sweep(arguments, name, &bars)));
    let mut reports = Vec::new();
    let mut status = Status::Expected;
    for swept in swept {
        swept.messages.iter().for_each(|message| note(message));
        if !arguments.json {
            out(&swept.told);
        }
        match swept.status {
            Status::Expected => {}
            Status::Findings => status = Status::Findings,
            Status::CouldNotRun => failures.push(Failure::new(
                "not all cases were run",
                swept.report.format.clone(),
                format!("{} of {} were, without a finding", swept.report.ran, swept.report.planned),
                "run it again to have a result",
            )),
        }
        reports.push(swept.report);
    }
    // Findings are not kept back because of another format that could not be swept.
    let last = if status == Status::Findings { None } else { failures.pop() };
    failures.iter().for_each(|failure| note(&failure.to_string()));
    if let Some(failure) = last {
        return Err(failure);
    }
    if arguments.json {
        match (&arguments.format[..], &reports[..]) {
            ("all", reports) => output::json(&json!({ "formats": reports })),
            (_, reports) => reports.iter().for_each(output::json),
        }
    }
    Ok(status)
}

/// The formats that were swept, and why others were not.
fn apart<T>(results: impl IntoIterator<Item = Result<T, Failure>>) -> (Vec<T>, Vec<Failure>) {
    let (mut swept, mut failures) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => swept.push(one),
            Err(failure) => failures.push(failure),
        }
    }
    (swept, failures)
}

/// What came of a sweep.
struct Swept {
    report: Report,
    status: Status,
    /// The report for people.
    told: String,
    messages: Vec<String>,
}

fn drawn_seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // Few digits, so that people can type it again.
    now.as_nanos() as u64 % 1_000_000_007
}

fn sweep(arguments: &Arguments, format: &str, bars: &MultiProgress) -> Result<Swept, Failure> {
    let setting = Setting::named(format)?;
    let has_messages = setting.builtin.library.is_some();
    let (setting, library) = match has_messages {
        // Of all formats, each message is judged by itself.
        true if arguments.format == "all" => (setting, &arguments.message),
        true => (setting.against(arguments.library.as_deref())?, &arguments.message),
        false => (setting, &arguments.library),
    };
    if let (false, Some(message)) = (has_messages || arguments.format == "all", &arguments.message) {
        return Err(Failure::new(
            "`--message` is not for this format",
            message,
            format!("inputs of `{format}` are libraries"),
            "name a library with `--library`",
        ));
    }
    let chosen = arguments.device.chosen()?;
    let has = chosen.open(setting.format, None)?.capabilities();
    let library = library.as_deref().unwrap_or(setting.builtin.base);
    let base = setting.library(library)?;
    if let (Some(given), Judgement::Refuse(rule)) = (setting.library_given(), Judge::new(setting.format).judge(&base)) {
        return Err(Failure::new(
            "the message does not fit the library",
            format!("{library} in {given}"),
            format!("rule {} is broken", setting.format.rule(rule)),
            "name another message with `--message`, or another library",
        ));
    }
    let seed = arguments.seed.unwrap_or_else(drawn_seed);
    let others = setting
        .builtin
        .libraries()
        .filter(|name| *name != library)
        .map(|name| Ok((name.to_string(), setting.seed(name)?)));
    let others = others.collect::<Result<Vec<_>, Failure>>()?;
    let instances = if arguments.all_instances { Instances::All } else { Instances::Three };
    let waiting = bars.add(spinner(format!("{format}: working out the cases of {library}")));
    stop_on_interrupt();
    let planning = std::thread::spawn(move || match has_messages {
        true => Plan::of_messages(setting.format, &base, others, instances),
        false => Plan::new(setting.format, &base, others, instances),
    });
    while !planning.is_finished() {
        if STOP.load(Ordering::Relaxed) {
            return Err(stopped());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let plan = planning.join().map_err(|_| Failure::internal("the plan of the sweep", "it panicked"));
    waiting.finish_and_clear();
    let mut plan = plan?;
    let left_out = plan.keep_possible(has);
    plan.shuffle(seed);
    let mut sweep = Sweep::new(setting, chosen, &plan, Duration::from_millis(arguments.case_timeout));
    sweep.bar = bars.add(sweep.bar);
    sweep.until_first = arguments.until_first;
    sweep.left_out = left_out;
    sweep.until = arguments.sample.unwrap_or(usize::MAX).min(plan.cases.len());
    sweep.bar.set_length(sweep.until as u64);
    if sweep.until < plan.cases.len() {
        let left_out = plan.cases.len() - sweep.until;
        sweep.messages.push(format!("left out because of --sample: {left_out} of {}", count(plan.cases.len(), "case")));
    }
    sweep.all()?;
    if sweep.stopped && sweep.ran() == 0 {
        return Err(stopped());
    }
    sweep.bar.finish_and_clear();
    let findings = sweep.keep()?;
    let report = sweep.report(library, seed, findings);
    let told = sweep.told(&report);
    sweep.messages.extend(sweep.failure.map(|failure| failure.to_string()));
    // What the user wanted to be left out is told, and is no failure.
    let status = match (report.findings.is_empty(), report.skipped - (plan.cases.len() - sweep.until)) {
        (false, _) => Status::Findings,
        (true, 0) => Status::Expected,
        (true, _) => Status::CouldNotRun,
    };
    Ok(Swept { report, status, told, messages: sweep.messages })
}

fn spinner(message: String) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Something found, before it is kept.
struct Found {
    case: usize,
    kind: Kind,
    rule: Option<String>,
    field: String,
    detail: String,
    alone: bool,
    deterministic: bool,
    same: usize,
    /// The first case after the device was reset for the last time.
    since: usize,
    /// Whether the worker was gone with it, so that nobody ran the case again.
    took_worker: bool,
}

/// How one worker came to its end, and what is next.
enum Next {
    From(usize),
    Over,
}

struct Sweep<'p> {
    setting: Setting,
    chosen: Chosen,
    plan: &'p Plan<'static>,
    limits: Limits,
    /// The first case that is not to be run.
    until: usize,
    seen: Vec<Seen>,
    /// What each case was to be; filled for all of them in the end.
    expected: Vec<Option<char>>,
    known_good: usize,
    found: Vec<Found>,
    /// The known-good libraries themselves are not taken.
    first_step: Option<(Kind, String)>,
    not_observable: Vec<String>,
    /// Classes with cases that the device cannot go through.
    left_out: Vec<&'static str>,
    begun: Option<Instant>,
    took: Duration,
    /// The first case after the last reset of the device.
    since: usize,
    crashes: usize,
    hangs: usize,
    stopped: bool,
    until_first: bool,
    messages: Vec<String>,
    /// An input could not be kept.
    failure: Option<Failure>,
    bar: ProgressBar,
    judge: Judge<'static>,
}

impl<'p> Sweep<'p> {
    fn new(setting: Setting, chosen: Chosen, plan: &'p Plan<'static>, case: Duration) -> Self {
        let cases = plan.cases.len();
        let bar = ProgressBar::new(cases as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} cases, {per_sec}, {msg}") {
            bar.set_style(style);
        }
        Sweep {
            setting,
            plan,
            limits: Limits::of_case(chosen.case_limit(case)),
            chosen,
            until: cases,
            seen: vec![Seen::NotRun; cases],
            expected: vec![None; cases],
            known_good: 0,
            found: Vec::new(),
            first_step: None,
            not_observable: Vec::new(),
            left_out: Vec::new(),
            begun: None,
            took: Duration::ZERO,
            since: 0,
            crashes: 0,
            hangs: 0,
            stopped: false,
            until_first: false,
            messages: Vec::new(),
            failure: None,
            bar,
            judge: Judge::new(setting.format),
        }
    }

    /// Runs all cases, in as many workers as it takes.
    fn all(&mut self) -> Result<(), Failure> {
        let scratch = files::Scratch::new()?;
        let number_file = scratch.path().join("number");
        let mut from = 0;
        while let Next::From(next) = self.one_worker(from, &number_file)? {
            from = next;
            if from >= self.until || self.is_hopeless() {
                break;
            }
        }
        if self.is_hopeless() {
            self.messages.push(format!(
                "stopped after {} and {}",
                count(self.crashes, "crash").replace("crashs", "crashes"),
                count(self.hangs, "hang")
            ));
        }
        Ok(())
    }

    /// Whether there have been so many crashes and hangs that the rest is left out.
    fn is_hopeless(&self) -> bool {
        self.crashes >= MOST_CRASHES || self.hangs >= MOST_HANGS
    }

    fn one_worker(&mut self, from: usize, number_file: &Path) -> Result<Next, Failure> {
        self.since = from;
        let command = remote::worker(self.setting, &self.chosen, Serves::Sweep, number_file)?;
        let mut host = Host::start(command, number_file, self.limits).map_err(|error| Failure::worker(&error))?;
        let requests = host.requests();
        let (plan, until) = (self.plan, self.until);
        // The number of the last request written, for a worker that dies while it waits.
        let fed = AtomicUsize::new(from);
        let end = std::thread::scope(|scope| {
            scope.spawn(|| feed(plan, from..until, requests, &fed));
            loop {
                match host.hear(&STOP) {
                    Heard::Line(line) => {
                        self.said(&line);
                        if self.is_hopeless() {
                            host.stop();
                        }
                    }
                    Heard::Nothing => self.bar.tick(),
                    Heard::End(end) => return end,
                }
            }
        });
        match end {
            End::Done if self.first_step.is_some() => Ok(Next::Over),
            End::Done => {
                let missing = self.seen[from..until].iter().filter(|seen| **seen == Seen::NotRun).count();
                if missing > 0 {
                    self.messages.push(format!("the worker ended early; {} left out", count(missing, "case")));
                }
                Ok(Next::Over)
            }
            End::Stopped => {
                self.stopped = !self.is_hopeless();
                Ok(Next::Over)
            }
            End::Died(Doing::Request(case), why) => Ok(self.fell(case as usize, from, Kind::Crash, why)),
            End::Died(Doing::Waiting, why) if self.seen[from..until].iter().any(|seen| *seen != Seen::NotRun) => {
                Ok(self.fell_between(from, why))
            }
            End::Hung(Doing::Request(case)) => {
                Ok(self.fell(case as usize, from, Kind::Hang, format!("no end within {:?}", self.limits.case)))
            }
            End::Died(Doing::SetUp, why) => {
                self.first_step = Some((Kind::Crash, why));
                Ok(Next::Over)
            }
            End::Hung(Doing::SetUp) => {
                self.first_step = Some((Kind::Hang, format!("no end within {:?}", self.limits.set_up)));
                Ok(Next::Over)
            }
            End::Died(Doing::Waiting, why) => Err(Failure::new(
                "the worker process died",
                format!("before case {}", fed.load(Ordering::Relaxed)),
                why,
                "run the command again; check memory limits",
            )),
            End::Hung(Doing::Waiting) => Err(Failure::new(
                "the worker process does not end",
                "after the last case",
                "it was killed",
                "run the command again",
            )),
        }
    }

    fn said(&mut self, line: &str) {
        self.took = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        match serde_json::from_str(line) {
            Ok(Answer::Ready(not_observable)) => {
                if self.begun.is_none() {
                    self.begun = Some(Instant::now());
                    self.known_good += 1;
                }
                let left_out = self.left_out.iter().map(|class| (*class).to_string());
                self.not_observable = not_observable.into_iter().chain(left_out).collect();
            }
            Ok(Answer::NotAccepted(why)) => self.first_step = Some((Kind::ValidRefused, why)),
            Ok(Answer::Fell(kind, why)) => self.first_step = Some((kind, why)),
            Ok(Answer::Failed(why)) => self.messages.push(why),
            Ok(Answer::Passed(first, verdicts)) => {
                for (case, expected) in (first as usize..).zip(verdicts.chars()) {
                    self.passed(case, expected);
                }
            }
            Ok(Answer::Wrong(outcome)) => self.wrong(outcome),
            Ok(Answer::Replayed(_)) | Err(_) => {}
        }
    }

    fn passed(&mut self, case: usize, expected: char) {
        if let Some(seen) = self.seen.get_mut(case) {
            *seen = seen_of(expected);
            self.expected[case] = Some(expected);
            self.known_good += 1;
            self.bar.set_position(case as u64 + 1);
        }
    }

    fn wrong(&mut self, outcome: Outcome) {
        let Some(planned) = self.plan.cases.get(outcome.case) else { return };
        self.seen[outcome.case] = Seen::Finding;
        self.expected[outcome.case] = outcome.expected.chars().next();
        self.known_good += usize::from(outcome.known_good);
        let field = outcome.field.filter(|field| !field.is_empty()).unwrap_or_else(|| planned.path.clone());
        for (kind, detail) in outcome.raised {
            self.fallen(kind);
            self.note(Found {
                case: outcome.case,
                kind,
                rule: outcome.rule.clone(),
                field: field.clone(),
                detail: format!("{} {} ({}): {detail}", planned.path, planned.class, planned.label),
                alone: outcome.alone,
                deterministic: outcome.deterministic,
                same: 1,
                since: self.since,
                took_worker: false,
            });
        }
        // The worker resets the device after each of these.
        self.since = outcome.case + 1;
        self.bar.set_position(outcome.case as u64 + 1);
    }

    /// One finding per kind, rule and field; the first is kept, the others are counted.
    fn note(&mut self, found: Found) {
        let field = without_positions(&found.field);
        let same = self.found.iter_mut().find(|known| {
            known.kind == found.kind && known.rule == found.rule && without_positions(&known.field) == field
        });
        match same {
            Some(known) => known.same += 1,
            None => self.found.push(found),
        }
        if self.until_first {
            STOP.store(true, Ordering::Relaxed);
        }
        self.bar.set_message(count(self.found.len(), "finding"));
    }

    /// The worker died when it had told all cases that it had run: the last of them is blamed.
    fn fell_between(&mut self, from: usize, why: String) -> Next {
        let told = self.seen.iter().rposition(|seen| *seen != Seen::NotRun).unwrap_or(from);
        self.fell(told, from, Kind::Crash, why)
    }

    /// A case took the worker with it. The cases before it were not told any more, so nothing was
    /// wrong with them.
    fn fell(&mut self, case: usize, from: usize, kind: Kind, why: String) -> Next {
        for before in from..case.min(self.seen.len()) {
            if self.seen[before] == Seen::NotRun {
                let expected = self.judged(before).0;
                self.passed(before, expected);
            }
        }
        self.fallen(kind);
        if let Some(planned) = self.plan.cases.get(case) {
            let (expected, rule, field) = self.judged(case);
            let why = if self.seen[case] == Seen::NotRun { why } else { format!("after its end, {why}") };
            self.seen[case] = Seen::Finding;
            self.expected[case] = Some(expected);
            let detail = format!("{} {} ({}): {why}", planned.path, planned.class, planned.label);
            let field = field.unwrap_or_else(|| planned.path.clone());
            self.note(Found {
                case,
                kind,
                rule,
                field,
                detail,
                alone: false,
                deterministic: false,
                same: 1,
                since: self.since,
                took_worker: true,
            });
        }
        Next::From(case + 1)
    }

    fn fallen(&mut self, kind: Kind) {
        self.crashes += usize::from(kind == Kind::Crash);
        self.hangs += usize::from(kind == Kind::Hang);
    }

    /// What a case is to be, the rule it breaks, and where.
    fn judged(&mut self, case: usize) -> (char, Option<String>, Option<String>) {
        let bytes = self.plan.bytes(&self.plan.cases[case]);
        let judgement = self.judge.judge(&bytes);
        let expected = match judgement {
            Judgement::Accept => 'a',
            Judgement::Refuse(_) => 'r',
            Judgement::Unspecified(_) => 'u',
        };
        let (tree, violations) = self.judge.explain(&bytes);
        let rule = judgement.rule().map(|rule| tree.format().rule(rule).to_string());
        (expected, rule, violations.first().map(|violation| describe::path(tree, violation.node)))
    }

    fn ran(&self) -> usize {
        self.seen.iter().filter(|seen| **seen != Seen::NotRun).count()
    }
}

/// Sends the cases from `from` on. A worker that is gone does not read; the watchdog tells why.
fn feed(plan: &Plan<'_>, cases: Range<usize>, requests: Option<ChildStdin>, fed: &AtomicUsize) {
    let Some(requests) = requests else { return };
    let mut to = BufWriter::with_capacity(1 << 16, requests);
    for (case, planned) in plan.cases.iter().enumerate().take(cases.end).skip(cases.start) {
        if STOP.load(Ordering::Relaxed) || Request::write(&mut to, case as u64, &plan.bytes(planned)).is_err() {
            return;
        }
        fed.store(case, Ordering::Relaxed);
    }
    let _ = to.flush();
}

fn seen_of(expected: char) -> Seen {
    match expected {
        'a' => Seen::Accept,
        'r' => Seen::Refuse,
        _ => Seen::Open,
    }
}

/// `setup[3].fluid` as `setup[].fluid`.
fn without_positions(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        inside = inside && c != ']';
        if !inside {
            out.push(c);
        }
        inside = inside || c == '[';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_that_cannot_be_swept_takes_no_other_with_it() {
        let (swept, failures) = apart([Ok(1), Err(stopped()), Ok(2)]);
        assert_eq!((swept, failures.len()), (vec![1, 2], 1));
    }

    #[test]
    fn positions_are_left_out_of_paths() {
        assert_eq!(without_positions("setup[3].fluid.limits[12]"), "setup[].fluid.limits[]");
        assert_eq!(without_positions("header.id"), "header.id");
    }
}
