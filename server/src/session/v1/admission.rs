//! Whether a request of a client is carried out now: it is new, it does not come too fast, and
//! nothing that has to be said before it waits.

use std::rc::Rc;
use std::time::{Duration, Instant};

use guildhall_protocol::RequestError;

use crate::hub::{Hub, SharedRoom};
use crate::ids::RequestId;
use crate::outgoing::outbox::Wire;
use crate::policy::Access;
use crate::session::pace::Speaker;
use crate::shared::destination::Destination;
use crate::shared::rates::Asked;
use crate::shared::request_log::RequestStatus;
use crate::shared::room_state::durable::RETRY_MILLIS;
use crate::sync::moment::Moment;

use super::Answer;
use super::held::HeldBack;
use super::refusal::{rate_limited, stale_id};
use super::welcomed::Welcomed;

/// The cost of a request whose work grows with the server, such as a search, in units of a client's
/// turn on its network thread: others come in between.
pub(super) const TURN_COST: u32 = 512;

/// A room that a client speaks in, and what it may do there; or the error if it is not in it.
pub(super) type SpeakingIn<W> = Result<(SharedRoom<W>, Access), RequestError>;

/// Why a client that speaks has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// The room is busy.
    Busy,
    /// The journal has not decided enough of what the client has said there.
    Undecided,
}

impl From<Wait> for Answer {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::Busy => Self::Later,
            Wait::Undecided => Self::Undecided,
        }
    }
}

/// A text or a change of a client, as it is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) asked: Asked,
    /// The text that the others get.
    pub(super) text: &'a str,
    pub(super) is_change: bool,
}

/// The state of a say or a whisper.
#[derive(Debug)]
pub(super) enum Accepted<T> {
    /// It is new, and the caller has to carry it out.
    New(T),
    /// It was accepted before.
    Repeated,
    /// A journal was handed it before, and has not decided.
    Waiting,
}

impl<W: Wire> Welcomed<W> {
    /// Accepts a request that is not a say, a whisper or a change.
    ///
    /// # Errors
    ///
    /// A stale ID.
    pub(super) fn accept_new(&self, id: RequestId) -> Result<(), RequestError> {
        match self.session.record(id) {
            RequestStatus::New => Ok(()),
            RequestStatus::Repeated | RequestStatus::Waiting | RequestStatus::Stale => {
                Err(stale_id())
            }
        }
    }

    /// Whether the client may send this to `to` now. `room` is the room of a say or a change.
    ///
    /// # Errors
    ///
    /// The client speaks too fast, or has to send an earlier message again first.
    pub(super) fn admit(
        &mut self,
        hub: &Hub<W>,
        to: &Destination,
        room: Option<&SharedRoom<W>>,
        id: RequestId,
        Counted {
            asked,
            text,
            is_change,
        }: Counted<'_>,
        now: Instant,
    ) -> Result<(), RequestError> {
        let user = &self.session.user;
        let speaker = Speaker {
            id: user.id,
            asked,
            own: user.used.of(asked),
            address: self.address.as_deref(),
        };
        let admitted = (self.held.check(to, id, is_change, now))
            .and_then(|()| self.pace.admit(hub, room, speaker, text, now));
        match admitted {
            Ok(()) => self.held.admitted(to, id, is_change),
            // A repeat is said already, and is answered.
            Err(_) if self.session.has_accepted(id) => {}
            Err(wait) => return Err(self.hold(to, id, (wait, HeldBack::All), now)),
        }
        Ok(())
    }

    /// The error for a message that may be sent again after `wait`. Later ones to the same
    /// destination have to wait for it.
    pub(super) fn hold(
        &mut self,
        to: &Destination,
        id: RequestId,
        (wait, later): (Duration, HeldBack),
        now: Instant,
    ) -> RequestError {
        self.held.refused(to, id, (wait, later), now);
        rate_limited(wait)
    }

    /// Accepts the say, the whisper or the change with this ID if it is new and valid. `valid` is what
    /// the caller needs to carry it out, or the error that refuses it. Returns that value
    /// if the caller has to carry it out.
    ///
    /// # Errors
    ///
    /// The error in `valid`, or a stale ID.
    pub(super) fn accept_once<T>(
        &self,
        id: RequestId,
        valid: Result<T, RequestError>,
    ) -> Result<Accepted<T>, RequestError> {
        accepted(self.session.record_message(id, valid.is_ok()), valid)
    }

    /// The same for a message that the caller hands to a journal, which accepts it or not.
    ///
    /// # Errors
    ///
    /// As those of [`Welcomed::accept_once`].
    pub(super) fn accept_waiting<T>(
        &self,
        id: RequestId,
        valid: Result<T, RequestError>,
    ) -> Result<Accepted<T>, RequestError> {
        accepted(self.session.record_waiting(id, valid.is_ok()), valid)
    }

    /// Makes later messages wait for those that a journal could not keep, which the client is
    /// going to send again.
    pub(super) fn hold_failed(&mut self, now: Instant) {
        for (to, id) in self.session.take_failed() {
            let wait = Duration::from_millis(RETRY_MILLIS.into());
            self.held.refused(&to, id, (wait, HeldBack::All), now);
            // Nothing was said.
            if let Destination::Room(name) = &to {
                self.give_turn_back(name);
            }
        }
    }

    /// The user has said nothing in a room, after all: in slow mode it is its turn still.
    pub(super) fn give_turn_back(&self, room: &str) {
        let mut joined = self.rooms.iter();
        if let Some(joined) = joined.find(|joined| **joined.room.borrow().name() == *room) {
            joined.room.borrow().give_turn_back(self.id());
        }
    }

    /// Returns the room with this name and what the client may do there, if it is in it.
    pub(super) fn speaking_in(&self, room: &str) -> SpeakingIn<W> {
        let joined = self.joined(room)?;
        Ok((Rc::clone(&joined.room), joined.access))
    }

    /// Whether a journal decides what the client is about to say or to change in this room.
    ///
    /// # Errors
    ///
    /// Why the request has to wait.
    pub(super) fn before_speaking(
        &mut self,
        joined: &SpeakingIn<W>,
        at: Moment,
    ) -> Result<bool, Wait> {
        let Ok((room, _)) = joined else {
            return Ok(false);
        };
        let room = room.borrow();
        if room.is_busy() {
            return Err(Wait::Busy);
        }
        if room.has_to_wait(self.connection.id()) {
            return Err(Wait::Undecided);
        }
        let is_durable = room.is_durable();
        if is_durable {
            self.hold_failed(at.now);
        }
        Ok(is_durable)
    }
}

fn accepted<T>(
    status: RequestStatus,
    valid: Result<T, RequestError>,
) -> Result<Accepted<T>, RequestError> {
    match status {
        RequestStatus::New => valid.map(Accepted::New),
        RequestStatus::Repeated => Ok(Accepted::Repeated),
        RequestStatus::Waiting => Ok(Accepted::Waiting),
        RequestStatus::Stale => Err(stale_id()),
    }
}
