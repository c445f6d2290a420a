//! How far the user has read each room, over all its connections (docs/client.md, "Read marks"):
//! one mark at a time goes to the server, and the newest one wins.

use super::delayed::again_at;
use super::pending_requests::PendingRequest;
use super::{Event, SendError, Session};
use guildhall_protocol::{LineRef, ListUnread, MarkRead, ReadMark, RequestBody, RequestError};

impl Session {
    /// The user has read a room up to the line with this number. Does nothing if that is known,
    /// or if it is none of the room's lines. The mark goes out at once, or when the room is
    /// joined; but only one at a time for each room, and 5 s after the answer at the earliest the
    /// next one: of those that come meanwhile, the newest.
    pub fn mark_read(&mut self, room: &str, seq: u64) {
        let Some(index) = self.room_index(room) else {
            return;
        };
        let room = &mut self.rooms[index];
        if seq > room.view.read_seq && seq <= room.view.last_seq {
            room.view.read_seq = seq;
            room.mark.want(seq);
            self.send_mark(index);
        }
    }

    /// Asks what the user has not read: [`Event::UnreadList`] is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooManyPending`.
    pub fn list_unread(&mut self) -> Result<(), SendError> {
        self.check_can_request()?;
        let list = RequestBody::ListUnread(ListUnread {});
        self.request(list, PendingRequest::ListUnread);
        Ok(())
    }

    /// Sends a room's mark, if there is one to send and none on its way.
    pub(super) fn send_mark(&mut self, index: usize) {
        let room = &mut self.rooms[index];
        if !room.view.joined {
            return;
        }
        let Some(seq) = room.mark.next() else {
            return;
        };
        let (name, epoch) = (room.view.name.clone(), room.view.epoch);
        let request = MarkRead {
            room: name.clone(),
            line: Some(LineRef { epoch, seq }),
        };
        let pending = PendingRequest::MarkRead(name);
        self.request(RequestBody::MarkRead(request), pending);
    }

    /// The user goes: what has been read is told now.
    pub(super) fn send_last_mark(&mut self, index: usize) {
        self.rooms[index].mark.hurry();
        self.send_mark(index);
    }

    pub(super) fn marked_read(&mut self, room: &str, now: u64) {
        if let Some(index) = self.room_index(room) {
            self.rooms[index].mark.answered(now);
        }
    }

    /// A mark was not stored. Nobody is told: the user did not ask for it.
    pub(super) fn mark_refused(&mut self, room: &str, error: &RequestError, now: u64) {
        let Some(index) = self.room_index(room) else {
            return;
        };
        let mark = &mut self.rooms[index].mark;
        if error.temporary {
            mark.delayed(again_at(error, mark.delays(), now));
        } else {
            mark.answered(now);
        }
    }

    /// The user has read a room over another connection.
    pub(super) fn read_elsewhere(&mut self, mark: &ReadMark) {
        let LineRef { epoch, seq } = mark.line.unwrap_or_default();
        let Some(index) = self.joined_index(&mark.room) else {
            return;
        };
        let view = &mut self.rooms[index].view;
        if epoch == view.epoch && seq > view.read_seq {
            view.read_seq = seq;
            let room = view.name.clone();
            self.emit(Event::ReadMark { room, seq });
        }
    }
}
