//! Drugs, their aliases and their national drug codes.

use alloc::vec::Vec;

use crate::library::cursor::Reader;
use crate::library::fields::{self, Fields, Value, Visitor};
use crate::library::tables::{Entry, read_id};
use crate::library::text;
use crate::refusal::{Place, Refusal, Table};
use crate::rule::Rule;

/// The agent of a target-controlled infusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Agent {
    /// The drug is none.
    #[default]
    None,
    /// Propofol.
    Propofol,
    /// Remifentanil.
    Remifentanil,
}

impl Agent {
    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Agent::None),
            1 => Some(Agent::Propofol),
            2 => Some(Agent::Remifentanil),
            _ => None,
        }
    }
}

/// A national drug code: a package of the drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ndc {
    /// Ten digits.
    pub code: [u8; 10],
    /// The id of the concentration in the package.
    pub concentration: u16,
}

/// A drug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drug<'a> {
    /// Id.
    pub id: u16,
    /// Long name.
    pub name: &'a str,
    /// Short name.
    pub short_name: &'a str,
    /// The drug's id in the hospital's catalogue.
    pub code: &'a str,
    /// Category, may be empty.
    pub category: &'a str,
    /// Alarm priority, 1 to 3.
    pub priority: u8,
    /// Colour, 0 to 5.
    pub colour: u8,
    /// The agent it is in a target-controlled infusion.
    pub tci_agent: Agent,
    aliases: [&'a str; 5],
    alias_count: u8,
    ndcs: [Ndc; 3],
    ndc_count: u8,
}

impl<'a> Drug<'a> {
    /// Other names.
    #[must_use]
    pub fn aliases(&self) -> &[&'a str] {
        self.aliases.get(..usize::from(self.alias_count)).unwrap_or(&self.aliases)
    }

    /// National drug codes.
    #[must_use]
    pub fn ndcs(&self) -> &[Ndc] {
        self.ndcs.get(..usize::from(self.ndc_count)).unwrap_or(&self.ndcs)
    }

    /// Appends the record's bytes.
    pub fn emit(&self, out: &mut Vec<u8>) {
        fields::emit(self, out);
    }
}

impl<'a> Entry<'a> for Drug<'a> {
    const TABLE: Table = Table::Drug;
    const LEAST: usize = 14;

    fn parse(r: &mut Reader<'a>, previous: u16) -> Result<Self, Refusal> {
        let id = read_id(r, previous)?;
        let name = text::read(r, "name", text::LONG_NAME)?;
        let short_name = text::read(r, "short_name", text::SHORT_NAME)?;
        let code = text::read(r, "code", text::CATALOGUE_CODE)?;
        let category = text::read(r, "category", text::CATEGORY)?;
        let priority = r.u8()?;
        require!((1..=3).contains(&priority), r.refuse(Rule::NumberRange, "priority", 1));
        let colour = r.u8()?;
        require!(colour <= 5, r.refuse(Rule::NumberRange, "colour", 1));
        let agent = Agent::from_code(r.u8()?);
        require!(agent.is_some(), r.refuse(Rule::EnumValue, "tci_agent", 1));

        let mut aliases = [""; 5];
        let alias_count = r.u8()?;
        require!(alias_count <= 5, r.refuse(Rule::CountRange, "alias_count", 1));
        for number in 0..alias_count {
            let place = Place::element("alias", number, "");
            let alias = text::read(r, place, text::ALIAS)?;
            if let Some(slot) = aliases.get_mut(usize::from(number)) {
                *slot = alias;
            }
        }

        let mut ndcs = [Ndc::default(); 3];
        let ndc_count = r.u8()?;
        require!(ndc_count <= 3, r.refuse(Rule::CountRange, "ndc_count", 1));
        for number in 0..ndc_count {
            let code = r.array::<10>()?;
            require!(
                code.iter().all(u8::is_ascii_digit),
                r.refuse(Rule::DigitsValue, Place::element("ndc", number, "code"), 10)
            );
            let concentration = r.u16()?;
            if let Some(slot) = ndcs.get_mut(usize::from(number)) {
                *slot = Ndc { code, concentration };
            }
        }
        Ok(Self {
            id,
            name,
            short_name,
            code,
            category,
            priority,
            colour,
            tci_agent: agent.unwrap_or_default(),
            aliases,
            alias_count,
            ndcs,
            ndc_count,
        })
    }

    fn id(&self) -> u16 {
        self.id
    }
}

impl Fields for Drug<'_> {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.u16("id", self.id);
        visitor.text("name", self.name);
        visitor.text("short_name", self.short_name);
        visitor.text("code", self.code);
        visitor.text("category", self.category);
        visitor.u8("priority", self.priority);
        visitor.u8("colour", self.colour);
        visitor.u8("tci_agent", self.tci_agent as u8);
        visitor.u8("alias_count", self.alias_count);
        for (number, alias) in (0..).zip(self.aliases()) {
            visitor.text(Place::element("alias", number, ""), alias);
        }
        visitor.u8("ndc_count", self.ndc_count);
        for (number, ndc) in (0..).zip(self.ndcs()) {
            visitor.field(Place::element("ndc", number, "code"), Value::Bytes(&ndc.code));
            visitor.u16(Place::element("ndc", number, "concentration"), ndc.concentration);
        }
    }
}
