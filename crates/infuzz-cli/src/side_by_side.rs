//! Several things at the same time.

use crate::failure::Failure;
use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does something for each name, as many at once as there are processors, what takes longest first;
/// what came of it in the order of the names. After a failure nothing more is begun.
pub fn side_by_side<T: Send>(
    names: &[(&str, usize)],
    each: impl Fn(&str) -> Result<T, Failure> + Sync,
) -> Vec<Result<T, Failure>> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|at| Reverse(names[*at].1));
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<T, Failure>)>> = Mutex::default();
    let work = || {
        while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            let result = each(names[at].0);
            if result.is_err() {
                next.store(names.len(), Ordering::Relaxed);
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 1..processors.min(names.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_names_and_nothing_is_begun_after_a_failure() {
        let names = [("a", 1), ("b", 3), ("c", 2)];
        let results = side_by_side(&names, |name| Ok(name.to_string()));
        let results: Vec<String> = results.into_iter().filter_map(Result::ok).collect();
        assert_eq!(results, ["a", "b", "c"]);
        let many: Vec<(&str, usize)> = (0..1000).map(|_| ("x", 0)).collect();
        let failed = side_by_side(&many, |_| Err::<(), _>(Failure::internal("it", "fails")));
        assert!(failed.len() < many.len() && failed.iter().all(Result::is_err), "{}", failed.len());
    }
}
