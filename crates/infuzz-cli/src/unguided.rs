//! A target's seeded loop on a device in a process of its own: the same mutators and oracles as
//! under an engine, without coverage.

use crate::device::Chosen;
use crate::failure::Failure;
use crate::files;
use crate::remote::STOP;
use crate::setting::Setting;
use crate::verbs::replay::{self, On};
use indicatif::ProgressBar;
use infuzz::finding::Finding;
use infuzz::hex::Hex;
use infuzz::oracle::STATES;
use infuzz_fuzz::{Body, Exploration, Fault, Mutating, Target, explore_on};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What came of it.
pub struct Ran {
    /// Executions and reach points.
    pub explored: Exploration,
    /// Executions per second.
    pub per_second: u64,
    /// The finding at which it ended, kept.
    pub findings: Vec<Finding>,
}

/// Executes mutated inputs until the first finding, the last run, or the end of the time.
pub fn run(
    target: &'static Target,
    chosen: &Chosen,
    seed: u32,
    runs: Option<u64>,
    time: Option<Duration>,
) -> Result<Ran, Failure> {
    let setting = Setting::named(target.format)?;
    let device = chosen.open(setting.format, None)?;
    let mut body = Body::on(device, target, None).map_err(|why| crate::remote::not_ready(chosen, why))?;
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(120));
    let begun = Instant::now();
    let until = time.and_then(|time| begun.checked_add(time));
    let explored = explore_on(&mut body, seed.into(), runs.unwrap_or(u64::MAX), Mutating::Structure, |run, _| {
        bar.set_message(format!("{run} executions"));
        let is_over = until.is_some_and(|until| Instant::now() >= until) || STOP.load(Ordering::Relaxed);
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    let per_second = (explored.executions as f64 / begun.elapsed().as_secs_f64().max(1e-9)) as u64;
    let found = explored.fault.iter().map(|(_, fault)| keep(&mut body, setting, (target, chosen, None), fault));
    let findings = found.collect();
    Ok(Ran { explored, per_second, findings })
}

/// Keeps what was delivered, after it was run once more.
fn keep(body: &mut Body, setting: Setting, on: On<'_>, fault: &Fault) -> Finding {
    let target = on.0;
    let again = body.run(&fault.deliveries);
    let kept = crate::campaign::kept(target, fault.deliveries.clone());
    let kind = fault.raised.kind;
    let id = replay::id(kind, &kept);
    let written = files::workspace().and_then(|root| {
        let folder = root.join("target/infuzz/findings").join(target.name);
        let path = folder.join(&id);
        files::make_folder(&folder).and_then(|()| files::write(&path, &kept)).map(|()| path)
    });
    let mut detail = fault.raised.detail.clone();
    if let Err(failure) = &written {
        detail += &format!(" (it could not be kept: {failure}; the input is {})", Hex(&kept));
    }
    let path = written.ok();
    let (_, _, field) = replay::judged(setting, &kept);
    Finding {
        id,
        target: target.name.into(),
        kind,
        cwe: format!("CWE-{}", kind.cwe()),
        rule: fault.rule.clone(),
        field,
        state: STATES[Body::state(&fault.deliveries)].into(),
        file: path.as_deref().map(files::shown),
        replay: path.as_deref().map(|path| replay::replay_command(on, path)),
        alone: again.as_ref().is_some_and(|again| again.raised.kind == kind),
        deterministic: again.is_some_and(|again| again.raised.is_same(&fault.raised)),
        detail,
    }
}
