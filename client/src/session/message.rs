//! The user's messages until the server has stored them (docs/client.md, "Messages"):
//! those that are pending, and those that failed and can be sent again. Edits, removals and
//! reactions are messages as well, except that a failed one is forgotten. Sends nothing by
//! itself.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{Event, FailReason, MessageKind, Recipient};
use crate::{RequestId, UserId};
use guildhall_protocol::{LineRef, RequestBody, RequestError};

mod request;

/// How many failed messages are kept to be sent again. The oldest are forgotten.
pub(crate) const MOST_FAILED: usize = 256;

/// How many messages can wait for a moderator. The oldest ones are told as uncertain.
const MOST_HELD: usize = 256;

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

/// The text or the change that a message is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Text {
        text: String,
        kind: MessageKind,
        reply_to: Option<LineRef>,
    },
    Edit {
        line: LineRef,
        text: String,
    },
    Remove {
        line: LineRef,
    },
    React {
        line: LineRef,
        reaction: String,
        take_back: bool,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) nonce: RequestId,
    pub(super) to: To,
    pub(super) content: Content,
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
    /// The server has it, and it waits for a moderator. It counts in the session with this
    /// number.
    Held { session: u64 },
    /// The user decides what to do.
    Failed,
}

impl Message {
    pub(super) fn new(nonce: RequestId, to: To, content: Content) -> Self {
        Self {
            nonce,
            to,
            content,
            was_sent: false,
            was_delayed: false,
            stage: Stage::Queued,
        }
    }

    /// The event that it is on its way; `None` for a change of a line.
    pub(super) fn pending(&self) -> Option<Event> {
        let Content::Text {
            text,
            kind,
            reply_to,
        } = &self.content
        else {
            return None;
        };
        let (room, to) = match &self.to {
            To::Room(room) => (Some(room.clone()), String::new()),
            To::Id(id) => (None, id.to_string()),
            To::Name(name) => (None, name.clone()),
        };
        Some(Event::Pending {
            nonce: self.nonce,
            room,
            to,
            text: text.clone(),
            action: kind.is_action(),
            reply_to: reply_to.map_or(0, |line| line.seq),
        })
    }

    /// The event that it was not done.
    fn failure(&self, reason: FailReason) -> Event {
        let nonce = self.nonce;
        match (&self.to, self.changes()) {
            (To::Room(room), Some(line)) => Event::ChangeFailed {
                nonce,
                room: room.clone(),
                line: line.seq,
                reason,
            },
            _ => Event::Failed { nonce, reason },
        }
    }

    /// The line that it changes.
    fn changes(&self) -> Option<LineRef> {
        match &self.content {
            Content::Text { .. } => None,
            Content::Edit { line, .. } | Content::Remove { line } | Content::React { line, .. } => {
                Some(*line)
            }
        }
    }

    /// Whether it is on its way to the server.
    fn is_pending(&self) -> bool {
        !matches!(self.stage, Stage::Failed | Stage::Held { .. })
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
        self.0.iter().filter(|message| message.is_pending()).count()
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

    /// The server has refused a message. Returns the event that tells it, or the error if no
    /// such message was sent on this connection.
    pub(super) fn refused(
        &mut self,
        nonce: RequestId,
        error: RequestError,
    ) -> Result<Event, RequestError> {
        let is_it = |message: &&mut Message| message.nonce == nonce && message.stage == Stage::Sent;
        let Some(message) = self.0.iter_mut().find(is_it) else {
            return Err(error);
        };
        message.stage = Stage::Failed;
        let event = message.failure(FailReason::Refused(error));
        self.forget_oldest();
        Ok(event)
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

    /// The server has taken a message, which waits for a moderator. Returns whether it was sent
    /// on this connection.
    pub(super) fn held(&mut self, nonce: RequestId, session: u64, tell: impl FnMut(Event)) -> bool {
        let is_it = |message: &&mut Message| message.nonce == nonce && message.stage == Stage::Sent;
        let Some(message) = self.0.iter_mut().find(is_it) else {
            return false;
        };
        message.stage = Stage::Held { session };
        message.was_delayed = false;
        let is_held = |message: &&Message| matches!(message.stage, Stage::Held { .. });
        let mut held = self.0.iter().filter(is_held);
        if let Some(oldest) = held.next().map(|message| message.nonce)
            && held.count() >= MOST_HELD
        {
            self.fail(|it| it.nonce == oldest, FailReason::Uncertain, tell);
        }
        true
    }

    /// Whether a message waits for a moderator that counts in the session with this number.
    pub(super) fn is_held(&self, nonce: RequestId, of: u64) -> bool {
        let is_it = |stage| matches!(stage, Stage::Held { session } if session == of);
        let mut all = self.0.iter();
        all.any(|message| message.nonce == nonce && is_it(message.stage))
    }

    /// A moderator has rejected a message that [is held](Self::is_held).
    pub(super) fn rejected(&mut self, nonce: RequestId, words: String, tell: impl FnMut(Event)) {
        if let Some(message) = self.0.iter_mut().find(|it| it.nonce == nonce) {
            message.was_sent = false;
        }
        self.fail(|it| it.nonce == nonce, FailReason::Rejected(words), tell);
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
                |it: &Message| it.was_delayed && it.is_pending() && it.to == message.to;
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
            if message.is_pending() {
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

    /// Fails what was sent on an earlier connection, whose session is gone. The user hears what
    /// becomes of a held message only as the `same_user` as before.
    pub(super) fn fail_uncertain(&mut self, same_user: bool, tell: impl FnMut(Event)) {
        let is_lost = |it: &Message| it.was_sent && (it.is_pending() || !same_user);
        self.fail(is_lost, FailReason::Uncertain, tell);
    }

    /// Fails whispers to IDs that were never sent: in a new session, the IDs may be other
    /// users'.
    pub(super) fn fail_to_ids(&mut self, tell: impl FnMut(Event)) {
        let is_to_id = |it: &Message| matches!(it.to, To::Id(_)) && it.is_pending();
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
                let reason = message.reason_unless_sent(unless_sent.clone());
                tell(message.failure(reason));
            }
        }
        self.forget_oldest();
    }

    /// Forgets failed changes, and the oldest failed messages if there are too many.
    fn forget_oldest(&mut self) {
        self.0
            .retain(|message| message.stage != Stage::Failed || message.changes().is_none());
        let failed = self.0.iter().filter(|it| it.stage == Stage::Failed);
        let mut too_many = failed.count().saturating_sub(MOST_FAILED);
        self.0.retain(|message| {
            let is_forgotten = message.stage == Stage::Failed && too_many > 0;
            too_many -= usize::from(is_forgotten);
            !is_forgotten
        });
    }
}

#[cfg(test)]
mod tests;
