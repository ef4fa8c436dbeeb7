//! Instructions of one call of each of the things measured, counted by callgrind: `figures repeat
//! WHAT LIBRARY TIMES` is what runs under it. A library is a seed of `drug-library`, or FORMAT/SEED.
//!
//! WHAT is `parse`, `decode`, `judge`, `judge-mutated`, `execute`, `execution`; `mutate` with an
//! input unlike the two before, `mutate-again` with that which was decoded last; `edit` of one field
//! of a decoded input, its checks repaired; `campaign`, mutations as an engine asks for them, and
//! `campaign-parse`, parses of what they begin with.

use infuzz::builtin::Builtin;
use infuzz::format::Format;
use infuzz::judgement::Judge;
use infuzz::mutate::Mutation;
use infuzz::rng::Rng;
use infuzz::rules::Checker;
use infuzz::tree::{Edit, NodeId, Repair, Tree};
use infuzz_fuzz::{Body, TARGETS};
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

/// One strict parse by the pump.
fn parse(format: &str, bytes: &[u8]) {
    measured(&mut || {
        if format == "miva-library" {
            let _ = black_box(pump::miva::validate(black_box(bytes)));
        } else {
            let _ = black_box(pump::validate(black_box(bytes)));
        }
    });
}

/// libFuzzer's `-mutate_depth`.
const IN_A_ROW: u64 = 5;

/// An edit of one byte of a leaf that is no relation.
fn one_field(format: &Format, tree: &Tree<'_>, seed: u64) -> Edit {
    let mut rng = Rng::new(seed);
    loop {
        let node = rng.below(tree.nodes().len()) as NodeId;
        let field = format.field(tree.node(node).field);
        if field.is_leaf() && field.relation.is_none() && !tree.node(node).blank {
            let mut bytes = tree.span(node).to_vec();
            if let Some(first) = bytes.first_mut() {
                *first ^= 1;
                return Edit::set(tree, node, bytes);
            }
        }
    }
}

/// Does one of the things so many times.
pub(crate) fn repeat(arguments: &[String]) -> Result<(), String> {
    let [what, library, times] = arguments else { return Err("repeat WHAT LIBRARY TIMES".into()) };
    let times: u64 = times.parse().map_err(|_| "TIMES is not a number")?;
    let (name, seed) = library.split_once('/').unwrap_or(("drug-library", library));
    let builtin = Builtin::named(name).ok_or("not built in")?;
    let format = builtin.load().map_err(|e| e.to_string())?;
    let bytes = builtin.seed(&format, seed).map_err(|e| e.to_string())?;
    let target = TARGETS.iter().find(|target| target.format == name).ok_or("no target")?;
    let mut tree = Tree::empty(&format);
    let mut judge = Judge::new(&format);
    let mut checker = Checker::default();
    let mut mutation = Mutation::new(&format, vec![bytes.clone()]);
    let mut body = Body::new(target, None)?;
    let others = builtin.seeds.iter().map(|(name, _)| *name).filter(|name| *name != seed && *name != "maximal");
    let others: Result<Vec<_>, _> = others.take(2).map(|name| builtin.seed(&format, name)).collect();
    let others = others.map_err(|e| e.to_string())?;
    let room = 4096.max(2 * bytes.len());
    let (mut data, mut last, mut corpus) = (Vec::new(), Vec::new(), vec![bytes.clone()]);
    for draw in 1..=times {
        data.clone_from(&bytes);
        match what.as_str() {
            "parse" => parse(name, &bytes),
            "decode" => measured(&mut || tree.redecode(black_box(&bytes))),
            "judge" => measured(&mut || {
                tree.redecode(black_box(&bytes));
                black_box(checker.judge(&tree));
            }),
            "mutate" => {
                // What is known of this input is forgotten over two others.
                for other in &others {
                    let decoded = |seed: &u64| {
                        !["seed", "raw"].contains(&mutation.mutate(&mut other.clone(), 2 * other.len(), *seed))
                    };
                    (1..100).find(decoded);
                }
                measured(&mut || {
                    black_box(mutation.mutate(&mut data, room, draw));
                });
            }
            "mutate-again" => measured(&mut || {
                black_box(mutation.mutate(&mut data, room, draw));
            }),
            "edit" => {
                tree.redecode(&bytes);
                let edit = one_field(&format, &tree, draw);
                measured(&mut || drop(black_box(tree.apply(black_box(&edit), Repair::Affected))));
            }
            "campaign" | "campaign-parse" => {
                // An engine mutates an input of its corpus a few times in a row, executing each.
                if draw % IN_A_ROW == 1 {
                    data.clone_from(&corpus[Rng::new(draw).below(corpus.len())]);
                } else {
                    data.clone_from(&last);
                }
                if what == "campaign-parse" {
                    parse(name, &data);
                    body.mutate(&mut data, room, draw);
                } else {
                    measured(&mut || {
                        body.mutate(&mut data, room, draw);
                    });
                }
                body.execute(&data);
                if body.accepted() && corpus.len() < 64 {
                    corpus.push(data.clone());
                }
                last.clone_from(&data);
            }
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
