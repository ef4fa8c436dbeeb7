//! The shortest conversations that show something, to hold what fuzzing finds against.

use crate::body::{Body, libraries};
use crate::talk;
use infuzz::conversation::{Conversation, Runner};
use infuzz::finding::Kind;
use infuzz::shorten::fewer;
use infuzz_devices::{KEY, Networked};
use std::convert::Infallible;

/// The conversation of an input, without the steps that what it shows does not need. None: it shows
/// nothing.
pub fn shortened(body: &mut Body, data: &[u8]) -> Option<Conversation> {
    let conversation = body.conversation(data)?;
    let mut shows = |conversation: &Conversation| body.talk(conversation).0.map(|fault| fault.raised.kind);
    needed(conversation, &mut shows)
}

/// The shortest conversation of fewer steps than these that shows something, by exhaustive search of
/// what `crates/infuzz-models/src/reachable.rs` tells apart, and likewise shortened. None: there is none.
///
/// # Errors
/// A mistake in the built-in descriptions, or a device that does not accept the known-good libraries.
pub fn shortest(fewer_than: usize) -> Result<Option<Conversation>, String> {
    let (library, known) = libraries()?;
    let formats = talk::formats(library)?;
    let paths = formats.paths().map(|(path, _)| path);
    let mut shortest: Option<Conversation> = None;
    for search in infuzz_models::searches(formats) {
        // All models, as a known-good library has to be brought.
        let models = formats.models(&paths, KEY).0;
        let mut runner = Runner::new(Networked::new(), models, known.clone())?;
        let fewer_than = shortest.as_ref().map_or(fewer_than, |shortest| shortest.steps.len());
        let Some(shown) = search.first_to_show(&mut runner, fewer_than) else { continue };
        let mut shows = |conversation: &Conversation| runner.run(conversation).raised.map(|(_, raised)| raised.kind);
        let found = needed(shown, &mut shows);
        shortest = [shortest, found].into_iter().flatten().min_by_key(|conversation| conversation.steps.len());
    }
    Ok(shortest)
}

fn needed(conversation: Conversation, shows: &mut dyn FnMut(&Conversation) -> Option<Kind>) -> Option<Conversation> {
    let kind = shows(&conversation)?;
    let still = |steps: &[_]| Ok::<_, Infallible>(shows(&Conversation { steps: steps.to_vec() }) == Some(kind));
    let Ok(steps) = fewer(conversation.steps, still);
    Some(Conversation { steps })
}
