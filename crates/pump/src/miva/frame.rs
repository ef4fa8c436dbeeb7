//! Checking a frame of the serial line: a command to the pump, or its answer.

use super::refusal::{Path, Refusal, Rule};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
/// Bytes after the payload.
const AFTER: usize = 3;
/// Letters of a command.
const LETTERS: usize = 2;

/// How a field is written.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// A number in so many hexadecimal digits; the least, the most, and the rule that others break.
    Number(usize, Option<(u32, u32, Rule)>),
    /// So many bytes, each in two hexadecimal digits.
    Data(usize),
    /// So many characters.
    Text(usize),
}

impl Kind {
    const fn size(self) -> usize {
        match self {
            Kind::Number(size, _) | Kind::Text(size) => size,
            Kind::Data(bytes) => bytes.saturating_mul(2),
        }
    }
}

/// A field of what follows a command, by its path below the payload.
type Field = (&'static str, Kind);

const NUMBER: Kind = Kind::Number(8, None);
const PAIR: Kind = Kind::Number(2, None);
const ANSWER: Kind = Kind::Number(1, None);
const PAGE: Kind = Kind::Number(8, Some((1, 17, Rule::PageRange)));
const BLOCK: Kind = Kind::Number(8, Some((64, 1151, Rule::BlockRange)));
const PART: Kind = Kind::Number(8, Some((0, 7, Rule::PartRange)));

/// What may follow each command: to the pump, and back.
static COMMANDS: [(&[u8; LETTERS], &[&[Field]]); 14] = [
    (b"RN", &[&[], &[("rn.serial_number.serial", Kind::Text(8))]]),
    (b"RL", &[&[], &[("rl.library_name.name", Kind::Text(20))]]),
    (b"RI", &[&[], &[("ri.pointers.tail", NUMBER), ("ri.pointers.head", NUMBER)]]),
    (b"RE", &[&[("re.event_asked.index", NUMBER)], &[("re.event.index", NUMBER), ("re.event.data", Kind::Data(16))]]),
    (b"RC", &[&[], &[("rc.seconds.seconds", NUMBER)], &[("rc.clock_read.data", Kind::Data(6))]]),
    (
        b"WC",
        &[
            &[],
            &[
                ("wc.clock.day", PAIR),
                ("wc.clock.month", PAIR),
                ("wc.clock.year", PAIR),
                ("wc.clock.hour", PAIR),
                ("wc.clock.minute", PAIR),
                ("wc.clock.second", PAIR),
            ],
        ],
    ),
    (b"LB", &[&[]]),
    (b"LE", &[&[("le.page", PAGE)]]),
    (
        b"LW",
        &[
            &[("lw.block_written.block", BLOCK)],
            &[("lw.block_sent.block", BLOCK), ("lw.block_sent.data", Kind::Data(64))],
        ],
    ),
    (b"LA", &[&[], &[("la.authorisation.data", Kind::Data(16))]]),
    (b"LR", &[&[]]),
    (
        b"LI",
        &[
            &[("li.order_begun.answer", ANSWER)],
            &[("li.order.serial", Kind::Data(8)), ("li.order.identity", NUMBER), ("li.order.number", NUMBER)],
        ],
    ),
    (
        b"LS",
        &[&[("ls.part_written.part", PART)], &[("ls.part_sent.part", PART), ("ls.part_sent.data", Kind::Data(64))]],
    ),
    (b"LC", &[&[("lc.order_confirmed.answer", ANSWER)], &[("lc.authorisation.data", Kind::Data(16))]]),
];

#[cold]
fn refuse(rule: Rule, record: &'static str, part: &'static str, offset: usize) -> Refusal {
    Refusal { rule, path: Path { record, part, ..Path::default() }, offset }
}

/// Checks one frame.
///
/// # Errors
/// The first broken rule: of the frame, then of its payload in the order of the bytes.
pub fn validate_frame(frame: &[u8]) -> Result<(), Refusal> {
    require!(frame.first() == Some(&STX), refuse(Rule::FrameControl, "stx", "", 0));
    let end = frame.len().saturating_sub(AFTER);
    require!(frame.last() == Some(&ETX), refuse(Rule::FrameControl, "etx", "", frame.len().saturating_sub(1)));
    let payload = frame.get(1..end).unwrap_or_default();
    let sum = payload.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    let check = [sum >> 4, sum & 15].map(|digit| b"0123456789ABCDEF".get(usize::from(digit)).copied());
    let stated = [frame.get(end).copied(), frame.get(end.saturating_add(1)).copied()];
    require!(check == stated, refuse(Rule::FrameCheck, "check", "", end));
    let (letters, content) =
        payload.split_at_checked(LETTERS).ok_or_else(|| refuse(Rule::FrameSize, "payload", "", 1))?;
    let known = COMMANDS.iter().find(|(command, _)| letters == *command);
    let (_, contents) = known.ok_or_else(|| refuse(Rule::CommandValue, "payload", "command", 1))?;
    let size = |fields: &[Field]| fields.iter().fold(0_usize, |sum, (_, kind)| sum.saturating_add(kind.size()));
    let fields = contents.iter().find(|fields| size(fields) == content.len());
    let fields = fields.ok_or_else(|| refuse(Rule::FrameSize, "payload", "", 1))?;
    let (mut rest, mut at) = (content, LETTERS.saturating_add(1));
    for (name, kind) in *fields {
        let (own, after) = rest.split_at_checked(kind.size()).unwrap_or_default();
        field(own, *kind).map_err(|(rule, item)| {
            let offset = at.saturating_add(item.unwrap_or(0).saturating_mul(2));
            let item = item.and_then(|item| u8::try_from(item).ok());
            Refusal { rule, path: Path { record: "payload", part: name, item, ..Path::default() }, offset }
        })?;
        (rest, at) = (after, at.saturating_add(kind.size()));
    }
    Ok(())
}

/// Checks a field; the rule that it breaks, and the item of it that does.
fn field(bytes: &[u8], kind: Kind) -> Result<(), (Rule, Option<usize>)> {
    match kind {
        Kind::Text(_) => {
            require!(core::str::from_utf8(bytes).is_ok(), (Rule::TextUtf8, None));
            require!(bytes.iter().all(|byte| (0x20..=0x7E).contains(byte)), (Rule::TextCharset, None));
        }
        Kind::Data(_) => {
            let wrong = bytes.chunks(2).position(|pair| !pair.iter().all(u8::is_ascii_hexdigit));
            require!(wrong.is_none(), (Rule::DigitsValue, wrong));
        }
        Kind::Number(_, range) => {
            let digits = core::str::from_utf8(bytes).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
            let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let Some(number) = number else { return Err((Rule::DigitsValue, None)) };
            if let Some((least, most, rule)) = range {
                require!((least..=most).contains(&number), (rule, None));
            }
        }
    }
    Ok(())
}
