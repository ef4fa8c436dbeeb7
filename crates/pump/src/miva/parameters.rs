//! The parameters of each mode. Number n of a mode stands at 4 n of the protocol, its limits at 8 n
//! of the limits, its switch is bit n.

/// How a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number in single precision.
    Number,
    /// Seconds.
    Time,
}

/// What is known of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Use {
    /// It has a switch, and this value when that is off.
    Switched(f32),
    /// It has a switch, and follows from the drug.
    Concentration,
    /// It has a switch; its value is given at the pump.
    Weight,
    /// Part of the drug.
    Drug,
    /// A library never sets it.
    Never,
}

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) usage: Use,
}

const fn number(name: &'static str) -> Parameter {
    Parameter { name, kind: Kind::Number, usage: Use::Switched(0.0) }
}

const fn most(name: &'static str, off: f32) -> Parameter {
    Parameter { name, kind: Kind::Number, usage: Use::Switched(off) }
}

const fn time(name: &'static str) -> Parameter {
    Parameter { name, kind: Kind::Time, usage: Use::Switched(0.0) }
}

const fn other(name: &'static str, usage: Use) -> Parameter {
    Parameter { name, kind: Kind::Number, usage }
}

/// A mode of infusion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    /// Its values in the protocol.
    pub(super) values: &'static str,
    /// Its limits.
    pub(super) limits: &'static str,
    pub(super) parameters: &'static [Parameter],
    /// Further limits, for the patient.
    pub(super) patient: &'static [&'static str],
    /// The largest parameter that a view of this mode may show, besides 20 and 22.
    pub(super) last: u8,
}

/// The mode with this number.
pub(super) fn mode(number: u8) -> Option<&'static Mode> {
    MODES.get(usize::from(number))
}

/// Continuous, bolus, intermittent.
static MODES: [Mode; 3] = [
    Mode {
        values: "continuous",
        limits: "continuous_limits",
        parameters: &[
            number("rate"),
            number("vtbi"),
            other("loading_dose", Use::Never),
            time("time"),
            time("delay_start"),
            number("kvo_rate"),
            number("delay_kvo_rate"),
            other("concentration", Use::Concentration),
            other("drug_amount", Use::Drug),
            other("solvent", Use::Drug),
            other("weight", Use::Weight),
        ],
        patient: &[],
        last: 11,
    },
    Mode {
        values: "bolus",
        limits: "bolus_limits",
        parameters: &[
            number("basal_rate"),
            number("vtbi"),
            number("loading_dose"),
            Parameter { name: "time", kind: Kind::Time, usage: Use::Never },
            time("delay_start"),
            number("automatic_bolus"),
            time("bolus_interval"),
            number("demand_bolus"),
            time("lockout"),
            other("kvo_rate", Use::Never),
            number("delay_kvo_rate"),
            most("max_per_hour", 210.0),
            most("max_per_interval", f32::MAX),
            number("clinician_dose"),
            other("concentration", Use::Never),
            other("drug_amount", Use::Drug),
            other("solvent", Use::Drug),
            other("weight", Use::Never),
        ],
        patient: &["patient_basal_rate", "patient_automatic_bolus"],
        last: 18,
    },
    Mode {
        values: "intermittent",
        limits: "intermittent_limits",
        parameters: &[
            number("dose_rate"),
            number("dose_vtbi"),
            other("loading_dose", Use::Never),
            time("total_time"),
            time("interval"),
            time("delay_start"),
            number("between_kvo_rate"),
            number("kvo_rate"),
            number("delay_kvo_rate"),
            most("max_per_hour", 210.0),
            most("max_per_interval", f32::MAX),
            other("concentration", Use::Never),
            other("drug_amount", Use::Drug),
            other("solvent", Use::Drug),
            other("weight", Use::Never),
        ],
        patient: &[],
        last: 15,
    },
];
