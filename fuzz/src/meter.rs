//! The counting allocator of target binaries and workers: a delivery is held against its budget.
//!
//! Counted per thread: what other threads of the process allocate is not the device's.

use infuzz::oracle::Meter;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system allocator with two counters.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static START: Cell<isize> = const { Cell::new(0) };
}

/// What the oracles are given.
pub const METER: Meter = Meter { start, peak, held };

fn start() {
    let now = NOW.get();
    START.set(now);
    PEAK.set(now);
}

fn peak() -> usize {
    usize::try_from(PEAK.get() - START.get()).unwrap_or(0)
}

fn held() -> isize {
    NOW.get()
}

fn add(bytes: isize) {
    let now = NOW.get().wrapping_add(bytes);
    NOW.set(now);
    if now > PEAK.get() {
        PEAK.set(now);
    }
}

// SAFETY: every call is handed on to `System` unchanged, so its guarantees hold; the counters are
// plain cells of the thread that neither allocate nor have a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(-(layout.size() as isize));
        // SAFETY: the pointer came from `System` with this layout, as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as isize);
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size as isize - layout.size() as isize);
        // SAFETY: the pointer came from `System` with this layout, as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    #[global_allocator]
    static ALLOCATOR: super::Counting = super::Counting;

    use super::*;

    #[test]
    fn the_peak_is_what_was_allocated_at_once() {
        start();
        for _ in 0..4 {
            drop(std::hint::black_box(vec![1u8; 10_000]));
        }
        assert!((10_000..20_000).contains(&peak()), "{}", peak());
    }
}
