//! Every way a connection can end: each gives its place back, and nobody else
//! notices.

use std::net::SocketAddr;

use guildhall_server::Config;
use guildhall_server::gate::Caps;

use crate::bystanders::Bystanders;
use crate::client::{Client, handshake};
use crate::hall::Hall;
use crate::wire::{self, BINARY, CLOSE, FIN, PING, TEXT, eventually};

/// A way to end a connection that is in the room.
type Ending = (&'static str, fn(Client));

const ENDINGS: [Ending; 9] = [
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
const EARLY_ENDINGS: [Ending; 4] = [
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
pub(crate) fn end_in_every_way(address: SocketAddr, times: u32) {
    for _ in 0..times {
        for (_, end) in ENDINGS {
            end(Client::join(address).0);
        }
        for (_, end) in EARLY_ENDINGS {
            end(Client::dial(address));
        }
    }
}

#[test]
fn every_ending_gives_its_place_back() {
    let hall = Hall::with(Config {
        caps: Caps {
            total: 1,
            per_address: 0,
        },
        ..Config::default()
    });
    let join = || {
        let mut client = Client::dial(hall.address());
        client.send(handshake("").as_bytes());
        (client.response().status == 101).then(|| {
            client.expect_id();
            client
        })
    };
    for (name, end) in ENDINGS {
        let client = eventually(&format!("the place before {name}"), join);
        assert!(join().is_none(), "the only place is taken");
        end(client);
    }
    for (name, end) in EARLY_ENDINGS {
        end(Client::dial(hall.address()));
        eventually(&format!("the place after {name}"), join);
    }
}

#[test]
fn no_ending_disturbs_the_others() {
    let hall = Hall::open();
    let others = Bystanders::of(&hall);
    end_in_every_way(hall.address(), 3);
    others.undisturbed();
}

#[test]
fn all_at_once_are_gone_and_the_room_goes_on() {
    let hall = Hall::open();
    let (mut one, mut two) = hall.pair();
    let crowd: Vec<_> = (0..100).map(|_| hall.join().0).collect();
    for client in crowd {
        client.reset();
    }
    for n in 0..10 {
        let text = format!("line {n}");
        one.say(&text);
        two.expect_chat(1, &text);
    }
}
