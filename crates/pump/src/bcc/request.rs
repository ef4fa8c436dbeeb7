//! What a host asks.

use super::address::Address;
use super::frame::Frame;
use super::refusal::{Path, Refusal, Rule};

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Open the link, or open it again: `ADMIN:ALIVE`.
    Alive,
    /// Which version of the protocol: `ADMIN:VERSION`.
    Version,
    /// What is known of all pumps: `MEM:GET`.
    Get,
    /// What is known of the pump in one slot: `MEM:GETSLOT#xy`.
    GetSlot(Address),
}

impl Request {
    /// Reads the request in a frame. Whether the frame says that others follow is not looked at.
    ///
    /// # Errors
    /// The first broken rule of those about requests.
    pub fn read(frame: &Frame) -> Result<Request, Refusal> {
        let (information, start) = (frame.information(), frame.offset());
        let hash = information.iter().position(|byte| *byte == b'#').unwrap_or(information.len());
        let (command, argument) = information.split_at_checked(hash).unwrap_or_default();
        let refuse = |rule, field, offset| Refusal {
            rule,
            path: Path { head: "information", part: None, inner: [field, "", ""] },
            offset,
        };
        let request = match command {
            b"ADMIN:ALIVE" => Request::Alive,
            b"ADMIN:VERSION" => Request::Version,
            b"MEM:GET" => Request::Get,
            b"MEM:GETSLOT" => {
                let [_, pillar, slot] = *argument else {
                    return Err(refuse(Rule::FrameExact, "", start));
                };
                let place = start.saturating_add(hash).saturating_add(1);
                let address = Address::of_pump(pillar, slot);
                return address.map(Request::GetSlot).ok_or_else(|| refuse(Rule::RequestSlot, "slot", place));
            }
            _ => return Err(refuse(Rule::RequestValue, "command", start)),
        };
        require!(argument.is_empty(), refuse(Rule::FrameExact, "", start));
        Ok(request)
    }
}

/// Checks one complete frame from a host.
///
/// # Errors
/// The first broken rule: of the frame, then of the request.
pub fn validate_request(wire: &[u8], stuffed: bool) -> Result<Request, Refusal> {
    Request::read(&Frame::read(wire, stuffed)?)
}
