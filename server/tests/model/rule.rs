//! The room with a rule: guests may be there, but say nothing, and neither read what was said
//! before nor see who is there. Its topic changes from time to time, and who may be there.

use guildhall_protocol::RoomSettings;
use guildhall_server::policy::{Pattern, Rule, Rules, Who};

/// The room's name.
pub(crate) const RULED: &str = "blue";

/// The room that somebody moderates.
pub(crate) const MODERATED: &str = "red";

/// The account of the user that does.
pub(crate) const MODERATOR: &str = "bob";

/// The part of the room's rule that changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct RoomRule {
    pub(crate) topic: String,
    /// The users that may be there.
    pub(crate) join: Who,
}

impl RoomRule {
    /// The rules of the server.
    pub(crate) fn rules(&self) -> Rules {
        Rules::new(vec![Rule {
            join: self.join,
            say: Who::Users,
            history: Who::Users,
            members: Who::Users,
            topic: self.topic.clone(),
            ..Rule::open(Pattern::new(RULED))
        }])
    }

    /// Whether a user may be there with this account, which is empty for a guest. `has_cap`
    /// says whether its token allows that.
    pub(crate) fn lets_in(&self, account: &str, has_cap: bool) -> bool {
        match self.join {
            Who::Everyone => true,
            Who::Users => !account.is_empty(),
            Who::Caps => has_cap,
            Who::Nobody => false,
        }
    }
}

/// Whether the rule limits a user with this account, which is empty for a guest.
pub(crate) fn limits(room: &str, account: &str) -> bool {
    room == RULED && account.is_empty()
}

/// Whether a user with this account may remove what others have said: one may, in one room.
pub(crate) fn may_remove(room: &str, account: &str) -> bool {
    room == MODERATED && account == MODERATOR
}

/// The settings of the room that the user is told when it has this topic.
pub(crate) fn settings(room: &str, account: &str, topic: &str) -> Option<RoomSettings> {
    let is_limited = limits(room, account);
    let settings = RoomSettings {
        topic: if room == RULED { topic } else { "" }.to_owned(),
        read_only: is_limited,
        no_history: is_limited,
        no_members: is_limited,
        may_remove: may_remove(room, account),
        may_moderate: may_remove(room, account),
        ..RoomSettings::default()
    };
    (settings != RoomSettings::default()).then_some(settings)
}
