//! Strategies for proptest, behind the feature `proptest`: valid libraries, edited ones, and ones in
//! which exactly one rule is broken; and [`conversations`].
//!
//! What proptest shrinks is not the bytes but what they are made from: fewer edits, fewer records. The
//! bytes are made anew at each step and judged anew, so what is said of them always holds.
//!
//! ```
//! use infuzz::{builtin::Builtin, strategy::single_fault};
//! use proptest::{prop_assert, test_runner::TestRunner};
//!
//! # fn parse(bytes: &[u8]) -> Result<(), ()> { if bytes.is_empty() { Ok(()) } else { Err(()) } }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let format = Builtin::named("drug-library").ok_or("built in")?.load()?;
//! TestRunner::deterministic().run(&single_fault(&format, 2), |(bytes, rule)| {
//!     prop_assert!(parse(&bytes).is_err(), "accepted though {} is broken", format.rule(rule));
//!     Ok(())
//! })?;
//! # Ok(())
//! # }
//! ```

mod conversations;

use crate::classes::CLASSES;
use crate::format::{Format, RuleId, Shape};
use crate::generate::Recipe;
use crate::judgement::{Judge, Judgement};
use crate::mutate::Mutation;
use crate::rng::Rng;
use crate::rules::{Cause, Checker, break_rule, isolate, isolate_rule_since};
use crate::script::{Base, EditScript, MAX_EDITS};
use crate::tree::{Edit, NodeId, Repair, Tables, Tree};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

pub use conversations::conversations;

/// How often a fault is chosen anew when the last choice did not break exactly one rule.
const TRIES: usize = 64;

/// Valid libraries with at most `most` records per list, made from nothing.
///
/// Shrinks to fewer records.
pub fn valid(format: &Format, most: u8) -> impl Strategy<Value = Vec<u8>> {
    recipe(most).prop_filter_map("the rules could not be settled", |recipe| recipe.bytes(format))
}

/// One of those `seeds` that have at most `max_size` bytes with up to [`MAX_EDITS`] edits, in as many
/// bytes at most, and what a device must do with it.
///
/// Shrinks to fewer edits of an earlier seed.
pub fn edited(
    format: &Format,
    mut seeds: Vec<Vec<u8>>,
    max_size: usize,
) -> impl Strategy<Value = (Vec<u8>, Judgement)> {
    seeds.retain(|seed| seed.len() <= max_size);
    let starts = 0..u8::try_from(seeds.len()).unwrap_or(u8::MAX).max(1);
    let edits = vec(any::<u64>().no_shrink(), 0..=MAX_EDITS);
    (edits, starts).prop_map(move |(edits, start)| {
        let mut mutation = Mutation::new(format, seeds.clone());
        let bytes = EditScript { base: Base::Seed(start), edits }.bytes(&mut mutation, max_size);
        let judgement = Judge::new(format).judge(&bytes);
        (bytes, judgement)
    })
}

/// Libraries with at most `most` records per list in which exactly one rule is broken, in one place,
/// and that rule.
///
/// Shrinks to fewer records; the rule may then be another.
pub fn single_fault(format: &Format, most: u8) -> impl Strategy<Value = (Vec<u8>, RuleId)> {
    let fault = any::<u64>().no_shrink();
    (recipe(most), fault)
        .prop_filter_map("no single rule could be broken", |(recipe, seed)| spoil(format, &recipe.bytes(format)?, seed))
}

fn recipe(most: u8) -> impl Strategy<Value = Recipe> {
    (any::<u64>().no_shrink(), 1..=most.max(1)).prop_map(|(seed, most)| Recipe { seed, most })
}

/// Breaks exactly one rule of a valid library. None: not in as many tries as are allowed.
fn spoil(format: &Format, valid: &[u8], seed: u64) -> Option<(Vec<u8>, RuleId)> {
    let mut rng = Rng::new(seed);
    let mut checker = Checker::default();
    let tree = Tree::decode(format, valid);
    let tables = checker.index(&tree).clone();
    for _ in 0..TRIES {
        let bytes = match rng.below(8) {
            0..3 => between_fields(&mut checker, &tree, &tables, &mut rng),
            3..7 => within_field(&mut checker, &tree, &tables, &mut rng),
            _ if rng.one_in(2) => emptied(&tree, &mut rng),
            _ => left_over(&tree, &mut rng),
        };
        let Some(bytes) = bytes else { continue };
        let found = checker.all(&Tree::decode(format, &bytes));
        if let [only] = found.as_slice()
            && Judge::new(format).judge(&bytes) == Judgement::Refuse(only.rule)
        {
            return Some((bytes, only.rule));
        }
    }
    None
}

/// A rule of a record broken by one of its participants, and what else that breaks repaired.
fn between_fields(checker: &mut Checker, tree: &Tree<'_>, tables: &Tables, rng: &mut Rng) -> Option<Vec<u8>> {
    let format = tree.format();
    let rules: Vec<_> = format.records.iter().flat_map(|r| r.rules.iter().map(move |rule| (r.field, rule))).collect();
    let (field, rule) = *rng.pick(&rules)?;
    let records: Vec<NodeId> = (0..).zip(tree.nodes()).filter(|(_, n)| n.field == field).map(|(id, _)| id).collect();
    let record = *rng.pick(&records)?;
    let edits = break_rule(checker, None, tree, tables, record, rule);
    let (_, edit) = rng.pick(&edits)?;
    let strict = tree.apply(edit, Repair::Affected);
    let after = Tree::decode(format, &strict);
    let found = checker.all(&after);
    let own = found.iter().find(|v| v.rule == rule.id && matches!(v.cause, Cause::Record(..)))?;
    let kept: Vec<String> = own.involved.iter().map(|node| after.path(*node)).collect();
    if found.len() == 1 { Some(strict) } else { isolate_rule_since(checker, None, &strict, format, rule.id, &kept) }
}

/// A value that a field must not have, or that does not follow from the rest.
fn within_field(checker: &mut Checker, tree: &Tree<'_>, tables: &Tables, rng: &mut Rng) -> Option<Vec<u8>> {
    let format = tree.format();
    let fields: Vec<_> = format.leaves().map(|field| field.id).collect();
    let field = *rng.pick(&fields)?;
    let nodes: Vec<NodeId> = (0..).zip(tree.nodes()).filter(|(_, n)| n.field == field).map(|(id, _)| id).collect();
    let node = *rng.pick(&nodes)?;
    let values: Vec<Vec<u8>> = match format.field(field).shape {
        Shape::Const(_) => vec![tree.span(node).iter().map(|byte| byte ^ 0x10).collect()],
        _ => CLASSES.iter().filter_map(|class| class.apply(tree, tables, node).ok()).flatten().map(|v| v.1).collect(),
    };
    let edit = Edit::set(tree, node, rng.pick(&values)?.clone());
    let strict = tree.apply(&edit, Repair::Affected);
    isolate(checker, &strict, format, &tree.path(node)).or(Some(strict))
}

/// Bytes left over behind the end, and all that is stated about the file adapted.
fn left_over(tree: &Tree<'_>, rng: &mut Rng) -> Option<Vec<u8>> {
    let end = u32::try_from(tree.bytes().len()).ok()?;
    let more = (0..rng.between(1, 4)).map(|_| rng.draw() as u8).collect();
    Some(tree.apply(&Edit::splice(tree, 0, end, more), Repair::All))
}

/// A list without a record, and all that follows from that adapted.
fn emptied(tree: &Tree<'_>, rng: &mut Rng) -> Option<Vec<u8>> {
    let list = *rng.pick(tree.lists())?;
    Some(tree.apply(&Edit::replace_items(tree, list, Vec::new(), 0), Repair::All))
}
