//! What is asked of the model of a protocol.

use super::{Step, World};
use crate::device::Reply;
use crate::finding::{Kind, Raised};
use crate::format::Format;
use std::any::Any;

/// State, kind of message and verdict, each as the model names it.
pub type Event = [&'static str; 3];

/// What follows from a protocol: what each message must come to, and what changes by it.
pub trait Model {
    /// The path, which has the name of the description of its messages.
    fn path(&self) -> &'static str;
    /// The description.
    fn format(&self) -> &Format;
    /// Before a conversation: back to a device that was just switched on.
    fn reset(&mut self);
    /// The device was switched off and on in the middle of a conversation. What must never come
    /// again in its life is still known.
    fn restarted(&mut self) {
        self.reset();
    }
    /// What is known of the conversation so far, to go back to.
    fn save(&self) -> Box<dyn Any>;
    /// Goes back to what was saved; whether it is this model's.
    fn load(&mut self, saved: &dyn Any) -> bool;
    /// A connection was opened.
    fn connected(&mut self, number: u8);
    /// A connection is gone.
    fn disconnected(&mut self, number: u8);
    /// What a slot stands for now; none: there is no such slot, or nothing to fill it with yet.
    fn fill(&self, number: u8, slot: &str) -> Option<Vec<u8>>;
    /// These bytes were sent and that was the reply: what is wrong with it.
    fn exchanged(&mut self, number: u8, sent: &[u8], reply: &Reply, world: &mut World) -> Option<Raised>;
    /// The device was switched on, and has this library in use.
    fn powered_on(&mut self, _world: &mut World) {}
    /// The order that waits was confirmed at the bedside.
    fn confirmed(&mut self, _world: &mut World) -> Option<Event> {
        None
    }
    /// It was rejected there.
    fn rejected(&mut self, _world: &mut World) -> Option<Event> {
        None
    }
    /// Time passes.
    fn passed(&mut self, milliseconds: u32);
    /// After that, what the device said on a connection that is open without being asked, be it
    /// nothing, and whether it has closed it: what is wrong with it. What became of what is said that
    /// way is an event too.
    fn told(&mut self, _number: u8, said: &Reply, _world: &World, _events: &mut Vec<Event>) -> Option<Raised> {
        unasked(&said.bytes, said.closed)
    }
    /// Connections that the device closes because of the time that has passed.
    fn lost(&mut self) -> Vec<u8> {
        Vec::new()
    }
    /// What happened to each message of the last exchange: the state it came in, its kind, and what
    /// became of it.
    fn events(&self) -> &[Event];
    /// Bytes of a library that the device holds and that is not whole yet.
    fn holds(&self) -> usize {
        0
    }
    /// The states that the model tells apart, few enough to be searched through.
    fn key(&self, _world: &World) -> String {
        String::new()
    }
    /// Steps by which a host brings this library to the device, on a connection of its own.
    fn brings(&self, _library: &[u8]) -> Vec<Step> {
        Vec::new()
    }
    /// Steps by which this library, which is in use, is made use of; then a therapy runs.
    ///
    /// # Errors
    /// The model knows how, and the library has nothing for it.
    fn uses(&self, _library: &[u8]) -> Result<Vec<Step>, String> {
        Ok(Vec::new())
    }
}

/// What is wrong with something that was said, or with a connection that was closed, where nothing
/// may be.
pub fn unasked(said: &[u8], closed: bool) -> Option<Raised> {
    match (said.len(), closed) {
        (0, false) => None,
        (0, true) => Some(Raised::new(Kind::Silent, "the connection was closed without a reason")),
        (some, _) => Some(Raised::new(Kind::WrongReason, format!("{some} bytes were said that nothing asked for"))),
    }
}

/// Goes back to what a model has saved of itself; whether it is that.
pub fn loaded<T: Clone + 'static>(now: &mut T, saved: &dyn Any) -> bool {
    let saved = saved.downcast_ref::<T>();
    saved.into_iter().for_each(|saved| now.clone_from(saved));
    saved.is_some()
}
