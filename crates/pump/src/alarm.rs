//! What the pump calls a person for.

/// A reason to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// Air in the line: nothing may be infused.
    Air,
    /// The line is occluded: nothing may be infused.
    Occlusion,
    /// The volume has been infused.
    InfusionEnded,
    /// The time of a standby is over.
    StandbyEnded,
}

impl Alarm {
    /// All of them, from the lowest bit of ALARM1 on.
    pub const ALL: [Alarm; 4] = [Alarm::Air, Alarm::Occlusion, Alarm::InfusionEnded, Alarm::StandbyEnded];

    const fn bit(self) -> u8 {
        match self {
            Alarm::Air => 1,
            Alarm::Occlusion => 2,
            Alarm::InfusionEnded => 4,
            Alarm::StandbyEnded => 8,
        }
    }
}

/// The alarms that nobody has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alarms(u8);

impl Alarms {
    /// Whether an alarm is among them.
    #[must_use]
    pub const fn has(self, alarm: Alarm) -> bool {
        self.0 & alarm.bit() != 0
    }

    /// Whether nothing may be infused.
    #[must_use]
    pub const fn forbid(self) -> bool {
        self.has(Alarm::Air) || self.has(Alarm::Occlusion)
    }

    /// Whether there is any.
    #[must_use]
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// As bits of ALARM1.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn raise(&mut self, alarm: Alarm) {
        self.0 |= alarm.bit();
    }
}
