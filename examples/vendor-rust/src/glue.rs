//! The glue: the vendor's parser behind infuzz's contract of a device, on a bench.

use crate::parser::{Bug, DrugList};
use infuzz::compose::compose_json;
use infuzz::device::{Answer, Capabilities, Device, LookUp, Outcome};
use infuzz::format::{Format, compile};
use infuzz::oracle::Bench;
use std::error::Error;

/// The parser as a device: it takes a list, and the limits of a drug can be looked up in it. The
/// mistake planted in it is for this example only.
#[derive(Clone, Debug)]
pub struct Parser {
    list: Option<DrugList>,
    bug: Option<Bug>,
}

impl Device for Parser {
    fn capabilities(&self) -> Capabilities {
        Capabilities { look_up: true, ..Capabilities::default() }
    }
    fn reset(&mut self) {
        self.list = None;
    }
    fn deliver(&mut self, bytes: &[u8]) -> Answer {
        let list = DrugList::parse_with(bytes, self.bug);
        let outcome = if list.is_ok() { Outcome::Accepted } else { Outcome::Refused };
        self.list = list.ok().or(self.list.take());
        Answer { outcome, reason: None }
    }
    fn look_up(&mut self, key: &[Vec<u8>]) -> LookUp {
        let [name] = key else { return LookUp::Absent };
        let limit = |list: &DrugList| list.limit_of(std::str::from_utf8(name).ok()?).map(|_| LookUp::Found);
        self.list.as_ref().and_then(limit).unwrap_or(LookUp::Absent)
    }
}

/// The description.
pub fn format() -> Result<Format, Box<dyn Error>> {
    Ok(compile(include_str!("../format.toml"))?)
}

/// The lists to start from; the last two are the known-good ones.
pub fn seeds(format: &Format) -> Result<[Vec<u8>; 3], Box<dyn Error>> {
    let seed = |text| compose_json(format, text);
    Ok([
        seed(include_str!("../seeds/ward.json"))?,
        seed(include_str!("../seeds/known-good-a.json"))?,
        seed(include_str!("../seeds/known-good-b.json"))?,
    ])
}

/// The parser on the bench, with a mistake planted in it or none.
pub fn bench(format: &Format, bug: Option<Bug>) -> Result<Bench<'_, Parser>, Box<dyn Error>> {
    let [_, a, b] = seeds(format)?;
    Ok(Bench::new(format, Parser { list: None, bug }, [a, b])?)
}
