//! What a client gets when it joins a room: the members, and the lines that it has missed
//! since its position. The room's shared state takes the snapshot, under its lock.

mod hiding;

use bytes::{Buf as _, Bytes, BytesMut};
use guildhall_protocol::{Gap, Joined, Line, Member, Protocol, RoomSettings};

use crate::ids::{Epoch, Seq};
use crate::journal::{KeptLines, change};
use crate::outgoing::frame;
use crate::policy::{Access, Action};

use super::history::History;
use super::presence::{Presence, count};

pub(super) use self::hiding::shown;

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
    /// Whether the room's lines are kept when the server starts again.
    pub durable: bool,
}

/// A client that joins, as its snapshot depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joiner {
    /// The protocol that the client speaks.
    pub(crate) protocol: Protocol,
    /// Its rights in the room.
    pub(crate) access: Access,
    /// The last line that it has.
    pub(crate) position: Position,
    /// The most lines that it gets if the position is not in this life of the room.
    pub(crate) replay: usize,
}

/// Lines that were read from the journal for a client that joins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OlderLines<'a> {
    /// The lines. They follow the client's position, or a gap behind it.
    pub(crate) lines: &'a KeptLines,
    /// The most bytes of lines that the client gets, with those that the history has.
    pub(crate) bytes: usize,
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
            durable: false,
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
            durable: false,
        }
    }

    /// Puts older lines in front of those of the snapshot: as many as lie in the gap and are
    /// connected to its lines. The oldest ones stay in the gap if they are too many.
    pub(crate) fn fill_gap(&mut self, older: OlderLines<'_>) {
        let OlderLines { lines, bytes } = older;
        let Some(Gap { from, .. }) = self.gap else {
            return;
        };
        if lines.epoch != self.epoch || lines.end() < self.first {
            return;
        }
        let mut from = lines.first.max(Seq(from));
        let mut frames = changed(lines.frames_of(from..self.first), from, &self.lines);
        let most = bytes.saturating_sub(self.lines.len());
        while frames.len() > most {
            frames.advance(frame::behind_frames(&frames, 1));
            from = from.next();
        }
        if frames.is_empty() {
            return;
        }
        self.gap = self
            .gap
            .take()
            .filter(|gap| gap.from < from.0)
            .map(|gap| Gap {
                to: from.previous().0,
                ..gap
            });
        self.first = from;
        self.lines = [&frames[..], &self.lines].concat().into();
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
            read_seq: 0,
            durable: self.durable,
        }
    }
}

/// Lines that were read from the journal, the first of which has this number, with the changes
/// that the `newer` ones make. Some of these may have been decided since the lines were read, and
/// the client takes them to be in lines that it gets together with them.
fn changed(older: Bytes, first: Seq, newer: &[u8]) -> Bytes {
    let place = |change: &Line| {
        if change::sweeps(change) {
            return Some(usize::MAX);
        }
        let target = change.change.as_ref()?.seq.checked_sub(first.0)?;
        usize::try_from(target).ok()
    };
    let newer = frame::lines(newer);
    let changes = newer.iter().filter_map(|it| Some((place(it)?, it)));
    let mut changes = changes.peekable();
    if changes.peek().is_none() {
        return older;
    }
    let mut lines = frame::lines(&older);
    for (place, change) in changes {
        if change::sweeps(change) {
            for line in &mut lines {
                change::sweep(line, change);
            }
        } else if let Some(line) = lines.get_mut(place) {
            change::repeat(line, change);
        }
    }
    let mut frames = BytesMut::with_capacity(older.len());
    for line in &lines {
        frame::put_line(&mut frames, line);
    }
    frames.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use guildhall_protocol::ChangeKind;

    use crate::ids::UserId;
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

    /// Lines that a journal has read: these numbers, each with its number as its text.
    fn read(numbers: std::ops::Range<u64>) -> KeptLines {
        let mut frames = bytes::BytesMut::new();
        for seq in numbers.clone() {
            let line = guildhall_protocol::Line {
                seq,
                text: seq.to_string(),
                ..guildhall_protocol::Line::default()
            };
            frame::put_line(&mut frames, &line);
        }
        KeptLines {
            epoch: EPOCH,
            first: Seq(numbers.start),
            count: usize::try_from(numbers.end - numbers.start).unwrap(),
            frames: frames.freeze(),
            ..KeptLines::default()
        }
    }

    /// A client that has the first line of nine, of which the history has the last three, gets
    /// lines with these texts if these were read, and this gap before them.
    #[track_caller]
    fn check_filled(lines: &KeptLines, bytes: usize, expected: &str, gap: Option<(u64, u64)>) {
        let mut history = history(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        let mut resumed = join(&mut history, EPOCH, 1);
        resumed.fill_gap(OlderLines { lines, bytes });
        assert_eq!(texts(&resumed).concat(), expected);
        let first = 10 - u64::try_from(expected.len()).unwrap();
        assert_eq!(resumed.first, Seq(first));
        assert_eq!(resumed.gap.map(|gap| (gap.from, gap.to)), gap);
    }

    #[test]
    fn lines_that_were_read_fill_the_gap_without_a_hole_or_a_repeat() {
        check_filled(&read(2..7), 9_999, "23456789", None);
        // Some are in the history as well, or the client has them.
        check_filled(&read(1..9), 9_999, "23456789", None);
        check_filled(&read(4..7), 9_999, "456789", Some((2, 3)));
        // The history has lost a line meanwhile.
        check_filled(&read(2..6), 9_999, "789", Some((2, 6)));
        let other = KeptLines {
            epoch: Epoch(1),
            ..read(2..7)
        };
        check_filled(&other, 9_999, "789", Some((2, 6)));
    }

    #[test]
    fn older_lines_that_are_too_many_stay_in_the_gap() {
        let in_memory = history(&["7", "8", "9"]).frames_from(Seq(1)).len();
        let two = read(5..7).frames.len();
        check_filled(&read(2..7), in_memory + two, "56789", Some((2, 4)));
        check_filled(&read(2..7), in_memory, "789", Some((2, 6)));
    }

    #[test]
    fn older_lines_have_the_changes_that_were_made_since_they_were_read() {
        let mut newer = BytesMut::new();
        let reaction = guildhall_protocol::Reaction {
            reaction: "+1".into(),
            count: 2,
        };
        let kinds = [
            (2, ChangeKind::Edited),
            (3, ChangeKind::Removed),
            (4, ChangeKind::Reacted),
        ];
        for (seq, kind) in kinds {
            let line = Line {
                seq: seq + 10,
                time: 77,
                text: "other".into(),
                change: Some(guildhall_protocol::Change {
                    user: 0,
                    seq,
                    kind: kind as i32,
                    reaction: (seq == 4).then(|| reaction.clone()),
                }),
                ..Line::default()
            };
            frame::put_line(&mut newer, &line);
        }
        let lines = frame::lines(&changed(read(2..6).frames, Seq(2), &newer));
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["other", "", "4", "5"]);
        assert_eq!((lines[0].edited, lines[1].removed), (77, true));
        assert_eq!(lines[2].reactions, [reaction]);
        let same = read(2..6).frames;
        assert_eq!(changed(same.clone(), Seq(2), &read(6..9).frames), same);
    }
}
