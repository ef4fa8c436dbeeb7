//! Why an image, an order or a frame is refused.

use core::fmt;

rules! {
    /// An image has 17 pages of 4,096 bytes.
    ImageSize = "image.size",
    /// An order has 512 bytes.
    OrderSize = "order.size",
    /// After the three references there are only zeros.
    OrderRest = "order.rest",
    /// An order says of no concentration that it may be changed.
    OrderChangeable = "order.changeable",
    /// A weight lies between 1 and 999.9 kg.
    OrderWeight = "order.weight",
    /// A rate per kg is at most 135 mL/h for the weight.
    OrderFlow = "order.flow",
    /// A frame is as long as its command or answer.
    FrameSize = "frame.size",
    /// STX begins a frame and ETX ends it.
    FrameControl = "frame.control",
    /// The check is the sum of the payload.
    FrameCheck = "frame.check",
    /// A command is one of those known.
    CommandValue = "command.value",
    /// A page is one of 1 to 17.
    PageRange = "page.range",
    /// A block is one of 64 to 1151.
    BlockRange = "block.range",
    /// An order has parts 0 to 7.
    PartRange = "part.range",
    /// The last four bytes of a record are the CRC-32 of those before it.
    RecordCrc = "record.crc",
    /// Bytes that mean nothing are FF.
    RecordUnused = "record.unused",
    /// A byte that is always the same has its value.
    RecordConstant = "record.constant",
    /// What is not used is filled with one byte.
    SlotUnused = "slot.unused",
    /// Used slots come before unused ones.
    SlotGap = "slot.gap",
    /// The used nodes of a tree are counted.
    CountNodes = "count.nodes",
    /// A count lies within its limits.
    CountRange = "count.range",
    /// A number is finite and not negative.
    NumberRange = "number.range",
    /// A time of a parameter is a whole number of minutes.
    NumberResolution = "number.resolution",
    /// An enumerated field has one of its values.
    EnumValue = "enum.value",
    /// An access code has three digits; what is a number in a frame has hexadecimal ones.
    DigitsValue = "digits.value",
    /// A text is well-formed.
    TextUtf8 = "text.utf8",
    /// A text is printable ASCII.
    TextCharset = "text.charset",
    /// A text has at most its number of characters.
    TextCharacters = "text.characters",
    /// After the end of a text there are only zeros.
    TextPadding = "text.padding",
    /// Children are used nodes after their parent, each node but the first the child of one.
    TreeChildren = "tree.children",
    /// A node that is no protocol names none.
    NodeSlot = "node.slot",
    /// A protocol has limits, and limits have a protocol.
    ProtocolLimits = "protocol.limits",
    /// A parameter that a library never sets is 0.
    ProtocolZero = "protocol.zero",
    /// A rate other than in mL/h needs a drug with a volume, and its concentration.
    ProtocolUnit = "protocol.unit",
    /// Only continuous protocols have a rate unit.
    ProtocolUnitMode = "protocol.unit.mode",
    /// A rate per kg needs the weight.
    ProtocolWeight = "protocol.weight",
    /// Concentration = amount / volume, as singles.
    ProtocolConcentration = "protocol.concentration",
    /// Without a drug its name, amounts and components are empty, and nothing is changeable.
    ProtocolNoDrug = "protocol.no_drug",
    /// A parameter that is switched off has its value for that.
    ParameterOff = "parameter.off",
    /// Minimum ≤ value ≤ maximum of a parameter that is switched on.
    ParameterLimits = "parameter.limits",
    /// Minimum ≤ maximum.
    LimitsOrder = "limits.order",
    /// A reference names a slot that is used.
    ReferenceExists = "reference.exists",
    /// The entries of a view differ.
    ViewDistinct = "view.distinct",
    /// The lists of a view are its entries, some left out.
    ViewList = "view.list",
    /// The entries of a view are parameters of the protocol's mode.
    MapMode = "map.mode",
    /// The protocol nodes of the tree and their roles are those of the map.
    MapProtocols = "map.protocols",
    /// The map lists the slots of all protocols in order.
    MapSlots = "map.slots",
    /// There are as many access codes as role masks of theirs.
    CodeRoles = "code.roles",
    /// Access codes differ.
    CodeUnique = "code.unique",
}

/// A field: `protocol[3].bolus.time`, `view[0].entry[2].label`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Path {
    /// The record, or the list it stands in.
    pub record: &'static str,
    /// Its position in the list.
    pub slot: Option<u8>,
    /// The part of the record.
    pub part: &'static str,
    /// The position in the part, if it is a list.
    pub item: Option<u8>,
    /// The field within that.
    pub field: &'static str,
    /// The end of a pair of limits.
    pub end: &'static str,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.record)?;
        if let Some(slot) = self.slot {
            write!(f, "[{slot}]")?;
        }
        if !self.part.is_empty() {
            write!(f, ".{}", self.part)?;
        }
        if let Some(item) = self.item {
            write!(f, "[{item}]")?;
        }
        for part in [self.field, self.end].into_iter().filter(|part| !part.is_empty()) {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

refusal!();
