//! A player's knowledge of its rooms: the members, the settings, and the lines that were left
//! out.

use std::collections::BTreeSet;

use guildhall_protocol::{
    Joined, Leave, Presence, Removed, RemovedReason, RequestBody, RoomChanged,
};

use super::lines::Replay;
use super::packets::{by_id, room_of};
use super::{Inside, Player};
use crate::model::HISTORY;
use crate::rule::{RULED, limits};

impl Player {
    /// Whether it sees only how many members this room has.
    pub(super) fn sees_no_members(&self, room: &str) -> bool {
        limits(room, self.account.unwrap_or_default())
    }

    /// Leaves a room.
    pub(crate) fn leave(&mut self, room: &str) {
        let id = self.ask(RequestBody::Leave(Leave { room: room.into() }));
        self.link().busy.insert(room.into(), id);
    }

    /// Joins this room on every connection from now on.
    pub(super) fn want(&mut self, room: &str) {
        if !self.wanted.iter().any(|wanted| wanted == room) {
            self.wanted.push(room.to_owned());
        }
    }

    /// It may not be in a room any more. It keeps its position there, as it may come back.
    pub(super) fn removed(&mut self, removed: &Removed, said: &BTreeSet<u64>) {
        self.check_nothing_is_due();
        assert_eq!(removed.room, RULED);
        assert_eq!(removed.reason(), RemovedReason::Forbidden);
        assert!(self.link().open.is_disjoint(said), "it is answered first");
        self.wanted.retain(|wanted| *wanted != removed.room);
        let before = self.link().rooms.remove(&removed.room);
        assert!(before.is_some(), "a room that it has not joined");
    }

    /// A request was refused for good. If it is a join, what was to be said after it is not
    /// sent. If it is a leave, the client was removed before.
    pub(super) fn refused(&mut self, id: u64) {
        let link = self.link.as_mut().expect("a connection");
        let mut busy = link.busy.extract_if(.., |_, request| *request == id);
        let Some((room, _)) = busy.next() else { return };
        drop(busy);
        let is_sent = |id: &u64| link.open.contains(id) || link.waiting.contains(id);
        self.unanswered
            .retain(|id, ask| room_of(ask) != Some(&room) || is_sent(id));
        self.wanted.retain(|wanted| *wanted != room);
    }

    /// Lines were left out. They follow, or are in a gap.
    pub(super) fn catch_up(&mut self, joined: Joined) {
        self.check_nothing_is_due();
        let (room, first, last) = (joined.room, joined.first_seq, joined.last_seq);
        let kept = (last + 1).saturating_sub(HISTORY).max(1);
        let is_busy = self.link().busy.contains_key(&room);
        assert!(joined.resumed && joined.listed != self.sees_no_members(&room));
        let position = self.positions.get_mut(&room).expect("a position");
        // A client that joins again or leaves knows its position from the answer.
        if !is_busy {
            assert_eq!(joined.epoch, position.0);
            assert_eq!(first, kept.max(position.1 + 1), "what is kept follows");
            let gap = (position.1 + 1 < first).then_some((position.1 + 1, first - 1));
            assert_eq!(joined.gap.map(|gap| (gap.from, gap.to)), gap);
            position.1 = first - 1;
            if gap.is_some() {
                // It may hide changes.
                self.logs.remove(&room);
            }
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
            link.replay = Some(Replay::new(room, first, last));
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
