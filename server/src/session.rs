//! What a client may do, and what the server does about each of its messages. No I/O and
//! no clock: `web_socket` passes in what the client sent, the worker adds the time, and
//! the session calls the hub to send.

mod act;
mod pace;
pub(crate) mod tutorial;
pub(crate) mod v1;

use std::rc::Rc;
use std::time::{Duration, Instant};

use guildhall_protocol::{Protocol, Request};

use crate::hook::{Answer as GameAnswer, HookFailure, Question};
use crate::hub::Hub;
use crate::journal::{Failure, Found, Read};
use crate::net::verifier::Verified;
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire;
use crate::sync::moment::Moment;

pub use self::act::{Act, Acted};

use self::tutorial::TutorialSession;
use self::v1::V1Session;

/// After this time, a message that had to wait for a journal is handled again. A commit takes
/// about as long.
const LOOK_AT_JOURNAL_AFTER: Duration = Duration::from_millis(2);

/// The session of one connection, in the protocol that its client speaks.
#[derive(Debug)]
pub enum Session<W> {
    /// A session of the tutorial.
    Tutorial(TutorialSession<W>),
    /// A session of `guildhall.v1`. It is on the heap because it is larger than the other,
    /// and every connection has a `Session`.
    V1(Box<V1Session<W>>),
}

/// A message of a client that the session has to handle.
#[derive(Debug)]
pub enum Received {
    /// A client of the tutorial says this text.
    Chat(String),
    /// A client of `guildhall.v1` sends this request.
    Request(Request),
}

/// Whether a message was handled.
#[derive(Debug)]
#[must_use]
pub enum Handled<M> {
    /// The message was handled. A request was answered.
    Done,
    /// The message cannot be handled yet: a room is busy, or another thread is. Nothing was
    /// said or sent. The caller has to hand it in again before any later
    /// message of this client, because its messages are handled in order.
    Later(M),
    /// The same, but the message fits after this time at the earliest: the client speaks too
    /// fast, or has to wait for a journal.
    After(Duration, M),
    /// The token in the message has to be verified first, which takes too long for a network
    /// thread. The caller has that done, hands the message in with the result, see
    /// `Session::handle_verified`, and any later message of this client after that.
    Verify(M),
    /// This has to be read from the journal first, see the module `journal`. The caller
    /// has that done, hands the message in with what was found, see `Session::handle_found`, and
    /// any later message of this client after that.
    Read(Box<Read>, M),
    /// The game has to be asked this first, which takes too long for a network thread. The caller
    /// has that done, hands the message in with the answer, see `Session::handle_answered`, and
    /// any later message of this client after that.
    Ask(Box<Question>, M),
    /// This act has to be carried out on a thread that may wait. The caller has that done, hands the
    /// message in with the result, see `Session::handle_acted`, and any later message of this client
    /// after that.
    Act(Act, M),
    /// The client may not say this, for this reason, and has no way to be told: the message was
    /// dropped. The caller notes that in the log.
    Dropped(&'static str),
}

impl<W: Wire> Session<W> {
    /// Adds a connection over this wire to the hub, and begins the session of its client.
    /// `max_waiting` is how many bytes may wait for the client, `heartbeat` after how many silent
    /// seconds it is pinged.
    pub fn connect(
        hub: &mut Hub<W>,
        wire: W,
        protocol: Protocol,
        (max_waiting, heartbeat): (usize, u32),
        at: Moment,
    ) -> (Rc<Connection<W>>, Self) {
        match protocol {
            Protocol::Tutorial => {
                let (connection, lobby) = hub.connect_tutorial(wire, max_waiting, at);
                let session = TutorialSession::new(hub, Rc::clone(&connection), lobby, at.now);
                (connection, Self::Tutorial(session))
            }
            Protocol::V1 => {
                let connection = hub.connect(protocol, wire, max_waiting, at.now);
                let session = V1Session::new(Rc::clone(&connection), heartbeat);
                (connection, Self::V1(Box::new(session)))
            }
        }
    }

    /// Decodes one binary message. Returns `None` if there is nothing to handle.
    ///
    /// # Errors
    ///
    /// The [`Close`] that ends the connection.
    pub fn decode(&self, bytes: &[u8]) -> Result<Option<Received>, Close> {
        match self {
            Self::Tutorial(_) => Ok(tutorial::decode(bytes)?.map(Received::Chat)),
            Self::V1(_) => Ok(v1::decode(bytes)?.map(Received::Request)),
        }
    }

    /// Handles a message.
    pub fn handle(&mut self, hub: &mut Hub<W>, message: Received, at: Moment) -> Handled<Received> {
        match (self, message) {
            (Self::Tutorial(session), Received::Chat(text)) => {
                session.say(hub, text, at).map(Received::Chat)
            }
            (Self::V1(session), Received::Request(request)) => {
                session.handle(hub, request, at).map(Received::Request)
            }
            // `decode` returns only what the session handles.
            (Self::Tutorial(_), Received::Request(_)) | (Self::V1(_), Received::Chat(_)) => {
                Handled::Done
            }
        }
    }

    /// Handles a message whose token was verified, see [`Handled::Verify`].
    pub fn handle_verified(
        &mut self,
        hub: &mut Hub<W>,
        message: &Received,
        verified: Verified,
        at: Moment,
    ) {
        if let (Self::V1(session), Received::Request(request)) = (self, message) {
            session.handle_verified(hub, request, verified, at);
        }
    }

    /// Handles a message for which something was read from the journal, see [`Handled::Read`].
    /// More may have to be read.
    pub fn handle_found(
        &mut self,
        hub: &mut Hub<W>,
        message: Received,
        found: Result<Found, Failure>,
        at: Moment,
    ) -> Handled<Received> {
        match (self, message) {
            (Self::V1(session), Received::Request(request)) => {
                (session.handle_found(hub, request, found, at)).map(Received::Request)
            }
            // Only requests need something from the journal.
            (Self::Tutorial(_), _) | (Self::V1(_), Received::Chat(_)) => Handled::Done,
        }
    }

    /// Handles a message about which the game was asked, see [`Handled::Ask`].
    pub fn handle_answered(
        &mut self,
        hub: &mut Hub<W>,
        message: Received,
        answer: Result<GameAnswer, HookFailure>,
        at: Moment,
    ) -> Handled<Received> {
        match (self, message) {
            (Self::Tutorial(session), Received::Chat(text)) => session
                .say_answered(hub, text, answer, at)
                .map(Received::Chat),
            (Self::V1(session), Received::Request(request)) => {
                (session.handle_answered(hub, request, answer, at)).map(Received::Request)
            }
            (Self::Tutorial(_), Received::Request(_)) | (Self::V1(_), Received::Chat(_)) => {
                Handled::Done
            }
        }
    }

    /// Answers a message whose act was carried out, see [`Handled::Act`].
    pub fn handle_acted(
        &mut self,
        hub: &mut Hub<W>,
        message: &Received,
        acted: Acted,
        now: Instant,
    ) {
        if let (Self::V1(session), Received::Request(request)) = (self, message) {
            session.handle_acted(hub, request, acted, now);
        }
    }

    /// The number and the name of the user whose session this is, or was until it ended. `None` if
    /// there was none.
    pub fn last_user(&self) -> Option<(u64, String)> {
        match self {
            Self::Tutorial(_) => None,
            Self::V1(session) => session.last_user(),
        }
    }

    /// Leaves all rooms, because the connection is over. A `guildhall.v1` session can be
    /// resumed for a while. A second call does nothing.
    pub fn end(&mut self, hub: &mut Hub<W>, now: Instant) {
        match self {
            Self::Tutorial(session) => session.end(hub, now),
            Self::V1(session) => session.end(hub, now),
        }
    }

    /// The same as [`end`](Self::end), for a client that said goodbye: its session cannot be
    /// resumed.
    pub fn say_goodbye(&mut self, hub: &mut Hub<W>, now: Instant) {
        match self {
            Self::Tutorial(session) => session.end(hub, now),
            Self::V1(session) => session.say_goodbye(hub, now),
        }
    }
}

impl Received {
    /// The token that the message brings; empty if it brings none.
    #[must_use]
    pub fn token(&self) -> &str {
        match self {
            Self::Chat(_) => "",
            Self::Request(request) => v1::token(request),
        }
    }
}

impl<M> Handled<M> {
    fn map<N>(self, wrap: impl FnOnce(M) -> N) -> Handled<N> {
        match self {
            Self::Done => Handled::Done,
            Self::Later(message) => Handled::Later(wrap(message)),
            Self::After(wait, message) => Handled::After(wait, wrap(message)),
            Self::Verify(message) => Handled::Verify(wrap(message)),
            Self::Read(read, message) => Handled::Read(read, wrap(message)),
            Self::Ask(question, message) => Handled::Ask(question, wrap(message)),
            Self::Act(act, message) => Handled::Act(act, wrap(message)),
            Self::Dropped(reason) => Handled::Dropped(reason),
        }
    }
}
