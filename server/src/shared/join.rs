//! What a client gets when it joins a room: the members, and the lines that it has missed
//! since its position. The room's shared state takes the snapshot, under its lock.

use bytes::Bytes;
use guildhall_protocol::{Gap, Joined, Member, Protocol, RoomSettings};

use crate::ids::{Epoch, Seq};
use crate::policy::{Access, Action};

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

/// Who takes a snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joiner {
    /// The protocol that the client speaks.
    pub(crate) protocol: Protocol,
    /// What it may do in the room.
    pub(crate) access: Access,
    /// The last line that it has.
    pub(crate) position: Position,
    /// The most lines that it gets if the position is not in this life of the room.
    pub(crate) replay: usize,
}

impl JoinSnapshot {
    /// Takes the snapshot for this client. If its position is not in this life of the room,
    /// the client gets at most the `replay` newest lines. A client that may not read what was
    /// said before gets no lines at all, and is told of those after its position as a gap.
    /// `unix_millis` is the time, in milliseconds since 1970.
    pub(crate) fn new(
        history: &mut History,
        presence: &mut Presence,
        joiner: &Joiner,
        unix_millis: u64,
    ) -> Self {
        let (epoch, last) = (history.epoch(), history.last());
        let Joiner {
            access, position, ..
        } = *joiner;
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
        if joiner.protocol == Protocol::Tutorial {
            return snapshot;
        }
        history.forget_old(unix_millis);
        // A position ahead of the newest line cannot be of this life of the room.
        if position.epoch == epoch && position.seq <= last {
            let most = if access.may(Action::History) {
                usize::MAX
            } else {
                0
            };
            return Self::after(history, presence, access, position.seq, most);
        }
        if access.may(Action::History) {
            let newest = Seq((last.0 + 1).saturating_sub(joiner.replay as u64));
            snapshot.first = history.first().max(newest).max(Seq(1));
            snapshot.lines = history.frames_from(snapshot.first);
        }
        snapshot.members = shown(presence, access);
        snapshot
    }

    /// Takes the snapshot for a client of `guildhall.v1` that has the lines up to `seen`. It
    /// has at most `bytes` bytes of lines, the newest ones.
    pub(crate) fn after(
        history: &History,
        presence: &mut Presence,
        access: Access,
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
            members: shown(presence, access),
            lines: history.frames_from(first),
        }
    }

    /// The snapshot as a message about the room with this name, in which these settings hold.
    /// Its lines follow the message.
    #[must_use]
    pub fn message(self, room: String, settings: Option<RoomSettings>) -> Joined {
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
            settings,
        }
    }
}

/// The members, for a client that may see them.
pub(super) fn shown(presence: &mut Presence, access: Access) -> Option<Vec<Member>> {
    if access.may(Action::Members) {
        return presence.show();
    }
    presence.show_count();
    None
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

    fn snapshot(
        history: &mut History,
        protocol: Protocol,
        access: Access,
        position: Position,
    ) -> JoinSnapshot {
        let joiner = Joiner {
            protocol,
            access,
            position,
            replay: 2,
        };
        JoinSnapshot::new(history, &mut Presence::default(), &joiner, 1_000)
    }

    fn join(history: &mut History, epoch: Epoch, seq: u64) -> JoinSnapshot {
        let seq = Seq(seq);
        let position = Position { epoch, seq };
        snapshot(history, Protocol::V1, Access::OPEN, position)
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
        let mut history = history(&["a"]);
        let position = Position::default();
        let snapshot = snapshot(&mut history, Protocol::Tutorial, Access::OPEN, position);
        assert!(snapshot.lines.is_empty() && snapshot.members.is_none());
    }

    #[test]
    fn a_client_that_may_not_read_history_gets_no_lines_whatever_its_position() {
        use crate::policy::{Pattern, Rights, Rule, Who};
        let rule = Rule {
            history: Who::Nobody,
            members: Who::Nobody,
            ..Rule::open(Pattern::ANY)
        };
        let access = Access::of(&Rights::default(), "red", &rule).unwrap();
        let mut history = history(&["a", "b", "c"]);
        for (seq, gap) in [(0, Some(Gap { from: 1, to: 3 })), (3, None)] {
            let position = Position {
                epoch: EPOCH,
                seq: Seq(seq),
            };
            let snapshot = snapshot(&mut history, Protocol::V1, access, position);
            assert_eq!((snapshot.first, snapshot.gap), (Seq(4), gap));
            assert!(snapshot.resumed && snapshot.lines.is_empty());
            assert!(snapshot.members.is_none());
        }
        let new = snapshot(&mut history, Protocol::V1, access, Position::default());
        assert_eq!((new.first, new.last, new.resumed), (Seq(4), Seq(3), false));
        assert!(new.lines.is_empty() && new.members.is_none() && new.gap.is_none());
    }
}
