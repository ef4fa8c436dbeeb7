//! The built-in descriptions load, and their seeds are valid.
use infuzz::builtin::BUILTIN;
use infuzz::compose::{compose, decompose};
use infuzz::rules::Checker;
use infuzz::tree::Tree;

#[test]
fn every_seed_is_valid_and_survives_json_and_back() {
    for builtin in BUILTIN {
        let format = builtin.load().unwrap_or_else(|e| panic!("{}.toml:{e}", builtin.name));
        assert_eq!(format.name, builtin.name);
        assert!(!builtin.seeds.is_empty(), "{} has seeds", builtin.name);
        for (name, _) in builtin.seeds {
            let bytes = builtin.seed(&format, name).unwrap_or_else(|e| panic!("{name}: {e}"));
            let tree = Tree::decode(&format, &bytes);
            let broken: Vec<_> = Checker::default()
                .all(&tree)
                .iter()
                .map(|v| format!("{} at {}", format.rule(v.rule), tree.path(v.node)))
                .collect();
            assert!(broken.is_empty(), "{name}: {broken:?}");
            assert_eq!(tree.encode(), bytes, "{name}");
            assert_eq!(compose(&format, &decompose(&tree)).expect("its own JSON composes"), bytes, "{name}");
        }
    }
}

#[test]
fn the_largest_libraries_are_valid_and_one_set_up_too_many_is_not() {
    let builtin = infuzz::builtin::Builtin::named("drug-library").expect("built in");
    let format = builtin.load().expect("loads");
    let broken = |name: &str| {
        let bytes = builtin.seed(&format, name).expect("composes");
        let tree = Tree::decode(&format, &bytes);
        let rules: Vec<_> = Checker::default().all(&tree).iter().map(|v| format.rule(v.rule).to_string()).collect();
        rules
    };
    assert!(broken("maximal").is_empty());
    assert!(broken("crowded").is_empty());
    assert_eq!(broken("overcrowded"), ["count.range"]);
}
