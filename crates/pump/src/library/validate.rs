//! Checking a whole library.

use alloc::vec::Vec;

use crate::library::concentration::Concentration;
use crate::library::cursor::{Reader, narrow, section_length};
use crate::library::drug::Drug;
use crate::library::fields::{Fields, offset_of};
use crate::library::header::{Header, sections};
use crate::library::named::{Advisory, Label, Therapy};
use crate::library::profile::Profile;
use crate::library::rules::{self, Area, Preparation, Tables};
use crate::library::setup::{self, Setup};
use crate::library::tables::{Entry, Ids, Names, read_table, room};
use crate::library::{Index, extent};
use crate::refusal::{Place, Record, Refusal, Table};
use crate::rule::Rule;

/// Checks a file against all rules of the format.
///
/// The header is checked first, then the checksums of the sections and of the file, then the
/// records table by table, and last what relates set-ups to one another.
///
/// # Errors
/// The first broken rule.
pub fn validate(file: &[u8]) -> Result<Index, Refusal> {
    let header = Header::parse(file)?;
    let sections = sections(file, &header)?;
    let [profiles, drugs, concentrations, therapies, advisories, labels, setups] = sections;
    let [profile_count, drug_count, concentration_count, therapy_count, advisory_count, label_count, setup_count] =
        header.counts;

    let (profile_ids, areas) = read_profiles(profiles, profile_count)?;
    let (drug_ids, agents, ndcs) = read_drugs(drugs, drug_count)?;
    let (concentration_ids, preparations) = read_concentrations(concentrations, concentration_count, &drug_ids)?;
    check_ndcs(ndcs, &drug_ids, &concentration_ids, &preparations)?;
    let mut tables = Tables {
        profiles: profile_ids,
        areas,
        drugs: drug_ids,
        agents,
        concentrations: concentration_ids,
        preparations,
        therapies: read_named(therapies, therapy_count, |one: &Therapy<'_>| one.name)?,
        advisories: read_named(advisories, advisory_count, |one: &Advisory<'_>| one.name)?,
        labels: read_named(labels, label_count, |one: &Label<'_>| one.name)?,
    };
    let setup_offsets = read_setups(setups, setup_count, &mut tables)?;
    for (number, area) in (0..).zip(&tables.areas) {
        require!(
            area.found == area.stated,
            refuse_entry::<Profile<'_>>(profiles, &tables.profiles, number, Rule::ProfileSetups, "setups")
        );
    }
    Ok(Index {
        sections: sections.each_ref().map(extent),
        records: [
            tables.profiles.into_offsets(),
            tables.drugs.into_offsets(),
            tables.concentrations.into_offsets(),
            tables.therapies.into_offsets(),
            tables.advisories.into_offsets(),
            tables.labels.into_offsets(),
            setup_offsets,
        ],
    })
}

/// A record that was read before.
fn entry_at<'a, T: Entry<'a>>(section: Reader<'a>, ids: &Ids, number: u16) -> Option<T> {
    let mut reader = section.at(ids.offset(usize::from(number)))?;
    T::parse(&mut reader, 0).ok()
}

/// The refusal of a field of a record that was read before.
#[cold]
fn refuse_entry<'a, T: Entry<'a> + Fields>(
    section: Reader<'a>,
    ids: &Ids,
    number: u16,
    rule: Rule,
    name: &'static str,
) -> Refusal {
    let within = entry_at::<T>(section, ids, number).map_or(0, |record| offset_of(&record, name));
    let record = Record { table: T::TABLE, number };
    let offset = ids.offset(usize::from(number)).wrapping_add(within);
    Refusal::new(rule, Some(record), name, offset)
}

fn read_profiles(section: Reader<'_>, count: u16) -> Result<(Ids, Vec<Area>), Refusal> {
    let room = room(count, &section, Profile::LEAST);
    let mut areas = Vec::with_capacity(room);
    let mut names = Names::with_capacity(room);
    let ids = read_table(section, count, |number, profile: &Profile<'_>, _| {
        names.push(number, profile.name);
        areas.push(Area {
            max_rate: profile.max_rate,
            max_vtbi: profile.max_vtbi,
            has_weight: profile.max_weight.is_some(),
            has_surface: profile.max_surface.is_some(),
            stated: profile.setups,
            found: 0,
        });
        Ok(())
    })?;
    let twice = names.duplicate(|number| entry_at::<Profile<'_>>(section, &ids, number).map_or("", |one| one.name));
    require!(
        twice.is_none(),
        refuse_entry::<Profile<'_>>(section, &ids, twice.unwrap_or_default(), Rule::NameUnique, "name")
    );
    Ok((ids, areas))
}

/// A national drug code and where it stands.
struct Package {
    /// Its number, above that of the drug and its own within the drug.
    key: u64,
    /// Offset of the code.
    offset: u32,
    concentration: u16,
}

impl Package {
    fn drug(&self) -> u16 {
        u16::try_from(self.key >> 2 & 0xFFFF).unwrap_or_default()
    }

    /// The refusal of a part of it.
    #[cold]
    fn refuse(&self, rule: Rule, member: &'static str, within: u32) -> Refusal {
        let element = u8::try_from(self.key & 3).unwrap_or_default();
        let record = Record { table: Table::Drug, number: self.drug() };
        Refusal::new(rule, Some(record), Place::element("ndc", element, member), self.offset.wrapping_add(within))
    }
}

/// The number of ten digits.
fn decimal(code: [u8; 10]) -> u64 {
    code.iter().fold(0, |value: u64, digit| value.wrapping_mul(10).wrapping_add(u64::from(digit & 0x0F)))
}

type Drugs = (Ids, Vec<crate::library::drug::Agent>, Vec<Package>);

fn read_drugs(section: Reader<'_>, count: u16) -> Result<Drugs, Refusal> {
    let room = room(count, &section, Drug::LEAST);
    let mut agents = Vec::with_capacity(room);
    let mut names = Names::with_capacity(room);
    let mut codes = Names::with_capacity(room);
    // Three codes and the rest of their drug take 50 bytes or more.
    let most = usize::from(count).saturating_mul(3);
    let mut packages = Vec::with_capacity(most.min(section.rest().len() / 16));
    let ids = read_table(section, count, |number, drug: &Drug<'_>, extent| {
        names.push(number, drug.name);
        codes.push(number, drug.code);
        agents.push(drug.tci_agent);
        let ndcs = drug.ndcs();
        let first = extent.end.wrapping_sub(narrow(ndcs.len()).wrapping_mul(12));
        for (element, ndc) in (0_u32..).zip(ndcs) {
            packages.push(Package {
                key: decimal(ndc.code) << 18 | u64::from(number) << 2 | u64::from(element),
                offset: first.wrapping_add(element.wrapping_mul(12)),
                concentration: ndc.concentration,
            });
        }
        Ok(())
    })?;
    let drug = |number| entry_at::<Drug<'_>>(section, &ids, number);
    let twice = names.duplicate(|number| drug(number).map_or("", |one| one.name));
    require!(
        twice.is_none(),
        refuse_entry::<Drug<'_>>(section, &ids, twice.unwrap_or_default(), Rule::NameUnique, "name")
    );
    let twice = codes.duplicate(|number| drug(number).map_or("", |one| one.code));
    require!(
        twice.is_none(),
        refuse_entry::<Drug<'_>>(section, &ids, twice.unwrap_or_default(), Rule::NameUnique, "code")
    );
    Ok((ids, agents, packages))
}

fn read_concentrations(section: Reader<'_>, count: u16, drugs: &Ids) -> Result<(Ids, Vec<Preparation>), Refusal> {
    let mut preparations = Vec::with_capacity(room(count, &section, Concentration::LEAST));
    let ids = read_table(section, count, |number, one: &Concentration, extent| {
        require!(drugs.find(one.drug).is_some(), {
            let record = Record { table: Table::Concentration, number };
            let offset = extent.start.wrapping_add(offset_of(one, "drug"));
            Refusal::new(Rule::ReferenceExists, Some(record), "drug", offset)
        });
        preparations.push(Preparation { drug: one.drug, unit: one.unit });
        Ok(())
    })?;
    Ok((ids, preparations))
}

/// Checks the concentrations of the national drug codes, and that each code stands once.
fn check_ndcs(
    mut packages: Vec<Package>,
    drugs: &Ids,
    concentrations: &Ids,
    preparations: &[Preparation],
) -> Result<(), Refusal> {
    for package in &packages {
        let number = concentrations.find(package.concentration);
        require!(number.is_some(), package.refuse(Rule::ReferenceExists, "concentration", 10));
        if let Some(preparation) = number.and_then(|number| preparations.get(number)) {
            require!(
                drugs.find(preparation.drug) == Some(usize::from(package.drug())),
                package.refuse(Rule::DrugNdcConcentration, "concentration", 10)
            );
        }
    }
    packages.sort_unstable_by_key(|package| package.key);
    let twice = packages
        .windows(2)
        .filter_map(|pair| match pair {
            [one, two] if one.key >> 18 == two.key >> 18 => Some(two),
            _ => None,
        })
        .min_by_key(|package| package.offset);
    require!(
        twice.is_none(),
        twice.map_or_else(
            || Refusal::new(Rule::DrugNdcUnique, None, "ndc", 0),
            |package| package.refuse(Rule::DrugNdcUnique, "code", 0)
        )
    );
    Ok(())
}

/// Reads a table whose records have little more than a name.
fn read_named<'a, T: Entry<'a> + Fields>(
    section: Reader<'a>,
    count: u16,
    name: fn(&T) -> &'a str,
) -> Result<Ids, Refusal> {
    let mut names = Names::with_capacity(room(count, &section, T::LEAST));
    let ids = read_table(section, count, |number, record: &T, _| {
        names.push(number, name(record));
        Ok(())
    })?;
    let twice = names.duplicate(|number| entry_at::<T>(section, &ids, number).map_or("", |one| name(&one)));
    require!(twice.is_none(), refuse_entry::<T>(section, &ids, twice.unwrap_or_default(), Rule::NameUnique, "name"));
    Ok(ids)
}

/// Reads the set-ups and checks each against the tables; gives their offsets.
fn read_setups(mut section: Reader<'_>, count: u16, tables: &mut Tables) -> Result<Vec<u32>, Refusal> {
    let room = room(count, &section, setup::LEAST);
    let mut offsets = Vec::with_capacity(room);
    // The key of a set-up, above its number.
    let mut keys: Vec<u64> = Vec::with_capacity(room);
    for number in 0..count {
        let record = Record { table: Table::Setup, number };
        section.enter(record);
        let start = section.offset();
        let setup = Setup::parse(&mut section)?;
        let key = rules::check(&setup, record, start, tables)?;
        keys.push(key << 16 | u64::from(number));
        offsets.push(start);
    }
    require!(section.is_empty(), section_length(Table::Setup));

    keys.sort_unstable();
    let twice = keys
        .windows(2)
        .filter_map(|pair| match pair {
            [one, two] if one >> 16 == two >> 16 => u16::try_from(two & 0xFFFF).ok(),
            _ => None,
        })
        .min();
    require!(twice.is_none(), {
        let number = twice.unwrap_or_default();
        let record = Record { table: Table::Setup, number };
        let start = offsets.get(usize::from(number)).copied().unwrap_or(0);
        let within = setup::PROFILE_OFFSET;
        Refusal::new(Rule::SetupKeyUnique, Some(record), "profile", start.wrapping_add(within))
    });
    Ok(offsets)
}
