//! Lines that were read from a journal before a change removed them: the change may be decided before
//! the client gets them, and they are swept again then.

use bytes::BytesMut;
use guildhall_protocol::{ChangeKind, Line};

use crate::journal::{KeptLines, change};
use crate::outgoing::frame;

use super::RoomHandle;

/// The most changes that are remembered. A read takes much less time than so many take.
const MOST: usize = 64;

/// The last changes of a room that have removed many lines.
#[derive(Debug, Default)]
pub(super) struct Sweeps(Vec<Line>);

impl Sweeps {
    /// A room was cleared, or a user purged.
    pub(super) fn note(&mut self, line: &Line) {
        let kind = line.change.as_ref().map(guildhall_protocol::Change::kind);
        if kind == Some(ChangeKind::Cleared) {
            // It removes all that the earlier ones have removed.
            self.0.clear();
        }
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(line.clone());
    }
}

impl RoomHandle {
    /// Lines that were read from the journal, without those that were removed meanwhile by a change
    /// of many lines.
    pub(crate) fn swept(&self, kept: KeptLines) -> KeptLines {
        let inner = self.lock();
        if inner.sweeps.0.is_empty() || kept.epoch != inner.history.epoch() {
            return kept;
        }
        let mut frames = BytesMut::with_capacity(kept.frames.len());
        for mut line in frame::lines(&kept.frames) {
            for sweep in &inner.sweeps.0 {
                change::sweep(&mut line, sweep);
            }
            frame::put_line(&mut frames, &line);
        }
        KeptLines {
            frames: frames.freeze(),
            ..kept
        }
    }

    /// Whether a line that was read from the journal was removed meanwhile by such a change.
    pub(crate) fn has_swept(&self, line: &Line) -> bool {
        let inner = self.lock();
        if line.epoch != inner.history.epoch().0 {
            return false;
        }
        let mut sweeps = inner.sweeps.0.iter();
        sweeps.any(|sweep| change::sweep(&mut line.clone(), sweep))
    }
}
