//! Why a frame of a library transfer is refused.

rules! {
    /// A frame is as long as it states.
    FrameSize = "frame.size",
    /// A frame begins with LT.
    FrameMagic = "frame.magic",
    /// The version of the frame is 1.
    FrameVersion = "frame.version",
    /// The kind of a frame is one of those known.
    FrameKind = "frame.kind",
    /// A payload has at most 1,028 bytes.
    FrameLength = "frame.length",
    /// The CRC is that of all bytes before it.
    FrameCrc = "frame.crc",
    /// Hello and proof name no session, the other requests one.
    FrameSession = "frame.session",
    /// A payload is as long as its kind says.
    PayloadSize = "payload.size",
    /// The lowest version is not above the highest.
    HelloOrder = "hello.order",
    /// Version 1 is among those of the host.
    HelloVersion = "hello.version",
    /// A text is well-formed UTF-8.
    TextUtf8 = "text.utf8",
    /// A text has allowed characters only.
    TextCharset = "text.charset",
    /// A text has a character other than a space.
    TextBlank = "text.blank",
    /// After the end of a text there are only zeros.
    TextPadding = "text.padding",
    /// An id is neither all 0 nor all FF.
    BeginId = "begin.id",
    /// A library has 1 to 16,777,216 bytes.
    BeginSize = "begin.size",
    /// A chunk has 64 to 1,024 bytes.
    BeginChunk = "begin.chunk_size",
    /// A chunk has data.
    ChunkData = "chunk.data",
    /// The reason of an abort is one of those known.
    AbortReason = "abort.reason",
}

/// A field, such as `payload.begin.size`.
pub type Path = &'static str;

refusal!();

impl Refusal {
    #[cold]
    pub(super) const fn new(rule: Rule, path: Path, offset: usize) -> Self {
        Self { rule, path, offset }
    }
}
