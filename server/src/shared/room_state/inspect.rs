//! The lines of a room, for a thread that is no network thread. The HTTP API calls it.

use std::sync::Arc;

use guildhall_protocol::Line;

use crate::ids::Seq;
use crate::journal::{LinesRead, Which};
use crate::outgoing::frame;
use crate::shared::history::PageLimits;
use crate::shared::join::Position;

use super::beyond::Paged;
use super::{Page, RoomState};

impl RoomState {
    /// The oldest lines behind number `after`: those in memory, or what has to be read for them.
    pub(crate) fn lines_behind(
        &self,
        after: Seq,
        most: usize,
        bytes: usize,
        unix_millis: u64,
    ) -> Paged {
        let history = &mut self.lock().history;
        history.forget_old(unix_millis);
        if self.journal.is_some() && after.next() < history.first() {
            return Paged::Unread(LinesRead {
                room: Arc::clone(&self.name),
                epoch: self.epoch,
                which: Which::OldestFrom {
                    seq: after.next(),
                    before_time: 0,
                    after_time: 0,
                },
                most,
                bytes,
            });
        }
        let (frames, more) = history.page_from(after.next(), &PageLimits::of_any_time(most, bytes));
        Paged::Page(Page {
            epoch: self.epoch,
            frames,
            more,
        })
    }

    /// The lines in memory before this one, the newest first.
    pub(crate) fn older_lines(
        &self,
        before: Position,
        most: usize,
        bytes: usize,
        unix_millis: u64,
    ) -> Vec<Line> {
        let page = self.in_memory(before, most, bytes, unix_millis);
        let mut lines = frame::lines(&page.frames);
        lines.reverse();
        lines
    }
}
