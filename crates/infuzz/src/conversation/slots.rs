//! Slots: what is filled when a message is sent.

use super::{BEFORE, Conversation, Model, Remembered, Saying, Step};
use crate::device::Line;
use crate::tree::{Edit, Repair, Tree};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Paths and slots of them.
pub(super) type Recalled = Vec<(Cow<'static, str>, String)>;
/// By line and slot, what it stood for.
pub(super) type Earlier = BTreeMap<(Line, String), Option<Vec<u8>>>;

/// What the slots of a conversation refer back to.
pub(super) fn recalled(conversation: &Conversation) -> Recalled {
    let said = conversation.steps.iter().filter_map(|step| match step {
        Step::Say(saying) => Some(saying),
        _ => None,
    });
    let slots = said.flat_map(|saying| {
        let before = saying.fills.iter().filter_map(|(_, slot)| slot.strip_prefix(BEFORE));
        before.map(|slot| (saying.line.path.clone(), slot.to_string()))
    });
    let mut all: Recalled = slots.collect();
    all.sort();
    all.dedup();
    all
}

/// A message with its slots filled and the relations around them right again.
pub(super) fn filled(
    known: &mut Remembered<Vec<u8>>,
    model: &dyn Model,
    saying: &Saying,
    earlier: &Earlier,
) -> Vec<u8> {
    if saying.fills.is_empty() {
        return saying.bytes.clone();
    }
    let mut of = Vec::new();
    let mut with = |bytes: &[u8]| {
        of.extend(bytes.len().to_le_bytes());
        of.extend_from_slice(bytes);
    };
    with(model.path().as_bytes());
    with(&saying.bytes);
    let fills = saying.fills.iter().filter_map(|(field, slot)| {
        let bytes = match slot.strip_prefix(BEFORE) {
            Some(slot) => earlier.get(&(saying.line.clone(), slot.to_string()))?.clone()?,
            None => model.fill(saying.line.number, slot)?,
        };
        with(field.as_bytes());
        with(&bytes);
        Some((field, bytes))
    });
    let fills: Vec<_> = fills.collect();
    known.of(&of, || {
        let tree = Tree::decode(model.format(), &saying.bytes);
        let edits = fills.into_iter().filter_map(|(field, bytes)| Some(Edit::set(&tree, tree.find(field)?, bytes)));
        tree.apply(&edits.fold(Edit::default(), Edit::and), Repair::Affected)
    })
}
