//! The session of a client of the tutorial, which connects without a subprotocol. It is in
//! the lobby with the rights of a guest, and can only chat there. An error is told to it in a
//! close frame, because the tutorial has no other message for it; a text that it may not say
//! gets no answer.

use std::mem;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::limits::MAX_SAY_BYTES;
use guildhall_protocol::{ClientMessage, SanctionKind};

use crate::accounts::Guests;
use crate::events::LeaveReason;
use crate::filter::Location;
use crate::filter::repeats::RecentTexts;
use crate::hook::{Answer, HookFailure, Question, QuestionKind};
use crate::hub::{Hub, Rechecked, SharedRoom};
use crate::moderation::UserSnapshot;
use crate::names;
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Action, Rights};
use crate::shared::LOBBY;
use crate::shared::flagged::{Flag, Flagged};
use crate::shared::history::NewMessage;
use crate::shared::name::Name;
use crate::shared::rates::{AddressUse, Asked};
use crate::shared::sanctions::Against;
use crate::sync::moment::Moment;
use crate::sync::rate::SharedAllowance;

use super::pace::{Pace, Speaker};
use super::{Handled, LOOK_AT_JOURNAL_AFTER};

/// After this time at the latest, it is looked again whether a text may be said in slow mode: the
/// room may have another rule by then.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The session of a client of the tutorial.
#[derive(Debug)]
pub struct TutorialSession<W> {
    connection: Rc<Connection<W>>,
    /// `None` if the client may not be there, and its connection ends.
    lobby: Option<SharedRoom<W>>,
    /// Its permissions there, by this version of the rules.
    access: Access,
    rules_version: u32,
    /// All that holds against it.
    against: Against,
    pace: Pace,
    /// How often it has said something.
    says: SharedAllowance,
    /// The same for all guests of its address.
    address: Arc<AddressUse>,
    /// Its last texts, if a filter looks for repeats.
    recent: Option<Box<RecentTexts>>,
    /// The finds of filters in the text about which the game is being asked.
    flags: Vec<Flag>,
}

/// Decodes a binary message. Returns the text that the client says, or `None` for a chat
/// without a text, which is ignored.
///
/// # Errors
///
/// The [`Close`] that ends the connection.
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<String>, Close> {
    match ClientMessage::from_bytes(bytes) {
        Ok(ClientMessage::Chat(text)) => Ok(Some(text)),
        Err(error) => Close::for_error(&error).map_or(Ok(None), Err),
    }
}

impl<W: Wire> TutorialSession<W> {
    /// The session of a connection that has joined the lobby; without a lobby, of a connection
    /// that was closed at once, because it may not be there.
    pub(crate) fn new(
        hub: &Hub<W>,
        connection: Rc<Connection<W>>,
        lobby: Option<SharedRoom<W>>,
        now: Instant,
    ) -> Self {
        let access = lobby.as_ref().and_then(|lobby| {
            let lobby = lobby.borrow();
            Access::of(&Rights::default(), lobby.name(), lobby.rule())
        });
        let network = connection.wire().network();
        let address = hub.shared().rates().address(network, now);
        Self {
            against: hub.held_against(connection.id()),
            connection,
            access: access.unwrap_or(Access::OPEN),
            lobby,
            rules_version: hub.rules_version(),
            pace: Pace::default(),
            says: SharedAllowance::default(),
            address,
            recent: None,
            flags: Vec::new(),
        }
    }

    /// Says a text in the lobby, or returns it if the lobby is busy or the client speaks too
    /// fast. The caller reads on when the text was said, so nothing is lost. Drops it if guests
    /// may say nothing.
    pub(crate) fn say(&mut self, hub: &mut Hub<W>, text: String, at: Moment) -> Handled<String> {
        if let Err(why) = self.check_rights(hub, at) {
            return Handled::Dropped(why);
        }
        let Some(lobby) = &self.lobby else {
            return Handled::Done;
        };
        if lobby.borrow().is_busy() {
            return Handled::Later(text);
        }
        if lobby.borrow().has_to_wait(self.connection.id()) {
            return Handled::After(LOOK_AT_JOURNAL_AFTER, text);
        }
        let id = self.connection.id();
        let every = {
            let lobby = lobby.borrow();
            let rule = lobby.rule();
            if rule.text_bytes.is_some_and(|most| text.len() > most) {
                return Handled::Dropped("the text is too long for the room");
            }
            self.access.slow_mode(rule)
        };
        if every > Duration::ZERO {
            let wait = lobby.borrow().slow_wait(id.user_id(), every, at.now);
            if wait > Duration::ZERO {
                return Handled::After(wait.min(LOOK_AGAIN), text);
            }
        }
        let speaker = Speaker {
            id: id.user_id(),
            asked: Asked::Say,
            own: &self.says,
            address: Some(&self.address),
        };
        let admitted = (self.pace).admit(hub, Some(lobby), speaker, &text, at.now);
        if let Err(wait) = admitted {
            return Handled::After(wait, text);
        }
        if every > Duration::ZERO {
            // It need not wait: it is the user's only connection.
            let _ = lobby.borrow().say_slowly(id.user_id(), every, at.now);
        }
        let handled = self.publish(hub, text, at);
        if matches!(handled, Handled::Dropped(_)) {
            self.give_turn_back();
        }
        handled
    }

    /// A text is not said, after all: in slow mode it is the client's turn still.
    fn give_turn_back(&self) {
        if let Some(lobby) = &self.lobby {
            let user = self.connection.id().user_id();
            lobby.borrow().give_turn_back(user);
        }
    }

    /// Whether the client may say something in the lobby now.
    ///
    /// # Errors
    ///
    /// Why not.
    fn check_rights(&mut self, hub: &mut Hub<W>, at: Moment) -> Result<(), &'static str> {
        if self.rules_version != hub.rules_version() {
            self.recheck(hub, at);
        }
        if !self.against.is_of(hub.shared().sanctions()) {
            self.against = hub.held_against(self.connection.id());
        }
        for kind in [SanctionKind::Ban, SanctionKind::Mute] {
            if self.against.find(kind, LOBBY, at.unix_millis).is_some() {
                return Err("the client is muted");
            }
        }
        let is_there = |lobby: &SharedRoom<W>| lobby.borrow().has(self.connection.id());
        if !self.lobby.as_ref().is_some_and(is_there) {
            // A moderator has taken it out, and it is closed.
            return Err("the client was taken out");
        }
        if hub.shared().accounts().guests() != Guests::Allow {
            return Err("guests may only read");
        }
        if !self.access.may(Action::Say) {
            return Err("the client may not say anything here");
        }
        Ok(())
    }

    /// Has the filters look at a text that was counted, and the game asked, before it is said.
    fn publish(&mut self, hub: &mut Hub<W>, text: String, at: Moment) -> Handled<String> {
        let Some(publication) = hub.shared().publication() else {
            return self.say_now(hub, &text, Vec::new(), at);
        };
        let location = Location::Room(LOBBY);
        let filters = &publication.filters;
        let recent = self.recent.as_deref();
        let recent = recent.map(|recent| (recent, None, at.now));
        let checked = filters.check_after(location, &text, recent);
        if checked.refused.is_some() || checked.held.is_some() {
            return Handled::Dropped("a filter has found something in it");
        }
        if filters.has_repeats() {
            self.recent
                .get_or_insert_default()
                .said(&text, None, at.now);
        }
        let text = checked.masked.unwrap_or(text);
        if let Some(hook) = &publication.hook
            && hook.is_for(LOBBY)
        {
            let question = self.question(&text, at);
            self.flags = checked.flags;
            return Handled::Ask(Box::new(question), text);
        }
        self.say_now(hub, &text, checked.flags, at)
    }

    fn question(&self, text: &str, at: Moment) -> Question {
        let id = self.connection.id();
        Question {
            kind: QuestionKind::Say,
            room: LOBBY.into(),
            text: text.to_owned(),
            action: false,
            user: id.user_id().0,
            account: String::new(),
            name: Name::GUEST.of(id.user_id()),
            session: id.session_id().0,
            nonce: 0,
            line: 0,
            time: at.unix_millis,
        }
    }

    /// Says a text about which the game was asked, or drops it. The client cannot be told that it
    /// waits for a moderator, so such a text is dropped, too. It may have lost its rights while the
    /// game took its time.
    pub(crate) fn say_answered(
        &mut self,
        hub: &mut Hub<W>,
        text: String,
        answer: Result<Answer, HookFailure>,
        at: Moment,
    ) -> Handled<String> {
        let flags = mem::take(&mut self.flags);
        if let Err(why) = self.check_rights(hub, at) {
            return Handled::Dropped(why);
        }
        let answer = answer.unwrap_or_else(|_| {
            let publication = hub.shared().publication();
            let hook = publication.as_ref().and_then(|it| it.hook.as_ref());
            hook.map_or(Answer::Accept, |hook| hook.on_failure.answer())
        });
        match answer {
            Answer::Accept => self.say_now(hub, &text, flags, at),
            Answer::Replace(other)
                if other.len() <= MAX_SAY_BYTES && !names::is_blank_text(&other) =>
            {
                self.say_now(hub, &other, flags, at)
            }
            Answer::Replace(_) | Answer::Reject(_) | Answer::Hold => {
                self.give_turn_back();
                Handled::Dropped("the game has refused it")
            }
        }
    }

    /// Says a text, and has moderators look at it if filters have found something.
    fn say_now(
        &self,
        hub: &mut Hub<W>,
        text: &str,
        flags: Vec<Flag>,
        at: Moment,
    ) -> Handled<String> {
        let Some(lobby) = &self.lobby else {
            return Handled::Done;
        };
        let id = self.connection.id();
        let message = NewMessage::plain(id.user_id(), text, at.unix_millis);
        hub.say(lobby, id, &message);
        if !flags.is_empty() {
            let user = UserSnapshot {
                id: id.user_id(),
                account: "".into(),
                name: Name::GUEST.of(id.user_id()).into(),
            };
            let flagged = Flagged::without_line(user, text, flags);
            hub.shared().report_flagged(flagged, at);
        }
        Handled::Done
    }

    /// Checks what the client may do by the rules of now.
    fn recheck(&mut self, hub: &mut Hub<W>, at: Moment) {
        self.rules_version = hub.rules_version();
        let Some(lobby) = &self.lobby else {
            return;
        };
        match hub.recheck_member(lobby, self.connection.id(), &Rights::default(), at) {
            Rechecked::Stays(access) => self.access = access,
            // The hub has closed the connection.
            Rechecked::Gone => self.lobby = None,
        }
    }

    /// Leaves the lobby.
    pub(crate) fn end(&self, hub: &mut Hub<W>, now: Instant) {
        if let Some(feed) = hub.shared().feed() {
            feed.advance(now);
            feed.connection_ended(self.connection.id(), LeaveReason::Lost);
        }
        if let Some(lobby) = &self.lobby {
            hub.leave(lobby, &self.connection, now);
            let (id, network) = (
                self.connection.id().user_id(),
                self.connection.wire().network(),
            );
            hub.shared()
                .gone_guests()
                .add(id, &Name::GUEST.of(id), network, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::CloseCode;

    #[track_caller]
    fn check_close(bytes: &[u8], code: CloseCode) {
        assert_eq!(decode(bytes).unwrap_err().code, code);
    }

    #[test]
    fn a_message_is_a_text_or_is_ignored_or_ends_the_connection() {
        let chat = [0x12, 0x04, 0x0a, 0x02, b'h', b'i'];
        assert_eq!(decode(&chat), Ok(Some("hi".into())));
        assert_eq!(decode(&[0x12, 0x00]), Ok(None));
        check_close(&[], CloseCode::InvalidPayload);
        check_close(b"garbage", CloseCode::InvalidPayload);
        check_close(&[0x1a, 0x02, 0x08, 0x01], CloseCode::PolicyViolation);
        check_close(&vec![0; 20_000], CloseCode::MessageTooBig);
    }
}
