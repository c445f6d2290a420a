//! The part of `guildhall.v1` that the floor speaks: one room, in which each message
//! becomes a line for all members, also for its speaker.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use guildhall_protocol::Protocol;
use guildhall_protocol::{
    Joined, Line, Packet, PacketBody, Reply, ReplyResult, RequestBody, SUBPROTOCOL, Welcome, decode,
};
use guildhall_server::testing::frame;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

/// The epoch of the one room.
const EPOCH: u32 = 1;

/// The answer to a request.
pub(super) enum Answer {
    /// The frame of a reply to the client.
    Reply(Bytes),
    /// A line for all members.
    Line(Box<Line>),
}

/// Accepts `guildhall.v1` if it is offered, and sets `protocol` then.
pub(super) fn choose(
    protocol: &mut Protocol,
) -> impl FnOnce(&Request, Response) -> Result<Response, ErrorResponse> {
    #[allow(
        clippy::result_large_err,
        reason = "the type of the library's callback"
    )]
    |request, mut response| {
        let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL);
        if offered.is_some_and(|offered| offered == SUBPROTOCOL) {
            *protocol = Protocol::V1;
            let chosen = HeaderValue::from_static(SUBPROTOCOL);
            response
                .headers_mut()
                .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
        }
        Ok(response)
    }
}

/// The answer to a request of client `id`. `last_seq` is the number of the last line.
/// `None` for a request that the floor does not know.
pub(super) fn answer(packet: &[u8], id: u64, last_seq: u64) -> Option<Answer> {
    let PacketBody::Request(request) = decode(packet).ok()?.msg? else {
        return None;
    };
    let result = match request.ask? {
        RequestBody::Hello(hello) => ReplyResult::Welcome(Welcome {
            version: hello.version,
            id,
            name: name(id),
            ..Welcome::default()
        }),
        RequestBody::Join(join) => ReplyResult::Joined(Joined {
            room: join.room,
            epoch: EPOCH,
            first_seq: last_seq + 1,
            last_seq,
            ..Joined::default()
        }),
        RequestBody::Say(say) => {
            return Some(Answer::Line(Box::new(Line {
                room: say.room,
                epoch: EPOCH,
                seq: last_seq + 1,
                time: now(),
                sender: id,
                name: name(id),
                nonce: request.id,
                text: say.text,
                action: say.action,
                ..Line::default()
            })));
        }
        _ => return None,
    };
    let reply = PacketBody::Reply(Reply {
        id: request.id,
        result: Some(result),
    });
    Some(Answer::Reply(frame::packet(&Packet::from(reply))))
}

/// A name as long as those that the server gives.
fn name(id: u64) -> String {
    format!("Guest {id}")
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
