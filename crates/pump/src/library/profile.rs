//! Profiles: the care areas and what the pump may do in them.

use alloc::vec::Vec;

use crate::library::cursor::Reader;
use crate::library::fields::{self, Fields, Visitor};
use crate::library::tables::{Entry, read_id};
use crate::library::text;
use crate::refusal::{Refusal, Table};
use crate::rule::Rule;

const OPTIONS: u8 = 0b1111;
const ANAESTHESIA: u8 = 1;
const TAMPER_RESISTANCE: u8 = 2;
const HAS_WEIGHT: u8 = 4;
const HAS_SURFACE: u8 = 8;

/// The greatest rate any profile allows, 999 ml/h.
const MOST_RATE: u32 = 9_990_000;

/// A care area. Quantities are in ten-thousandths of their unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile<'a> {
    /// Id.
    pub id: u16,
    /// Name.
    pub name: &'a str,
    /// The number of set-ups that refer to it.
    pub setups: u16,
    /// The greatest rate, in ml/h.
    pub max_rate: u32,
    /// The greatest volume to be infused, in ml.
    pub max_vtbi: u32,
    /// The rate that keeps a vein open, in ml/h; 0: none.
    pub kvo_rate: u32,
    /// The pressure that counts as an occlusion, in mmHg.
    pub occlusion_pressure: u16,
    /// The volume of an air bubble that raises an alarm, in microlitres.
    pub air_in_line: u16,
    /// How often the pump restarts by itself after an occlusion.
    pub auto_restart: u8,
    /// 0 unlocked, 1 keypad, 2 full.
    pub lock_level: u8,
    /// Whether the anaesthesia mode is on.
    pub anaesthesia: bool,
    /// Whether the lock needs a key.
    pub tamper_resistance: bool,
    /// The greatest body weight, in kg.
    pub max_weight: Option<u32>,
    /// The greatest body surface, in square metres.
    pub max_surface: Option<u32>,
}

impl<'a> Entry<'a> for Profile<'a> {
    const TABLE: Table = Table::Profile;
    const LEAST: usize = 25;

    fn parse(r: &mut Reader<'a>, previous: u16) -> Result<Self, Refusal> {
        let id = read_id(r, previous)?;
        let name = text::read(r, "name", text::NAME)?;
        let setups = r.u16()?;
        require!(setups <= 1500, r.refuse(Rule::CountRange, "setups", 2));
        let max_rate = r.u32()?;
        require!((1000..=MOST_RATE).contains(&max_rate), r.refuse(Rule::NumberRange, "max_rate", 4));
        require!(max_rate.is_multiple_of(1000), r.refuse(Rule::NumberResolution, "max_rate", 4));
        let max_vtbi = r.u32()?;
        require!((1000..=99_990_000).contains(&max_vtbi), r.refuse(Rule::NumberRange, "max_vtbi", 4));
        require!(max_vtbi.is_multiple_of(1000), r.refuse(Rule::NumberResolution, "max_vtbi", 4));
        let kvo_rate = r.u32()?;
        require!(
            kvo_rate <= max_rate,
            if kvo_rate > MOST_RATE {
                r.refuse(Rule::NumberRange, "kvo_rate", 4)
            } else {
                r.refuse(Rule::ProfileKvo, "kvo_rate", 4)
            }
        );
        require!(kvo_rate.is_multiple_of(1000), r.refuse(Rule::NumberResolution, "kvo_rate", 4));
        let occlusion_pressure = r.u16()?;
        require!((25..=1000).contains(&occlusion_pressure), r.refuse(Rule::NumberRange, "occlusion_pressure", 2));
        let air_in_line = r.u16()?;
        require!((50..=500).contains(&air_in_line), r.refuse(Rule::NumberRange, "air_in_line", 2));
        let auto_restart = r.u8()?;
        require!(auto_restart <= 9, r.refuse(Rule::NumberRange, "auto_restart", 1));
        let lock_level = r.u8()?;
        require!(lock_level <= 2, r.refuse(Rule::EnumValue, "lock_level", 1));
        let options = r.u8()?;
        require!(options & !OPTIONS == 0, r.refuse(Rule::BitsReserved, "options", 1));
        let mut max_weight = None;
        if options & HAS_WEIGHT != 0 {
            let weight = r.u32()?;
            require!((1000..=5_000_000).contains(&weight), r.refuse(Rule::NumberRange, "max_weight", 4));
            require!(weight.is_multiple_of(1000), r.refuse(Rule::NumberResolution, "max_weight", 4));
            max_weight = Some(weight);
        }
        let mut max_surface = None;
        if options & HAS_SURFACE != 0 {
            let surface = r.u32()?;
            require!((100..=30_000).contains(&surface), r.refuse(Rule::NumberRange, "max_surface", 4));
            require!(surface.is_multiple_of(100), r.refuse(Rule::NumberResolution, "max_surface", 4));
            max_surface = Some(surface);
        }
        Ok(Self {
            id,
            name,
            setups,
            max_rate,
            max_vtbi,
            kvo_rate,
            occlusion_pressure,
            air_in_line,
            auto_restart,
            lock_level,
            anaesthesia: options & ANAESTHESIA != 0,
            tamper_resistance: options & TAMPER_RESISTANCE != 0,
            max_weight,
            max_surface,
        })
    }

    fn id(&self) -> u16 {
        self.id
    }
}

impl Profile<'_> {
    /// Appends the record's bytes.
    pub fn emit(&self, out: &mut Vec<u8>) {
        fields::emit(self, out);
    }
}

impl Fields for Profile<'_> {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u16("id", self.id);
        visitor.text("name", self.name);
        visitor.u16("setups", self.setups);
        visitor.u32("max_rate", self.max_rate);
        visitor.u32("max_vtbi", self.max_vtbi);
        visitor.u32("kvo_rate", self.kvo_rate);
        visitor.u16("occlusion_pressure", self.occlusion_pressure);
        visitor.u16("air_in_line", self.air_in_line);
        visitor.u8("auto_restart", self.auto_restart);
        visitor.u8("lock_level", self.lock_level);
        let options = [self.anaesthesia, self.tamper_resistance, self.max_weight.is_some(), self.max_surface.is_some()];
        visitor.u8("options", fields::bits(options));
        visitor.quantities([("max_weight", self.max_weight), ("max_surface", self.max_surface)]);
    }
}
