//! A user is erased: nobody has its sessions, its name and its whispers any more.

use crate::ids::UserId;
use crate::journal::Row;
use crate::moderation::blocked::AuthorId;

use super::Users;

impl Users {
    /// Forgets a user with its sessions, which have no connection any more, and takes the whispers
    /// that it has sent from those who have not got them. Returns how many sessions it had.
    pub(crate) fn erase(&self, id: UserId, account: &str) -> usize {
        let mut inner = self.lock();
        let mut count = 0;
        if let Some(known) = inner.users.get(&id) {
            let user = known.user.clone();
            for session in user.sessions() {
                inner.remove_session(session.id);
                user.remove_session(session.id);
                inner.records.note(|| vec![Row::EndSession(session.id)]);
                count += 1;
            }
            inner.forget(id);
        }
        let author = AuthorId::new(id, account);
        inner.erase_blocks(&author);
        for entry in inner.sessions.values() {
            entry.session.forget_whispers_of(id, account);
        }
        count
    }
}
