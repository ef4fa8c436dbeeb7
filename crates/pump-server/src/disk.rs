//! The pump's memory in a folder: a file for each slot and for each copy of the control record.
//!
//! A file is replaced whole: what is new is written beside it, put to the disk, and takes its name.
//! What a control record says of the slots is on the disk before the record is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use pump::{ControlCopy, Slot, Storage, StorageError};

use crate::problem::Problem;

/// A slot, and its file while that is written.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    coming: Option<File>,
}

/// A folder that one server at a time has.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    capacity: u32,
    slots: [Kept; 3],
    controls: [Vec<u8>; 2],
    /// Locked as long as it is open.
    _lock: File,
}

const SLOTS: [&str; 3] = ["slot-a", "slot-b", "slot-c"];
const CONTROLS: [&str; 2] = ["control-1", "control-2"];

fn number_of(slot: Slot) -> usize {
    Slot::ALL.iter().position(|one| *one == slot).unwrap_or(0)
}

fn copy_of(copy: ControlCopy) -> usize {
    usize::from(copy == ControlCopy::Second)
}

fn coming(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// What a folder contains is not on the disk before the folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

impl Disk {
    /// Opens a folder, or makes it, with slots of so many bytes.
    ///
    /// # Errors
    /// It cannot be read and written, or another server has it.
    pub fn open(folder: &Path, capacity: u32) -> Result<Self, Problem> {
        let hint = "give the server a folder of its own that it may write to, with room for four libraries";
        let wrong = |error: io::Error| Problem::new("the pump's memory cannot be used", folder.display(), error, hint);
        fs::create_dir_all(folder).map_err(wrong)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"));
        let lock = lock.map_err(wrong)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => wrong(io::Error::other("another server uses it")),
            fs::TryLockError::Error(error) => wrong(error),
        })?;
        let read = |name: &str, most: u32| {
            let path = folder.join(name);
            remove(&coming(&path))?;
            let mut bytes = Vec::new();
            match File::open(path) {
                Ok(file) => file.take(most.into()).read_to_end(&mut bytes).map(|_| bytes),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(bytes),
                Err(error) => Err(error),
            }
        };
        let mut disk = Self {
            folder: folder.into(),
            capacity,
            slots: Default::default(),
            controls: Default::default(),
            _lock: lock,
        };
        for (slot, name) in disk.slots.iter_mut().zip(SLOTS) {
            slot.bytes = read(name, capacity).map_err(wrong)?;
        }
        for (control, name) in disk.controls.iter_mut().zip(CONTROLS) {
            *control = read(name, 1_024).map_err(wrong)?;
        }
        // Whether it can be written is known before a library comes.
        disk.replace(&folder.join("probe"), b"probe").and_then(|()| remove(&folder.join("probe"))).map_err(wrong)?;
        Ok(disk)
    }

    fn path(&self, slot: usize) -> PathBuf {
        self.folder.join(SLOTS[slot])
    }

    fn empty(&mut self, slot: usize) -> io::Result<()> {
        let path = self.path(slot);
        self.slots[slot] = Kept::default();
        remove(&coming(&path))?;
        remove(&path)
    }

    fn append(&mut self, slot: usize, bytes: &[u8]) -> io::Result<()> {
        let path = coming(&self.path(slot));
        let kept = &mut self.slots[slot];
        let file = match &mut kept.coming {
            Some(file) => file,
            none => {
                let mut file = File::create(path)?;
                file.write_all(&kept.bytes)?;
                none.insert(file)
            }
        };
        file.write_all(bytes)?;
        kept.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Puts what was written to the slots on the disk.
    fn settle(&mut self) -> io::Result<()> {
        for (slot, name) in self.slots.iter_mut().zip(SLOTS) {
            if let Some(file) = &slot.coming {
                let path = self.folder.join(name);
                file.sync_all()?;
                fs::rename(coming(&path), path)?;
                slot.coming = None;
            }
        }
        sync_folder(&self.folder)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let beside = coming(path);
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(beside, path)?;
        sync_folder(&self.folder)
    }

    /// What the pump is told of an error; a person reads more of it in the log.
    fn told(&self, doing: &'static str, result: io::Result<()>) -> Result<(), StorageError> {
        result.map_err(|error| {
            let folder = self.folder.display().to_string();
            tracing::error!(folder, doing, error = error.to_string(), "the pump's memory failed");
            StorageError::Failed
        })
    }
}

impl Storage for Disk {
    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn slot(&self, slot: Slot) -> &[u8] {
        &self.slots[number_of(slot)].bytes
    }

    fn erase(&mut self, slot: Slot) -> Result<(), StorageError> {
        let done = self.empty(number_of(slot));
        self.told("emptying a slot", done)
    }

    fn program(&mut self, slot: Slot, bytes: &[u8]) -> Result<(), StorageError> {
        let number = number_of(slot);
        if bytes.len() > (self.capacity as usize).saturating_sub(self.slots[number].bytes.len()) {
            return Err(StorageError::Full);
        }
        let done = self.append(number, bytes);
        self.told("writing a slot", done)
    }

    fn control(&self, copy: ControlCopy) -> &[u8] {
        &self.controls[copy_of(copy)]
    }

    fn write_control(&mut self, copy: ControlCopy, bytes: &[u8]) -> Result<(), StorageError> {
        let number = copy_of(copy);
        let done = self.settle().and_then(|()| self.replace(&self.folder.join(CONTROLS[number]), bytes));
        self.told("writing a control record", done)?;
        self.controls[number] = bytes.to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_not_finished_is_no_file() {
        let path = std::env::temp_dir().join(format!("pump-disk-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let open = || Disk::open(&path, 1_024).expect("opened");
        let mut disk = open();
        disk.program(Slot::A, b"whole").expect("written");
        disk.write_control(ControlCopy::First, b"first").expect("written");
        disk.erase(Slot::B).expect("emptied");
        disk.program(Slot::B, b"not named by any control record").expect("written");
        drop(disk);
        fs::write(path.join("control-2.new"), b"sec").expect("written");
        let mut disk = open();
        assert_eq!((disk.slot(Slot::A), disk.slot(Slot::B)), (&b"whole"[..], &b""[..]));
        assert_eq!((disk.control(ControlCopy::First), disk.control(ControlCopy::Second)), (&b"first"[..], &b""[..]));
        disk.program(Slot::A, b", and more").expect("written");
        disk.write_control(ControlCopy::Second, b"second").expect("written");
        assert_eq!(disk.program(Slot::A, &[0; 1_024]), Err(StorageError::Full));
        drop(disk);
        let disk = open();
        assert_eq!((disk.slot(Slot::A), disk.control(ControlCopy::Second)), (&b"whole, and more"[..], &b"second"[..]));
        assert!(Disk::open(&path, 1_024).is_err_and(|problem| problem.why.contains("another server")));
        drop(disk);
        fs::remove_dir_all(&path).expect("removed");
    }
}
