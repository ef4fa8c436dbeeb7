//! What the device reports of itself and of the pump, see `docs/pump.md`.

use crate::order::state;
use infuzz::conversation::World;
use infuzz::conversation::therapy::{Bolus, Motion};
use infuzz::device::Held;
use infuzz::format::Format;
use infuzz::tree::Tree;

/// What is reported of the device, in this order.
pub(super) const OF_DEVICE: [(&str, &str); 2] = [("FMNOR", "1"), ("FMSTAT", "00051")];
/// Stands for no value.
const NO_VALUE: &str = "_NV";

/// Parameters of the pump in their order, each with the values of which it has one.
pub(super) type Reported = Vec<(&'static str, Vec<String>)>;
/// What names are of: a library, and a drug of it.
type Named = (Option<Held>, Option<u64>);

/// What hosts are told of at once when it changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trigger {
    /// INRT before it is cut.
    rate: u32,
    run_state: u32,
    alarms: u8,
    order_state: u8,
}

impl Trigger {
    /// What it is now.
    pub(super) fn of(world: &World) -> Self {
        let therapy = &world.therapy;
        let kept = therapy.motion == Motion::KeepingOpen;
        let run_state = bit(!therapy.is_running(), 1) + bit(therapy.is_running(), 2);
        // What was begun from an order shows as long as its therapy.
        let is_over = world.order_state == state::BEGUN && therapy.drug.is_none();
        Trigger {
            rate: if kept { therapy.kept_open() } else { therapy.rate() },
            run_state: run_state + bit(therapy.alarms != 0, 4) + bit(kept, 8),
            alarms: therapy.alarms,
            order_state: if is_over { 0 } else { world.order_state },
        }
    }
}

fn bit(is: bool, bit: u32) -> u32 {
    if is { bit } else { 0 }
}

/// What is reported, by what is known of the pump.
pub(super) struct Report<'f> {
    libraries: &'f Format,
    /// The names by library and drug, as they were found last.
    names: Option<(Named, [String; 6])>,
}

impl<'f> Report<'f> {
    /// Of a pump with libraries of this description.
    pub(super) fn new(libraries: &'f Format) -> Self {
        Report { libraries, names: None }
    }

    /// What the pump reports now, in this order, and the values of which each has one.
    pub(super) fn now(&mut self, world: &World) -> Reported {
        let decimals = |number: u64, shown: u32| {
            let part = number % 10_000 / 10u64.pow(4 - shown);
            format!("{}.{part:0width$}", number / 10_000, width = shown as usize)
        };
        let therapy = &world.therapy;
        let up_to = |most: u64, shown: u32, number: u32| {
            let number = u64::from(number);
            // What is not shown does not count.
            let most = most + 10u64.pow(4 - shown) - 1;
            if number > most { NO_VALUE.into() } else { decimals(number, shown) }
        };
        let Trigger { rate, run_state, alarms, order_state } = Trigger::of(world);
        let (infuses, kept) = (therapy.motion == Motion::Infusing, therapy.motion == Motion::KeepingOpen);
        let status = bit(infuses, 1) + bit(kept, 2) + bit(therapy.standby > 0, 4) + bit(therapy.bolus.is_some(), 8);
        let [name, created, long, short, code, profile] = self.names(world);
        let bolus = |number: fn(&Bolus) -> u32| {
            therapy.bolus.as_ref().map_or(NO_VALUE.into(), |bolus| decimals(number(bolus).into(), 2))
        };
        let errors = world.order_error.iter().map(ToString::to_string).collect::<Vec<_>>();
        let one = |value: String| vec![value];
        vec![
            ("VERSION", one("3.36".into())),
            ("DSSTATUS", one("00051".into())),
            ("RUNSTATE", one(run_state.to_string())),
            ("INRT", one(up_to(18_000_000, 2, rate))),
            ("INVTB", one(up_to(99_999_000, 1, therapy.vtbi()))),
            ("INVI", one(up_to(99_999_000, 1, therapy.infused()))),
            ("DLNAME", one(name)),
            ("DLCRETIME", one(created)),
            ("INSOL", one(long)),
            ("INSOLSN", one(short)),
            ("INSOLID", one(code)),
            ("CAREUNIT", one(profile)),
            ("AUTOPROGSTATE", one(order_state.to_string())),
            ("LASTAUTOPROGERR", if errors.is_empty() { one("0".into()) } else { errors }),
            ("ALARM1", one(format!("{alarms:08X}"))),
            ("ALARM2", one("00000000".into())),
            ("STATUS1", one(format!("{status:08X}"))),
            ("STATUS2", one(NO_VALUE.into())),
            ("PREALARM", one("00000000".into())),
            ("INBORT", one(bolus(|bolus| bolus.rate))),
            ("INBOVAL", one(bolus(|bolus| bolus.volume))),
            ("BOLTYPE", one(bit(therapy.bolus.is_some(), 2).to_string())),
            ("BOCNT", one(therapy.boluses.to_string())),
            ("INSTBY", one(therapy.standby.div_ceil(60_000).to_string())),
        ]
    }

    /// Name and creation time of the library in use; the names of the therapy's drug and its code;
    /// the name of the profile.
    fn names(&mut self, world: &World) -> [String; 6] {
        let key = (world.active, world.therapy.drug);
        if let Some((_, names)) = self.names.as_ref().filter(|(known, _)| *known == key) {
            return names.clone();
        }
        let names = self.names_of(world);
        self.names = Some((key, names.clone()));
        names
    }

    fn names_of(&self, world: &World) -> [String; 6] {
        let none = || NO_VALUE.to_string();
        let Some(bytes) = world.active_bytes() else { return std::array::from_fn(|_| none()) };
        let tree = Tree::decode(self.libraries, bytes);
        let text = |path: &str| tree.find(path).map(|node| String::from_utf8_lossy(tree.text(node)).into_owned());
        let number = |path: &str| tree.find(path).and_then(|node| tree.number(node));
        let drugs = tree.find("drug").map_or(0, |list| tree.children(list).count());
        let drug =
            world.therapy.drug.and_then(|id| (0..drugs).find(|at| number(&format!("drug[{at}].id")) == Some(id)));
        let of_drug = |field: &str| drug.and_then(|at| text(&format!("drug[{at}].{field}"))).unwrap_or_else(none);
        [
            text("header.name").unwrap_or_default(),
            number("header.created").map(|time| time.to_string()).unwrap_or_default(),
            of_drug("name"),
            of_drug("short_name"),
            of_drug("code"),
            text("profile[0].name").unwrap_or_else(none),
        ]
    }
}
