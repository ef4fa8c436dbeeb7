//! All three protocols, byte for byte, with a server in a process of its own.

mod common;

use common::{Client, END, Folder, Host, KEY, Server, bcc, frame, orders, stuffed};
use pump_server::demo;

const ACK: &[u8] = &[0x06];
const NAK: &[u8] = &[0x15];

/// A host whose link is open.
fn open(server: &Server) -> Client {
    let mut host = Client::to(server.ports[0]);
    host.send(b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04");
    host.until(b"\x04");
    host
}

/// The information of an answer, undone from its frame, and its end: ETX or ETB.
fn information(wire: &[u8]) -> (String, u8) {
    let frame = pump::bcc::Frame::read(wire, true).expect("a frame");
    assert_eq!(frame.bed(), b"Bed1");
    let text = String::from_utf8(frame.information().to_vec()).expect("text");
    (text, if frame.is_last() { 3 } else { 0x17 })
}

fn asks(host: &mut Client, request: &str) -> (String, u8) {
    host.send(&stuffed(&bcc("Bed1", request)));
    information(&host.until(b"\x04"))
}

/// The value of a parameter of the pump.
fn value(host: &mut Client, name: &str) -> String {
    let (mut told, mut end) = asks(host, "MEM:GETSLOT#11");
    while end == 0x17 {
        host.send(ACK);
        let (more, last) = information(&host.until(b"\x04"));
        told.push('\u{1e}');
        told.push_str(&more);
        end = last;
    }
    let found = told.split('\u{1e}').find_map(|part| part.split_once(&format!(",50111,{name},")));
    found.map(|(_, value)| value.to_string()).unwrap_or_else(|| panic!("no {name} in {told}"))
}

#[test]
fn the_example_frame_of_bcc_opens_the_link_as_it_travels() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "");
    let mut host = Client::to(server.ports[0]);
    host.send(b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300061\x04");
    let answer = host.until(b"\x04");
    let seconds = information(&answer).0.split(',').next().expect("a time").to_string();
    assert_eq!(answer, stuffed(&bcc("Bed1", &format!("{seconds},50100,GNACK,0"))));
    assert!(seconds.parse::<u32>().is_ok());
}

#[test]
fn stuffing_can_be_off() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "[bcc]\nstuffed = false\nbed = 'ICU/4'\n");
    let mut host = Client::to(server.ports[0]);
    host.send(b"\x0100031\x021/1/1>ADMIN:ALIVE\x0300061\x04");
    let answer = host.until(b"\x04");
    assert!(answer.windows(10).any(|window| window == b"ICU/4/1/1>"), "{answer:02x?}");
    host.send(&bcc("ICU/4", "ADMIN:VERSION"));
    let text = String::from_utf8(host.until(b"\x04")).expect("text");
    assert!(text.contains(",50100,V3.36\u{3}"), "{text}");
}

#[test]
fn each_error_of_bcc_that_a_single_pump_can_give_is_given() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "");
    let mut host = Client::to(server.ports[0]);
    let code = |wire: &[u8]| information(wire).0.split_once(",50100,GNERR,").map(|(_, code)| code.to_string());
    host.send(&stuffed(&bcc("1", "MEM:GET")));
    assert_eq!(code(&host.until(b"\x04")).as_deref(), Some("68"), "before the link is open");
    let mut host = open(&server);
    for (bytes, expected) in [
        (stuffed(&bcc("Bed2", "MEM:GET")), "68"),
        (stuffed(&bcc("Bed1", "MEM:PUT")), "68"),
        (b"\x0100031\x021/1/1>AEXMIN:ALIVEE\x0300062\x04".to_vec(), "68"),
        (b"\x0100030\x021/1/1>AEXMIN:ALIVEE\x0300061\x04".to_vec(), "68"),
        (b"\x0100031\x021/1/1>ADMIN:ALIVE\x0300061\x04".to_vec(), "68"),
        (stuffed(&bcc("Bed1", "MEM:GETSLOT#12")), "811"),
        (stuffed(&bcc("Bed1", "MEM:GETSLOT#4P")), "811"),
        (ACK.to_vec(), "11"),
    ] {
        host.send(&bytes);
        assert_eq!(code(&host.until(b"\x04")).as_deref(), Some(expected), "{bytes:02x?}");
    }
    assert_eq!(asks(&mut host, "ADMIN:VERSION").1, 3, "the link goes on");
}

#[test]
fn an_answer_comes_block_by_block() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "[bcc]\nblock = 60\n");
    let mut host = open(&server);
    host.send(&stuffed(&bcc("Bed1", "MEM:GET")));
    let first = host.until(b"\x04");
    assert_eq!(information(&first).1, 0x17, "ETB: others follow");
    host.send(NAK);
    assert_eq!(host.until(b"\x04"), first, "the last one again");
    let mut blocks = vec![first];
    while information(blocks.last().expect("one")).1 == 0x17 {
        host.send(ACK);
        blocks.push(host.until(b"\x04"));
    }
    assert!(blocks.len() > 10, "{}", blocks.len());
    host.send(NAK);
    assert_eq!(host.until(b"\x04"), *blocks.last().expect("one"));
    host.send(&stuffed(&bcc("Bed1", "MEM:GET")));
    assert_eq!(information(&host.until(b"\x04")).1, 0x17, "a request begins anew");
}

#[test]
fn both_example_orders_are_taken_and_begin_when_a_person_confirms_them() {
    let folder = Folder::new();
    let mut server = Server::demo(&folder, "");
    let (mut host, mut sender) = (open(&server), Client::to(server.ports[1]));
    for (message, [id, rate, code]) in orders().iter().zip([["1", "31.88", "1234"], ["2", "13.30", "5678"]]) {
        let before = value(&mut host, "INRT");
        // In two pieces, as networks do.
        sender.send(&message[..100]);
        sender.send(&message[100..]);
        let number = id;
        let expected = format!(
            "\u{b}MSH|^~\\&|IOCVENDOR^6543210000000001^EUI-64|IOCVENDOR|IOPVENDOR^1234560000000001^EUI-64|IOPVENDOR|20080101123456-0600||ACK^O15^ACK|{number}|P|2.5|||NE|NE||ASCII\rMSA|CA|{id}\r\u{1c}\r"
        );
        assert_eq!(String::from_utf8(sender.until(END)).expect("text"), expected);
        assert_eq!((value(&mut host, "INRT"), value(&mut host, "AUTOPROGSTATE")), (before, "1".into()));
        assert_eq!(server.bedside("confirm"), "done");
        let told =
            ["INRT", "INSOLID", "AUTOPROGSTATE", "LASTAUTOPROGERR", "RUNSTATE"].map(|name| value(&mut host, name));
        assert_eq!(told, [rate, code, "4", "0", "2"]);
    }
    let wrong = String::from_utf8(orders()[0].clone()).expect("text").replace("1234^Dopamine", "1^None");
    sender.send(wrong.as_bytes());
    assert!(String::from_utf8(sender.until(END)).expect("text").contains("MSA|CA|1\r"));
    let why = String::from_utf8(sender.until(END)).expect("text");
    assert!(why.contains("MSA|AE|1\r") && why.contains("9010^Unable to match medication to drug library"), "{why}");
    assert_eq!((value(&mut host, "AUTOPROGSTATE"), value(&mut host, "LASTAUTOPROGERR")), ("6".into(), "1".into()));
    assert_eq!(server.bedside("confirm"), "refused: no order waits");
}

#[test]
fn a_library_comes_with_the_key_and_with_nothing_else() {
    let folder = Folder::new();
    let mut server = Server::start(&folder.config("storage = 'memory'", ""), &[]);
    let library = demo::library("Ward");
    let mut stranger = Client::to(server.ports[2]);
    stranger.send(&frame(6, 1, &[]));
    assert_eq!(Host::answer(&mut stranger), (0xFF, vec![6, 3]), "no session");
    assert_eq!(Host::prove(server.ports[2], [8; 32]).err(), Some((0xFF, vec![2, 4])), "another key");
    let mut host = Host::prove(server.ports[2], KEY).expect("welcome");
    stranger.send(&Host::hello());
    assert_eq!(Host::answer(&mut stranger), (0xFF, vec![1, 2]), "another host has the session");
    let requests = host.requests(&library);
    let (commit, rest) = requests.split_last().expect("a commit");
    for (number, request) in rest.iter().enumerate() {
        let kind = if number == 0 { 0x83 } else { 0x84 };
        assert_eq!(host.ask(request), (kind, (number as u32).to_le_bytes().to_vec()));
    }
    assert!(server.bedside("show").contains("library none, staged false"));
    assert_eq!(host.ask(commit), (0x85, vec![0]), "stored");
    assert!(server.bedside("show").contains("library none, staged true"), "and not put to use by a host");
    assert_eq!(server.bedside("activate"), "done");
    let mut reader = open(&server);
    assert_eq!(
        (value(&mut reader, "DLNAME"), value(&mut reader, "DLCRETIME")),
        ("Demonstration".into(), "1704067200".into())
    );
    stranger.send(b"XX");
    assert!(stranger.is_closed(), "where its next frame would begin is not known");
}

#[test]
fn in_cyclic_mode_a_host_is_told_at_once_of_what_changes() {
    let folder = Folder::new();
    let mut server = Server::demo(&folder, "[bcc]\ncycle_ms = 3600000\nblock = 9000\n");
    let mut host = open(&server);
    assert_eq!(server.bedside("start 12.5 100"), "done");
    let told = information(&host.until(b"\x04")).0;
    assert!(told.contains(",INRT,12.50") && told.contains(",RUNSTATE,2"), "{told}");
    host.send(ACK);
    assert_eq!(server.bedside("raise air"), "done");
    let told = information(&host.until(b"\x04")).0;
    assert!(told.contains(",RUNSTATE,5") && told.contains(",ALARM1,00000001"), "{told}");
}
