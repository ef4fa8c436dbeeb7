//! Looks up a target by its name.

use crate::failure::Failure;
use infuzz_fuzz::{Input, TARGETS, Target};

/// The target with this name.
pub fn target(name: &str) -> Result<&'static Target, Failure> {
    infuzz_fuzz::target(name).ok_or_else(|| {
        let names = TARGETS.iter().map(|target| target.name);
        let remedy = nearest(name, names.clone()).map_or_else(
            || format!("targets are {}", names.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Failure::new("there is no such target", name, format!("`{name}` is not in the table of targets"), remedy)
    })
}

/// The target that takes files of a format as they are.
pub fn of_format(format: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.format == format && target.input == Input::File)
}

/// The known name that is most like `name`, if one is alike at all.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|other| (distance(name, other), other)).min()?;
    (near.0 <= 2 + near.1.len() / 3).then_some(near.1)
}

/// How many characters must be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_name() {
        assert_eq!(nearest("drug_libary", TARGETS.iter().map(|t| t.name)), Some("drug_library"));
        assert_eq!(nearest("zzz", TARGETS.iter().map(|t| t.name)), None);
        assert!(target("drug-library").expect_err("unknown").remedy.contains("drug_library"));
    }

    #[test]
    fn every_target_has_a_built_in_format() {
        for target in TARGETS {
            assert!(infuzz::builtin::Builtin::named(target.format).is_some(), "{}", target.name);
        }
    }
}
