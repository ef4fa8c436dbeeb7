//! The device's end of a BCC connection: what arrives in which pieces, and what it answers.

use pump::bcc::{
    Address, Arrival, BedId, Connection, Frame, LARGEST_REQUEST, Link, MemoryStation, Mode, Part, Parts, Receiver,
    SEND_BUFFER, Settings, Slot, furnished, parameters, validate_answer, write_frame,
};
use std::collections::BTreeSet;

const ACK: &[u8] = &[0x06];
const NAK: &[u8] = &[0x15];
const PUMP: Address = Address::Pump { pillar: 1, slot: 1 };
const BED: &str = "ICU/4";

fn request(bed: &str, information: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_frame(bed.as_bytes(), information.as_bytes(), true, true, &mut out).expect("can be written");
    out
}

/// The frames in what a device sent, each of which is right.
fn frames(sent: &[u8]) -> Vec<Frame> {
    let mut receiver = Receiver::new(200_000, 1_000);
    let arrived: Vec<Arrival> = sent.iter().filter_map(|byte| receiver.take(*byte)).collect();
    assert_eq!(receiver.held(), 0, "nothing is left");
    let frames = arrived.iter().map(|arrival| match arrival {
        Arrival::Frame(wire) => {
            assert_eq!(validate_answer(wire, true), Ok(()));
            Frame::read(wire, true).expect("is right")
        }
        other => panic!("{other:?} is no answer"),
    });
    frames.collect()
}

fn text(frame: &Frame) -> String {
    String::from_utf8(frame.information().to_vec()).expect("UTF-8")
}

struct Host {
    link: Link<MemoryStation>,
}

impl Host {
    fn with(station: MemoryStation, settings: Settings) -> Host {
        Host { link: Link::new(station, Settings { bed: BedId::new(BED).expect("a bed id"), ..settings }) }
    }

    /// A host whose link is open.
    fn open(settings: Settings) -> Host {
        let mut host = Host::with(furnished(), settings);
        assert_eq!(host.asks("1", "ADMIN:ALIVE"), ["123,50100,GNACK,0"]);
        host
    }

    fn sends(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        assert_eq!(self.link.receive(bytes, &mut out), Connection::Kept);
        out
    }

    /// What the blocks say that a request is answered with at once.
    fn asks(&mut self, bed: &str, information: &str) -> Vec<String> {
        frames(&self.sends(&request(bed, information))).iter().map(text).collect()
    }

    fn waits(&mut self, milliseconds: u32) -> (Connection, Vec<Frame>) {
        let mut out = Vec::new();
        let connection = self.link.tick(milliseconds, &mut out);
        (connection, frames(&out))
    }

    /// All blocks of the answer to a request.
    fn collects(&mut self, information: &str) -> Vec<Frame> {
        let mut blocks = frames(&self.sends(&request(BED, information)));
        while blocks.last().is_some_and(|block| !block.is_last()) {
            let next = frames(&self.sends(ACK));
            assert_eq!(next.len(), 1);
            blocks.extend(next);
        }
        blocks
    }
}

fn small() -> Settings {
    Settings { most_per_block: 200, ..Settings::default() }
}

// ---- opening the link ----

#[test]
fn the_first_request_has_the_fixed_prefix_and_later_ones_the_id_of_the_answer() {
    let mut host = Host::with(furnished(), Settings::default());
    let error = ["123,50100,GNERR,68"];
    assert_eq!(host.asks(BED, "MEM:GET"), error, "the link is not open");
    assert_eq!(host.asks("1", "MEM:GET"), error);
    assert_eq!(host.asks(BED, "ADMIN:ALIVE"), error, "the host cannot know the id yet");
    let answer = frames(&host.sends(b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04"));
    assert_eq!((answer[0].bed(), text(&answer[0]).as_str()), (BED.as_bytes(), "123,50100,GNACK,0"));
    assert_eq!(host.asks("1", "ADMIN:VERSION"), error, "the fixed prefix is for the first request");
    assert_eq!(host.asks("other", "ADMIN:VERSION"), error);
    assert_eq!(host.asks(BED, "ADMIN:VERSION"), ["123,50100,V3.36"]);
    assert_eq!(host.asks(BED, "ADMIN:ALIVE"), ["123,50100,GNACK,0"]);
    assert_eq!(host.asks("1", "ADMIN:ALIVE"), ["123,50100,GNACK,0"], "opened again");
}

#[test]
fn bare_ack_and_nak_are_owed_nothing_before_the_link_is_open() {
    let mut host = Host::with(furnished(), Settings::default());
    assert_eq!(host.sends(&[ACK, NAK].concat()), []);
}

#[test]
fn stuffing_can_be_switched_off() {
    let mut host = Host::with(furnished(), Settings { stuffed: false, ..Settings::default() });
    let answer = host.sends(b"\x0100031\x021/1/1>ADMIN:ALIVE\x0300061\x04");
    assert_eq!(Frame::read(&answer, false).map(|frame| text(&frame)), Ok("123,50100,GNACK,0".to_string()));
}

// ---- blocks ----

#[test]
fn an_answer_comes_in_blocks_each_asked_for_by_ack() {
    let mut host = Host::open(small());
    let blocks = host.collects("MEM:GET");
    assert!(blocks.len() > 10, "{}", blocks.len());
    assert!(blocks.iter().all(|block| block.information().len() <= 200));
    let ends: Vec<bool> = blocks.iter().map(Frame::is_last).collect();
    assert_eq!(ends.iter().filter(|last| **last).count(), 1);
    assert_eq!(ends.last(), Some(&true));
    let quadruples: usize = blocks.iter().map(|block| Parts::of(block).count()).sum();
    let whole = Host::open(Settings { most_per_block: 50_000, ..Settings::default() }).collects("MEM:GET");
    assert_eq!(whole.len(), 1);
    assert_eq!(Parts::of(&whole[0]).count(), quadruples);
}

#[test]
fn every_parameter_is_reported_by_the_furnished_station() {
    let mut host = Host::open(Settings::default());
    let mut named = BTreeSet::from(["GNACK".to_string(), "GNERR".to_string()]);
    for block in host.collects("MEM:GET") {
        for part in Parts::of(&block) {
            let Ok(Part::Quadruple { parameter, .. }) = part else { panic!("{part:?}") };
            named.insert(String::from_utf8(parameter.to_vec()).expect("ASCII"));
        }
    }
    let known: BTreeSet<String> = parameters().map(String::from).collect();
    assert_eq!(named, known);
}

#[test]
fn nak_asks_for_the_last_block_again_and_the_next_ack_goes_on_from_there() {
    let mut host = Host::open(small());
    let blocks: Vec<Vec<u8>> = host.collects("MEM:GET").iter().map(|block| block.information().to_vec()).collect();
    let mut again = Vec::new();
    let mut sent = host.sends(&request(BED, "MEM:GET"));
    loop {
        for _ in 0..3 {
            assert_eq!(host.sends(NAK), sent, "the same block");
        }
        let block = &frames(&sent)[0];
        again.push(block.information().to_vec());
        if block.is_last() {
            break;
        }
        sent = host.sends(ACK);
    }
    assert_eq!(again, blocks);
}

#[test]
fn a_new_request_starts_from_the_first_block() {
    let mut host = Host::open(small());
    let first = host.asks(BED, "MEM:GET");
    host.sends(ACK);
    host.sends(ACK);
    assert_eq!(host.asks(BED, "MEM:GET"), first);
    assert_eq!(host.asks(BED, "ADMIN:VERSION"), ["123,50100,V3.36"]);
    assert_eq!(frames(&host.sends(ACK)).iter().map(text).collect::<Vec<_>>(), ["123,50100,GNERR,11"]);
}

#[test]
fn nothing_follows_the_last_block() {
    let mut host = Host::open(small());
    let last = host.collects("MEM:GETSLOT#11");
    assert!(last.last().is_some_and(Frame::is_last));
    for _ in 0..3 {
        assert_eq!(frames(&host.sends(ACK)).iter().map(text).collect::<Vec<_>>(), ["123,50100,GNERR,11"]);
    }
}

#[test]
fn a_malformed_frame_does_not_end_the_answer_before_it() {
    let mut host = Host::open(small());
    let blocks = host.collects("MEM:GET");
    host.sends(&request(BED, "MEM:GET"));
    assert_eq!(host.asks(BED, "NO:SUCH"), ["123,50100,GNERR,68"]);
    assert_eq!(frames(&host.sends(ACK)), blocks[1..2]);
}

#[test]
fn a_slot_is_reported_by_itself() {
    let mut host = Host::open(Settings { most_per_block: 9_000, ..Settings::default() });
    let block = &host.collects("MEM:GETSLOT#2A")[0];
    let about: BTreeSet<Address> = Parts::of(block)
        .map(|part| match part {
            Ok(Part::Quadruple { address, .. }) => address,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(about, BTreeSet::from([Address::Pump { pillar: 2, slot: 10 }]));
}

#[test]
fn what_no_frame_can_hold_is_left_out() {
    let mut host = Host::open(Settings { most_per_block: 10, ..Settings::default() });
    for (name, value) in
        [("LONG", "x".repeat(99_990)), ("CONTROL", "\u{3}".into()), ("A,B", "1".into()), ("NEW", "x".repeat(500))]
    {
        host.link.station().report(PUMP, name, &value);
    }
    let all: Vec<String> = host.collects("MEM:GETSLOT#11").iter().map(text).collect();
    assert!(all.iter().any(|one| one.starts_with("123,50111,NEW,xxx")));
    assert!(!all.iter().any(|one| one.contains("LONG") || one.contains("CONTROL") || one.contains("A,B")));
    assert!(all.iter().all(|one| one.matches(',').count() == 3), "one quadruple for each block");
}

// ---- errors ----

#[test]
fn a_station_without_pumps_has_no_data() {
    let mut host = Host::with(MemoryStation::new(), Settings::default());
    assert_eq!(host.asks("1", "ADMIN:ALIVE"), ["0,50100,GNACK,0"]);
    assert_eq!(host.asks(BED, "MEM:GET"), ["0,50100,GNERR,11"]);
}

#[test]
fn a_slot_that_is_none_and_one_without_a_pump_are_wrong_addresses() {
    let mut host = Host::open(Settings::default());
    for slot in ["41", "1P", "00", "39"] {
        assert_eq!(host.asks(BED, &format!("MEM:GETSLOT#{slot}")), ["123,50100,GNERR,811"], "{slot}");
    }
    assert_eq!(host.asks("1", "MEM:GETSLOT#41"), ["123,50100,GNERR,68"], "with the wrong id it is no request");
}

#[test]
fn malformed_frames_are_owed_a_syntax_error() {
    let mut host = Host::open(Settings::default());
    let good = request(BED, "MEM:GET");
    for at in 1..good.len() - 1 {
        let mut wrong = good.clone();
        wrong[at] ^= 0x40;
        assert_eq!(frames(&host.sends(&wrong)).iter().map(text).collect::<Vec<_>>(), ["123,50100,GNERR,68"], "{at}");
    }
    assert_eq!(host.asks(BED, "ADMIN:ALIVE"), ["123,50100,GNACK,0"]);
}

#[test]
fn a_pump_that_is_gone_is_told_of_once_with_its_address() {
    let mut host = Host::open(Settings::default());
    host.collects("MEM:GET");
    host.link.station().put(PUMP, Slot::Empty);
    assert_eq!(host.asks(BED, "MEM:GETSLOT#11"), ["123,50111,GNERR,39"]);
    assert_eq!(host.asks(BED, "MEM:GETSLOT#11"), ["123,50100,GNERR,811"]);
    let text_of = |blocks: Vec<Frame>| blocks.iter().map(text).collect::<String>();
    assert!(!text_of(host.collects("MEM:GET")).contains("GNERR"));
    host.link.station().put(PUMP, Slot::Pump);
    host.collects("MEM:GET");
    host.link.station().put(PUMP, Slot::Silent(3));
    assert_eq!(text_of(host.collects("MEM:GET")).matches("50111,GNERR,39").count(), 1);
    assert!(!text_of(host.collects("MEM:GET")).contains("50111"));
    assert_eq!(host.asks(BED, "MEM:GETSLOT#11"), ["123,50100,GNERR,11"], "there is nothing to say of it");
}

#[test]
fn extended_errors_are_told_where_they_are_switched_on() {
    for (extended, expected) in [(true, ["43", "52"]), (false, ["11", "11"])] {
        let mut host = Host::open(Settings { extended_errors: extended, ..Settings::default() });
        for (slot, state, code) in [(3, Slot::Silent(3), expected[0]), (4, Slot::Misplaced(2), expected[1])] {
            host.link.station().put(Address::Pump { pillar: 3, slot }, state);
            let address = if extended { format!("5013{slot}") } else { "50100".into() };
            for _ in 0..2 {
                let answer = host.asks(BED, &format!("MEM:GETSLOT#3{slot}"));
                assert_eq!(answer, [format!("123,{address},GNERR,{code}")]);
            }
        }
    }
}

// ---- what arrives in which pieces ----

#[test]
fn two_requests_in_one_read_are_both_answered() {
    let mut host = Host::open(Settings::default());
    let both = [request(BED, "ADMIN:VERSION"), request(BED, "ADMIN:ALIVE"), NAK.to_vec()].concat();
    let answers: Vec<String> = frames(&host.sends(&both)).iter().map(text).collect();
    assert_eq!(answers, ["123,50100,V3.36", "123,50100,GNACK,0", "123,50100,GNACK,0"]);
}

#[test]
fn a_request_may_be_split_at_every_byte() {
    let whole = request(BED, "ADMIN:VERSION");
    for at in 0..=whole.len() {
        let mut host = Host::open(Settings::default());
        let mut sent = host.sends(&whole[..at]);
        assert_eq!(host.waits(999).1, []);
        sent.extend(host.sends(&whole[at..]));
        assert_eq!(frames(&sent).iter().map(text).collect::<Vec<_>>(), ["123,50100,V3.36"], "{at}");
    }
    let mut host = Host::open(Settings::default());
    let sent: Vec<u8> = whole.iter().flat_map(|byte| host.sends(&[*byte])).collect();
    assert_eq!(frames(&sent).len(), 1);
}

#[test]
fn noise_before_a_frame_is_owed_no_answer() {
    let mut host = Host::open(Settings::default());
    let noise: Vec<u8> = (0..=255).filter(|byte| ![0x01, 0x06, 0x15].contains(byte)).collect();
    assert_eq!(host.sends(&noise), []);
    let answer = host.sends(&[&noise, &request(BED, "ADMIN:VERSION")[..], &noise].concat());
    assert_eq!(frames(&answer).len(), 1);
}

#[test]
fn a_frame_that_never_ends_is_dropped_and_the_next_one_starts_afresh() {
    let mut host = Host::open(Settings::default());
    let endless = [&[0x01][..], &vec![b'1'; 10_000]].concat();
    assert_eq!(host.sends(&endless), []);
    assert_eq!(host.sends(&[ACK, NAK].concat()), [], "still part of it");
    assert_eq!(host.asks(BED, "ADMIN:VERSION"), ["123,50100,V3.36"]);
    assert_eq!(host.sends(&request(BED, "ADMIN:VERSION")[..20]), []);
    assert_eq!(host.waits(1_000).1, []);
    assert_eq!(frames(&host.sends(NAK)).len(), 1, "no longer part of it");
    assert_eq!(host.sends(&request(BED, "ADMIN:VERSION")[..20]), []);
    assert_eq!(host.asks(BED, "ADMIN:VERSION"), ["123,50100,V3.36"], "an SOH begins a frame");
}

#[test]
fn a_receiver_holds_a_bounded_number_of_bytes() {
    let mut receiver = Receiver::new(LARGEST_REQUEST, 100);
    let frame = |length: usize| [&[0x01][..], &vec![b'1'; length - 2], &[0x04]].concat();
    let mut takes = |bytes: &[u8]| {
        let arrived: Vec<Arrival> = bytes
            .iter()
            .filter_map(|byte| {
                let arrived = receiver.take(*byte);
                assert!(receiver.held() <= LARGEST_REQUEST);
                arrived
            })
            .collect();
        arrived
    };
    assert_eq!(takes(&frame(LARGEST_REQUEST)), [Arrival::Frame(frame(LARGEST_REQUEST))]);
    assert_eq!(takes(&[frame(LARGEST_REQUEST + 1), ACK.to_vec()].concat()), [Arrival::Ack]);
    assert_eq!(takes(&[frame(LARGEST_REQUEST + 9), NAK.to_vec()].concat()), [Arrival::Nak]);
    assert_eq!(takes(&[0x04, 0x02, b'x']), []);
    assert!(!receiver.tick(u32::MAX), "nothing was begun");
    receiver.take(0x01);
    assert!(!receiver.tick(99));
    receiver.take(b'1');
    assert!(!receiver.tick(99));
    assert!(receiver.tick(1));
}

#[test]
fn more_answers_at_once_than_can_be_sent_end_the_connection() {
    let mut host = Host::open(Settings::default());
    let mut out = vec![7];
    let many = [0x01, 0x04].repeat(SEND_BUFFER);
    assert_eq!(host.link.receive(&many, &mut out), Connection::Dropped);
    assert_eq!(out, [7]);
    assert_eq!(host.asks(BED, "ADMIN:VERSION"), ["123,50100,GNERR,68"], "the link is to be opened anew");
    assert_eq!(host.asks("1", "ADMIN:ALIVE"), ["123,50100,GNACK,0"]);
}

// ---- cycles ----

fn cyclic() -> Host {
    Host::open(Settings { mode: Mode::CYCLIC, most_per_block: 5_000, ..Settings::default() })
}

fn address(frame: &Frame) -> String {
    text(frame).split(',').nth(1).expect("a quadruple").to_string()
}

#[test]
fn nothing_is_sent_before_the_link_is_open() {
    let mut host = Host::with(furnished(), Settings { mode: Mode::CYCLIC, ..Settings::default() });
    assert_eq!(host.waits(60_000), (Connection::Kept, vec![]));
}

#[test]
fn each_cycle_sends_every_pump_block_by_block() {
    let mut host = cyclic();
    assert_eq!(host.waits(4_999).1, []);
    for _ in 0..3 {
        let first = host.waits(1).1;
        let mut sent = vec![address(&first[0])];
        for _ in 0..2 {
            sent.push(address(&frames(&host.sends(ACK))[0]));
        }
        assert_eq!(sent, ["50111", "50112", "5012A"]);
        assert_eq!(host.sends(ACK), [], "the cycle is over");
        assert_eq!(host.waits(4_999).1, []);
    }
    // One report, however many periods are over; 4,999 + 4,294,967,295 is 2,294 more than a multiple.
    assert_eq!(host.waits(u32::MAX).1.len(), 1);
    while !host.sends(ACK).is_empty() {}
    assert_eq!((host.waits(2_705).1.len(), host.waits(1).1.len()), (0, 1));
}

#[test]
fn without_an_acknowledgement_no_block_follows() {
    let mut host = cyclic();
    let first = host.waits(5_000).1;
    assert_eq!(host.waits(5_000).1, []);
    assert_eq!(frames(&host.sends(NAK)), first, "it is sent again");
    assert_eq!(address(&frames(&host.sends(ACK))[0]), "50112");
}

#[test]
fn a_trigger_parameter_is_sent_at_once() {
    let mut host = cyclic();
    host.link.station().trigger(PUMP, "INRT", "25.00");
    let sent = host.waits(1).1;
    assert_eq!((sent.len(), address(&sent[0]).as_str()), (1, "50111"));
    assert!(text(&sent[0]).contains("50111,INRT,25.00"));
    host.link.station().report(PUMP, "INRT", "30.00");
    assert_eq!(host.waits(1).1, [], "others wait for the cycle");
}

#[test]
fn a_full_buffer_ends_the_connection() {
    let mut host = cyclic();
    let mut cycles = 0;
    while host.waits(5_000).0 == Connection::Kept {
        cycles += 1;
        assert!(cycles < 100, "it never fills");
    }
    assert!(cycles > 10, "{cycles}");
    assert_eq!(host.waits(60_000).1, [], "the link is to be opened anew");
    assert_eq!(host.asks(BED, "MEM:GET"), ["123,50100,GNERR,68"]);
    assert_eq!(host.asks("1", "ADMIN:ALIVE"), ["123,50100,GNACK,0"]);
    assert_eq!(host.waits(5_000).1.len(), 1);
}

#[test]
fn a_request_within_a_cycle_is_answered_first() {
    let mut host = cyclic();
    assert_eq!(host.waits(5_000).1.len(), 1);
    assert_eq!(host.asks(BED, "ADMIN:VERSION"), ["123,50100,V3.36"]);
    assert_eq!(host.waits(5_000).1.len(), 1, "the next cycle");
}

#[test]
fn a_cycle_waits_for_the_end_of_an_answer() {
    let mut host = Host::open(Settings { mode: Mode::CYCLIC, ..small() });
    let first = frames(&host.sends(&request(BED, "MEM:GETSLOT#12")));
    assert!(!first[0].is_last());
    assert_eq!(host.waits(5_000).1, []);
    let mut about = vec![];
    for _ in 0..100 {
        let next = frames(&host.sends(ACK));
        let Some(next) = next.first() else { break };
        about.push(address(next));
    }
    let change = about.windows(2).position(|pair| pair[0] != pair[1]).expect("the cycle follows");
    assert_eq!((about[change].as_str(), about[change + 1].as_str()), ("50112", "50111"));
}

#[test]
fn any_bytes_in_any_order_leave_a_link_that_can_be_opened() {
    let mut state = 1_u64;
    let mut draw = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits")
    };
    let mut host = Host::with(furnished(), Settings { mode: Mode::CYCLIC, extended_errors: true, ..small() });
    let pieces = ["ADMIN:ALIVE", "MEM:GET", "MEM:GETSLOT#11", "MEM:GETSLOT#41", "ADMIN:VERSION"];
    for _ in 0..20_000 {
        let mut bytes = request(if draw() % 2 == 0 { "1" } else { BED }, pieces[draw() % pieces.len()]);
        match draw() % 8 {
            0 => bytes.truncate(draw() % 30),
            1 => {
                let at = draw() % bytes.len();
                bytes[at] = draw().to_le_bytes()[0];
            }
            2 => bytes = vec![0x06, 0x15],
            _ => {}
        }
        let mut out = Vec::new();
        let mut kept = host.link.receive(&bytes, &mut out) == Connection::Kept;
        kept &= host.link.tick(u32::try_from(draw() % 3_000).expect("small"), &mut out) == Connection::Kept;
        assert!(!kept || frames(&out).len() <= 4);
    }
    assert_eq!(host.waits(1_000).0, Connection::Kept);
    assert_eq!(host.asks("1", "ADMIN:ALIVE"), ["123,50100,GNACK,0"]);
}
