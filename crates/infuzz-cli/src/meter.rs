//! The worker counts what it allocates, so that a delivery can be held against its budget.

pub use infuzz_fuzz::meter::METER;

#[global_allocator]
static ALLOCATOR: infuzz_fuzz::meter::Counting = infuzz_fuzz::meter::Counting;
