//! `guildhall chat` through a proxy that ends TLS, and what it says if the proxy cannot be
//! trusted.

use std::net::TcpListener;
use std::process::Stdio;

use rcgen::date_time_ymd;

use crate::piped_chat::{PipedChat, script};
use crate::program::{Program, command};
use crate::tls_end::{Authority, params};

/// Asserts that a chat with a server that cannot be trusted fails, with these words.
#[track_caller]
fn refused(host: &str, port: u16, flags: &[&str], words: &str) {
    let url = format!("wss://{host}:{port}/ws");
    script(&url, "Ann", &["hi"], flags).failed_with(words);
}

#[test]
fn a_chat_works_through_tls() {
    let program = Program::start(&[]);
    let authority = Authority::new();
    let port = authority.end(program.address(), &["localhost", "127.0.0.1"]);
    let flags = ["--ca", authority.file()];
    let mut ann = PipedChat::start(&format!("wss://localhost:{port}/ws"), "Ann", &flags);
    ann.say(&["hello"]);
    ann.wait_for("[lobby] Ann: hello");
    // By an IP address, and with more text than a TLS record holds.
    let long = "x".repeat(4_000);
    let mut bob = PipedChat::start(&format!("wss://127.0.0.1:{port}/ws"), "Bob", &flags);
    bob.say(&[long.as_str(); 20]);
    bob.end().succeeded();
    for _ in 0..20 {
        ann.wait_for(&format!("[lobby] Bob: {long}"));
    }
    ann.end().succeeded();
}

#[test]
fn the_system_s_certificates_are_trusted() {
    let program = Program::start(&[]);
    let authority = Authority::new();
    let port = authority.end(program.address(), &["localhost"]);
    let url = format!("wss://localhost:{port}/ws");
    let trusts = |file: &str| {
        let status = command(&["chat", &url, "--language", "en"])
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap().success()
    };
    assert!(trusts(authority.file()));
    assert!(!trusts(Authority::new().file()));
    assert!(!trusts("/nowhere"), "no certificate is trusted");
}

#[test]
fn a_stranger_s_certificate_is_refused() {
    let program = Program::start(&[]);
    let port = Authority::new().end(program.address(), &["localhost"]);
    let other = Authority::new();
    let flags = ["--ca", other.file()];
    refused(
        "localhost",
        port,
        &flags,
        "of nobody whom this computer trusts",
    );
}

#[test]
fn a_certificate_for_somebody_else_is_refused() {
    let program = Program::start(&[]);
    let authority = Authority::new();
    let flags = ["--ca", authority.file()];
    let names = ["chat.example", "*.games.example", "192.0.2.7"];
    let port = authority.end(program.address(), &names);
    let words = "is for chat.example, *.games.example, 192.0.2.7, not for localhost";
    refused("localhost", port, &flags, words);
}

#[test]
fn a_certificate_that_is_not_valid_now_is_refused() {
    let program = Program::start(&[]);
    let authority = Authority::new();
    let flags = ["--ca", authority.file()];
    let mut old = params(&["localhost"]);
    old.not_after = date_time_ymd(2020, 2, 29);
    let port = authority.end_with(program.address(), old);
    let words = "was valid until 2020-02-29 and is no more";
    refused("localhost", port, &flags, words);
    let mut early = params(&["localhost"]);
    early.not_before = date_time_ymd(2999, 1, 1);
    let port = authority.end_with(program.address(), early);
    let words = "is not valid before 2999-01-01";
    refused("localhost", port, &flags, words);
}

#[test]
fn an_authority_s_certificate_is_no_server_s() {
    let program = Program::start(&[]);
    let authority = Authority::new();
    let port = authority.end_itself(program.address());
    let flags = ["--ca", authority.file()];
    refused(
        "localhost",
        port,
        &flags,
        "is that of an authority (CA:TRUE)",
    );
}

#[test]
fn an_error_says_whether_the_server_speaks_tls() {
    let program = Program::start(&[]);
    let authority = Authority::new();
    let flags = ["--ca", authority.file()];
    let port = program.address().port();
    refused(
        "localhost",
        port,
        &flags,
        "does not speak TLS there: a ws://",
    );
    let port = authority.end(program.address(), &["localhost"]);
    let url = format!("ws://localhost:{port}/ws");
    script(&url, "Ann", &["hi"], &[]).failed_with("with a wss:// address");
}

#[test]
fn a_server_that_closes_early_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::Read as _;
        for client in listener.incoming() {
            // Without this read, the socket would be reset instead of closed.
            let _ = client.unwrap().read(&mut [0; 1024]);
        }
    });
    let authority = Authority::new();
    let flags = ["--ca", authority.file(), "--wait", "1"];
    let url = format!("wss://localhost:{port}/ws");
    let ended = script(&url, "Ann", &["hi"], &flags);
    ended.failed_with("no answer for 1 s (--wait)");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let nothing = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
    let wss = "wss://localhost:1/ws";
    script(wss, "Ann", &[], &["--ca", &nothing]).failed_with("there is no certificate in");
    script(wss, "Ann", &[], &["--ca", "/nowhere"]).failed_with("cannot read certificates from");
    script("ws://localhost:1/ws", "Ann", &[], &["--ca", &nothing])
        .failed_with("--ca is for wss://");
}
