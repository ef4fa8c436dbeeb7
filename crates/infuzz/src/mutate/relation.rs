//! Leaves exactly one length, count, offset or check wrong.

use super::Context;
use crate::classes::Class;
use crate::rng::Rng;
use crate::tree::Edit;

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let node = *rng.pick(context.tree.relations())?;
    let class = Class::named(rng.pick(&[
        "one-less",
        "one-more",
        "all-zeros",
        "all-ones",
        "one-bit-off",
        "byte-swapped",
        "sign-flip",
        "above-range",
    ])?)?;
    let values = class.apply(context.tree, context.tables, node).ok()?;
    Some(Edit::set(context.tree, node, rng.pick(&values)?.1.clone()))
}
