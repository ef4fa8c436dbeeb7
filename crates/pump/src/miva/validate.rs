//! Checking a whole image.

use alloc::vec::Vec;
use core::ops::Range;

use super::protocol::{Holder, Protocol, limits, protocol};
use super::record::{Record, item};
use super::refusal::{Path, Refusal, Rule};
use super::tree::{Entry, tree};
use super::views::{labels, suits, view};

/// Bytes of an image.
const SIZE: usize = 17 * 4096;

/// What an unused slot is filled with.
const UNUSED: [u8; 256] = [0xFF; 256];

/// A list of slots of the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slots {
    name: &'static str,
    start: usize,
    size: usize,
    count: usize,
}

const fn slots(name: &'static str, start: usize, size: usize, count: usize) -> Slots {
    Slots { name, start, size, count }
}

/// The trees, and where their nodes are counted.
const TREES: [(Slots, &str, usize); 3] = [
    (slots("standby", 0, 64, 100), "standby_nodes", 0x2FC0),
    (slots("configuration", 0x1900, 64, 30), "configuration_nodes", 0x2FC8),
    (slots("infusion", 0x2080, 64, 61), "infusion_nodes", 0x2FD0),
];
pub(super) const PROTOCOLS: Slots = slots("protocol", 0x3000, 256, 64);
const LIMITS: Slots = slots("limits", 0x7000, 256, 64);
const VIEWS: Slots = slots("view", 0xB000, 256, 64);
const DEFAULT_VIEWS: Slots = slots("default_view", 0xF000, 256, 16);
const LABELS: Slots = slots("labels", 0x10200, 64, 8);
const GLOBALS: usize = 0x10000;
const MAP: usize = 0x10400;
/// After the counts of the nodes.
const NODES_REST: usize = 0x2FD8;
const REST: usize = 0x10800;
/// Elements of the map, and protocols that it lists.
const ELEMENTS: usize = 64;
/// Access codes.
const CODES: usize = 32;

/// How many slots of a valid image are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Protocols, each with its limits.
    pub protocols: usize,
    /// Views.
    pub views: usize,
    /// Label sets.
    pub labels: usize,
}

/// The bytes of a slot.
pub(super) fn slot(image: &[u8], slots: Slots, number: usize) -> Option<&[u8]> {
    let start = slots.start.checked_add(number.checked_mul(slots.size)?)?;
    image.get(start..start.checked_add(slots.size)?)
}

/// The refusal of something that is no field of a record in a list.
#[cold]
fn refuse(rule: Rule, record: &'static str, slot: Option<usize>, offset: usize) -> Refusal {
    let slot = slot.and_then(|slot| u8::try_from(slot).ok());
    Refusal { rule, path: Path { record, slot, ..Path::default() }, offset }
}

/// The used slots of a list; none stands after an unused one.
fn used<'a>(image: &'a [u8], slots: Slots) -> Result<Vec<Record<'a>>, Refusal> {
    let mut records = Vec::new();
    for number in 0..slots.count {
        let bytes = slot(image, slots, number).unwrap_or_default();
        if UNUSED.get(..slots.size) != Some(bytes) {
            let offset = slots.start.saturating_add(number.saturating_mul(slots.size));
            require!(records.len() == number, refuse(Rule::SlotGap, slots.name, Some(number), offset));
            records.push(Record::new(bytes, offset, slots.name, Some(number)));
        }
    }
    Ok(records)
}

/// Checks an image against all rules of the format.
///
/// # Errors
/// The first broken rule, in the order of the pages.
pub fn validate(image: &[u8]) -> Result<Index, Refusal> {
    require!(image.len() == SIZE, refuse(Rule::ImageSize, "", None, image.len().min(SIZE)));
    let mut entries = Vec::new();
    for (slots, count, at) in TREES {
        let nodes = used(image, slots)?;
        entries.extend(tree(&nodes)?.into_iter().filter(|_| slots.start == 0));
        counted(image, count, at, nodes.len())?;
    }
    part(image, NODES_REST..PROTOCOLS.start, "nodes_rest").unused(0, PROTOCOLS.start - NODES_REST, "")?;
    let protocols = used(image, PROTOCOLS)?
        .into_iter()
        .map(|record| protocol(record, Holder::Library))
        .collect::<Result<Vec<_>, Refusal>>()?;
    let all_limits = used(image, LIMITS)?;
    let both = protocols.len().min(all_limits.len());
    let offset = LIMITS.start.saturating_add(both.saturating_mul(LIMITS.size));
    require!(protocols.len() == all_limits.len(), refuse(Rule::ProtocolLimits, LIMITS.name, Some(both), offset));
    for (record, protocol) in all_limits.into_iter().zip(&protocols) {
        limits(record, protocol)?;
    }
    let views = used(image, VIEWS)?;
    for one in &views {
        view(one, false)?;
    }
    for one in used(image, DEFAULT_VIEWS)? {
        view(&one, true)?;
    }
    globals(&part(image, GLOBALS..LABELS.start, "globals"))?;
    let label_sets = used(image, LABELS)?;
    for one in &label_sets {
        labels(one)?;
    }
    map(&part(image, MAP..REST, "map"), &protocols, &views, label_sets.len(), &entries)?;
    part(image, REST..SIZE, "rest").unused(0, SIZE - REST, "")?;
    Ok(Index { protocols: protocols.len(), views: views.len(), labels: label_sets.len() })
}

/// A part of the image that stands in no list.
fn part<'a>(image: &'a [u8], bytes: Range<usize>, name: &'static str) -> Record<'a> {
    let start = bytes.start;
    Record::new(image.get(bytes).unwrap_or_default(), start, name, None)
}

/// Checks how many nodes of a tree are said to be used.
fn counted(image: &[u8], name: &'static str, at: usize, nodes: usize) -> Result<(), Refusal> {
    let record = part(image, at..at.saturating_add(8), name);
    require!(usize::from(record.u8(0)) == nodes, record.refuse(Rule::CountNodes, "nodes", 0));
    record.unused(1, 3, "unused")?;
    record.check()
}

/// Checks the globals.
fn globals(record: &Record<'_>) -> Result<(), Refusal> {
    record.constant(0, &[0xFF; 4], "event_log")?;
    for (at, name) in
        [(8, "product_volume"), (16, "service_volume"), (24, "battery_volume"), (32, "battery_low_volume")]
    {
        record.number(at, name)?;
    }
    for (at, name, constant) in [(116, "authorisation", 600_u16), (118, "tubing", 100)] {
        record.constant(at, &constant.to_le_bytes(), name)?;
    }
    record.below(124, 4, "brightness_first")?;
    record.below(125, 4, "brightness_later")?;
    let roles = (0..CODES).filter(|code| record.u16(code.saturating_mul(2).saturating_add(52)) != 0).count();
    let mut codes: Vec<[u8; 3]> = Vec::new();
    for number in 0..CODES {
        let at = number.saturating_mul(3).saturating_add(126);
        let code = record.array(at);
        if code == [0; 3] {
            continue;
        }
        let name = item("code", number, "digits");
        require!(code.iter().all(u8::is_ascii_digit), record.refuse(Rule::DigitsValue, name, at));
        require!(!codes.contains(&code), record.refuse(Rule::CodeUnique, name, at));
        codes.push(code);
    }
    require!(codes.len() == roles, record.refuse(Rule::CodeRoles, "code_roles", 52));
    record.text(222, 20, 20, "name")?;
    record.text(242, 16, 16, "model")?;
    record.unused(258, 250, "unused")?;
    record.check()
}

/// Checks the map from protocols to their views and labels.
fn map(
    record: &Record<'_>,
    protocols: &[Protocol<'_>],
    views: &[Record<'_>],
    label_sets: usize,
    nodes: &[Entry],
) -> Result<(), Refusal> {
    let mut elements: Vec<Entry> = Vec::new();
    for number in 0..ELEMENTS {
        let at = number.saturating_mul(8);
        if record.array::<8>(at) == [0xFF; 8] {
            continue;
        }
        let refuse =
            |rule, field, place: usize| record.refuse(rule, item("element", number, field), at.saturating_add(place));
        require!(elements.len() == number, refuse(Rule::SlotGap, "", 0));
        let [_, _, slot, view, labels, unused @ ..] = record.array::<8>(at);
        let Some(protocol) = protocols.get(usize::from(slot)) else {
            return Err(refuse(Rule::ReferenceExists, "protocol", 2));
        };
        let shown = views.get(usize::from(view));
        require!(view == 0xFF || shown.is_some(), refuse(Rule::ReferenceExists, "view", 3));
        let is_set = usize::from(labels) < label_sets;
        require!(labels == 0xFF || is_set, refuse(Rule::ReferenceExists, "labels", 4));
        require!(unused == [0xFF; 3], refuse(Rule::RecordUnused, "unused", 5));
        let suitable = shown.is_none_or(|shown| suits(shown, protocol.mode.last));
        require!(suitable, refuse(Rule::MapMode, "view", 3));
        let element = (record.u16(at), slot);
        require!(nodes.contains(&element), refuse(Rule::MapProtocols, "protocol", 2));
        elements.push(element);
    }
    let listed = nodes.iter().all(|node| elements.contains(node));
    require!(listed, record.refuse(Rule::MapProtocols, "element", 0));
    for number in 0..ELEMENTS {
        let at = number.saturating_add(512);
        let own = u8::try_from(number).unwrap_or(u8::MAX);
        let expected = if number < protocols.len() { own } else { 0xFF };
        require!(record.u8(at) == expected, record.refuse(Rule::MapSlots, item("slot", number, ""), at));
    }
    record.unused(576, 444, "unused")?;
    record.check()
}
