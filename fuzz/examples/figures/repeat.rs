//! Instructions of one call of each of the things measured, counted by callgrind: `figures repeat
//! parse|decode|judge|judge-mutated|mutate|execute|execution LIBRARY TIMES` is what runs under it.

use infuzz::builtin::Builtin;
use infuzz::judgement::Judge;
use infuzz::mutate::Mutation;
use infuzz::rules::Checker;
use infuzz::tree::Tree;
use infuzz_fuzz::{Body, target};
use std::hint::black_box;
use std::process::Command;

#[inline(never)]
fn measured(call: &mut dyn FnMut()) {
    call();
}

/// Thousand instructions of one call, if callgrind is there.
pub(crate) fn instructions(what: &str, library: &str, times: u32) -> Option<f64> {
    let figures = std::env::current_exe().ok()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measured*"])
        .arg(figures)
        .args(["repeat", what, library, &times.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let counted = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<f64>().ok())?;
    Some(counted / f64::from(times) / 1000.0)
}

/// Does one of the things so many times.
pub(crate) fn repeat(arguments: &[String]) -> Result<(), String> {
    let [what, library, times] = arguments else { return Err("repeat WHAT LIBRARY TIMES".into()) };
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
    let mut data = Vec::new();
    for draw in 1..=times {
        data.clone_from(&bytes);
        match what.as_str() {
            "parse" => measured(&mut || drop(black_box(pump::validate(black_box(&bytes))))),
            "decode" => measured(&mut || tree.redecode(black_box(&bytes))),
            "judge" => measured(&mut || {
                tree.redecode(black_box(&bytes));
                black_box(checker.judge(&tree));
            }),
            "mutate" => measured(&mut || {
                black_box(mutation.mutate(&mut data, room, draw));
            }),
            "execution" => measured(&mut || {
                body.mutate(&mut data, room, draw);
                black_box(body.execute(&data));
            }),
            "judge-mutated" | "execute" => {
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
