//! The conversation: who has the session, what is being transferred, and what is owed.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::answer::{Answer, Progress, Why};
use super::frame::{Announcement, Frame, Request, read};
use super::secret::{Challenges, Key};
use crate::format::LibraryFormat;
use crate::manager::{Error, Manager, Receipt};
use crate::rule::Rule;
use crate::storage::Storage;

/// A session in which nothing is asked for so long ends, in milliseconds.
pub const IDLE_MS: u32 = 30_000;
/// A transfer that nobody goes on with for so long is broken off, in milliseconds.
pub const RESUME_MS: u32 = 600_000;
/// What a proof is about, before nonce and challenge.
pub const HELLO: &[u8] = b"LT1 hello";
/// What a commit is about, before id, size and digest; made with the key of the session.
pub const COMMIT: &[u8] = b"LT1 commit";
/// Hosts that may be about to prove who they are at the same time.
const WAITING: usize = 4;

/// A host that has said hello.
#[derive(Debug, Clone, Copy)]
struct Greeting {
    connection: u32,
    nonce: [u8; 16],
    challenge: [u8; 16],
}

/// The host that has proved who it is.
#[derive(Debug, Clone)]
struct Session {
    connection: u32,
    number: u32,
    key: Key,
    idle: u32,
}

/// What is being transferred.
#[derive(Debug, Clone)]
struct Transfer {
    announced: Announcement,
    next: u32,
    received: u32,
    digest: Sha256,
    idle: u32,
}

impl Transfer {
    fn of(announced: Announcement) -> Self {
        Self { announced, next: 0, received: 0, digest: Sha256::new(), idle: 0 }
    }

    /// The bytes that the next chunk must have.
    fn due(&self) -> u32 {
        self.announced.size.saturating_sub(self.received).min(u32::from(self.announced.chunk_size))
    }
}

/// The pump's side of the transfer of libraries.
#[derive(Debug, Clone)]
pub struct Server {
    key: Key,
    challenges: Challenges,
    greetings: Vec<Greeting>,
    session: Option<Session>,
    /// Sessions so far.
    sessions: u32,
    transfer: Option<Transfer>,
}

impl Server {
    /// A server for hosts that have the key. The seed must be another one each time the pump is
    /// switched on: what was proved before would prove it again.
    #[must_use]
    pub const fn new(key: Key, seed: [u8; 32]) -> Self {
        let challenges = Challenges::new(seed);
        Self { key, challenges, greetings: Vec::new(), session: None, sessions: 0, transfer: None }
    }

    /// Answers one frame of a connection; the answer is also appended to `out` as it travels.
    pub fn frame<S: Storage, F: LibraryFormat>(
        &mut self,
        connection: u32,
        bytes: &[u8],
        manager: &mut Manager<S, F>,
        out: &mut Vec<u8>,
    ) -> Answer {
        let Ok(frame) = read(bytes) else {
            let answer = Answer::Refused(Why::Frame);
            answer.write(None, 0, out);
            return answer;
        };
        let answer = self.answer(connection, &frame, manager).unwrap_or_else(Answer::Refused);
        answer.write(Some(&frame.request), frame.session, out);
        answer
    }

    fn answer<S: Storage, F: LibraryFormat>(
        &mut self,
        connection: u32,
        frame: &Frame<'_>,
        manager: &mut Manager<S, F>,
    ) -> Result<Answer, Why> {
        match frame.request {
            Request::Hello { nonce } => return self.hello(connection, nonce),
            Request::Proof { mac } => return self.proof(connection, &mac),
            _ => {}
        }
        let session = self.session.as_mut().ok_or(Why::Session)?;
        require!(session.connection == connection && session.number == frame.session, Why::Session);
        session.idle = 0;
        match frame.request {
            Request::Begin(announced) => self.begin(announced, manager),
            Request::Chunk { number, data } => self.chunk(number, data, manager),
            Request::Commit { mac } => self.commit(&mac, manager),
            Request::Abort => {
                require!(self.transfer.take().is_some(), Why::Idle);
                manager.abort().map_err(|_| Why::Storage)?;
                Ok(Answer::Aborted)
            }
            _ => Ok(Answer::Progress(self.progress(manager))),
        }
    }

    fn hello(&mut self, connection: u32, nonce: [u8; 16]) -> Result<Answer, Why> {
        let others = self.session.as_ref().is_some_and(|session| session.connection != connection);
        require!(!others, Why::Busy);
        self.session = None;
        self.greetings.retain(|greeting| greeting.connection != connection);
        if self.greetings.len() >= WAITING {
            self.greetings.remove(0);
        }
        let challenge = self.challenges.draw();
        self.greetings.push(Greeting { connection, nonce, challenge });
        Ok(Answer::Challenge(challenge))
    }

    /// A challenge serves for one proof, right or wrong.
    fn proof(&mut self, connection: u32, mac: &[u8; 32]) -> Result<Answer, Why> {
        let waiting = self.greetings.iter().position(|greeting| greeting.connection == connection);
        let Greeting { nonce, challenge, .. } = self.greetings.remove(waiting.ok_or(Why::Session)?);
        require!(self.key.proves(HELLO, &[&nonce, &challenge], mac), Why::Authentication);
        require!(self.session.is_none(), Why::Busy);
        self.sessions = self.sessions.wrapping_add(1).max(1);
        let (number, key) = (self.sessions, self.key.of_session(&nonce, &challenge));
        self.session = Some(Session { connection, number, key, idle: 0 });
        Ok(Answer::Welcome(number))
    }

    /// The same announcement again goes on where the last chunk ended; any other begins anew.
    fn begin<S: Storage, F: LibraryFormat>(
        &mut self,
        announced: Announcement,
        manager: &mut Manager<S, F>,
    ) -> Result<Answer, Why> {
        if let Some(transfer) = self.transfer.as_mut().filter(|transfer| transfer.announced == announced)
            && manager.is_receiving()
        {
            transfer.idle = 0;
            return Ok(Answer::Next(transfer.next));
        }
        self.transfer = None;
        manager.begin(announced.size).map_err(why)?;
        self.transfer = Some(Transfer::of(announced));
        Ok(Answer::Next(0))
    }

    /// A chunk that came already, whose answer may have been lost, is answered again.
    fn chunk<S: Storage, F: LibraryFormat>(
        &mut self,
        number: u32,
        data: &[u8],
        manager: &mut Manager<S, F>,
    ) -> Result<Answer, Why> {
        let transfer = self.transfer.as_mut().ok_or(Why::Idle)?;
        transfer.idle = 0;
        if transfer.next > 0 && number == transfer.next.saturating_sub(1) {
            return Ok(Answer::Next(transfer.next));
        }
        require!(number == transfer.next, Why::Order);
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        require!(length == transfer.due(), Why::ChunkSize);
        if let Err(error) = manager.chunk(transfer.received, data) {
            // The manager has broken it off.
            self.transfer = None;
            return Err(why(error));
        }
        transfer.digest.update(data);
        transfer.received = transfer.received.saturating_add(length);
        transfer.next = transfer.next.saturating_add(1);
        Ok(Answer::Next(transfer.next))
    }

    /// The end of a transfer, whatever the answer, but that what is missing may still come.
    fn commit<S: Storage, F: LibraryFormat>(
        &mut self,
        mac: &[u8; 32],
        manager: &mut Manager<S, F>,
    ) -> Result<Answer, Why> {
        let transfer = self.transfer.as_ref().ok_or(Why::Idle)?;
        let Announcement { id, size, digest, .. } = transfer.announced;
        require!(transfer.received == size, Why::Size);
        let session = self.session.as_ref().ok_or(Why::Session)?;
        let proved = session.key.proves(COMMIT, &[&id, &size.to_le_bytes(), &digest], mac);
        require!(proved, Why::Authentication);
        let received: [u8; 32] = transfer.digest.clone().finalize().into();
        self.transfer = None;
        if received != digest {
            manager.abort().map_err(|_| Why::Storage)?;
            return Err(Why::Digest);
        }
        match manager.finish().map_err(why)? {
            Receipt::Staged => Ok(Answer::Stored { active: false }),
            Receipt::AlreadyActive => Ok(Answer::Stored { active: true }),
        }
    }

    fn progress<S: Storage, F: LibraryFormat>(&self, manager: &Manager<S, F>) -> Progress {
        let transfer = self.transfer.as_ref();
        Progress {
            receiving: transfer.is_some(),
            staged: manager.staged().is_some(),
            active: manager.active().is_some(),
            next: transfer.map_or(0, |transfer| transfer.next),
            received: transfer.map_or(0, |transfer| transfer.received),
        }
    }

    /// A connection is gone. Its session ends; a transfer waits for [`RESUME_MS`] to be gone on with.
    pub fn disconnected(&mut self, connection: u32) {
        self.greetings.retain(|greeting| greeting.connection != connection);
        if self.session.as_ref().is_some_and(|session| session.connection == connection) {
            self.session = None;
        }
    }

    /// Lets time pass.
    pub fn tick<S: Storage, F: LibraryFormat>(&mut self, milliseconds: u32, manager: &mut Manager<S, F>) {
        if let Some(session) = &mut self.session {
            session.idle = session.idle.saturating_add(milliseconds);
            if session.idle > IDLE_MS {
                self.session = None;
            }
        }
        if let Some(transfer) = &mut self.transfer {
            transfer.idle = transfer.idle.saturating_add(milliseconds);
            if transfer.idle > RESUME_MS {
                self.transfer = None;
                // A transfer that cannot be broken off is none any more either.
                let _ = manager.abort();
            }
        }
    }

    /// Whether a host has the session.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.session.is_some()
    }
}

/// What a host is told of what the manager says.
fn why(error: Error) -> Why {
    match error {
        Error::Storage(_) => Why::Storage,
        Error::Miva(_) => Why::Library,
        Error::Refused(refusal) => match refusal.rule {
            Rule::TransferSize => Why::Size,
            Rule::TransferIdle => Why::Idle,
            Rule::TransferOrder => Why::Order,
            _ => Why::Library,
        },
    }
}
