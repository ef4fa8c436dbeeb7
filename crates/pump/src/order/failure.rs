//! Why the pump cannot do what a valid message asks for.

macro_rules! failures {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal,)*) => {
        /// Why an order becomes no proposal. The later one comes closer to one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
        pub enum Failure {
            $($(#[$doc])* #[error($words)] $name,)*
        }

        impl Failure {
            /// All of them.
            pub const ALL: &'static [Failure] = &[$(Failure::$name),*];

            /// The pump's code for it, LASTAUTOPROGERR.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self {
                    $(Failure::$name => $code,)*
                }
            }

            /// The same in words.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self {
                    $(Failure::$name => $words,)*
                }
            }
        }
    };
}

failures! {
    /// The message has more than one order.
    NotOneOrder = 1006, "Not exactly one order",
    /// The order is for another pump.
    OtherPump = 1028, "Unknown pump",
    /// There is no library in use.
    NoLibrary = 203, "No drug library available",
    /// The library does not know the care area that the pump is set to.
    NoProfile = 111, "Care area not in drug library",
    /// The pump is not programmed for patient control from outside.
    NotSupported = 116, "Therapy not supported",
    /// Neither id nor name of the drug are in the library.
    UnknownDrug = 1, "Unable to match medication to drug library",
    /// The name of the drug is not in the library.
    UnknownName = 101, "Drug name not in drug library",
    /// The id of the drug is not in the library.
    UnknownCode = 102, "Drug id not in drug library",
    /// The id and the name are of different drugs.
    NameOfOther = 103, "Drug name and id disagree",
    /// The drug has no set-up in the care area.
    NoSetup = 117, "Drug not used in care area",
    /// The drug is not given by this kind of pump.
    OtherModule = 1013, "Wrong kind of pump",
    /// The drug is not given by the primary line.
    NoPrimary = 122, "Primary line not allowed",
    /// The drug is not given by the secondary line.
    NoSecondary = 120, "Secondary line not allowed",
    /// The drug needs a concentration.
    NoConcentration = 106, "Concentration missing",
    /// The drug is not in the library in this concentration.
    OtherConcentration = 107, "Concentration not in drug library",
    /// The drug is not given in this way.
    NotAllowed = 118, "Therapy not allowed",
    /// The drug is not given in such a unit.
    ContinuousUnit = 113, "Unit does not fit",
    /// The drug is not given over time in such a unit.
    IntermittentUnit = 114, "Unit of dose over time does not fit",
    /// There is no rate, or a dose without a duration.
    NoRate = 1018, "No rate",
    /// A dose per kg needs the weight.
    NoWeight = 1036, "Weight missing",
    /// The weight is above that of the care area.
    WeightRange = 1037, "Weight out of limits",
    /// A dose per m2 needs the surface.
    NoSurface = 1052, "Body surface missing",
    /// The surface is above that of the care area.
    SurfaceRange = 1053, "Body surface out of limits",
    /// The dose or the rate is outside a hard limit.
    RateLimits = 1010, "Rate out of limits",
    /// The volume is outside a hard limit, or there is none.
    VolumeLimits = 1011, "Volume out of limits",
    /// The duration is outside a hard limit.
    DurationLimits = 1046, "Duration out of limits",
    /// The volume is not that of the dose, or of rate and duration.
    VolumeOfOther = 1047, "Volume and duration disagree",
    /// There is nothing that could be changed.
    NothingToChange = 1025, "Change of nothing",
    /// The change changes nothing.
    SameAsBefore = 1026, "Change is identical",
    /// Another proposal waits for a person.
    Busy = 1044, "Another order waits for confirmation",
    /// An alarm forbids to begin what was confirmed.
    Alarm = 125, "An alarm forbids it",
    /// A unit of the library is not known.
    Internal = 201, "Internal error",
}

impl Failure {
    /// Of two failures the one that comes closer to a proposal.
    #[must_use]
    pub fn closer(self, other: Self) -> Self {
        self.max(other)
    }
}
