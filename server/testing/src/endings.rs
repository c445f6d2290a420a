//! Every way a connection can end.

use std::net::SocketAddr;

use crate::client::{Client, handshake};
use crate::wire::{self, BINARY, CLOSE, FIN, PING, TEXT};

/// A way to end a connection that is in the room.
pub type Ending = (&'static str, fn(Client));

/// The ways to end a connection that is in the lobby.
pub const ENDINGS: [Ending; 9] = [
    ("a close frame", |mut client| {
        client.send_frame(CLOSE, &1000_u16.to_be_bytes());
        assert_eq!(client.read_to_close().0, Some(1000));
    }),
    ("a close frame, and gone before the answer", |mut client| {
        client.send_frame(CLOSE, &1001_u16.to_be_bytes());
    }),
    ("gone without a word", drop),
    ("a reset", Client::reset),
    ("gone in the middle of a frame", |mut client| {
        let frame = wire::masked(FIN | BINARY, &wire::chat(0, "half"));
        client.send(&frame[..frame.len() / 2]);
    }),
    ("a reset behind a ping", |mut client| {
        client.send_frame(PING, b"and gone");
        client.reset();
    }),
    ("closed for a text message", |mut client| {
        client.send_frame(TEXT, b"text");
        client.expect_close(1003);
    }),
    (
        "closed for a text message, and gone at once",
        |mut client| {
            client.send_frame(TEXT, b"text");
            client.reset();
        },
    ),
    ("closed for a broken frame", |mut client| {
        client.try_send(&wire::unmasked(FIN | BINARY, b"not masked"));
        client.expect_close(1002);
    }),
];

/// The same before there is a WebSocket.
pub const EARLY_ENDINGS: [Ending; 4] = [
    ("gone before a word", drop),
    ("reset before a word", Client::reset),
    ("gone in the handshake", |mut client| {
        client.send(&handshake("").as_bytes()[..50]);
    }),
    ("gone before the answer", |mut client| {
        client.send(handshake("").as_bytes());
        client.reset();
    }),
];

/// Ends connections in each way, `times` times.
pub fn end_in_every_way(address: SocketAddr, times: u32) {
    for _ in 0..times {
        for (_, end) in ENDINGS {
            end(Client::join(address).0);
        }
        for (_, end) in EARLY_ENDINGS {
            end(Client::dial(address));
        }
    }
}
