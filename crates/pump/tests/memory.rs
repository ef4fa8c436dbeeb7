//! How much memory the check of a library takes.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::*;
use pump::{Table, validate};

/// Counts what the thread has allocated, and the most it ever had.
struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    let _ = NOW.try_with(|now| {
        now.set(now.get() + change);
        let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
    });
}

// SAFETY: every call is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Checks a file within the memory a receiver may take.
#[track_caller]
fn within_bounds(file: &[u8], accepted: bool) {
    let before = NOW.get();
    MOST.set(before);
    let result = validate(file);
    let taken = (MOST.get() - before) as usize;
    assert_eq!(result.is_ok(), accepted, "{:?}", result.err());
    assert!(taken <= 4 * file.len() + (64 << 10), "{taken} bytes");
}

#[test]
fn a_library_of_many_small_records_takes_little_memory() {
    let mut draft = small();
    for table in Table::ALL {
        draft.table(table).clear();
    }
    for number in 1..=30 {
        let name = format!("{number}");
        let record = profile(number, &name, 333, 9_990_000, 99_990_000, 0);
        draft.table(Table::Profile).push(record);
    }
    for number in 0..2500_u16 {
        let id = 1 + number * 3;
        let mut record = drug(id, &format!("{id}"), &format!("{id}"), 0);
        record.pop();
        record.push(3);
        for element in 0..3 {
            record.extend(format!("{:010}", number * 3 + element).bytes());
            record.extend(id.to_le_bytes());
        }
        draft.table(Table::Drug).push(record);
        for concentration in [id, id + 1] {
            let record = Out::default().u16(concentration).u16(id).raw(&[2, 3, 0]);
            draft.table(Table::Concentration).push(record.0);
        }
    }
    for profile in 1..=30 {
        for number in 0..333 {
            let references = [profile, 1 + number * 3, 0, 0, 0, 0];
            let record = setup([5, 1, 1, 64], references, Out(vec![0]));
            draft.table(Table::Setup).push(record);
        }
    }
    within_bounds(&draft.write(), true);
}

#[test]
fn claimed_counts_take_no_memory() {
    let mut file = small().write();
    for (number, count) in [30_u16, 2500, 5000, 250, 100, 100, 10_000].iter().enumerate() {
        let at = 12 + number * 2;
        file[at..at + 2].copy_from_slice(&count.to_le_bytes());
        reseal(&mut file);
        within_bounds(&file, false);
    }
}

#[test]
fn names_that_all_stand_twice_are_found() {
    let mut draft = small();
    for number in 0..2000 {
        draft.table(Table::Drug).push(drug(10 + number, "The same", &format!("C{number}"), 0));
    }
    let offset = draft.offset(Table::Drug, 4) + 2;
    let file = draft.write();
    within_bounds(&file, false);
    refused(&file, pump::Rule::NameUnique, "drug[4].name", offset);
}
