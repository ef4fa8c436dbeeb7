//! What is told in blocks: an answer to a request, or a report of a cycle.

use super::answer::Answer;
use super::report::{OF_DEVICE, Reported};
use super::{BED, DEVICE, PUMP};
use std::collections::VecDeque;

/// Most bytes of the information of a block, unless a quadruple alone has more.
const MOST: usize = 100;
/// Bytes of a frame besides bed id and information.
const AROUND: usize = 19;

/// A quadruple that is still to come, with the values of which it has one.
#[derive(Clone, Debug)]
struct Item {
    address: &'static str,
    name: &'static str,
    values: Vec<String>,
}

/// What is still to be told.
#[derive(Clone, Debug, Default)]
pub(super) struct Telling {
    /// When what is told was so, in seconds since power-on.
    time: String,
    rest: VecDeque<Item>,
}

/// How many bytes one more is when the frame is stuffed.
fn stuffed(text: &[u8]) -> usize {
    text.iter().filter(|byte| matches!(byte, b'D' | b'E' | b'd' | b'e')).count()
}

impl Telling {
    /// Of the pump, which reports this now, and before it of the device or not.
    pub(super) fn of(seconds: u64, device: bool, reported: Reported) -> Self {
        let device = OF_DEVICE.iter().filter(|_| device);
        let device = device.map(|(name, value)| Item { address: DEVICE, name, values: vec![(*value).to_string()] });
        let pump = reported.into_iter().map(|(name, values)| Item { address: PUMP, name, values });
        Telling { time: seconds.to_string(), rest: device.chain(pump).collect() }
    }

    /// Whether it has been told whole.
    pub(super) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many quadruples are still to come.
    pub(super) fn len(&self) -> usize {
        self.rest.len()
    }

    /// The bytes of a quadruple, and how many more they are when the frame is stuffed.
    fn quadruple(&self, item: &Item, value: &str) -> (usize, usize) {
        let parts = [&self.time, item.address, item.name, value];
        // There is a comma between them.
        let size = parts.iter().map(|part| part.len()).sum::<usize>() + parts.len() - 1;
        (size, parts.iter().map(|part| stuffed(part.as_bytes())).sum())
    }

    /// Takes the next block; whether it is the last.
    pub(super) fn take(&mut self, block: &Answer) -> Result<bool, String> {
        let mut size = 0;
        for part in &block.parts {
            let Some(item) = self.rest.pop_front() else { return Err("more than was asked for".into()) };
            let Item { address, name, .. } = item;
            if part.address != address || part.parameter != name {
                return Err(format!("{address} {name} comes next"));
            }
            if part.time != self.time || !item.values.contains(&part.value) {
                return Err(format!("{name} was not {} at {} s", part.value, part.time));
            }
            // Quadruples have a byte between them.
            size += usize::from(size > 0) + self.quadruple(&item, &part.value).0;
        }
        if size > MOST && block.parts.len() > 1 {
            return Err(format!("a block has at most {MOST} bytes"));
        }
        self.ends_after(size)?;
        match block.last == self.rest.is_empty() {
            true => Ok(block.last),
            false => Err("the block says otherwise whether it is the last".into()),
        }
    }

    /// What comes next did not fit behind so many bytes.
    fn ends_after(&mut self, size: usize) -> Result<(), String> {
        let Some(mut next) = self.rest.pop_front() else { return Ok(()) };
        let values = std::mem::take(&mut next.values).into_iter();
        next.values = values.filter(|value| size + 1 + self.quadruple(&next, value).0 > MOST).collect();
        let fitted = next.values.is_empty();
        let name = next.name;
        self.rest.push_front(next);
        if fitted { Err(format!("{name} would have fitted into the block")) } else { Ok(()) }
    }

    /// The fewest and the most bytes that it still has as it travels: a value that may be one of
    /// several has one.
    pub(super) fn bytes(&self) -> [usize; 2] {
        let all = || (0..self.choices()).map(|choice| self.bytes_of(choice));
        [all().min().unwrap_or(0), all().max().unwrap_or(0)]
    }

    /// Of how many values one may be the right one.
    pub(super) fn choices(&self) -> usize {
        self.rest.iter().map(|item| item.values.len()).max().unwrap_or(1)
    }

    /// The bytes if each value that may be one of several is this one.
    fn bytes_of(&self, choice: usize) -> usize {
        let (mut from, mut bytes) = (0, 0);
        while from < self.rest.len() {
            let (end, more) = self.block(from, choice);
            (from, bytes) = (end, bytes + more);
        }
        bytes
    }

    /// Passes over the next block; its bytes as it travels.
    pub(super) fn skip(&mut self, choice: usize) -> usize {
        let (end, bytes) = self.block(0, choice);
        self.rest.drain(..end);
        bytes
    }

    /// The end of a block that begins with this quadruple, and its bytes as it travels.
    fn block(&self, from: usize, choice: usize) -> (usize, usize) {
        let (mut end, mut size, mut more) = (from, 0, 0);
        for item in self.rest.iter().skip(from) {
            let value = item.values.get(choice).or(item.values.last()).map_or("", String::as_str);
            let (long, stuffed) = self.quadruple(item, value);
            let joined = size + usize::from(size > 0) + long;
            if size > 0 && joined > MOST {
                break;
            }
            (end, size, more) = (end + 1, joined, more + stuffed);
        }
        (end, framed(size + more))
    }
}

/// The bytes of a frame with so many bytes of information as they travel.
fn framed(information: usize) -> usize {
    AROUND + BED.len() + stuffed(BED) + information
}

/// The bytes of a frame with this information as it travels.
pub(super) fn travelling(information: &str) -> usize {
    framed(information.len() + stuffed(information.as_bytes()))
}
