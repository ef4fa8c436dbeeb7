//! A built-in description with its seeds and known-good libraries.

use crate::failure::Failure;
use crate::files;
use crate::targets::nearest;
use infuzz::builtin::{BUILTIN, Builtin};
use infuzz::device::Device;
use infuzz::format::Format;
use infuzz::judgement::Judge;
use infuzz::oracle::{Bench, BenchError};
use infuzz::tree::Tree;
use std::path::{Path, PathBuf};

/// Why there is no bench.
#[derive(Debug, thiserror::Error)]
pub enum BenchFailure {
    /// A file or a seed cannot be had.
    #[error("{0}")]
    Setting(#[from] Failure),
    /// The bench cannot be set up.
    #[error("{0}")]
    Bench(#[from] BenchError),
}

/// What a file compressed with gzip begins with.
const GZIP: [u8; 2] = [0x1F, 0x8B];
/// The format meant when none is named.
pub const DEFAULT_FORMAT: &str = "drug-library";

/// A file and the format to read it as: what the verbs about one file take.
#[derive(clap::Args)]
pub struct OneFile {
    /// The file
    pub file: PathBuf,
    /// The format to read it as
    #[arg(long, default_value = DEFAULT_FORMAT)]
    format: String,
    /// The library that an order is held against: a file, or a seed by its name, such as fuller
    #[arg(long)]
    library: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl OneFile {
    /// Its format.
    pub fn setting(&self) -> Result<Setting, Failure> {
        Setting::named(&self.format)?.against(self.library.as_deref())
    }

    /// The file as people name it.
    pub fn name(&self) -> String {
        self.file.display().to_string()
    }
}

/// A description, loaded once and kept for the life of the process.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Where it comes from.
    pub builtin: &'static Builtin,
    /// The description.
    pub format: &'static Format,
    /// The library that inputs are judged against.
    given: Option<Given>,
}

/// A library that inputs are judged against.
#[derive(Clone, Copy, Debug)]
struct Given {
    /// As it was named.
    name: &'static str,
    bytes: &'static [u8],
}

impl Setting {
    /// Loads a built-in description by its name.
    pub fn named(name: &str) -> Result<Setting, Failure> {
        let builtin = Builtin::named(name).ok_or_else(|| {
            let names: Vec<&str> = BUILTIN.iter().map(|builtin| builtin.name).collect();
            let near = nearest(name, names.iter().copied())
                .map_or_else(|| format!("formats are {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
            Failure::new("there is no such format", name, format!("`{name}` is not built in"), near)
        })?;
        let format = builtin.load().map_err(|error| Failure::internal(format!("format {name}"), error.to_string()))?;
        Ok(Setting { builtin, format: Box::leak(Box::new(format)), given: None })
    }

    /// The library that inputs are judged against, as it was named.
    pub fn library_given(&self) -> Option<&'static str> {
        self.given.map(|given| given.name)
    }

    /// Judges inputs against a library too, if one is given.
    pub fn against(self, library: Option<&str>) -> Result<Setting, Failure> {
        let Some(library) = library else { return Ok(self) };
        if self.format.environment.is_none() {
            return Err(Failure::new(
                "`--library` is not for this format",
                library,
                format!("`{}` is judged by itself", self.builtin.name),
                "leave it out",
            ));
        }
        let of_libraries = self.of_libraries()?;
        let bytes: &'static [u8] = Vec::leak(of_libraries.library(library)?);
        let mut format = self.format.clone();
        format
            .judge_against(&Tree::decode(of_libraries.format, bytes))
            .map_err(|why| Failure::internal(format!("format {}", of_libraries.builtin.name), why))?;
        let given = Given { name: String::leak(library.to_string()), bytes };
        Ok(Setting { format: Box::leak(Box::new(format)), given: Some(given), ..self })
    }

    /// The setting of the libraries that the device takes: this one, if inputs are libraries.
    fn of_libraries(&self) -> Result<Setting, Failure> {
        self.builtin.library.map_or(Ok(*self), Setting::named)
    }

    /// Puts a device on the bench.
    pub fn bench<D: Device>(&self, device: D) -> Result<Bench<'static, D>, BenchFailure> {
        let libraries = self.of_libraries()?;
        let known_good = self.known_good_of(libraries)?;
        Ok(self.builtin.bench(self.format, libraries.format, known_good, device)?)
    }

    /// The bytes of a named seed.
    pub fn seed(&self, name: &str) -> Result<Vec<u8>, Failure> {
        self.builtin
            .seed(self.format, name)
            .map_err(|error| Failure::internal(format!("seed {name}"), error.to_string()))
    }

    /// The two known-good libraries, the first of which is the one given.
    pub fn known_good(&self) -> Result<[Vec<u8>; 2], Failure> {
        self.known_good_of(self.of_libraries()?)
    }

    fn known_good_of(&self, libraries: Setting) -> Result<[Vec<u8>; 2], Failure> {
        let [a, b] = [libraries.seed("known-good-a")?, libraries.seed("known-good-b")?];
        Ok(match self.given {
            None => [a, b],
            Some(given) if given.bytes == b => [b, a],
            Some(given) => [given.bytes.to_vec(), b],
        })
    }

    /// A library by the name of a seed or by its file, which must be valid.
    pub fn library(&self, name: &str) -> Result<Vec<u8>, Failure> {
        if self.builtin.seeds.iter().any(|(seed, _)| *seed == name)
            || self.builtin.made.iter().any(|(made, _)| *made == name)
        {
            return self.seed(name);
        }
        self.valid_file(Path::new(name))
    }

    /// The bytes of a file that must hold a valid input.
    pub fn valid_file(&self, path: &Path) -> Result<Vec<u8>, Failure> {
        let bytes = files::read(path)?;
        if bytes.starts_with(&GZIP) {
            return Err(Failure::new(
                "not a valid library",
                path.display().to_string(),
                "it is compressed with gzip",
                format!("unpack it: `gunzip --keep {}`", path.display()),
            ));
        }
        let mut judge = Judge::new(self.format);
        let (tree, violations) = judge.explain(&bytes);
        let Some(first) = crate::describe::first_in_bytes(tree, &violations) else { return Ok(bytes) };
        let field = crate::describe::path(tree, first.node);
        let rule = &self.format.rules[usize::from(first.rule.0)];
        let place = format!("{}: {field} at offset {}", path.display(), tree.node(first.node).start);
        let more = if violations.len() > 1 { format!(" (and {} more)", violations.len() - 1) } else { String::new() };
        Err(Failure::new(
            "not a valid library",
            place,
            format!("rule {} is broken: {}{more}", rule.id, rule.words),
            format!("give a valid library; `cargo infuzz library check {}` lists all that is wrong", path.display()),
        ))
    }
}
