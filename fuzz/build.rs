//! Tells the code which engine it is built for.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(engine, values(none(), \"libfuzzer\", \"afl\", \"honggfuzz\"))");
    let set = |name: &str| std::env::var_os(name).is_some();
    // bolero brings its engine along.
    let bolero = ["LIBFUZZER", "AFL", "HONGGFUZZ", "RANDOM"].iter().any(|e| set(&format!("CARGO_CFG_FUZZING_{e}")));
    if !set("CARGO_CFG_FUZZING") || bolero {
        return;
    }
    let engine = ["honggfuzz", "afl", "libfuzzer"]
        .into_iter()
        .find(|engine| set(&format!("CARGO_FEATURE_{}", engine.to_uppercase())));
    match engine {
        Some(engine) => println!("cargo::rustc-cfg=engine\ncargo::rustc-cfg=engine=\"{engine}\""),
        None => println!("cargo::error=a fuzzing build needs one of the features libfuzzer, afl and honggfuzz"),
    }
}
