//! What a sender is told.

use super::programming::{Against, Proposed, Running};
use super::wanted::Wanted;
use infuzz::device::Held;
use infuzz::finding::{Kind, Raised};
use infuzz::judgement::Judge;
use std::cell::RefCell;

/// What ERR-5 says of a drug that is not in the library.
pub(super) const NO_MATCH: u16 = 9010;

/// Fields of MSH-3 to 7 with more bytes are not repeated.
const LONGEST: usize = 199;

/// An answer as it came.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    wire: Vec<u8>,
    separator: u8,
    header: Vec<Vec<u8>>,
    /// MSH-10.
    pub(super) number: String,
    /// MSA-1 and MSA-2.
    pub(super) code: String,
    repeated: Vec<u8>,
    /// The code of ERR-3.
    error: Option<u16>,
    /// The code of ERR-5.
    pub(super) own: Option<u16>,
}

impl Answer {
    /// Reads an answer with its envelope; what is wrong with it.
    pub(super) fn read(wire: &[u8]) -> Result<Self, String> {
        let inner = wire.strip_prefix(&[0x0B]).and_then(|inner| inner.strip_suffix(&[0x0D, 0x1C, 0x0D]));
        let inner = inner.ok_or("has another envelope")?;
        let segments: Vec<&[u8]> = inner.split(|byte| *byte == 0x0D).collect();
        let separator = *inner.get(3).ok_or("has no header")?;
        let fields =
            |segment: &[u8]| -> Vec<Vec<u8>> { segment.split(|byte| *byte == separator).map(<[u8]>::to_vec).collect() };
        let [header, acknowledgement, errors @ ..] = &segments[..] else { return Err("has no MSA".into()) };
        let (header, acknowledgement) = (fields(header), fields(acknowledgement));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let part = |fields: &[Vec<u8>], at: usize| fields.get(at).cloned().unwrap_or_default();
        if part(&header, 0) != b"MSH" || part(&acknowledgement, 0) != b"MSA" {
            return Err("does not begin with MSH and MSA".into());
        }
        let component = part(&header, 1).first().copied().unwrap_or_default();
        let number = |field: Vec<u8>| text(field.split(|byte| *byte == component).next()?).parse().ok();
        let (error, own) = match errors {
            [] => (None, None),
            [error] if fields(error)[0] == b"ERR" => {
                let error = fields(error);
                (number(part(&error, 3)), number(part(&error, 5)))
            }
            _ => return Err("has other segments than MSH, MSA and ERR".into()),
        };
        Ok(Answer {
            wire: wire.to_vec(),
            separator,
            number: text(&part(&header, 9)),
            header,
            code: text(&part(&acknowledgement, 1)),
            repeated: part(&acknowledgement, 2),
            error,
            own,
        })
    }

    fn words(&self) -> String {
        let text = String::from_utf8_lossy(&self.wire).replace('\r', " / ");
        text.chars().filter(|c| !c.is_control()).collect()
    }

    /// A field of MSH.
    fn field(&self, number: usize) -> &[u8] {
        self.header.get(number - 1).map_or(&[], Vec::as_slice)
    }
}

/// When an application acknowledgement is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Application {
    Always,
    OnError,
    Never,
}

impl Application {
    pub(super) fn is_owed(self, failed: bool) -> bool {
        self == Application::Always || self == Application::OnError && failed
    }
}

/// The library in use and the therapy that runs, and what a message came to then.
type Came = ((Option<Held>, Option<Running>), Result<Proposed, Against>);

/// What a message is owed.
pub(super) struct Owed {
    message: Vec<u8>,
    /// The ids of the rules that it breaks.
    pub(super) broken: Vec<String>,
    /// It asks for a change.
    pub(super) change: bool,
    /// What it wants, if it is a single order that breaks no rule.
    pub(super) wanted: Option<Wanted>,
    /// What came of it lately, with which library and which therapy.
    pub(super) came_to: RefCell<Vec<Came>>,
    pub(super) application: Application,
    control_id: Vec<u8>,
    separator: u8,
    /// MSH-2, and MSH-3 to 7.
    marks: Vec<u8>,
    parties: Vec<Vec<u8>>,
}

/// How a broken rule is answered: MSA-1 and ERR-3.
fn answered(rule: &str) -> (&'static str, u16) {
    match rule {
        "header.type" => ("CR", 200),
        "header.processing" => ("CR", 202),
        "header.version" => ("CR", 203),
        "header.profile" => ("CR", 103),
        "segment.order" | "segment.name" | "message.order" => ("CE", 100),
        "field.required"
        | "text.blank"
        | "give.amount.required"
        | "give.rate.required"
        | "give.duration"
        | "give.concentration.required"
        | "pump.id" => ("CE", 101),
        "unit.value" | "order.control" | "route.iv" | "route.device" | "route.method" | "pump.code"
        | "observation.code" | "header.accept" | "header.application" | "header.charset" => ("CE", 103),
        _ => ("CE", 102),
    }
}

impl Owed {
    pub(super) fn of(judge: &mut Judge<'_>, message: &[u8]) -> Self {
        let (tree, violations) = judge.explain(message);
        let format = tree.format();
        let broken: Vec<String> = violations.iter().map(|violation| format.rule(violation.rule).to_string()).collect();
        let span = |path: &str| tree.find(path).map(|node| tree.span(node).to_vec()).unwrap_or_default();
        let number = |path: &str| tree.find(path).and_then(|node| tree.number(node));
        let separator = span("message.separator").first().copied().unwrap_or(b'|');
        let marks = ["component", "repetition", "escape", "subcomponent"].map(|name| span(&format!("message.{name}")));
        let parties = span("message.header.parties").split(|byte| *byte == separator).map(<[u8]>::to_vec).collect();
        Owed {
            came_to: RefCell::default(),
            wanted: if broken.is_empty() { Wanted::of(tree) } else { None },
            change: number("message.order[0].common.control") == Some(2),
            application: match number("message.header.application") {
                Some(1) => Application::Always,
                Some(2) => Application::OnError,
                _ => Application::Never,
            },
            control_id: span("message.header.control_id"),
            message: message.to_vec(),
            broken,
            separator,
            marks: marks.concat(),
            parties,
        }
    }

    fn wrong(answer: &Answer, what: &str) -> Option<Raised> {
        Some(Raised::new(Kind::WrongReason, format!("{what}: {}", answer.words())))
    }

    /// What both answers have.
    fn header_is_wrong(&self, answer: &Answer, kind: [&str; 3]) -> Option<Raised> {
        let mark = answer.field(2).first().copied().unwrap_or_default();
        if answer.field(9) != kind.join(&char::from(mark).to_string()).as_bytes() {
            return Self::wrong(answer, "MSH-9 is another");
        }
        // Sides are changed.
        let repeats = [(5, 0), (6, 1), (3, 2), (4, 3), (7, 4)];
        if !self.broken.is_empty() {
            let leaks = |part: &[u8]| !part.is_empty() && !contains(&self.message, part);
            let leaked = repeats.iter().any(|(field, _)| leaks(answer.field(*field))) || leaks(&answer.repeated);
            let what = "the answer has bytes that were not sent";
            return leaked.then(|| Raised::new(Kind::Leaked, format!("{what}: {}", answer.words())));
        }
        if answer.separator != self.separator || answer.field(2) != self.marks {
            return Self::wrong(answer, "the delimiters are not the sender's");
        }
        for (field, party) in repeats {
            let sent = self.parties.get(party).map_or(&[][..], Vec::as_slice);
            let sent = if sent.len() > LONGEST { &[] } else { sent };
            if answer.field(field) != sent {
                return Self::wrong(answer, &format!("MSH-{field} does not repeat what was sent"));
            }
        }
        match answer.repeated == self.control_id {
            true => None,
            false => Self::wrong(answer, "MSA-2 is not the control id"),
        }
    }

    /// What is wrong with the accept acknowledgement.
    pub(super) fn accept_is_wrong(&self, answer: &Answer) -> Option<Raised> {
        if let Some(raised) = self.header_is_wrong(answer, ["ACK", "O15", "ACK"]) {
            return Some(raised);
        }
        let rules = self.broken.join(", ");
        match (answer.code.as_str(), self.broken.is_empty()) {
            ("CA", true) if answer.error.is_none() => None,
            ("CA", false) => {
                Some(Raised::new(Kind::InvalidAccepted, format!("a message that breaks {rules} was acknowledged")))
            }
            ("CE" | "CR", true) => {
                Some(Raised::new(Kind::ValidRefused, format!("a valid message was answered by {}", answer.words())))
            }
            (code, false) => {
                let fits = self.broken.iter().any(|rule| {
                    let (due, error) = answered(rule);
                    code == due && answer.error == Some(error)
                });
                if fits { None } else { Self::wrong(answer, &format!("a message that breaks {rules} is answered by")) }
            }
            _ => Self::wrong(answer, "a valid message is answered by"),
        }
    }

    /// What is wrong with the application acknowledgement.
    pub(super) fn application_is_wrong(&self, answer: &Answer, came_to: &Result<Proposed, Against>) -> Option<Raised> {
        if let Some(raised) = self.header_is_wrong(answer, ["RRG", "O16", "RRG_O16"]) {
            return Some(raised);
        }
        match (answer.code.as_str(), came_to) {
            ("AA", Ok(_)) if answer.error.is_none() => None,
            ("AA", Err(against)) => {
                let what = format!("an order was taken of which it must say one of {against:?}");
                Some(Raised::new(Kind::InvalidAccepted, what))
            }
            ("AE", Ok(proposed)) => {
                let what = format!("an order that comes to {proposed:?} was answered by {}", answer.words());
                Some(Raised::new(Kind::ValidRefused, what))
            }
            ("AE", Err(against)) => {
                let own = answer.own.map(|own| if own == NO_MATCH { 1 } else { own });
                let fits = own.is_some_and(|own| against.contains(&own)) && answer.error == Some(207);
                match fits && answer.own != Some(1) {
                    true => None,
                    false => Self::wrong(answer, &format!("one of {against:?} is the reason")),
                }
            }
            _ => Self::wrong(answer, "an order is answered by"),
        }
    }
}

fn contains(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}
