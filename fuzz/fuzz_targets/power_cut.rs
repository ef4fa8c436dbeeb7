//! Fuzz target: see the table in `infuzz_fuzz`.
#![cfg_attr(engine = "libfuzzer", no_main)]
infuzz_fuzz::main!("power_cut");
