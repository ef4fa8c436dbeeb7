//! The limits of a set-up controlled by the patient (PCA) or by a model (TCI).

use crate::library::cursor::Reader;
use crate::library::drug::Agent;
use crate::library::fields::{self, Fields, Visitor, ascends, first_descent};
use crate::library::groups::misfit;
use crate::library::limits::{Range, limit, minutes, refuse_in, wide};
use crate::library::units::DoseUnit;
use crate::refusal::Refusal;
use crate::rule::Rule;

const LOCKOUT: core::ops::RangeInclusive<u16> = 1..=1440;
/// 150 years.
const MOST_AGE: u8 = 150;
/// 0.1 to 500 kg.
const WEIGHT: core::ops::RangeInclusive<u32> = 1000..=5_000_000;

/// The dose a patient may have within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accumulated {
    /// The dose, in the unit of the other limits.
    pub dose: u32,
    /// The time in minutes.
    pub window: u16,
}

/// The limits of a dose the patient calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pca {
    /// The unit of the limits.
    pub unit: DoseUnit,
    /// Demand dose: not less than this without a confirmation.
    pub soft_min: Option<u32>,
    /// Not more than this without a confirmation.
    pub soft_max: Option<u32>,
    /// Not more than this.
    pub hard_max: Option<u32>,
    /// What the pump proposes.
    pub initial: Option<u32>,
    /// Continuous dose per hour: not more than this without a confirmation.
    pub continuous_soft_max: Option<u32>,
    /// Not more than this.
    pub continuous_hard_max: Option<u32>,
    /// Loading dose: not more than this without a confirmation.
    pub loading_soft_max: Option<u32>,
    /// Not more than this.
    pub loading_hard_max: Option<u32>,
    /// Lockout in minutes: not shorter than this.
    pub lockout_hard_min: Option<u16>,
    /// Not shorter than this without a confirmation.
    pub lockout_soft_min: Option<u16>,
    /// Not longer than this without a confirmation.
    pub lockout_soft_max: Option<u16>,
    /// The lockout the pump proposes.
    pub lockout_initial: Option<u16>,
    /// The dose within a time.
    pub accumulated: Option<Accumulated>,
    /// The security level, 1 to 3.
    pub security: u8,
}

impl Pca {
    pub(crate) fn parse(r: &mut Reader<'_>, dose_unit: DoseUnit) -> Result<Self, Refusal> {
        let start = r.offset();
        let unit = DoseUnit(r.u8()?);
        require!(unit.has_dimension_of(dose_unit), misfit(r, unit, Rule::SetupUnitDimension, "pca.unit"));
        let present = r.u8()?;
        let range = Range::of(unit);
        let mut group = Self {
            unit,
            soft_min: limit(r, present & 1, range, "pca.soft_min")?,
            soft_max: limit(r, present & 2, range, "pca.soft_max")?,
            hard_max: limit(r, present & 4, range, "pca.hard_max")?,
            initial: limit(r, present & 8, range, "pca.initial")?,
            continuous_soft_max: limit(r, present & 16, range, "pca.continuous_soft_max")?,
            continuous_hard_max: limit(r, present & 32, range, "pca.continuous_hard_max")?,
            loading_soft_max: limit(r, present & 64, range, "pca.loading_soft_max")?,
            loading_hard_max: limit(r, present & 128, range, "pca.loading_hard_max")?,
            lockout_hard_min: None,
            lockout_soft_min: None,
            lockout_soft_max: None,
            lockout_initial: None,
            accumulated: None,
            security: 1,
        };
        let chain = [group.soft_min, group.initial, group.soft_max, group.hard_max];
        require!(ascends(chain), {
            let names = ["pca.soft_min", "pca.initial", "pca.soft_max", "pca.hard_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupPcaOrder, name)
        });
        require!(
            ascends([group.continuous_soft_max, group.continuous_hard_max]),
            refuse_in(r, start, &group, Rule::SetupPcaContinuousOrder, "pca.continuous_hard_max")
        );
        require!(
            ascends([group.loading_soft_max, group.loading_hard_max]),
            refuse_in(r, start, &group, Rule::SetupPcaLoadingOrder, "pca.loading_hard_max")
        );

        let present = r.u8()?;
        require!(present & 0b1110_0000 == 0, r.refuse(Rule::BitsReserved, "pca.lockout_present", 1));
        group.lockout_hard_min = minutes(r, present & 1, LOCKOUT, "pca.lockout_hard_min")?;
        group.lockout_soft_min = minutes(r, present & 2, LOCKOUT, "pca.lockout_soft_min")?;
        group.lockout_soft_max = minutes(r, present & 4, LOCKOUT, "pca.lockout_soft_max")?;
        group.lockout_initial = minutes(r, present & 8, LOCKOUT, "pca.lockout_initial")?;
        let chain = [
            wide(group.lockout_hard_min),
            wide(group.lockout_soft_min),
            wide(group.lockout_initial),
            wide(group.lockout_soft_max),
        ];
        require!(ascends(chain), {
            let names = ["pca.lockout_hard_min", "pca.lockout_soft_min", "pca.lockout_initial", "pca.lockout_soft_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupPcaLockoutOrder, name)
        });
        let accumulated = present & 16;
        let dose = limit(r, accumulated, range, "pca.accumulated_dose")?;
        let window = minutes(r, accumulated, LOCKOUT, "pca.accumulated_window")?;
        group.accumulated = dose.zip(window).map(|(dose, window)| Accumulated { dose, window });
        group.security = r.u8()?;
        require!((1..=3).contains(&group.security), r.refuse(Rule::NumberRange, "pca.security", 1));
        Ok(group)
    }
}

impl Fields for Pca {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u8("pca.unit", self.unit.0);
        let present = [
            self.soft_min.is_some(),
            self.soft_max.is_some(),
            self.hard_max.is_some(),
            self.initial.is_some(),
            self.continuous_soft_max.is_some(),
            self.continuous_hard_max.is_some(),
            self.loading_soft_max.is_some(),
            self.loading_hard_max.is_some(),
        ];
        visitor.u8("pca.present", fields::bits(present));
        visitor.quantities([
            ("pca.soft_min", self.soft_min),
            ("pca.soft_max", self.soft_max),
            ("pca.hard_max", self.hard_max),
            ("pca.initial", self.initial),
            ("pca.continuous_soft_max", self.continuous_soft_max),
            ("pca.continuous_hard_max", self.continuous_hard_max),
            ("pca.loading_soft_max", self.loading_soft_max),
            ("pca.loading_hard_max", self.loading_hard_max),
        ]);
        let present = [
            self.lockout_hard_min.is_some(),
            self.lockout_soft_min.is_some(),
            self.lockout_soft_max.is_some(),
            self.lockout_initial.is_some(),
            self.accumulated.is_some(),
        ];
        visitor.u8("pca.lockout_present", fields::bits(present));
        visitor.minutes([
            ("pca.lockout_hard_min", self.lockout_hard_min),
            ("pca.lockout_soft_min", self.lockout_soft_min),
            ("pca.lockout_soft_max", self.lockout_soft_max),
            ("pca.lockout_initial", self.lockout_initial),
        ]);
        if let Some(accumulated) = self.accumulated {
            visitor.u32("pca.accumulated_dose", accumulated.dose);
            visitor.u16("pca.accumulated_window", accumulated.window);
        }
        visitor.u8("pca.security", self.security);
    }
}

/// A pharmacokinetic model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Model {
    /// Marsh, for propofol.
    #[default]
    Marsh = 1,
    /// Schnider, for propofol.
    Schnider = 2,
    /// Paedfusor, for propofol.
    Paedfusor = 3,
    /// Kataria, for propofol.
    Kataria = 4,
    /// Minto, for remifentanil.
    Minto = 5,
}

impl Model {
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Model::Marsh),
            2 => Some(Model::Schnider),
            3 => Some(Model::Paedfusor),
            4 => Some(Model::Kataria),
            5 => Some(Model::Minto),
            _ => None,
        }
    }

    /// The agent it describes.
    #[must_use]
    pub const fn agent(self) -> Agent {
        match self {
            Model::Marsh | Model::Schnider | Model::Paedfusor | Model::Kataria => Agent::Propofol,
            Model::Minto => Agent::Remifentanil,
        }
    }

    /// Whether it has an effect-site compartment.
    #[must_use]
    pub const fn has_effect_site(self) -> bool {
        matches!(self, Model::Schnider | Model::Minto)
    }
}

/// What the target of a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The concentration in the plasma.
    #[default]
    Plasma = 1,
    /// The concentration at the effect site.
    EffectSite = 2,
}

impl Mode {
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Mode::Plasma),
            2 => Some(Mode::EffectSite),
            _ => None,
        }
    }
}

/// The limits of a target, in the set-up's dose unit, and of the patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tci {
    /// The model.
    pub model: Model,
    /// What the target is.
    pub mode: Mode,
    /// What the pump proposes.
    pub initial: Option<u32>,
    /// Not more than this without a confirmation.
    pub soft_max: Option<u32>,
    /// Not more than this.
    pub hard_max: Option<u32>,
    /// At which concentration the patient is expected to wake.
    pub awakening: Option<u32>,
    /// The greatest rate of the induction, in ml/h.
    pub max_induction_rate: u32,
    /// Age in years from which the model is used.
    pub age_min: u8,
    /// Age up to which it is used.
    pub age_max: u8,
    /// Weight in kg from which the model is used.
    pub weight_min: u32,
    /// Weight up to which it is used.
    pub weight_max: u32,
}

impl Tci {
    pub(crate) fn parse(r: &mut Reader<'_>, dose_unit: DoseUnit) -> Result<Self, Refusal> {
        let start = r.offset();
        let model = Model::from_code(r.u8()?);
        require!(model.is_some(), r.refuse(Rule::EnumValue, "tci.model", 1));
        let model = model.unwrap_or_default();
        let mode = Mode::from_code(r.u8()?);
        require!(mode.is_some(), r.refuse(Rule::EnumValue, "tci.mode", 1));
        let mode = mode.unwrap_or_default();
        require!(
            mode != Mode::EffectSite || model.has_effect_site(),
            r.refuse(Rule::SetupTciEffectSite, "tci.mode", 1)
        );
        let present = r.u8()?;
        require!(present & 0b1111_0000 == 0, r.refuse(Rule::BitsReserved, "tci.present", 1));
        let range = Range::of_target(dose_unit);
        let mut group = Self {
            model,
            mode,
            initial: limit(r, present & 1, range, "tci.initial")?,
            soft_max: limit(r, present & 2, range, "tci.soft_max")?,
            hard_max: limit(r, present & 4, range, "tci.hard_max")?,
            awakening: limit(r, present & 8, range, "tci.awakening")?,
            max_induction_rate: 0,
            age_min: 0,
            age_max: 0,
            weight_min: 0,
            weight_max: 0,
        };
        let chain = [group.initial, group.soft_max, group.hard_max];
        require!(ascends(chain), {
            let names = ["tci.initial", "tci.soft_max", "tci.hard_max"];
            let name = first_descent(names, chain);
            refuse_in(r, start, &group, Rule::SetupTciOrder, name)
        });
        group.max_induction_rate = r.u32()?;
        require!(
            (1000..=9_990_000).contains(&group.max_induction_rate),
            r.refuse(Rule::NumberRange, "tci.max_induction_rate", 4)
        );
        require!(
            group.max_induction_rate.is_multiple_of(1000),
            r.refuse(Rule::NumberResolution, "tci.max_induction_rate", 4)
        );
        group.age_min = r.u8()?;
        group.age_max = r.u8()?;
        require!(group.age_max <= MOST_AGE, r.refuse(Rule::NumberRange, "tci.age_max", 1));
        // An age_min beyond its range is above any age_max within it.
        require!(
            group.age_min <= group.age_max,
            if group.age_min > MOST_AGE {
                r.refuse(Rule::NumberRange, "tci.age_min", 2)
            } else {
                r.refuse(Rule::SetupTciAgeOrder, "tci.age_max", 1)
            }
        );
        group.weight_min = r.u32()?;
        require!(WEIGHT.contains(&group.weight_min), r.refuse(Rule::NumberRange, "tci.weight_min", 4));
        require!(group.weight_min.is_multiple_of(1000), r.refuse(Rule::NumberResolution, "tci.weight_min", 4));
        group.weight_max = r.u32()?;
        require!(WEIGHT.contains(&group.weight_max), r.refuse(Rule::NumberRange, "tci.weight_max", 4));
        require!(group.weight_max.is_multiple_of(1000), r.refuse(Rule::NumberResolution, "tci.weight_max", 4));
        require!(group.weight_min <= group.weight_max, r.refuse(Rule::SetupTciWeightOrder, "tci.weight_max", 4));
        Ok(group)
    }
}

impl Fields for Tci {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u8("tci.model", self.model as u8);
        visitor.u8("tci.mode", self.mode as u8);
        let present =
            [self.initial.is_some(), self.soft_max.is_some(), self.hard_max.is_some(), self.awakening.is_some()];
        visitor.u8("tci.present", fields::bits(present));
        visitor.quantities([
            ("tci.initial", self.initial),
            ("tci.soft_max", self.soft_max),
            ("tci.hard_max", self.hard_max),
            ("tci.awakening", self.awakening),
        ]);
        visitor.u32("tci.max_induction_rate", self.max_induction_rate);
        visitor.u8("tci.age_min", self.age_min);
        visitor.u8("tci.age_max", self.age_max);
        visitor.u32("tci.weight_min", self.weight_min);
        visitor.u32("tci.weight_max", self.weight_max);
    }
}
