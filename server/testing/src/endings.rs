//! Every way a connection can end.

use std::net::SocketAddr;

use crate::client::{Client, handshake};
use crate::wire::{self, BINARY, CLOSE, FIN, PING, TEXT};

/// The name of a way to end a connection, and the function that does it.
pub type Ending = (&'static str, fn(Client));

/// The ways to end a connection that is in the lobby.
pub const ENDINGS: [Ending; 9] = [
    ("a close frame", |mut client| client.say_goodbye()),
    ("a close frame, and no wait for the answer", |mut client| {
        client.send_frame(CLOSE, &1001_u16.to_be_bytes());
    }),
    ("a socket that is closed without a close frame", drop),
    ("a reset", Client::reset),
    (
        "a socket that is closed in the middle of a frame",
        |mut client| {
            let frame = wire::masked(FIN | BINARY, &wire::chat(0, "half"));
            client.send(&frame[..frame.len() / 2]);
        },
    ),
    ("a reset behind a ping", |mut client| {
        client.send_frame(PING, b"and gone");
        client.reset();
    }),
    (
        "a text message, which the server closes for",
        |mut client| {
            client.send_frame(TEXT, b"text");
            client.expect_close(1003);
        },
    ),
    ("a text message and a reset", |mut client| {
        client.send_frame(TEXT, b"text");
        client.reset();
    }),
    (
        "a broken frame, which the server closes for",
        |mut client| {
            client.try_send(&wire::unmasked(FIN | BINARY, b"not masked"));
            client.expect_close(1002);
        },
    ),
];

/// The ways to end a connection before it is a WebSocket.
pub const EARLY_ENDINGS: [Ending; 4] = [
    ("a socket that is closed before a byte", drop),
    ("a reset before a byte", Client::reset),
    ("a socket that is closed in the handshake", |mut client| {
        client.send(&handshake("").as_bytes()[..50]);
    }),
    (
        "a reset before the answer to the handshake",
        |mut client| {
            client.send(handshake("").as_bytes());
            client.reset();
        },
    ),
];

/// Ends a connection in each way, `times` times.
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
