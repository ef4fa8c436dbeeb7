//! A built-in description with its seeds and known-good libraries.

use crate::failure::Failure;
use crate::files;
use crate::targets::nearest;
use infuzz::builtin::{BUILTIN, Builtin};
use infuzz::format::Format;
use infuzz::judgement::Judge;
use std::path::{Path, PathBuf};

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
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl OneFile {
    /// Its format.
    pub fn setting(&self) -> Result<Setting, Failure> {
        Setting::named(&self.format)
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
        Ok(Setting { builtin, format: Box::leak(Box::new(format)) })
    }

    /// The bytes of a named seed.
    pub fn seed(&self, name: &str) -> Result<Vec<u8>, Failure> {
        self.builtin
            .seed(self.format, name)
            .map_err(|error| Failure::internal(format!("seed {name}"), error.to_string()))
    }

    /// The two known-good libraries.
    pub fn known_good(&self) -> Result<[Vec<u8>; 2], Failure> {
        Ok([self.seed("known-good-a")?, self.seed("known-good-b")?])
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
