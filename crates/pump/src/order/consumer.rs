//! The pump's side of the conversation: messages in, answers out, and at most one proposal that
//! waits for a person.

use alloc::vec::Vec;

use super::answer::{Asked, accept, application};
use super::check::validate_order;
use super::failure::Failure;
use super::header::Application;
use super::mllp::Receiver;
use super::programming::{Bedside, Proposal, program};

/// What the sender is told, and what a person sees.
#[derive(Debug, Clone, Default)]
pub struct Consumer {
    receiver: Receiver,
    proposal: Option<Proposal>,
    /// The message that the proposal comes from.
    source: Vec<u8>,
    answers: u32,
    last: Option<Failure>,
}

impl Consumer {
    /// Nothing received, nothing proposed.
    #[must_use]
    pub const fn new() -> Self {
        Self { receiver: Receiver::new(), proposal: None, source: Vec::new(), answers: 0, last: None }
    }

    /// Takes the next bytes of the stream; gives what is to be sent back.
    pub fn receive(&mut self, bytes: &[u8], bedside: &Bedside<'_>) -> Vec<u8> {
        let mut messages: Vec<Vec<u8>> = Vec::new();
        self.receiver.receive(bytes, |message| messages.push(message.to_vec()));
        let mut out = Vec::new();
        for message in messages {
            self.message(&message, bedside, &mut out);
        }
        out
    }

    /// Lets time pass.
    pub fn tick(&mut self, milliseconds: u32) {
        self.receiver.tick(milliseconds);
    }

    /// What waits for a person.
    #[must_use]
    pub const fn proposal(&self) -> Option<&Proposal> {
        self.proposal.as_ref()
    }

    /// Why the last order became no proposal.
    #[must_use]
    pub const fn last_failure(&self) -> Option<Failure> {
        self.last
    }

    /// A person confirms the proposal: it is held against the library in use once more, and gives
    /// the rate and the volume to start with.
    ///
    /// # Errors
    /// The library or the pump is no longer what the proposal was made for; it is withdrawn.
    pub fn confirm(&mut self, bedside: &Bedside<'_>) -> Option<Result<Proposal, Failure>> {
        let proposal = self.proposal.take()?;
        let source = core::mem::take(&mut self.source);
        let again = match validate_order(&source) {
            Ok(message) => program(&message, bedside),
            Err(_) => Err(Failure::Internal),
        };
        Some(again.and_then(|again| if again == proposal { Ok(again) } else { Err(Failure::RateLimits) }))
    }

    /// A person rejects the proposal.
    pub fn reject(&mut self) {
        self.proposal = None;
        self.source.clear();
    }

    fn message(&mut self, message: &[u8], bedside: &Bedside<'_>, out: &mut Vec<u8>) {
        let asked = Asked::of(message);
        let checked = validate_order(message);
        out.extend(accept(&asked, self.next(), checked.as_ref().err()));
        let Ok(valid) = checked else { return };
        let failure = match self.proposal {
            Some(_) => Some(Failure::Busy),
            None => match program(&valid, bedside) {
                Ok(proposal) => {
                    self.proposal = Some(proposal);
                    self.source = message.to_vec();
                    None
                }
                Err(failure) => Some(failure),
            },
        };
        self.last = failure;
        let owed = match asked.application {
            Application::Always => true,
            Application::OnError => failure.is_some(),
            Application::Never => false,
        };
        if owed {
            out.extend(application(&asked, self.next(), failure));
        }
    }

    fn next(&mut self) -> u32 {
        self.answers = self.answers.wrapping_add(1);
        self.answers
    }
}
