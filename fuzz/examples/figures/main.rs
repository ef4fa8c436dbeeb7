//! Measures the figures of `docs/figures.md`: ratios within one run, so that the machine matters little.
//!
//! `cargo run --profile figures -p infuzz-fuzz --example figures`; instructions are counted where
//! valgrind is installed.

mod owned;
mod repeat;

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
fn time(calls: u32, call: impl FnMut()) -> f64 {
    fastest(9, calls, call)
}

fn fastest(rounds: u32, calls: u32, mut call: impl FnMut()) -> f64 {
    let rounds = (0..rounds).map(|_| {
        let begun = Instant::now();
        for _ in 0..calls {
            call();
        }
        begun.elapsed().as_nanos() as f64 / f64::from(calls)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

/// Nanoseconds of one call of each of two things done in turns, each the fastest of several rounds.
///
/// A parse repeated on one input runs with every branch foreseen; between other work it does not.
fn in_turns(calls: u32, mut first: impl FnMut(), mut second: impl FnMut()) -> (f64, f64) {
    let mut fastest = (f64::INFINITY, f64::INFINITY);
    for _ in 0..9 {
        let mut spent = (0.0, 0.0);
        for _ in 0..calls {
            let begun = Instant::now();
            first();
            let middle = Instant::now();
            second();
            spent.1 += middle.elapsed().as_nanos() as f64;
            spent.0 += (middle - begun).as_nanos() as f64;
        }
        fastest = (fastest.0.min(spent.0), fastest.1.min(spent.1));
    }
    (fastest.0 / f64::from(calls), fastest.1 / f64::from(calls))
}

/// Cases per second of the sweep of a library, on this one core: each delivered, judged and
/// followed by the known-good step. Cases that are another library than this one, changed, are
/// left out, as far as their length tells; of many megabytes of cases a part is run.
fn sweep(format: &'static Format, base: &[u8], known_good: [Vec<u8>; 2]) -> Result<(usize, f64), String> {
    let mut plan = Plan::new(format, base, Vec::new(), Instances::Three);
    plan.shuffle(1);
    let most = (64 << 20) / base.len();
    let cases: Vec<Vec<u8>> = plan.cases.iter().take(most).map(|case| plan.bytes(case)).collect();
    let own = |bytes: &&Vec<u8>| bytes.len() <= base.len() + 64 && !Session::is_session(bytes);
    let cases: Vec<&Vec<u8>> = cases.iter().filter(own).collect();
    let bench = Bench::new(format, PumpInProcess::new(), known_good).map_err(|e| e.to_string())?.thorough();
    let empty = Plan::empty(format);
    let mut sweeper = Sweeper::new(&empty, bench);
    let mut found = 0;
    let round = fastest(3, 1, || {
        for (index, bytes) in cases.iter().enumerate() {
            found += usize::from(!sweeper.deliver(index, bytes, "").raised.is_empty());
        }
    });
    if found > 0 {
        return Err(format!("{found} cases of the sweep show a finding"));
    }
    Ok((cases.len(), cases.len() as f64 * 1e9 / round))
}

/// A ratio by instructions, if they were counted.
fn against(counted: Option<f64>, parse: Option<f64>) -> String {
    match (counted, parse) {
        (Some(counted), Some(parse)) => {
            format!("{:.2}× by instructions ({counted:.0} against {parse:.0} thousand)", counted / parse)
        }
        _ => "instructions not counted (valgrind is not there)".to_owned(),
    }
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("repeat", rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return repeat::repeat(rest);
    }
    let builtin = Builtin::named("drug-library").ok_or("not built in")?;
    let format: &'static Format = Box::leak(Box::new(builtin.load().map_err(|e| e.to_string())?));
    let seed = |name: &str| builtin.seed(format, name).map_err(|e| e.to_string());
    let (every, typical, maximal) = (seed("every-kind")?, seed("typical")?, seed("maximal")?);
    let parse = |bytes: &[u8]| drop(black_box(pump::validate(black_box(bytes))));

    println!("| figure | measured | goal |\n|---|---|---|");
    let mut body = Body::new(target("drug_library").ok_or("no target")?, None)?;
    let counted = repeat::instructions;
    let (mut draw, mut failed) = (0, 0);
    let mut data = Vec::new();
    let mut execute = || {
        draw += 1;
        data.clone_from(&every);
        body.mutate(&mut data, 4096, draw);
        failed += u32::from(body.execute(&data).is_some());
    };
    let alone = time(2000, &mut execute);
    let (execution, parsed) = in_turns(2000, &mut execute, || parse(&every));
    println!(
        "| one execution of drug_library from every-kind against one parse of it | {}; {:.1}× by time, in turns | ≤ 6× |",
        against(counted("execution", "every-kind", 2000), counted("parse", "every-kind", 2000)),
        execution / parsed
    );
    println!(
        "| executions alone | {:.0}/s; {:.1}× by time of parses alone | |",
        1e9 / alone,
        alone / time(2000, || parse(&every))
    );
    for (name, bytes, calls) in [("every-kind", &every, 2000), ("typical", &typical, 50)] {
        let mut mutation = Mutation::new(format, vec![bytes.clone()]);
        let mut draw = 0;
        let mut data = Vec::new();
        let mutate = || {
            draw += 1;
            data.clone_from(bytes);
            black_box(mutation.mutate(&mut data, 4096.max(2 * bytes.len()), draw));
        };
        let (mutate, parsed) = in_turns(calls, mutate, || parse(bytes));
        println!(
            "| mutate {name} (known already) against parsing it | {}; {:.1}× by time, in turns | ≤ 2× |",
            against(counted("mutate-again", name, calls), counted("parse", name, calls)),
            mutate / parsed
        );
        println!(
            "| mutate {name}, unlike the inputs before, against parsing it | {} | ≤ 2× |",
            against(counted("mutate", name, calls), counted("parse", name, calls)),
        );
    }
    for seed in ["fuller", "crowded"] {
        let image = &format!("miva-library/{seed}");
        let parse = counted("parse", image, 5);
        let row = |what: &str, counted: Option<f64>, parse: Option<f64>, goal: &str| {
            println!("| {what} | {} | {goal} |", against(counted, parse));
        };
        let edit = format!("set one field of the {seed} image and repair its record's check, against parsing it");
        row(&edit, counted("edit", image, 500), parse, "≤ 0.5×");
        let again = format!("mutate the {seed} image (known already) against parsing it");
        row(&again, counted("mutate-again", image, 2000), parse, "≤ 0.5×");
        let anew = format!("mutate the {seed} image, unlike the inputs before, against parsing it");
        row(&anew, counted("mutate", image, 500), parse, "");
        let campaign = counted("campaign", image, 500);
        row(&format!("mutate in a campaign from the {seed} image, against parsing that"), campaign, parse, "");
        let inputs = counted("campaign-parse", image, 500);
        row("the same against parsing what is mutated, until it is refused", campaign, inputs, "");
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
    for what in ["decode", "judge", "judge-mutated", "execute"] {
        println!(
            "| {what} every-kind against parsing it | {} | |",
            against(counted(what, "every-kind", 2000), counted("parse", "every-kind", 2000))
        );
    }
    let content = owned::Library::of(&maximal).ok_or("the maximal library is not valid")?;
    let encoded = owned::encode(&content)?;
    let (parsed, decoded) = in_turns(5, || parse(&maximal), || drop(black_box(owned::decode(black_box(&encoded)))));
    println!(
        "| parse of the maximal library ({} bytes), all checks, against bincode decoding the same content | {:.2}× ({:.1} ns and {} instructions per byte) | ≤ 2× |",
        maximal.len(),
        parsed / decoded,
        parsed / maximal.len() as f64,
        counted("parse", "maximal", 5)
            .map_or("uncounted".to_owned(), |thousand| format!("{:.0}", thousand * 1000.0 / maximal.len() as f64))
    );
    if failed > 0 {
        return Err(format!("{failed} executions showed a finding: the figures are those of a bad pump"));
    }
    Ok(())
}
