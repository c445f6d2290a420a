//! The echo: a connection whose messages are answered with the same ones. No server has such
//! connections, but for the example `echo`, with which a suite of others tests how this server
//! speaks RFC 6455.

use std::rc::Rc;
use std::time::{Duration, Instant};

use async_tungstenite::tungstenite::Message;
use guildhall_protocol::Protocol;

use crate::config::Config;
use crate::net::socket::Socket;
use crate::net::upgraded::Upgraded;
use crate::outgoing::connection::{Connection, Deadlines};
use crate::outgoing::frame;
use crate::worker::Worker;

/// The most bytes of a message: the longest of the suite has 16 MiB.
pub(super) const MAX_MESSAGE: usize = 16 << 20;

/// How long no client is asked for a sign of life, and none has to say hello.
const PATIENCE: Duration = Duration::from_hours(1);

/// The settings of a server that echoes.
pub(crate) fn config() -> Config {
    let config = Config::default();
    Config {
        // As a message, and the control frames beside it.
        max_waiting: 2 * MAX_MESSAGE,
        deadlines: Deadlines {
            ping_after: PATIENCE,
            hello_within: PATIENCE,
            ..config.deadlines
        },
        ..config
    }
}

/// The connection as one that echoes: of the protocol in which the server says nothing first.
pub(super) fn prepare(upgraded: Upgraded) -> Upgraded {
    Upgraded {
        protocol: Protocol::V1,
        ..upgraded
    }
}

/// Answers a message with the same one.
pub(super) fn answer(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    message: Message,
    now: Instant,
) {
    let is_text = message.is_text();
    let frame = frame::message(is_text, &message.into_data());
    connection.send_all(&frame, now);
    worker.drain_if_queued(connection);
}
