//! Set-ups: how a drug is given in a care area.

use alloc::vec::Vec;

use crate::library::controlled::{Pca, Tci};
use crate::library::cursor::{Reader, Window};
use crate::library::fields::{self, Fields, Visitor};
use crate::library::groups::{Bolus, Continuous, Fluid, Intermittent, misfit};
use crate::library::units::{Class, DoseUnit};
use crate::refusal::Refusal;
use crate::rule::Rule;

/// No set-up takes fewer bytes: that of a fluid without limits.
pub(crate) const LEAST: usize = 19;

/// Where the profile stands in a set-up.
pub(crate) const PROFILE_OFFSET: u32 = 6;

const CONTINUOUS: u8 = 1;
const BOLUS: u8 = 2;
const INTERMITTENT: u8 = 3;
const PCA: u8 = 4;
const FLUID: u8 = 5;
const TCI: u8 = 6;

/// The pump module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Module {
    /// Large volume.
    #[default]
    LargeVolume = 1,
    /// Syringe.
    Syringe = 2,
}

impl Module {
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Module::LargeVolume),
            2 => Some(Module::Syringe),
            _ => None,
        }
    }
}

/// The line of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Line {
    /// Primary.
    #[default]
    Primary = 1,
    /// Secondary.
    Secondary = 2,
}

impl Line {
    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Line::Primary),
            2 => Some(Line::Secondary),
            _ => None,
        }
    }
}

/// A set-up. A reference of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// Module.
    pub module: Module,
    /// Line.
    pub line: Line,
    /// The unit in which the dose is set.
    pub dose_unit: DoseUnit,
    /// Id of the profile.
    pub profile: u16,
    /// Id of the drug.
    pub drug: u16,
    /// Id of the concentration or 0.
    pub concentration: u16,
    /// Id of the therapy or 0.
    pub therapy: u16,
    /// Id of the advisory or 0.
    pub advisory: u16,
    /// Id of the label or 0.
    pub label: u16,
    /// What depends on the kind.
    pub body: Body,
}

/// The kind of a set-up and its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Given continuously.
    Continuous(Continuous),
    /// Given at once.
    Bolus(Bolus),
    /// Given over a stated time.
    Intermittent(Intermittent),
    /// Given when the patient calls for it.
    Pca(Pca),
    /// A fluid without a drug in it.
    Fluid(Fluid),
    /// Given as a model computes.
    Tci(Tci),
}

impl Body {
    fn kind(&self) -> u8 {
        match self {
            Body::Continuous(_) => CONTINUOUS,
            Body::Bolus(_) => BOLUS,
            Body::Intermittent(_) => INTERMITTENT,
            Body::Pca(_) => PCA,
            Body::Fluid(_) => FLUID,
            Body::Tci(_) => TCI,
        }
    }

    fn fields(&self) -> &dyn Fields {
        match self {
            Body::Continuous(group) => group,
            Body::Bolus(group) => group,
            Body::Intermittent(group) => group,
            Body::Pca(group) => group,
            Body::Fluid(group) => group,
            Body::Tci(group) => group,
        }
    }
}

/// Whether a dose is set in the unit for a kind of set-up.
fn fits(kind: u8, unit: DoseUnit) -> bool {
    let class = unit.properties().class;
    match kind {
        CONTINUOUS => class == Class::Rate,
        BOLUS | INTERMITTENT | PCA => class == Class::Amount,
        FLUID => unit == DoseUnit::ML_PER_HOUR,
        _ => class == Class::Target,
    }
}

impl Setup {
    /// Reads a set-up and checks what can be checked without the other tables.
    pub(crate) fn parse(section: &mut Reader<'_>) -> Result<Self, Refusal> {
        let start = section.offset();
        let length = section.u16()?;
        let record = section.take(usize::from(length).saturating_sub(2))?;
        let r = &mut record.within(Window::Setup(start));

        let kind = r.u8()?;
        require!((CONTINUOUS..=TCI).contains(&kind), r.refuse(Rule::EnumValue, "kind", 1));
        let module = Module::from_code(r.u8()?);
        require!(module.is_some(), r.refuse(Rule::EnumValue, "module", 1));
        let module = module.unwrap_or_default();
        let line = Line::from_code(r.u8()?);
        require!(line.is_some(), r.refuse(Rule::EnumValue, "line", 1));
        let line = line.unwrap_or_default();
        require!(module != Module::Syringe || line != Line::Secondary, r.refuse(Rule::SetupLine, "line", 1));
        let dose_unit = DoseUnit(r.u8()?);
        require!(fits(kind, dose_unit), misfit(r, dose_unit, Rule::SetupUnitUse, "dose_unit"));
        let profile = r.u16()?;
        let drug = r.u16()?;
        let concentration = r.u16()?;
        require!(concentration != 0 || kind == FLUID, r.refuse(Rule::SetupConcentrationRequired, "concentration", 2));
        require!(concentration == 0 || kind != FLUID, r.refuse(Rule::SetupConcentrationForbidden, "concentration", 2));
        let therapy = r.u16()?;
        let advisory = r.u16()?;
        let label = r.u16()?;
        let body = match kind {
            CONTINUOUS => Body::Continuous(Continuous::parse(r, dose_unit)?),
            BOLUS => Body::Bolus(Bolus::parse_alone(r, dose_unit)?),
            INTERMITTENT => Body::Intermittent(Intermittent::parse(r, dose_unit)?),
            PCA => Body::Pca(Pca::parse(r, dose_unit)?),
            FLUID => Body::Fluid(Fluid::parse(r, dose_unit)?),
            _ => Body::Tci(Tci::parse(r, dose_unit)?),
        };
        require!(r.is_empty(), Refusal::new(Rule::RecordLength, r.record(), "length", start));
        Ok(Self { module, line, dose_unit, profile, drug, concentration, therapy, advisory, label, body })
    }

    /// Appends the record's bytes.
    pub fn emit(&self, out: &mut Vec<u8>) {
        fields::emit(self, out);
    }
}

impl Fields for Setup {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        let body = self.body.fields();
        let length = fields::length(body).saturating_add(LEAST - 1);
        visitor.u16("length", u16::try_from(length).unwrap_or(u16::MAX));
        visitor.u8("kind", self.body.kind());
        visitor.u8("module", self.module as u8);
        visitor.u8("line", self.line as u8);
        visitor.u8("dose_unit", self.dose_unit.0);
        visitor.u16("profile", self.profile);
        visitor.u16("drug", self.drug);
        visitor.u16("concentration", self.concentration);
        visitor.u16("therapy", self.therapy);
        visitor.u16("advisory", self.advisory);
        visitor.u16("label", self.label);
        body.visit(visitor);
    }
}
