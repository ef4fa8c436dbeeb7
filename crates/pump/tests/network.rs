//! A library comes over a network: proof of the key, chunks, loss, other hosts, time.

mod common;

use common::small;
use pump::transfer::{
    Answer, COMMIT, HELLO, IDLE_MS, Key, LONGEST_FRAME, Lost, PATIENCE_MS, Progress, RESUME_MS, Receiver, Request,
    Rule, Server, Why, read,
};
use pump::{Idl1, Manager, MemoryStorage};
use sha2::{Digest, Sha256};

const KEY: [u8; 32] = [7; 32];
const ID: [u8; 16] = [5; 16];
const NONCE: [u8; 16] = [9; 16];
const CHUNK: u16 = 64;

fn frame(kind: u8, session: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = b"LT\x01".to_vec();
    frame.push(kind);
    frame.extend(session.to_le_bytes());
    frame.extend((payload.len() as u16).to_le_bytes());
    frame.extend(payload);
    frame.extend(common::crc(&frame).to_le_bytes());
    frame
}

fn hello() -> Vec<u8> {
    frame(1, 0, &[&[1, 1][..], b"host\0\0\0\0\0\0\0\0\0\0\0\0", &NONCE].concat())
}

fn begin(session: u32, library: &[u8], digest: [u8; 32]) -> Vec<u8> {
    let size = (library.len() as u32).to_le_bytes();
    frame(3, session, &[&ID[..], &size, &digest, &CHUNK.to_le_bytes()].concat())
}

fn chunk(session: u32, number: u32, data: &[u8]) -> Vec<u8> {
    frame(4, session, &[&number.to_le_bytes()[..], data].concat())
}

fn digest(library: &[u8]) -> [u8; 32] {
    Sha256::digest(library).into()
}

/// A pump and hosts that talk to it.
struct Line {
    server: Server,
    manager: Manager<MemoryStorage, Idl1>,
    /// The key of the session that is open.
    session: Option<(u32, Key)>,
}

impl Line {
    fn new() -> Self {
        let manager = Manager::power_on(MemoryStorage::new());
        Line { server: Server::new(Key::from(KEY), [3; 32]), manager, session: None }
    }

    fn say(&mut self, connection: u32, bytes: &[u8]) -> Answer {
        let mut out = Vec::new();
        let answer = self.server.frame(connection, bytes, &mut self.manager, &mut out);
        assert_eq!((&out[..3], out.len() <= LONGEST_FRAME), (&b"LT\x01"[..], true));
        answer
    }

    /// Says hello and proves to have the key.
    fn open(&mut self, connection: u32) -> u32 {
        let Answer::Challenge(challenge) = self.say(connection, &hello()) else { panic!("no challenge") };
        let mac = Key::from(KEY).mac(HELLO, &[&NONCE, &challenge]);
        let Answer::Welcome(session) = self.say(connection, &frame(2, 0, &mac)) else { panic!("not welcome") };
        self.session = Some((session, Key::from(KEY).of_session(&NONCE, &challenge)));
        session
    }

    fn commit(&mut self, connection: u32, library: &[u8], digest: [u8; 32]) -> Answer {
        let (session, key) = self.session.clone().unwrap();
        let mac = key.mac(COMMIT, &[&ID, &(library.len() as u32).to_le_bytes(), &digest]);
        self.say(connection, &frame(5, session, &mac))
    }

    /// Sends chunks from `from` on.
    fn chunks(&mut self, connection: u32, session: u32, library: &[u8], from: usize) {
        for (number, data) in library.chunks(usize::from(CHUNK)).enumerate().skip(from) {
            let answer = self.say(connection, &chunk(session, number as u32, data));
            assert_eq!(answer, Answer::Next(number as u32 + 1));
        }
    }

    fn progress(&mut self, connection: u32, session: u32) -> Progress {
        match self.say(connection, &frame(6, session, &[])) {
            Answer::Progress(progress) => progress,
            other => panic!("{other:?}"),
        }
    }

    fn staged(&self) -> Option<Vec<u8>> {
        self.manager.staged().map(|library| library.bytes().to_vec())
    }
}

#[test]
fn a_library_is_staged_once_it_is_committed() {
    let (mut line, library) = (Line::new(), small().write());
    let session = line.open(1);
    assert_eq!(line.say(1, &begin(session, &library, digest(&library))), Answer::Next(0));
    line.chunks(1, session, &library, 0);
    assert_eq!(line.staged(), None, "nothing is staged before the commit");
    assert_eq!(line.commit(1, &library, digest(&library)), Answer::Stored { active: false });
    assert_eq!(line.staged().as_deref(), Some(&library[..]));
    let progress = line.progress(1, session);
    assert_eq!(progress, Progress { staged: true, ..Progress::default() });
    assert_eq!(line.commit(1, &library, digest(&library)), Answer::Refused(Why::Idle), "it ends the transfer");
}

#[test]
fn nothing_is_done_for_a_host_that_has_not_proved_that_it_has_the_key() {
    let (mut line, library) = (Line::new(), small().write());
    let refused = |line: &mut Line, bytes: &[u8], why| assert_eq!(line.say(1, bytes), Answer::Refused(why));
    refused(&mut line, &begin(1, &library, digest(&library)), Why::Session);
    refused(&mut line, &frame(2, 0, &[0; 32]), Why::Session);
    let Answer::Challenge(challenge) = line.say(1, &hello()) else { panic!("no challenge") };
    refused(&mut line, &begin(1, &library, digest(&library)), Why::Session);
    refused(&mut line, &frame(2, 0, &Key::from([8; 32]).mac(HELLO, &[&NONCE, &challenge])), Why::Authentication);
    let good = frame(2, 0, &Key::from(KEY).mac(HELLO, &[&NONCE, &challenge]));
    refused(&mut line, &good, Why::Session);
    let Answer::Challenge(other) = line.say(1, &hello()) else { panic!("no challenge") };
    assert_ne!(challenge, other);
    refused(&mut line, &good, Why::Authentication);
    assert!(!line.server.is_open());
}

#[test]
fn a_session_is_that_of_one_host_and_of_one_number() {
    let mut line = Line::new();
    let session = line.open(1);
    assert_eq!(line.say(2, &hello()), Answer::Refused(Why::Busy));
    assert_eq!(line.say(2, &frame(6, session, &[])), Answer::Refused(Why::Session));
    assert_eq!(line.say(1, &frame(6, session + 1, &[])), Answer::Refused(Why::Session));
    line.server.disconnected(2);
    line.progress(1, session);
    line.server.disconnected(1);
    assert_eq!(line.say(1, &frame(6, session, &[])), Answer::Refused(Why::Session));
    let other = line.open(2);
    assert_ne!(session, other);
    assert_eq!(line.say(2, &frame(6, session, &[])), Answer::Refused(Why::Session), "the number of a stale session");
}

#[test]
fn two_hosts_that_prove_at_the_same_time_do_not_share_a_session() {
    let mut line = Line::new();
    let Answer::Challenge(challenge) = line.say(2, &hello()) else { panic!("no challenge") };
    let session = line.open(1);
    let mac = Key::from(KEY).mac(HELLO, &[&NONCE, &challenge]);
    assert_eq!(line.say(2, &frame(2, 0, &mac)), Answer::Refused(Why::Busy));
    line.progress(1, session);
}

#[test]
fn hellos_without_a_proof_do_not_keep_others_out() {
    let mut line = Line::new();
    for connection in 2..200 {
        assert!(matches!(line.say(connection, &hello()), Answer::Challenge(_)));
    }
    line.open(1);
}

#[test]
fn a_transfer_goes_on_after_the_connection_was_lost() {
    let (mut line, library) = (Line::new(), small().write());
    let session = line.open(1);
    line.say(1, &begin(session, &library, digest(&library)));
    for (number, data) in library.chunks(64).enumerate().take(2) {
        line.say(1, &chunk(session, number as u32, data));
    }
    line.server.disconnected(1);
    let session = line.open(2);
    assert_eq!(line.progress(2, session).next, 2);
    assert_eq!(line.say(2, &begin(session, &library, digest(&library))), Answer::Next(2));
    line.chunks(2, session, &library, 2);
    assert_eq!(line.commit(2, &library, digest(&library)), Answer::Stored { active: false });
}

#[test]
fn another_announcement_begins_anew() {
    let (mut line, library) = (Line::new(), small().write());
    let session = line.open(1);
    line.say(1, &begin(session, &library, digest(&library)));
    line.say(1, &chunk(session, 0, &library[..64]));
    assert_eq!(line.say(1, &begin(session, &library, [1; 32])), Answer::Next(0));
    line.chunks(1, session, &library, 0);
    assert_eq!(line.commit(1, &library, [1; 32]), Answer::Refused(Why::Digest));
    assert_eq!(line.staged(), None);
    assert_eq!(line.progress(1, session), Progress::default());
}

#[test]
fn chunks_come_one_after_the_other_each_as_long_as_it_must_be() {
    let (mut line, library) = (Line::new(), small().write());
    let session = line.open(1);
    let refused = |line: &mut Line, bytes: &[u8], why| assert_eq!(line.say(1, bytes), Answer::Refused(why));
    refused(&mut line, &chunk(session, 0, &library[..64]), Why::Idle);
    line.say(1, &begin(session, &library, digest(&library)));
    refused(&mut line, &chunk(session, 1, &library[64..128]), Why::Order);
    refused(&mut line, &chunk(session, 0, &library[..63]), Why::ChunkSize);
    refused(&mut line, &chunk(session, 0, &library[..65]), Why::ChunkSize);
    refused(&mut line, &chunk(session, u32::MAX, &library[..64]), Why::Order);
    assert_eq!(line.say(1, &chunk(session, 0, &library[..64])), Answer::Next(1));
    assert_eq!(line.say(1, &chunk(session, 0, &library[..64])), Answer::Next(1), "its answer may have been lost");
    refused(&mut line, &chunk(session, 2, &library[128..192]), Why::Order);
    assert_eq!(line.commit(1, &library, digest(&library)), Answer::Refused(Why::Size));
    line.chunks(1, session, &library, 1);
    let more = library.len().div_ceil(64) as u32;
    refused(&mut line, &chunk(session, more, b"more"), Why::ChunkSize);
    assert_eq!(line.commit(1, &library, digest(&library)), Answer::Stored { active: false });
}

#[test]
fn a_commit_needs_the_key_of_its_session() {
    let (mut line, library) = (Line::new(), small().write());
    let session = line.open(1);
    let stale = line.session.clone().unwrap().1;
    line.say(1, &begin(session, &library, digest(&library)));
    line.chunks(1, session, &library, 0);
    line.server.disconnected(1);
    let session = line.open(1);
    let fresh = line.session.replace((session, stale)).unwrap();
    assert_eq!(line.commit(1, &library, digest(&library)), Answer::Refused(Why::Authentication));
    line.session = Some((session, Key::from(KEY)));
    assert_eq!(line.commit(1, &library, digest(&library)), Answer::Refused(Why::Authentication));
    assert_eq!(line.staged(), None);
    line.session = Some(fresh);
    assert_eq!(line.commit(1, &library, digest(&library)), Answer::Stored { active: false });
}

#[test]
fn a_library_that_breaks_a_rule_is_refused_and_the_next_one_taken() {
    let (mut line, library) = (Line::new(), small().write());
    let mut bad = library.clone();
    bad[4] ^= 1;
    let session = line.open(1);
    for (file, expected) in [(&bad, Answer::Refused(Why::Library)), (&library, Answer::Stored { active: false })] {
        assert_eq!(line.say(1, &begin(session, file, digest(file))), Answer::Next(0));
        line.chunks(1, session, file, 0);
        assert_eq!(line.commit(1, file, digest(file)), expected);
    }
}

#[test]
fn what_is_larger_than_a_slot_is_refused_at_once() {
    let mut line = Line::new();
    let session = line.open(1);
    let payload = [&ID[..], &(1u32 << 24).to_le_bytes(), &[1; 32], &CHUNK.to_le_bytes()].concat();
    assert_eq!(line.say(1, &frame(3, session, &payload)), Answer::Refused(Why::Size));
    assert!(!line.progress(1, session).receiving);
}

#[test]
fn time_ends_a_session_and_later_a_transfer() {
    let (mut line, library) = (Line::new(), small().write());
    let session = line.open(1);
    line.say(1, &begin(session, &library, digest(&library)));
    line.say(1, &chunk(session, 0, &library[..64]));
    line.server.tick(IDLE_MS, &mut line.manager);
    line.progress(1, session);
    line.server.tick(IDLE_MS, &mut line.manager);
    line.server.tick(1, &mut line.manager);
    assert_eq!(line.say(1, &frame(6, session, &[])), Answer::Refused(Why::Session));
    let session = line.open(1);
    assert_eq!(line.progress(1, session).next, 1);
    line.server.tick(RESUME_MS, &mut line.manager);
    assert!(!line.manager.is_receiving());
    let session = line.open(1);
    assert_eq!(line.progress(1, session), Progress::default());
}

#[test]
fn an_abort_ends_the_transfer() {
    let (mut line, library) = (Line::new(), small().write());
    let session = line.open(1);
    assert_eq!(line.say(1, &frame(7, session, &[1])), Answer::Refused(Why::Idle));
    line.say(1, &begin(session, &library, digest(&library)));
    assert_eq!(line.say(1, &frame(7, session, &[1])), Answer::Aborted);
    assert!(!line.manager.is_receiving());
    assert_eq!(line.say(1, &chunk(session, 0, &library[..64])), Answer::Refused(Why::Idle));
}

#[test]
fn answers_travel_in_frames_of_the_same_form() {
    let (mut line, mut out) = (Line::new(), Vec::new());
    let session = line.open(1);
    line.server.frame(1, &frame(6, session, &[]), &mut line.manager, &mut out);
    assert_eq!(out, frame(0x86, session, &[0; 9]));
    out.clear();
    line.server.frame(1, &frame(7, session, &[1]), &mut line.manager, &mut out);
    assert_eq!(out, frame(0xFF, session, &[7, Why::Idle.code()]));
    out.clear();
    line.server.frame(1, b"LT", &mut line.manager, &mut out);
    assert_eq!(out, frame(0xFF, 0, &[0, Why::Frame.code()]));
}

#[test]
fn frames_are_found_however_they_come_in_pieces() {
    let all = [frame(6, 1, &[]), chunk(1, 0, &[1; 64]), hello(), chunk(1, 1, &[2; 1024])];
    let stream = all.concat();
    for size in [1, 2, 3, 9, 10, 11, 64, 100, stream.len()] {
        let (mut receiver, mut found) = (Receiver::default(), Vec::new());
        for piece in stream.chunks(size) {
            receiver.take(piece, |frame| found.push(frame.to_vec())).unwrap();
        }
        assert_eq!(found, all, "in pieces of {size}");
    }
}

#[test]
fn what_cannot_be_a_frame_ends_the_connection() {
    let good = frame(6, 1, &[]);
    let changed = |at: usize, byte: u8| {
        let mut frame = good.clone();
        frame[at] = byte;
        frame
    };
    for (bytes, rule) in [
        (changed(0, b'X'), Rule::FrameMagic),
        (changed(1, b'X'), Rule::FrameMagic),
        (changed(2, 2), Rule::FrameVersion),
        (changed(9, 0xFF), Rule::FrameLength),
    ] {
        for size in [1, bytes.len()] {
            let (mut receiver, mut found) = (Receiver::default(), 0);
            receiver.take(&good, |_| found += 1).unwrap();
            let lost = bytes.chunks(size).find_map(|piece| receiver.take(piece, |_| found += 1).err());
            let Some(Lost::Frame(refusal)) = lost else { panic!("{rule:?}: {lost:?}") };
            assert_eq!((refusal.rule, found), (rule, 1));
        }
    }
}

#[test]
fn a_frame_that_does_not_go_on_ends_the_connection() {
    let mut receiver = Receiver::default();
    receiver.tick(u32::MAX).unwrap();
    let good = frame(6, 1, &[]);
    receiver.take(&good[..5], |_| panic!("not whole")).unwrap();
    receiver.tick(PATIENCE_MS).unwrap();
    receiver.take(&good[5..6], |_| panic!("not whole")).unwrap();
    receiver.tick(PATIENCE_MS).unwrap();
    assert_eq!(receiver.tick(1), Err(Lost::TimedOut));
}

#[test]
fn a_frame_that_is_wrong_in_one_place_names_the_rule_and_the_place() {
    let begun = |id: [u8; 16], size: u32, chunk: u16| {
        frame(3, 7, &[&id[..], &size.to_le_bytes(), &[1; 32], &chunk.to_le_bytes()].concat())
    };
    let greeting =
        |lowest: u8, highest: u8, client: &[u8; 16]| frame(1, 0, &[&[lowest, highest][..], client, &NONCE].concat());
    let mut crc = frame(6, 7, &[]);
    *crc.last_mut().unwrap() ^= 1;
    for (bytes, rule, field, offset) in [
        (vec![], Rule::FrameSize, "", 0),
        ([frame(6, 7, &[]), vec![0]].concat(), Rule::FrameSize, "", 0),
        (crc, Rule::FrameCrc, "crc", 10),
        (frame(0, 7, &[]), Rule::FrameKind, "kind", 3),
        (frame(8, 7, &[]), Rule::FrameKind, "kind", 3),
        (frame(6, 0, &[]), Rule::FrameSession, "session", 4),
        (frame(2, 7, &[0; 32]), Rule::FrameSession, "session", 4),
        (frame(6, 7, &[0]), Rule::PayloadSize, "payload", 10),
        (frame(5, 7, &[0; 31]), Rule::PayloadSize, "payload.commit.mac", 10),
        (frame(4, 7, &[0; 4]), Rule::ChunkData, "payload.chunk.data", 14),
        (frame(7, 7, &[4]), Rule::AbortReason, "payload.abort.reason", 10),
        (begun([0; 16], 1, 64), Rule::BeginId, "payload.begin.id", 10),
        (begun([0xFF; 16], 1, 64), Rule::BeginId, "payload.begin.id", 10),
        (begun(ID, 0, 64), Rule::BeginSize, "payload.begin.size", 26),
        (begun(ID, (1 << 24) + 1, 64), Rule::BeginSize, "payload.begin.size", 26),
        (begun(ID, 1, 63), Rule::BeginChunk, "payload.begin.chunk_size", 62),
        (begun(ID, 1, 1025), Rule::BeginChunk, "payload.begin.chunk_size", 62),
        (greeting(2, 1, b"host\0\0\0\0\0\0\0\0\0\0\0\0"), Rule::HelloOrder, "payload.hello.lowest", 10),
        (greeting(0, 0, b"host\0\0\0\0\0\0\0\0\0\0\0\0"), Rule::HelloVersion, "payload.hello.highest", 11),
        (frame(6, 7, &[])[..13].to_vec(), Rule::FrameLength, "length", 8),
        (greeting(2, 3, b"host\0\0\0\0\0\0\0\0\0\0\0\0"), Rule::HelloVersion, "payload.hello.lowest", 10),
        (greeting(1, 1, b"ho\nt\0\0\0\0\0\0\0\0\0\0\0\0"), Rule::TextCharset, "payload.hello.client", 12),
        (greeting(1, 1, b"ho\xFFt\0\0\0\0\0\0\0\0\0\0\0\0"), Rule::TextUtf8, "payload.hello.client", 12),
        (greeting(1, 1, &[0; 16]), Rule::TextBlank, "payload.hello.client", 12),
        (greeting(1, 1, b"host\0\0\0\0\0\0\0\0\0\0\0X"), Rule::TextPadding, "payload.hello.client", 12),
    ] {
        let refusal = read(&bytes).unwrap_err();
        assert_eq!((refusal.rule, refusal.path, refusal.offset), (rule, field, offset), "{bytes:?}");
    }
    assert!(matches!(read(&begun(ID, 1 << 24, 1024)).unwrap().request, Request::Begin(_)));
    assert!(read(&greeting(0, 255, "Müller 16 bytes".as_bytes().try_into().unwrap())).is_ok());
}
