//! A connection that has said hello: which request is answered how, and what happens when
//! the connection ends.

mod asked;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::{ErrorCode, LongResult, RequestBody, RequestError};

use crate::events::LeaveReason;
use crate::hub::{Hub, Rechecked, SharedRoom};
use crate::ids::{RequestId, UserId};
use crate::journal::{Failure, Found};
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Rights};
use crate::session::pace::Pace;
use crate::shared::lookup::Lookup;
use crate::shared::name::Name;
use crate::shared::rates::{AddressUse, Asked};
use crate::shared::sanctions::Against;
use crate::shared::user::session::UserSession;
use crate::sync::moment::Moment;
use crate::sync::rate::SharedAllowance;

use self::asked::asked;
use super::held::HeldMessages;
use super::passed::AskedAbout;
use super::refusal::{bad_request, error, room_of, shown, too_many_requests, unavailable};
use super::{Answer, Answered};

/// A connection that has said hello.
#[derive(Debug)]
pub(super) struct Welcomed<W> {
    pub(super) connection: Rc<Connection<W>>,
    pub(super) session: Arc<UserSession>,
    /// The name of the user, as its rooms show it.
    pub(super) name: Name,
    /// Of how many changes of the name this one is the last.
    pub(super) user_changes: u32,
    /// The user's rights over this connection.
    pub(super) rights: Rights,
    /// The rooms that the connection has joined.
    pub(super) rooms: Vec<JoinedRoom<W>>,
    /// The version of the rules by which it is in them.
    rules_version: u32,
    /// All that holds against the user.
    pub(super) against: Against,
    /// Of how many changes of given roles the rights are.
    pub(super) roles_version: u32,
    receipt: WelcomeReceipt,
    /// How much the guests of its address have asked for. `None` if its user is not
    /// counted among them.
    pub(super) address: Option<Arc<AddressUse>>,
    /// How often its requests were refused.
    refused: SharedAllowance,
    pub(super) pace: Pace,
    pub(super) held: HeldMessages,
    /// The findings so far for a join that waits for more.
    pub(super) lookup: Option<Box<Lookup>>,
    /// The text about which the game is asked.
    pub(super) asked_about: Option<Box<AskedAbout>>,
}

/// A room that a connection has joined.
#[derive(Debug)]
pub(super) struct JoinedRoom<W> {
    pub(super) room: SharedRoom<W>,
    /// The user's access to it.
    pub(super) access: Access,
}

impl<W: Wire> JoinedRoom<W> {
    /// Whether the user reads what was said before.
    pub(super) fn may_read(&self) -> bool {
        self.room.borrow().may_read(self.access)
    }
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
            user_changes: session.user.changes(),
            name: session.user.name(),
            rights: Rights::default(),
            session,
            rooms: Vec::new(),
            rules_version: hub.rules_version(),
            against: Against::default(),
            roles_version: hub.shared().roles().version(),
            receipt,
            address: None,
            refused: SharedAllowance::default(),
            pace: Pace::default(),
            held: HeldMessages::default(),
            lookup: None,
            asked_about: None,
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
        if self.receipt == WelcomeReceipt::Unconfirmed {
            self.receipt = WelcomeReceipt::Confirmed;
            hub.shared().users().confirm(&self.session);
        }
        self.follow_user();
        self.follow_moves(hub);
        self.follow_guests(hub, at);
        self.follow_rules(hub, at);
        if let Some(banned) = self.follow_acts(hub, at) {
            return Ok(banned);
        }
        if self.has_to_wait(hub, id, body) {
            return Ok(Answer::Undecided);
        }
        if let Some(asked) = asked(body) {
            self.accept_new(id)?;
            self.count(hub, asked, at)?;
        }
        let result = match body {
            RequestBody::Hello(_) => return Err(error(ErrorCode::HelloTwice, [])),
            RequestBody::Say(say) => return self.say(hub, id, say, at),
            RequestBody::Whisper(whisper) => return self.whisper(hub, id, whisper, at),
            RequestBody::Join(join) => return self.join(hub, id, join, Lookup::default(), at),
            RequestBody::Leave(leave) => self.leave(hub, &leave.room, at)?,
            RequestBody::Rename(rename) => self.rename(hub, &rename.name, at)?,
            RequestBody::ListRooms(_) => {
                let list = hub.shared().rooms(&self.rights, at.now);
                return Ok(Answer::Encoded(LongResult::Rooms, list));
            }
            RequestBody::ListMembers(list) => self.list_members(&list.room)?,
            RequestBody::Refresh(_) => return self.before_refresh(hub),
            RequestBody::FetchHistory(fetch) => return self.fetch_history(fetch, None, at),
            RequestBody::Edit(edit) => return self.change(hub, id, edit.into(), at),
            RequestBody::Remove(remove) => return self.change(hub, id, remove.into(), at),
            RequestBody::React(react) => return self.change(hub, id, react.into(), at),
            RequestBody::MarkRead(mark) => self.mark_read(hub, mark, at)?,
            RequestBody::Search(search) => return self.search(hub, search, at),
            RequestBody::ListUnread(_) => return Ok(self.list_unread(hub, at)),
            RequestBody::Block(block) => return self.block(hub, id, block, at),
            RequestBody::ListBlocks(_) => return Ok(self.list_blocks(hub, id, at)),
            RequestBody::Report(report) => return self.report(hub, id, report, at),
            RequestBody::Impose(impose) => self.impose(hub, impose, at)?,
            RequestBody::Lift(lift) => self.lift(hub, lift, at)?,
            RequestBody::ListSanctions(list) => self.list_sanctions(hub, list, at)?,
            RequestBody::SetRole(set) => self.set_role(hub, set, at)?,
            RequestBody::ListModerators(list) => self.list_moderators(hub, list)?,
            RequestBody::ChangeRoom(change) => self.change_room(hub, change, at)?,
            RequestBody::Clear(clear) => return self.clear(hub, clear, at),
            RequestBody::Purge(purge) => return self.purge(hub, purge, at),
        };
        Ok(Answer::Now(result))
    }

    /// Carries out a request for which something was read from the journal, and returns its
    /// answer. It was counted before.
    pub(super) fn found(
        &mut self,
        hub: &mut Hub<W>,
        id: RequestId,
        body: &RequestBody,
        found: Result<Found, Failure>,
        at: Moment,
    ) -> Answered {
        self.follow_user();
        self.follow_moves(hub);
        self.follow_guests(hub, at);
        self.follow_rules(hub, at);
        if let Some(banned) = self.follow_acts(hub, at) {
            return Ok(banned);
        }
        let lookup = self.lookup.take();
        let found = found.map_err(|failure| {
            let room = room_of(body).map(shown);
            unavailable(&failure, room.as_deref())
        })?;
        match (body, found) {
            (RequestBody::Join(join), found) => {
                let mut lookup = lookup.map_or_else(Lookup::default, |lookup| *lookup);
                lookup.add(found);
                self.join(hub, id, join, lookup, at)
            }
            (RequestBody::FetchHistory(fetch), Found::Lines(lines)) => {
                self.fetch_history(fetch, Some(lines), at)
            }
            (RequestBody::Search(search), Found::Search(lines, next)) => {
                self.search_found(search, (lines, next), at)
            }
            (RequestBody::ListUnread(_), Found::Unread(rooms)) => Ok(self.unread_found(rooms, at)),
            // Nothing else asks for something to be read.
            _ => Err(bad_request("this request reads nothing")),
        }
    }

    /// Checks the rooms if there are new rules. Whoever has changed them was answered before.
    fn follow_rules(&mut self, hub: &mut Hub<W>, at: Moment) {
        hub.take_rules();
        if self.rules_version != hub.rules_version() {
            self.recheck_rooms(hub, at);
        }
    }

    /// Gives the user other rights. What they do not allow any more ends at once: the client
    /// is told which rooms it is not in any more, and in which ones other settings hold.
    pub(super) fn set_rights(&mut self, hub: &mut Hub<W>, rights: Rights, at: Moment) {
        self.follow_moves(hub);
        let rights = rights.invited_to(self.session.user.invitations());
        if self.rights != rights {
            self.connection.set_rights(rights.clone());
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

    /// Leaves all rooms. The session can be resumed if the client has its secret, and
    /// ends otherwise.
    pub(super) fn disconnect(mut self, hub: &mut Hub<W>, now: Instant) {
        self.follow_moves(hub);
        if self.receipt == WelcomeReceipt::Unconfirmed {
            return self.end_because(hub, LeaveReason::Lost, now);
        }
        if let Some(feed) = hub.shared().feed() {
            let until = now + hub.shared().limits().resume_within;
            feed.connection_lost(self.connection.id(), self.session.id, until);
        }
        self.leave_rooms(hub, now);
        self.note_gone(hub, now);
        let reference = hub.reference(self.connection.id());
        let network = self.connection.wire().network();
        let users = hub.shared().users();
        users.disconnect(&self.session, reference, network, now);
    }

    /// Leaves all rooms and ends the session.
    pub(super) fn end(self, hub: &mut Hub<W>, now: Instant) {
        self.end_because(hub, LeaveReason::Goodbye, now);
    }

    fn end_because(mut self, hub: &mut Hub<W>, reason: LeaveReason, now: Instant) {
        self.follow_moves(hub);
        if let Some(feed) = hub.shared().feed() {
            feed.advance(now);
            feed.connection_ended(self.connection.id(), reason);
        }
        self.leave_rooms(hub, now);
        self.note_gone(hub, now);
        let reference = hub.reference(self.connection.id());
        let users = hub.shared().users();
        users.end_session(&self.session, reference, now);
    }

    /// Remembers a guest for moderators that act against it after it has left.
    fn note_gone(&self, hub: &Hub<W>, now: Instant) {
        if self.session.user.is_account(None) {
            let (id, network) = (self.id(), self.connection.wire().network());
            let name = self.session.user.name().of(id);
            hub.shared().gone_guests().add(id, &name, network, now);
        }
    }

    fn leave_rooms(&self, hub: &mut Hub<W>, now: Instant) {
        for joined in &self.rooms {
            hub.leave(&joined.room, &self.connection, now);
        }
    }
}
