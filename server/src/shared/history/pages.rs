//! Pages of a history: its newest lines, or those of some time.

use std::ops::Range;

use bytes::Bytes;

use crate::ids::Seq;

use super::{Entry, History};

/// Which lines a page has, and how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageLimits {
    /// Only lines that were said before this time, in milliseconds since 1970; 0: at any time.
    pub(crate) before_time: u64,
    /// Only lines that were said at this time or later; 0: at any time. The page begins with the
    /// first of them.
    pub(crate) after_time: u64,
    /// The most lines.
    pub(crate) most: usize,
    /// The most bytes of lines as frames; but one line at least, if there is any.
    pub(crate) bytes: usize,
}

impl PageLimits {
    /// At most this many lines and bytes, of any time.
    pub(crate) const fn of_any_time(most: usize, bytes: usize) -> Self {
        Self {
            before_time: 0,
            after_time: 0,
            most,
            bytes,
        }
    }

    /// Whether lines of some times do not belong to the page.
    pub(crate) const fn has_times(&self) -> bool {
        self.before_time != 0 || self.after_time != 0
    }

    fn has(&self, entry: &Entry) -> bool {
        self.after_time <= entry.time && (self.before_time == 0 || entry.time < self.before_time)
    }
}

impl History {
    /// How many of the newest kept lines were said at this time or later, in milliseconds since
    /// 1970.
    pub(crate) fn lines_since(&self, time: u64) -> usize {
        let newest = self.entries.iter().rev();
        newest.take_while(|entry| entry.time >= time).count()
    }

    /// Returns the frames of the kept lines before number `before`, or of the newest ones if it is
    /// 0, oldest first, and whether there are more that belong to the page: older ones, or newer
    /// ones if it begins at a time and so has the oldest lines. The numbers of its lines have no
    /// gap: if a clock was changed, there are other lines between those of a time, and the page
    /// ends there.
    #[must_use]
    pub(crate) fn page(&self, before: Seq, limits: &PageLimits) -> (Bytes, bool) {
        let end = match before {
            Seq(0) => self.last().next(),
            before => before,
        };
        let end = self.index_of(end);
        let (page, more) = if limits.after_time == 0 {
            self.newest(end, limits)
        } else {
            self.oldest(end, limits)
        };
        let frames = self.start(page.start)..self.start(page.end);
        (self.copy(frames), more)
    }

    /// Returns the frames of the kept lines from number `first` on, the oldest first, and whether
    /// there are more behind them.
    #[must_use]
    pub(crate) fn page_from(&self, first: Seq, limits: &PageLimits) -> (Bytes, bool) {
        let (from, end) = (self.index_of(first), self.entries.len());
        let fits = |stop: &usize| self.fits(from..*stop, limits);
        let stop = (from + 1..=end).take_while(fits).last().unwrap_or(from);
        (self.copy(self.start(from)..self.start(stop)), stop < end)
    }

    /// The newest lines of a page among the entries before `end`.
    fn newest(&self, end: usize, limits: &PageLimits) -> (Range<usize>, bool) {
        let belongs = |&index: &usize| limits.has(&self.entries[index]);
        let Some(last) = (0..end).rev().find(belongs) else {
            return (0..0, false);
        };
        let stop = last + 1;
        let follows = |from: &usize| belongs(from) && self.fits(*from..stop, limits);
        let from = (0..stop).rev().take_while(follows).last().unwrap_or(last);
        (from..stop, (0..from).rev().any(|index| belongs(&index)))
    }

    /// The oldest lines of a page among the entries before `end`.
    fn oldest(&self, end: usize, limits: &PageLimits) -> (Range<usize>, bool) {
        let belongs = |&index: &usize| limits.has(&self.entries[index]);
        let Some(from) = (0..end).find(belongs) else {
            return (0..0, false);
        };
        let follows = |last: &usize| belongs(last) && self.fits(from..last + 1, limits);
        let last = (from..end).take_while(follows).last().unwrap_or(from);
        let stop = last + 1;
        (from..stop, (stop..end).any(|index| belongs(&index)))
    }

    /// Whether these entries fit on a page. One alone always does.
    fn fits(&self, entries: Range<usize>, limits: &PageLimits) -> bool {
        let bytes = self.start(entries.end) - self.start(entries.start);
        entries.len() == 1 || (entries.len() <= limits.most && bytes <= limits.bytes)
    }

    /// How many bytes the kept lines from this number on have as frames.
    #[must_use]
    pub(crate) fn bytes_from(&self, first: Seq) -> usize {
        self.frames.len() - self.start_of(first)
    }
}

#[cfg(test)]
mod tests;
