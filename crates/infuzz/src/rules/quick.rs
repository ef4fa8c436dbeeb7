//! Whether a rule certainly holds, by the shortcuts of the description.

use super::record::quotient;
use crate::format::shortcut::{ALLOWED, Check, KindCheck, Place, Premise, READABLE, RuleCheck, Sieve, UNSURE};
use crate::format::{FieldId, RecordId};
use crate::tree::{NodeId, Tables, Tree};

/// Where the fields of the record in hand are, and what they hold: by field its last node seen.
#[derive(Default, Debug, Clone)]
pub(super) struct Slots {
    last: Vec<(NodeId, Option<u64>)>,
    /// Nodes before this one are noted.
    noted: NodeId,
}

impl Slots {
    /// Forgets the tree looked at before.
    pub(super) fn clear(&mut self, fields: usize) {
        self.last.clear();
        self.last.resize(fields, (0, None));
        self.noted = 0;
    }

    /// Notes the fields of a record.
    #[inline]
    pub(super) fn note(&mut self, tree: &Tree<'_>, record: NodeId, id: RecordId) {
        let shortcuts = &tree.format().shortcuts;
        if record < self.noted || !shortcuts.searched[usize::from(id.0)] {
            return;
        }
        let next = tree.node(record).next;
        for (node, at) in (record..next).zip(&tree.nodes()[record as usize..next as usize]) {
            self.last[usize::from(at.field.0)] = (node, tree.number(node));
        }
        if shortcuts.flat[usize::from(id.0)] {
            self.noted = next;
        }
    }
}

/// A tree being looked at.
pub(super) struct Quick<'a, 'f> {
    pub(super) tree: &'a Tree<'f>,
    pub(super) tables: &'a Tables,
    pub(super) slots: &'a Slots,
}

impl Quick<'_, '_> {
    /// Whether a leaf certainly keeps the rules of its field.
    #[inline]
    pub(super) fn leaf(&self, node: NodeId, check: &Check) -> bool {
        let tree = self.tree;
        let number = || match self.slots.last[usize::from(tree.node(node).field.0)] {
            (noted, number) if noted == node => number,
            _ => tree.number(node),
        };
        match check {
            Check::Free => true,
            Check::InFull | Check::Record(_) => false,
            Check::Within { low, high, step } => {
                number().is_some_and(|n| *low <= n && n <= *high && multiple(n, *step))
            }
            Check::Scaled { low, high, unit, steps } => {
                let Some(n) = number().filter(|n| low <= n && n <= high) else { return false };
                let unit = self.number(tree.node(node).parent, unit);
                // A unit without resolution is another rule's matter.
                unit.and_then(|unit| entry(&steps[..], unit)).is_some_and(|step| *step > 0 && multiple(n, *step))
            }
            Check::Among(set) => number().is_some_and(|n| among(set, n) == Some(true)),
            Check::Masked(bits) => number().is_some_and(|n| n & !bits == 0),
            Check::Refers { table, none } => {
                number().is_some_and(|n| *none == Some(n) || self.tables.find_at(*table, n).is_some())
            }
            Check::Text { prefix, most, kinds, may_be_blank } => {
                let Some(text) = tree.span(node).get(*prefix..).filter(|text| text.len() <= *most) else {
                    return false;
                };
                let (mut all, mut any) = (ALLOWED, 0);
                for byte in text {
                    let kind = kinds[usize::from(*byte)];
                    all &= kind;
                    any |= kind;
                }
                all == ALLOWED && any & UNSURE == 0 && (any & READABLE != 0 || *may_be_blank)
            }
        }
    }

    /// The rules of a record that do not certainly hold because of a single field, as bits by
    /// position.
    #[inline]
    pub(super) fn left(&self, record: NodeId, sieve: &Sieve) -> u64 {
        let mut left = sieve.all;
        for (field, rest) in &sieve.absent {
            if self.below(record, *field).is_none() {
                left &= rest;
            }
        }
        for (field, without, by) in &sieve.by {
            left &= match self.below(record, *field) {
                Some((_, Some(number))) => entry(&by[..], number).copied().unwrap_or(u64::MAX),
                _ => *without,
            };
        }
        left
    }

    /// Whether a record certainly keeps a rule between its fields. Rules along a table are not
    /// decided here.
    #[inline]
    pub(super) fn record(&self, record: NodeId, check: &RuleCheck) -> bool {
        if check.needs.is_some_and(|field| self.below(record, field).is_none()) {
            return true;
        }
        if let Some(when) = &check.when
            && self.holds(record, when) == Some(false)
        {
            return true;
        }
        if let Some(unless) = &check.unless
            && self.holds(record, unless) == Some(true)
        {
            return true;
        }
        match &check.kind {
            KindCheck::Ordered(places) => {
                let mut last = 0;
                places.iter().filter_map(|place| self.number(record, place)).all(|n| {
                    let before = std::mem::replace(&mut last, n);
                    before <= n
                })
            }
            KindCheck::AtMost(places, limit) => {
                let Some(most) = self.number(record, limit) else { return true };
                places.iter().filter_map(|place| self.number(record, place)).all(|n| n <= most)
            }
            KindCheck::Requires(premise) => self.holds(record, premise) == Some(true),
            KindCheck::Equal(a, b) => match (self.number(record, a), self.number(record, b)) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            },
            KindCheck::Alike(a, of_a, b, of_b) => match (self.number(record, a), self.number(record, b)) {
                (Some(a), Some(b)) => match (entry(&of_a[..], a), entry(&of_b[..], b)) {
                    (Some(a), Some(b)) => a == b || *a == 0 || *b == 0,
                    _ => false,
                },
                _ => true,
            },
            KindCheck::Quotient(a, b, c, decimals) => {
                let [Some(x), Some(y), Some(z)] = [a, b, c].map(|place| self.number(record, place)) else {
                    return true;
                };
                quotient(x, y, *decimals).is_none_or(|expected| expected == z)
            }
            KindCheck::Unique(..) | KindCheck::Ascending(..) => false,
        }
    }

    /// Whether a condition holds, if that is certain.
    #[inline]
    fn holds(&self, record: NodeId, premise: &Premise) -> Option<bool> {
        match premise {
            Premise::Present(place) => Some(self.find(record, place).is_some_and(|node| !self.tree.node(node).blank)),
            Premise::Among(place, set) => match self.number(record, place) {
                Some(n) => among(set, n),
                None => Some(false),
            },
        }
    }

    #[inline]
    fn number(&self, record: NodeId, place: &Place) -> Option<u64> {
        match place {
            Place::Below(field) => self.below(record, *field)?.1,
            _ => self.tree.number(self.elsewhere(record, place)?),
        }
    }

    #[inline]
    fn find(&self, record: NodeId, place: &Place) -> Option<NodeId> {
        match place {
            Place::Below(field) => Some(self.below(record, *field)?.0),
            _ => self.elsewhere(record, place),
        }
    }

    /// A field that is not in the record.
    fn elsewhere(&self, record: NodeId, place: &Place) -> Option<NodeId> {
        match *place {
            Place::Below(_) => None,
            Place::Above(hops, field) => {
                let above = (0..hops).fold(record, |at, _| self.tree.node(at).parent);
                self.tree.child(above, field)
            }
            Place::Through(reference, table, none, field) => {
                let key = self.below(record, reference)?.1?;
                let row = self.tables.find_at(table, key).filter(|_| none != Some(key))?;
                self.tree.child(row, field)
            }
        }
    }

    /// A field of the record in hand, or of a record in it.
    #[inline]
    fn below(&self, record: NodeId, field: FieldId) -> Option<(NodeId, Option<u64>)> {
        let seen = self.slots.last[usize::from(field.0)];
        (seen.0 > record && seen.0 < self.tree.node(record).next).then_some(seen)
    }
}

#[inline]
fn among(set: &[u64; 4], number: u64) -> Option<bool> {
    entry(set, number >> 6).map(|part| part >> (number & 63) & 1 == 1)
}

/// What a table says of a number, if it says anything.
#[inline]
fn entry<T>(table: &[T], number: u64) -> Option<&T> {
    table.get(usize::try_from(number).ok()?)
}

#[inline]
fn multiple(number: u64, step: u64) -> bool {
    match (u32::try_from(number), u32::try_from(step)) {
        _ if step == 1 => true,
        (Ok(number), Ok(step)) => number.is_multiple_of(step),
        _ => number.is_multiple_of(step),
    }
}
