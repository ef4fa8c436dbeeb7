//! The fields of a record in the order of its bytes: for writing it, and for finding a field.

use alloc::vec::Vec;

use crate::refusal::Place;

/// The value of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    U8(u8),
    U16(u16),
    U32(u32),
    Bytes(&'a [u8]),
    Text(&'a str),
}

impl Value<'_> {
    fn length(self) -> usize {
        match self {
            Value::U8(_) => 1,
            Value::U16(_) => 2,
            Value::U32(_) => 4,
            Value::Bytes(bytes) => bytes.len(),
            Value::Text(text) => text.len().saturating_add(1),
        }
    }
}

/// Takes the fields one after the other.
pub(crate) struct Visitor<'v> {
    take: &'v mut dyn FnMut(Place, Value<'_>),
}

impl Visitor<'_> {
    /// A field.
    pub(crate) fn field(&mut self, place: impl Into<Place>, value: Value<'_>) {
        (self.take)(place.into(), value);
    }

    /// A number of one byte.
    pub(crate) fn u8(&mut self, place: impl Into<Place>, value: u8) {
        self.field(place, Value::U8(value));
    }

    /// A number of two bytes.
    pub(crate) fn u16(&mut self, place: impl Into<Place>, value: u16) {
        self.field(place, Value::U16(value));
    }

    /// A number of four bytes.
    pub(crate) fn u32(&mut self, place: impl Into<Place>, value: u32) {
        self.field(place, Value::U32(value));
    }

    /// A text.
    pub(crate) fn text(&mut self, place: impl Into<Place>, value: &str) {
        self.field(place, Value::Text(value));
    }

    /// Quantities, of those that are present.
    pub(crate) fn quantities<const N: usize>(&mut self, quantities: [(&'static str, Option<u32>); N]) {
        for (place, quantity) in quantities {
            if let Some(value) = quantity {
                self.u32(place, value);
            }
        }
    }

    /// Durations in minutes, of those that are present.
    pub(crate) fn minutes<const N: usize>(&mut self, minutes: [(&'static str, Option<u16>); N]) {
        for (place, minutes) in minutes {
            if let Some(value) = minutes {
                self.u16(place, value);
            }
        }
    }
}

/// Something that consists of fields.
pub(crate) trait Fields {
    /// Visits the fields in their order.
    fn visit(&self, visitor: &mut Visitor<'_>);
}

/// Visits the fields with a closure.
pub(crate) fn each(of: &dyn Fields, mut take: impl FnMut(Place, Value<'_>)) {
    of.visit(&mut Visitor { take: &mut take });
}

/// Appends the bytes of the fields.
pub(crate) fn emit(of: &dyn Fields, out: &mut Vec<u8>) {
    each(of, |_, value| match value {
        Value::U8(number) => out.push(number),
        Value::U16(number) => out.extend_from_slice(&number.to_le_bytes()),
        Value::U32(number) => out.extend_from_slice(&number.to_le_bytes()),
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        Value::Text(text) => {
            out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(text.as_bytes());
        }
    });
}

/// How many bytes the fields take.
pub(crate) fn length(of: &dyn Fields) -> usize {
    let mut length: usize = 0;
    each(of, |_, value| length = length.saturating_add(value.length()));
    length
}

/// How many bytes the fields before the given one take.
#[cold]
pub(crate) fn offset_of(of: &dyn Fields, place: impl Into<Place>) -> u32 {
    let place = place.into();
    let mut offset: usize = 0;
    let mut found = false;
    each(of, |at, value| {
        found |= at == place;
        if !found {
            offset = offset.saturating_add(value.length());
        }
    });
    crate::library::cursor::narrow(offset)
}

/// Bits, the first one the lowest.
pub(crate) fn bits<const N: usize>(set: [bool; N]) -> u8 {
    set.iter().rev().fold(0, |bits, &bit| bits << 1 | u8::from(bit))
}

/// Whether those of the values that are present do not descend.
#[inline]
pub(crate) fn ascends<const N: usize>(chain: [Option<u32>; N]) -> bool {
    let mut last = 0;
    let mut ascends = true;
    for value in &chain {
        let value = value.unwrap_or(last);
        ascends &= last <= value;
        last = value;
    }
    ascends
}

/// The name of the first present value that is less than the one before it.
#[cold]
pub(crate) fn first_descent<const N: usize>(names: [&'static str; N], chain: [Option<u32>; N]) -> &'static str {
    let mut last = 0;
    for (name, value) in names.into_iter().zip(chain) {
        if let Some(value) = value {
            if value < last {
                return name;
            }
            last = value;
        }
    }
    ""
}
