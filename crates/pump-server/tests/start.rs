//! When the server starts, when it does not, and how it ends.

mod common;

use std::net::TcpListener;
use std::process::Output;

use common::{Folder, Server, command};

/// Starts a server that is not to start; what it says.
fn refused(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = command().args(arguments).output().expect("started");
    assert_eq!((status.code(), String::from_utf8_lossy(&stdout).as_ref()), (Some(2), ""));
    let said = String::from_utf8(stderr).expect("text");
    for part in ["error: ", "\n  where: ", "\n  why: ", "\n  what to do: "] {
        assert!(said.contains(part), "{said}");
    }
    said
}

/// The same with this configuration.
fn refused_with(text: &str) -> String {
    let folder = Folder::new();
    let path = folder.0.join("server.toml");
    std::fs::write(&path, text).expect("written");
    refused(&["--config", path.to_str().expect("text")])
}

const KEY: &str = "key = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\n";

#[test]
fn without_a_key_nothing_is_started() {
    for said in [refused(&[]), refused_with("storage = 'memory'\n")] {
        assert!(said.contains("there is no key") && said.contains("key_file"), "{said}");
    }
}

#[test]
fn without_a_memory_nothing_is_started() {
    assert!(refused_with(KEY).contains("there is no place for the pump's memory"));
}

#[test]
fn a_configuration_that_is_wrong_is_named_with_its_place() {
    let said = refused_with("[bcc]\nport = 65536\n");
    assert!(said.contains("line 2") && said.contains("65536"), "{said}");
    assert!(refused_with("pasword = 'x'\n").contains("unknown field `pasword`"));
    assert!(refused(&["--config", "/not/there.toml"]).contains("/not/there.toml"));
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = taken.local_addr().expect("bound").port();
    let said = refused_with(&format!("{KEY}storage = 'memory'\n[bcc]\nport = 0\n[order]\nport = {port}\n"));
    assert!(said.contains(&format!("order, 127.0.0.1:{port}")), "{said}");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let said = refused_with(&format!("{KEY}storage = 'server.toml/memory'\n[bcc]\nport = 0\n"));
    assert!(said.contains("server.toml/memory") && said.contains("the pump's memory cannot be used"), "{said}");
    let folder = Folder::new();
    let config = folder.config("storage = 'memory'", "");
    let server = Server::start(&config, &[]);
    let said = refused(&["--config", config.to_str().expect("text")]);
    assert!(said.contains("another server uses it"), "{said}");
    server.kill();
    Server::start(&config, &[]).kill();
}

#[test]
fn a_signal_ends_it_in_good_order() {
    for signal in ["-TERM", "-INT"] {
        let folder = Folder::new();
        let (last, code) = Server::demo(&folder, "").end(signal);
        assert!(last.starts_with("stopped: ") && last.ends_with(" 0 missed"), "{last}");
        assert_eq!(code, Some(0));
    }
}

#[test]
fn the_demonstration_makes_another_key_each_time_and_logs_none() {
    let keys = [(); 2].map(|()| {
        let folder = Folder::new();
        let path = folder.0.join("server.toml");
        std::fs::write(&path, "[bcc]\nport = 0\n[order]\nport = 0\n[transfer]\nport = 0\n").expect("written");
        let mut run = command();
        run.args(["--demo", "--log", "debug", "--config"]).arg(&path);
        run.stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let child = run.spawn().expect("started");
        let id = child.id().to_string();
        let child = std::cell::RefCell::new(child);
        let mut first = String::new();
        {
            let mut child = child.borrow_mut();
            let mut lines = std::io::BufReader::new(child.stdout.as_mut().expect("piped"));
            while !first.ends_with("ready\n") {
                std::io::BufRead::read_line(&mut lines, &mut first).expect("a line");
            }
        }
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().expect("there").success());
        let Output { stderr, .. } = child.into_inner().wait_with_output().expect("ended");
        let key = first.lines().next().and_then(|line| line.strip_prefix("key ")).expect("a key").to_string();
        let log = String::from_utf8(stderr).expect("text");
        assert!(!log.contains(&key) && log.lines().all(|line| line.starts_with("{\"timestamp\"")), "{log}");
        key
    });
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[0].len(), 64);
}
