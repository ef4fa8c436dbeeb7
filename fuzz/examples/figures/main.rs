//! Measures the figures of `docs/figures.md`: ratios within one run, so that the machine matters little.
//!
//! `cargo run --profile figures -p infuzz-fuzz --example figures`

mod owned;

use infuzz::builtin::Builtin;
use infuzz::format::Format;
use infuzz::mutate::Mutation;
use infuzz::oracle::Bench;
use infuzz::session::Session;
use infuzz::sweep::{Instances, Plan, Sweeper};
use infuzz_devices::PumpInProcess;
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

/// Cases per second of the sweep of a library, on this one core: each delivered, judged and
/// followed by the known-good step. Cases that are another library than this one, changed, are
/// left out, as far as their length tells.
fn sweep(format: &'static Format, base: &[u8], known_good: [Vec<u8>; 2]) -> Result<(usize, f64), String> {
    let mut plan = Plan::new(format, base, Vec::new(), Instances::Three);
    plan.shuffle(1);
    let cases: Vec<Vec<u8>> = plan.cases.iter().map(|case| plan.bytes(case)).collect();
    let own = |bytes: &&Vec<u8>| bytes.len() <= base.len() + 64 && !Session::is_session(bytes);
    let cases: Vec<&Vec<u8>> = cases.iter().filter(own).collect();
    let bench = Bench::new(format, PumpInProcess::new(), known_good).map_err(|e| e.to_string())?.thorough();
    let empty = Plan::empty(format);
    let mut sweeper = Sweeper::new(&empty, bench);
    let mut found = 0;
    let round = time(1, || {
        for (index, bytes) in cases.iter().enumerate() {
            found += usize::from(!sweeper.deliver(index, bytes, "").raised.is_empty());
        }
    });
    if found > 0 {
        return Err(format!("{found} cases of the sweep show a finding"));
    }
    Ok((cases.len(), cases.len() as f64 * 1e9 / round))
}

fn main() -> Result<(), String> {
    let builtin = Builtin::named("drug-library").ok_or("not built in")?;
    let format: &'static Format = Box::leak(Box::new(builtin.load().map_err(|e| e.to_string())?));
    let seed = |name: &str| builtin.seed(format, name).map_err(|e| e.to_string());
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
        let mut mutation = Mutation::new(format, vec![bytes.clone()]);
        let mut draw = 0;
        let mutate = time(calls, || {
            draw += 1;
            let mut data = bytes.clone();
            black_box(mutation.mutate(&mut data, 4096.max(2 * bytes.len()), draw));
        });
        let parsed = parse(bytes, calls);
        println!("| mutate (decode, edit, encode) {name} against parsing it | {:.1}× | ≤ 2× |", mutate / parsed);
    }
    for (name, bytes) in [("minimal", &seed("minimal")?), ("every-kind", &every), ("typical", &typical)] {
        let known_good = [seed("known-good-a")?, seed("known-good-b")?];
        let (cases, rate) = sweep(format, bytes, known_good)?;
        let goal = if name == "minimal" { "≥ 50,000 cases/s" } else { "" };
        println!(
            "| sweep of the {name} library ({} bytes), known-good after each of {cases} cases | {rate:.0} cases/s | {goal} |",
            bytes.len()
        );
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
