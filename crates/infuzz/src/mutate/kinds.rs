//! Which fields of a description a mutator works on, found out once.

use crate::format::{FieldId, Format, Record, RuleKind, Shape};

/// Fields of one kind.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    by_field: Vec<bool>,
    /// The description has one.
    pub(super) any: bool,
}

impl Kind {
    fn of(format: &Format, wanted: impl Fn(FieldId) -> bool) -> Self {
        let by_field: Vec<bool> = format.fields.iter().map(|field| wanted(field.id)).collect();
        Kind { any: by_field.contains(&true), by_field }
    }

    #[inline]
    pub(super) fn has(&self, field: FieldId) -> bool {
        self.by_field[usize::from(field.0)]
    }
}

/// The kinds that mutators ask for.
#[derive(Clone, Debug)]
pub(super) struct Kinds {
    /// Leaves.
    pub(super) leaf: Kind,
    /// What stands in a list.
    pub(super) item: Kind,
    /// References to records.
    pub(super) reference: Kind,
    /// Records of which a field may be absent.
    pub(super) optional: Kind,
    /// Records with a rule that orders fields.
    pub(super) ordered: Kind,
}

impl Kinds {
    pub(super) fn of(format: &Format) -> Self {
        let items: Vec<FieldId> = format
            .fields
            .iter()
            .filter_map(|field| match field.shape {
                Shape::List { item, .. } => Some(item),
                _ => None,
            })
            .collect();
        let optional = |record: &Record| record.fields.iter().any(|f| format.field(*f).may_be_absent());
        let orders = |kind: &RuleKind| matches!(kind, RuleKind::Ordered(_) | RuleKind::AtMost(..));
        let ordered = |record: &Record| record.rules.iter().any(|rule| orders(&rule.kind));
        Kinds {
            leaf: Kind::of(format, |field| format.field(field).is_leaf()),
            item: Kind::of(format, |field| items.contains(&field)),
            reference: Kind::of(format, |field| format.field(field).refers.is_some()),
            optional: Kind::of(format, |field| format.record_of(field).is_some_and(optional)),
            ordered: Kind::of(format, |field| format.record_of(field).is_some_and(ordered)),
        }
    }
}
