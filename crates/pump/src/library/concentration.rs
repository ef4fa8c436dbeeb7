//! Concentrations in which drugs are kept or prepared.

use alloc::vec::Vec;

use crate::library::cursor::Reader;
use crate::library::fields::{self, Fields, Visitor, ascends, first_descent};
use crate::library::tables::{Entry, read_id};
use crate::library::units::AmountUnit;
use crate::refusal::{Refusal, Table};
use crate::rule::Rule;

const STANDARD: u8 = 1;
const CUSTOM: u8 = 2;

const HARD_MIN: u8 = 1;
const SOFT_MIN: u8 = 2;
const SOFT_MAX: u8 = 4;

/// 0.0001 to 99999.
const RANGE: core::ops::RangeInclusive<u32> = 1..=999_990_000;

/// A concentration. Quantities are in ten-thousandths of their unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concentration {
    /// Id.
    pub id: u16,
    /// The drug's id.
    pub drug: u16,
    /// The unit of the amount.
    pub unit: AmountUnit,
    /// The amount, or the limits of what is set at the pump.
    pub content: Content,
}

/// What a concentration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Fixed.
    Standard {
        /// The amount of the drug.
        amount: u32,
        /// The volume it is in, in ml.
        volume: u32,
        /// The amount per ml.
        quotient: u32,
    },
    /// Set at the pump, in the amount's unit per ml.
    Custom {
        /// Not less than this.
        hard_min: Option<u32>,
        /// Not less than this without a confirmation.
        soft_min: Option<u32>,
        /// Not more than this without a confirmation.
        soft_max: Option<u32>,
    },
}

impl Concentration {
    /// Appends the record's bytes.
    pub fn emit(&self, out: &mut Vec<u8>) {
        fields::emit(self, out);
    }
}

/// The quotient of two quantities in ten-thousandths, half rounded up.
fn quotient(amount: u32, volume: u32) -> Option<u64> {
    let volume = u64::from(volume);
    u64::from(amount).saturating_mul(20_000).saturating_add(volume).checked_div(volume.saturating_mul(2))
}

fn standard(r: &mut Reader<'_>, unit: AmountUnit) -> Result<Content, Refusal> {
    let amount = r.u32()?;
    require!((10..=999_990_000).contains(&amount), r.refuse(Rule::NumberRange, "standard.amount", 4));
    require!(amount.is_multiple_of(unit.resolution()), r.refuse(Rule::NumberResolution, "standard.amount", 4));
    let volume = r.u32()?;
    require!((1000..=99_990_000).contains(&volume), r.refuse(Rule::NumberRange, "standard.volume", 4));
    require!(volume.is_multiple_of(1000), r.refuse(Rule::NumberResolution, "standard.volume", 4));
    let stated = r.u32()?;
    require!(RANGE.contains(&stated), r.refuse(Rule::NumberRange, "standard.final", 4));
    require!(
        quotient(amount, volume) == Some(u64::from(stated)),
        r.refuse(Rule::ConcentrationQuotient, "standard.final", 4)
    );
    Ok(Content::Standard { amount, volume, quotient: stated })
}

fn custom(r: &mut Reader<'_>) -> Result<Content, Refusal> {
    let present = r.u8()?;
    require!(present & !(HARD_MIN | SOFT_MIN | SOFT_MAX) == 0, r.refuse(Rule::BitsReserved, "custom.present", 1));
    let mut hard_min = None;
    if present & HARD_MIN != 0 {
        let limit = r.u32()?;
        require!(RANGE.contains(&limit), r.refuse(Rule::NumberRange, "custom.hard_min", 4));
        hard_min = Some(limit);
    }
    let mut soft_min = None;
    if present & SOFT_MIN != 0 {
        let limit = r.u32()?;
        require!(RANGE.contains(&limit), r.refuse(Rule::NumberRange, "custom.soft_min", 4));
        soft_min = Some(limit);
    }
    let mut soft_max = None;
    if present & SOFT_MAX != 0 {
        let limit = r.u32()?;
        require!(RANGE.contains(&limit), r.refuse(Rule::NumberRange, "custom.soft_max", 4));
        soft_max = Some(limit);
    }
    Ok(Content::Custom { hard_min, soft_min, soft_max })
}

impl<'a> Entry<'a> for Concentration {
    const TABLE: Table = Table::Concentration;
    const LEAST: usize = 7;

    fn parse(r: &mut Reader<'a>, previous: u16) -> Result<Self, Refusal> {
        let start = r.offset();
        let id = read_id(r, previous)?;
        let drug = r.u16()?;
        let kind = r.u8()?;
        require!(matches!(kind, STANDARD | CUSTOM), r.refuse(Rule::EnumValue, "kind", 1));
        let unit = AmountUnit(r.u8()?);
        require!(unit.is_defined(), r.refuse(Rule::EnumValue, "unit", 1));
        let content = match kind {
            STANDARD => standard(r, unit)?,
            _ => custom(r)?,
        };
        let concentration = Self { id, drug, unit, content };
        if let Content::Custom { hard_min, soft_min, soft_max } = content {
            let chain = [hard_min, soft_min, soft_max];
            require!(ascends(chain), {
                let names = ["custom.hard_min", "custom.soft_min", "custom.soft_max"];
                let name = first_descent(names, chain);
                let offset = start.wrapping_add(fields::offset_of(&concentration, name));
                Refusal::new(Rule::ConcentrationOrder, r.record(), name, offset)
            });
        }
        Ok(concentration)
    }

    fn id(&self) -> u16 {
        self.id
    }
}

impl Fields for Concentration {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u16("id", self.id);
        visitor.u16("drug", self.drug);
        match self.content {
            Content::Standard { amount, volume, quotient } => {
                visitor.u8("kind", STANDARD);
                visitor.u8("unit", self.unit.0);
                visitor.u32("standard.amount", amount);
                visitor.u32("standard.volume", volume);
                visitor.u32("standard.final", quotient);
            }
            Content::Custom { hard_min, soft_min, soft_max } => {
                visitor.u8("kind", CUSTOM);
                visitor.u8("unit", self.unit.0);
                let present = [hard_min.is_some(), soft_min.is_some(), soft_max.is_some()];
                visitor.u8("custom.present", fields::bits(present));
                visitor.quantities([
                    ("custom.hard_min", hard_min),
                    ("custom.soft_min", soft_min),
                    ("custom.soft_max", soft_max),
                ]);
            }
        }
    }
}
