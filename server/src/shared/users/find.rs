//! Finds users, also those that are away.

use std::sync::Arc;

use crate::ids::UserId;
use crate::shared::user::User;

use super::Users;

impl Users {
    /// The user with this ID, if it is known.
    pub(crate) fn with_id(&self, id: UserId) -> Option<Arc<User>> {
        let inner = self.lock();
        inner.users.get(&id).map(|known| Arc::clone(&known.user))
    }

    /// The game closes a room: no user may be there any more because it was put there.
    pub(crate) fn end_invitations(&self, room: &str) {
        let users: Vec<_> = {
            let inner = self.lock();
            let users = inner.users.values();
            users.map(|known| Arc::clone(&known.user)).collect()
        };
        for user in users {
            user.end_invitation(room);
        }
    }

    /// The user that has this name, or one that looks like it.
    pub(crate) fn with_name(&self, name: &str) -> Option<Arc<User>> {
        let id = self.id_of(name)?;
        self.with_id(id)
    }
}
