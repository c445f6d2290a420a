//! The operator's act on a client: its connection was closed. The connection's own thread does it,
//! and this notes it.

use crate::ids::{ConnectionId, UserId};
use crate::moderation::{Act, ActKind, Actor};
use crate::shared::Shared;
use crate::sync::moment::Moment;

impl Shared {
    /// Notes in the audit log that a client was closed, which was one of this user if it was
    /// welcome.
    pub(crate) fn note_client_closed(
        &self,
        by: &Actor,
        client: ConnectionId,
        user: Option<UserId>,
        at: Moment,
    ) {
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind: ActKind::UserChanged,
            user: user.and_then(|id| self.user_meant(id.0, "")),
            room: "".into(),
            details: vec![
                ("disconnected", 1.to_string()),
                ("client", client.to_string()),
            ],
        });
    }
}
