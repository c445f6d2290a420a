//! Bytes on a port with TLS that are no TLS, or stop in the middle.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use futures_rustls::rustls::{ALL_VERSIONS, ClientConnection};
use guildhall_testing::authority::Authority;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::PATIENCE;

use super::direct::Direct;
use super::secure;

/// Sends these bytes to a server with TLS. Returns what it answers, up to the end.
fn answer(server: &TestServer, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    unless_reset(socket.write_all(bytes));
    unless_reset(socket.shutdown(Shutdown::Write));
    unless_reset(socket.read_to_end(&mut answer));
    answer
}

/// The server may end the connection before it has read all, at any of these steps.
fn unless_reset<T>(result: io::Result<T>) {
    if let Err(error) = result {
        let is_reset = matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::NotConnected
        );
        assert!(is_reset, "{error}");
    }
}

/// The first message of a client.
fn hello(authority: &Authority) -> Vec<u8> {
    let mut bytes = Vec::new();
    authority
        .connection(ALL_VERSIONS)
        .write_tls(&mut bytes)
        .unwrap();
    bytes
}

fn is_well(server: &TestServer, authority: &Authority) {
    assert!(
        Direct::dial(server, authority)
            .get("/healthz")
            .ends_with("ok\n")
    );
}

#[test]
fn plain_http_is_told_that_the_port_speaks_tls() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "G", "OPTIONS *"] {
        let answer = String::from_utf8(answer(&server, request.as_bytes())).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.ends_with("use https:// (and wss:// for the WebSocket)\n"));
    }
    is_well(&server, &authority);
}

#[test]
fn rubbish_ends_its_own_connection_alone() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    let mut open = Direct::dial(&server, &authority);
    for bytes in [
        &[0][..],
        b"GET",
        b"\x80\x2e\x01\x03\x01",
        b"SSH-2.0-x\r\n",
        &vec![255; 70_000],
    ] {
        let got = answer(&server, bytes);
        assert!(got.is_empty() || bytes == b"GET", "{got:?}");
    }
    let mut bytes = hello(&authority);
    // Behind the header, something else.
    for at in [5, 9, 43, 60, 100] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        answer(&server, &damaged);
    }
    for length in 1..bytes.len() {
        if length % 31 == 0 {
            assert_eq!(answer(&server, &bytes[..length]), b"");
        }
    }
    // A record of TLS that says it is longer than any is gets an alert (RFC 8446 section 6).
    bytes[3] = 0xff;
    bytes.resize(40_000, 0);
    assert_eq!(answer(&server, &bytes).first(), Some(&21));
    assert!(open.get("/healthz").ends_with("ok\n"));
    is_well(&server, &authority);
}

#[test]
fn a_client_without_http_1_is_refused_by_tls() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let config = authority.client(ALL_VERSIONS, b"h2");
    let mut client = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let error = loop {
        match client.complete_io(&mut socket) {
            Ok(_) => assert!(client.is_handshaking()),
            Err(error) => break error,
        }
    };
    assert!(
        error.to_string().contains("NoApplicationProtocol"),
        "{error}"
    );
}

#[test]
fn a_client_that_stops_in_its_handshake_is_dropped_and_holds_up_nobody() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    let bytes = hello(&authority);
    let mut silent: Vec<_> = (0..20)
        .map(|n| {
            let mut socket = TcpStream::connect(server.address()).unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            // Some say nothing, some a part of it, and some all and nothing more.
            socket
                .write_all(&bytes[..[0, bytes.len() / 2, bytes.len()][n % 3]])
                .unwrap();
            socket
        })
        .collect();
    is_well(&server, &authority);
    for socket in &mut silent {
        let mut answer = Vec::new();
        socket
            .read_to_end(&mut answer)
            .expect("an end within the deadline");
    }
    is_well(&server, &authority);
}

#[test]
fn what_is_damaged_after_the_handshake_ends_the_connection() {
    let authority = Authority::new();
    let server = TestServer::with(secure(&authority));
    let mut client = Direct::dial(&server, &authority);
    client.upgrade();
    let record = [&[23, 3, 3, 0, 40][..], &[7; 40]].concat();
    client.socket().write_all(&record).unwrap();
    let mut rest = Vec::new();
    let _ = client.socket().read_to_end(&mut rest);
    is_well(&server, &authority);
}
