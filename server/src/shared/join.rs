//! What a client gets when it joins a room: the members, and the lines that it has missed
//! since its position. The room's shared state takes the snapshot, under its lock.

use bytes::Bytes;
use guildhall_protocol::{Gap, Joined, Member, Protocol};

use crate::ids::{Epoch, Seq};

use super::history::History;
use super::presence::{Presence, count};

/// A client's position in a room: the last line that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// The line's epoch; 0 if the client has no line.
    pub epoch: Epoch,
    /// The line's number.
    pub seq: Seq,
}

/// What a client gets when it joins a room.
#[derive(Debug)]
pub struct JoinSnapshot {
    /// The room's epoch.
    pub epoch: Epoch,
    /// The number of the first line in `lines`; that of the room's next line if there is
    /// none.
    pub first: Seq,
    /// The number of the room's newest line.
    pub last: Seq,
    /// Whether `lines` begins at the client's position or, behind a gap, after it.
    pub resumed: bool,
    /// The lines that the client missed and that are not kept any more.
    pub gap: Option<Gap>,
    /// How many members the room has.
    pub count: usize,
    /// The members; `None` if they are too many to be listed.
    pub members: Option<Vec<Member>>,
    /// The lines as frames.
    pub lines: Bytes,
}

impl JoinSnapshot {
    /// Takes the snapshot for a client of this protocol at this position. If the position
    /// is not in this life of the room, the client gets at most the `replay` newest lines.
    /// `unix_millis` is the time, in milliseconds since 1970.
    pub(crate) fn new(
        history: &mut History,
        presence: &mut Presence,
        protocol: Protocol,
        position: Position,
        replay: usize,
        unix_millis: u64,
    ) -> Self {
        let (epoch, last) = (history.epoch(), history.last());
        let mut snapshot = Self {
            epoch,
            first: last.next(),
            last,
            resumed: false,
            gap: None,
            count: presence.len(),
            members: None,
            lines: Bytes::new(),
        };
        if protocol == Protocol::Tutorial {
            return snapshot;
        }
        history.forget_old(unix_millis);
        // A position ahead of the newest line cannot be of this life of the room.
        if position.epoch == epoch && position.seq <= last {
            return Self::after(history, presence, position.seq, usize::MAX);
        }
        let newest = Seq((last.0 + 1).saturating_sub(replay as u64));
        snapshot.first = history.first().max(newest).max(Seq(1));
        snapshot.lines = history.frames_from(snapshot.first);
        snapshot.members = presence.show();
        snapshot
    }

    /// Takes the snapshot for a client of `guildhall.v1` that has the lines up to `seen`. It
    /// has at most `bytes` bytes of lines, the newest ones.
    pub(crate) fn after(
        history: &History,
        presence: &mut Presence,
        seen: Seq,
        bytes: usize,
    ) -> Self {
        let next = seen.next();
        let first = next.max(history.first_within(bytes));
        Self {
            epoch: history.epoch(),
            first,
            last: history.last(),
            resumed: true,
            gap: (next < first).then(|| Gap {
                from: next.0,
                to: first.previous().0,
            }),
            count: presence.len(),
            members: presence.show(),
            lines: history.frames_from(first),
        }
    }

    /// The snapshot as a message about the room with this name. Its lines follow the
    /// message.
    #[must_use]
    pub fn message(self, room: String) -> Joined {
        Joined {
            room,
            epoch: self.epoch.0,
            first_seq: self.first.0,
            last_seq: self.last.0,
            resumed: self.resumed,
            gap: self.gap,
            count: count(self.count),
            listed: self.members.is_some(),
            members: self.members.unwrap_or_default(),
            settings: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::ids::UserId;
    use crate::outgoing::frame;
    use crate::shared::history::{HistoryLimits, NewMessage};

    const EPOCH: Epoch = Epoch(9);

    /// The history of a room that keeps three lines, after these were said.
    fn history(texts: &[&str]) -> History {
        let limits = HistoryLimits {
            lines: 3,
            bytes: 10_000,
            age: Duration::from_mins(1),
        };
        let mut history = History::new("red", EPOCH, limits);
        for text in texts {
            let message = NewMessage::plain(UserId(7), text, 1_000);
            history.append(&message, &mut bytes::BytesMut::new());
        }
        history
    }

    fn join(history: &mut History, epoch: Epoch, seq: u64) -> JoinSnapshot {
        let seq = Seq(seq);
        let (mut presence, position) = (Presence::default(), Position { epoch, seq });
        JoinSnapshot::new(history, &mut presence, Protocol::V1, position, 2, 1_000)
    }

    fn texts(snapshot: &JoinSnapshot) -> Vec<String> {
        let lines = frame::lines(&snapshot.lines).into_iter();
        lines.map(|line| line.text).collect()
    }

    #[test]
    fn a_new_client_gets_the_newest_lines_and_a_resumed_one_those_it_missed() {
        let none = join(&mut history(&[]), Epoch(0), 0);
        assert_eq!((none.first.0, none.last.0, none.resumed), (1, 0, false));
        let mut history = history(&["a", "b", "c"]);
        let new = join(&mut history, Epoch(0), 0);
        assert_eq!((new.first.0, new.last.0, new.epoch), (2, 3, EPOCH));
        assert_eq!(texts(&new), ["b", "c"]);
        let resumed = join(&mut history, EPOCH, 1);
        assert_eq!(
            (resumed.first.0, resumed.resumed, resumed.gap),
            (2, true, None)
        );
        assert_eq!(texts(&resumed), ["b", "c"]);
        let at_end = join(&mut history, EPOCH, 3);
        assert_eq!((at_end.first.0, at_end.resumed), (4, true));
        assert!(at_end.lines.is_empty());
        // Positions that are not in this life of the room.
        for (epoch, seq) in [(EPOCH, 4), (EPOCH, u64::MAX), (Epoch(EPOCH.0 + 1), 1)] {
            let snapshot = join(&mut history, epoch, seq);
            assert_eq!((snapshot.first.0, snapshot.resumed), (2, false));
        }
    }

    #[test]
    fn a_client_that_missed_more_than_is_kept_is_told_of_the_gap() {
        let mut history = history(&["a", "b", "c", "d", "e"]);
        let resumed = join(&mut history, EPOCH, 1);
        assert_eq!(resumed.gap, Some(Gap { from: 2, to: 2 }));
        assert_eq!(texts(&resumed), ["c", "d", "e"]);
    }

    #[test]
    fn a_client_of_the_tutorial_gets_no_lines_and_no_list() {
        let (mut history, mut presence) = (history(&["a"]), Presence::default());
        let position = Position::default();
        let snapshot = JoinSnapshot::new(
            &mut history,
            &mut presence,
            Protocol::Tutorial,
            position,
            2,
            1,
        );
        assert!(snapshot.lines.is_empty() && snapshot.members.is_none());
    }
}
