//! What a player learns of its rooms: who is there, what holds, and which lines were left out.

use guildhall_protocol::{Joined, Presence, RoomChanged};

use super::packets::by_id;
use super::{Inside, Player};
use crate::model::HISTORY;
use crate::rule::limits;

impl Player {
    /// Whether it sees only how many members this room has.
    pub(super) fn sees_no_members(&self, room: &str) -> bool {
        limits(room, self.account.unwrap_or_default())
    }

    /// Lines were left out. They follow, or are in a gap.
    pub(super) fn catch_up(&mut self, joined: Joined) {
        self.check_nothing_is_due();
        let (room, first, last) = (joined.room, joined.first_seq, joined.last_seq);
        let kept = (last + 1).saturating_sub(HISTORY).max(1);
        let is_busy = self.link().busy.contains(&room);
        assert!(joined.resumed && joined.listed != self.sees_no_members(&room));
        let position = self.positions.get_mut(&room).expect("a position");
        // A client that joins again or leaves knows its position from the answer.
        if !is_busy {
            assert_eq!(joined.epoch, position.0);
            assert_eq!(first, kept.max(position.1 + 1), "what is kept follows");
            let gap = (position.1 + 1 < first).then_some((position.1 + 1, first - 1));
            assert_eq!(joined.gap.map(|gap| (gap.from, gap.to)), gap);
            position.1 = first - 1;
        }
        let inside = Inside {
            members: by_id(joined.members),
            count: joined.count,
            settings: joined.settings,
        };
        let link = self.link();
        let before = link.rooms.insert(room.clone(), inside);
        assert!(before.is_some(), "a room that it has not joined");
        if first <= last {
            link.replay = Some((room, first, last));
        }
    }

    pub(super) fn presence(&mut self, presence: Presence) {
        self.check_nothing_is_due();
        if self.sees_no_members(&presence.room) {
            assert!(!presence.listed && !presence.whole);
            assert!(presence.joined.is_empty() && presence.left.is_empty());
        } else {
            assert!(presence.listed);
        }
        let link = self.link();
        let inside = link.rooms.get_mut(&presence.room);
        let inside = inside.expect("presence of a room that it has joined");
        if presence.whole {
            inside.members.clear();
        }
        for id in presence.left {
            inside.members.remove(&id);
        }
        for member in presence.joined {
            inside.members.insert(member.id, member);
        }
        inside.count = presence.count;
    }

    pub(super) fn room_changed(&mut self, changed: RoomChanged) {
        self.check_nothing_is_due();
        let inside = self.link().rooms.get_mut(&changed.room);
        let inside = inside.expect("a change of a room that it has joined");
        assert_ne!(inside.settings, changed.settings, "nothing has changed");
        inside.settings = changed.settings;
    }
}
