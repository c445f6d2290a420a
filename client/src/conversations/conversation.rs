//! One conversation: what it is with, how much of it is unread and whether there
//! is more of it on the server. Plain state: [`Conversations`](super::Conversations)
//! changes it.

use alloc::boxed::Box;
use alloc::string::String;

use guildhall_protocol::{RemovedReason, Sanction};

use super::known_lines::{KnownLine, KnownLines};
use crate::UserId;
use crate::session::{Event, Recipient};

/// Tells a conversation from the others. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub u32);

/// Whom a user talks with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Everybody in the room with this name.
    Room(String),
    /// One other client.
    Whispers(Partner),
}

/// The other client of a conversation of whispers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// `None` if it is not known: in a new session of ours, or after the partner left,
    /// the ID that was known may be another user's.
    pub id: Option<UserId>,
    /// The name, which is how the user knows the partner.
    pub name: String,
}

impl Partner {
    /// How a whisper reaches the partner: by ID, or by name if the ID is not known or
    /// the user is offline, since the next session may give the ID to another user.
    #[must_use]
    pub fn recipient(&self, is_online: bool) -> Recipient<'_> {
        match self.id {
            Some(id) if is_online => Recipient::Id(id),
            _ => Recipient::Name(&self.name),
        }
    }
}

/// What is known about the lines before the oldest one that the client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OlderLines {
    /// There may be some.
    #[default]
    Possible,
    /// A page of them is on its way.
    Loading,
    /// There are none.
    None,
    /// The user may not see them.
    Forbidden,
}

/// One conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    id: ConversationId,
    pub(super) subject: Subject,
    pub(super) unread: usize,
    pub(super) older: OlderLines,
    /// Whether a replay is from before the user joined for the first time.
    pub(super) is_first_visit: bool,
    pub(super) removed: Option<(RemovedReason, Option<Box<Sanction>>)>,
    /// Whether the user blocks the partner.
    pub(super) is_blocked: bool,
    pub(super) mentions: usize,
    pub(super) known: KnownLines,
    /// Whether the user has seen the newest line, and the server was not told.
    pub(super) is_seen: bool,
    /// How much it means to the user, if these are whispers.
    pub(super) whispers_use: WhispersUse,
}

/// How much whispers mean to the user: of too many, those with the least are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct WhispersUse {
    /// Whether the user has whispered to the partner.
    pub(super) is_answered: bool,
    /// The place of the last whisper among those of all partners.
    pub(super) last: u64,
}

impl Conversation {
    pub(super) fn new(id: ConversationId, subject: Subject) -> Self {
        Self {
            id,
            subject,
            unread: 0,
            older: OlderLines::default(),
            is_first_visit: true,
            removed: None,
            is_blocked: false,
            mentions: 0,
            known: KnownLines::default(),
            is_seen: false,
            whispers_use: WhispersUse::default(),
        }
    }

    /// The ID.
    #[must_use]
    pub fn id(&self) -> ConversationId {
        self.id
    }

    /// Whom the user talks with.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The room, if it is one.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        match &self.subject {
            Subject::Room(room) => Some(room),
            Subject::Whispers(_) => None,
        }
    }

    /// The other client, if these are whispers.
    #[must_use]
    pub fn partner(&self) -> Option<&Partner> {
        match &self.subject {
            Subject::Room(_) => None,
            Subject::Whispers(partner) => Some(partner),
        }
    }

    /// The name of the room or of the partner.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.subject {
            Subject::Room(room) => room,
            Subject::Whispers(partner) => &partner.name,
        }
    }

    /// How many lines of others came since the user saw the newest line.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// How many of them name the user.
    #[must_use]
    pub fn mentions(&self) -> usize {
        self.mentions
    }

    /// A room's line with this number, as it is now. Lines that are too old are not known, nor
    /// are whispers.
    #[must_use]
    pub fn line(&self, seq: u64) -> Option<&KnownLine> {
        self.known.get(seq)
    }

    /// The room's lines that are known, as they are now, by rising number.
    #[must_use]
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &KnownLine> {
        self.known.iter()
    }

    /// What is known about older lines.
    #[must_use]
    pub fn older(&self) -> OlderLines {
        self.older
    }

    /// Why the server has taken the user out of the room; `None` if it has not. With
    /// [`Layout::Tabs`](super::Layout::Tabs), what was said there can still be read.
    #[must_use]
    pub fn removed(&self) -> Option<RemovedReason> {
        self.removed.as_ref().map(|(reason, _)| *reason)
    }

    /// The event with which the server has taken the user out of the room, if it has: for a
    /// client that goes on saying why.
    #[must_use]
    pub fn removal(&self) -> Option<Event> {
        let (reason, sanction) = self.removed.clone()?;
        Some(Event::Removed {
            room: self.room()?.into(),
            reason,
            sanction,
        })
    }

    /// Whether these are whispers with somebody whom the user blocks: nothing of them is to be
    /// shown.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    pub(super) fn partner_mut(&mut self) -> Option<&mut Partner> {
        match &mut self.subject {
            Subject::Room(_) => None,
            Subject::Whispers(partner) => Some(partner),
        }
    }
}
