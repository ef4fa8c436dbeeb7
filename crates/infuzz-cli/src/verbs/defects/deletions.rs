//! Every check of the pump taken out in turn.
//!
//! In the scratch copy each `require!` gets a number and asks, when its condition is false,
//! whether it is the one that is taken out; one build serves all.

use super::bank::{Loop, explored, swept_for, targets};
use super::scratch::Scratch;
use crate::failure::Failure;
use indicatif::ProgressBar;
use infuzz_fuzz::Input;
use serde::Serialize;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The environment variable that names the check that is taken out.
const VARIABLE: &str = "PUMP_CHECK_TAKEN_OUT";
/// Conversations for each check that no sweep misses.
const RUNS: u64 = 20_000;
/// Checks whose loss no delivery shows, with the reason.
const EXPLANATIONS: &str = "defects/survivors.json";

/// The object that `defects --deletions --json` prints.
#[derive(Serialize)]
pub struct Report {
    pub deletions: Vec<Deletion>,
    pub survivors: Vec<Survivor>,
}

/// One check taken out.
#[derive(Serialize)]
pub struct Deletion {
    pub id: String,
    pub place: String,
    pub rule: String,
    pub found_by_rule: Option<String>,
    pub cases: Option<u64>,
}

/// A check that nothing missed.
#[derive(Serialize)]
pub struct Survivor {
    pub id: String,
    pub why: Option<String>,
}

/// A check in the source.
struct Site {
    file: PathBuf,
    line: usize,
    /// Rules its refusal names.
    rules: Vec<String>,
    /// Its condition, on one line.
    condition: String,
}

/// Takes out each check in turn and sweeps.
pub fn run(only: Option<&str>, progress: impl Fn(usize) -> ProgressBar) -> Result<Report, Failure> {
    let scratch = Scratch::new()?;
    let pump = scratch.folder().join("crates/pump/src");
    let sites = number_checks(&pump)?;
    let binary = scratch.build()?;
    let explained = explanations(scratch.root())?;
    let bar = progress(sites.len());
    let mut report = Report { deletions: Vec::new(), survivors: Vec::new() };
    for (number, site) in sites.iter().enumerate() {
        bar.inc(1);
        let file = site.file.strip_prefix(&pump).unwrap_or(&site.file).display().to_string();
        let id = format!("{file}: {}", site.condition);
        if only.is_some_and(|only| !id.contains(only) && !site.rules.iter().any(|rule| rule.contains(only))) {
            continue;
        }
        bar.set_message(site.rules.join(" or "));
        let number = number.to_string();
        let mut cases = None;
        let mut found_by_rule = None;
        let path = format!("src/{file}");
        for swept in swept_for(&path) {
            let sweep = |more: &[&'static str]| {
                let arguments = [&swept.arguments(), more].concat();
                scratch.ask(&binary, &arguments, Some((VARIABLE, &number)))
            };
            let is_own = |rule: &Option<String>| rule.as_ref().is_some_and(|rule| site.rules.contains(rule));
            // Mostly the first finding names the rule already.
            let first = sweep(&["--until-first"])?;
            let mut by_rule = found(first.as_ref(), &site.rules);
            if by_rule.is_some() && !is_own(&by_rule) {
                by_rule = found(sweep(&[])?.as_ref(), &site.rules);
            }
            // Another sweep may find it under its own rule.
            if found_by_rule.is_none() || is_own(&by_rule) {
                cases = first.as_ref().and_then(|r| r["ran"].as_u64());
                found_by_rule = by_rule;
            }
            if is_own(&found_by_rule) {
                break;
            }
        }
        // What no single message shows a conversation may.
        let talks = targets(&path).find(|target| target.input == Input::Conversation);
        if let (None, Some(target)) = (&found_by_rule, talks) {
            let how = Loop { variable: Some((VARIABLE, &number)), ..Loop::of(RUNS) };
            cases = explored(&scratch, &binary, target.name, how)?;
            found_by_rule = cases.map(|_| target.name.to_string());
        }
        let cases = found_by_rule.as_ref().and(cases);
        let place = format!("crates/pump/src/{file}:{}", site.line);
        if found_by_rule.is_none() {
            let why = explained.iter().find(|(known, _)| *known == id).map(|(_, why)| why.clone());
            report.survivors.push(Survivor { id: id.clone(), why });
        }
        report.deletions.push(Deletion { id, place, rule: site.rules.join(" or "), found_by_rule, cases });
    }
    bar.finish_and_clear();
    Ok(report)
}

/// The rule of the first finding under one of the check's own rules, else of the first under any.
fn found(said: Option<&Value>, rules: &[String]) -> Option<String> {
    let findings = said?["findings"].as_array().map_or(&[][..], Vec::as_slice);
    let own = findings.iter().find(|f| f["rule"].as_str().is_some_and(|rule| rules.iter().any(|r| r == rule)));
    let finding = own.or_else(|| findings.first())?;
    let named = finding["rule"].as_str().or_else(|| finding["kind"].as_str());
    Some(named.unwrap_or("a finding").to_string())
}

fn explanations(root: &Path) -> Result<Vec<(String, String)>, Failure> {
    let path = root.join(EXPLANATIONS);
    let Ok(text) = fs::read_to_string(&path) else { return Ok(Vec::new()) };
    let known: std::collections::BTreeMap<String, String> = serde_json::from_str(&text).map_err(|e| {
        Failure::new("cannot read the explanations", path.display().to_string(), e.to_string(), "mend the JSON")
    })?;
    Ok(known.into_iter().collect())
}

/// Gives every `require!` of the copy a number and lets each be taken out.
fn number_checks(pump: &Path) -> Result<Vec<Site>, Failure> {
    let mut sites = Vec::new();
    let mut files = Vec::new();
    sources(pump, &mut files).map_err(|e| Failure::unreadable(pump, &e))?;
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|e| Failure::unreadable(&file, &e))?;
        let changed = if file.ends_with("require.rs") {
            macro_with_number()
        } else if file.ends_with("lib.rs") {
            text.replace("#![no_std]", "")
        } else {
            let mut out = String::new();
            let mut rest = text.as_str();
            while let Some(at) = rest.find("require!(") {
                let (before, after) = rest.split_at(at);
                out.push_str(before);
                out.push_str(&format!("require!({}, ", sites.len()));
                let inside = &after["require!(".len()..];
                let line = text[..text.len() - rest.len() + at].matches('\n').count() + 1;
                let before = &text[..text.len() - rest.len() + at];
                sites.push(site(&file, line, before, arguments(inside)));
                rest = inside;
            }
            out.push_str(rest);
            out
        };
        fs::write(&file, changed).map_err(|e| Failure::unwritable(&file, &e))?;
    }
    if sites.is_empty() {
        return Err(Failure::new(
            "the pump has no checks",
            pump.display().to_string(),
            "no `require!` was found",
            "look at how its checks are written",
        ));
    }
    Ok(sites)
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The text between the parentheses of a macro call.
fn arguments(inside: &str) -> &str {
    let mut depth = 1;
    for (at, c) in inside.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &inside[..at];
        }
    }
    inside
}

/// A check, from the text before it and the text between its parentheses.
fn site(file: &Path, line: usize, before: &str, arguments: &str) -> Site {
    let mut depth = 0;
    let end = arguments.char_indices().find(|(_, c)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        *c == ',' && depth == 0
    });
    let condition = &arguments[..end.map_or(arguments.len(), |(at, _)| at)];
    let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ");
    let named =
        arguments.split("Rule::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or(""));
    let pump_rule = |variant| pump_rule(file, variant);
    let mut rules: Vec<String> = named.filter_map(pump_rule).collect();
    if rules.is_empty() && arguments.contains("section_length(") {
        rules.push("section.length".into());
    } else if rules.is_empty()
        && let Some((_, last)) = before.rsplit_once("Rule::")
    {
        // The refusal is made by a closure of the same function.
        rules.extend(pump_rule(last.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("")));
    }
    rules.dedup();
    Site { file: file.to_path_buf(), line, rules, condition }
}

/// The id of a rule by the name of its variant.
fn pump_rule(file: &Path, variant: &str) -> Option<String> {
    macro_rules! id_in {
        ($rules:expr) => {
            $rules.iter().find(|rule| format!("{rule:?}") == variant).map(|rule| rule.id())
        };
    }
    let file = file.to_string_lossy();
    let id = match () {
        () if file.contains("miva/") => id_in!(pump::miva::Rule::ALL),
        () if file.contains("order/") => id_in!(pump::order::Rule::ALL),
        () if file.contains("bcc/") => id_in!(pump::bcc::Rule::ALL),
        () if file.contains("transfer/") => id_in!(pump::transfer::Rule::ALL),
        () => id_in!(pump::Rule::ALL),
    };
    id.map(str::to_string)
}

fn macro_with_number() -> String {
    format!(
        r#"//! The checks of the pump, each of which can be taken out.

/// Whether the check with this number is taken out.
pub(crate) fn taken_out(number: usize) -> bool {{
    static TAKEN_OUT: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *TAKEN_OUT.get_or_init(|| std::env::var("{VARIABLE}").ok().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX)) == number
}}

macro_rules! require {{
    ($number:literal, $condition:expr, $refusal:expr $(,)?) => {{
        if !$condition && !crate::require::taken_out($number) {{
            return Err(::core::convert::From::from($refusal));
        }}
    }};
}}
"#
    )
}
