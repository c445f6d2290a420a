//! Answers questions about sessions whose clients are away.

use super::{Arc, Away, Network, SessionId, User, UserId, UserSession, Users};

impl Users {
    /// The networks from which the sessions of a user came last that are away.
    pub(crate) fn away_networks(&self, user: &User) -> Vec<Network> {
        let inner = self.lock();
        let network = |session: &Arc<UserSession>| match inner.sessions.get(&session.id)?.away? {
            Away::Left(key) => inner.away.network_of(key),
            // Nobody knows where its client was.
            Away::Restored(_) => None,
        };
        user.sessions().iter().filter_map(network).collect()
    }

    /// The user of the guest's session with this secret; `None`: no guest has it.
    pub(crate) fn guest_of(&self, secret: &[u8]) -> Option<UserId> {
        let inner = self.lock();
        let session = &inner.sessions.get(inner.by_secret.get(secret)?)?.session;
        session.user.is_account(None).then_some(session.user.id)
    }

    /// The sessions of the user with this ID.
    pub(crate) fn sessions_of(&self, id: UserId) -> Vec<SessionId> {
        let user = self.by_id(id);
        let sessions = user.map(|user| user.sessions()).unwrap_or_default();
        sessions.iter().map(|session| session.id).collect()
    }
}
