//! The pump's side of the conversation: messages in, answers out, and at most one proposal that
//! waits for a person.

use alloc::vec::Vec;

use super::answer::{Asked, accept, application};
use super::check::validate_order;
use super::failure::Failure;
use super::header::Application;
use super::programming::{Bedside, Proposal, program};

/// How far the last order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// There was none.
    #[default]
    None,
    /// It waits for a person.
    Signalled,
    /// A person confirmed it, and it was begun.
    Activated,
    /// A person rejected it, or it was withdrawn.
    Cancelled,
    /// It became no proposal, or could not be begun.
    Failed,
}

impl State {
    /// AUTOPROGSTATE. What lies between signalled and activated is over before anybody could ask.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            State::None => 0,
            State::Signalled => 1,
            State::Activated => 4,
            State::Cancelled => 5,
            State::Failed => 6,
        }
    }
}

/// LASTAUTOPROGERR of a message that breaks a rule.
const SYNTAX: u16 = 1000;

/// What senders are told, and what a person sees. It belongs to the pump: all connections share it.
#[derive(Debug, Clone, Default)]
pub struct Consumer {
    proposal: Option<Proposal>,
    /// The message that the proposal comes from.
    source: Vec<u8>,
    answers: u32,
    state: State,
    error: u16,
}

impl Consumer {
    /// Nothing received, nothing proposed.
    #[must_use]
    pub const fn new() -> Self {
        Self { proposal: None, source: Vec::new(), answers: 0, state: State::None, error: 0 }
    }

    /// Takes a message, its envelope included; what is to be sent back is appended.
    pub fn message(&mut self, message: &[u8], bedside: &Bedside<'_>, out: &mut Vec<u8>) {
        let asked = Asked::of(message);
        let checked = validate_order(message);
        out.extend(accept(&asked, self.next(), checked.as_ref().err()));
        let Ok(valid) = checked else { return self.failed(SYNTAX) };
        let failure = match self.proposal {
            Some(_) => Some(Failure::Busy),
            None => match program(&valid, bedside) {
                Ok(proposal) => {
                    self.proposal = Some(proposal);
                    self.source = message.to_vec();
                    (self.state, self.error) = (State::Signalled, 0);
                    None
                }
                Err(failure) => Some(failure),
            },
        };
        if let Some(failure) = failure {
            self.failed(failure.code());
        }
        let owed = match asked.application {
            Application::Always => true,
            Application::OnError => failure.is_some(),
            Application::Never => false,
        };
        if owed {
            out.extend(application(&asked, self.next(), failure));
        }
    }

    /// What waits for a person.
    #[must_use]
    pub const fn proposal(&self) -> Option<&Proposal> {
        self.proposal.as_ref()
    }

    /// How far the last order has come; one that waits stays signalled whatever comes after it.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// LASTAUTOPROGERR: what is wrong with the last message, or with the proposal when it was
    /// confirmed; 0: nothing.
    #[must_use]
    pub const fn error(&self) -> u16 {
        self.error
    }

    /// A person confirms the proposal: it is held against the library in use once more, and gives
    /// the rate and the volume to start with. The volume of a change is what is left now.
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
        let confirmed =
            again.and_then(|again| if again.is_still(&proposal) { Ok(again) } else { Err(Failure::Internal) });
        match confirmed {
            Ok(_) => (self.state, self.error) = (State::Activated, 0),
            Err(failure) => self.failed(failure.code()),
        }
        Some(confirmed)
    }

    /// A person rejects the proposal, or what it was made for is gone.
    pub fn reject(&mut self) {
        if self.proposal.take().is_some() {
            self.source = Vec::new();
            self.state = State::Cancelled;
        }
    }

    /// What a person confirmed cannot be begun now; it waits on.
    pub(crate) fn refuse(&mut self, failure: Failure) -> Option<Failure> {
        self.proposal?;
        self.failed(failure.code());
        Some(failure)
    }

    fn failed(&mut self, error: u16) {
        self.error = error;
        if self.proposal.is_none() {
            self.state = State::Failed;
        }
    }

    fn next(&mut self) -> u32 {
        self.answers = self.answers.wrapping_add(1);
        self.answers
    }
}
