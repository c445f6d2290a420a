//! The end of sessions.

use super::{Away, Duration, Entry, Inner, Instant, Row, SessionId};

impl Inner {
    /// Removes a session from the list of all sessions.
    pub(super) fn remove_session(&mut self, id: SessionId) -> Option<Entry> {
        let entry = self.sessions.remove(&id)?;
        self.by_secret.remove(&entry.session.secret);
        self.end_away(entry.away);
        Some(entry)
    }

    /// A session is not away any more that had this place.
    pub(super) fn end_away(&mut self, away: Option<Away>) {
        match away {
            Some(Away::Left(key)) => drop(self.away.remove(key)),
            Some(Away::Restored(key)) => drop(self.restored.remove(key)),
            None => {}
        }
    }

    /// Takes a session out of its queue that was not resumed in time.
    pub(super) fn pop_expired(
        &mut self,
        resume_within: Duration,
        now: Instant,
    ) -> Option<SessionId> {
        let restored = self.restored.pop_expired(resume_within, now);
        restored.or_else(|| self.away.pop_expired(resume_within, now))
    }

    /// Ends a session. If its user has no other, a guest is forgotten, and a user with an
    /// account is absent from now on.
    pub(super) fn end_session(&mut self, id: SessionId, now: Instant) {
        let Some(Entry { session, .. }) = self.remove_session(id) else {
            return;
        };
        let user = &session.user;
        let has_others = user.remove_session(id);
        // Afterwards, so that no whisper to the session is kept behind it.
        self.records.note(|| vec![Row::EndSession(id)]);
        if has_others {
            return;
        }
        if user.is_account(None) {
            self.forget(user.id);
        } else {
            self.is_absent(user.id, now);
        }
    }
}
