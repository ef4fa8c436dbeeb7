//! Why a frame is refused.

use core::fmt;

rules! {
    /// `D`, `E`, `d` and `e` travel as `EX`, `EE`, `ex` and `ee`.
    Stuffing = "codec.substitute",
    /// SOH, STX and EOT stand in their places.
    FrameControl = "frame.control",
    /// A frame has all its parts and nothing else, and ends with its EOT.
    FrameExact = "frame.exact",
    /// The stated length is that of the whole frame before stuffing.
    FrameLength = "frame.length",
    /// The information ends with ETX or ETB.
    FrameEnd = "frame.end",
    /// The check is the sum of all bytes up to ETX or ETB, modulo 256.
    FrameCheck = "frame.check",
    /// The bed id is followed by `/1/1>`.
    BedPrefix = "bed.prefix",
    /// A bed id has at most 15 characters.
    BedCharacters = "bed.characters",
    /// A request is one of those known.
    RequestValue = "request.value",
    /// A slot is named by pillar 1 to 3 and slot 1 to 9 or A to O.
    RequestSlot = "request.slot",
    /// A quadruple has time, address, parameter and value; only a version answer has three parts.
    QuadrupleForm = "quadruple.form",
    /// The third part of a version answer of the device is `V` and a number.
    VersionValue = "version.value",
    /// An address is `501` with a pillar and a slot.
    AddressValue = "address.value",
    /// Pillar and slot are both 0, for the device itself, or neither is.
    AddressDevice = "address.device",
    /// A number is written in digits.
    NumberValue = "number.value",
    /// A number lies in the domain of its parameter.
    NumberRange = "number.range",
    /// A parameter with a list of values has one of them.
    EnumValue = "enum.value",
    /// A text is well-formed UTF-8.
    TextUtf8 = "text.utf8",
    /// A text has at most the characters of its parameter.
    TextCharacters = "text.characters",
    /// A text has the characters of its place, and no control character of the frame.
    TextCharset = "text.charset",
}

/// A field: `bed`, `information.part[3].quadruple.flow.value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Path {
    /// The field of the frame, or the record in it.
    pub head: &'static str,
    /// The position among the parts of an answer.
    pub part: Option<u32>,
    /// What it is within that, from the outside in; empty ones are none.
    pub inner: [&'static str; 3],
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.head)?;
        if let Some(part) = self.part {
            write!(f, ".part[{part}]")?;
        }
        for inner in self.inner.into_iter().filter(|inner| !inner.is_empty()) {
            write!(f, ".{inner}")?;
        }
        Ok(())
    }
}

refusal!();

impl Refusal {
    /// A rule broken by a field of the frame.
    #[cold]
    pub(super) const fn of_frame(rule: Rule, head: &'static str, offset: usize) -> Self {
        Self { rule, path: Path { head, part: None, inner: [""; 3] }, offset }
    }
}
