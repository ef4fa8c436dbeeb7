//! What is said to be stored is there after the process was killed at any moment, whole.

mod common;

use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use common::{Folder, Host, KEY, Server, frame};
use pump::Pump;
use pump_server::{demo, disk::Disk};

/// Numbers that look random and are the same each time.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// What a transfer goes on to before the process is killed.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// The last byte has left.
    Sent,
    /// Something of the commit is in the folder.
    Begun,
    /// A control record is.
    Named,
    /// The commit is answered.
    Answered,
}

/// What is in the folder of the pump's memory: names and what tells one file from another.
fn files(folder: &Folder) -> Vec<(String, u64, u64)> {
    let all = std::fs::read_dir(folder.0.join("memory")).expect("there");
    let mut all: Vec<_> = all
        .filter_map(|file| {
            let (file, data) = file.and_then(|file| Ok((file.file_name(), file.metadata()?))).ok()?;
            Some((file.to_string_lossy().into_owned(), data.ino(), data.len()))
        })
        .collect();
    all.sort_unstable();
    all
}

/// Sends so many bytes of a transfer, and waits for the answers to whole requests but the last one.
/// Whether the library was said to be stored.
fn transfer(folder: &Folder, server: &Server, library: &[u8], bytes: usize, until: Until) -> bool {
    let mut host = Host::prove(server.ports[2], KEY).expect("welcome");
    let requests = host.requests(library);
    let mut left = bytes;
    for (number, request) in requests.iter().enumerate() {
        let own = request.len().min(left);
        let before = files(folder);
        host.client.send(&request[..own]);
        left -= own;
        let is_commit = number + 1 == requests.len() && own == request.len();
        let records = |all: &[(String, u64, u64)]| {
            all.iter()
                .filter(|(name, ..)| name.starts_with("control") && !name.ends_with("new"))
                .cloned()
                .collect::<Vec<_>>()
        };
        match until {
            Until::Begun if is_commit => while files(folder) == before {},
            Until::Named if is_commit => while records(&files(folder)) == records(&before) {},
            Until::Answered if is_commit => {}
            _ if left > 0 => {}
            _ => return false,
        }
        if is_commit && !matches!(until, Until::Answered) {
            return false;
        }
        let (kind, payload) = Host::answer(&mut host.client);
        assert_ne!(kind, 0xFF, "request {number} was refused: {payload:?}");
        if is_commit {
            return kind == 0x85;
        }
    }
    unreachable!("there are no more bytes than those of all requests")
}

/// The active library, read as the pump would from a copy: a lock of this process might be handed on
/// to another one that it starts.
fn active(folder: &Folder) -> Vec<u8> {
    let copy = Folder::new();
    for (name, ..) in files(folder) {
        std::fs::copy(folder.0.join("memory").join(&name), copy.0.join(&name)).expect("copied");
    }
    let pump = Pump::power_on(Disk::open(&copy.0, 4 << 20).expect("readable"));
    pump.active().expect("a library").bytes().to_vec()
}

#[test]
fn whenever_the_process_is_killed_the_old_or_the_new_library_is_in_use_whole() {
    let folder = Folder::new();
    let config = folder.config("storage = 'memory'", "");
    let libraries = [demo::library("Ward"), demo::library("Another ward")];
    Server::start(&config, &["--demo"]).kill();
    assert_eq!(active(&folder), libraries[0], "the library of the demonstration was durable at once");
    let (mut random, mut now, mut became) = (Seeded(17), 0, [0, 0]);
    for moment in 0..50 {
        let server = Server::start(&config, &[]);
        let new = &libraries[1 - now];
        // The proof of the key is no part of it.
        let host = Host::prove(server.ports[2], KEY).expect("welcome");
        let all: usize = host.requests(new).iter().map(Vec::len).sum();
        server.gone(host);
        // Half of them anywhere, the others at the end, where it is decided.
        let bytes = if moment % 2 == 0 { 1 + random.below(all) } else { all };
        let until = [Until::Sent, Until::Begun, Until::Named, Until::Answered][random.below(4)];
        let stored = transfer(&folder, &server, new, bytes, until);
        server.kill();
        Server::start(&config, &[]).kill();
        let found = active(&folder);
        let place = libraries.iter().position(|library| *library == found);
        let what = format!("moment {moment}, {bytes} of {all} bytes, {until:?}");
        let place = place.unwrap_or_else(|| panic!("{what}: neither, or not whole"));
        assert!(!stored || place != now, "{what}: it was said to be stored");
        assert!(bytes == all || place == now, "{what}: it was never committed");
        became[usize::from(place != now)] += 1;
        now = place;
    }
    assert!(became.iter().all(|times| *times >= 10), "moments tell apart: {became:?}");
}

#[test]
fn a_disk_with_no_room_is_said_and_changes_nothing() {
    let folder = Folder::new();
    let config = folder.config("storage = 'memory'", "");
    Server::start(&config, &["--demo"]).kill();
    let before = active(&folder);
    // Files of at most 2 KiB: what is written beyond that fails as on a full disk.
    let program = common::command();
    let limited = "trap '' XFSZ; ulimit -f $1; shift; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", limited, "sh", "2"]).arg(program.get_program()).arg("--config").arg(&config);
    let mut server = Server::of(command.stderr(Stdio::null()));
    let mut host = Host::prove(server.ports[2], KEY).expect("welcome");
    let refused = host.requests(&[7; 8_192]).iter().map(|request| host.ask(request)).find(|(kind, _)| *kind == 0xFF);
    assert_eq!(refused, Some((0xFF, vec![4, 11])), "a chunk; the memory failed");
    assert!(server.bedside("show").contains("library \"Demonstration\", staged false"));
    assert_eq!(host.ask(&frame(6, host.session, &[])).1[0], 0b100, "no transfer, nothing staged, one active");
    server.kill();
    assert_eq!(active(&folder), before);
}

#[test]
fn a_transfer_that_was_broken_off_is_gone_on_with_while_the_server_runs() {
    let folder = Folder::new();
    let server = Server::start(&folder.config("storage = 'memory'", ""), &[]);
    let library = demo::library("Ward");
    let mut host = Host::prove(server.ports[2], KEY).expect("welcome");
    let requests = host.requests(&library);
    for request in &requests[..4] {
        host.ask(request);
    }
    server.gone(host);
    let mut again = Host::prove(server.ports[2], KEY).expect("welcome");
    let requests = again.requests(&library);
    assert_eq!(again.ask(&requests[0]), (0x83, 3_u32.to_le_bytes().to_vec()), "three chunks have come");
    let last = requests[4..].iter().map(|request| again.ask(request)).last();
    assert_eq!(last, Some((0x85, vec![0])));
}
