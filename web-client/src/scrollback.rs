//! What the message list shows, counted: new lines are put in together, old
//! ones make room, and those that came while the user read further up are
//! counted.

use std::collections::VecDeque;

/// How many lines the list keeps.
pub(crate) const KEPT: usize = 1_000;

/// Lines of one speaker within this time stand under one name.
const GROUP_MILLIS: f64 = 5.0 * 60_000.0;

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// What kind it is.
    pub(crate) kind: Kind,
    /// What it says.
    pub(crate) text: String,
    /// When it came, in milliseconds since 1970.
    pub(crate) at: f64,
}

/// What kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What this speaker said.
    Peer(u64),
    /// What we said, with the ID we had.
    Own(u64),
    /// What the page itself has to say.
    Note,
}

impl Line {
    /// Whether this line needs no name of its own below `previous`.
    fn continues(&self, previous: &(Kind, f64)) -> bool {
        self.kind != Kind::Note && self.kind == previous.0 && self.at - previous.1 < GROUP_MILLIS
    }
}

/// What the list has to do to be up to date.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Turn {
    /// How many of the oldest lines to take out.
    pub(crate) remove: usize,
    /// What to add, and whether the line continues the one above it.
    pub(crate) add: Vec<(Line, bool)>,
}

/// The lines that wait to be shown, and how many are.
#[derive(Debug, Default)]
pub(crate) struct Scrollback {
    waiting: VecDeque<Line>,
    shown: usize,
    last: Option<(Kind, f64)>,
    unread: usize,
}

impl Scrollback {
    /// A line came. Lines that wait and would be pushed out before anyone saw
    /// them are dropped: a page in the background stays small.
    pub(crate) fn push(&mut self, line: Line) {
        if self.waiting.len() == KEPT {
            self.waiting.pop_front();
        }
        self.waiting.push_back(line);
    }

    /// Takes everything that waits. `at_end` says whether the user sees the
    /// newest line; if not, what others said is counted as unread.
    pub(crate) fn turn(&mut self, at_end: bool) -> Turn {
        let mut turn = Turn::default();
        for line in self.waiting.drain(..) {
            let continues = self.last.as_ref().is_some_and(|last| line.continues(last));
            self.last = Some((line.kind, line.at));
            if matches!(line.kind, Kind::Peer(_)) {
                self.unread += 1;
            }
            turn.add.push((line, continues));
        }
        if at_end {
            self.unread = 0;
        }
        turn.remove = (self.shown + turn.add.len()).saturating_sub(KEPT);
        self.shown += turn.add.len() - turn.remove;
        turn
    }

    /// How many messages of others came since the user saw the newest.
    pub(crate) fn unread(&self) -> usize {
        self.unread
    }

    /// The user sees the newest line.
    pub(crate) fn seen(&mut self) {
        self.unread = 0;
    }

    /// Whether there was ever a line.
    pub(crate) fn is_empty(&self) -> bool {
        self.shown == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: Kind, at: f64) -> Line {
        let text = "hi".into();
        Line { kind, text, at }
    }

    /// Pushes the lines one second apart and tells which continue another.
    fn continued(lines: &[(Kind, f64)]) -> Vec<bool> {
        let mut scrollback = Scrollback::default();
        for &(kind, at) in lines {
            scrollback.push(line(kind, at));
        }
        let turn = scrollback.turn(true);
        turn.add.iter().map(|(_, continues)| *continues).collect()
    }

    #[test]
    fn lines_of_one_speaker_stand_together() {
        use Kind::{Note, Own, Peer};
        assert_eq!(
            continued(&[
                (Peer(1), 0.0),
                (Peer(1), 1.0),
                (Peer(2), 2.0),
                (Peer(1), 3.0),
                (Own(1), 4.0),
                (Own(1), 5.0),
            ]),
            [false, true, false, false, false, true]
        );
        assert_eq!(continued(&[(Note, 0.0), (Note, 0.0)]), [false, false]);
        assert_eq!(
            continued(&[(Peer(1), 0.0), (Note, 0.0), (Peer(1), 0.0)]),
            [false, false, false]
        );
        assert_eq!(
            continued(&[(Peer(1), 0.0), (Peer(1), GROUP_MILLIS)]),
            [false, false]
        );
    }

    #[test]
    fn a_group_goes_on_over_turns() {
        let mut scrollback = Scrollback::default();
        scrollback.push(line(Kind::Peer(1), 0.0));
        scrollback.turn(true);
        scrollback.push(line(Kind::Peer(1), 1.0));
        assert!(scrollback.turn(true).add[0].1);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut scrollback = Scrollback::default();
        for _ in 0..KEPT {
            scrollback.push(line(Kind::Note, 0.0));
        }
        assert_eq!(scrollback.turn(true).remove, 0);
        for _ in 0..3 {
            scrollback.push(line(Kind::Note, 0.0));
        }
        let turn = scrollback.turn(true);
        assert_eq!((turn.remove, turn.add.len()), (3, 3));
        assert_eq!(scrollback.turn(true), Turn::default());
    }

    #[test]
    fn what_waits_is_bounded_and_the_newest_stay() {
        let mut scrollback = Scrollback::default();
        for id in 0..1_005 {
            scrollback.push(line(Kind::Peer(id), 0.0));
        }
        let turn = scrollback.turn(true);
        assert_eq!(turn.add.len(), KEPT);
        assert_eq!(turn.add[0].0.kind, Kind::Peer(5));
    }

    #[test]
    fn only_what_others_said_meanwhile_is_unread() {
        let mut scrollback = Scrollback::default();
        for kind in [Kind::Peer(1), Kind::Own(2), Kind::Note, Kind::Peer(3)] {
            scrollback.push(line(kind, 0.0));
        }
        scrollback.turn(false);
        assert_eq!(scrollback.unread(), 2);
        scrollback.push(line(Kind::Peer(1), 0.0));
        scrollback.turn(false);
        assert_eq!(scrollback.unread(), 3);
        scrollback.seen();
        assert_eq!(scrollback.unread(), 0);
        scrollback.push(line(Kind::Peer(1), 0.0));
        scrollback.turn(true);
        assert_eq!(scrollback.unread(), 0);
    }
}
