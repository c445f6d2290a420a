//! The user's messages until the server has stored them (docs/client.md, "Messages"):
//! those that are pending, and those that failed and can be sent again. Sends nothing by
//! itself.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{Event, FailReason, MessageKind, Recipient};
use crate::{RequestId, UserId};
use guildhall_protocol::{RequestBody, Say, Whisper};

/// How many failed messages are kept to be sent again. The oldest are forgotten.
pub(crate) const MOST_FAILED: usize = 256;

/// The shortest and the longest time after which a message that was refused for now is sent
/// again, in milliseconds.
const WAIT: (u32, u32) = (100, 60_000);

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    Room(String),
    Id(UserId),
    Name(String),
}

impl To {
    pub(super) fn target(&self) -> Option<Recipient<'_>> {
        match self {
            Self::Room(_) => None,
            Self::Id(id) => Some(Recipient::Id(*id)),
            Self::Name(name) => Some(Recipient::Name(name)),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) nonce: RequestId,
    pub(super) to: To,
    pub(super) text: String,
    pub(super) kind: MessageKind,
    /// Whether it was sent, on this connection or on an earlier one.
    was_sent: bool,
    /// Whether it was refused for now on this connection. Later ones to the same recipient
    /// wait for its answer, so that they keep their order.
    was_delayed: bool,
    stage: Stage,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// To be sent, for the first time or again.
    Queued,
    /// Refused for now, and to be sent again at this time.
    Delayed { until: u64 },
    /// Sent on this connection.
    Sent,
    /// The user decides what to do.
    Failed,
}

impl Message {
    pub(super) fn new(nonce: RequestId, to: To, text: &str, kind: MessageKind) -> Self {
        Self {
            nonce,
            to,
            text: text.into(),
            kind,
            was_sent: false,
            was_delayed: false,
            stage: Stage::Queued,
        }
    }

    /// The event that it is on its way.
    pub(super) fn pending(&self) -> Event {
        let (room, to) = match &self.to {
            To::Room(room) => (Some(room.clone()), String::new()),
            To::Id(id) => (None, id.to_string()),
            To::Name(name) => (None, name.clone()),
        };
        Event::Pending {
            nonce: self.nonce,
            room,
            to,
            text: self.text.clone(),
            action: self.kind.is_action(),
        }
    }

    fn request(&self) -> RequestBody {
        let (text, action) = (self.text.clone(), self.kind.is_action());
        let (to, name) = match &self.to {
            To::Room(room) => {
                let room = room.clone();
                return RequestBody::Say(Say { room, text, action });
            }
            To::Id(id) => (id.0, String::new()),
            To::Name(name) => (0, name.clone()),
        };
        RequestBody::Whisper(Whisper {
            to,
            name,
            text,
            action,
        })
    }

    /// Why the message fails, now that it cannot be sent any more.
    fn reason_unless_sent(&self, unless: FailReason) -> FailReason {
        if self.was_sent {
            FailReason::Uncertain
        } else {
            unless
        }
    }
}

/// Pending and failed messages, by their nonces.
#[derive(Debug, Default)]
pub(super) struct Messages(Vec<Message>);

impl Messages {
    pub(super) fn pending(&self) -> usize {
        self.0
            .iter()
            .filter(|message| message.stage != Stage::Failed)
            .count()
    }

    /// Whether any was sent on this connection and has no answer.
    pub(super) fn wait_for_answer(&self) -> bool {
        self.0.iter().any(|message| message.stage == Stage::Sent)
    }

    /// Adds a message, whose nonce is larger than all before.
    pub(super) fn push(&mut self, message: Message) {
        self.0.push(message);
    }

    pub(super) fn failed(&self, nonce: RequestId) -> Option<&Message> {
        let is_it = |message: &&Message| message.nonce == nonce && message.stage == Stage::Failed;
        self.0.iter().find(is_it)
    }

    pub(super) fn discard(&mut self, nonce: RequestId) {
        self.0
            .retain(|message| message.nonce != nonce || message.stage != Stage::Failed);
    }

    /// The server has stored a message. Returns false if there is no such message, or if
    /// that is known already. A message that seemed to have failed may be stored too.
    pub(super) fn stored(&mut self, nonce: RequestId) -> bool {
        let before = self.0.len();
        self.0
            .retain(|message| message.nonce != nonce || !message.was_sent);
        self.0.len() < before
    }

    /// The server has refused a message. Returns false if no such message was sent on this
    /// connection.
    pub(super) fn refused(&mut self, nonce: RequestId) -> bool {
        let is_it = |message: &&mut Message| message.nonce == nonce && message.stage == Stage::Sent;
        let Some(message) = self.0.iter_mut().find(is_it) else {
            return false;
        };
        message.stage = Stage::Failed;
        self.forget_oldest();
        true
    }

    /// The server has refused a message for now. Returns false if no such message was sent
    /// on this connection.
    pub(super) fn delayed(&mut self, nonce: RequestId, retry_after: u32, now: u64) -> bool {
        let is_it = |message: &&mut Message| message.nonce == nonce && message.stage == Stage::Sent;
        let Some(message) = self.0.iter_mut().find(is_it) else {
            return false;
        };
        let until = now.saturating_add(retry_after.clamp(WAIT.0, WAIT.1).into());
        message.stage = Stage::Delayed { until };
        message.was_delayed = true;
        // It is not stored.
        message.was_sent = false;
        true
    }

    /// When the first delayed message is due.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let mut first = None;
        for message in &self.0 {
            if let Stage::Delayed { until } = message.stage
                && first.is_none_or(|first| until < first)
            {
                first = Some(until);
            }
        }
        first
    }

    /// Queues the delayed messages that are due. Returns whether there was one.
    pub(super) fn queue_due(&mut self, now: u64) -> bool {
        let mut is_any = false;
        for message in &mut self.0 {
            if matches!(message.stage, Stage::Delayed { until } if until <= now) {
                message.stage = Stage::Queued;
                is_any = true;
            }
        }
        is_any
    }

    /// Sends the queued messages of one room, or all queued whispers.
    pub(super) fn send(
        &mut self,
        room: Option<&str>,
        mut send: impl FnMut(RequestId, RequestBody),
    ) {
        for index in 0..self.0.len() {
            let (earlier, rest) = self.0.split_at_mut(index);
            let message = &mut rest[0];
            let is_meant = match (&message.to, room) {
                (To::Room(to), Some(room)) => to == room,
                (To::Id(_) | To::Name(_), None) => true,
                _ => false,
            };
            let has_to_wait =
                |it: &Message| it.was_delayed && it.stage != Stage::Failed && it.to == message.to;
            if is_meant && message.stage == Stage::Queued && !earlier.iter().any(has_to_wait) {
                message.was_sent = true;
                message.stage = Stage::Sent;
                send(message.nonce, message.request());
            }
        }
    }

    pub(super) fn disconnected(&mut self) {
        for message in &mut self.0 {
            message.was_delayed = false;
            if message.stage != Stage::Failed {
                message.stage = Stage::Queued;
            }
        }
    }

    /// The room has another name from now on.
    pub(super) fn room_renamed(&mut self, old: &str, new: &str) {
        for message in &mut self.0 {
            if let To::Room(room) = &mut message.to
                && room == old
            {
                *room = new.into();
            }
        }
    }

    /// Fails what was sent on an earlier connection, whose session is gone.
    pub(super) fn fail_uncertain(&mut self, tell: impl FnMut(Event)) {
        self.fail(|message| message.was_sent, FailReason::Uncertain, tell);
    }

    /// Fails whispers to IDs that were never sent: in a new session, the IDs may be other
    /// users'.
    pub(super) fn fail_to_ids(&mut self, tell: impl FnMut(Event)) {
        let is_to_id = |message: &Message| matches!(message.to, To::Id(_));
        self.fail(is_to_id, FailReason::Disconnected, tell);
    }

    /// Fails all messages: no connection follows by itself.
    pub(super) fn fail_all(&mut self, tell: impl FnMut(Event)) {
        self.fail(|_| true, FailReason::Disconnected, tell);
    }

    /// Fails queued messages in rooms that the user does not want.
    pub(super) fn fail_in_rooms(
        &mut self,
        is_wanted: impl Fn(&str) -> bool,
        tell: impl FnMut(Event),
    ) {
        let is_lost = |message: &Message| match &message.to {
            To::Room(room) => !is_wanted(room),
            To::Id(_) | To::Name(_) => false,
        };
        self.fail(is_lost, FailReason::NotInRoom, tell);
    }

    fn fail(
        &mut self,
        is_lost: impl Fn(&Message) -> bool,
        unless_sent: FailReason,
        mut tell: impl FnMut(Event),
    ) {
        for message in &mut self.0 {
            if !matches!(message.stage, Stage::Sent | Stage::Failed) && is_lost(message) {
                message.stage = Stage::Failed;
                tell(Event::Failed {
                    nonce: message.nonce,
                    reason: message.reason_unless_sent(unless_sent.clone()),
                });
            }
        }
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        let mut too_many = (self.0.len() - self.pending()).saturating_sub(MOST_FAILED);
        self.0.retain(|message| {
            let is_forgotten = message.stage == Stage::Failed && too_many > 0;
            too_many -= usize::from(is_forgotten);
            !is_forgotten
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages to the room "hall", with these nonces.
    fn messages(nonces: impl Iterator<Item = u64>) -> Messages {
        let mut messages = Messages::default();
        for nonce in nonces {
            let to = To::Room("hall".into());
            messages.push(message(nonce, to));
        }
        messages
    }

    fn message(nonce: u64, to: To) -> Message {
        Message::new(RequestId(nonce), to, "hi", MessageKind::Text)
    }

    fn sent(messages: &mut Messages, room: Option<&str>) -> Vec<u64> {
        let mut nonces = Vec::new();
        messages.send(room, |nonce, _| nonces.push(nonce.0));
        nonces
    }

    fn failed(fail: impl FnOnce(&mut dyn FnMut(Event))) -> Vec<(u64, FailReason)> {
        let mut failed = Vec::new();
        fail(&mut |event| match event {
            Event::Failed { nonce, reason } => failed.push((nonce.0, reason)),
            other => panic!("{other:?}"),
        });
        failed
    }

    #[test]
    fn a_message_is_sent_once_on_each_connection() {
        let mut messages = messages(1..=2);
        messages.push(message(3, To::Id(UserId(9))));
        assert_eq!(sent(&mut messages, Some("attic")), []);
        assert_eq!(sent(&mut messages, Some("hall")), [1, 2]);
        assert_eq!(sent(&mut messages, Some("hall")), []);
        assert_eq!(sent(&mut messages, None), [3]);
        messages.disconnected();
        assert!(messages.stored(RequestId(1)));
        assert_eq!(sent(&mut messages, Some("hall")), [2]);
    }

    #[test]
    fn a_message_that_was_not_sent_has_no_answer() {
        let mut messages = messages(1..=1);
        assert!(!messages.stored(RequestId(1)) && !messages.refused(RequestId(1)));
        sent(&mut messages, Some("hall"));
        assert!(!messages.stored(RequestId(2)) && !messages.refused(RequestId(2)));
        assert!(messages.refused(RequestId(1)) && !messages.refused(RequestId(1)));
        assert_eq!(messages.pending(), 0);
        // Stored after all.
        assert!(messages.stored(RequestId(1)) && !messages.stored(RequestId(1)));
    }

    #[test]
    fn messages_wait_behind_one_that_was_delayed() {
        let mut messages = messages(1..=3);
        sent(&mut messages, Some("hall"));
        messages.push(message(4, To::Room("hall".into())));
        messages.push(message(5, To::Room("attic".into())));
        assert!(messages.delayed(RequestId(1), 1_000, 0));
        assert!(messages.delayed(RequestId(2), 500, 0));
        assert!(!messages.delayed(RequestId(1), 1, 0) && !messages.delayed(RequestId(4), 1, 0));
        assert_eq!(sent(&mut messages, Some("hall")), []);
        assert_eq!(sent(&mut messages, Some("attic")), [5]);
        assert_eq!(messages.wake_at(), Some(500));
        assert!(messages.queue_due(500) && !messages.queue_due(500));
        assert_eq!(sent(&mut messages, Some("hall")), []);
        assert!(messages.queue_due(1_000));
        assert_eq!(sent(&mut messages, Some("hall")), [1]);
        assert!(messages.stored(RequestId(1)));
        assert_eq!(sent(&mut messages, Some("hall")), [2]);
        assert!(messages.refused(RequestId(2)));
        assert_eq!(sent(&mut messages, Some("hall")), [4]);
        assert_eq!(messages.wake_at(), None);
        assert!(messages.delayed(RequestId(4), u32::MAX, 7));
        assert_eq!(messages.wake_at(), Some(60_007));
        messages.disconnected();
        assert_eq!(messages.wake_at(), None);
        assert_eq!(sent(&mut messages, Some("hall")), [3, 4]);
    }

    #[test]
    fn a_message_that_was_sent_is_uncertain() {
        let mut messages = messages(1..=1);
        sent(&mut messages, Some("hall"));
        messages.push(message(2, To::Room("hall".into())));
        messages.push(message(3, To::Name("bob".into())));
        messages.disconnected();
        let in_rooms = failed(|mut tell| messages.fail_in_rooms(|_| false, &mut tell));
        let reasons = [(1, FailReason::Uncertain), (2, FailReason::NotInRoom)];
        assert_eq!(in_rooms, reasons);
        let all = failed(|mut tell| messages.fail_all(&mut tell));
        assert_eq!(all, [(3, FailReason::Disconnected)]);
    }

    #[test]
    fn messages_go_to_the_new_name_of_their_room() {
        let mut messages = messages(1..=1);
        messages.room_renamed("hall", "Hall");
        assert_eq!(sent(&mut messages, Some("Hall")), [1]);
    }

    #[test]
    fn the_oldest_failed_messages_are_forgotten() {
        let mut messages = messages(1..=300);
        failed(|mut tell| messages.fail_all(&mut tell));
        assert!(
            messages.failed(RequestId(44)).is_none() && messages.failed(RequestId(45)).is_some()
        );
        messages.discard(RequestId(45));
        assert!(messages.failed(RequestId(45)).is_none());
    }
}
