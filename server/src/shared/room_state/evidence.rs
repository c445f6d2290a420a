//! Finds a line of a room that is reported, the lines around it, and the members that are there.

use std::sync::Arc;

use guildhall_protocol::Member;

use crate::ids::Seq;
use crate::journal::reports::evidence::changed_by;
use crate::journal::reports::{FoundSubject, KeptLine, Location};

use super::RoomState;

impl RoomState {
    /// At most this many members, and how many there are.
    pub(crate) fn some_members(&self, most: usize) -> (Vec<Member>, usize) {
        let presence = &self.lock().presence;
        (presence.some(most), presence.len())
    }

    /// The evidence about a line in memory; of an edit or a removal, about the line that it has
    /// changed. `None`: it is not there, or nobody has said it.
    pub(crate) fn evidence(&self, line: KeptLine) -> Option<FoundSubject> {
        let history = &self.lock().history;
        let line = match line {
            KeptLine::At(epoch, seq) if epoch == self.epoch => history.find(seq)?,
            KeptLine::At(..) => return None,
            KeptLine::Of(session, request) => history.said(session, request)?,
        };
        let seq = Seq(changed_by(&line).unwrap_or(line.seq));
        let found = history.evidence(seq)?;
        Some(FoundSubject {
            place: Location {
                room: Arc::clone(&self.name),
                epoch: self.epoch,
                seq,
                whisper: 0,
            },
            user: found.user()?,
            evidence: found.into_evidence(),
        })
    }
}
