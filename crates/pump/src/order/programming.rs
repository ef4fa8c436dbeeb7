//! Whether the pump can do what a valid message asks for: held against the library in use.

use super::check::{Control, Message, Order};
use super::dose::{Body, Fraction, RESOLUTION, in_base, is_rate, over, per_hour, per_ml, volume};
use super::failure::Failure;
use super::give::{Concentration, Device, Method, Quantity};
use super::observation::Observed;
use super::units::{Unit, fits};
use crate::library::setup::{Body as Kind, Line, Module};
use crate::library::{Content, DoseUnit, Drug, Library, Profile, Setup};

/// What the pump is, and what it is doing.
#[derive(Debug, Clone, Copy)]
pub struct Bedside<'a> {
    /// The pump's id, as OBX-18 names it.
    pub pump: &'a str,
    /// The name of the care area that the pump is set to. An order does not name one.
    pub profile: &'a str,
    /// The library in use.
    pub library: Option<Library<'a>>,
    /// What was confirmed last and runs.
    pub running: Option<Running>,
}

/// A therapy that was started from a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// The drug's id in the library.
    pub drug: u16,
    /// In ten-thousandths of ml/h.
    pub rate: u32,
    /// The volume that is left, in ten-thousandths of a ml.
    pub left: u32,
}

/// Something that a person has to confirm besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The dose is below the soft minimum.
    BelowSoftMinimum,
    /// The dose is above the soft maximum.
    AboveSoftMaximum,
    /// The duration is below the soft minimum.
    ShorterThanSoftMinimum,
    /// The duration is above the soft maximum.
    LongerThanSoftMaximum,
    /// The concentration is outside its soft limits.
    ConcentrationOutsideSoftLimits,
}

/// Most warnings of a proposal.
const WARNINGS: usize = 3;

/// What a person may confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// Whether it begins a therapy or changes the one that runs.
    pub control: Control,
    /// The drug's id in the library.
    pub drug: u16,
    /// In ten-thousandths of ml/h, a multiple of the pump's resolution.
    pub rate: u32,
    /// In ten-thousandths of a ml, a multiple of the pump's resolution; of a change, what is left to
    /// be infused.
    pub volume: u32,
    warnings: [Option<Warning>; WARNINGS],
}

impl Proposal {
    /// What has to be confirmed besides.
    pub fn warnings(&self) -> impl Iterator<Item = Warning> {
        self.warnings.into_iter().flatten()
    }

    /// Whether it proposes the same as before. What is left of a running therapy has become less.
    pub(super) fn is_still(&self, before: &Self) -> bool {
        match self.control {
            Control::New => self == before,
            Control::Change => Self { volume: before.volume, ..*self } == *before,
        }
    }

    fn warn(&mut self, warning: Warning) {
        if let Some(place) = self.warnings.iter_mut().find(|place| place.is_none()) {
            *place = Some(warning);
        }
    }
}

/// Works out what the only order of a message proposes.
///
/// # Errors
/// Why the pump cannot do it.
pub fn program(message: &Message<'_>, bedside: &Bedside<'_>) -> Result<Proposal, Failure> {
    let [order] = message.orders.as_slice() else { return Err(Failure::NotOneOrder) };
    let pump = bedside.pump;
    require!(order.pump.id.is(pump) || order.pump.universal.is(pump), Failure::OtherPump);
    let library = bedside.library.ok_or(Failure::NoLibrary)?;
    let profile = library.profiles().find(|profile| profile.name == bedside.profile).ok_or(Failure::NoProfile)?;
    require!(order.device != Device::PatientControlled, Failure::NotSupported);
    let drug = drug(order, library)?;
    let body = body(order, &profile)?;
    let setup = setup(order, library, &profile, &drug)?;
    let concentration = order.give.concentration;
    let mut proposal =
        Proposal { control: order.control, drug: drug.id, rate: 0, volume: 0, warnings: [None; WARNINGS] };
    soft_concentration(library, &setup, concentration.as_ref(), &mut proposal)?;
    let dose = order.give.rate.ok_or(Failure::NoRate)?;
    let made = volume(&dose, &body, concentration.as_ref()).ok_or(missing(&dose, &body))?;
    let (rate, whole) = match order.duration {
        _ if is_rate(&dose.unit) => (made, order.duration.map(|duration| over(made, duration))),
        Some(duration) => (per_hour(made, duration).ok_or(Failure::RateLimits)?, Some(Some(made))),
        None => return Err(Failure::NoRate),
    };
    let whole = whole.map(|whole| whole.ok_or(Failure::VolumeLimits)).transpose()?;
    limits(&setup, &dose, order.duration, &mut proposal)?;
    proposal.rate = rated(rate, &profile)?;
    let mut left = None;
    if order.control == Control::Change {
        let running = bedside.running.filter(|running| running.drug == drug.id).ok_or(Failure::NothingToChange)?;
        require!(running.rate != proposal.rate, Failure::SameAsBefore);
        left = Some(Fraction::of(running.left.into()));
    }
    proposal.volume = volume_of(order, whole, left, &profile)?;
    Ok(proposal)
}

/// The drug, by its id and by its name, exactly.
fn drug<'a>(order: &Order<'_>, library: Library<'a>) -> Result<Drug<'a>, Failure> {
    let by_code = library.drugs().find(|drug| order.give.code.is(drug.code));
    let by_name = library.drugs().find(|drug| order.give.name.is(drug.name));
    match (by_code, by_name) {
        (Some(code), Some(name)) if code.id == name.id => Ok(code),
        (Some(_), Some(_)) => Err(Failure::NameOfOther),
        (Some(_), None) => Err(Failure::UnknownName),
        (None, Some(_)) => Err(Failure::UnknownCode),
        (None, None) => Err(Failure::UnknownDrug),
    }
}

/// Weight and surface, if they are stated, within what the profile allows.
fn body(order: &Order<'_>, profile: &Profile<'_>) -> Result<Body, Failure> {
    let mut body = Body::default();
    if let Some(weight) = order.observed(Observed::Weight) {
        let one = Fraction::new(weight.value.unit.grams().into(), 1);
        let grams = one.and_then(|one| Fraction::of(weight.value.value).times(one)).ok_or(Failure::WeightRange)?;
        let most = profile.max_weight.and_then(|most| Fraction::of(u64::from(most)).times(Fraction::new(1000, 1)?));
        require!(most.is_none_or(|most| grams.exceeds(most) == Some(false)), Failure::WeightRange);
        body.grams = Some(grams);
    }
    if let Some(surface) = order.observed(Observed::Surface) {
        let stated = Fraction::of(surface.value.value);
        let most = profile.max_surface.map(|most| Fraction::of(u64::from(most)));
        require!(most.is_none_or(|most| stated.exceeds(most) == Some(false)), Failure::SurfaceRange);
        body.surface = Some(stated);
    }
    Ok(body)
}

/// What is missing for a dose that makes no volume.
fn missing(dose: &Quantity, body: &Body) -> Failure {
    use crate::library::Basis;
    match dose.unit.basis {
        Basis::Weight if body.grams.is_none() => Failure::NoWeight,
        Basis::Surface if body.surface.is_none() => Failure::NoSurface,
        _ => Failure::RateLimits,
    }
}

/// The set-up of the drug in the profile for this pump, line, concentration and unit.
fn setup(order: &Order<'_>, library: Library<'_>, profile: &Profile<'_>, drug: &Drug<'_>) -> Result<Setup, Failure> {
    let unit = order.give.rate.ok_or(Failure::NoRate)?.unit;
    let module = match order.device {
        Device::Syringe => Module::Syringe,
        _ => Module::LargeVolume,
    };
    let mut closest = Failure::NoSetup;
    for setup in library.setups() {
        if setup.profile != profile.id || setup.drug != drug.id {
            continue;
        }
        match suits(&setup, order, &unit, module, library) {
            Ok(()) => return Ok(setup),
            Err(failure) => closest = closest.closer(failure),
        }
    }
    Err(closest)
}

/// Whether a set-up of the drug is the one that an order means.
fn suits(setup: &Setup, order: &Order<'_>, unit: &Unit, module: Module, library: Library<'_>) -> Result<(), Failure> {
    require!(setup.module == module, Failure::OtherModule);
    match (order.method, setup.line) {
        (Some(Method::Primary), Line::Secondary) => return Err(Failure::NoPrimary),
        (Some(Method::Secondary), Line::Primary) => return Err(Failure::NoSecondary),
        _ => {}
    }
    same_concentration(setup, order.give.concentration.as_ref(), library)?;
    match &setup.body {
        Kind::Continuous(_) | Kind::Fluid(_) => {
            require!(is_rate(unit), Failure::NotAllowed);
            require!(fits(unit, setup.dose_unit), Failure::ContinuousUnit);
        }
        Kind::Intermittent(_) => {
            require!(!is_rate(unit), Failure::NotAllowed);
            require!(fits(unit, setup.dose_unit), Failure::IntermittentUnit);
        }
        Kind::Bolus(_) | Kind::Pca(_) | Kind::Tci(_) => return Err(Failure::NotAllowed),
    }
    Ok(())
}

/// Whether an order's concentration is that of a set-up.
fn same_concentration(setup: &Setup, ordered: Option<&Concentration>, library: Library<'_>) -> Result<(), Failure> {
    let kept = library.concentrations().find(|one| setup.concentration != 0 && one.id == setup.concentration);
    let (kept, ordered) = match (kept, ordered) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err(Failure::OtherConcentration),
        (Some(_), None) => return Err(Failure::NoConcentration),
        (Some(kept), Some(ordered)) => (kept, ordered),
    };
    require!(ordered.amount.unit.substance == kept.unit.substance(), Failure::OtherConcentration);
    if let Content::Standard { amount, volume, .. } = kept.content {
        let unit = Unit::of_library(DoseUnit(kept.unit.0)).ok_or(Failure::Internal)?;
        let amount = Quantity { value: amount.into(), unit };
        let kept = per_ml(&Concentration { amount, volume: volume.into() });
        require!(kept.is_some() && kept == per_ml(ordered), Failure::OtherConcentration);
    }
    Ok(())
}

/// Checks a concentration that is set at the pump against its limits.
fn soft_concentration(
    library: Library<'_>,
    setup: &Setup,
    ordered: Option<&Concentration>,
    proposal: &mut Proposal,
) -> Result<(), Failure> {
    let kept = library.concentrations().find(|one| setup.concentration != 0 && one.id == setup.concentration);
    let (Some(kept), Some(ordered)) = (kept, ordered) else { return Ok(()) };
    let Content::Custom { hard_min, soft_min, soft_max } = kept.content else { return Ok(()) };
    let unit = Unit::of_library(DoseUnit(kept.unit.0)).ok_or(Failure::Internal)?;
    let stated = per_ml(ordered).ok_or(Failure::OtherConcentration)?;
    let passes = |limit: Option<u32>, above: bool| passes(stated, limit, &unit, above);
    require!(!passes(hard_min, false)?, Failure::OtherConcentration);
    if passes(soft_min, false)? || passes(soft_max, true)? {
        proposal.warn(Warning::ConcentrationOutsideSoftLimits);
    }
    Ok(())
}

/// Whether a value in base units is above a limit in a unit, or below it.
fn passes(value: Fraction, limit: Option<u32>, unit: &Unit, above: bool) -> Result<bool, Failure> {
    let Some(limit) = limit else { return Ok(false) };
    let limit = in_base(limit.into(), unit).ok_or(Failure::Internal)?;
    let passed = if above { value.exceeds(limit) } else { limit.exceeds(value) };
    passed.ok_or(Failure::RateLimits)
}

/// Checks the dose as it was ordered against the limits of the set-up, before anything is rounded.
fn limits(setup: &Setup, dose: &Quantity, duration: Option<u64>, proposal: &mut Proposal) -> Result<(), Failure> {
    let (code, soft_min, soft_max, hard_max) = match &setup.body {
        Kind::Continuous(group) => (group.unit, group.soft_min, group.soft_max, group.hard_max),
        Kind::Fluid(group) => (setup.dose_unit, group.soft_min, group.soft_max, group.hard_max),
        Kind::Intermittent(group) => {
            let minutes = duration.ok_or(Failure::NoRate)?;
            let of = |limit: Option<u16>| limit.map(|minutes| u64::from(minutes).saturating_mul(600_000));
            let shorter = of(group.duration_hard_min).is_some_and(|least| minutes < least);
            require!(!shorter, Failure::DurationLimits);
            if of(group.duration_soft_min).is_some_and(|least| minutes < least) {
                proposal.warn(Warning::ShorterThanSoftMinimum);
            }
            if of(group.duration_soft_max).is_some_and(|most| minutes > most) {
                proposal.warn(Warning::LongerThanSoftMaximum);
            }
            (group.unit, group.soft_min, group.soft_max, group.hard_max)
        }
        Kind::Bolus(_) | Kind::Pca(_) | Kind::Tci(_) => return Err(Failure::NotAllowed),
    };
    let unit = Unit::of_library(code).ok_or(Failure::Internal)?;
    let value = in_base(dose.value, &dose.unit).ok_or(Failure::RateLimits)?;
    require!(!passes(value, hard_max, &unit, true)?, Failure::RateLimits);
    if passes(value, soft_min, &unit, false)? {
        proposal.warn(Warning::BelowSoftMinimum);
    }
    if passes(value, soft_max, &unit, true)? {
        proposal.warn(Warning::AboveSoftMaximum);
    }
    Ok(())
}

/// The rate that the pump can run, of one that the profile allows.
fn rated(rate: Fraction, profile: &Profile<'_>) -> Result<u32, Failure> {
    let most = Fraction::of(profile.max_rate.into());
    require!(rate.exceeds(most) == Some(false), Failure::RateLimits);
    let rounded = rate.rounded(RESOLUTION).filter(|rate| *rate > 0);
    rounded.ok_or(Failure::RateLimits)
}

/// The volume to be infused: as ordered, as the duration makes it, or what is left of a change.
fn volume_of(
    order: &Order<'_>,
    whole: Option<Fraction>,
    left: Option<Fraction>,
    profile: &Profile<'_>,
) -> Result<u32, Failure> {
    let stated = order.give.volume.map(Fraction::of);
    if let (Some(stated), Some(whole)) = (stated, whole) {
        require!(stated.rounded(RESOLUTION) == whole.rounded(RESOLUTION), Failure::VolumeOfOther);
    }
    let volume = stated.or(whole).or(left).ok_or(Failure::VolumeLimits)?;
    let most = Fraction::of(profile.max_vtbi.into());
    require!(volume.exceeds(most) == Some(false), Failure::VolumeLimits);
    volume.rounded(RESOLUTION).filter(|volume| *volume > 0).ok_or(Failure::VolumeLimits)
}
