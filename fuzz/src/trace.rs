//! What an execution comes to, in words, so that two executions can be compared.

use crate::body::Body;
use infuzz::oracle::CaseResult;

/// Named things that must be the same every time, in the order in which they come about.
pub type Trace = Vec<(String, String)>;

impl Body {
    /// Executes an input and tells everything that must be the same when it is executed again.
    pub fn trace(&mut self, data: &[u8]) -> Trace {
        let deliveries = self.deliveries(data);
        let mut trace = vec![("deliveries".to_string(), format!("{deliveries:02x?}"))];
        let (fault, results) = self.run_all(&deliveries);
        for (index, result) in results.iter().enumerate() {
            self.tell(&mut trace, index + 1, result);
        }
        let mut reached: Vec<usize> = self.reach().recent().to_vec();
        reached.sort_unstable();
        reached.dedup();
        let names = reached.iter().map(|point| self.reach().points()[*point].name.as_str());
        trace.push(("reach points".into(), names.collect::<Vec<_>>().join(", ")));
        trace.push(("the device at the end".into(), self.observed()));
        let found = fault.map_or("nothing".to_string(), |fault| {
            format!("{} ({:?}): {}", fault.raised.kind.name(), fault.rule, fault.raised.detail)
        });
        trace.push(("finding".into(), found));
        trace
    }

    fn tell(&self, trace: &mut Trace, number: usize, result: &CaseResult) {
        let rule = result.judgement.rule().map(|rule| self.format().rule(rule).to_string()).unwrap_or_default();
        trace.push((format!("judgement of delivery {number}"), format!("{} {rule}", result.judgement.word())));
        let reason = result.answer.reason.as_ref().map(|reason| format!("{reason:?}")).unwrap_or_default();
        trace.push((format!("answer to delivery {number}"), format!("{:?} {reason}", result.answer.outcome)));
        let raised = result.raised.iter().map(|raised| format!("{}: {}", raised.kind.name(), raised.detail));
        trace.push((format!("findings of delivery {number}"), raised.collect::<Vec<_>>().join("; ")));
        trace.push((format!("known-good library after delivery {number}"), result.known_good.to_string()));
    }
}

/// The first thing in which two executions differ, in words.
pub fn first_difference(one: &Trace, other: &Trace) -> Option<String> {
    let differing = one.iter().zip(other).find(|(a, b)| a != b);
    if let Some(((name, here), (other_name, there))) = differing {
        return Some(if name == other_name {
            format!("{name}: {here} / {there}")
        } else {
            format!("{name} / {other_name}: one came about and the other did not")
        });
    }
    (one.len() != other.len()).then(|| format!("{} / {} things came about", one.len(), other.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TARGETS;

    #[test]
    fn the_first_difference_is_named() {
        let one: Trace = vec![("a".into(), "1".into()), ("b".into(), "2".into())];
        let other: Trace = vec![("a".into(), "1".into()), ("b".into(), "3".into())];
        assert_eq!(first_difference(&one, &one), None);
        assert_eq!(first_difference(&one, &other), Some("b: 2 / 3".into()));
        assert_eq!(first_difference(&one, &one[..1].to_vec()), Some("2 / 1 things came about".into()));
    }

    #[test]
    fn an_input_comes_to_the_same_whatever_was_executed_before() {
        for target in TARGETS {
            let mut body = Body::new(target, None).expect("set up");
            let mut rng = infuzz::rng::Rng::new(3);
            let mut inputs: Vec<Vec<u8>> = body.seeds().to_vec();
            for seed in 0..60 {
                let mut data = inputs[seed as usize % inputs.len()].clone();
                body.mutate(&mut data, target.max_len, rng.draw());
                inputs.push(data);
            }
            let first: Vec<Trace> = inputs.iter().map(|data| body.trace(data)).collect();
            let mut other = Body::new(target, None).expect("set up");
            for (data, first) in inputs.iter().zip(&first).rev() {
                assert_eq!(first_difference(first, &other.trace(data)), None, "{}", target.name);
            }
        }
    }
}
