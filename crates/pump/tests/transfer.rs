//! Transfers, activation, power cuts and the therapy.

mod common;

use common::*;
use pump::{ControlCopy, Error, MemoryStorage, Pump, Receipt, Rule, Slot, Status, Storage, StorageError};

fn revision(revision: u16) -> Vec<u8> {
    let mut draft = small();
    draft.revision = revision;
    draft.write()
}

fn send<S: Storage>(pump: &mut Pump<S>, file: &[u8]) -> Result<Receipt, Error> {
    pump.begin(file.len() as u32)?;
    for (number, chunk) in file.chunks(100).enumerate() {
        pump.chunk(number as u32 * 100, chunk)?;
    }
    pump.finish()
}

fn revisions<S: Storage>(pump: &Pump<S>) -> (u16, u16) {
    let revision = |library: Option<pump::Library<'_>>| library.map_or(0, |it| it.revision());
    (revision(pump.active()), revision(pump.staged()))
}

#[track_caller]
fn refused_with<T: std::fmt::Debug>(result: Result<T, Error>, rule: Rule, path: &str) {
    let error = result.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.rule, refusal.path().to_string().as_str()), (rule, path));
}

/// A pump with revision 1 active and 2 staged.
fn pump() -> Pump<MemoryStorage> {
    let mut pump = Pump::power_on(MemoryStorage::new());
    assert_eq!(send(&mut pump, &revision(1)), Ok(Receipt::Staged));
    pump.activate().unwrap();
    assert_eq!(send(&mut pump, &revision(2)), Ok(Receipt::Staged));
    assert_eq!(revisions(&pump), (1, 2));
    pump
}

#[test]
fn a_new_pump_has_no_library() {
    let pump = Pump::power_on(MemoryStorage::new());
    assert_eq!(pump.status(), Status::NoLibrary);
    assert!(pump.active().is_none() && pump.staged().is_none());
    assert!(pump.find_setup("Intensive", "Morphine").is_none());
}

#[test]
fn a_library_comes_in_chunks_is_staged_and_activated() {
    let mut pump = Pump::power_on(MemoryStorage::new());
    assert_eq!(send(&mut pump, &revision(1)), Ok(Receipt::Staged));
    assert_eq!(revisions(&pump), (0, 1));
    assert!(pump.find_setup("Intensive", "Morphine").is_none());
    pump.activate().unwrap();
    assert_eq!(revisions(&pump), (1, 0));
    assert_eq!(pump.status(), Status::Active);
    assert!(pump.find_setup("Intensive", "Morphine").is_some());
    refused_with(pump.activate(), Rule::ActivationStaged, "activation");
}

#[test]
fn libraries_follow_one_another_through_the_slots() {
    let mut pump = pump();
    for next in 3..12 {
        pump.activate().unwrap();
        assert_eq!(revisions(&pump), (next - 1, 0));
        assert_eq!(send(&mut pump, &revision(next)), Ok(Receipt::Staged));
        assert_eq!(revisions(&pump), (next - 1, next));
    }
    assert_eq!(send(&mut pump, &revision(30)), Ok(Receipt::Staged));
    assert_eq!(revisions(&pump), (10, 30));
    assert_eq!(send(&mut pump, &revision(9)), Ok(Receipt::Staged));
    assert_eq!(revisions(&pump), (10, 9));
}

#[test]
fn a_refused_library_leaves_the_others_as_they_were() {
    let mut pump = pump();
    let mut file = revision(3);
    file[200] ^= 1;
    let error = send(&mut pump, &file).unwrap_err();
    assert_eq!(error.refusal().unwrap().rule, Rule::SectionCrc);
    assert_eq!(revisions(&pump), (1, 2));
    refused_with(pump.finish(), Rule::TransferIdle, "transfer");
    let storage = pump.into_storage();
    let empty = Slot::ALL.iter().filter(|slot| storage.slot(**slot).is_empty());
    assert_eq!(empty.count(), 1);
    assert_eq!(revisions(&Pump::power_on(storage)), (2, 0));
}

#[test]
fn a_transfer_is_begun_first() {
    let mut pump = pump();
    refused_with(pump.chunk(0, &[1]), Rule::TransferIdle, "transfer");
    refused_with(pump.finish(), Rule::TransferIdle, "transfer");
    refused_with(pump.abort(), Rule::TransferIdle, "transfer");
    assert_eq!(revisions(&pump), (1, 2));
}

#[test]
fn a_transfer_has_the_announced_size() {
    let mut pump = Pump::power_on(MemoryStorage::with_capacity(2000));
    refused_with(pump.begin(0), Rule::TransferSize, "transfer");
    refused_with(pump.begin(2001), Rule::TransferSize, "transfer");
    pump.begin(2000).unwrap();
    pump.chunk(0, &[0; 1999]).unwrap();
    refused_with(pump.chunk(1999, &[0; 2]), Rule::TransferSize, "transfer");
    refused_with(pump.chunk(1999, &[0]), Rule::TransferIdle, "transfer");
    let file = revision(1);
    pump.begin(file.len() as u32 + 1).unwrap();
    pump.chunk(0, &file).unwrap();
    refused_with(pump.finish(), Rule::TransferSize, "transfer");
    assert_eq!(revisions(&pump), (0, 0));
}

#[test]
fn chunks_follow_one_another() {
    let mut pump = pump();
    for offset in [0, 1, 99, 101, u32::MAX] {
        pump.begin(1000).unwrap();
        pump.chunk(0, &[0; 100]).unwrap();
        refused_with(pump.chunk(offset, &[0; 10]), Rule::TransferOrder, "transfer");
        refused_with(pump.finish(), Rule::TransferIdle, "transfer");
    }
    assert_eq!(revisions(&pump), (1, 2));
}

#[test]
fn a_transfer_may_be_aborted_and_begun_again() {
    let mut pump = pump();
    pump.begin(1000).unwrap();
    pump.chunk(0, &[0; 100]).unwrap();
    pump.abort().unwrap();
    pump.begin(1000).unwrap();
    pump.chunk(0, &[0; 100]).unwrap();
    assert_eq!(send(&mut pump, &revision(3)), Ok(Receipt::Staged));
    assert_eq!(revisions(&pump), (1, 3));
}

#[test]
fn the_active_library_again_leaves_nothing_to_activate() {
    let mut pump = pump();
    pump.activate().unwrap();
    assert_eq!(send(&mut pump, &revision(2)), Ok(Receipt::AlreadyActive));
    assert_eq!(revisions(&pump), (2, 0));
    send(&mut pump, &revision(3)).unwrap();
    assert_eq!(send(&mut pump, &revision(2)), Ok(Receipt::AlreadyActive));
    refused_with(pump.activate(), Rule::ActivationStaged, "activation");
    assert_eq!(revisions(&Pump::power_on(pump.into_storage())), (2, 0));
}

#[test]
fn nothing_is_activated_during_a_therapy() {
    let mut pump = pump();
    pump.start(100_000, 50_000);
    refused_with(pump.activate(), Rule::ActivationTherapy, "activation");
    assert_eq!(revisions(&pump), (1, 2));
    pump.tick(1_800_000);
    assert!(!pump.therapy().is_running());
    pump.activate().unwrap();
    assert_eq!(revisions(&pump), (2, 0));
}

#[test]
fn a_transfer_leaves_the_therapy_alone_and_survives_an_activation() {
    let mut pump = pump();
    let file = revision(3);
    pump.begin(file.len() as u32).unwrap();
    pump.chunk(0, &file[..50]).unwrap();
    pump.activate().unwrap();
    pump.start(10_000, 10_000);
    pump.tick(1000);
    pump.chunk(50, &file[50..]).unwrap();
    assert_eq!(pump.finish(), Ok(Receipt::Staged));
    assert_eq!(revisions(&pump), (2, 3));
    assert_eq!(pump.therapy().infused(), 2);
    assert!(pump.therapy().is_running());
}

#[test]
fn power_on_activates_a_staged_library() {
    let pump = Pump::power_on(pump().into_storage());
    assert_eq!(revisions(&pump), (2, 0));
    assert_eq!(pump.status(), Status::Activated);
    let pump = Pump::power_on(pump.into_storage());
    assert_eq!(pump.status(), Status::Active);
}

#[test]
fn a_damaged_staged_library_is_refused_at_its_activation() {
    let mut pump = Pump::power_on(Faulty::new(pump().into_storage()));
    send(&mut pump, &revision(5)).unwrap();
    assert_eq!(revisions(&pump), (2, 5));
    pump.manager().storage().rot.set(true);
    refused_with(pump.activate(), Rule::FileLength, "header.file_length");
    pump.manager().storage().rot.set(false);
    assert_eq!(revisions(&pump), (2, 0));
}

#[test]
fn a_damaged_active_library_is_replaced_by_the_one_before() {
    let mut pump = pump();
    pump.activate().unwrap();
    let mut storage = pump.into_storage();
    let active = Slot::ALL.into_iter().find(|slot| storage.slot(*slot) == revision(2)).unwrap();
    storage.erase(active).unwrap();
    let pump = Pump::power_on(storage.clone());
    assert_eq!(pump.status(), Status::Restored);
    assert_eq!(revisions(&pump), (1, 0));
    for slot in Slot::ALL {
        storage.erase(slot).unwrap();
    }
    let mut pump = Pump::power_on(storage);
    assert_eq!(pump.status(), Status::Lost);
    send(&mut pump, &revision(3)).unwrap();
    pump.activate().unwrap();
    assert_eq!(revisions(&pump), (3, 0));
}

#[test]
fn what_was_received_but_not_finished_never_becomes_active() {
    let mut pump = pump();
    pump.activate().unwrap();
    let mut storage = pump.into_storage();
    for slot in Slot::ALL {
        storage.erase(slot).unwrap();
    }
    for _ in 0..3 {
        let mut pump = Pump::power_on(storage);
        let file = revision(9);
        pump.begin(file.len() as u32).unwrap();
        pump.chunk(0, &file).unwrap();
        storage = pump.into_storage();
        let pump = Pump::power_on(storage.clone());
        assert_eq!(revisions(&pump), (0, 0));
    }
}

/// A storage that stops writing after a number of writes, the last of which it stores in part.
#[derive(Clone)]
struct Faulty {
    inner: MemoryStorage,
    writes: usize,
    /// The writes that are carried out before the power fails.
    limit: usize,
    /// How many bytes of the last one are stored.
    torn: usize,
    /// Whether the slots read as nothing.
    rot: std::cell::Cell<bool>,
}

impl Faulty {
    fn new(inner: MemoryStorage) -> Self {
        Self { inner, writes: 0, limit: usize::MAX, torn: 0, rot: std::cell::Cell::new(false) }
    }

    /// How much of a write of so many bytes is stored.
    fn stored(&mut self, length: usize) -> usize {
        self.writes += 1;
        match self.writes.cmp(&self.limit) {
            std::cmp::Ordering::Less => length,
            std::cmp::Ordering::Equal => self.torn.min(length),
            std::cmp::Ordering::Greater => 0,
        }
    }
}

impl Storage for Faulty {
    fn capacity(&self) -> u32 {
        self.inner.capacity()
    }
    fn slot(&self, slot: Slot) -> &[u8] {
        if self.rot.get() {
            return &[];
        }
        self.inner.slot(slot)
    }
    fn erase(&mut self, slot: Slot) -> Result<(), StorageError> {
        let kept = self.inner.slot(slot).to_vec();
        let erased = self.stored(kept.len());
        self.inner.erase(slot)?;
        self.inner.program(slot, &kept[..kept.len() - erased])
    }
    fn program(&mut self, slot: Slot, bytes: &[u8]) -> Result<(), StorageError> {
        let stored = self.stored(bytes.len());
        self.inner.program(slot, &bytes[..stored])
    }
    fn control(&self, copy: ControlCopy) -> &[u8] {
        self.inner.control(copy)
    }
    fn write_control(&mut self, copy: ControlCopy, bytes: &[u8]) -> Result<(), StorageError> {
        let stored = self.stored(bytes.len());
        let mut record = self.inner.control(copy).to_vec();
        record.resize(record.len().max(stored), 0);
        record[..stored].copy_from_slice(&bytes[..stored]);
        self.inner.write_control(copy, &record)
    }
}

/// Cuts the power at every write of an action, after every number of its bytes up to 16, and
/// shows what is active and staged right after, before power-on activates what is staged.
fn cut_everywhere(start: &MemoryStorage, action: impl Fn(&mut Pump<Faulty>), check: impl Fn(u16, Status)) {
    let mut whole = Pump::power_on(Faulty::new(start.clone()));
    action(&mut whole);
    let writes = whole.into_storage().writes;
    assert!(writes > 0);
    for limit in 1..=writes {
        for torn in 0..=16 {
            let mut storage = Faulty::new(start.clone());
            storage.limit = limit;
            storage.torn = torn;
            let mut pump = Pump::power_on(storage);
            action(&mut pump);
            let storage = pump.into_storage().inner;
            let pump = Pump::power_on(storage);
            assert!(pump.staged().is_none());
            check(revisions(&pump).0, pump.status());
        }
    }
}

#[test]
fn a_power_cut_during_the_first_transfer_leaves_no_library_or_the_new_one() {
    cut_everywhere(
        &MemoryStorage::new(),
        |pump| {
            let _ = send(pump, &revision(1));
            let _ = pump.activate();
        },
        |active, status| match active {
            0 => assert_eq!(status, Status::NoLibrary),
            1 => assert!(matches!(status, Status::Active | Status::Activated)),
            _ => panic!("revision {active}"),
        },
    );
}

#[test]
fn a_power_cut_leaves_the_old_or_the_new_library_whole() {
    // Revision 2 is active, 1 the one before, nothing staged.
    let start = Pump::power_on(pump().into_storage()).into_storage();
    cut_everywhere(
        &start,
        |pump| {
            let _ = send(pump, &revision(3));
            let _ = send(pump, &revision(4));
            let _ = pump.activate();
            let _ = send(pump, &revision(5));
            let _ = pump.activate();
        },
        |active, status| {
            assert!((2..=5).contains(&active), "{active}");
            assert!(matches!(status, Status::Active | Status::Activated), "{status:?}");
        },
    );
}

#[test]
fn a_power_cut_during_power_on_leaves_a_library() {
    let start = pump().into_storage();
    cut_everywhere(&start, |_| {}, |active, _| assert_eq!(active, 2));
}

#[test]
fn a_power_cut_during_a_refused_transfer_changes_nothing() {
    let start = Pump::power_on(pump().into_storage()).into_storage();
    let mut bad = revision(7);
    bad[300] ^= 4;
    cut_everywhere(
        &start,
        |pump| {
            for _ in 0..2 {
                let _ = send(pump, &bad);
            }
        },
        |active, status| assert_eq!((active, status), (2, Status::Active)),
    );
}

#[test]
fn a_staged_library_stays_when_the_power_is_cut_later() {
    let start = pump().into_storage();
    let mut storage = Faulty::new(start);
    // The write of the control record at power-on is torn.
    storage.limit = 1;
    storage.torn = 6;
    let pump = Pump::power_on(storage);
    assert_eq!(revisions(&pump), (1, 2));
    let storage = pump.into_storage().inner;
    assert_eq!(revisions(&Pump::power_on(storage)), (2, 0));
}

#[test]
fn the_infused_volume_is_exact() {
    let mut pump = Pump::power_on(MemoryStorage::new());
    // A third of a ml per hour, in steps of a millisecond and of an hour.
    pump.start(3333, 99_990_000);
    for _ in 0..36_000 {
        pump.tick(100);
    }
    assert_eq!(pump.therapy().infused(), 3333);
    pump.tick(3_600_000);
    assert_eq!(pump.therapy().infused(), 6666);
    pump.stop();
    pump.tick(3_600_000);
    assert_eq!(pump.therapy().infused(), 6666);
    pump.start(u32::MAX, 7);
    pump.tick(u32::MAX);
    assert_eq!(pump.therapy().infused(), 7);
    assert!(!pump.therapy().is_running());
    pump.start(5, 0);
    assert!(!pump.therapy().is_running());
}
