//! What a conversation's list shows, counted: new entries are put in together,
//! old ones make room, those that the user has not seen are counted, and the
//! first of them is marked.

use std::collections::VecDeque;

use crate::notice::Notice;

/// How many entries a list keeps, and further ones for older lines that the
/// user asked for.
pub(crate) const KEPT: usize = 1_000;

/// Lines of one speaker within this time stand under one name.
const GROUP_MILLIS: u64 = 5 * 60_000;

/// One entry of the list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// Something somebody said.
    Said(Said),
    /// What the page itself has to say.
    Notice(Notice),
}

/// Something somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The speaker's ID, and its name at that time.
    pub(crate) sender: u64,
    pub(crate) name: String,
    /// Whether that is us.
    pub(crate) own: bool,
    /// The line's number in its room or among the whispers.
    pub(crate) seq: u64,
    pub(crate) text: String,
    /// Whether the text tells what the speaker does.
    pub(crate) action: bool,
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
}

/// Whether the user has read an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadState {
    /// The user sees the end of this list now.
    Read,
    /// The user is reading something else.
    Unread,
    /// It was said before the user joined, so it never counts as unread.
    Old,
}

/// An entry that is to be added.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Added {
    pub(crate) entry: Entry,
    /// Whether it needs no name of its own below the one above it.
    pub(crate) continues: bool,
    /// Whether the mark of what is new goes above it.
    pub(crate) first_unread: bool,
}

/// What the list has to do to be up to date.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Turn {
    /// How many of the oldest entries to take out.
    pub(crate) remove: usize,
    pub(crate) add: Vec<Added>,
    /// Whether it is not for reading aloud.
    pub(crate) quiet: bool,
}

#[derive(Debug)]
struct Waiting {
    entry: Entry,
    first_unread: bool,
    quiet: bool,
}

/// The entries that wait to be shown, and how many are.
#[derive(Debug, Default)]
pub(crate) struct Scrollback {
    waiting: VecDeque<Waiting>,
    shown: usize,
    /// Who said the newest that is shown, and when.
    last: Option<(u64, u64)>,
    unread: usize,
    older: usize,
    trimmed: bool,
}

impl Scrollback {
    /// An entry came. Entries that wait and would be pushed out before anyone
    /// saw them are dropped: a list that is not shown stays small. A `quiet` one
    /// is not for reading aloud.
    pub(crate) fn push(&mut self, entry: Entry, read_state: ReadState, quiet: bool) {
        let counts =
            matches!(&entry, Entry::Said(said) if !said.own) && read_state == ReadState::Unread;
        let first_unread = counts && self.unread == 0;
        self.unread += usize::from(counts);
        if self.waiting.len() == KEPT {
            self.trimmed = true;
            let gone = self.waiting.pop_front();
            // The mark goes on to what is the first of them now.
            if let (Some(next), Some(true)) =
                (self.waiting.front_mut(), gone.map(|gone| gone.first_unread))
            {
                next.first_unread = true;
            }
        }
        self.waiting.push_back(Waiting {
            entry,
            first_unread,
            quiet,
        });
    }

    /// Takes everything that waits.
    pub(crate) fn turn(&mut self) -> Turn {
        let mut turn = Turn::default();
        for waiting in self.waiting.drain(..) {
            let continues = continues(self.last, &waiting.entry) && !waiting.first_unread;
            self.last = group(&waiting.entry);
            turn.quiet |= waiting.quiet;
            turn.add.push(Added {
                entry: waiting.entry,
                continues,
                first_unread: waiting.first_unread,
            });
        }
        turn.remove = (self.shown + turn.add.len()).saturating_sub(KEPT + self.older);
        self.trimmed |= turn.remove > 0;
        self.shown += turn.add.len() - turn.remove;
        turn
    }

    /// Older lines, oldest first, that go above all others.
    pub(crate) fn older(&mut self, lines: Vec<Said>) -> Vec<Added> {
        self.older += lines.len();
        self.shown += lines.len();
        let mut last = None;
        let add = |said| {
            let entry = Entry::Said(said);
            let continues = continues(last, &entry);
            last = group(&entry);
            Added {
                entry,
                continues,
                first_unread: false,
            }
        };
        lines.into_iter().map(add).collect()
    }

    /// How many lines of others came since the user saw the newest.
    pub(crate) fn unread(&self) -> usize {
        self.unread
    }

    /// The user sees the newest line. Whether that is news.
    pub(crate) fn seen(&mut self) -> bool {
        std::mem::take(&mut self.unread) > 0
    }

    /// Whether nothing is shown.
    pub(crate) fn is_empty(&self) -> bool {
        self.shown == 0
    }

    /// Whether entries were taken out. Older ones cannot join on to the rest
    /// then.
    pub(crate) fn is_trimmed(&self) -> bool {
        self.trimmed
    }
}

/// What the entry after this one is compared with.
fn group(entry: &Entry) -> Option<(u64, u64)> {
    match entry {
        Entry::Said(said) if !said.action => Some((said.sender, said.time)),
        _ => None,
    }
}

fn continues(last: Option<(u64, u64)>, entry: &Entry) -> bool {
    match (last, group(entry)) {
        (Some((above, before)), Some((sender, time))) => {
            above == sender && time.saturating_sub(before) < GROUP_MILLIS
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sender: u64, time: u64) -> Said {
        Said {
            sender,
            name: format!("Guest {sender}"),
            own: sender == OWN,
            seq: time,
            text: "hi".into(),
            action: false,
            time,
        }
    }

    const OWN: u64 = 7;

    fn line(sender: u64, time: u64) -> Entry {
        Entry::Said(said(sender, time))
    }

    fn note() -> Entry {
        Entry::Notice(Notice::Help)
    }

    fn filled(read_state: ReadState, entries: impl IntoIterator<Item = Entry>) -> Scrollback {
        let mut scrollback = Scrollback::default();
        for entry in entries {
            scrollback.push(entry, read_state, false);
        }
        scrollback
    }

    /// Which of the entries continue the one above.
    fn continued(entries: impl IntoIterator<Item = Entry>) -> Vec<bool> {
        let turn = filled(ReadState::Read, entries).turn();
        turn.add.iter().map(|added| added.continues).collect()
    }

    #[test]
    fn lines_of_one_speaker_stand_together() {
        assert_eq!(
            continued([line(1, 0), line(1, 1), line(2, 2), line(1, 3), line(1, 4)]),
            [false, true, false, false, true]
        );
        assert_eq!(continued([note(), note()]), [false, false]);
        assert_eq!(
            continued([line(1, 0), note(), line(1, 0)]),
            [false, false, false]
        );
        assert_eq!(
            continued([line(1, 0), line(1, GROUP_MILLIS)]),
            [false, false]
        );
        let mut action = said(1, 1);
        action.action = true;
        assert_eq!(
            continued([line(1, 0), Entry::Said(action), line(1, 2)]),
            [false, false, false],
            "what somebody does is a sentence of its own"
        );
    }

    #[test]
    fn a_group_goes_on_over_turns() {
        let mut scrollback = filled(ReadState::Read, [line(1, 0)]);
        scrollback.turn();
        scrollback.push(line(1, 1), ReadState::Read, false);
        assert!(scrollback.turn().add[0].continues);
    }

    #[test]
    fn the_oldest_make_room_but_not_for_what_was_asked_for() {
        let mut scrollback = filled(ReadState::Read, (0..KEPT).map(|_| note()));
        assert_eq!(scrollback.turn().remove, 0);
        assert_eq!(scrollback.older(vec![said(1, 0), said(1, 1)]).len(), 2);
        for _ in 0..3 {
            scrollback.push(note(), ReadState::Read, false);
        }
        assert!(!scrollback.is_trimmed());
        let turn = scrollback.turn();
        assert_eq!((turn.remove, turn.add.len()), (3, 3));
        assert!(scrollback.is_trimmed());
        assert_eq!(scrollback.turn(), Turn::default());
    }

    #[test]
    fn what_waits_is_bounded_and_the_newest_stay() {
        let mut scrollback = filled(ReadState::Unread, (0..1_005).map(|id| line(id + 10, 0)));
        assert!(scrollback.is_trimmed());
        let turn = scrollback.turn();
        assert_eq!(turn.add.len(), KEPT);
        assert_eq!(turn.add[0].entry, line(15, 0));
        assert!(turn.add[0].first_unread, "the mark moves to what is left");
        assert!(turn.add[1..].iter().all(|added| !added.first_unread));
    }

    #[test]
    fn only_what_others_said_meanwhile_is_unread() {
        let mut scrollback = filled(ReadState::Unread, [line(OWN, 0), note(), line(1, 0)]);
        scrollback.push(line(1, 0), ReadState::Old, false);
        assert_eq!(scrollback.unread(), 1);
        scrollback.push(line(1, 0), ReadState::Unread, false);
        assert_eq!(scrollback.unread(), 2);
        let marks =
            |turn: Turn| -> Vec<bool> { turn.add.iter().map(|added| added.first_unread).collect() };
        assert_eq!(
            marks(scrollback.turn()),
            [false, false, true, false, false],
            "above the first"
        );
        assert!(scrollback.seen());
        assert!(!scrollback.seen());
        scrollback.push(line(1, 0), ReadState::Read, false);
        assert_eq!(scrollback.unread(), 0);
        scrollback.push(line(1, 0), ReadState::Unread, false);
        assert_eq!(marks(scrollback.turn()), [false, true]);
    }

    #[test]
    fn what_is_old_is_not_read_aloud() {
        let mut scrollback = filled(ReadState::Read, [line(1, 0)]);
        assert!(!scrollback.turn().quiet);
        scrollback.push(line(1, 0), ReadState::Old, true);
        scrollback.push(line(1, 0), ReadState::Read, false);
        assert!(scrollback.turn().quiet);
        assert!(!scrollback.turn().quiet);
    }
}
