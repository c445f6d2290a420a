//! The user's own messages that have no place in a conversation yet: they are on
//! their way, or have failed and wait for the user to retry or discard them.

use alloc::string::String;
use alloc::vec::Vec;

use super::ConversationId;
use crate::RequestId;
use crate::session::{FailReason, MOST_FAILED, MessageKind};

/// A message of the user's that is pending or has failed.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnMessage {
    /// Its number in the session.
    pub nonce: RequestId,
    /// The conversation that it was typed in. `None` if there is none of it, such as for
    /// a whisper in [`Layout::Stream`](super::Layout::Stream).
    pub conversation: Option<ConversationId>,
    /// The room that it is for; `None` if it is a whisper.
    pub room: Option<String>,
    /// Whom a whisper is for, by name, or by ID in decimal; else empty.
    pub to: String,
    /// Whether a whisper is for the partner of its conversation.
    pub addressee: Addressee,
    /// What it says.
    pub text: String,
    /// How the text is meant.
    pub kind: MessageKind,
    /// How far it is.
    pub status: DeliveryStatus,
}

/// Whom a message is for, seen from the conversation that it was typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// The partner of that conversation, or the members of that room.
    Conversation,
    /// Another user, whom the message names: `/w Zed hello`, typed among whispers with
    /// Bob.
    Named,
}

/// How far a message is. Once it is delivered, it is a line like any other.
#[derive(Debug, Clone, PartialEq)]
pub enum DeliveryStatus {
    /// The server has not answered.
    Pending,
    /// The server has it, and it waits for a moderator.
    Held,
    /// It was not delivered, or may not have been. The user decides what to do.
    Failed(FailReason),
}

impl OwnMessage {
    /// Whether it failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(self.status, DeliveryStatus::Failed(_))
    }
}

/// Own messages, in the order in which they were typed.
#[derive(Debug, Default)]
pub(super) struct OwnMessages {
    all: Vec<OwnMessage>,
    /// Messages that the session has taken and not emitted yet, and where they were typed.
    typed_in: Vec<(RequestId, ConversationId, Addressee)>,
    /// The message that was delivered last, and where it was typed: its line follows.
    delivered: Option<(RequestId, ConversationId)>,
}

impl OwnMessages {
    /// The session has taken a message, which was typed in this conversation. The event
    /// that it is pending follows.
    pub(super) fn typed_in(
        &mut self,
        nonce: RequestId,
        conversation: ConversationId,
        addressee: Addressee,
    ) {
        self.typed_in.retain(|(it, ..)| *it != nonce);
        self.typed_in.push((nonce, conversation, addressee));
    }

    /// The conversation that a message was typed in, and whom it is for. Forgets it.
    pub(super) fn take_typed_in(
        &mut self,
        nonce: RequestId,
    ) -> Option<(ConversationId, Addressee)> {
        let index = self.typed_in.iter().position(|(it, ..)| *it == nonce)?;
        let (_, conversation, addressee) = self.typed_in.swap_remove(index);
        Some((conversation, addressee))
    }

    pub(super) fn add(&mut self, message: OwnMessage) {
        self.all.push(message);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &OwnMessage> {
        self.all.iter()
    }

    pub(super) fn get(&self, nonce: RequestId) -> Option<&OwnMessage> {
        self.all.iter().find(|message| message.nonce == nonce)
    }

    /// A message has failed. Forgets the oldest failed ones if there are too many, as the
    /// session does.
    pub(super) fn fail(&mut self, nonce: RequestId, reason: FailReason) {
        let mut all = self.all.iter_mut();
        if let Some(message) = all.find(|message| message.nonce == nonce) {
            message.status = DeliveryStatus::Failed(reason);
        }
        let failed = self.all.iter().filter(|message| message.has_failed());
        if failed.count() > MOST_FAILED
            && let Some(oldest) = self.all.iter().position(OwnMessage::has_failed)
        {
            self.all.remove(oldest);
        }
    }

    /// The server has a message, which waits for a moderator. Returns the conversation it was
    /// typed in.
    pub(super) fn hold(&mut self, nonce: RequestId) -> Option<ConversationId> {
        let mut all = self.all.iter_mut();
        let message = all.find(|message| message.nonce == nonce)?;
        message.status = DeliveryStatus::Held;
        message.conversation
    }

    /// The server has stored a message. Returns the conversation it was typed in.
    pub(super) fn deliver(&mut self, nonce: RequestId) -> Option<ConversationId> {
        if let Some(message) = self.remove(nonce) {
            self.delivered = message.conversation.map(|it| (nonce, it));
        }
        let (last, conversation) = self.delivered?;
        (last == nonce).then_some(conversation)
    }

    pub(super) fn remove(&mut self, nonce: RequestId) -> Option<OwnMessage> {
        let index = self.all.iter().position(|message| message.nonce == nonce)?;
        Some(self.all.remove(index))
    }

    /// A conversation is closed, and what was typed in it with it.
    pub(super) fn remove_conversation(&mut self, conversation: ConversationId) {
        self.all
            .retain(|message| message.conversation != Some(conversation));
        self.typed_in.retain(|(_, it, _)| *it != conversation);
        self.delivered.take_if(|(_, it)| *it == conversation);
    }

    /// Two conversations are one.
    pub(super) fn move_conversation(&mut self, from: ConversationId, to: ConversationId) {
        for message in &mut self.all {
            if message.conversation == Some(from) {
                message.conversation = Some(to);
            }
        }
        let typed_in = self.typed_in.iter_mut().map(|(_, it, _)| it);
        let delivered = self.delivered.as_mut().map(|(_, it)| it);
        for conversation in typed_in.chain(delivered) {
            if *conversation == from {
                *conversation = to;
            }
        }
    }
}
