//! The limits of a set-up for a dose: continuous, bolus, intermittent and fluid.

use crate::library::cursor::Reader;
use crate::library::fields::{self, Fields, Visitor, ascends, first_descent};
use crate::library::limits::{Range, limit, minutes, refuse_in, wide};
use crate::library::units::{Class, DoseUnit, Substance};
use crate::refusal::Refusal;
use crate::rule::Rule;

const DURATION: core::ops::RangeInclusive<u16> = 1..=5999;

/// Why a unit does not fit: it is none, or it breaks the rule.
#[cold]
pub(crate) fn misfit(r: &Reader<'_>, unit: DoseUnit, rule: Rule, name: &'static str) -> Refusal {
    if unit.is_defined() { r.refuse(rule, name, 1) } else { r.refuse(Rule::EnumValue, name, 1) }
}

/// The limits of a continuous dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Continuous {
    /// The unit of the limits.
    pub unit: DoseUnit,
    /// Not less than this without a confirmation.
    pub soft_min: Option<u32>,
    /// Not more than this without a confirmation.
    pub soft_max: Option<u32>,
    /// Not more than this.
    pub hard_max: Option<u32>,
    /// What the pump proposes.
    pub initial: Option<u32>,
    /// The bolus that may be given besides.
    pub bolus: Option<Bolus>,
}

impl Continuous {
    pub(crate) fn parse(r: &mut Reader<'_>, dose_unit: DoseUnit) -> Result<Self, Refusal> {
        let start = r.offset();
        let unit = DoseUnit(r.u8()?);
        require!(unit.has_dimension_of(dose_unit), misfit(r, unit, Rule::SetupUnitDimension, "continuous.unit"));
        let present = r.u8()?;
        require!(present & 0b1110_0000 == 0, r.refuse(Rule::BitsReserved, "continuous.present", 1));
        let range = Range::of(unit);
        let mut group = Self {
            unit,
            soft_min: limit(r, present & 1, range, "continuous.soft_min")?,
            soft_max: limit(r, present & 2, range, "continuous.soft_max")?,
            hard_max: limit(r, present & 4, range, "continuous.hard_max")?,
            initial: limit(r, present & 8, range, "continuous.initial")?,
            bolus: None,
        };
        let chain = [group.soft_min, group.initial, group.soft_max, group.hard_max];
        require!(ascends(chain), {
            let names = ["continuous.soft_min", "continuous.initial", "continuous.soft_max", "continuous.hard_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupContinuousOrder, name)
        });
        if present & 16 != 0 {
            let unit = DoseUnit(r.u8()?);
            let (amount, dose) = (unit.properties(), dose_unit.properties());
            require!(
                amount.class == Class::Amount && amount.substance == dose.substance,
                misfit(r, unit, Rule::SetupBolusUnit, "bolus.unit")
            );
            group.bolus = Some(Bolus::parse(r, unit)?);
        }
        Ok(group)
    }
}

impl Fields for Continuous {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u8("continuous.unit", self.unit.0);
        let present = [
            self.soft_min.is_some(),
            self.soft_max.is_some(),
            self.hard_max.is_some(),
            self.initial.is_some(),
            self.bolus.is_some(),
        ];
        visitor.u8("continuous.present", fields::bits(present));
        visitor.quantities([
            ("continuous.soft_min", self.soft_min),
            ("continuous.soft_max", self.soft_max),
            ("continuous.hard_max", self.hard_max),
            ("continuous.initial", self.initial),
        ]);
        if let Some(bolus) = &self.bolus {
            bolus.visit(visitor);
        }
    }
}

/// The limits of a bolus and of its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bolus {
    /// The unit of the limits.
    pub unit: DoseUnit,
    /// Not less than this without a confirmation.
    pub soft_min: Option<u32>,
    /// Not more than this without a confirmation.
    pub soft_max: Option<u32>,
    /// Not more than this.
    pub hard_max: Option<u32>,
    /// What the pump proposes.
    pub initial: Option<u32>,
    /// The unit of the limits of the rate.
    pub rate_unit: DoseUnit,
    /// No slower than this without a confirmation.
    pub rate_soft_min: Option<u32>,
    /// No faster than this without a confirmation.
    pub rate_soft_max: Option<u32>,
    /// No faster than this.
    pub rate_hard_max: Option<u32>,
    /// The rate the pump proposes.
    pub rate_initial: Option<u32>,
}

impl Bolus {
    /// Reads the bolus of a bolus set-up.
    pub(crate) fn parse_alone(r: &mut Reader<'_>, dose_unit: DoseUnit) -> Result<Self, Refusal> {
        let unit = DoseUnit(r.u8()?);
        require!(unit.has_dimension_of(dose_unit), misfit(r, unit, Rule::SetupUnitDimension, "bolus.unit"));
        Self::parse(r, unit)
    }

    /// Reads what follows the unit.
    fn parse(r: &mut Reader<'_>, unit: DoseUnit) -> Result<Self, Refusal> {
        let start = r.offset().wrapping_sub(1);
        let present = r.u8()?;
        require!(present & 0b1111_0000 == 0, r.refuse(Rule::BitsReserved, "bolus.present", 1));
        let range = Range::of(unit);
        let mut group = Self {
            unit,
            soft_min: limit(r, present & 1, range, "bolus.soft_min")?,
            soft_max: limit(r, present & 2, range, "bolus.soft_max")?,
            hard_max: limit(r, present & 4, range, "bolus.hard_max")?,
            initial: limit(r, present & 8, range, "bolus.initial")?,
            rate_unit: unit,
            rate_soft_min: None,
            rate_soft_max: None,
            rate_hard_max: None,
            rate_initial: None,
        };
        let chain = [group.soft_min, group.initial, group.soft_max, group.hard_max];
        require!(ascends(chain), {
            let names = ["bolus.soft_min", "bolus.initial", "bolus.soft_max", "bolus.hard_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupBolusOrder, name)
        });

        group.rate_unit = DoseUnit(r.u8()?);
        let rate = group.rate_unit.properties();
        require!(
            rate.class == Class::Rate
                && (rate.substance == unit.properties().substance || rate.substance == Substance::Volume),
            misfit(r, group.rate_unit, Rule::SetupBolusRateUnit, "bolus.rate_unit")
        );
        let present = r.u8()?;
        require!(present & 0b1111_0000 == 0, r.refuse(Rule::BitsReserved, "bolus.rate_present", 1));
        let range = Range::of(group.rate_unit);
        group.rate_soft_min = limit(r, present & 1, range, "bolus.rate_soft_min")?;
        group.rate_soft_max = limit(r, present & 2, range, "bolus.rate_soft_max")?;
        group.rate_hard_max = limit(r, present & 4, range, "bolus.rate_hard_max")?;
        group.rate_initial = limit(r, present & 8, range, "bolus.rate_initial")?;
        let chain = [group.rate_soft_min, group.rate_initial, group.rate_soft_max, group.rate_hard_max];
        require!(ascends(chain), {
            let names = ["bolus.rate_soft_min", "bolus.rate_initial", "bolus.rate_soft_max", "bolus.rate_hard_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupBolusRateOrder, name)
        });
        Ok(group)
    }
}

impl Fields for Bolus {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u8("bolus.unit", self.unit.0);
        let present =
            [self.soft_min.is_some(), self.soft_max.is_some(), self.hard_max.is_some(), self.initial.is_some()];
        visitor.u8("bolus.present", fields::bits(present));
        visitor.quantities([
            ("bolus.soft_min", self.soft_min),
            ("bolus.soft_max", self.soft_max),
            ("bolus.hard_max", self.hard_max),
            ("bolus.initial", self.initial),
        ]);
        visitor.u8("bolus.rate_unit", self.rate_unit.0);
        let present = [
            self.rate_soft_min.is_some(),
            self.rate_soft_max.is_some(),
            self.rate_hard_max.is_some(),
            self.rate_initial.is_some(),
        ];
        visitor.u8("bolus.rate_present", fields::bits(present));
        visitor.quantities([
            ("bolus.rate_soft_min", self.rate_soft_min),
            ("bolus.rate_soft_max", self.rate_soft_max),
            ("bolus.rate_hard_max", self.rate_hard_max),
            ("bolus.rate_initial", self.rate_initial),
        ]);
    }
}

/// The limits of a dose that is given over a stated time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intermittent {
    /// Not shorter than this, in minutes.
    pub duration_hard_min: Option<u16>,
    /// Not shorter than this without a confirmation.
    pub duration_soft_min: Option<u16>,
    /// Not longer than this without a confirmation.
    pub duration_soft_max: Option<u16>,
    /// The duration the pump proposes.
    pub duration_initial: Option<u16>,
    /// The unit of the limits.
    pub unit: DoseUnit,
    /// Not less than this without a confirmation.
    pub soft_min: Option<u32>,
    /// Not more than this without a confirmation.
    pub soft_max: Option<u32>,
    /// Not more than this.
    pub hard_max: Option<u32>,
}

impl Intermittent {
    pub(crate) fn parse(r: &mut Reader<'_>, dose_unit: DoseUnit) -> Result<Self, Refusal> {
        let start = r.offset();
        let present = r.u8()?;
        require!(present & 0b1111_0000 == 0, r.refuse(Rule::BitsReserved, "intermittent.duration_present", 1));
        let mut group = Self {
            duration_hard_min: minutes(r, present & 1, DURATION, "intermittent.duration_hard_min")?,
            duration_soft_min: minutes(r, present & 2, DURATION, "intermittent.duration_soft_min")?,
            duration_soft_max: minutes(r, present & 4, DURATION, "intermittent.duration_soft_max")?,
            duration_initial: minutes(r, present & 8, DURATION, "intermittent.duration_initial")?,
            unit: dose_unit,
            soft_min: None,
            soft_max: None,
            hard_max: None,
        };
        let chain = [
            wide(group.duration_hard_min),
            wide(group.duration_soft_min),
            wide(group.duration_initial),
            wide(group.duration_soft_max),
        ];
        require!(ascends(chain), {
            let names = [
                "intermittent.duration_hard_min",
                "intermittent.duration_soft_min",
                "intermittent.duration_initial",
                "intermittent.duration_soft_max",
            ];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupIntermittentDurationOrder, name)
        });

        let unit = DoseUnit(r.u8()?);
        require!(unit.has_dimension_of(dose_unit), misfit(r, unit, Rule::SetupUnitDimension, "intermittent.unit"));
        let present = r.u8()?;
        require!(present & 0b1111_1000 == 0, r.refuse(Rule::BitsReserved, "intermittent.present", 1));
        let range = Range::of(unit);
        group.unit = unit;
        group.soft_min = limit(r, present & 1, range, "intermittent.soft_min")?;
        group.soft_max = limit(r, present & 2, range, "intermittent.soft_max")?;
        group.hard_max = limit(r, present & 4, range, "intermittent.hard_max")?;
        let chain = [group.soft_min, group.soft_max, group.hard_max];
        require!(ascends(chain), {
            let names = ["intermittent.soft_min", "intermittent.soft_max", "intermittent.hard_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupIntermittentOrder, name)
        });
        Ok(group)
    }
}

impl Fields for Intermittent {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        let present = [
            self.duration_hard_min.is_some(),
            self.duration_soft_min.is_some(),
            self.duration_soft_max.is_some(),
            self.duration_initial.is_some(),
        ];
        visitor.u8("intermittent.duration_present", fields::bits(present));
        visitor.minutes([
            ("intermittent.duration_hard_min", self.duration_hard_min),
            ("intermittent.duration_soft_min", self.duration_soft_min),
            ("intermittent.duration_soft_max", self.duration_soft_max),
            ("intermittent.duration_initial", self.duration_initial),
        ]);
        visitor.u8("intermittent.unit", self.unit.0);
        let present = [self.soft_min.is_some(), self.soft_max.is_some(), self.hard_max.is_some()];
        visitor.u8("intermittent.present", fields::bits(present));
        visitor.quantities([
            ("intermittent.soft_min", self.soft_min),
            ("intermittent.soft_max", self.soft_max),
            ("intermittent.hard_max", self.hard_max),
        ]);
    }
}

/// The limits of the rate of a fluid, in its dose unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fluid {
    /// No slower than this without a confirmation.
    pub soft_min: Option<u32>,
    /// No faster than this without a confirmation.
    pub soft_max: Option<u32>,
    /// No faster than this.
    pub hard_max: Option<u32>,
}

impl Fluid {
    pub(crate) fn parse(r: &mut Reader<'_>, dose_unit: DoseUnit) -> Result<Self, Refusal> {
        let start = r.offset();
        let present = r.u8()?;
        require!(present & 0b1111_1000 == 0, r.refuse(Rule::BitsReserved, "fluid.present", 1));
        let range = Range::of(dose_unit);
        let group = Self {
            soft_min: limit(r, present & 1, range, "fluid.soft_min")?,
            soft_max: limit(r, present & 2, range, "fluid.soft_max")?,
            hard_max: limit(r, present & 4, range, "fluid.hard_max")?,
        };
        let chain = [group.soft_min, group.soft_max, group.hard_max];
        require!(ascends(chain), {
            let names = ["fluid.soft_min", "fluid.soft_max", "fluid.hard_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupFluidOrder, name)
        });
        Ok(group)
    }
}

impl Fields for Fluid {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        let present = [self.soft_min.is_some(), self.soft_max.is_some(), self.hard_max.is_some()];
        visitor.u8("fluid.present", fields::bits(present));
        visitor.quantities([
            ("fluid.soft_min", self.soft_min),
            ("fluid.soft_max", self.soft_max),
            ("fluid.hard_max", self.hard_max),
        ]);
    }
}
