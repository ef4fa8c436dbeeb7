//! A device in a child process of any language: lines on its standard input and output, described
//! in `docs/process-device.md`.

mod child;

use child::{Running, Wrong};
use infuzz::device::{Answer, Capabilities, Device, Held, LookUp, Observation, Outcome, Reason, Resolution, digest};
use infuzz::finding::{Kind, Raised};
use infuzz::hex::{self, Hex};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use child::end_left_over;

/// The path that libraries are sent on.
pub const DRUG_LIBRARY: &str = "drug-library";
/// The version of the protocol.
const VERSION: &str = "1";
/// What a child may say that it can do.
const CAPABILITIES: [&str; 6] = ["libraries", "therapy", "restart", "activate", "look-up", "reasons"];
/// The coarsest step in which volumes may be shown: about what is infused in a known-good step, of
/// which nothing would be seen otherwise.
const COARSEST: u32 = 10_000;
/// How much of an answer that is none is told.
const TOLD: usize = 60;

/// How a child is started and how long it may take.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// What it is given.
    pub arguments: Vec<String>,
    /// How long it may take for its first answer.
    pub start: Duration,
    /// How long it may take for every other answer.
    pub answer: Duration,
    /// Where the last input is kept when the child crashes, hangs or talks rubbish.
    pub keep: Option<PathBuf>,
    /// Where the number of its group of processes stands while it runs, for [`end_left_over`].
    pub group_file: Option<PathBuf>,
}

impl Launch {
    /// A program without arguments, with the time limits of the documentation.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Launch {
            program: program.into(),
            arguments: Vec::new(),
            start: Duration::from_secs(10),
            answer: Duration::from_secs(2),
            keep: None,
            group_file: None,
        }
    }
}

/// Why a device in a child process cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcessError {
    /// The program does not run.
    #[error("it does not start: {0}")]
    DoesNotStart(String),
    /// Its first answer is none.
    #[error("instead of its hello {0}")]
    NoHello(String),
}

/// What a child said of itself.
#[derive(Clone, Debug, Default)]
struct Hello {
    has: Capabilities,
    paths: Vec<String>,
}

/// A device in a child process. It is started anew by the first reset after it crashed, hung or
/// said what is no answer; until then nothing is asked of it.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    hello: Hello,
    running: Option<Running>,
    fault: Option<Raised>,
    last: Vec<u8>,
    /// Libraries that the child showed last, as it wrote them: it is asked far more often than
    /// they change.
    shown: [(String, Option<Held>); 2],
}

impl Process {
    /// Starts a child and hears what it can do.
    pub fn start(launch: Launch) -> Result<Self, ProcessError> {
        let (running, hello) = open(&launch)?;
        Ok(Process { launch, hello, running: Some(running), fault: None, last: Vec::new(), shown: Default::default() })
    }

    /// The paths that it takes messages on.
    pub fn paths(&self) -> &[String] {
        &self.hello.paths
    }

    /// The bytes that were sent to it last, on any path.
    pub fn last_input(&self) -> &[u8] {
        &self.last
    }

    /// An answer to be judged.
    fn answer(&mut self, request: &str, about: &str) -> Answer {
        let reasons = self.hello.has.reasons;
        let said = self.ask(request, about, |said| answer(said, reasons));
        said.unwrap_or(Answer { outcome: Outcome::Silent, reason: None })
    }

    /// A request that is only to be carried out.
    fn order(&mut self, request: &str) {
        self.ask(request, request, |said| (said == "done").then_some(()));
    }

    /// Asks the child; none if it has fallen or falls now. `read` gives none for what is no answer.
    fn ask<R>(&mut self, request: &str, about: &str, read: impl FnOnce(&str) -> Option<R>) -> Option<R> {
        if self.fault.is_some() {
            return None;
        }
        let running = self.running.as_mut()?;
        let said = running.exchange(request, self.launch.answer);
        let wrong = match said {
            Ok(said) => match read(&said) {
                Some(read) => return Some(read),
                None => Wrong::Rubbish(format!("it said {}", quoted(&said))),
            },
            Err(wrong) => wrong,
        };
        self.fall(wrong, about);
        None
    }

    /// Something is wrong with the child: it is ended, and what was sent to it last is kept.
    fn fall(&mut self, wrong: Wrong, about: &str) {
        let (kind, what) = match wrong {
            Wrong::Ended(how) => (Kind::Crash, format!("the process {how}")),
            Wrong::Late(how) => (Kind::Hang, how),
            Wrong::Rubbish(how) => (Kind::Silent, how),
        };
        let mut detail = format!("at `{about}`: {what}");
        if let Some(running) = self.running.take() {
            running.end_at_once();
        }
        if let Some(path) = &self.launch.keep
            && !self.last.is_empty()
            && let Err(error) = kept(path, &self.last)
        {
            detail.push_str(&format!("; its last input could not be kept in {}: {error}", path.display()));
        }
        self.fault = Some(Raised::new(kind, detail));
    }

    /// A library that the child says it holds.
    fn held(&mut self, which: usize, said: &str) -> Option<Option<Held>> {
        let (known, held) = &self.shown[which];
        if known == said {
            return Some(*held);
        }
        let held = if said == "none" { None } else { Some(Held::of(&read(said)?)) };
        self.shown[which] = (said.to_string(), held);
        Some(held)
    }

    /// What the child shows; none if that is no answer.
    fn observation(&mut self, said: &str) -> Option<Observation> {
        let mut words = said.split(' ');
        if words.next() != Some("observed") {
            return None;
        }
        let pairs: Vec<(&str, &str)> = words.map(|word| word.split_once('=')).collect::<Option<_>>()?;
        let value = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let mut seen = Observation::default();
        if self.hello.has.libraries {
            seen.active = self.held(0, value("active")?)?;
            seen.staged = self.held(1, value("staged")?)?;
        }
        if self.hello.has.therapy {
            seen.running = match value("running")? {
                "yes" => true,
                "no" => false,
                _ => return None,
            };
            let number = |name: &str| value(name)?.parse().ok();
            (seen.rate, seen.vtbi, seen.infused) = (number("rate")?, number("vtbi")?, number("infused")?);
        }
        Some(seen)
    }
}

fn kept(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}

/// Starts a child and hears its hello.
fn open(launch: &Launch) -> Result<(Running, Hello), ProcessError> {
    let mut running = Running::start(launch).map_err(|error| ProcessError::DoesNotStart(error.to_string()))?;
    let said = running
        .exchange(&format!("hello {VERSION}"), launch.start)
        .and_then(|said| hello(&said).map_err(|why| Wrong::Rubbish(format!("it said {}: {why}", quoted(&said)))));
    match said {
        Ok(hello) => Ok((running, hello)),
        Err(wrong) => {
            running.end_at_once();
            Err(ProcessError::NoHello(match wrong {
                Wrong::Ended(how) | Wrong::Late(how) | Wrong::Rubbish(how) => how,
            }))
        }
    }
}

/// Reads `hello 1 paths=… can=… resolution=…`.
fn hello(said: &str) -> Result<Hello, String> {
    let mut words = said.split(' ');
    if words.next() != Some("hello") {
        return Err(format!("`hello {VERSION} paths={DRUG_LIBRARY} can=…` was expected"));
    }
    if words.next() != Some(VERSION) {
        return Err(format!("version {VERSION} of the protocol was expected"));
    }
    let mut hello = Hello::default();
    for word in words {
        let Some((name, list)) = word.split_once('=') else { return Err(format!("{} has no =", quoted(word))) };
        let items = list.split(',').filter(|item| !item.is_empty());
        match name {
            "paths" => hello.paths = items.map(str::to_string).collect(),
            "can" => {
                for item in items {
                    let has = &mut hello.has;
                    *match item {
                        "libraries" => &mut has.libraries,
                        "therapy" => &mut has.therapy,
                        "restart" => &mut has.restart,
                        "activate" => &mut has.activate,
                        "look-up" => &mut has.look_up,
                        "reasons" => &mut has.reasons,
                        _ => return Err(format!("{} is none of {}", quoted(item), CAPABILITIES.join(", "))),
                    } = true;
                }
            }
            "resolution" => hello.has.resolution = resolution(list)?,
            _ => return Err(format!("{} is none of paths, can, resolution", quoted(name))),
        }
    }
    if hello.paths.is_empty() { Err("it names no path".into()) } else { Ok(hello) }
}

/// Reads the step in which volumes are shown.
fn resolution(said: &str) -> Result<Resolution, String> {
    let step = said.parse().ok().filter(|step| *step <= COARSEST).and_then(Resolution::new);
    step.ok_or_else(|| format!("the resolution {} is no whole number from 1 to {COARSEST}", quoted(said)))
}

/// Reads `accepted`, `none`, `refused` and `refused RULE FIELD OFFSET`.
fn answer(said: &str, reasons: bool) -> Option<Answer> {
    let words: Vec<&str> = said.split(' ').collect();
    let (outcome, reason) = match words[..] {
        ["accepted"] => (Outcome::Accepted, None),
        ["none"] => (Outcome::Silent, None),
        ["refused"] => (Outcome::Refused, None),
        ["refused", rule, field, offset] => {
            let offset = if offset == "-" { None } else { Some(offset.parse().ok()?) };
            (Outcome::Refused, Some(Reason { rule: rule.to_string().into(), field: field.into(), offset }))
        }
        _ => return None,
    };
    // A reason of a child that does not promise any is for people.
    Some(Answer { outcome, reason: reason.filter(|_| reasons) })
}

/// What stands for no bytes, so that every word has a letter.
const NO_BYTES: &str = "-";

/// Bytes as a word.
fn written(bytes: &[u8]) -> String {
    if bytes.is_empty() { NO_BYTES.into() } else { format!("{:x}", Hex(bytes)) }
}

/// The bytes of a word.
fn read(word: &str) -> Option<Vec<u8>> {
    match word {
        NO_BYTES => Some(Vec::new()),
        "" => None,
        digits => hex::read(digits),
    }
}

/// The beginning of what was said, on one line.
fn quoted(said: &str) -> String {
    let begun: String = said.chars().take(TOLD).collect();
    let more = if begun.len() < said.len() { format!("… ({} bytes)", said.len()) } else { String::new() };
    format!("`{}`{more}", begun.escape_debug())
}

impl Device for Process {
    fn capabilities(&self) -> Capabilities {
        self.hello.has
    }

    fn reset(&mut self) {
        if self.fault.is_some() || self.running.is_none() {
            match open(&self.launch) {
                Ok((running, hello)) if hello.has == self.hello.has => {
                    (self.running, self.fault) = (Some(running), None);
                }
                Ok((running, _)) => {
                    running.end_at_once();
                    let what = "started again, it says that it can do something else than before";
                    self.fault = Some(Raised::new(Kind::NotDeterministic, what));
                }
                Err(error) => {
                    self.fault = Some(Raised::new(Kind::Crash, format!("it cannot be started again: {error}")));
                }
            }
        }
        self.order("reset");
    }

    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        self.send(DRUG_LIBRARY, bytes)
    }

    fn send(&mut self, path: &str, bytes: &[u8]) -> Answer {
        self.last.clear();
        self.last.extend_from_slice(bytes);
        let request = format!("send {path} {}", written(bytes));
        self.answer(&request, &format!("send {path} of {} bytes", bytes.len()))
    }

    fn activate(&mut self) -> Answer {
        if self.hello.has.activate {
            return self.answer("activate", "activate");
        }
        Answer { outcome: Outcome::Silent, reason: None }
    }

    fn restart(&mut self) {
        if self.hello.has.restart {
            self.order("restart");
        }
    }

    fn start(&mut self, rate: u32, vtbi: u32) {
        if self.hello.has.therapy {
            self.order(&format!("start {rate} {vtbi}"));
        }
    }

    fn stop(&mut self) {
        if self.hello.has.therapy {
            self.order("stop");
        }
    }

    fn tick(&mut self, milliseconds: u32) {
        if self.hello.has.therapy {
            self.order(&format!("tick {milliseconds}"));
        }
    }

    fn observe(&mut self) -> Observation {
        if !self.hello.has.libraries && !self.hello.has.therapy {
            return Observation::default();
        }
        // What is no answer must be read with the device, which `ask` has in its hands.
        let Some(said) = self.ask("observe", "observe", |said| Some(said.to_string())) else {
            return Observation::default();
        };
        self.observation(&said).unwrap_or_else(|| {
            self.fall(Wrong::Rubbish(format!("it said {}", quoted(&said))), "observe");
            Observation::default()
        })
    }

    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        if !self.hello.has.look_up {
            return LookUp::Absent;
        }
        let parts: Vec<String> = key.iter().map(|part| written(part)).collect();
        let found = self.ask(&format!("look-up {}", parts.join(" ")), "look-up", |said| {
            Some(match said.split_once(' ') {
                None if said == "absent" => LookUp::Absent,
                None if said == "found" => LookUp::Found,
                Some(("found", bytes)) => LookUp::Is(digest(&read(bytes)?)),
                _ => return None,
            })
        });
        found.unwrap_or(LookUp::Absent)
    }

    fn fault(&mut self) -> Option<Raised> {
        self.fault.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_says_what_a_child_can_do() {
        let said = hello("hello 1 paths=drug-library,other can=restart,look-up").expect("a hello");
        assert_eq!(said.paths, ["drug-library", "other"]);
        assert!(said.has.restart && said.has.look_up && !said.has.libraries && !said.has.reasons);
        for name in CAPABILITIES {
            assert!(hello(&format!("hello 1 paths=x can={name}")).is_ok(), "{name}");
        }
        assert_eq!(said.has.resolution.get(), 1, "the default");
        let said = hello("hello 1 paths=x can=therapy resolution=100").expect("a hello");
        assert_eq!(said.has.resolution.get(), 100);
    }

    #[test]
    fn the_documentation_has_every_word_and_its_example_is_understood() {
        let page = include_str!("../../../docs/process-device.md");
        for name in CAPABILITIES {
            assert!(page.contains(&format!("| `{name}` |")), "{name}");
        }
        let said = page.lines().filter_map(|line| line.strip_prefix("< ")?.split_once(' '));
        let understood = |said: &str| said == "done" || hello(said).is_ok() || answer(said, true).is_some();
        let said: Vec<&str> = said.map(|(_, said)| said).collect();
        assert_eq!(said.iter().filter(|said| understood(said)).count(), 4, "{said:?}");
    }

    #[test]
    fn what_is_no_hello_says_why() {
        for (said, why) in [
            ("hi", "was expected"),
            ("hello 2 paths=x", "version 1"),
            ("hello 1", "no path"),
            ("hello 1 paths=x can=fly", "none of libraries, therapy"),
            ("hello 1 paths=x speed=9", "none of paths"),
            ("hello 1 path", "no ="),
            ("hello 1 paths=x resolution=0", "from 1 to 10000"),
            ("hello 1 paths=x resolution=10001", "from 1 to 10000"),
            ("hello 1 paths=x resolution=-1", "from 1 to 10000"),
            ("hello 1 paths=x resolution=0.01", "from 1 to 10000"),
            ("hello 1 paths=x resolution=", "from 1 to 10000"),
        ] {
            assert!(hello(said).is_err_and(|told| told.contains(why)), "{said}");
        }
    }

    #[test]
    fn answers_are_read_and_rubbish_is_not() {
        let reason = answer("refused header.magic header 0", true).and_then(|answer| answer.reason);
        assert_eq!(reason, Some(Reason { rule: "header.magic".into(), field: "header".into(), offset: Some(0) }));
        assert_eq!(answer("refused a b -", false), Some(Answer { outcome: Outcome::Refused, reason: None }));
        for rubbish in ["", "Accepted", "accepted ", "refused a", "refused a b c", "done"] {
            assert_eq!(answer(rubbish, true), None, "{rubbish}");
        }
    }

    #[test]
    fn no_bytes_are_a_word_too() {
        assert_eq!((written(&[]).as_str(), read("-"), read("")), ("-", Some(Vec::new()), None));
        assert_eq!(read(&written(&[0, 0xAF])), Some(vec![0, 0xAF]));
    }

    #[test]
    fn what_is_quoted_is_short_and_on_one_line() {
        let told = quoted(&format!("a\n{}", "é".repeat(500)));
        assert!(told.starts_with("`a\\né") && told.ends_with("… (1002 bytes)") && !told.contains('\n'), "{told}");
    }
}
