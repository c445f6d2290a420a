//! Texts in which a filter has found something, and that were said all the same: moderators get a
//! report of the server itself.

use std::sync::Arc;

use guildhall_protocol::Reason;
use guildhall_protocol::limits::MAX_NOTE_BYTES;

use crate::filter::FilterKind;
use crate::ids::{RequestId, SessionId};
use crate::moderation::UserSnapshot;
use crate::sync::moment::Moment;

use super::Shared;
use super::acts::reports::About;

/// A filter that has found something: its kind, and its label in the settings.
pub(crate) type Flag = (FilterKind, Arc<str>);

/// A text that was said, and that moderators get a report of.
#[derive(Debug, Clone)]
pub(crate) struct Flagged {
    /// The user that has said it.
    pub(crate) user: UserSnapshot,
    /// The room; empty: it is a whisper, a name, or a text that no line has.
    pub(crate) room: Arc<str>,
    /// A text that no line has, such as a reaction; empty: none.
    pub(crate) text: Arc<str>,
    /// The session and the ID of its request, by which its line is found.
    pub(crate) session: SessionId,
    pub(crate) nonce: RequestId,
    /// One for each rule that has found something.
    pub(crate) flags: Vec<Flag>,
}

impl Flagged {
    /// A text that no line has, or none by which it could be found.
    pub(crate) fn without_line(user: UserSnapshot, text: &str, flags: Vec<Flag>) -> Self {
        Self {
            user,
            room: Arc::default(),
            text: text.into(),
            session: SessionId(0),
            nonce: RequestId::NONE,
            flags,
        }
    }
}

impl Shared {
    /// Makes a report of the server itself of a text that a filter has flagged. One of a whisper or
    /// a name is about the user, because moderators read no whispers; so is one of a text that no
    /// line has, which is in the note.
    pub(crate) fn report_flagged(self: &Arc<Self>, flagged: Flagged, at: Moment) {
        let Flagged {
            user,
            room,
            text,
            session,
            nonce,
            flags,
        } = flagged;
        let reason = match flags.first() {
            Some((FilterKind::Words | FilterKind::Game, _)) | None => Reason::Other,
            Some(_) => Reason::Spam,
        };
        let shown = flags.iter().map(|(kind, label)| match &**label {
            "" => kind.word().to_owned(),
            label => format!("{}: {label}", kind.word()),
        });
        let mut note = format!("filter {}", shown.collect::<Vec<_>>().join(", "));
        if !text.is_empty() {
            note.push_str(": ");
            note.push_str(&text);
            note.truncate(note.floor_char_boundary(MAX_NOTE_BYTES));
        }
        let about = if room.is_empty() {
            About::User(user)
        } else {
            About::Said {
                room,
                session,
                request: nonce,
            }
        };
        self.report_automatically(about, reason, &note, at);
    }
}
