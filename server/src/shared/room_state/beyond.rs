//! The lines that a durable room does not have in memory: which of them have to be read from its
//! journal, for a client that joins and for a page of history.

use crate::ids::{Epoch, Seq};
use crate::journal::{KeptLines, LinesRead, Which};
use crate::policy::{Access, Action};
use crate::shared::history::{History, PageLimits};
use crate::shared::join::Position;

use super::{Page, RoomHandle, RoomState};

/// The part of the history that is read from the journal as well, from its oldest line on. It
/// is not needed, unless the history loses those lines before the journal has answered.
const OVERLAP_PART: u64 = 2;

/// A page of a room's history, or what has to be read for it.
#[derive(Debug)]
pub(crate) enum Paged {
    /// The page.
    Page(Page),
    /// These lines have to be read from the journal first.
    Unread(LinesRead),
}

/// A page of history that a client asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageRequest {
    /// The lines of this epoch before this number; number 0: the newest lines.
    pub(crate) before: Position,
    /// The times and the size.
    pub(crate) limits: PageLimits,
}

impl RoomHandle {
    /// Which lines have to be read from the journal for a client of `guildhall.v1` that joins and
    /// has the lines up to `position`, because the room's history does not have all that follow.
    /// They are at most `bytes` bytes, together with those that the history has. `None`: nothing
    /// has to be read, and `read` is what was read before.
    pub(crate) fn unread(
        &self,
        access: Access,
        position: Position,
        read: Option<&KeptLines>,
        bytes: usize,
    ) -> Option<LinesRead> {
        if !self.is_durable() || !access.may(Action::History) {
            return None;
        }
        let history = &self.lock().history;
        let (first, last) = (history.first(), history.last());
        if position.epoch != history.epoch()
            || position.seq > last
            || position.seq.next() >= first
            || read.is_some_and(|read| read.end() >= first)
        {
            return None;
        }
        let overlap = (last.next().0 - first.0) / OVERLAP_PART;
        let end = Seq(first.0 + overlap);
        let most = end.0 - position.seq.next().0;
        let bytes = bytes.saturating_sub(history.bytes_from(end));
        (bytes > 0).then(|| LinesRead {
            room: self.name().clone(),
            epoch: history.epoch(),
            which: Which::NewestBefore {
                seq: end,
                before_time: 0,
                after_time: 0,
            },
            most: usize::try_from(most).unwrap_or(usize::MAX),
            bytes,
        })
    }

    /// Returns a page of the room's history, see [`RoomState::paged`].
    pub(crate) fn paged(&self, request: &PageRequest, unix_millis: u64) -> Paged {
        self.state.paged(request, unix_millis)
    }

    /// The lines in memory before `before`, see [`RoomState::in_memory`].
    pub(crate) fn in_memory(
        &self,
        before: Position,
        most: usize,
        bytes: usize,
        unix_millis: u64,
    ) -> Page {
        self.state.in_memory(before, most, bytes, unix_millis)
    }

    /// The page of lines that are in memory.
    #[cfg(test)]
    pub(crate) fn page(
        &self,
        before: Position,
        most: usize,
        bytes: usize,
        unix_millis: u64,
    ) -> Page {
        let limits = PageLimits::of_any_time(most, bytes);
        match self.paged(&PageRequest { before, limits }, unix_millis) {
            Paged::Page(page) => page,
            Paged::Unread(read) => panic!("it has to be read: {read:?}"),
        }
    }
}

impl RoomState {
    /// Returns a page of the room's history. The page is empty if `before` is a position of
    /// another epoch. `unix_millis` is the time, in milliseconds since 1970.
    pub(crate) fn paged(&self, request: &PageRequest, unix_millis: u64) -> Paged {
        let PageRequest { before, limits } = *request;
        let is_durable = self.journal.is_some();
        let history = &mut self.lock().history;
        history.forget_old(unix_millis);
        let epoch = history.epoch();
        if before.seq.0 != 0 && before.epoch != epoch {
            return Paged::Page(Page::empty(epoch));
        }
        let is_whole = !is_durable || history.first() <= Seq(1);
        if limits.has_times() && !is_whole {
            return Paged::Unread(self.read(history, before.seq, &limits));
        }
        let (frames, more) = history.page(before.seq, &limits);
        // Only the journal knows what is before the history's first line.
        if !more && !is_whole {
            return Paged::Unread(self.read(history, before.seq, &limits));
        }
        Paged::Page(Page {
            epoch,
            frames,
            more,
        })
    }

    /// The lines in memory before `before`, see [`History::page`]: none if that is a position of
    /// another epoch.
    pub(crate) fn in_memory(
        &self,
        before: Position,
        most: usize,
        bytes: usize,
        unix_millis: u64,
    ) -> Page {
        let history = &mut self.lock().history;
        history.forget_old(unix_millis);
        let epoch = history.epoch();
        if before.seq.0 != 0 && before.epoch != epoch {
            return Page::empty(epoch);
        }
        let (frames, more) = history.page(before.seq, &PageLimits::of_any_time(most, bytes));
        Page {
            epoch,
            frames,
            more,
        }
    }

    fn read(&self, history: &History, before: Seq, limits: &PageLimits) -> LinesRead {
        let PageLimits {
            before_time,
            after_time,
            most,
            bytes,
        } = *limits;
        let which = if after_time == 0 {
            Which::NewestBefore {
                seq: before,
                before_time,
                after_time,
            }
        } else {
            Which::OldestFrom {
                seq: Seq(1),
                before_time,
                after_time,
            }
        };
        LinesRead {
            room: self.name().clone(),
            epoch: history.epoch(),
            which,
            most,
            bytes,
        }
    }
}

impl Page {
    /// A page without lines.
    pub(crate) fn empty(epoch: Epoch) -> Self {
        Self {
            epoch,
            frames: bytes::Bytes::new(),
            more: false,
        }
    }

    /// The page of lines that were read for this request.
    pub(crate) fn of(lines: KeptLines, request: &PageRequest) -> Self {
        let before = request.before.seq;
        let is_cut = before.0 != 0 && lines.end() > before;
        let frames = if is_cut {
            lines.frames_of(lines.first..before)
        } else {
            lines.frames
        };
        Self {
            epoch: lines.epoch,
            frames,
            // The lines that follow do not belong to the answer.
            more: lines.more && !is_cut,
        }
    }
}
