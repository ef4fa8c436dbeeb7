//! Prints the names of all targets, for scripts.

fn main() {
    for target in infuzz_fuzz::TARGETS {
        println!("{}", target.name);
    }
}
