//! Repeats one of the things that `docs/figures.md` counts instructions of, for a profiler.
//!
//! `repeat parse|decode|judge|judge-mutated|mutate|execute|execution LIBRARY TIMES`; under
//! `callgrind` with `--toggle-collect='*measured*'` nothing else is counted.

use infuzz::builtin::Builtin;
use infuzz::judgement::Judge;
use infuzz::mutate::Mutation;
use infuzz::rules::Checker;
use infuzz::tree::Tree;
use infuzz_fuzz::{Body, target};
use std::hint::black_box;

#[inline(never)]
fn measured(call: &mut dyn FnMut()) {
    call();
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, library, times] = arguments.as_slice() else { return Err("WHAT LIBRARY TIMES".into()) };
    let times: u64 = times.parse().map_err(|_| "TIMES is not a number")?;
    let builtin = Builtin::named("drug-library").ok_or("not built in")?;
    let format = builtin.load().map_err(|e| e.to_string())?;
    let bytes = builtin.seed(&format, library).map_err(|e| e.to_string())?;
    let mut tree = Tree::empty(&format);
    let mut judge = Judge::new(&format);
    let mut checker = Checker::default();
    let mut mutation = Mutation::new(&format, vec![bytes.clone()]);
    let mut body = Body::new(target("drug_library").ok_or("no target")?, None)?;
    let room = 4096.max(2 * bytes.len());
    for draw in 1..=times {
        match what.as_str() {
            "parse" => measured(&mut || drop(black_box(pump::validate(black_box(&bytes))))),
            "decode" => measured(&mut || tree.redecode(black_box(&bytes))),
            "judge" => measured(&mut || {
                tree.redecode(black_box(&bytes));
                black_box(checker.judge(&tree));
            }),
            "mutate" => measured(&mut || {
                let mut data = bytes.clone();
                black_box(mutation.mutate(&mut data, room, draw));
            }),
            "execution" => measured(&mut || {
                let mut data = bytes.clone();
                body.mutate(&mut data, room, draw);
                black_box(body.execute(&data));
            }),
            "judge-mutated" | "execute" => {
                let mut data = bytes.clone();
                body.mutate(&mut data, room, draw);
                if what == "execute" {
                    measured(&mut || drop(black_box(body.execute(&data))));
                } else {
                    measured(&mut || {
                        black_box(judge.judge(black_box(&data)));
                    });
                }
            }
            other => return Err(format!("there is no `{other}` to repeat")),
        }
    }
    Ok(())
}
