//! Measures the figures of `docs/figures.md`: ratios within one run, so that the machine matters little.
//!
//! `cargo run --profile figures -p infuzz-fuzz --example figures`

mod owned;

use infuzz::builtin::Builtin;
use infuzz::mutate::Mutation;
use infuzz_fuzz::{Body, target};
use std::hint::black_box;
use std::time::Instant;

/// Nanoseconds of one call: the fastest of several rounds, which is what other work on the
/// machine disturbs least.
fn time(calls: u32, mut call: impl FnMut()) -> f64 {
    let rounds = (0..9).map(|_| {
        let begun = Instant::now();
        for _ in 0..calls {
            call();
        }
        begun.elapsed().as_nanos() as f64 / f64::from(calls)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), String> {
    let builtin = Builtin::named("drug-library").ok_or("not built in")?;
    let format = builtin.load().map_err(|e| e.to_string())?;
    let seed = |name: &str| builtin.seed(&format, name).map_err(|e| e.to_string());
    let (every, typical, maximal) = (seed("every-kind")?, seed("typical")?, seed("maximal")?);
    let parse = |bytes: &[u8], calls| time(calls, || drop(black_box(pump::validate(black_box(bytes)))));

    println!("| figure | measured | goal |\n|---|---|---|");
    let one_parse = parse(&every, 2000);
    let mut body = Body::new(target("drug_library").ok_or("no target")?, None)?;
    let mut draw = 0;
    let mut failed = 0;
    let execution = time(2000, || {
        draw += 1;
        let mut data = every.clone();
        body.mutate(&mut data, 4096, draw);
        failed += u32::from(body.execute(&data).is_some());
    });
    println!(
        "| one execution of drug_library from every-kind against one parse of it | {:.1}× ({:.0} executions/s) | ≤ 6× |",
        execution / one_parse,
        1e9 / execution
    );
    for (name, bytes, calls) in [("every-kind", &every, 2000), ("typical", &typical, 50)] {
        let mut mutation = Mutation::new(&format, vec![bytes.clone()]);
        let mut draw = 0;
        let mutate = time(calls, || {
            draw += 1;
            let mut data = bytes.clone();
            black_box(mutation.mutate(&mut data, 4096.max(2 * bytes.len()), draw));
        });
        let parsed = parse(bytes, calls);
        println!("| mutate (decode, edit, encode) {name} against parsing it | {:.1}× | ≤ 2× |", mutate / parsed);
    }
    let content = owned::Library::of(&maximal).ok_or("the maximal library is not valid")?;
    let encoded = owned::encode(&content)?;
    let decoded = time(5, || drop(black_box(owned::decode(black_box(&encoded)))));
    let parsed = parse(&maximal, 5);
    println!(
        "| parse of the maximal library ({} bytes), all checks, against bincode decoding the same content | {:.2}× ({:.1} ns per byte) | ≤ 2× |",
        maximal.len(),
        parsed / decoded,
        parsed / maximal.len() as f64
    );
    if failed > 0 {
        return Err(format!("{failed} executions showed a finding: the figures are those of a bad pump"));
    }
    Ok(())
}
