//! AFL++: persistent mode with inputs in shared memory; the target is set up before the fork server
//! starts, so children begin with it.

use super::{POINTS, Point, Reading, execute, prepare};

/// Runs a target until the engine ends it.
pub fn run(name: &str, points: &'static [Point; POINTS]) {
    prepare(name, Reading::Plain, points);
    // An unwind out of the closure never happens: a panic aborts.
    afl::fuzz(true, execute);
}
