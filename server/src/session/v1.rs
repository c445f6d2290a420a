//! One connection of a `guildhall.v1` client: what it asks for, in which order it
//! may, and the answers. Each request gets one.
//!
//! A connection has two states: before [`hello`], when it may say nothing else, and
//! [`welcomed`]. What a welcomed client does in rooms is in [`room_requests`], and what
//! it does with other users in [`user_requests`].

mod hello;
mod refusal;
mod room_requests;
mod user_requests;
mod welcomed;

use std::rc::Rc;
use std::time::Instant;

use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_protocol::{
    ErrorCode, Packet, PacketBody, Reply, ReplyResult, Request, RequestBody, RequestError,
    decode as decode_packet,
};

use crate::hub::Hub;
use crate::ids::{RequestId, UserId};
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::sync::moment::Moment;

use self::refusal::{bad_request, error};
use self::welcomed::Welcomed;
use super::Handled;

/// One connection's side of a session.
#[derive(Debug)]
pub struct V1Session<W> {
    connection: Rc<Connection<W>>,
    /// How often a silent client is pinged, in seconds.
    heartbeat: u32,
    state: State<W>,
}

#[derive(Debug)]
enum State<W> {
    /// The client has not said hello, or its session has ended.
    BeforeHello,
    /// The client has a session.
    Welcomed(Welcomed<W>),
}

/// How a request is answered, if it is not refused.
#[derive(Debug)]
enum Answer {
    /// With this result.
    Now(ReplyResult),
    /// By what was sent already: the reply with its lines, or the client's own copy of
    /// what it says.
    Sent,
    /// Not yet: see [`Handled::Later`].
    Later,
}

/// An answer, or why the request is refused.
type Answered = Result<Answer, RequestError>;

/// Decodes one binary message: a request, or `None` for a pong.
///
/// # Errors
///
/// Why the connection has to end: the message is no packet, or none that a client
/// sends.
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<Request>, Close> {
    if bytes.len() > MAX_CLIENT_PACKET_BYTES {
        return Err(Close::too_big(bytes.len()));
    }
    let packet = decode_packet(bytes).map_err(|error| Close::not_a_packet(&error))?;
    match packet.msg {
        Some(PacketBody::Request(request)) => Ok(Some(request)),
        Some(PacketBody::Pong(_)) => Ok(None),
        _ => Err(Close::NOT_A_REQUEST),
    }
}

impl<W: Wire> V1Session<W> {
    /// The session of a connection that has said nothing yet. The welcome tells the
    /// client that it is pinged after `heartbeat` silent seconds.
    #[must_use]
    pub fn new(connection: Rc<Connection<W>>, heartbeat: u32) -> Self {
        Self {
            connection,
            heartbeat,
            state: State::BeforeHello,
        }
    }

    /// The user's ID; before hello the one that a new user would get.
    #[must_use]
    pub fn id(&self) -> UserId {
        match &self.state {
            State::BeforeHello => UserId::of(self.connection.id()),
            State::Welcomed(welcomed) => welcomed.id(),
        }
    }

    /// Does what is asked for, and answers.
    pub fn handle(&mut self, hub: &mut Hub<W>, request: Request, at: Moment) -> Handled<Request> {
        let id = RequestId(request.id);
        match self.answer(hub, &request, at) {
            Ok(Answer::Now(result)) => self.reply(id, result, at.now),
            Ok(Answer::Sent) => {}
            Ok(Answer::Later) => return Handled::Later(request),
            Err(error) => self.reply(id, ReplyResult::Error(error), at.now),
        }
        hub.note_sent(&self.connection);
        Handled::Done
    }

    /// Leaves all rooms, because the connection is over. The session can be resumed for
    /// a while, unless the welcome may be lost: nobody could resume it then, and it
    /// would keep its name from the client that comes back for it.
    pub fn end(&mut self, hub: &mut Hub<W>, now: Instant) {
        if let State::Welcomed(welcomed) = self.take_state() {
            welcomed.disconnect(hub, now);
        }
    }

    /// Leaves all rooms and ends the session: nothing is kept for the client.
    pub fn say_goodbye(&mut self, hub: &mut Hub<W>, now: Instant) {
        if let State::Welcomed(welcomed) = self.take_state() {
            welcomed.end(hub, now);
        }
    }

    fn take_state(&mut self) -> State<W> {
        std::mem::replace(&mut self.state, State::BeforeHello)
    }

    fn answer(&mut self, hub: &mut Hub<W>, request: &Request, at: Moment) -> Answered {
        let id = RequestId(request.id);
        let Some(body) = &request.ask else {
            return Err(bad_request("nothing is asked that this server knows"));
        };
        match (&mut self.state, body) {
            (State::BeforeHello, RequestBody::Hello(hello)) => {
                let limits = hello::limits(hub, self.heartbeat);
                let welcomed = hello::answer(&self.connection, hub, id, hello, limits, at)?;
                self.state = State::Welcomed(welcomed);
                Ok(Answer::Sent)
            }
            (State::BeforeHello, _) => Err(error(ErrorCode::HelloFirst, [])),
            (State::Welcomed(_), RequestBody::Hello(_)) => Err(error(ErrorCode::HelloTwice, [])),
            (State::Welcomed(welcomed), body) => welcomed.answer(hub, id, body, at),
        }
    }

    fn reply(&self, id: RequestId, result: ReplyResult, now: Instant) {
        self.connection
            .send_all(&frame::packet(&reply(id, result)), now);
    }
}

fn reply(id: RequestId, result: ReplyResult) -> Packet {
    Packet::from(PacketBody::Reply(Reply {
        id: id.0,
        result: Some(result),
    }))
}

#[cfg(test)]
mod tests;
