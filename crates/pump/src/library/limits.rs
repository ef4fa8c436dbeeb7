//! Limits of a set-up: each may be absent, and each has a range and a resolution.

use core::ops::RangeInclusive;

use crate::library::cursor::Reader;
use crate::library::fields::{Fields, offset_of};
use crate::library::units::DoseUnit;
use crate::refusal::Refusal;
use crate::rule::Rule;

/// What a quantity may be, in ten-thousandths; the least is always 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    most: u32,
    resolution: u32,
}

impl Range {
    /// 0.0001 to 99999, in the resolution of the unit.
    pub(crate) fn of(unit: DoseUnit) -> Self {
        Self { most: 999_990_000, resolution: unit.properties().resolution }
    }

    /// 0.0001 to 100, in the resolution of the unit.
    pub(crate) fn of_target(unit: DoseUnit) -> Self {
        Self { most: 1_000_000, resolution: unit.properties().resolution }
    }
}

/// Reads a limit if its bit is set.
#[inline(always)]
pub(crate) fn limit(r: &mut Reader<'_>, bit: u8, range: Range, name: &'static str) -> Result<Option<u32>, Refusal> {
    if bit == 0 {
        return Ok(None);
    }
    let value = r.u32()?;
    require!((1..=range.most).contains(&value), r.refuse(Rule::NumberRange, name, 4));
    require!(value.is_multiple_of(range.resolution), r.refuse(Rule::NumberResolution, name, 4));
    Ok(Some(value))
}

/// Reads a limit in minutes if its bit is set.
#[inline(always)]
pub(crate) fn minutes(
    r: &mut Reader<'_>,
    bit: u8,
    range: RangeInclusive<u16>,
    name: &'static str,
) -> Result<Option<u16>, Refusal> {
    if bit == 0 {
        return Ok(None);
    }
    let value = r.u16()?;
    require!(range.contains(&value), r.refuse(Rule::NumberRange, name, 2));
    Ok(Some(value))
}

/// The refusal of a field of a group that starts at the offset.
#[cold]
pub(crate) fn refuse_in(r: &Reader<'_>, start: u32, group: &dyn Fields, rule: Rule, name: &'static str) -> Refusal {
    let offset = start.wrapping_add(offset_of(group, name));
    Refusal::new(rule, r.record(), name, offset)
}

/// Minutes as they are compared.
pub(crate) fn wide(minutes: Option<u16>) -> Option<u32> {
    minutes.map(u32::from)
}
