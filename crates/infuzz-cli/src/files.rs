//! Reading and writing: whole files or none, and where things are kept.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::unreadable(path, &error))
}

/// Writes a whole file or leaves what was there: first beside it, then by its name.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.tmp", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
    let beside = path.with_file_name(name);
    let written = write_all(&beside, bytes).and_then(|()| {
        if path.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        fs::rename(&beside, path)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        Failure::unwritable(path, &error)
    })
}

fn write_all(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    // A full disk may only show when the bytes are really put there.
    file.sync_all()
}

/// Writes a copy that nothing is lost with.
pub fn copy(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::unwritable(path, &error))
}

/// Makes a folder and those above it.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::unwritable(path, &error))
}

/// Removes a folder with what is in it, if it is there.
pub fn remove_folder(path: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::unwritable(path, &error)),
        _ => Ok(()),
    }
}

/// The files of a folder by name, hidden ones left out; none if it is not there.
pub fn in_folder(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::unreadable(path, &error)),
    };
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = paths.filter(|path| path.is_file() && !hidden(path)).collect();
    files.sort();
    Ok(files)
}

/// The root of the workspace around the working directory.
pub fn workspace() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::unreadable(Path::new("."), &error))?;
    let is_root = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
    };
    here.ancestors().find(is_root).map(Path::to_path_buf).ok_or_else(|| {
        Failure::new(
            "cannot find the workspace",
            here.display().to_string(),
            "no folder above it has a Cargo.toml with [workspace]",
            "run the command inside the repository",
        )
    })
}

/// A path as people type it from where they are.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

/// A folder for the time of a run; removed with the value.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    stays: bool,
}

impl Scratch {
    /// A new, empty folder.
    pub fn new() -> Result<Scratch, Failure> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("infuzz-{}-{number}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch { path, stays: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::unwritable(&path, &error)),
            }
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the folder where it is: it has something that could not be kept elsewhere.
    pub fn stay(&mut self) {
        self.stays = true;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.stays {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing_behind() {
        let scratch = Scratch::new().expect("a folder");
        let folder = scratch.path().join("taken");
        fs::create_dir(&folder).expect("a folder");
        assert!(write(&folder, b"x").is_err());
        assert_eq!(fs::read_dir(scratch.path()).expect("readable").count(), 1);
    }

    #[test]
    fn a_full_disk_is_named() {
        let full = Path::new("/dev/full");
        if full.exists() {
            let error = write_all(full, b"x").expect_err("full");
            assert!(Failure::unwritable(full, &error).remedy.contains("free some space"));
        }
    }
}
