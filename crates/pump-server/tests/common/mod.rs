//! A server in a process of its own, and plain clients of its three ports.
#![allow(dead_code, reason = "each test binary uses its part of this module")]

#[path = "../../../pump/tests/common/examples.rs"]
mod examples;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pump::transfer::Key;
use sha2::{Digest, Sha256};

/// What nobody who answers at all takes as long for.
const HANGS: Duration = Duration::from_secs(30);

/// The key of the servers under test.
pub const KEY: [u8; 32] = *b"a key that only tests ever have.";

/// A folder that is removed in the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pump-server-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    /// Writes a configuration with any free ports, the key and these lines.
    pub fn config(&self, top: &str, tables: &str) -> PathBuf {
        let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!(
            "key = '{key}'\n{top}\n[order]\nport = 0\n[transfer]\nport = 0\n{tables}\n{}port = 0\n",
            if tables.contains("[bcc]") { "" } else { "[bcc]\n" }
        );
        let path = self.0.join("server.toml");
        std::fs::write(&path, text).expect("written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The server's program. Its name does not survive the shell that compilers are started by here, so
/// that it is looked up when tests run.
pub fn command() -> Command {
    Command::new(std::env::var_os("CARGO_BIN_EXE_pump-server").expect("started by cargo"))
}

/// A server that is ready.
pub struct Server {
    pub child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// BCC, orders, library transfers.
    pub ports: [SocketAddr; 3],
}

impl Server {
    pub fn start(config: &Path, more: &[&str]) -> Self {
        let mut command = command();
        command.arg("--config").arg(config).args(more);
        Self::of(command.stderr(Stdio::null()))
    }

    /// A server that is started by this.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
        let (input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let mut output = BufReader::new(output);
        let ports = ["bcc", "order", "transfer"].map(|name| {
            let line = line(&mut output);
            let address = line.strip_prefix(name).unwrap_or_else(|| panic!("{line:?} is not about {name}"));
            address.trim().parse().expect("an address")
        });
        assert_eq!(line(&mut output), "ready");
        Server { child, input, output, ports }
    }

    /// A server for trying things out.
    pub fn demo(folder: &Folder, tables: &str) -> Self {
        Self::start(&folder.config("", tables), &["--demo"])
    }

    /// Does something at the bedside.
    pub fn bedside(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}").expect("taken");
        line(&mut self.output)
    }

    /// Ends a host's session: another one is welcome once the pump knows that this one is gone.
    pub fn gone(&self, host: Host) {
        drop(host);
        loop {
            let mut client = Client::to(self.ports[2]);
            client.send(&Host::hello());
            if Host::answer(&mut client).0 == 0x81 {
                return;
            }
        }
    }

    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Ends it by a signal; its last line and exit code.
    pub fn end(mut self, signal: &str) -> (String, Option<i32>) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill is there").success());
        let last = line(&mut self.output);
        (last, self.child.wait().expect("gone").code())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    line.trim_end().to_string()
}

/// A plain client.
#[derive(Debug)]
pub struct Client(pub TcpStream);

impl Client {
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connected");
        stream.set_read_timeout(Some(HANGS)).expect("set");
        stream.set_nodelay(true).expect("set");
        Client(stream)
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("sent");
    }

    /// Reads up to and with these bytes.
    pub fn until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut got = Vec::new();
        while !got.ends_with(end) {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {got:02x?}"));
            got.push(byte[0]);
        }
        got
    }

    pub fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut got = vec![0; length];
        self.0.read_exact(&mut got).expect("answered");
        got
    }

    /// Whether the server closes the connection before it sends anything more.
    pub fn is_closed(&mut self) -> bool {
        match self.0.read(&mut [0; 64]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

/// The frame of a request of BCC, as it travels without stuffing.
pub fn bcc(bed: &str, request: &str) -> Vec<u8> {
    let length = bed.len() + request.len() + 19;
    let text = format!("\u{1}{length:05}\u{2}{bed}/1/1>{request}\u{3}");
    let sum: u32 = text.bytes().map(u32::from).sum::<u32>() % 256;
    format!("{text}{sum:05}\u{4}").into_bytes()
}

/// As it travels with stuffing.
pub fn stuffed(frame: &[u8]) -> Vec<u8> {
    let stuff = |byte: &u8| match byte {
        b'D' => b"EX".to_vec(),
        b'E' => b"EE".to_vec(),
        b'd' => b"ex".to_vec(),
        b'e' => b"ee".to_vec(),
        other => vec![*other],
    };
    frame.iter().flat_map(stuff).collect()
}

/// A request in the frame of library transfers.
pub fn frame(kind: u8, session: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = b"LT\x01".to_vec();
    frame.push(kind);
    frame.extend(session.to_le_bytes());
    frame.extend((payload.len() as u16).to_le_bytes());
    frame.extend(payload);
    let mut crc = u32::MAX;
    for byte in &frame {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    frame.extend((!crc).to_le_bytes());
    frame
}

pub const NONCE: [u8; 16] = [9; 16];
pub const ID: [u8; 16] = [5; 16];
pub const CHUNK: usize = 64;

/// A host that brings a library.
#[derive(Debug)]
pub struct Host {
    pub client: Client,
    pub session: u32,
    key: Key,
}

impl Host {
    /// An answer: kind and payload.
    pub fn answer(client: &mut Client) -> (u8, Vec<u8>) {
        let head = client.exactly(10);
        assert_eq!(&head[..3], b"LT\x01");
        let payload = client.exactly(usize::from(u16::from_le_bytes([head[8], head[9]])));
        client.exactly(4);
        (head[3], payload)
    }

    pub fn hello() -> Vec<u8> {
        frame(1, 0, &[&[1, 1][..], b"host\0\0\0\0\0\0\0\0\0\0\0\0", &NONCE].concat())
    }

    /// Proves to have a key; the kind of the last answer if it is refused.
    pub fn prove(address: SocketAddr, key: [u8; 32]) -> Result<Host, (u8, Vec<u8>)> {
        let (mut client, key) = (Client::to(address), Key::from(key));
        client.send(&Self::hello());
        let (kind, challenge) = Self::answer(&mut client);
        assert_eq!(kind, 0x81);
        let challenge: [u8; 16] = challenge.try_into().expect("a challenge");
        client.send(&frame(2, 0, &key.mac(pump::transfer::HELLO, &[&NONCE, &challenge])));
        let (kind, payload) = Self::answer(&mut client);
        if kind != 0x82 {
            return Err((kind, payload));
        }
        let session = u32::from_le_bytes(payload.try_into().expect("a session"));
        Ok(Host { client, session, key: key.of_session(&NONCE, &challenge) })
    }

    /// All requests of a transfer, from begin to commit.
    pub fn requests(&self, library: &[u8]) -> Vec<Vec<u8>> {
        let size = (library.len() as u32).to_le_bytes();
        let digest: [u8; 32] = Sha256::digest(library).into();
        let begin = [&ID[..], &size, &digest, &(CHUNK as u16).to_le_bytes()].concat();
        let mut all = vec![frame(3, self.session, &begin)];
        for (number, data) in library.chunks(CHUNK).enumerate() {
            all.push(frame(4, self.session, &[&(number as u32).to_le_bytes()[..], data].concat()));
        }
        all.push(frame(5, self.session, &self.key.mac(pump::transfer::COMMIT, &[&ID, &size, &digest])));
        all
    }

    pub fn ask(&mut self, request: &[u8]) -> (u8, Vec<u8>) {
        self.client.send(request);
        Self::answer(&mut self.client)
    }
}

/// The example orders of the source, as they travel.
pub fn orders() -> [Vec<u8>; 2] {
    [examples::dopamine(), examples::saline()].map(|message| examples::mllp(&message))
}

/// The end of a message on the order port.
pub const END: &[u8] = b"\x1c\r";
