use super::*;
use async_tungstenite::tungstenite::{Message, accept};
use guildhall_protocol::{Message as _, Packet};
use std::net::TcpListener;
use std::thread;

/// Connects a client to a server that greets it, waits for a message and then
/// sends `bytes`. Returns the messages that the client receives, and how its
/// connection ends.
fn receive(bytes: &'static [u8]) -> (Vec<Vec<u8>>, End) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = ServerUrl::at(listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut socket = accept(listener.accept().unwrap().0).unwrap();
        let hello = Packet::id(1).encode_to_vec();
        socket.send(Message::binary(hello)).unwrap();
        socket.read().unwrap();
        socket.get_mut().write_all(bytes).unwrap();
        while socket.read().is_ok() {}
    });
    let mut clients = Clients::tutorial().unwrap();
    clients.connect(&target, 1, |_| {}).unwrap();
    clients.say(0, "go on");
    let mut messages = Vec::new();
    let start = Instant::now();
    let end = loop {
        if let Some((0, end)) = clients.ends().next() {
            break end;
        }
        let keep = |_, _, message: &[u8]| messages.push(message.to_vec());
        clients.turn(Some(Duration::from_secs(1)), keep).unwrap();
        assert!(start.elapsed() < Duration::from_secs(10), "{messages:?}");
    };
    drop(clients);
    server.join().unwrap();
    (messages, end)
}

#[test]
fn fragments_pings_and_a_close_are_read() {
    let (messages, end) = receive(&[
        0x02, 2, b'a', b'b', 0x89, 2, b'h', b'i', 0x80, 1, b'c', // a ping within
        0x82, 1, b'd', 0x88, 2, 0x0b, 0xb8,
    ]);
    assert_eq!(messages, [b"abc".to_vec(), b"d".to_vec()]);
    assert_eq!(end, End::Closed(Some(3000)));
}

#[test]
fn a_ping_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = ServerUrl::at(listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut socket = accept(listener.accept().unwrap().0).unwrap();
        let hello = Packet::id(1).encode_to_vec();
        socket.send(Message::binary(hello)).unwrap();
        socket.send(Message::Ping("hi".into())).unwrap();
        socket.read().unwrap()
    });
    let mut clients = Clients::tutorial().unwrap();
    clients.connect(&target, 1, |_| {}).unwrap();
    while clients.ends().next().is_none() {
        clients
            .turn(Some(Duration::from_secs(1)), |_, _, _| {})
            .unwrap();
    }
    assert_eq!(server.join().unwrap(), Message::Pong("hi".into()));
}

#[test]
fn bytes_that_are_not_a_websockets_end_the_connection() {
    let (messages, end) = receive(&[0x81, 0x80, 0, 0, 0, 0]);
    assert!(messages.is_empty());
    assert_eq!(end, End::Lost);
}

#[test]
fn a_client_that_cannot_connect_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = ServerUrl::at(free.local_addr().unwrap());
    drop(free);
    let error = Clients::tutorial()
        .unwrap()
        .connect(&target, 3, |_| {})
        .unwrap_err();
    assert_eq!(error.client, 1);
    assert!(matches!(error.source, HandshakeError::NoServer));
}
