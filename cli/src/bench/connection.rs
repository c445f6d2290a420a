//! One client's connection: the frames that it reads and the frames that it
//! still has to write, around the [`Client`] that speaks the protocol.

use guildhall_protocol::UserId;

use super::client::Client;
use super::inbox::{self, FrameError, Inbox, Incoming};

/// A connection. Its socket is in [`Sockets`](super::sockets::Sockets).
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) inbox: Inbox,
    /// Frames that are not written yet.
    pub(super) outgoing: Vec<u8>,
    /// Whether the socket is watched for room to write.
    pub(super) is_waiting_to_write: bool,
    /// Whether the client does not read.
    pub(super) is_stalled: bool,
    /// How the connection ended, if it did.
    pub(super) end: Option<End>,
}

/// How a client's connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The server closed it, with this code if it gave one.
    Closed(Option<u16>),
    /// The connection broke, or the server sent bytes that are not a WebSocket's.
    Lost,
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            inbox: Inbox::default(),
            outgoing: Vec::new(),
            is_waiting_to_write: false,
            is_stalled: false,
            end: None,
        }
    }

    /// Takes the bytes that were read, `now` by the clients' clock in
    /// milliseconds. `on_message` gets each message after the client has seen it.
    #[inline]
    pub(super) fn receive(
        &mut self,
        bytes: &[u8],
        now: u64,
        mut on_message: impl FnMut(&[u8]),
    ) -> Result<(), FrameError> {
        let Self {
            client,
            inbox,
            outgoing,
            end,
            ..
        } = self;
        inbox.receive(bytes, |incoming| match incoming {
            Incoming::Message(packet) => {
                client.receive(packet, now, |answer| {
                    inbox::put_message(outgoing, answer, mask());
                });
                on_message(packet);
            }
            Incoming::Ping(payload) => inbox::put_pong(outgoing, payload, mask()),
            Incoming::Close(code) => *end = Some(End::Closed(code)),
        })
    }

    /// Has the client say `text`. The frames wait in `outgoing`.
    pub(super) fn say(&mut self, text: &str) {
        let Self {
            client, outgoing, ..
        } = self;
        client.say(text, |packet| {
            inbox::put_message(outgoing, packet, mask());
        });
    }

    /// Has the client block another one. The frames wait in `outgoing`.
    pub(super) fn block(&mut self, id: UserId) {
        let Self {
            client, outgoing, ..
        } = self;
        client.block(id, |packet| {
            inbox::put_message(outgoing, packet, mask());
        });
    }
}

/// A masking key that is as unpredictable as a load tool needs it.
pub(super) fn mask() -> [u8; 4] {
    fastrand::u32(..).to_ne_bytes()
}
