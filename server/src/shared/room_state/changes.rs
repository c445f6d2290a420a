//! Changes of what was said in a room: edits, removals and reactions, which are lines of their
//! own, and the lines that a new one may reply to.

use std::time::Duration;

use guildhall_protocol::limits::MAX_REACTIONS;
use guildhall_protocol::{ErrorCode, LineRef, RequestError};

use crate::ids::Seq;
use crate::journal::ChangeError;
use crate::shared::history::NewMessage;
use crate::shared::inbox::Pending;
use crate::shared::request_log::RequestStatus;
use crate::shared::subscriber_kind::SubscriberKind;

use super::{Inner, RoomHandle};

/// A change of an earlier line, as a user asks for it.
#[derive(Debug)]
pub(crate) struct NewChange<'a> {
    /// The change, as a message.
    pub(crate) message: NewMessage<'a>,
    /// The facts that it depends on.
    pub(crate) changing: Changing,
}

/// A change of a line, as those have to know it that decide it, and its user if it is not
/// possible.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changing {
    /// The number of the line that changes.
    pub(crate) seq: Seq,
    /// Whether the user may change what others have said.
    pub(crate) may_change_others: bool,
    /// For how long a line can be edited.
    pub(crate) edit_within: Duration,
}

/// Why a change is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeRefused {
    /// It is not possible.
    Impossible(ChangeError),
    /// The session's request is not a new one.
    NotNew(RequestStatus),
}

impl RoomHandle {
    /// Changes a line in a room that is in memory only, behind the lines of other threads.
    /// `record` records the request, see [`UserSession::record_message`]: it is told whether the
    /// change is possible.
    ///
    /// [`UserSession::record_message`]: crate::shared::user::session::UserSession::record_message
    ///
    /// # Errors
    ///
    /// Why nothing changes.
    pub(crate) fn change(
        &self,
        mut pending: Pending<'_>,
        change: &NewChange<'_>,
        record: impl FnOnce(bool) -> RequestStatus,
    ) -> Result<(), ChangeRefused> {
        let NewChange { message, changing } = change;
        let inner = &mut *self.lock();
        let prepared =
            (inner.history).prepare(message, changing.may_change_others, changing.edit_within);
        // Under the lock, so that a change that is possible now stays so until it is carried
        // out.
        match record(prepared.is_ok()) {
            RequestStatus::New => {}
            status => return Err(ChangeRefused::NotNew(status)),
        }
        let prepared = prepared.map_err(ChangeRefused::Impossible)?;
        self.take(inner, &mut pending);
        let starts = pending.each_ref().map(|pending| pending.len());
        let [_, v1, _] = &mut pending;
        inner.history.carry_out(prepared, v1);
        if let Some(feed) = &self.state.feed {
            feed.said(&self.state.name, message, inner.newest(self.state.epoch));
        }
        // Clients of the tutorial get nothing: to them, a change would be a message.
        self.put_line_into_inboxes(inner, pending, starts);
        Ok(())
    }

    /// Whether there was such a line in this life of the room. It may be forgotten.
    pub(crate) fn has_line(&self, line: LineRef) -> bool {
        let history = &self.lock().history;
        let numbers = Seq(1)..=history.last();
        line.epoch == history.epoch().0 && numbers.contains(&Seq(line.seq))
    }

    /// Sends the line that was appended to what is pending for clients of `guildhall.v1` to
    /// those of the other kind, too, and what was appended at all to the other threads.
    pub(super) fn put_line_into_inboxes(
        &self,
        inner: &mut Inner,
        mut pending: Pending<'_>,
        starts: [usize; SubscriberKind::COUNT],
    ) {
        let [_, v1, unlisted] = &mut pending;
        if inner.has_subscribers(SubscriberKind::V1Unlisted) {
            // The same frame: only what is told of members is not the same.
            unlisted.extend_from_slice(&v1[starts[SubscriberKind::V1 as usize]..]);
        }
        self.put_into_inboxes(inner, &mut pending, starts);
    }
}

/// The error for a change of a line in this room that is not possible.
pub(crate) fn change_error(why: ChangeError, room: &str, changing: &Changing) -> RequestError {
    let room = room.to_owned();
    let (code, arguments) = match why {
        ChangeError::NoSuchLine => {
            let seq = changing.seq.0.to_string();
            (ErrorCode::NoSuchLine, vec![room, seq])
        }
        ChangeError::NotOwn => (ErrorCode::Forbidden, vec![room, "change".into()]),
        ChangeError::TooLate => {
            let seconds = changing.edit_within.as_secs().to_string();
            (ErrorCode::TooLate, vec![room, seconds])
        }
        ChangeError::TooManyReactions => {
            (ErrorCode::TooManyReactions, vec![MAX_REACTIONS.to_string()])
        }
    };
    RequestError {
        code: code.into(),
        arguments,
        temporary: false,
        retry_after: 0,
    }
}
