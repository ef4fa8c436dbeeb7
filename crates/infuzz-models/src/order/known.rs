//! Known-good orders against a library.

use super::programming::program;
use super::read::At;
use super::units::{Basis, Unit};
use super::wanted::Wanted;
use crate::says;
use infuzz::compose::compose;
use infuzz::format::Format;
use infuzz::tree::Tree;
use serde_json::{Value, json};

/// An order for the first set-up of a library that one can be made for.
pub(super) fn order(orders: &Format, library: &Tree<'_>, pump: &str) -> Option<Vec<u8>> {
    let whole = At::root(library);
    let setups: Vec<At<'_>> = whole.part("setup")?.parts().collect();
    setups.into_iter().flat_map(|setup| wanted(whole, setup)).find_map(|give| {
        let bytes = compose(orders, &give.message(pump)).ok()?;
        let tree = Tree::decode(orders, &bytes);
        program(Wanted::of(&tree).as_ref(), Some(library), pump, None).is_ok().then_some(bytes)
    })
}

/// What an order says of what is given.
struct Give {
    give: Value,
    device: &'static str,
    duration: bool,
    patient: bool,
}

impl Give {
    fn message(&self, pump: &str) -> Value {
        let mut message = says::order(pump, &self.give);
        let order = &mut message["message"]["order"][0];
        order["route"]["device"]["id"] = json!(self.device);
        if self.patient {
            order["observation"] = json!([says::weight("10"), says::surface("1")]);
        }
        if self.duration {
            order["timing"] = says::minutes("60");
        }
        message
    }
}

/// A unit of a library as an order names it.
fn ucum(unit: &str) -> String {
    let parts = unit.split('/').map(|part| match part {
        "mcg" => "ug",
        "unit" => "[iU]",
        "mEq" => "meq",
        "ml" => "mL",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn unit(name: &str) -> Value {
    says::unit(&ucum(name))
}

/// Orders of a set-up that may be right, of different doses.
fn wanted(library: At<'_>, setup: At<'_>) -> Vec<Give> {
    let made = || {
        let number = |at: At<'_>, name: &str| at.part(name)?.number();
        let (kind, dose_unit) = (setup.part("kind")?.word()?, setup.part("dose_unit")?.word()?);
        let drug = library.part("drug")?.parts().find(|drug| number(*drug, "id") == number(setup, "drug"))?;
        let code = json!({ "id": drug.part("code")?.text()?, "name": drug.part("name")?.text()? });
        let over_time = kind == "intermittent";
        let mut give = json!({ "sub_id": "1", "code": code, "rate_unit": unit(dose_unit) });
        if !over_time {
            give["volume"] = json!("1");
            give["volume_unit"] = unit("ml");
        }
        let concentrations = library.part("concentration")?;
        let id = number(setup, "concentration").filter(|id| *id != 0);
        if let Some(kept) = concentrations.parts().find(|kept| id.is_some() && number(*kept, "id") == id) {
            let numbers =
                [kept.inner(&["standard", "amount"])?.number()?, kept.inner(&["standard", "volume"])?.number()?];
            let [amount, volume] = numbers.map(decimal);
            give["strength"] = json!(amount);
            give["strength_unit"] = unit(kept.part("unit")?.word()?);
            give["diluent"] = json!(volume);
            give["diluent_unit"] = unit("ml");
        }
        let device = if setup.part("module")?.word()? == "syringe" { "SYR" } else { "IVP" };
        let patient = Unit::named(dose_unit)?.basis != Basis::Patient;
        let doses = ["10", "1", "0.1", "100", "0.01"].map(|dose| {
            let mut give = give.clone();
            give["rate"] = json!(dose);
            Give { give, device, duration: over_time, patient }
        });
        Some(doses.into_iter().collect())
    };
    made().unwrap_or_default()
}

/// Ten-thousandths in digits.
fn decimal(number: u64) -> String {
    let text = format!("{}.{:04}", number / 10_000, number % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
