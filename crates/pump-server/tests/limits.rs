//! What peers cannot do: keep the pump from its time, keep others out, find another port.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::{Client, END, Folder, Server, bcc, orders, stuffed};

/// Bytes of answers that a flood is owed at least, and bytes that each of its peers sends at most.
const ENOUGH: usize = 32 << 20;
const FLOOD: usize = 64 << 20;

/// Sends requests as fast as it can, on one connection after the other if need be. Answers are read,
/// so that the server has no reason to close it, and counted: what is only sent may still wait.
fn flood(address: SocketAddr, enough: &AtomicBool, answered: &AtomicUsize) {
    let alive = stuffed(&bcc("1", "ADMIN:ALIVE"));
    let requests = [alive, stuffed(&bcc("Bed1", "MEM:GET")).repeat(1_000)].concat();
    let mut own = 0;
    while !enough.load(Ordering::SeqCst) && own < FLOOD {
        let Ok(mut stream) = TcpStream::connect(address) else { continue };
        let mut answers = stream.try_clone().expect("cloned");
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut piece = vec![0; 65_536];
                while let Ok(length @ 1..) = answers.read(&mut piece) {
                    answered.fetch_add(length, Ordering::SeqCst);
                }
            });
            while !enough.load(Ordering::SeqCst) && own < FLOOD && stream.write_all(&requests).is_ok() {
                own += requests.len();
            }
            let _ = stream.shutdown(std::net::Shutdown::Both);
        });
    }
}

#[test]
fn a_flood_on_one_port_costs_the_pump_no_tick_and_another_port_no_answer() {
    let folder = Folder::new();
    // What costs the pump most for a byte: all that it reports is put together for a small block of it.
    let tables = "[limits]\nbytes_per_second = 1073741824\n[bcc]\nblock = 20\n";
    let mut server = Server::demo(&folder, tables);
    let address = server.ports[0];
    let (enough, flooded) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| flood(address, &enough, &flooded));
        }
        let mut sender = Client::to(server.ports[1]);
        let mut answered = 0;
        while answered < 100 || (flooded.load(Ordering::SeqCst) < ENOUGH && answered < 1_000_000) {
            sender.send(&orders()[0]);
            let accepted = sender.until(END);
            assert!(accepted.windows(6).any(|window| window == b"MSA|CA"));
            if answered > 0 {
                let busy = sender.until(END);
                assert!(busy.windows(6).any(|window| window == b"|1044^"));
            }
            answered += 1;
        }
        assert!(server.bedside("show").contains("order New drug 1 31.8800 ml/h"));
        enough.store(true, Ordering::SeqCst);
    });
    assert!(flooded.load(Ordering::SeqCst) >= ENOUGH, "a flood");
    let (last, code) = server.end("-TERM");
    let numbers: Vec<u64> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert!(last.starts_with("stopped: ") && numbers.len() == 3, "{last}");
    // The last tick may be owed just when the server stops.
    assert!(numbers[0] > 0 && numbers[0] - numbers[1] <= 1, "{last}");
    assert_eq!((numbers[2], code), (0, Some(0)), "{last}");
}

#[test]
fn a_connection_brings_so_many_bytes_a_second_and_the_others_wait() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "[limits]\nbytes_per_second = 1024\n");
    let mut host = Client::to(server.ports[0]);
    // Noise of three seconds, which is owed no answer.
    host.send(&[b'x'; 3 * 1_024]);
    host.send(&stuffed(&bcc("1", "ADMIN:ALIVE")));
    let frame = pump::bcc::Frame::read(&host.until(b"\x04"), true).expect("a frame");
    let told = String::from_utf8(frame.information().to_vec()).expect("text");
    let seconds: u32 = told.split(',').next().and_then(|time| time.parse().ok()).expect("a time");
    assert!(seconds >= 2, "{told}");
}

#[test]
fn one_connection_more_than_allowed_is_closed_and_other_ports_are_open() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "[limits]\nconnections = 2\n");
    let alive = stuffed(&bcc("1", "ADMIN:ALIVE"));
    let mut first = Client::to(server.ports[0]);
    first.send(&alive);
    first.until(b"\x04");
    let mut second = Client::to(server.ports[0]);
    second.send(&alive);
    second.until(b"\x04");
    assert!(Client::to(server.ports[0]).is_closed());
    let mut sender = Client::to(server.ports[1]);
    sender.send(&orders()[1]);
    sender.until(END);
    drop(second);
    // Its place is free once the server knows that it is gone.
    loop {
        let mut third = Client::to(server.ports[0]);
        if third.0.write_all(&alive).is_ok() && matches!(third.0.read(&mut [0]), Ok(1)) {
            break;
        }
    }
    first.send(&stuffed(&bcc("Bed1", "ADMIN:VERSION")));
    first.until(b"\x04");
}

#[test]
fn what_was_asked_is_answered_although_the_peer_has_no_more_to_say() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "");
    let mut sender = Client::to(server.ports[1]);
    sender.send(&orders()[0]);
    sender.0.shutdown(std::net::Shutdown::Write).expect("shut");
    let mut all = Vec::new();
    sender.0.read_to_end(&mut all).expect("answered");
    assert!(all.ends_with(b"MSA|CA|1\r\x1c\r"));
}

/// The ports on which a process listens, as the system lists them, and its sockets for datagrams.
#[cfg(target_os = "linux")]
fn listens(process: u32) -> (Vec<u16>, usize) {
    let links = std::fs::read_dir(format!("/proc/{process}/fd")).expect("readable");
    let links = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok());
    let own: Vec<String> =
        links.filter_map(|to| Some(to.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_string())).collect();
    let (mut ports, mut datagrams) = (Vec::new(), 0);
    for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let Ok(text) = std::fs::read_to_string(format!("/proc/{process}/net/{table}")) else { continue };
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if !own.iter().any(|inode| words.get(9) == Some(&inode.as_str())) {
                continue;
            }
            let port = words[1].rsplit(':').next().and_then(|port| u16::from_str_radix(port, 16).ok());
            match (table.starts_with("tcp"), words[3]) {
                (true, "0A") => ports.extend(port),
                (true, _) => {}
                (false, _) => datagrams += 1,
            }
        }
    }
    ports.sort_unstable();
    (ports, datagrams)
}

#[test]
#[cfg(target_os = "linux")]
fn the_three_ports_are_open_on_loopback_and_nothing_else() {
    let folder = Folder::new();
    let server = Server::demo(&folder, "");
    let mut expected = server.ports.map(|address| address.port()).to_vec();
    expected.sort_unstable();
    assert_eq!(listens(server.child.id()), (expected, 0));
    assert!(server.ports.iter().all(|address| address.ip().is_loopback()));
}
