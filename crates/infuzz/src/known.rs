//! The numbers written so far: they decide, while bytes are made in wire order, which optional
//! fields follow.

use crate::format::{Condition, FieldId, Format, Shape, Tail, TestKind, Value};
use std::collections::HashMap;

/// Numbers by field, the latest occurrence of each.
pub(crate) struct Known<'f> {
    format: &'f Format,
    values: HashMap<FieldId, u64>,
}

impl<'f> Known<'f> {
    pub(crate) fn new(format: &'f Format) -> Self {
        Known { format, values: HashMap::new() }
    }

    pub(crate) fn note(&mut self, field: FieldId, value: u64) {
        self.values.insert(field, value);
    }

    pub(crate) fn number(&self, field: FieldId) -> Option<u64> {
        self.values.get(&field).copied()
    }

    /// What an operand that ends at `field` reads.
    pub(crate) fn reads(&self, field: FieldId, tail: Tail) -> Option<Value> {
        let number = self.number(field)?;
        match (tail, &self.format.field(field).shape) {
            (Tail::Attribute(column), Shape::Enum { of, .. }) => {
                self.format.enums[*of].row(number).map(|row| row.attributes[column])
            }
            (Tail::Bit(bit), _) => Some(Value::Number(number >> bit & 1)),
            _ => Some(Value::Number(number)),
        }
    }

    pub(crate) fn holds(&self, condition: &Condition) -> bool {
        condition.any.iter().any(|all| {
            all.iter().all(|test| {
                let value = self.reads(test.operand.field, test.operand.tail);
                match &test.kind {
                    TestKind::Present => matches!(test.operand.tail, Tail::Bit(_)) && value == Some(Value::Number(1)),
                    TestKind::Is(values) => value.is_some_and(|v| values.contains(&v)),
                    TestKind::IsNot(values) => value.is_some_and(|v| !values.contains(&v)),
                }
            })
        })
    }
}
