//! All that a server has to know that starts over a memory journal.

use super::{Kept, RequestId, SessionId, WhisperRow};
use crate::events::KnownFeed;
use crate::journal::{Known, KnownSession};

impl Kept {
    /// All that a server that starts has to know.
    pub(in crate::journal::memory) fn known(&self) -> Known {
        let sessions = self.sessions.values().map(|row| {
            let of_session = |whisper: &&WhisperRow| whisper.session == row.id;
            KnownSession {
                row: row.clone(),
                highest: self.highest(row.id),
                whispers: self.whispers.iter().filter(of_session).cloned().collect(),
                held: (self.held.values())
                    .filter(|held| held.session == row.id)
                    .map(|held| held.nonce)
                    .collect(),
            }
        });
        Known {
            next_id: self.next_id,
            users: self.users.values().cloned().collect(),
            sessions: sessions.collect(),
            orphans: (self.whispers.iter())
                .filter(|whisper| !self.sessions.contains_key(&whisper.session.0))
                .cloned()
                .collect(),
            read_marks: self.read_marks.values().cloned().collect(),
            notices: self.notices.values().cloned().collect(),
            sanctions: (self.sanctions.values())
                .filter(|row| row.ended.is_none())
                .map(|row| (*row.sanction).clone())
                .collect(),
            next_sanction: self.sanctions.keys().max().map_or(0, |id| id + 1),
            roles: (self.roles.values())
                .filter(|row| row.role != guildhall_protocol::Role::Unspecified)
                .cloned()
                .collect(),
            room_settings: self.room_settings.values().cloned().collect(),
            blocks: self.blocks.values().cloned().collect(),
            feed: KnownFeed {
                feed: "memory".into(),
                newest: self.feed.events.len() as u64,
                present: self.feed.present.values().cloned().collect(),
                webhooks: self.feed.webhooks.values().cloned().collect(),
            },
            held: self.held.values().cloned().collect(),
            next_held: self.next_held,
        }
    }

    /// The highest ID of a line or a whisper that a session has said.
    fn highest(&self, session: SessionId) -> RequestId {
        let said = self.said.iter().copied();
        let whispered = self.whispers.iter().map(|whisper| whisper.sender);
        let ids = said.chain(whispered);
        let own = ids.filter_map(|(id, request)| (id == session).then_some(request));
        own.max().unwrap_or(RequestId::NONE)
    }
}
