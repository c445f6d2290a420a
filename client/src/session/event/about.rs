//! The subject of an event: a room, or the connection.

use super::Event;
use crate::session::{ChatLine, LineChange};

impl Event {
    /// The room that the event is about, if it is about one: its line or notice belongs
    /// there.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        match self {
            Self::Joined { room, .. }
            | Self::Left { room }
            | Self::JoinDelayed { room, .. }
            | Self::RoomChanged { room }
            | Self::Moved { room, .. }
            | Self::SlowMode { room, .. }
            | Self::Removed { room, .. }
            | Self::Line(ChatLine { room, .. })
            | Self::LineEdited {
                change: LineChange { room, .. },
                ..
            }
            | Self::LineRemoved(LineChange { room, .. })
            | Self::LinesCleared(LineChange { room, .. })
            | Self::LinesPurged {
                change: LineChange { room, .. },
                ..
            }
            | Self::ReactionsChanged {
                change: LineChange { room, .. },
                ..
            }
            | Self::ChangeFailed { room, .. }
            | Self::ReadMark { room, .. }
            | Self::History { room, .. }
            | Self::HistoryOf { room, .. }
            | Self::Gap { room, .. }
            | Self::MembersChanged { room, .. }
            | Self::MemberJoined { room, .. }
            | Self::MemberLeft { room, .. }
            | Self::MemberRenamed { room, .. }
            | Self::PresenceNotice { room, .. }
            | Self::ModeratorList { room, .. }
            | Self::MemberList { room, .. } => Some(room),
            Self::Rejected { room, .. } | Self::SanctionList { room, .. } => {
                Some(room.as_str()).filter(|room| !room.is_empty())
            }
            Self::Sanctioned { sanction, .. } | Self::SanctionEnded(sanction) => {
                Some(sanction.room.as_str()).filter(|room| !room.is_empty())
            }
            Self::Pending { room, .. } => room.as_deref(),
            Self::State(_)
            | Self::Welcomed { .. }
            | Self::NameRefused(_)
            | Self::Whisper { .. }
            | Self::WhisperGap { .. }
            | Self::Sent { .. }
            | Self::Held { .. }
            | Self::Failed { .. }
            | Self::RenamedSelf(_)
            | Self::BlocksChanged
            | Self::BlockList(_)
            | Self::Reported { .. }
            | Self::ReportDecided { .. }
            | Self::Imposed(_)
            | Self::Purged { .. }
            | Self::Done { .. }
            | Self::RenameDelayed { .. }
            | Self::TokenNeeded
            | Self::RoomList { .. }
            | Self::UnreadList(_)
            | Self::SearchPage { .. }
            | Self::ServerAnswers(_)
            | Self::RequestFailed { .. }
            | Self::BadMessage(_) => None,
        }
    }

    /// Whether the event is about the connection, or about something that went wrong, and
    /// not part of the chat. A client may show such events in another place.
    #[must_use]
    pub fn is_about_connection(&self) -> bool {
        matches!(
            self,
            Self::State(_)
                | Self::Welcomed { .. }
                | Self::NameRefused(_)
                | Self::Failed { .. }
                | Self::ChangeFailed { .. }
                | Self::ServerAnswers(_)
                | Self::JoinDelayed { .. }
                | Self::RenameDelayed { .. }
                | Self::TokenNeeded
                | Self::RequestFailed { .. }
                | Self::BadMessage(_)
        )
    }
}
