//! How a `guildhall.v1` client says what its user has read. Every session of the user has
//! the same marks.

use std::sync::Arc;

use guildhall_protocol::{
    ErrorCode, LineRef, MarkRead, MarkedRead, Packet, PacketBody, ReadMark, ReplyResult,
    RequestError,
};

use crate::hub::Hub;
use crate::ids::{Epoch, Seq};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::join::Position;
use crate::sync::moment::Moment;

use super::refusal::{bad_request, error};
use super::welcomed::Welcomed;

impl<W: Wire> Welcomed<W> {
    /// Records that the user has read a room up to a line, and tells its other sessions.
    pub(super) fn mark_read(
        &self,
        hub: &mut Hub<W>,
        mark: &MarkRead,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        let joined = self.joined(&mark.room)?;
        let LineRef { epoch, seq } = mark
            .line
            .ok_or_else(|| bad_request("mark_read names a line"))?;
        let read = Position {
            epoch: Epoch(epoch),
            seq: Seq(seq),
        };
        let (room, newest) = {
            let room = joined.room.borrow();
            (Arc::clone(room.name()), room.newest())
        };
        // A mark ahead of the room would hide what is said next.
        if read.seq == Seq(0) || read.epoch != newest.epoch || read.seq > newest.seq {
            let arguments = [room.to_string(), seq.to_string()];
            return Err(error(ErrorCode::NoSuchLine, arguments));
        }
        let user = &self.session.user;
        let users = hub.shared().users();
        if users.mark_read(user, &room, read, at.now) {
            let told = PacketBody::ReadMark(ReadMark {
                room: room.to_string(),
                line: Some(LineRef { epoch, seq }),
            });
            let others = user.connections(Some(self.session.id));
            if !others.is_empty() {
                hub.send_each(&others, &frame::packet(&Packet::from(told)), at.now);
            }
        }
        Ok(ReplyResult::MarkedRead(MarkedRead {}))
    }

    /// The number of the last line of this epoch that the user has read; 0: it is not known.
    pub(super) fn read_seq(&self, room: &str, epoch: Epoch) -> u64 {
        let read = self.session.user.read_mark(room);
        let read = read.filter(|read| read.epoch == epoch);
        read.map_or(0, |read| read.seq.0)
    }
}
