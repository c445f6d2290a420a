//! Who comes into a room, from which position, and what is found there.

use bytes::Bytes;
use guildhall_protocol::{Gap, Member};

use crate::frame::Form;
use crate::history::History;
use crate::person::Name;
use crate::roster::Roster;

/// Who comes into a room.
#[derive(Debug)]
pub(crate) struct Newcomer {
    /// The client.
    pub(crate) id: u64,
    /// Over which connection.
    pub(crate) connection: u64,
    pub(crate) name: Name,
    pub(crate) form: Form,
    /// Whether this connection is in the room already.
    pub(crate) is_again: bool,
}

/// The position of a client in a room: the last line that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// 0 where the client has none.
    pub epoch: u32,
    /// The line's number.
    pub seq: u64,
}

/// What a newcomer finds.
#[derive(Debug)]
pub struct Arrival {
    /// The room's epoch.
    pub epoch: u32,
    /// The first line of `lines`.
    pub first: u64,
    /// The room's newest line.
    pub last: u64,
    /// Whether the position was of this epoch.
    pub resumed: bool,
    /// What the client missed and cannot get any more.
    pub gap: Option<Gap>,
    /// How many are in the room.
    pub count: usize,
    /// Who, unless they are too many.
    pub members: Option<Vec<Member>>,
    /// The lines as frames.
    pub lines: Bytes,
}

impl Arrival {
    /// What is found by a client of this form with this position: at most
    /// `replay` lines where it is none of this room's. `time` is in milliseconds
    /// since 1970.
    pub(crate) fn new(
        history: &mut History,
        roster: &mut Roster,
        form: Form,
        position: Position,
        replay: usize,
        time: u64,
    ) -> Self {
        let (epoch, last) = (history.epoch(), history.last());
        let mut arrival = Self {
            epoch,
            first: last + 1,
            last,
            resumed: false,
            gap: None,
            count: roster.len(),
            members: None,
            lines: Bytes::new(),
        };
        if form == Form::Tutorial {
            return arrival;
        }
        history.forget_old(time);
        let kept = history.first();
        // A position that is ahead of the room is none of this room's.
        arrival.resumed = position.epoch == epoch && position.seq <= last;
        if arrival.resumed {
            let next = position.seq + 1;
            arrival.first = next.max(kept);
            arrival.gap = (next < kept).then(|| Gap {
                from: next,
                to: kept - 1,
            });
        } else {
            let replay = replay as u64;
            arrival.first = kept.max((last + 1).saturating_sub(replay)).max(1);
        }
        arrival.lines = history.from(arrival.first);
        arrival.members = roster.show();
        arrival
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::frame;
    use crate::history::{HistoryLimits, Saying};

    const EPOCH: u32 = 9;

    /// A room that keeps three lines, and in which these were said.
    fn said(texts: &[&str]) -> History {
        let limits = HistoryLimits {
            lines: 3,
            bytes: 10_000,
            age: Duration::from_mins(1),
        };
        let mut history = History::new("hall", EPOCH, limits);
        for text in texts {
            history.say(&Saying::plain(7, text, 1_000), &mut bytes::BytesMut::new());
        }
        history
    }

    fn arrive(history: &mut History, epoch: u32, seq: u64) -> Arrival {
        let (mut roster, position) = (Roster::default(), Position { epoch, seq });
        Arrival::new(history, &mut roster, Form::V1, position, 2, 1_000)
    }

    fn texts(arrival: &Arrival) -> Vec<String> {
        let lines = frame::lines(&arrival.lines).into_iter();
        lines.map(|line| line.text).collect()
    }

    #[test]
    fn a_newcomer_gets_the_newest_lines_and_who_comes_back_what_it_missed() {
        let none = arrive(&mut said(&[]), 0, 0);
        assert_eq!((none.first, none.last, none.resumed), (1, 0, false));
        let mut history = said(&["a", "b", "c"]);
        let new = arrive(&mut history, 0, 0);
        assert_eq!((new.first, new.last, new.epoch), (2, 3, EPOCH));
        assert_eq!(texts(&new), ["b", "c"]);
        let back = arrive(&mut history, EPOCH, 1);
        assert_eq!((back.first, back.resumed, back.gap), (2, true, None));
        assert_eq!(texts(&back), ["b", "c"]);
        let at_end = arrive(&mut history, EPOCH, 3);
        assert_eq!((at_end.first, at_end.resumed), (4, true));
        assert!(at_end.lines.is_empty());
        // Positions that are none of this room's.
        for (epoch, seq) in [(EPOCH, 4), (EPOCH, u64::MAX), (EPOCH + 1, 1)] {
            let arrival = arrive(&mut history, epoch, seq);
            assert_eq!((arrival.first, arrival.resumed), (2, false));
        }
    }

    #[test]
    fn who_missed_more_than_is_kept_is_told_so() {
        let mut history = said(&["a", "b", "c", "d", "e"]);
        let back = arrive(&mut history, EPOCH, 1);
        assert_eq!(back.gap, Some(Gap { from: 2, to: 2 }));
        assert_eq!(texts(&back), ["c", "d", "e"]);
    }

    #[test]
    fn a_client_of_the_tutorial_gets_no_lines_and_no_list() {
        let (mut history, mut roster) = (said(&["a"]), Roster::default());
        let here = Position::default();
        let arrival = Arrival::new(&mut history, &mut roster, Form::Tutorial, here, 2, 1);
        assert!(arrival.lines.is_empty() && arrival.members.is_none());
    }
}
