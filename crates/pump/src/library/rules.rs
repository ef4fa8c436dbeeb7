//! The rules that relate a set-up to the other tables.

use alloc::vec::Vec;

use crate::library::drug::Agent;
use crate::library::fields::offset_of;
use crate::library::setup::{Body, Setup};
use crate::library::tables::Ids;
use crate::library::units::{AmountUnit, Basis, DoseUnit, Substance};
use crate::refusal::{Record, Refusal};
use crate::rule::Rule;

/// What a profile means for the set-ups that refer to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) max_rate: u32,
    pub(crate) max_vtbi: u32,
    pub(crate) has_weight: bool,
    pub(crate) has_surface: bool,
    /// How many set-ups refer to it, as stated.
    pub(crate) stated: u16,
    /// How many do.
    pub(crate) found: u16,
}

/// What a concentration means for the set-ups that refer to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preparation {
    pub(crate) drug: u16,
    pub(crate) unit: AmountUnit,
}

/// The tables to which set-ups refer.
pub(crate) struct Tables {
    pub(crate) profiles: Ids,
    pub(crate) areas: Vec<Area>,
    pub(crate) drugs: Ids,
    pub(crate) agents: Vec<Agent>,
    pub(crate) concentrations: Ids,
    pub(crate) preparations: Vec<Preparation>,
    pub(crate) therapies: Ids,
    pub(crate) advisories: Ids,
    pub(crate) labels: Ids,
}

/// The refusal of a set-up's field.
#[cold]
#[inline(never)]
fn refuse(setup: &Setup, record: Record, start: u32, rule: Rule, name: &'static str) -> Refusal {
    let offset = start.wrapping_add(offset_of(setup, name));
    Refusal::new(rule, Some(record), name, offset)
}

/// Whether those of the limits that are present are at most the greatest value.
#[inline]
fn within<const N: usize>(limits: [Option<u32>; N], most: u32) -> bool {
    let mut within = true;
    for limit in &limits {
        within &= limit.unwrap_or(0) <= most;
    }
    within
}

/// The name of the first limit above the greatest value.
#[cold]
fn first_above<const N: usize>(names: [&'static str; N], limits: [Option<u32>; N], most: u32) -> &'static str {
    names
        .into_iter()
        .zip(limits)
        .find(|(_, limit)| limit.is_some_and(|limit| limit > most))
        .map_or("", |(name, _)| name)
}

/// The name of the first unit with the basis, if any.
fn related(units: [(&'static str, DoseUnit); 3], basis: Basis) -> Option<&'static str> {
    units.into_iter().find(|(_, unit)| unit.properties().basis == basis).map(|(name, _)| name)
}

/// Checks a set-up against the tables it refers to, counts it for its profile, and gives its key:
/// a number of 48 bits that is the same for set-ups of the same key.
pub(crate) fn check(setup: &Setup, record: Record, start: u32, tables: &mut Tables) -> Result<u64, Refusal> {
    let at = |rule, name| refuse(setup, record, start, rule, name);

    let profile = tables.profiles.find(setup.profile);
    require!(profile.is_some(), at(Rule::ReferenceExists, "profile"));
    let drug = tables.drugs.find(setup.drug);
    require!(drug.is_some(), at(Rule::ReferenceExists, "drug"));
    let concentration = tables.concentrations.find(setup.concentration);
    require!(setup.concentration == 0 || concentration.is_some(), at(Rule::ReferenceExists, "concentration"));
    let therapy = tables.therapies.find(setup.therapy);
    require!(setup.therapy == 0 || therapy.is_some(), at(Rule::ReferenceExists, "therapy"));
    require!(
        setup.advisory == 0 || tables.advisories.find(setup.advisory).is_some(),
        at(Rule::ReferenceExists, "advisory")
    );
    require!(setup.label == 0 || tables.labels.find(setup.label).is_some(), at(Rule::ReferenceExists, "label"));

    if let Some(preparation) = concentration.and_then(|number| tables.preparations.get(number)) {
        require!(preparation.drug == setup.drug, at(Rule::SetupConcentrationDrug, "concentration"));
        let substance = setup.dose_unit.properties().substance;
        require!(
            substance == Substance::Volume || substance == preparation.unit.substance(),
            at(Rule::SetupUnitSubstance, "dose_unit")
        );
    }
    if let Some(agent) = drug.and_then(|number| tables.agents.get(number))
        && let Body::Tci(tci) = &setup.body
    {
        require!(*agent == tci.model.agent(), at(Rule::SetupTciAgent, "tci.model"));
    }
    if let Some(area) = profile.and_then(|number| tables.areas.get_mut(number)) {
        area.found = area.found.saturating_add(1);
        check_units(setup, record, start, area)?;
        check_rates(setup, record, start, area.max_rate)?;
        check_volumes(setup, record, start, area.max_vtbi)?;
    }

    // A number of a table, or 0 for none.
    let number = |found: Option<usize>| found.map_or(0, |number| number as u64 + 1);
    let mut key = number(profile);
    key = key << 13 | number(drug);
    key = key << 8 | number(therapy);
    key = key << 13 | number(concentration);
    key = key << 2 | setup.module as u64;
    Ok(key << 7 | u64::from(setup.dose_unit.0))
}

/// Units per kilogram and per square metre.
fn check_units(setup: &Setup, record: Record, start: u32, area: &Area) -> Result<(), Refusal> {
    let at = |rule, name| refuse(setup, record, start, rule, name);
    let bolus = match &setup.body {
        Body::Continuous(group) => group.bolus.as_ref(),
        Body::Bolus(group) => Some(group),
        _ => None,
    };
    let units = [
        ("dose_unit", setup.dose_unit),
        ("bolus.unit", bolus.map_or(DoseUnit::ML, |bolus| bolus.unit)),
        ("bolus.rate_unit", bolus.map_or(DoseUnit::ML_PER_HOUR, |bolus| bolus.rate_unit)),
    ];
    require!(
        area.has_weight || related(units, Basis::Weight).is_none(),
        at(Rule::SetupUnitWeight, related(units, Basis::Weight).unwrap_or_default())
    );
    require!(
        area.has_surface || related(units, Basis::Surface).is_none(),
        at(Rule::SetupUnitSurface, related(units, Basis::Surface).unwrap_or_default())
    );
    Ok(())
}

/// Limits in ml/h.
fn check_rates(setup: &Setup, record: Record, start: u32, most: u32) -> Result<(), Refusal> {
    let at = |name| refuse(setup, record, start, Rule::SetupRateProfile, name);
    if let Body::Continuous(group) = &setup.body
        && group.unit == DoseUnit::ML_PER_HOUR
    {
        let limits = [group.soft_min, group.soft_max, group.hard_max, group.initial];
        require!(within(limits, most), {
            let names = ["continuous.soft_min", "continuous.soft_max", "continuous.hard_max", "continuous.initial"];
            at(first_above(names, limits, most))
        });
    }
    if let Body::Continuous(crate::library::Continuous { bolus: Some(group), .. }) | Body::Bolus(group) = &setup.body
        && group.rate_unit == DoseUnit::ML_PER_HOUR
    {
        let limits = [group.rate_soft_min, group.rate_soft_max, group.rate_hard_max, group.rate_initial];
        require!(within(limits, most), {
            let names = ["bolus.rate_soft_min", "bolus.rate_soft_max", "bolus.rate_hard_max", "bolus.rate_initial"];
            at(first_above(names, limits, most))
        });
    }
    if let Body::Pca(group) = &setup.body
        && group.unit == DoseUnit::ML
    {
        let limits = [group.continuous_soft_max, group.continuous_hard_max];
        require!(within(limits, most), {
            let names = ["pca.continuous_soft_max", "pca.continuous_hard_max"];
            at(first_above(names, limits, most))
        });
    }
    if let Body::Fluid(group) = &setup.body {
        let limits = [group.soft_min, group.soft_max, group.hard_max];
        require!(within(limits, most), {
            let names = ["fluid.soft_min", "fluid.soft_max", "fluid.hard_max"];
            at(first_above(names, limits, most))
        });
    }
    if let Body::Tci(group) = &setup.body {
        require!(group.max_induction_rate <= most, at("tci.max_induction_rate"));
    }
    Ok(())
}

/// Limits in ml.
fn check_volumes(setup: &Setup, record: Record, start: u32, most: u32) -> Result<(), Refusal> {
    let at = |name| refuse(setup, record, start, Rule::SetupVolumeProfile, name);
    if let Body::Continuous(crate::library::Continuous { bolus: Some(group), .. }) | Body::Bolus(group) = &setup.body
        && group.unit == DoseUnit::ML
    {
        let limits = [group.soft_min, group.soft_max, group.hard_max, group.initial];
        require!(within(limits, most), {
            let names = ["bolus.soft_min", "bolus.soft_max", "bolus.hard_max", "bolus.initial"];
            at(first_above(names, limits, most))
        });
    }
    if let Body::Intermittent(group) = &setup.body
        && group.unit == DoseUnit::ML
    {
        let limits = [group.soft_min, group.soft_max, group.hard_max];
        require!(within(limits, most), {
            let names = ["intermittent.soft_min", "intermittent.soft_max", "intermittent.hard_max"];
            at(first_above(names, limits, most))
        });
    }
    if let Body::Pca(group) = &setup.body
        && group.unit == DoseUnit::ML
    {
        let limits = [
            group.soft_min,
            group.soft_max,
            group.hard_max,
            group.initial,
            group.loading_soft_max,
            group.loading_hard_max,
        ];
        require!(within(limits, most), {
            let names = [
                "pca.soft_min",
                "pca.soft_max",
                "pca.hard_max",
                "pca.initial",
                "pca.loading_soft_max",
                "pca.loading_hard_max",
            ];
            at(first_above(names, limits, most))
        });
        require!(group.accumulated.is_none_or(|accumulated| accumulated.dose <= most), at("pca.accumulated_dose"));
    }
    Ok(())
}
