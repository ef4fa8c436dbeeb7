//! honggfuzz: persistent mode. It has no custom mutators, so its bytes are scripts of edits.

use super::{POINTS, Point, Reading, execute, prepare};

/// Runs a target until the engine ends it.
pub fn run(name: &str, points: &'static [Point; POINTS]) -> ! {
    prepare(name, Reading::Scripted, points);
    loop {
        honggfuzz::fuzz(execute);
    }
}
