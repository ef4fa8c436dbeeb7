//! Leaves out what is not needed.

/// Fewer of some steps, for which something still holds: first many at once are left out, from the
/// end, then one by one until none can be.
///
/// # Errors
/// Those of the question whether it still holds.
pub fn fewer<T: Clone, E>(mut steps: Vec<T>, mut still: impl FnMut(&[T]) -> Result<bool, E>) -> Result<Vec<T>, E> {
    let mut chunk = steps.len();
    while chunk > 0 {
        let before = steps.len();
        let mut end = steps.len();
        while end > 0 {
            let start = end.saturating_sub(chunk);
            let less = [&steps[..start], &steps[end..]].concat();
            if still(&less)? {
                steps = less;
            }
            end = start;
        }
        // What was needed may not be any more.
        if chunk > 1 || steps.len() == before {
            chunk /= 2;
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn kept(all: u32, still: impl Fn(&[u32]) -> bool) -> Vec<u32> {
        let Ok(kept) = fewer((0..all).collect(), |steps| Ok::<_, Infallible>(still(steps)));
        kept
    }

    #[test]
    fn what_is_needed_stays_in_its_order() {
        assert_eq!(kept(64, |steps| steps.contains(&3) && steps.contains(&61)), [3, 61]);
        assert_eq!(kept(7, |steps| steps.len() >= 4).len(), 4);
        assert!(kept(9, |_| true).is_empty() && kept(0, |_| false).is_empty());
        // 5 needs 2, unless 1 is gone as well: found when one by one is tried again.
        let needs = |steps: &[u32]| steps.contains(&5) && (steps.contains(&2) || !steps.contains(&1));
        assert_eq!(kept(6, needs), [5]);
    }
}
