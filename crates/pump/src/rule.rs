//! The rules a drug library, a transfer and an activation have to keep.

use core::fmt;

rules! {
    /// The file has exactly the stated number of bytes.
    FileLength = "file.length",
    /// The last four bytes are the CRC of all bytes before them.
    FileCrc = "file.crc",
    /// The file begins with the format's signature.
    HeaderMagic = "header.magic",
    /// The format version is known.
    HeaderVersion = "header.version",
    /// The header takes exactly its stated length.
    HeaderLength = "header.length",
    /// The header ends with the CRC of its bytes.
    HeaderCrc = "header.crc",
    /// Reserved bytes are zero.
    HeaderReserved = "header.reserved",
    /// A count lies within its limits.
    CountRange = "count.range",
    /// A section starts where the one before it ends.
    SectionOffset = "section.offset",
    /// The stated number of records takes exactly the section's length.
    SectionLength = "section.length",
    /// The CRC of a section's bytes is as stated.
    SectionCrc = "section.crc",
    /// A set-up takes exactly its stated length.
    RecordLength = "record.length",
    /// A text has at most its number of bytes.
    TextLength = "text.length",
    /// A text is well-formed UTF-8.
    TextUtf8 = "text.utf8",
    /// A text has at most its number of characters.
    TextCharacters = "text.characters",
    /// A text has allowed characters only.
    TextCharset = "text.charset",
    /// A text has something to read.
    TextBlank = "text.blank",
    /// An advisory's text has at most eight lines.
    TextLines = "text.lines",
    /// A national drug code has digits only.
    DigitsValue = "digits.value",
    /// A number lies within its range.
    NumberRange = "number.range",
    /// A quantity is a multiple of its resolution.
    NumberResolution = "number.resolution",
    /// An enumerated field has one of its values.
    EnumValue = "enum.value",
    /// Unnamed bits are zero.
    BitsReserved = "bits.reserved",
    /// The unique id of the data set is neither all zeros nor all ones.
    HeaderId = "header.id",
    /// The data set is released.
    HeaderReleased = "header.released",
    /// The data set does not become active before it was created.
    HeaderActivation = "header.activation",
    /// Ids ascend strictly within a table.
    IdOrder = "id.order",
    /// Names are unique within a table, whatever their case.
    NameUnique = "name.unique",
    /// A reference names a record that exists.
    ReferenceExists = "reference.exists",
    /// A profile states how many set-ups refer to it.
    ProfileSetups = "profile.setups",
    /// The keep-vein-open rate is not above the profile's maximal rate.
    ProfileKvo = "profile.kvo",
    /// A national drug code stands once in the library.
    DrugNdcUnique = "drug.ndc.unique",
    /// The concentration of a national drug code is one of the same drug.
    DrugNdcConcentration = "drug.ndc.concentration",
    /// The final concentration is the rounded quotient of amount and volume.
    ConcentrationQuotient = "concentration.quotient",
    /// The limits of a custom concentration ascend.
    ConcentrationOrder = "concentration.order",
    /// A set-up's key is unique.
    SetupKeyUnique = "setup.key.unique",
    /// A syringe module has no secondary line.
    SetupLine = "setup.line",
    /// A set-up other than a fluid has a concentration.
    SetupConcentrationRequired = "setup.concentration.required",
    /// A fluid has no concentration.
    SetupConcentrationForbidden = "setup.concentration.forbidden",
    /// A set-up's concentration is one of its drug.
    SetupConcentrationDrug = "setup.concentration.drug",
    /// The dose unit fits the kind of set-up.
    SetupUnitUse = "setup.unit.use",
    /// A group's unit has the dimension of the dose unit.
    SetupUnitDimension = "setup.unit.dimension",
    /// The dose unit measures the substance of the concentration.
    SetupUnitSubstance = "setup.unit.substance",
    /// A unit per kilogram stands only where the profile states a maximal weight.
    SetupUnitWeight = "setup.unit.weight",
    /// A unit per square metre stands only where the profile states a maximal surface.
    SetupUnitSurface = "setup.unit.surface",
    /// The bolus of a continuous set-up is an amount of the dosed substance.
    SetupBolusUnit = "setup.bolus.unit",
    /// The rate of a bolus is one of the bolus' substance, or of volume.
    SetupBolusRateUnit = "setup.bolus.rate_unit",
    /// The limits of a continuous dose ascend.
    SetupContinuousOrder = "setup.continuous.order",
    /// The limits of a bolus ascend.
    SetupBolusOrder = "setup.bolus.order",
    /// The limits of a demand dose ascend.
    SetupPcaOrder = "setup.pca.order",
    /// The limits of a bolus rate ascend.
    SetupBolusRateOrder = "setup.bolus.rate_order",
    /// The limits of an intermittent duration ascend.
    SetupIntermittentDurationOrder = "setup.intermittent.duration_order",
    /// The limits of an intermittent dose ascend.
    SetupIntermittentOrder = "setup.intermittent.order",
    /// The limits of a fluid ascend.
    SetupFluidOrder = "setup.fluid.order",
    /// The limits of a lockout ascend.
    SetupPcaLockoutOrder = "setup.pca.lockout_order",
    /// The limits of a continuous dose under patient control ascend.
    SetupPcaContinuousOrder = "setup.pca.continuous_order",
    /// The limits of a loading dose ascend.
    SetupPcaLoadingOrder = "setup.pca.loading_order",
    /// The limits of a target ascend.
    SetupTciOrder = "setup.tci.order",
    /// Only a model with an effect-site compartment has an effect-site target.
    SetupTciEffectSite = "setup.tci.effect_site",
    /// The drug is the one the model describes.
    SetupTciAgent = "setup.tci.agent",
    /// The age limits ascend.
    SetupTciAgeOrder = "setup.tci.age_order",
    /// The weight limits ascend.
    SetupTciWeightOrder = "setup.tci.weight_order",
    /// A rate in ml/h is not above the profile's maximal rate.
    SetupRateProfile = "setup.rate.profile",
    /// A volume in ml is not above the profile's maximal volume.
    SetupVolumeProfile = "setup.volume.profile",
    /// A chunk, an end or an abort belongs to a transfer that was begun.
    TransferIdle = "transfer.idle",
    /// The announced length fits the slot, and the chunks make exactly that length.
    TransferSize = "transfer.size",
    /// Each chunk starts where the one before it ended.
    TransferOrder = "transfer.order",
    /// There is a staged library to activate.
    ActivationStaged = "activation.staged",
    /// No therapy runs during an activation.
    ActivationTherapy = "activation.therapy",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
