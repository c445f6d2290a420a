//! The session of a client of the tutorial, which connects without a subprotocol. It is in
//! the lobby, and can only chat there. An error is told to it in a close frame, because the
//! tutorial has no other message for it; a text that it may not say gets no answer.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::ClientMessage;

use crate::accounts::Guests;
use crate::hub::{Hub, Rechecked, SharedRoom};
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Action, Rights};
use crate::shared::history::NewMessage;
use crate::shared::rates::{AddressUse, Asked};
use crate::sync::moment::Moment;
use crate::sync::rate::SharedAllowance;

use super::Handled;
use super::pace::{Pace, Speaker};

/// After this time at the latest, it is looked again whether a text may be said in slow mode: the
/// room may have another rule by then.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The session of a client of the tutorial.
#[derive(Debug)]
pub(crate) struct TutorialSession<W> {
    connection: Rc<Connection<W>>,
    rights: Rights,
    /// `None` if the client may not be there, and its connection ends.
    lobby: Option<SharedRoom<W>>,
    /// What it may do there, by this version of the rules.
    access: Access,
    rules_version: u32,
    pace: Pace,
    /// How often it has said something.
    says: SharedAllowance,
    /// The same for all guests of its address.
    address: Arc<AddressUse>,
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
    /// The session of a connection that has joined the lobby with these rights; without a
    /// lobby, of a connection that was closed at once, because it may not be there.
    pub(crate) fn new(
        hub: &Hub<W>,
        connection: Rc<Connection<W>>,
        rights: Rights,
        lobby: Option<SharedRoom<W>>,
        now: Instant,
    ) -> Self {
        let access = lobby.as_ref().and_then(|lobby| {
            let lobby = lobby.borrow();
            Access::of(&rights, lobby.name(), lobby.rule())
        });
        let network = connection.wire().network();
        let address = hub.shared().rates().address(network, now);
        Self {
            connection,
            rights,
            access: access.unwrap_or(Access::OPEN),
            lobby,
            rules_version: hub.rules_version(),
            pace: Pace::default(),
            says: SharedAllowance::default(),
            address,
        }
    }

    /// Says a text in the lobby, or returns it if the lobby is busy or the client speaks too
    /// fast. The caller reads on when the text was said, so nothing is lost. Drops it if guests
    /// may say nothing.
    pub(crate) fn say(&mut self, hub: &mut Hub<W>, text: String, at: Moment) -> Handled<String> {
        if self.rules_version != hub.rules_version() {
            self.recheck(hub, at);
        }
        let Some(lobby) = &self.lobby else {
            return Handled::Done;
        };
        if hub.shared().accounts().guests() != Guests::Allow {
            return Handled::Dropped("guests may only read");
        }
        if lobby.borrow().is_busy() {
            return Handled::Later(text);
        }
        if !self.access.may(Action::Say) {
            return Handled::Dropped("the client may not say anything here");
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
        let message = NewMessage::plain(id.user_id(), &text, at.unix_millis);
        hub.say(lobby, id, &message);
        Handled::Done
    }

    /// Checks what the client may do by the rules of now.
    fn recheck(&mut self, hub: &mut Hub<W>, at: Moment) {
        self.rules_version = hub.rules_version();
        let Some(lobby) = &self.lobby else {
            return;
        };
        match hub.recheck_member(lobby, self.connection.id(), &self.rights, at) {
            Rechecked::Stays(access) => self.access = access,
            // The hub has closed the connection.
            Rechecked::Gone => self.lobby = None,
        }
    }

    /// Leaves the lobby.
    pub(crate) fn end(&self, hub: &mut Hub<W>, now: Instant) {
        if let Some(lobby) = &self.lobby {
            hub.leave(lobby, &self.connection, now);
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
