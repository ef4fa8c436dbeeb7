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
    /// That of the libraries that the device takes: the same, if inputs are libraries.
    pub libraries: &'static Format,
    /// The library that inputs are judged against, as it was named.
    pub library: Option<&'static str>,
}

fn load(builtin: &Builtin) -> Result<Format, Failure> {
    builtin.load().map_err(|error| Failure::internal(format!("format {}", builtin.name), error.to_string()))
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
        let format: &'static Format = Box::leak(Box::new(load(builtin)?));
        let libraries = match builtin.library {
            None => format,
            Some(_) => Box::leak(Box::new(load(builtin.of_libraries())?)),
        };
        Ok(Setting { builtin, format, libraries, library: None })
    }

    /// Judges inputs against a library too, if one is given.
    pub fn against(self, library: Option<&str>) -> Result<Setting, Failure> {
        let Some(given) = library else { return Ok(self) };
        let name = self.builtin.name;
        let Some(of_libraries) = self.format.environment.as_ref().and(self.builtin.library) else {
            return Err(Failure::new(
                "`--library` is not for this format",
                given,
                format!("`{name}` is judged by itself"),
                "leave it out",
            ));
        };
        let bytes = self.of_libraries().library(given)?;
        let mut format = self.format.clone();
        format
            .judge_against(&Tree::decode(self.libraries, &bytes))
            .map_err(|why| Failure::internal(format!("format {of_libraries}"), why))?;
        let given: &'static str = Box::leak(given.to_string().into_boxed_str());
        Ok(Setting { format: Box::leak(Box::new(format)), library: Some(given), ..self })
    }

    /// The setting of the libraries that the device takes.
    fn of_libraries(&self) -> Setting {
        Setting { builtin: self.builtin.of_libraries(), format: self.libraries, library: None, ..*self }
    }

    /// Puts a device on the bench.
    pub fn bench<D: Device>(&self, device: D) -> Result<Bench<'static, D>, BenchFailure> {
        let known_good = self.known_good()?;
        Ok(self.builtin.bench(self.format, self.libraries, known_good, device)?)
    }

    /// The bytes of a named seed.
    pub fn seed(&self, name: &str) -> Result<Vec<u8>, Failure> {
        self.builtin
            .seed(self.format, name)
            .map_err(|error| Failure::internal(format!("seed {name}"), error.to_string()))
    }

    /// The two known-good libraries, the first of which is the one given.
    pub fn known_good(&self) -> Result<[Vec<u8>; 2], Failure> {
        let library = self.of_libraries();
        let [a, b] = [library.seed("known-good-a")?, library.seed("known-good-b")?];
        Ok(match self.library {
            None => [a, b],
            Some(given) => match library.library(given)? {
                given if given == b => [given, a],
                given => [given, b],
            },
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
