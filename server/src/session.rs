//! What a client may do, and what follows from what it sends. No I/O and no clock: the
//! connection passes in what came, and the hub what has to go out.

pub(crate) mod tutorial;
pub(crate) mod v1;

use std::time::Instant;

use guildhall_protocol::Request;

use crate::hub::Hub;
use crate::outgoing::close::Close;
use crate::outgoing::outbox::Wire;
use crate::sync::moment::Moment;

use self::tutorial::TutorialSession;
use self::v1::V1Session;

/// One connection's client, in the protocol that it speaks.
#[derive(Debug)]
pub(crate) enum Session<W> {
    /// The tutorial's two messages.
    Tutorial(TutorialSession<W>),
    /// `guildhall.v1`. On the heap: it is larger than the other, and every
    /// connection has one.
    V1(Box<V1Session<W>>),
}

/// A client's message that has to be handled.
#[derive(Debug)]
pub(crate) enum Received {
    /// A client of the tutorial says this text.
    Chat(String),
    /// A client of `guildhall.v1` asks for this.
    Request(Request),
}

/// What became of a message.
#[derive(Debug)]
#[must_use]
pub enum Handled<M> {
    /// It is done. A request has its answer.
    Done,
    /// It waits for something: a room whose speakers have to wait, another thread.
    /// Nothing was done and nothing recorded. Hand it in again, and before any later
    /// message of this client: its messages are handled in their order.
    Later(M),
}

impl<W: Wire> Session<W> {
    /// Decodes one binary message. `None` if nothing follows from it but that the
    /// client is alive.
    ///
    /// # Errors
    ///
    /// Why the connection has to end.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Result<Option<Received>, Close> {
        match self {
            Self::Tutorial(_) => Ok(tutorial::decode(bytes)?.map(Received::Chat)),
            Self::V1(_) => Ok(v1::decode(bytes)?.map(Received::Request)),
        }
    }

    /// Does what follows from a message.
    pub(crate) fn handle(
        &mut self,
        hub: &mut Hub<W>,
        message: Received,
        at: Moment,
    ) -> Handled<Received> {
        match (self, message) {
            (Self::Tutorial(session), Received::Chat(text)) => {
                session.say(hub, text, at).map(Received::Chat)
            }
            (Self::V1(session), Received::Request(request)) => {
                session.handle(hub, request, at).map(Received::Request)
            }
            // `decode` returns what the session handles.
            (Self::Tutorial(_), Received::Request(_)) | (Self::V1(_), Received::Chat(_)) => {
                Handled::Done
            }
        }
    }

    /// Leaves all rooms, because the connection is over. A `guildhall.v1` session can be
    /// resumed for a while. More than once does no harm.
    pub(crate) fn end(&mut self, hub: &mut Hub<W>, now: Instant) {
        match self {
            Self::Tutorial(session) => session.end(hub, now),
            Self::V1(session) => session.end(hub, now),
        }
    }

    /// As [`end`](Self::end), for a client that will not come back: nothing is kept for
    /// it.
    pub(crate) fn say_goodbye(&mut self, hub: &mut Hub<W>, now: Instant) {
        match self {
            Self::Tutorial(session) => session.end(hub, now),
            Self::V1(session) => session.say_goodbye(hub, now),
        }
    }
}

impl<M> Handled<M> {
    fn map<N>(self, wrap: impl FnOnce(M) -> N) -> Handled<N> {
        match self {
            Self::Done => Handled::Done,
            Self::Later(message) => Handled::Later(wrap(message)),
        }
    }
}
