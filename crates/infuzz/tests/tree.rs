//! Trees lose no byte, edits never fail, and what follows from the rest follows after an edit.

mod common;

use common::{broken_relations, formats, library, load};
use infuzz::classes::CLASSES;
use infuzz::format::{Condition, FieldId, Format, RelationKind, Shape};
use infuzz::mutate::Mutation;
use infuzz::plain::default_bytes;
use infuzz::rng::Rng;
use infuzz::rules::Checker;
use infuzz::tree::{Edit, NodeId, Repair, Tree, compute_check};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::HashSet;

const REPAIRS: [Repair; 3] = [Repair::Nothing, Repair::Affected, Repair::All];
const NOTHING: [&str; 0] = [];

// ---- every byte is kept ----

fn assert_lossless(format: &Format, bytes: &[u8], what: &str) {
    let tree = Tree::decode(format, bytes);
    assert_eq!(tree.encode(), bytes, "{}: {what}", format.name);
    let same = tree.apply(&Edit::default(), Repair::Nothing);
    assert_eq!(same, bytes, "{}: {what}", format.name);
    let end = tree.bytes().len() as u32;
    for (id, node) in tree.nodes().iter().enumerate() {
        assert!(node.start <= node.end && node.end <= end, "{}: node {id} of {what}", format.name);
        assert!(id == 0 || (node.parent as usize) < id, "{}: node {id} of {what}", format.name);
        assert!((node.next as usize) > id && node.next as usize <= tree.nodes().len(), "{}: {what}", format.name);
    }
}

#[test]
fn any_bytes_survive_decode_and_encode() {
    for (format, _) in formats() {
        let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let bytes = proptest::collection::vec(any::<u8>(), 0..600);
        TestRunner::new_with_rng(config, rng)
            .run(&bytes, |bytes| {
                assert_lossless(&format, &bytes, "random bytes");
                Ok(())
            })
            .unwrap_or_else(|e| panic!("{}: {e}", format.name));
    }
}

#[test]
fn mutated_inputs_survive_decode_and_encode() {
    for (format, inputs) in formats() {
        let mut mutation = Mutation::new(&format, inputs.clone());
        let rounds = if format.name == "miva-library" { 100 } else { 400 };
        for seed in 0..rounds {
            let mut data = inputs[seed as usize % inputs.len()].clone();
            for step in 0..3 {
                mutation.mutate(&mut data, 80_000, seed * 3 + step);
            }
            assert_lossless(&format, &data, &format!("seed {seed}"));
        }
    }
}

#[test]
fn truncated_inputs_survive_decode_and_encode() {
    for (format, inputs) in formats() {
        for input in &inputs {
            let step = input.len() / 300 + 1;
            for cut in (0..input.len()).step_by(step) {
                assert_lossless(&format, &input[..cut], &format!("cut at {cut}"));
            }
        }
    }
}

#[test]
fn spliced_inputs_survive_decode_and_encode() {
    for (format, inputs) in formats() {
        for seed in 0..200 {
            let mut rng = Rng::new(seed);
            let (a, b) = (rng.pick(&inputs).expect("inputs"), rng.pick(&inputs).expect("inputs"));
            let head = &a[..rng.below(a.len() + 1)];
            let tail = &b[rng.below(b.len() + 1)..];
            assert_lossless(&format, &[head, tail].concat(), &format!("seed {seed}"));
        }
    }
}

// ---- edits never fail ----

fn some_bytes(rng: &mut Rng) -> Vec<u8> {
    (0..rng.below(12)).map(|_| rng.draw() as u8).collect()
}

fn some_edit(tree: &Tree<'_>, rng: &mut Rng) -> Edit {
    let some = |rng: &mut Rng| rng.below(tree.nodes().len()) as NodeId;
    let (node, other) = (some(rng), some(rng));
    match rng.below(11) {
        0 => Edit::set(tree, node, some_bytes(rng)),
        1 => Edit::set_number(tree, node, rng.draw()),
        2 => Edit::delete(tree, node),
        3 => Edit::insert(tree, node, rng.below(5), some_bytes(rng), rng.below(4) as i64 - 1),
        4 => Edit::swap(tree, node, other),
        5 => Edit::truncate(tree, rng.draw() as u32 >> rng.below(32)),
        6 => Edit::splice(tree, node, rng.draw() as u32 >> rng.below(32), some_bytes(rng)),
        7 => Edit::make_absent(tree, node),
        8 => {
            let field = FieldId(rng.below(tree.format().fields.len()) as u16);
            Edit::make_present(tree, node, field, some_bytes(rng))
        }
        9 => Edit::default().leave_broken(node, some_bytes(rng)),
        _ => some_edit(tree, rng).and(some_edit(tree, rng)),
    }
}

fn damaged(input: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    match rng.below(4) {
        0 => {}
        1 => bytes.truncate(rng.below(bytes.len() + 1)),
        2 => bytes = (0..rng.below(300)).map(|_| rng.draw() as u8).collect(),
        _ => {
            for _ in 0..=rng.below(8) {
                let at = rng.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = rng.draw() as u8;
                }
            }
        }
    }
    bytes
}

#[test]
fn any_edit_of_anything_gives_bytes() {
    for (format, inputs) in formats() {
        let inputs: Vec<_> =
            inputs.into_iter().filter(|input| input.len() < 2000 || format.name == "miva-library").collect();
        let rounds = if format.name == "miva-library" { 300 } else { 3000 };
        for seed in 0..rounds {
            let mut rng = Rng::new(seed);
            let bytes = damaged(rng.pick(&inputs).expect("inputs"), &mut rng);
            let tree = Tree::decode(&format, &bytes);
            let edit = some_edit(&tree, &mut rng);
            for repair in REPAIRS {
                let run = || tree.apply(&edit, repair);
                let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
                let Ok(edited) = done else { panic!("{}: seed {seed}, {repair:?}, {edit:?}", format.name) };
                assert_eq!(Tree::decode(&format, &edited).encode(), edited, "{}: seed {seed}", format.name);
            }
        }
    }
}

// ---- relations follow ----

/// Fields that decide which other fields are there.
fn deciding(format: &Format) -> HashSet<FieldId> {
    fn of(condition: &Condition) -> impl Iterator<Item = FieldId> + '_ {
        condition.any.iter().flatten().map(|test| test.operand.field)
    }
    let when = format.fields.iter().filter_map(|f| f.when.as_ref()).flat_map(of);
    let switch = format.fields.iter().filter_map(|f| match &f.shape {
        Shape::Switch { on, .. } => Some(on.field),
        _ => None,
    });
    when.chain(switch).collect()
}

/// All nodes of a small input, a sample of a large one.
fn sample(tree: &Tree<'_>, wanted: impl Fn(NodeId) -> bool) -> Vec<NodeId> {
    let all: Vec<NodeId> = (0..tree.nodes().len() as NodeId).filter(|node| wanted(*node)).collect();
    let step = all.len() / 150 + 1;
    all.into_iter().step_by(step).collect()
}

fn in_list(tree: &Tree<'_>, node: NodeId) -> bool {
    let parent = tree.node(node).parent;
    node != 0 && matches!(tree.format().field(tree.node(parent).field).shape, Shape::List { .. })
}

/// Formats whose lists may have any number of records, with their inputs.
fn growing() -> Vec<(Format, Vec<Vec<u8>>)> {
    formats().into_iter().filter(|(format, _)| format.name != "miva-library").collect()
}

fn check(tree: &Tree<'_>, edit: &Edit, what: &str) {
    let edited = tree.apply(edit, Repair::Affected);
    assert_eq!(broken_relations(tree.format(), &edited), NOTHING, "{}: {what}", tree.format().name);
}

#[test]
fn relations_follow_a_field_that_is_set() {
    for (format, inputs) in formats() {
        let deciding = deciding(&format);
        for input in &inputs {
            let tree = Tree::decode(&format, input);
            let mut checker = Checker::default();
            let tables = checker.index(&tree);
            let plain = |node: NodeId| {
                let field = format.field(tree.node(node).field);
                let other = matches!(field.shape, Shape::Const(_));
                field.is_leaf() && field.relation.is_none() && !other && !deciding.contains(&field.id)
            };
            for node in sample(&tree, plain) {
                let path = tree.path(node);
                for class in CLASSES.iter().filter(|class| class.legal) {
                    for (label, bytes) in class.apply(&tree, tables, node).unwrap_or_default() {
                        check(&tree, &Edit::set(&tree, node, bytes), &format!("{path} {} {label}", class.name));
                    }
                }
                if let Some(number) = tree.number(node) {
                    check(&tree, &Edit::set_number(&tree, node, number ^ 1), &format!("{path} ^ 1"));
                }
            }
        }
    }
}

#[test]
fn relations_follow_records_that_come_and_go() {
    for (format, inputs) in growing() {
        for input in &inputs {
            let tree = Tree::decode(&format, input);
            for node in sample(&tree, |node| in_list(&tree, node)) {
                let (path, at) = (tree.path(node), *tree.node(node));
                check(&tree, &Edit::delete(&tree, node), &format!("{path} deleted"));
                let copy = tree.span(node).to_vec();
                for place in [0, at.index as usize, at.index as usize + 1, usize::MAX] {
                    let edit = Edit::insert(&tree, at.parent, place, copy.clone(), 1);
                    check(&tree, &edit, &format!("{path} again before {place}"));
                }
                let siblings: Vec<NodeId> = tree.children(at.parent).filter(|other| *other != node).collect();
                for other in [siblings.first(), siblings.last()].into_iter().flatten() {
                    let edit = Edit::swap(&tree, node, *other);
                    check(&tree, &edit, &format!("{path} exchanged with {}", tree.path(*other)));
                }
            }
        }
    }
}

#[test]
fn relations_follow_new_records_in_every_list() {
    for (format, inputs) in growing() {
        for input in &inputs {
            let tree = Tree::decode(&format, input);
            for list in sample(&tree, |node| tree.lists().contains(&node)) {
                let Shape::List { item, .. } = format.field(tree.node(list).field).shape else { continue };
                let bytes = default_bytes(&format, item);
                if format.field(item).is_leaf() || format.name == "drug-library" {
                    let edit = Edit::insert(&tree, list, 0, bytes, 1);
                    check(&tree, &edit, &format!("a new record in {}", tree.path(list)));
                }
            }
        }
    }
}

#[test]
fn relations_follow_optional_fields() {
    let format = load("drug-library");
    let (mut absent, mut present) = (0, 0);
    for name in ["minimal", "every-kind", "typical"] {
        let input = library(&format, name);
        let tree = Tree::decode(&format, &input);
        // A record such as a set-up's kind is chosen by an enumerator and cannot just go.
        let optional = |id: FieldId| format.field(id).when.is_some() && format.field(id).is_leaf();
        for node in sample(&tree, |node| optional(tree.node(node).field)) {
            check(&tree, &Edit::make_absent(&tree, node), &format!("{} absent", tree.path(node)));
            absent += 1;
        }
        for record in sample(&tree, |node| format.record_of(tree.node(node).field).is_some()) {
            let fields = &format.record_of(tree.node(record).field).expect("a record").fields;
            for &field in fields.iter().filter(|field| optional(**field)) {
                if tree.child(record, field).is_none() {
                    let edit = Edit::make_present(&tree, record, field, default_bytes(&format, field));
                    let path = format!("{}.{} present", tree.path(record), format.field(field).name);
                    check(&tree, &edit, &path);
                    present += 1;
                }
            }
        }
    }
    assert!(absent > 100 && present > 100, "{absent} made absent, {present} made present");
}

#[test]
fn all_relations_can_be_repaired_at_once() {
    for (format, inputs) in formats() {
        for (index, input) in inputs.iter().enumerate() {
            let tree = Tree::decode(&format, input);
            let structural = |node: NodeId| match tree.relation(node).map(|r| &r.kind) {
                Some(RelationKind::CountOf(_)) => true,
                // The length that says where a payload ends.
                Some(RelationKind::SizeOf(operand)) => format.field(operand.field).size.is_some(),
                _ => false,
            };
            if tree.relations().is_empty() {
                continue;
            }
            let mut wrong = Edit::default();
            for &node in tree.relations().iter().filter(|node| !structural(**node)) {
                let value = tree.number(node).expect("a number") ^ 1;
                wrong = wrong.and(Edit::set_number(&tree, node, value));
            }
            let wrong = tree.apply(&wrong, Repair::Nothing);
            assert!(!broken_relations(&format, &wrong).is_empty(), "{}", format.name);
            let repaired = Tree::decode(&format, &wrong).apply(&Edit::default(), Repair::All);
            assert_eq!(&repaired, input, "{}: input {index}", format.name);
        }
    }
}

// ---- exactly one left broken ----

#[test]
fn a_relation_left_broken_is_the_only_one() {
    for (format, inputs) in formats() {
        for input in &inputs {
            let tree = Tree::decode(&format, input);
            for node in sample(&tree, |node| tree.relation(node).is_some()) {
                let wrong = tree.encode_number(node, tree.number(node).expect("a number").wrapping_add(1));
                for edit in [Edit::set(&tree, node, wrong.clone()), Edit::default().leave_broken(node, wrong.clone())] {
                    only_this_is_wrong(&tree, node, &edit, &wrong);
                }
            }
        }
    }
}

/// No field moves, so the old tree says where everything is in the new bytes.
fn only_this_is_wrong(tree: &Tree<'_>, node: NodeId, edit: &Edit, wrong: &[u8]) {
    let format = tree.format();
    let edited = tree.apply(edit, Repair::Affected);
    let mut plain = Tree::empty(format);
    plain.redecode(&edited);
    let bytes = plain.bytes();
    assert_eq!(bytes.len(), tree.bytes().len(), "{}", format.name);
    for &other in tree.relations() {
        let at = tree.node(other);
        let found = &bytes[at.start as usize..at.end as usize];
        let expected = match tree.relation(other).map(|r| &r.kind) {
            _ if other == node => wrong.to_vec(),
            Some(RelationKind::Check { algorithm, .. }) => {
                let covered = tree.covered(other).expect("covers something");
                let value = compute_check(*algorithm, &bytes[covered.start as usize..covered.end as usize]);
                tree.encode_number(other, value)
            }
            _ => tree.span(other).to_vec(),
        };
        assert_eq!(found, expected, "{}: {} wrong, seen at {}", format.name, tree.path(node), tree.path(other));
    }
}

#[test]
fn a_relation_may_be_left_broken_by_an_edit_that_changes_it() {
    let format = load("drug-library");
    let input = library(&format, "every-kind");
    let tree = Tree::decode(&format, &input);
    let label = tree.find("label[0]").expect("there");
    for (left, rule) in [
        ("header.directory.labels.length", "section.length"),
        ("header.directory.labels.crc", "section.crc"),
        ("header.directory.setups.offset", "section.offset"),
        ("header.file_length", "file.length"),
        ("header.crc", "header.crc"),
        ("file_crc", "file.crc"),
    ] {
        let node = tree.find(left).expect("there");
        // The length stays that of the old library, so that it is wrong for the new one.
        let edit = Edit::set(&tree, label, b"\x09\0\x04Left".to_vec()).leave_broken(node, tree.span(node).to_vec());
        let edited = tree.apply(&edit, Repair::Affected);
        assert_eq!(broken_relations(&format, &edited), [format!("{rule} at {left}")]);
    }
}
