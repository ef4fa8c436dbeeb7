//! AFL++: persistent mode with inputs in shared memory; the target is set up before the fork server
//! starts, so children begin with it.

pub use afl as sys;

/// Runs the target until the engine ends it.
pub fn run() {
    // An unwind out of the closure never happens: a panic aborts.
    sys::fuzz(true, super::execute);
}
