//! Leaves out what a client does not get when it joins: members, if it may not see them, and those
//! whom its user blocks, with what they have said.

use guildhall_protocol::Member;

use crate::moderation::blocked::Blocked;
use crate::outgoing::hidden::hide_lines;
use crate::policy::{Access, Action};
use crate::shared::presence::Presence;

use super::JoinSnapshot;

impl JoinSnapshot {
    /// Leaves out what these users have said, and that they are there. The numbers of lines and of
    /// members stay.
    pub(crate) fn hide(&mut self, blocked: &Blocked) {
        let lines = std::mem::take(&mut self.lines);
        self.lines = hide_lines(lines, |line| blocked.hides(line));
        if let Some(members) = &mut self.members {
            members.retain(|member| !blocked.has_member(member));
        }
    }
}

/// The members, for a client that may see them.
pub(in crate::shared) fn shown(presence: &mut Presence, access: Access) -> Option<Vec<Member>> {
    if access.may(Action::Members) {
        return presence.show();
    }
    presence.show_count();
    None
}
