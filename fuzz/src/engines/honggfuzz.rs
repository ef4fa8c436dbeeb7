//! honggfuzz: persistent mode. It has no custom mutators, so its bytes are scripts of edits.

/// Runs the target until the engine ends it.
pub fn run() -> ! {
    loop {
        honggfuzz::fuzz(super::execute);
    }
}
