//! The session of a `guildhall.v1` client over one connection: its requests, the order that
//! they have to have, and the answers. Each request gets one answer.
//!
//! A connection has two states: before [`hello`], when any other request is refused, and
//! [`welcomed`]. What a welcomed client does in rooms is in [`room_requests`], what it changes
//! of lines that were said in [`changes`], and what it does with other users in
//! [`user_requests`].

mod admission;
mod blocks;
mod changes;
mod held;
mod hello;
mod passed;
mod publication;
mod read_marks;
mod refusal;
mod reports;
mod role_requests;
mod room_acts;
mod room_requests;
mod sanction_requests;
mod search_requests;
mod tokens;
mod user_requests;
mod welcomed;

use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_protocol::{
    DecodeError, ErrorCode, Hello, LongResult, PacketBody, ReplyResult, Request, RequestBody,
    RequestError, decode_from_client,
};

use crate::hook::{Answer as GameAnswer, HookFailure, Question};
use crate::hub::Hub;
use crate::ids::{RequestId, UserId};
use crate::journal::{Failure, Found, Read};
use crate::net::verifier::Verified;
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::frame::{self, reply};
use crate::outgoing::outbox::Wire;
use crate::shared::name::Name;
use crate::sync::moment::Moment;

use self::refusal::{bad_request, error};
use self::tokens::SignedToken;
use self::welcomed::Welcomed;
use super::{Act, Acted, Handled, LOOK_AT_JOURNAL_AFTER};

/// How many requests of a connection may be refused before a hello is accepted. A user that
/// looks for a free name needs a few.
const MOST_REFUSED: u32 = 8;

/// The session of a `guildhall.v1` client over one connection.
#[derive(Debug)]
pub struct V1Session<W> {
    connection: Rc<Connection<W>>,
    /// After how many silent seconds the client is pinged.
    heartbeat: u32,
    state: State<W>,
    /// The user of the session, once it has ended.
    last_user: Option<(UserId, Name)>,
}

#[derive(Debug)]
enum State<W> {
    /// The client has not said hello, or its session has ended.
    BeforeHello {
        /// How many of its requests were refused.
        refused: u32,
    },
    /// The client has a session.
    Welcomed(Welcomed<W>),
}

/// How a request is answered, if it is not refused.
#[derive(Debug)]
enum Answer {
    /// It is answered with this result.
    Now(ReplyResult),
    /// It is answered with this result, which is encoded already.
    Encoded(LongResult, Bytes),
    /// It was answered already: by a reply with lines behind it, or by the client's own copy
    /// of what it said.
    Sent,
    /// It cannot be answered yet, see [`Handled::Later`].
    Later,
    /// The same, until a journal has decided something.
    Undecided,
    /// Its token has to be verified first, see [`Handled::Verify`].
    Verify,
    /// This has to be read from the journal first, see [`Handled::Read`].
    Read(Box<Read>),
    /// The game has to be asked first, see [`Handled::Ask`].
    Ask(Box<Question>),
    /// This has to be carried out first, see [`Handled::Act`].
    Act(Act),
    /// It is refused with this error, and the connection is closed.
    Closed(RequestError, Close),
}

/// An answer, or why the request is refused.
type Answered = Result<Answer, RequestError>;

/// Decodes one binary message. Returns a request, or `None` for a pong.
///
/// # Errors
///
/// The close that ends the connection: the message is too large, is not a packet, or is
/// one that only a server may send.
pub fn decode(bytes: &[u8]) -> Result<Option<Request>, Close> {
    if bytes.len() > MAX_CLIENT_PACKET_BYTES {
        return Err(Close::too_big(bytes.len()));
    }
    let packet = match decode_from_client(bytes) {
        // It has an ID, so it is answered: it asks for no one thing.
        Err(DecodeError::SeveralAsks { id }) => return Ok(Some(Request { id, ask: None })),
        decoded => decoded.map_err(|error| Close::not_a_packet(&error))?,
    };
    match packet.msg {
        Some(PacketBody::Request(request)) => Ok(Some(request)),
        Some(PacketBody::Pong(_)) => Ok(None),
        _ => Err(Close::NOT_A_REQUEST),
    }
}

/// The token in a request; empty if it has none.
pub(crate) fn token(request: &Request) -> &str {
    match &request.ask {
        Some(RequestBody::Hello(hello)) => &hello.token,
        Some(RequestBody::Refresh(refresh)) => &refresh.token,
        _ => "",
    }
}

impl<W: Wire> V1Session<W> {
    /// The session of a connection that has not said hello yet. The welcome will tell the
    /// client that it is pinged after `heartbeat` silent seconds.
    #[must_use]
    pub fn new(connection: Rc<Connection<W>>, heartbeat: u32) -> Self {
        Self {
            connection,
            heartbeat,
            state: State::BeforeHello { refused: 0 },
            last_user: None,
        }
    }

    /// The number and the name of the user whose session this is, or was until it ended.
    pub(crate) fn last_user(&self) -> Option<(u64, String)> {
        let (user, name) = match &self.state {
            State::Welcomed(welcomed) => (welcomed.id(), &welcomed.name),
            State::BeforeHello { .. } => {
                let (user, name) = self.last_user.as_ref()?;
                (*user, name)
            }
        };
        Some((user.0, name.of(user)))
    }

    /// The user's ID; before hello, the ID that a new user would get.
    #[must_use]
    pub fn id(&self) -> UserId {
        match &self.state {
            State::BeforeHello { .. } => self.connection.id().user_id(),
            State::Welcomed(welcomed) => welcomed.id(),
        }
    }

    /// Carries out a request and answers it, or returns it if that is not possible yet.
    pub fn handle(&mut self, hub: &mut Hub<W>, request: Request, at: Moment) -> Handled<Request> {
        let answered = self.answer(hub, &request, at);
        let handled = self.send(hub, RequestId(request.id), answered, at.now);
        handled.map(|()| request)
    }

    /// Carries out and answers a request whose token was verified, see [`Handled::Verify`].
    pub fn handle_verified(
        &mut self,
        hub: &mut Hub<W>,
        request: &Request,
        verified: Verified,
        at: Moment,
    ) {
        let id = RequestId(request.id);
        let answered = match (&mut self.state, &request.ask) {
            (State::BeforeHello { .. }, Some(RequestBody::Hello(hello))) => {
                match tokens::accept(hub, verified) {
                    Ok(signed) => self.welcome(hub, id, hello, Some(&signed), at),
                    Err(refused) => refused.into_answered(),
                }
            }
            (State::Welcomed(welcomed), Some(RequestBody::Refresh(_))) => {
                welcomed.refresh(hub, verified, at)
            }
            // Only these two have a token, and nothing else is handled in between.
            _ => return,
        };
        let _ = self.send(hub, id, answered, at.now);
    }

    /// Carries out and answers a request for which something was read from the journal, see
    /// [`Handled::Read`]; or returns it, if more has to be read.
    pub fn handle_found(
        &mut self,
        hub: &mut Hub<W>,
        request: Request,
        found: Result<Found, Failure>,
        at: Moment,
    ) -> Handled<Request> {
        let (State::Welcomed(welcomed), Some(body)) = (&mut self.state, &request.ask) else {
            // The session has ended meanwhile.
            return Handled::Done;
        };
        let id = RequestId(request.id);
        let answered = welcomed.found(hub, id, body, found, at);
        let handled = self.send(hub, id, answered, at.now);
        handled.map(|()| request)
    }

    /// Carries out and answers a request about which the game was asked, see [`Handled::Ask`]; or
    /// returns it if that is not possible yet.
    pub fn handle_answered(
        &mut self,
        hub: &mut Hub<W>,
        request: Request,
        answer: Result<GameAnswer, HookFailure>,
        at: Moment,
    ) -> Handled<Request> {
        let State::Welcomed(welcomed) = &mut self.state else {
            // The session has ended meanwhile.
            return Handled::Done;
        };
        welcomed.game_answered(hub, RequestId(request.id), answer);
        self.handle(hub, request, at)
    }

    /// Answers a request whose act was carried out, see [`Handled::Act`].
    pub fn handle_acted(
        &mut self,
        hub: &mut Hub<W>,
        request: &Request,
        acted: Acted,
        now: Instant,
    ) {
        if self.is_before_hello() {
            // The session has ended meanwhile.
            return;
        }
        let _ = self.send(hub, RequestId(request.id), acted.map(Answer::Now), now);
    }

    /// Sends the answer to a request, if it is one that can be sent.
    fn send(
        &mut self,
        hub: &mut Hub<W>,
        id: RequestId,
        answered: Answered,
        now: Instant,
    ) -> Handled<()> {
        match answered {
            Ok(Answer::Now(result)) => {
                let is_repeated = matches!(result, ReplyResult::Repeated(_));
                self.reply(id, result, now);
                if is_repeated {
                    self.note_refusal(hub, now);
                }
            }
            Ok(Answer::Encoded(field, result)) => {
                let frame = frame::long_reply(id.0, field, &result);
                self.connection.send_all(&frame, now);
            }
            Ok(Answer::Sent) => {}
            Ok(Answer::Later) => return Handled::Later(()),
            Ok(Answer::Undecided) => return Handled::After(LOOK_AT_JOURNAL_AFTER, ()),
            Ok(Answer::Verify) => return Handled::Verify(()),
            Ok(Answer::Read(read)) => return Handled::Read(read, ()),
            Ok(Answer::Ask(question)) => return Handled::Ask(question, ()),
            Ok(Answer::Act(act)) => return Handled::Act(act, ()),
            Ok(Answer::Closed(error, close)) => {
                hub.metrics().count_error(error.code);
                self.connection.note_refused(error.code);
                self.reply(id, ReplyResult::Error(error), now);
                self.connection.close(close, now);
            }
            Err(error) => {
                hub.metrics().count_error(error.code);
                self.connection.note_refused(error.code);
                let is_busy = error.temporary && self.is_before_hello();
                self.reply(id, ReplyResult::Error(error), now);
                // That the server is busy is not the client's fault.
                if !is_busy {
                    self.note_refusal(hub, now);
                }
            }
        }
        hub.note_sent(&self.connection);
        Handled::Done
    }

    /// Leaves all rooms, because the connection is over. The session can be resumed for a
    /// while, unless the client may not have received the welcome. Then the session ends,
    /// because the client could not resume it, and it would keep the user's name taken.
    pub fn end(&mut self, hub: &mut Hub<W>, now: Instant) {
        if let State::Welcomed(welcomed) = self.take_state() {
            welcomed.disconnect(hub, now);
        }
    }

    /// Leaves all rooms and ends the session, which cannot be resumed.
    pub fn say_goodbye(&mut self, hub: &mut Hub<W>, now: Instant) {
        if let State::Welcomed(welcomed) = self.take_state() {
            welcomed.end(hub, now);
        }
    }

    fn is_before_hello(&self) -> bool {
        matches!(self.state, State::BeforeHello { .. })
    }

    fn take_state(&mut self) -> State<W> {
        let state = std::mem::replace(&mut self.state, State::BeforeHello { refused: 0 });
        if let State::Welcomed(welcomed) = &state {
            self.last_user = Some((welcomed.id(), welcomed.name.clone()));
        }
        state
    }

    /// Closes the connection of a client that was refused too often: before its hello, or
    /// because it goes on regardless.
    fn note_refusal(&mut self, hub: &Hub<W>, now: Instant) {
        match &mut self.state {
            State::BeforeHello { refused } => {
                *refused += 1;
                if *refused == MOST_REFUSED {
                    self.connection.close(Close::REFUSED_TOO_OFTEN, now);
                }
            }
            State::Welcomed(welcomed) => {
                if !welcomed.may_be_refused(hub, now) {
                    self.connection.close(Close::FLOODED, now);
                }
            }
        }
    }

    fn answer(&mut self, hub: &mut Hub<W>, request: &Request, at: Moment) -> Answered {
        let id = RequestId(request.id);
        let Some(body) = &request.ask else {
            return Err(bad_request(
                "a request asks for one thing that this server knows",
            ));
        };
        match (&mut self.state, body) {
            (State::BeforeHello { .. }, RequestBody::Hello(hello)) => {
                hello::check(id, hello)?;
                match tokens::before_hello(hub, hello) {
                    Some(answered) => answered,
                    None => self.welcome(hub, id, hello, None, at),
                }
            }
            (State::BeforeHello { .. }, _) => Err(error(ErrorCode::HelloFirst, [])),
            (State::Welcomed(welcomed), body) => welcomed.answer(hub, id, body, at),
        }
    }

    /// Accepts a hello, of the user of a token or of a guest.
    fn welcome(
        &mut self,
        hub: &mut Hub<W>,
        id: RequestId,
        hello: &Hello,
        signed: Option<&SignedToken>,
        at: Moment,
    ) -> Answered {
        if let Some(banned) = hello::banned(&self.connection, hub, hello, signed, at) {
            return Ok(banned);
        }
        let limits = hello::limits(hub, self.heartbeat);
        let welcomed = hello::answer(&self.connection, hub, id, hello, signed, limits, at)?;
        self.state = State::Welcomed(welcomed);
        self.connection.welcomed(self.id());
        Ok(Answer::Sent)
    }

    fn reply(&self, id: RequestId, result: ReplyResult, now: Instant) {
        self.connection
            .send_all(&frame::packet(&reply(id, result)), now);
    }
}

#[cfg(test)]
mod tests;
