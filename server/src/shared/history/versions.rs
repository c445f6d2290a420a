//! The texts that lines had before they were edited or removed, for reports: nobody else gets them.
//! A room that a journal keeps has them there.

use std::collections::VecDeque;

use guildhall_protocol::Line;

use crate::ids::{RequestId, Seq, SessionId};
use crate::journal::reports::evidence::{EvidenceVersion, FoundLines, LOOKED_THROUGH};
use crate::journal::session_of;
use crate::outgoing::frame;

use super::History;

/// A room keeps as many bytes of earlier texts as this part of the bytes that it keeps of lines.
const PART: usize = 4;

/// How much memory a version takes beside its text.
const VERSION_BYTES: usize = 64;

/// The texts, in the order in which they were replaced.
#[derive(Debug, Default)]
pub(super) struct Versions {
    kept: VecDeque<(Seq, EvidenceVersion)>,
    bytes: usize,
}

impl Versions {
    /// Forgets the texts of the lines before this one.
    pub(super) fn forget_before(&mut self, first: Seq) {
        self.retain(|seq| first <= seq);
    }

    /// Forgets the texts of a line that is removed without a trace.
    pub(super) fn forget(&mut self, line: Seq) {
        self.retain(|seq| seq != line);
    }

    fn retain(&mut self, is_kept: impl Fn(Seq) -> bool) {
        if self.kept.is_empty() {
            return;
        }
        let bytes = &mut self.bytes;
        self.kept.retain(|(seq, version)| {
            let is_kept = is_kept(*seq);
            if !is_kept {
                *bytes -= size(version);
            }
            is_kept
        });
    }

    fn push(&mut self, seq: Seq, version: EvidenceVersion, most: usize) {
        self.bytes += size(&version);
        self.kept.push_back((seq, version));
        while self.bytes > most
            && let Some((_, oldest)) = self.kept.pop_front()
        {
            self.bytes -= size(&oldest);
        }
    }
}

fn size(version: &EvidenceVersion) -> usize {
    VERSION_BYTES + version.text.len()
}

impl History {
    /// Keeps the text of a line that is about to change, at this time.
    pub(super) fn keep_version(&mut self, seq: Seq, until: u64) {
        if let Some(Line { text, .. }) = self.find(seq) {
            let most = self.limits.bytes / PART;
            (self.versions).push(seq, EvidenceVersion { until, text }, most);
        }
    }

    /// Finds the line that a session has said by a request, if it is one of the newest.
    pub(crate) fn said(&self, session: SessionId, request: RequestId) -> Option<Line> {
        let first = Seq(self.last().0.saturating_sub(LOOKED_THROUGH));
        let newest = frame::lines(&self.frames_from(first));
        let is_it = |line: &Line| session_of(line) == session && line.nonce == request.0;
        newest.into_iter().rev().find(is_it)
    }

    /// Finds a kept line with its versions, and the lines around it.
    pub(crate) fn evidence(&self, seq: Seq) -> Option<FoundLines> {
        let line = self.find(seq)?;
        let versions = self.versions.kept.iter();
        let versions = versions.filter(|(of, _)| *of == seq);
        let first = Seq(seq.0.saturating_sub(LOOKED_THROUGH));
        let end = Seq(seq.0 + LOOKED_THROUGH + 1);
        let around = self.copy(self.start_of(first)..self.start_of(end));
        Some(FoundLines {
            line,
            versions: versions.map(|(_, version)| version.clone()).collect(),
            around: frame::lines(&around),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::BytesMut;
    use guildhall_protocol::{Change, ChangeKind};

    use super::*;
    use crate::ids::{Epoch, UserId};
    use crate::shared::history::{HistoryLimits, NewMessage};

    fn history(lines: usize) -> History {
        let limits = HistoryLimits {
            lines,
            bytes: 4_000,
            age: Duration::from_hours(1),
        };
        History::new("hall", Epoch(5), limits)
    }

    fn say(history: &mut History, text: &str) {
        let message = NewMessage::plain(UserId(7), text, 1_000);
        history.append(&message, &mut BytesMut::new());
    }

    fn change(history: &mut History, kind: ChangeKind, text: &str) {
        let change = Change {
            seq: 1,
            kind: kind.into(),
            user: 7,
            ..Change::default()
        };
        let message = NewMessage {
            change: Some(&change),
            ..NewMessage::plain(UserId(7), text, 1_001)
        };
        if kind == ChangeKind::Purged {
            return history.append_sweep(&message, &mut BytesMut::new());
        }
        let prepared = history.prepare(&message, false, Duration::from_mins(15));
        history.carry_out(prepared.unwrap(), &mut BytesMut::new());
    }

    fn versions(history: &History) -> Option<Vec<String>> {
        let found = history.evidence(Seq(1))?;
        Some(found.versions.into_iter().map(|one| one.text).collect())
    }

    #[test]
    fn the_texts_of_a_line_are_kept_as_long_as_the_line() {
        let mut hall = history(4);
        say(&mut hall, "one");
        change(&mut hall, ChangeKind::Edited, "two");
        change(&mut hall, ChangeKind::Removed, "");
        assert_eq!(versions(&hall).unwrap(), ["one", "two"]);
        say(&mut hall, "more");
        say(&mut hall, "more");
        assert_eq!(versions(&hall), None);
        assert_eq!((hall.versions.kept.len(), hall.versions.bytes), (0, 0));
    }

    #[test]
    fn a_purge_leaves_no_text() {
        let mut hall = history(10);
        say(&mut hall, "one");
        change(&mut hall, ChangeKind::Edited, "two");
        change(&mut hall, ChangeKind::Purged, "");
        assert_eq!((hall.versions.kept.len(), hall.versions.bytes), (0, 0));
        assert!(hall.evidence(Seq(1)).unwrap().user().is_none());
    }

    #[test]
    fn they_are_bounded() {
        let mut hall = history(100);
        say(&mut hall, "the first");
        for round in 10..30 {
            change(&mut hall, ChangeKind::Edited, &round.to_string().repeat(40));
        }
        let kept = versions(&hall).unwrap();
        assert!(kept.len() > 2 && kept.len() < 20, "{}", kept.len());
        assert!(hall.versions.bytes <= 1_000);
        assert!(
            kept.last().unwrap().starts_with("28"),
            "the newest are kept"
        );
    }
}
