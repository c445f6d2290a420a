//! A connection that has said hello: which request is answered how, and what happens when
//! the connection ends.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::{ErrorCode, LongResult, RequestBody, RequestError};

use crate::hub::{Hub, Rechecked, SharedRoom};
use crate::ids::{RequestId, UserId};
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Level, Rights};
use crate::session::pace::{Pace, Speaker};
use crate::shared::name::Name;
use crate::shared::rates::{AddressUse, Asked};
use crate::shared::request_log::RequestStatus;
use crate::shared::user::session::UserSession;
use crate::sync::moment::Moment;
use crate::sync::rate::SharedAllowance;

use super::held::{Destination, HeldMessages};
use super::refusal::{error, rate_limited, shown, stale_id, too_many_requests};
use super::{Answer, Answered};

/// A connection that has said hello.
#[derive(Debug)]
pub(super) struct Welcomed<W> {
    pub(super) connection: Rc<Connection<W>>,
    pub(super) session: Arc<UserSession>,
    /// What the user is shown as, as its rooms have it.
    pub(super) name: Name,
    /// Of how many changes of the name this one is the last.
    pub(super) name_changes: u32,
    /// What the user may do over this connection.
    pub(super) rights: Rights,
    /// The rooms that the connection has joined.
    pub(super) rooms: Vec<JoinedRoom<W>>,
    /// The version of the rules by which it is in them.
    rules_version: u32,
    receipt: WelcomeReceipt,
    /// How much the guests of its address have asked for. `None` if its user is not
    /// counted among them.
    address: Option<Arc<AddressUse>>,
    /// How often its requests were refused.
    refused: SharedAllowance,
    pace: Pace,
    held: HeldMessages,
}

/// A room that a connection has joined.
#[derive(Debug)]
pub(super) struct JoinedRoom<W> {
    pub(super) room: SharedRoom<W>,
    /// What the user may do there.
    pub(super) access: Access,
}

/// Whether the client is known to have the session's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WelcomeReceipt {
    /// It may not have it, because the welcome may be lost.
    Unconfirmed,
    /// It has it: it has resumed the session, or has sent a request since its welcome.
    Confirmed,
}

impl<W: Wire> Welcomed<W> {
    /// A connection that has just said hello, in no room, with the rights of a guest.
    pub(super) fn new(
        hub: &Hub<W>,
        connection: Rc<Connection<W>>,
        session: Arc<UserSession>,
        receipt: WelcomeReceipt,
    ) -> Self {
        Self {
            connection,
            // First, so that a change in between is seen the next time.
            name_changes: session.user.renames(),
            name: session.user.name(),
            rights: Rights::default(),
            session,
            rooms: Vec::new(),
            rules_version: hub.rules_version(),
            receipt,
            address: None,
            refused: SharedAllowance::default(),
            pace: Pace::default(),
            held: HeldMessages::default(),
        }
    }

    /// From now on, what the user asks for is counted for its address, too, as that of all
    /// guests.
    pub(super) fn count_as_guest(&mut self, hub: &Hub<W>, now: Instant) {
        let network = self.connection.wire().network();
        self.address = Some(hub.shared().rates().address(network, now));
    }

    /// The user's ID.
    pub(super) fn id(&self) -> UserId {
        self.session.user.id
    }

    /// Carries out a request, and returns its answer.
    pub(super) fn answer(
        &mut self,
        hub: &mut Hub<W>,
        id: RequestId,
        body: &RequestBody,
        at: Moment,
    ) -> Answered {
        self.receipt = WelcomeReceipt::Confirmed;
        self.take_over_name();
        self.follow_guests(hub, at);
        if self.rules_version != hub.rules_version() {
            self.recheck_rooms(hub, at);
        }
        let result = match body {
            RequestBody::Hello(_) => return Err(error(ErrorCode::HelloTwice, [])),
            RequestBody::Say(say) => return self.say(hub, id, say, at),
            RequestBody::Whisper(whisper) => return self.whisper(hub, id, whisper, at),
            RequestBody::Join(join) => {
                self.accept_new(id)?;
                self.count(hub, Asked::Join, at)?;
                return self.join(hub, id, join, at);
            }
            RequestBody::Leave(leave) => {
                self.accept_new(id)?;
                self.count(hub, Asked::Request, at)?;
                self.leave(hub, &leave.room, at)?
            }
            RequestBody::Rename(rename) => {
                self.accept_new(id)?;
                self.count(hub, Asked::Rename, at)?;
                self.rename(hub, &rename.name, at)?
            }
            RequestBody::ListRooms(_) => {
                self.accept_new(id)?;
                self.count(hub, Asked::Request, at)?;
                let list = hub.shared().rooms(&self.rights, at.now);
                return Ok(Answer::Encoded(LongResult::Rooms, list));
            }
            RequestBody::ListMembers(list) => {
                self.accept_new(id)?;
                self.count(hub, Asked::Request, at)?;
                self.list_members(&list.room)?
            }
            RequestBody::Refresh(_) => return self.before_refresh(hub, id, at),
            RequestBody::FetchHistory(fetch) => {
                self.accept_new(id)?;
                self.count(hub, Asked::Request, at)?;
                return self.fetch_history(fetch, at);
            }
        };
        Ok(Answer::Now(result))
    }

    /// Gives the user other rights. What they do not allow any more ends at once: the client
    /// is told which rooms it is not in any more, and in which ones other settings hold.
    pub(super) fn set_rights(&mut self, hub: &mut Hub<W>, rights: Rights, at: Moment) {
        if self.rights != rights {
            self.rights = rights;
            self.recheck_rooms(hub, at);
        }
    }

    /// Checks the rooms by the user's rights and the rules of now.
    fn recheck_rooms(&mut self, hub: &mut Hub<W>, at: Moment) {
        let (connection, rights) = (self.connection.id(), &self.rights);
        self.rooms.retain_mut(|joined| {
            match hub.recheck_member(&joined.room, connection, rights, at) {
                Rechecked::Stays(access) => joined.access = access,
                Rechecked::Gone => return false,
            }
            true
        });
        self.rules_version = hub.rules_version();
    }

    /// Accepts a request that is not a say or a whisper.
    ///
    /// # Errors
    ///
    /// A stale ID.
    pub(super) fn accept_new(&self, id: RequestId) -> Result<(), RequestError> {
        match self.session.record(id) {
            RequestStatus::New => Ok(()),
            RequestStatus::Repeated | RequestStatus::Stale => Err(stale_id()),
        }
    }

    /// Counts a request that is not a say or a whisper.
    ///
    /// # Errors
    ///
    /// The user, or the guests of its address, have asked for this too often.
    pub(super) fn count(&self, hub: &Hub<W>, asked: Asked, at: Moment) -> Result<(), RequestError> {
        let own = self.session.user.used.of(asked);
        let address = self.address.as_deref();
        let taken = hub.shared().rates().take(asked, own, address, at.now);
        taken.map_err(too_many_requests)
    }

    /// Counts a request that was refused. Returns whether the client may go on.
    pub(super) fn may_be_refused(&self, hub: &Hub<W>, now: Instant) -> bool {
        hub.shared().rates().may_be_refused(&self.refused, now)
    }

    /// Whether the client may send this text to `to` now. `room` is the room of a say.
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
        text: &str,
        now: Instant,
    ) -> Result<(), RequestError> {
        let user = &self.session.user;
        let asked = match to {
            Destination::Room(_) => Asked::Say,
            Destination::User(_) => Asked::Whisper,
        };
        let speaker = Speaker {
            id: user.id,
            asked,
            own: user.used.of(asked),
            address: self.address.as_deref(),
        };
        let admitted = (self.held.check(to, id, now))
            .and_then(|()| self.pace.admit(hub, room, speaker, text, now));
        match admitted {
            Ok(()) => self.held.admitted(to, id),
            // A repeat is said already, and is answered.
            Err(_) if self.session.has_accepted(id) => {}
            Err(wait) => return Err(self.hold(to, id, wait, now)),
        }
        Ok(())
    }

    /// The error for a message that may be sent again after `wait`. Later ones to the same
    /// destination have to wait for it.
    pub(super) fn hold(
        &mut self,
        to: &Destination,
        id: RequestId,
        wait: Duration,
        now: Instant,
    ) -> RequestError {
        self.held.refused(to, id, wait, now);
        rate_limited(wait)
    }

    /// Accepts the say or the whisper with this ID if it is new and valid. `valid` is what
    /// the caller needs to carry it out, or the error that refuses it. Returns that value
    /// if the caller has to carry it out, and `None` if it was accepted before.
    ///
    /// # Errors
    ///
    /// The error in `valid`, or a stale ID.
    pub(super) fn accept_once<T>(
        &self,
        id: RequestId,
        valid: Result<T, RequestError>,
    ) -> Result<Option<T>, RequestError> {
        match self.session.record_message(id, valid.is_ok()) {
            RequestStatus::New => valid.map(Some),
            RequestStatus::Repeated => Ok(None),
            RequestStatus::Stale => Err(stale_id()),
        }
    }

    /// Whether the user may say something at all. `room` is where it would; empty for a
    /// whisper.
    ///
    /// # Errors
    ///
    /// It is a guest that may only read.
    pub(super) fn check_may_speak(&self, room: &str) -> Result<(), RequestError> {
        if self.rights.level() == Level::Reader {
            return Err(error(ErrorCode::Forbidden, [shown(room), "say".into()]));
        }
        Ok(())
    }

    /// Leaves all rooms. The session can be resumed if the client has its secret, and
    /// ends otherwise.
    pub(super) fn disconnect(self, hub: &mut Hub<W>, now: Instant) {
        if self.receipt == WelcomeReceipt::Unconfirmed {
            return self.end(hub, now);
        }
        self.leave_rooms(hub, now);
        let reference = hub.reference(self.connection.id());
        let network = self.connection.wire().network();
        let users = hub.shared().users();
        users.disconnect(&self.session, reference, network, now);
    }

    /// Leaves all rooms and ends the session.
    pub(super) fn end(self, hub: &mut Hub<W>, now: Instant) {
        self.leave_rooms(hub, now);
        let reference = hub.reference(self.connection.id());
        let users = hub.shared().users();
        users.end_session(&self.session, reference, now);
    }

    fn leave_rooms(&self, hub: &mut Hub<W>, now: Instant) {
        for joined in &self.rooms {
            hub.leave(&joined.room, &self.connection, now);
        }
    }
}
