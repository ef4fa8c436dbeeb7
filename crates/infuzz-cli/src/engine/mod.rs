//! Engines: how each is built, started, listened to, and what it leaves behind. One file each.

mod afl;
mod bolero;
mod honggfuzz;
mod libfuzzer;

pub use libfuzzer::Libfuzzer;

use crate::failure::Failure;
use crate::files;
use crate::targets::nearest;
use infuzz::finding::Kind;
use infuzz::script::EditScript;
use infuzz_fuzz::{Input, MEMORY_LIMIT_MIB, Target};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What an engine has told so far.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Executions.
    pub executions: u64,
    /// Executions per second.
    pub per_second: u64,
    /// Edges of the code under test that were reached.
    pub edges: u64,
    /// How many inputs it keeps, in its own words.
    pub corpus: String,
    /// A finding that the target itself named: its kind, the rule, what happened.
    pub said: Option<(Kind, Option<String>, String)>,
}

/// How long and how.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Most executions.
    pub runs: Option<u64>,
    /// Most time.
    pub time: Option<Duration>,
    /// Seed of everything drawn.
    pub seed: u32,
}

/// An input on which the target failed, as the engine keeps it.
#[derive(Clone, Debug)]
pub struct Left {
    /// The file.
    pub path: PathBuf,
    /// What the engine takes it for.
    pub kind: Kind,
}

/// Where a campaign works.
#[derive(Debug)]
pub struct Place {
    /// The root of the workspace.
    pub root: PathBuf,
    /// Where cargo builds.
    pub build: PathBuf,
    /// The target.
    pub target: &'static Target,
    /// What all engines read: the target's own inputs as they travel on the wire.
    pub corpus: PathBuf,
    /// What this engine keeps between campaigns.
    pub work: PathBuf,
    /// For the time of this campaign.
    pub scratch: PathBuf,
    /// With the device that is bad on purpose.
    pub tripwire: bool,
    /// Held as long as the campaign.
    _lock: File,
}

impl Place {
    /// The place of an engine's campaign; refused while another one is there.
    pub fn new(root: &Path, engine: &str, target: &'static Target, scratch: &Path) -> Result<Self, Failure> {
        let build = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let build = if build.is_absolute() { build } else { root.join(build) };
        let work = root.join("target/infuzz/engines").join(engine).join(target.name);
        files::make_folder(&work)?;
        let corpus = root.join("fuzz/corpus").join(target.name);
        files::make_folder(&corpus)?;
        let lock = work.join("lock");
        let file = File::create(&lock).map_err(|error| Failure::unwritable(&lock, &error))?;
        file.try_lock().map_err(|_| {
            Failure::new(
                "another campaign is running here",
                files::shown(&work),
                format!("{engine} already fuzzes {}", target.name),
                "wait for it, end it, or take another engine",
            )
        })?;
        Ok(Place {
            root: root.to_path_buf(),
            build,
            target,
            corpus,
            work,
            scratch: scratch.to_path_buf(),
            tripwire: false,
            _lock: file,
        })
    }

    /// The folders that hold a target's inputs in their plain form.
    pub fn inputs(root: &Path, target: &Target) -> [PathBuf; 3] {
        let tracked = root.join("corpus").join(target.name);
        [tracked.join("seed"), tracked.join("regression"), root.join("fuzz/corpus").join(target.name)]
    }

    /// `cargo` from PATH, which is the one that understands `+nightly`, at the root.
    pub fn cargo(&self, path: &std::ffi::OsStr) -> Command {
        let mut command = Command::new("cargo");
        command.current_dir(&self.root).env("PATH", path).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        command
    }

    /// The features that choose an engine, and the device that is bad on purpose.
    fn features(&self, engine: &str) -> String {
        [engine, if self.tripwire { "tripwire" } else { "" }].join(" ").trim().to_string()
    }

    /// The dictionary of the target.
    pub fn dictionary(&self) -> PathBuf {
        self.root.join("dictionaries").join(format!("{}.dict", self.target.name))
    }

    /// The kept seeds of the target.
    pub fn seeds(&self) -> PathBuf {
        self.root.join("corpus").join(self.target.name).join("seed")
    }

    /// Time limit of one execution in whole seconds.
    pub fn time_limit_s(&self) -> u32 {
        self.target.time_limit_ms.div_ceil(1000)
    }

    /// Where findings are kept.
    pub fn findings(&self) -> PathBuf {
        self.root.join("target/infuzz/findings").join(self.target.name)
    }

    /// Inputs that this engine has found, beside the common corpus, since that was gathered last.
    pub fn found(&self) -> PathBuf {
        self.work.join("found")
    }

    /// Fills a folder with the seeds and the corpus, as this engine reads them.
    fn fill(&self, folder: &Path, form: Form) -> Result<(), Failure> {
        files::make_folder(folder)?;
        for from in [self.seeds(), self.corpus.clone()] {
            for path in files::in_folder(&from)? {
                let bytes = files::read(&path)?;
                let name = path.file_name().unwrap_or_default();
                if bytes.len() <= self.target.max_len {
                    files::copy(&folder.join(name), &form.of_wire(self.target, bytes))?;
                }
            }
        }
        Ok(())
    }
}

/// What an engine's files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The target's own input.
    Plain,
    /// A script of edits, which comes to such an input.
    Script,
}

impl Form {
    /// Scripts are for inputs as on the wire only; other targets read scripts of their own.
    fn of(self, target: &Target) -> Form {
        if target.input == Input::Edits { Form::Plain } else { self }
    }

    /// A file that holds this input.
    fn of_wire(self, target: &Target, bytes: Vec<u8>) -> Vec<u8> {
        match self.of(target) {
            Form::Plain => bytes,
            Form::Script => EditScript::of(&bytes).write(),
        }
    }

    /// The input that a file holds.
    pub fn wire(self, body: &mut infuzz_fuzz::Body, bytes: Vec<u8>) -> Vec<u8> {
        match self.of(body.target()) {
            Form::Plain => bytes,
            Form::Script => body.scripted(&EditScript::read(&bytes)),
        }
    }
}

/// An engine.
pub trait Engine {
    /// Its name on the command line.
    fn name(&self) -> &'static str;
    /// The sanitizer it runs with.
    fn sanitizer(&self) -> &'static str {
        "none"
    }
    /// What its files hold.
    fn form(&self) -> Form {
        Form::Plain
    }
    /// Builds the target; installs what is missing.
    fn build(&mut self, place: &Place) -> Result<(), Failure>;
    /// The command that runs the campaign, once everything it reads is in its place.
    fn command(&self, place: &Place, budget: Budget) -> Result<Command, Failure>;
    /// Hears a line of its output.
    fn line(&mut self, _line: &str, _told: &mut Told) {}
    /// Looks at what it wrote.
    fn look(&mut self, _place: &Place, _told: &mut Told) {}
    /// The inputs on which the target failed.
    fn left(&self, place: &Place) -> Result<Vec<Left>, Failure>;
    /// Folders with the inputs it has found, beside the common corpus.
    fn found(&self, place: &Place) -> Vec<PathBuf> {
        vec![place.found()]
    }
    /// Forgets what it has found, once that is in the common corpus.
    fn forget(&self, place: &Place) -> Result<(), Failure> {
        self.found(place).iter().try_for_each(|folder| files::remove_folder(folder))
    }
    /// Executes an input once more; none if that cannot be done by hand.
    fn fails_again(&self, _place: &Place, _input: &Path) -> Option<bool> {
        None
    }
}

/// The names of all engines.
pub const ENGINES: &[&str] = &["libfuzzer", "afl", "honggfuzz", "bolero"];

/// The engine with this name.
pub fn engine(name: &str) -> Result<Box<dyn Engine>, Failure> {
    Ok(match name {
        "libfuzzer" => Box::new(Libfuzzer::default()),
        "afl" => Box::new(afl::Afl::default()),
        "honggfuzz" => Box::new(honggfuzz::Honggfuzz::default()),
        "bolero" => Box::new(bolero::Bolero::default()),
        _ => {
            let remedy = nearest(name, ENGINES.iter().copied()).map_or_else(
                || format!("engines are {}", ENGINES.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Failure::new("there is no such engine", name, format!("`{name}` is not known"), remedy));
        }
    })
}

/// Runs a build; a failure says its first error.
fn build(mut command: Command, place: &Place, missing: &[(&str, &str)]) -> Result<(), Failure> {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|e| Failure::new("cannot start cargo", "PATH", e.to_string(), "install Rust with rustup"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let first = text.lines().find(|line| line.starts_with("error")).unwrap_or("see above").to_string();
    let remedy = missing.iter().find(|(sign, _)| text.contains(sign)).map(|(_, remedy)| *remedy);
    crate::output::note(&text);
    Err(Failure::new(
        "cannot build the target",
        place.target.name,
        first,
        remedy.unwrap_or("mend what the compiler says above"),
    ))
}

/// Whether a command ends because of a signal or with an error.
fn fails(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| !status.success() && status.code() != Some(2))
}

/// The triple that this machine builds for.
fn host_triple() -> String {
    let said = Command::new("rustc").arg("-vV").env_remove("RUSTUP_TOOLCHAIN").output();
    let text = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let named = text.lines().find_map(|line| line.strip_prefix("host: "));
    named.map_or_else(|| "x86_64-unknown-linux-gnu".to_string(), str::to_string)
}

/// The finding that a line of the target names.
pub fn said(line: &str) -> Option<(Kind, Option<String>, String)> {
    let (head, detail) = line.split_once("infuzz: finding ")?.1.split_once("): ")?;
    let (kind, rule) = head.split_once(" (rule: ")?;
    Some((Kind::named(kind)?, Some(rule.to_string()).filter(|rule| rule != "none"), detail.to_string()))
}

/// What libFuzzer tells in a line, by itself or under bolero.
fn libfuzzer_line(line: &str, told: &mut Told) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |key: &str| words.iter().position(|w| *w == key).and_then(|at| words.get(at + 1)).copied();
    if let Some(number) = words.first().and_then(|w| w.strip_prefix('#')).and_then(|n| n.parse().ok()) {
        told.executions = number;
        told.edges = after("cov:").and_then(|n| n.parse().ok()).unwrap_or(told.edges);
        told.per_second = after("exec/s:").and_then(|n| n.parse().ok()).unwrap_or(told.per_second);
        told.corpus = after("corp:").map_or_else(|| told.corpus.clone(), str::to_string);
    } else if let Some(number) = after("stat::number_of_executed_units:").and_then(|n| n.parse().ok()) {
        told.executions = number;
    } else if let Some(number) = after("stat::average_exec_per_sec:").and_then(|n| n.parse().ok()) {
        told.per_second = number;
    } else if line.contains("ERROR: AddressSanitizer") {
        told.said = Some((Kind::Crash, None, line.trim().to_string()));
    }
}

/// What libFuzzer leaves in a folder, by itself or under bolero.
fn libfuzzer_left(folder: &Path) -> Result<Vec<Left>, Failure> {
    let kinds = |path: &PathBuf| match path.file_name()?.to_str()?.split('-').next()? {
        "crash" | "leak" => Some(Kind::Crash),
        "timeout" => Some(Kind::Hang),
        "oom" => Some(Kind::OverBudget),
        _ => None,
    };
    let paths = files::in_folder(folder)?;
    Ok(paths.into_iter().filter_map(|path| Some(Left { kind: kinds(&path)?, path })).collect())
}

/// The limits that libFuzzer takes on its command line.
fn libfuzzer_limits(command: &mut Command, place: &Place) {
    command
        .arg(format!("-max_len={}", place.target.max_len))
        .arg(format!("-rss_limit_mb={}", MEMORY_LIMIT_MIB))
        .arg("-print_final_stats=1");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_found_by_name_and_the_nearest_is_suggested() {
        for name in ENGINES {
            assert_eq!(engine(name).expect("known").name(), *name);
        }
        let failure = engine("hongfuzz").err().expect("unknown");
        assert!(failure.remedy.contains("honggfuzz"), "{failure}");
        let failure = engine("qwertyuiop").err().expect("unknown");
        assert!(ENGINES.iter().all(|name| failure.remedy.contains(name)), "{failure}");
    }

    #[test]
    fn two_campaigns_of_an_engine_are_not_at_the_same_place() {
        let scratch = files::Scratch::new().expect("a folder");
        let target = infuzz_fuzz::target("drug_library").expect("in the table");
        let place = |engine| Place::new(scratch.path(), engine, target, scratch.path());
        let first = place("afl").expect("nobody else is there");
        let failure = place("afl").expect_err("taken");
        assert!(failure.what.contains("another campaign"), "{failure}");
        place("bolero").expect("another engine's place");
        drop(first);
        place("afl").expect("free again");
    }

    #[test]
    fn a_corpus_that_is_no_folder_is_named() {
        let scratch = files::Scratch::new().expect("a folder");
        let target = infuzz_fuzz::target("drug_library").expect("in the table");
        files::make_folder(&scratch.path().join("fuzz/corpus")).expect("a folder");
        files::write(&scratch.path().join("fuzz/corpus/drug_library"), b"").expect("a file");
        let failure = Place::new(scratch.path(), "afl", target, scratch.path()).expect_err("no folder");
        assert!(failure.place.ends_with("fuzz/corpus/drug_library"), "{failure}");
    }

    #[test]
    fn scripts_and_plain_files_hold_the_same_inputs() {
        for target in infuzz_fuzz::TARGETS {
            let mut body = infuzz_fuzz::Body::new(target, None).expect("set up");
            for form in [Form::Plain, Form::Script] {
                for input in [vec![], vec![0x80], body.seeds()[0].clone()] {
                    let file = form.of_wire(target, input.clone());
                    assert_eq!(form.wire(&mut body, file), input, "{} {form:?}", target.name);
                }
            }
        }
    }

    #[test]
    fn what_libfuzzer_tells_is_read() {
        let mut told = Told::default();
        libfuzzer_line("#4096\tpulse  cov: 1560 ft: 4208 corp: 498/668Kb lim: 4096 exec/s: 2000 rss: 41Mb", &mut told);
        assert_eq!((told.executions, told.edges, told.per_second), (4096, 1560, 2000));
        libfuzzer_line("==7==ERROR: AddressSanitizer: stack-overflow on address 0x7ffe", &mut told);
        assert!(told.said.is_some_and(|(kind, _, detail)| kind == Kind::Crash && detail.contains("stack-overflow")));
    }

    #[test]
    fn what_a_target_names_is_read() {
        let (kind, rule, detail) =
            said("infuzz: finding invalid-accepted (rule: setup.order): it took it").expect("named");
        assert_eq!((kind, rule.as_deref(), &*detail), (Kind::InvalidAccepted, Some("setup.order"), "it took it"));
        assert_eq!(said("panicked at fuzz/src/body.rs:1:1: finding"), None);
    }
}
