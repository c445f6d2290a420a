//! Texts in which a filter has found something, and that were said all the same: moderators get a
//! report of the server itself.

use std::sync::Arc;

use guildhall_protocol::Reason;

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
    /// The room; empty: it is a whisper, or a name.
    pub(crate) room: Arc<str>,
    /// The session and the ID of its request, by which its line is found.
    pub(crate) session: SessionId,
    pub(crate) nonce: RequestId,
    /// One for each rule that has found something.
    pub(crate) flags: Vec<Flag>,
}

impl Shared {
    /// Makes a report of the server itself of a text that a filter has flagged. One of a whisper or
    /// a name is about the user, because moderators read no whispers.
    pub(crate) fn report_flagged(self: &Arc<Self>, flagged: Flagged, at: Moment) {
        let Flagged {
            user,
            room,
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
        let note = format!("filter {}", shown.collect::<Vec<_>>().join(", "));
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
