//! Rules and relations of a compiled description, and the operands and conditions they are made of.

use super::ir::{FieldId, RuleId};

/// What an operand evaluates to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// A number.
    Number(u64),
    /// An interned attribute text.
    Symbol(u32),
}

/// A path from a record to a field, an attribute or a bit.
#[derive(Clone, Debug)]
pub struct Operand {
    /// Steps from the context record.
    pub steps: Vec<PathStep>,
    /// What is read at the end.
    pub tail: Tail,
    /// As written.
    pub text: String,
    /// The field at its end.
    pub field: FieldId,
}

/// One step of an [`Operand`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathStep {
    /// To the whole input.
    Root,
    /// To the enclosing record.
    Up,
    /// To a field of the record.
    Child(FieldId),
    /// From a reference to the record it names.
    Follow(FieldId),
    /// From a list to its item at the position that the record itself has in its own list.
    Beside,
}

/// What an operand reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// The value.
    Value,
    /// An attribute column of the enumerator.
    Attribute(usize),
    /// A bit.
    Bit(u32),
    /// How many bytes a text has.
    Length,
    /// How many bytes are left where a switch stands, in what encloses it.
    Left,
    /// How many pieces this byte makes of those.
    Pieces(u8),
}

impl Tail {
    /// Whether it is about the bytes where a switch stands, and not about a field.
    pub fn is_ahead(self) -> bool {
        matches!(self, Tail::Left | Tail::Pieces(_))
    }
}

/// In the cases of a switch: any value that no other case has.
pub const OTHERS: u64 = u64::MAX;

/// The case of a switch for what decides it.
pub fn case_of(cases: &[(u64, FieldId)], value: Option<u64>) -> Option<FieldId> {
    let of = |value: u64| cases.iter().find(|(code, _)| *code == value).map(|(_, case)| *case);
    value.filter(|value| *value != OTHERS).and_then(of).or_else(|| of(OTHERS))
}

/// Alternatives, each a conjunction of tests.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Any of these.
    pub any: Vec<Vec<Test>>,
    /// As written.
    pub text: String,
    /// A shorter way to the same answer.
    pub gate: Gate,
}

/// A condition on one integer of the record itself, decided by its value.
#[derive(Clone, Copy, Debug, Default)]
pub enum Gate {
    /// The tests have to be read.
    #[default]
    Tests,
    /// This bit of the field is set.
    Bit(FieldId, u32),
    /// By what the field holds: values for which the condition holds, and values for which the
    /// tests have to be read, as beyond 127.
    Among(FieldId, [u64; 2], [u64; 2]),
}

/// One test of a [`Condition`].
#[derive(Clone, Debug)]
pub struct Test {
    /// What is tested.
    pub operand: Operand,
    /// How.
    pub kind: TestKind,
}

/// The kinds of test.
#[derive(Clone, Debug)]
pub enum TestKind {
    /// The field is there (a bit: is set).
    Present,
    /// It has one of these values.
    Is(Vec<Value>),
    /// It has none of these values.
    IsNot(Vec<Value>),
}

/// A rule between fields.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Applies only if this holds.
    pub when: Option<Condition>,
    /// Applies only if this does not hold.
    pub unless: Option<Condition>,
    /// What must hold.
    pub kind: RuleKind,
    /// Where this field of the record is absent, the rule says nothing.
    pub needs: Option<FieldId>,
}

/// The layer "rule" of the language (the single-field rules are in [`Field`](super::ir::Field)).
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// Each operand is at most the next, of those present.
    Ordered(Vec<Operand>),
    /// Each of the first is at most the second.
    AtMost(Vec<Operand>, Operand),
    /// The number lies between these.
    Between(Operand, u64, u64),
    /// The product of the first is not greater than that of the others. Where the two differ by
    /// no more than singles can tell, another rule is broken.
    Product {
        /// The factors of the one.
        left: Vec<Factor>,
        /// The factors of the other.
        right: Vec<Factor>,
        /// Broken where rounding decides.
        rounding: RuleId,
    },
    /// The condition holds.
    Requires(Condition),
    /// The two have the same attributes (or the same value).
    Same(Operand, Operand, Vec<(usize, usize)>),
    /// third = first × 10^scale / second, rounded half away from zero.
    Quotient {
        /// Dividend.
        dividend: Operand,
        /// Divisor.
        divisor: Operand,
        /// Result.
        result: Operand,
        /// Decimal places of all three.
        decimals: u32,
    },
    /// The key differs from that of every other record of the list.
    Unique {
        /// The list, from the root.
        table: FieldId,
        /// The key within each record.
        key: Vec<Operand>,
        /// Texts are compared after trimming and case folding.
        fold: bool,
    },
    /// The key rises strictly along the list.
    Ascending {
        /// The list.
        table: FieldId,
        /// The key within each record.
        key: Operand,
    },
    /// No two of them hold the same number.
    Differ(Vec<Operand>),
    /// As many slots of one list are used as of another; the same ones, unless the format leaves
    /// open whether there may be gaps.
    Paired(FieldId, FieldId),
    /// Each used record of a list names other positions of it as its children: later ones, each
    /// but the first position once. Breadth first: in the order of the positions.
    Hierarchy {
        /// The list.
        table: FieldId,
        /// The list of children in each of its records.
        children: FieldId,
        /// Whether the children must follow one another in the order of their parents.
        breadth_first: bool,
    },
    /// The used items of a list of numbers stand in another list too, in this order.
    Subsequence {
        /// The list of numbers.
        part: Operand,
        /// The list of records.
        whole: Operand,
        /// The number in each of its records.
        key: FieldId,
    },
    /// The keys of the records of a list are those of the records of another that pass a test.
    SameSet {
        /// The first list.
        table: FieldId,
        /// The key within each of its records.
        key: Vec<FieldId>,
        /// The other list.
        other: FieldId,
        /// The key within each of its records.
        other_key: Vec<FieldId>,
        /// Which records of the other list count.
        only: Option<Condition>,
        /// The keys also stand in the order in which one meets the other list's records going down
        /// into the children that this list in each of them names.
        depth_first: Option<FieldId>,
    },
    /// Every used record of a list passes a test.
    Every {
        /// The list.
        list: Operand,
        /// The test, on each of its records.
        has: Condition,
    },
    /// The used records of a list differ in a number.
    Distinct {
        /// The list.
        list: Operand,
        /// The number, from each of its records.
        key: Operand,
    },
}

impl RuleKind {
    /// Whether the rule is about lists as a whole.
    pub(crate) fn is_structural(&self) -> bool {
        matches!(
            self,
            RuleKind::Paired(..)
                | RuleKind::Hierarchy { .. }
                | RuleKind::Subsequence { .. }
                | RuleKind::SameSet { .. }
                | RuleKind::Every { .. }
                | RuleKind::Distinct { .. }
        )
    }
}

/// A factor of a product.
#[derive(Clone, Debug)]
pub enum Factor {
    /// Always the same.
    Number(u64),
    /// What an operand reads.
    Field(Operand),
}

impl Factor {
    /// The operand, if it is one.
    pub fn operand(&self) -> Option<&Operand> {
        match self {
            Factor::Number(_) => None,
            Factor::Field(operand) => Some(operand),
        }
    }
}

/// The layer "relation": a value that follows from the tree.
#[derive(Clone, Debug)]
pub struct Relation {
    /// What it states.
    pub kind: RelationKind,
    /// Broken when it states something else.
    pub rule: RuleId,
}

/// The kinds of relation.
#[derive(Clone, Debug)]
pub enum RelationKind {
    /// Bytes of the target.
    SizeOf(Operand),
    /// Items of a list.
    CountOf(Operand),
    /// Records of a list whose field equals a field here.
    CountWhere {
        /// The list.
        list: Operand,
        /// Field of its records.
        key: FieldId,
        /// Field of the record that holds the count.
        equals: FieldId,
    },
    /// First byte of the target, from the start of the input.
    OffsetOf(Operand),
    /// The position of the field, or of the record it stands in, in its list.
    Index,
    /// A check value.
    Check {
        /// How it is computed.
        algorithm: Algorithm,
        /// Over what.
        over: Span,
    },
}

/// What a check covers.
#[derive(Clone, Debug)]
pub enum Span {
    /// Everything of the enclosing record before the check.
    Before,
    /// A field.
    Field(Operand),
}

/// Check algorithms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// CRC-32/ISO-HDLC.
    Crc32,
    /// Sum of all bytes modulo 256.
    Sum8,
}
