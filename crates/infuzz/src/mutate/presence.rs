//! Takes an optional field out or puts one in, together with the bit that says so, if one does.

use super::Context;
use crate::format::Shape;
use crate::plain::default_bytes;
use crate::rng::Rng;
use crate::tree::Edit;

pub(super) fn mutate(context: &Context<'_, '_>, rng: &mut Rng) -> Option<Edit> {
    let tree = context.tree;
    let format = tree.format();
    let record = context.some(rng, &context.kinds.optional)?;
    let Shape::Record(id) = format.field(tree.node(record).field).shape else { return None };
    let optional: Vec<_> =
        format.record(id).fields.iter().copied().filter(|f| format.field(*f).may_be_absent()).collect();
    let field = *rng.pick(&optional)?;
    Some(match tree.child(record, field).filter(|node| !tree.node(*node).blank) {
        Some(node) => Edit::make_absent(tree, node),
        None => Edit::make_present(tree, record, field, default_bytes(format, field)),
    })
}
