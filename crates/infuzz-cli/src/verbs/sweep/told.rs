//! The result of a sweep, for scripts and for people.

use super::Sweep;
use crate::heatmap;
use crate::output::{BAD, BOLD, DIM, GOOD, count, styled};
use infuzz::finding::Finding;
use infuzz::sweep::{How, Report};
use std::fmt::Write as _;

impl Sweep<'_> {
    pub(super) fn report(&mut self, library: &str, seed: u64, findings: Vec<Finding>) -> Report {
        for case in 0..self.expected.len() {
            if self.expected[case].is_none() {
                // Planned as settled means valid: no need to work it out again.
                let settled = matches!(self.plan.cases[case].how, How::Settled(..));
                self.expected[case] = Some(if settled { 'a' } else { self.judged(case).0 });
            }
        }
        let expected = |letter: char| self.expected.iter().filter(|expected| **expected == Some(letter)).count();
        let (ran, planned) = (self.ran(), self.plan.cases.len());
        let format = self.setting.format;
        Report {
            format: self.setting.builtin.name.into(),
            library: library.into(),
            seed,
            fields: self.plan.fields,
            value_classes: heatmap::classes().count(),
            rules: format.rules.len(),
            rules_native: format.rules.iter().filter(|rule| rule.native).count(),
            planned,
            ran,
            skipped: planned - ran,
            must_refuse: expected('r'),
            must_accept: expected('a'),
            unspecified: expected('u'),
            not_applicable: self.plan.not_applicable.len(),
            not_applicable_why: self.plan.not_applicable.clone(),
            known_good_accepted: self.known_good,
            not_observable: self.not_observable.clone(),
            cases_per_s: if self.took.is_zero() { 0 } else { (ran as f64 / self.took.as_secs_f64()) as u64 },
            findings,
        }
    }

    pub(super) fn told(&self, report: &Report) -> String {
        let mut text = heatmap::draw(self.plan, &self.seen);
        let _ = writeln!(text, "\n{}, library {}, seed {}", styled(BOLD, &report.format), report.library, report.seed);
        let _ = writeln!(
            text,
            "{} fields × {} value classes, {} rules ({} native)",
            report.fields, report.value_classes, report.rules, report.rules_native
        );
        let _ = writeln!(
            text,
            "planned {}, ran {}, skipped {}: must refuse {}, must accept {}, unspecified {}",
            report.planned, report.ran, report.skipped, report.must_refuse, report.must_accept, report.unspecified
        );
        let _ =
            writeln!(text, "known-good library accepted {} of {} times", report.known_good_accepted, report.ran + 1);
        let _ = writeln!(
            text,
            "not applicable: {} pairs of field and value class (reasons: --json)",
            report.not_applicable
        );
        let _ = writeln!(text, "not observable here: {}", report.not_observable.join(", "));
        let _ = writeln!(text, "{} cases/s", report.cases_per_s);
        for finding in &report.findings {
            let _ = writeln!(text, "\n{} {}: {}", styled(BAD, &finding.id), finding.cwe, finding.kind.words());
            let _ = writeln!(
                text,
                "  rule {}, field {}, {}",
                finding.rule.as_deref().unwrap_or("none"),
                finding.field.as_deref().unwrap_or("none"),
                finding.state
            );
            let _ = writeln!(text, "  {}", finding.detail);
            let _ = writeln!(text, "  {}", styled(DIM, finding.replay.as_deref().unwrap_or_default()));
        }
        if report.skipped > 0 {
            let left_out = report.planned - self.until;
            if report.skipped > left_out {
                let why = if self.stopped { "interrupted" } else { "not run" };
                let _ =
                    writeln!(text, "\n{}: {} did not run", styled(BAD, why), count(report.skipped - left_out, "case"));
            }
        }
        let verdict = match report.findings.len() {
            0 => styled(GOOD, "no findings"),
            findings => styled(BAD, count(findings, "finding")),
        };
        let _ = writeln!(text, "\n{verdict}");
        text
    }
}
