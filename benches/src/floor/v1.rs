//! As much of `guildhall.v1` as the floor speaks: one room, where everything
//! that is said becomes a line, its speaker's own included.

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

/// Of the one room.
const EPOCH: u32 = 1;

/// What a request comes to.
pub(super) enum Asked {
    /// The frame that answers it.
    Answer(Bytes),
    /// Something said, for everyone.
    Line(Line),
}

/// Agrees to `guildhall.v1` where it is offered, and notes in `form` that it
/// was.
pub(super) fn choose(
    form: &mut Protocol,
) -> impl FnOnce(&Request, Response) -> Result<Response, ErrorResponse> {
    #[allow(
        clippy::result_large_err,
        reason = "the type of the library's callback"
    )]
    |request, mut response| {
        let offered = request.headers().get(SEC_WEBSOCKET_PROTOCOL);
        if offered.is_some_and(|offered| offered == SUBPROTOCOL) {
            *form = Protocol::V1;
            let chosen = HeaderValue::from_static(SUBPROTOCOL);
            response
                .headers_mut()
                .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
        }
        Ok(response)
    }
}

/// What client `id` asks for, where `last_seq` is the last line's number.
/// `None`: nothing that the floor knows.
pub(super) fn asked(packet: &[u8], id: u64, last_seq: u64) -> Option<Asked> {
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
            return Some(Asked::Line(Line {
                room: say.room,
                epoch: EPOCH,
                seq: last_seq + 1,
                time: now(),
                sender: id,
                name: name(id),
                nonce: request.id,
                text: say.text,
                action: say.action,
            }));
        }
        _ => return None,
    };
    let reply = PacketBody::Reply(Reply {
        id: request.id,
        result: Some(result),
    });
    Some(Asked::Answer(frame::packet(&Packet::from(reply))))
}

/// As long as a name that the server makes up.
fn name(id: u64) -> String {
    format!("Guest {id}")
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
