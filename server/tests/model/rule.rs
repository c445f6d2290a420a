//! The room with a rule: guests may be there, but say nothing, and neither read what was said
//! before nor see who is there. Its topic changes from time to time.

use guildhall_protocol::RoomSettings;
use guildhall_server::policy::{Pattern, Rule, Rules, Who};

/// The room's name.
pub(crate) const RULED: &str = "blue";

/// The rules of the server when the room has this topic.
pub(crate) fn rules(topic: &str) -> Rules {
    Rules::new(vec![Rule {
        say: Who::Users,
        history: Who::Users,
        members: Who::Users,
        topic: topic.to_owned(),
        ..Rule::open(Pattern::new(RULED))
    }])
}

/// Whether the rule limits a user with this account, which is empty for a guest.
pub(crate) fn limits(room: &str, account: &str) -> bool {
    room == RULED && account.is_empty()
}

/// What the user is told of the room when it has this topic.
pub(crate) fn settings(room: &str, account: &str, topic: &str) -> Option<RoomSettings> {
    let is_limited = limits(room, account);
    let settings = RoomSettings {
        topic: if room == RULED { topic } else { "" }.to_owned(),
        read_only: is_limited,
        no_history: is_limited,
        no_members: is_limited,
        ..RoomSettings::default()
    };
    (settings != RoomSettings::default()).then_some(settings)
}
