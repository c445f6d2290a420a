//! The members of a room, as the server reports them.

use super::{Event, Session, presence_notice};
use guildhall_protocol::{MemberList, Presence};

impl Session {
    pub(super) fn presence(&mut self, presence: Presence) {
        if let Some(index) = self.joined_index(&presence.room) {
            let (room, events) = (&mut self.rooms[index], &mut self.events);
            let (before, first) = (room.view.count, events.len());
            room.presence(presence, |event| events.push_back(event));
            let (name, after) = (&room.view.name, room.view.count);
            let early = room.early_speakers();
            let changes = events.range(first..);
            let notice = presence_notice::notice(name, before, after, changes, early, self.id);
            room.forget_early_speakers();
            self.events.extend(notice);
            self.emit_members(index);
        }
    }

    pub(super) fn member_list(&mut self, room: &str, list: MemberList) {
        // Only if the room was not left meanwhile, and is not being joined again.
        let index = self.room_index(room);
        if let Some(index) = index.filter(|index| self.rooms[*index].view.joined) {
            self.rooms[index].member_list(&list);
            self.emit_members(index);
        }
        self.emit(Event::MemberList {
            room: room.into(),
            count: list.count,
            listed: list.listed,
            members: list.members,
        });
    }

    pub(super) fn emit_members(&mut self, index: usize) {
        let view = &self.rooms[index].view;
        self.events.push_back(Event::MembersChanged {
            room: view.name.clone(),
            count: view.count,
            listed: view.listed,
        });
    }
}
