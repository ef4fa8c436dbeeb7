//! An answer of the device, taken apart.

use super::DEVICE;
use infuzz::judgement::{Judge, Judgement};

const ETX: u8 = 0x03;

/// A quadruple.
pub(super) struct Part {
    pub(super) time: String,
    pub(super) address: String,
    pub(super) parameter: String,
    pub(super) value: String,
}

/// An answer that keeps the rules of its format.
pub(super) struct Answer {
    pub(super) bed: Vec<u8>,
    pub(super) parts: Vec<Part>,
    /// Nothing follows it.
    pub(super) last: bool,
}

impl Answer {
    /// Takes an answer apart; if it breaks a rule, which.
    pub(super) fn of(judge: &mut Judge<'_>, wire: &[u8]) -> Result<Self, String> {
        if let Judgement::Refuse(rule) = judge.judge(wire) {
            return Err(judge.last().format().rule(rule).to_string());
        }
        let bytes = judge.last().bytes();
        // Between STX and the last byte before the check.
        let text = bytes.get(7..bytes.len().saturating_sub(7)).unwrap_or_default();
        let at = text.windows(5).position(|window| window == b"/1/1>").unwrap_or(0);
        let (bed, information) = (text[..at].to_vec(), text.get(at + 5..).unwrap_or_default());
        let parts = information.split(|byte| *byte == 0x1E).map(|part| {
            let mut fields = part.splitn(4, |byte| *byte == b',');
            let mut field = || String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned();
            Part { time: field(), address: field(), parameter: field(), value: field() }
        });
        let last = bytes.len().checked_sub(7).and_then(|end| bytes.get(end)) == Some(&ETX);
        Ok(Answer { bed, parts: parts.collect(), last })
    }

    /// The code of GNERR, if it is one.
    pub(super) fn error(&self) -> Option<u32> {
        match &self.parts[..] {
            [part] if part.parameter == "GNERR" && part.address == DEVICE => part.value.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn is_one(&self, address: &str, parameter: &str, value: &str) -> bool {
        let is = |part: &Part| part.address == address && part.parameter == parameter && part.value == value;
        matches!(&self.parts[..], [part] if is(part)) && self.last
    }

    pub(super) fn is_version(&self) -> bool {
        self.is_one(DEVICE, "V3.36", "")
    }

    pub(super) fn words(&self) -> String {
        let words = self.parts.iter().map(|part| format!("{} {} {}", part.address, part.parameter, part.value));
        words.collect::<Vec<_>>().join(", ")
    }
}
