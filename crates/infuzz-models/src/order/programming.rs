//! What the pump must make of an order, in exact numbers: the chapter on programming of
//! `docs/formats/order.md`, worked out again.

use super::fraction::{Exact, Fraction};
use super::read::At;
use super::units::{Basis, Unit};
use super::wanted::Wanted;
use infuzz::tree::Tree;
use std::collections::BTreeSet;

macro_rules! codes {
    ($($name:ident = $code:literal,)*) => {
        /// Codes of LASTAUTOPROGERR.
        pub(super) mod code {
            $(pub(in super::super) const $name: u16 = $code;)*
            /// All of them, and what becomes of a message or a decision that fails by each.
            pub(in super::super) const ALL: &[(u16, &str)] = &[$(($code, concat!("failed ", $code))),*];
        }
    };
}

codes! {
    UNKNOWN_DRUG = 1,
    UNKNOWN_NAME = 101,
    UNKNOWN_CODE = 102,
    NAME_OF_OTHER = 103,
    NO_CONCENTRATION = 106,
    OTHER_CONCENTRATION = 107,
    NO_PROFILE = 111,
    CONTINUOUS_UNIT = 113,
    INTERMITTENT_UNIT = 114,
    NOT_SUPPORTED = 116,
    NO_SETUP = 117,
    NOT_ALLOWED = 118,
    NO_SECONDARY = 120,
    NO_PRIMARY = 122,
    NO_LIBRARY = 203,
    NOT_ONE_ORDER = 1006,
    RATE = 1010,
    VOLUME = 1011,
    OTHER_MODULE = 1013,
    NO_RATE = 1018,
    NOTHING_TO_CHANGE = 1025,
    SAME_AS_BEFORE = 1026,
    OTHER_PUMP = 1028,
    NO_WEIGHT = 1036,
    WEIGHT = 1037,
    BUSY = 1044,
    DURATION = 1046,
    VOLUME_OF_OTHER = 1047,
    NO_SURFACE = 1052,
    SURFACE = 1053,
}

/// What a person may confirm: the drug's id, and ten-thousandths of ml/h and ml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Proposed {
    pub(super) drug: u64,
    pub(super) rate: u64,
    pub(super) volume: u64,
}

/// A therapy that was started from an order and runs: the drug, its rate, what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) drug: u64,
    pub(super) rate: u64,
    pub(super) left: u64,
}

/// The codes of everything that stands against a proposal.
pub(super) type Against = BTreeSet<u16>;

/// What becomes of the only order of a message.
pub(super) struct Programming<'t> {
    wanted: &'t Wanted,
    library: At<'t>,
    profile: At<'t>,
    against: Against,
}

/// The field of a record that has a number.
fn number(at: At<'_>, name: &str) -> Option<u64> {
    at.part(name)?.number()
}

/// The record of a list that has this number.
fn find<'t>(library: At<'t>, list: &str, id: u64) -> Option<At<'t>> {
    library.part(list)?.parts().find(|record| number(*record, "id") == Some(id))
}

/// Holds what a valid message wants against the library in use, or says everything that is against
/// it; none: it wants several things.
pub(super) fn program(
    wanted: Option<&Wanted>,
    library: Option<&Tree<'_>>,
    pump: &str,
    running: Option<Running>,
) -> Result<Proposed, Against> {
    let only = |code: u16| Err(BTreeSet::from([code]));
    let Some(wanted) = wanted else { return only(code::NOT_ONE_ORDER) };
    let mut against = Against::new();
    if !wanted.pump.iter().any(|named| named == pump) {
        against.insert(code::OTHER_PUMP);
    }
    if wanted.device == "PCA" {
        against.insert(code::NOT_SUPPORTED);
    }
    let Some(library) = library.map(At::root) else {
        against.insert(code::NO_LIBRARY);
        return Err(against);
    };
    // The pump is set to no care area: the first of the library is meant.
    let Some(profile) = library.part("profile").and_then(|list| list.parts().next()) else {
        against.insert(code::NO_PROFILE);
        return Err(against);
    };
    Programming { wanted, library, profile, against }.run(running)
}

impl<'t> Programming<'t> {
    fn no(&mut self, code: u16) {
        self.against.insert(code);
    }

    fn run(mut self, running: Option<Running>) -> Result<Proposed, Against> {
        self.patient();
        let drug = self.drug();
        let setup = drug.and_then(|drug| self.setup(drug));
        if self.wanted.dose.is_none() {
            self.no(code::NO_RATE);
        }
        if let (Some(drug), Some(setup)) = (drug, setup)
            && let Some((rate, whole)) = self.flow()
        {
            self.limits(setup);
            if let Some(proposed) = self.proposed(drug, &rate, whole.as_ref(), running)
                && self.against.is_empty()
            {
                return Ok(proposed);
            }
        }
        Err(self.against)
    }

    /// Weight and surface against the profile.
    fn patient(&mut self) {
        let most = |name: &str| number(self.profile, name).map(Fraction::of);
        let beyond = |stated: &Option<Fraction>, most: Option<Fraction>| {
            stated.as_ref().zip(most).is_some_and(|(stated, most)| *stated > most)
        };
        let heavy = beyond(&self.wanted.kilograms, most("max_weight"));
        let large = beyond(&self.wanted.square_metres, most("max_surface"));
        if heavy {
            self.no(code::WEIGHT);
        }
        if large {
            self.no(code::SURFACE);
        }
    }

    /// The drug that both its id and its name are of.
    fn drug(&mut self) -> Option<u64> {
        let drugs = self.library.part("drug")?;
        let by = |field: &str, wanted: &str| {
            let found = drugs.parts().find(|drug| drug.part(field).and_then(At::text) == Some(wanted));
            found.and_then(|drug| number(drug, "id"))
        };
        let (by_code, by_name) = (by("code", &self.wanted.code), by("name", &self.wanted.name));
        match (by_code, by_name) {
            (Some(code), Some(name)) if code == name => return by_code,
            (Some(_), Some(_)) => self.no(code::NAME_OF_OTHER),
            (Some(_), None) => self.no(code::UNKNOWN_NAME),
            (None, Some(_)) => self.no(code::UNKNOWN_CODE),
            (None, None) => self.no(code::UNKNOWN_DRUG),
        }
        None
    }

    /// The first set-up that is meant.
    fn setup(&mut self, drug: u64) -> Option<At<'t>> {
        let profile = number(self.profile, "id");
        let setups: Vec<At<'t>> = self.library.part("setup")?.parts().collect();
        let own = setups
            .into_iter()
            .filter(|setup| number(*setup, "drug") == Some(drug) && number(*setup, "profile") == profile);
        let mut not = None;
        for setup in own {
            let against = self.suits(setup);
            if against.is_empty() {
                self.custom(setup);
                return Some(setup);
            }
            not.get_or_insert_with(Against::new).extend(against);
        }
        self.against.extend(not.unwrap_or_else(|| Against::from([code::NO_SETUP])));
        None
    }

    /// What is against a set-up being the one that is meant.
    fn suits(&self, setup: At<'t>) -> Against {
        let mut not = Against::new();
        let word = |name: &str| setup.part(name).and_then(At::word).unwrap_or_default();
        let module = if self.wanted.device == "SYR" { "syringe" } else { "large-volume" };
        if word("module") != module {
            not.insert(code::OTHER_MODULE);
        }
        match (self.wanted.method.as_deref(), word("line")) {
            (Some("IV"), "secondary") => _ = not.insert(code::NO_PRIMARY),
            (Some("IVPB"), "primary") => _ = not.insert(code::NO_SECONDARY),
            _ => {}
        }
        not.extend(self.concentration(setup));
        let Some((_, unit)) = &self.wanted.dose else { return not };
        let over_time = match word("kind") {
            "continuous" | "fluid" => false,
            "intermittent" => true,
            _ => {
                not.insert(code::NOT_ALLOWED);
                return not;
            }
        };
        if unit.is_rate == over_time {
            not.insert(code::NOT_ALLOWED);
        } else if !Unit::named(word("dose_unit")).is_some_and(|own| own.is_like(unit)) {
            not.insert(if over_time { code::INTERMITTENT_UNIT } else { code::CONTINUOUS_UNIT });
        }
        not
    }

    /// The concentration that a set-up has.
    fn kept(&self, setup: At<'t>) -> Option<At<'t>> {
        let id = number(setup, "concentration").filter(|id| *id != 0)?;
        find(self.library, "concentration", id)
    }

    fn concentration(&self, setup: At<'t>) -> Option<u16> {
        let (kept, ordered) = match (self.kept(setup), &self.wanted.concentration) {
            (None, None) => return None,
            (None, Some(_)) => return Some(code::OTHER_CONCENTRATION),
            (Some(_), None) => return Some(code::NO_CONCENTRATION),
            (Some(kept), Some(ordered)) => (kept, ordered),
        };
        let unit = kept.part("unit").and_then(At::word).and_then(Unit::named)?;
        let standard = kept.inner(&["standard", "amount"]).zip(kept.inner(&["standard", "volume"]));
        let quotient = standard.and_then(|(amount, volume)| {
            Some(Fraction::of(amount.number()?) * &unit.one / Fraction::of(volume.number()?))
        });
        let same = unit.substance == ordered.1 && quotient.is_none_or(|quotient| quotient == ordered.0);
        (!same).then_some(code::OTHER_CONCENTRATION)
    }

    /// A concentration that is set at the pump, against its hard minimum.
    fn custom(&mut self, setup: At<'t>) {
        let least = self.kept(setup).and_then(|kept| {
            let unit = Unit::named(kept.part("unit")?.word()?)?;
            Some(Fraction::of(kept.inner(&["custom", "hard_min"])?.number()?) * unit.one)
        });
        let below = least.zip(self.wanted.concentration.as_ref()).is_some_and(|(least, (own, _))| *own < least);
        if below {
            self.no(code::OTHER_CONCENTRATION);
        }
    }

    /// The rate in ml/h, and the volume in ml that dose or duration make.
    fn flow(&mut self) -> Option<(Fraction, Option<Fraction>)> {
        let (dose, unit) = self.wanted.dose.as_ref()?;
        let one = Fraction::whole(1);
        let multiple = match unit.basis {
            Basis::Patient => Some(&one),
            Basis::Kilogram => self.wanted.kilograms.as_ref(),
            Basis::SquareMetre => self.wanted.square_metres.as_ref(),
        };
        let Some(multiple) = multiple else {
            let missing = if unit.basis == Basis::Kilogram { code::NO_WEIGHT } else { code::NO_SURFACE };
            self.no(missing);
            return None;
        };
        let all = dose * &unit.one * multiple;
        let made = match unit.substance {
            super::units::Substance::Volume => all,
            _ => all / &self.wanted.concentration.as_ref()?.0,
        };
        let hours = self.wanted.duration.as_ref().map(|seconds| seconds / Fraction::whole(3_600));
        match (unit.is_rate, hours) {
            (true, hours) => {
                let whole = hours.map(|hours| &made * hours);
                Some((made, whole))
            }
            (false, Some(hours)) => Some((&made / hours, Some(made))),
            (false, None) => {
                self.no(code::NO_RATE);
                None
            }
        }
    }

    /// The dose as ordered against the hard limits of the set-up.
    fn limits(&mut self, setup: At<'t>) {
        let groups = ["continuous", "fluid", "intermittent"];
        let Some((dose, unit)) = &self.wanted.dose else { return };
        let Some(group) = groups.iter().find_map(|name| setup.part(name)) else { return };
        let stated = group.part("unit").or_else(|| setup.part("dose_unit")).and_then(At::word).and_then(Unit::named);
        let most = number(group, "hard_max").map(Fraction::of).zip(stated);
        let above = most.is_some_and(|(most, stated)| dose * &unit.one > most * stated.one);
        let least = number(group, "duration_hard_min").map(|minutes| Fraction::whole(60 * minutes));
        let short = least.zip(self.wanted.duration.as_ref()).is_some_and(|(least, own)| *own < least);
        if above {
            self.no(code::RATE);
        }
        if short {
            self.no(code::DURATION);
        }
    }

    fn proposed(
        &mut self,
        drug: u64,
        rate: &Fraction,
        whole: Option<&Fraction>,
        running: Option<Running>,
    ) -> Option<Proposed> {
        let most = |name: &str| number(self.profile, name).map(Fraction::of);
        let (fastest, largest) = (most("max_rate")?, most("max_vtbi")?);
        let rounded = rate.hundredths().filter(|rate| *rate > 0);
        if *rate > fastest || rounded.is_none() {
            self.no(code::RATE);
        }
        let mut left = None;
        if self.wanted.change {
            match running.filter(|running| running.drug == drug) {
                None => self.no(code::NOTHING_TO_CHANGE),
                Some(running) => {
                    left = Some(Fraction::of(running.left));
                    if Some(running.rate) == rounded {
                        self.no(code::SAME_AS_BEFORE);
                    }
                }
            }
        }
        let stated = self.wanted.volume.as_ref();
        if stated.zip(whole).is_some_and(|(stated, whole)| stated.hundredths() != whole.hundredths()) {
            self.no(code::VOLUME_OF_OTHER);
        }
        let volume = stated.or(whole).or(left.as_ref());
        let given = volume.and_then(Exact::hundredths).filter(|volume| *volume > 0);
        // Of a change of nothing there is no volume to speak of.
        let owed = volume.is_some() || !self.wanted.change;
        if owed && (volume.is_none_or(|volume| *volume > largest) || given.is_none()) {
            self.no(code::VOLUME);
        }
        Some(Proposed { drug, rate: rounded?, volume: given? })
    }
}
