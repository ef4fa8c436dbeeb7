//! What a sweep plans: the same each time, something of every class, and the combinations that a
//! library has no record for.

use infuzz::builtin::Builtin;
use infuzz::format::{Format, RuleKind, Shape};
use infuzz::judgement::{Judge, Judgement};
use infuzz::sweep::{Instances, Plan, STRUCTURE};
use std::collections::BTreeSet;
use std::sync::LazyLock;

static FORMAT: LazyLock<Format> =
    LazyLock::new(|| Builtin::named("drug-library").expect("built in").load().expect("loads"));
static PLAN: LazyLock<Plan<'static>> = LazyLock::new(plan);

fn plan() -> Plan<'static> {
    let builtin = Builtin::named("drug-library").expect("built in");
    let seed = |name: &str| builtin.seed(&FORMAT, name).expect("composes");
    let others = ["every-kind", "maximal"].map(|name| (name.to_string(), seed(name)));
    Plan::new(&FORMAT, &seed("minimal"), others.to_vec(), Instances::Three)
}

#[test]
fn a_plan_is_the_same_each_time() {
    let (first, second) = (&*PLAN, plan());
    assert_eq!(first.cases.len(), second.cases.len());
    for (a, b) in first.cases.iter().zip(&second.cases) {
        assert_eq!((&a.path, a.class, &a.label), (&b.path, b.class, &b.label));
        assert!(first.bytes(a) == second.bytes(b), "{} {} {}", a.path, a.class, a.label);
    }
}

#[test]
fn every_class_of_structure_has_a_case() {
    let plan = &*PLAN;
    // A library is not encoded as a whole, as messages are, and has no lists of slots, as images have.
    for class in STRUCTURE.iter().filter(|class| !["codec", "slots"].contains(class)) {
        assert!(plan.cases.iter().any(|case| case.class == *class), "{class}");
    }
}

#[test]
fn every_two_members_of_a_chain_stand_alone_in_either_order() {
    let plan = &*PLAN;
    let mut judge = Judge::new(&FORMAT);
    for rule in FORMAT.records.iter().flat_map(|record| &record.rules) {
        let RuleKind::Ordered(operands) = &rule.kind else { continue };
        let mut refused = 0;
        for case in plan.cases.iter().filter(|case| case.class == "pair-alone") {
            let about = case.field.is_some_and(|field| operands.iter().any(|operand| operand.field == field));
            refused += usize::from(about && judge.judge(&plan.bytes(case)) == Judgement::Refuse(rule.id));
        }
        let pairs = operands.len() * (operands.len() - 1) / 2;
        assert!(refused >= 2 * pairs, "{}: {refused} of {pairs} pairs", FORMAT.rule(rule.id));
    }
}

#[test]
fn every_dose_unit_stands_in_a_valid_library() {
    let plan = &*PLAN;
    let mut judge = Judge::new(&FORMAT);
    let field = FORMAT.field(FORMAT.field_at("setup[].dose_unit").expect("a field"));
    let Shape::Enum { of, .. } = field.shape else { panic!("it is enumerated") };
    let mut seen = BTreeSet::new();
    for case in plan.cases.iter().filter(|case| case.class == "per-enumerator") {
        let bytes = plan.bytes(case);
        if judge.judge(&bytes) == Judgement::Accept {
            let tree = judge.tree_of(&bytes);
            let nodes = (0..tree.nodes().len() as u32).filter(|node| tree.node(*node).field == field.id);
            seen.extend(nodes.filter_map(|node| tree.number(node)));
        }
    }
    let all: BTreeSet<u64> = FORMAT.enums[of].rows.iter().map(|row| row.code).collect();
    assert_eq!(seen, all);
}

#[test]
fn lists_of_slots_have_gaps_removals_and_changed_copies() {
    let builtin = Builtin::named("miva-library").expect("built in");
    let format = builtin.load().expect("loads");
    let seed = |name: &str| builtin.seed(&format, name).expect("composes");
    // The largest has the most different fields, and no slot that is free.
    let others = ["fuller", "crowded"].map(|name| (name.to_string(), seed(name)));
    let plan = Plan::new(&format, &seed("minimal"), others.to_vec(), Instances::Three);
    for (path, label) in [
        ("map.element[5]", "one slot further: slot.gap"),
        ("view[1]", "one slot further: slot.gap"),
        ("limits[5]", "unused, alone: protocol.limits"),
        ("map.element[5].roles", "changed in a copy of its record: map.protocols"),
    ] {
        let is = |case: &&infuzz::sweep::Planned| {
            (case.class, case.path.as_str(), case.label.as_str()) == ("slots", path, label)
        };
        assert!(plan.cases.iter().any(|case| is(&case)), "{path}: {label}");
    }
}
