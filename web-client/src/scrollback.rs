//! The entries of one conversation's list, counted: new entries are added together,
//! old ones are removed to make room, and the first unread one is marked.

use std::collections::VecDeque;

use guildhall_client::UserId;
use guildhall_client::conversations::{KnownLine, Unread};
use guildhall_client::session::Event;

use crate::notice::Notice;

/// How many entries a list keeps, apart from older lines that the user asked for.
pub(crate) const KEPT: usize = 1_000;

/// Old entries are removed if there are so many too many: a user who reads the oldest ones
/// does not lose one with each new line.
const AT_ONCE: usize = 50;

/// Messages of one sender within this time are grouped under one name.
const GROUP_MILLIS: u64 = 5 * 60_000;

/// One entry of the list.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(clippy::large_enum_variant, reason = "nearly all entries are messages")
)]
pub(crate) enum Entry {
    /// Something that a user said.
    Message(Message),
    /// Something that the page itself says.
    Notice(Notice),
}

/// Something that a user said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The sender's ID.
    pub(crate) sender: UserId,
    /// The sender's name at that time.
    pub(crate) name: String,
    /// Whether the page's user said it.
    pub(crate) own: bool,
    /// The line's number in its room or among the whispers.
    pub(crate) seq: u64,
    pub(crate) text: String,
    /// Whether the text tells what the sender does.
    pub(crate) action: bool,
    /// When it was said, in milliseconds since 1970.
    pub(crate) time: u64,
    /// The sender's looks, which the game gives: `UserLook` reads them.
    pub(crate) info: String,
    /// The sender's account; empty: a guest.
    pub(crate) account: String,
    /// The part of it that can change, with the epoch of its room; `None`: a whisper.
    pub(crate) line: Option<(u32, KnownLine)>,
}

/// Whether a screen reader reads an entry aloud when it is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announcement {
    /// It does.
    Aloud,
    /// It does not, as for lines that are replayed.
    Silent,
}

/// An entry to be added to the list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Added {
    pub(crate) entry: Entry,
    /// Whether it belongs to the sender's group above, and shows no name.
    pub(crate) continues: bool,
    /// Whether the divider of unread entries goes above it.
    pub(crate) first_unread: bool,
}

/// What brings the list up to date.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Update {
    /// How many of the oldest entries to remove.
    pub(crate) remove: usize,
    pub(crate) add: Vec<Added>,
    /// Whether entries that waited were dropped: lines are missing before those to add.
    pub(crate) has_dropped: bool,
    /// Whether a screen reader must not read the added entries aloud.
    pub(crate) silent: bool,
}

#[derive(Debug)]
struct Waiting {
    entry: Entry,
    first_unread: bool,
    announcement: Announcement,
}

/// The sender and the time of a message, with which the next one is grouped.
type Group = (UserId, u64);

/// The entries that wait to be shown, and the number of those that are shown.
#[derive(Debug, Default)]
pub(crate) struct Scrollback {
    waiting: VecDeque<Waiting>,
    shown: usize,
    /// The group of the newest entry that is shown.
    last: Option<Group>,
    older: usize,
    /// Whether entries that waited were dropped since the last update.
    has_dropped: bool,
}

impl Scrollback {
    /// Adds an entry. The list of a hidden conversation stays small: a waiting entry
    /// that newer ones would push out before anybody sees it is dropped.
    pub(crate) fn push(&mut self, entry: Entry, unread: Unread, announcement: Announcement) {
        if self.waiting.len() == KEPT {
            self.has_dropped = true;
            let dropped = self.waiting.pop_front();
            // The divider moves to the entry that is now the first.
            if let (Some(next), Some(true)) = (
                self.waiting.front_mut(),
                dropped.map(|dropped| dropped.first_unread),
            ) {
                next.first_unread = true;
            }
        }
        self.waiting.push_back(Waiting {
            entry,
            first_unread: unread == Unread::First,
            announcement,
        });
    }

    /// Adds a notice of the members to the last entry that waits, if it is one, too.
    pub(crate) fn add_presence(&mut self, later: &Event) -> bool {
        match self.waiting.back_mut().map(|waiting| &mut waiting.entry) {
            Some(Entry::Notice(notice)) => notice.add_presence(later),
            _ => false,
        }
    }

    /// Whether an entry waits to be shown.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Messages are gone: those that wait, and `shown` of those that are shown.
    pub(crate) fn remove(&mut self, shown: usize, is_gone: impl Fn(&Message) -> bool) {
        self.shown = self.shown.saturating_sub(shown);
        self.older = self.older.min(self.shown);
        // The next message shows its sender's name: the one above may be gone.
        self.last = None;
        let stays = |it: &Waiting| match &it.entry {
            Entry::Message(message) => !is_gone(message),
            Entry::Notice(_) => true,
        };
        let mut is_first = false;
        self.waiting.retain(|it| {
            is_first |= it.first_unread && !stays(it);
            stays(it)
        });
        // The divider moves to the entry that is now the first.
        if let Some(first) = self.waiting.front_mut() {
            first.first_unread |= is_first;
        }
    }

    /// Takes everything that waits.
    pub(crate) fn update(&mut self) -> Update {
        let mut update = Update::default();
        if core::mem::take(&mut self.has_dropped) {
            // Nothing is left above the lines that are missing.
            update.has_dropped = true;
            update.remove = self.shown;
            self.shown = 0;
            self.older = 0;
        }
        for waiting in self.waiting.drain(..) {
            let continues = continues(self.last, &waiting.entry) && !waiting.first_unread;
            self.last = group(&waiting.entry);
            update.silent |= waiting.announcement == Announcement::Silent;
            update.add.push(Added {
                entry: waiting.entry,
                continues,
                first_unread: waiting.first_unread,
            });
        }
        self.shown += update.add.len();
        let over = self.shown.saturating_sub(KEPT + self.older);
        if over >= AT_ONCE {
            self.shown -= over;
            update.remove += over;
        }
        update
    }

    /// Returns the entries of older messages, oldest first, which go above all others.
    pub(crate) fn older(&mut self, messages: Vec<Message>) -> Vec<Added> {
        self.older += messages.len();
        self.shown += messages.len();
        let mut last = None;
        let add = |message| {
            let entry = Entry::Message(message);
            let continues = continues(last, &entry);
            last = group(&entry);
            Added {
                entry,
                continues,
                first_unread: false,
            }
        };
        messages.into_iter().map(add).collect()
    }

    /// Whether the list is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.shown == 0
    }
}

/// The group that an entry starts or continues, if it does.
fn group(entry: &Entry) -> Option<Group> {
    match entry {
        Entry::Message(message) if !message.action => Some((message.sender, message.time)),
        _ => None,
    }
}

fn continues(last: Option<Group>, entry: &Entry) -> bool {
    match (last, group(entry)) {
        (Some((last_sender, last_time)), Some((sender, time))) => {
            last_sender == sender && time.saturating_sub(last_time) < GROUP_MILLIS
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn message(sender: u64, time: u64) -> Message {
        Message {
            sender: UserId(sender),
            name: format!("Guest {sender}"),
            own: sender == OWN,
            seq: time,
            text: "hi".into(),
            action: false,
            time,
            info: String::new(),
            account: String::new(),
            line: None,
        }
    }

    const OWN: u64 = 7;

    fn line(sender: u64, time: u64) -> Entry {
        Entry::Message(message(sender, time))
    }

    fn notice() -> Entry {
        Entry::Notice(Notice::Help)
    }

    /// A scrollback in which these entries wait, the first of them marked as unread or not.
    fn filled(first: Unread, entries: impl IntoIterator<Item = Entry>) -> Scrollback {
        let mut scrollback = Scrollback::default();
        let rest = match first {
            Unread::First => Unread::More,
            other => other,
        };
        for (index, entry) in entries.into_iter().enumerate() {
            let unread = if index == 0 { first } else { rest };
            scrollback.push(entry, unread, Announcement::Aloud);
        }
        scrollback
    }

    /// Which of the entries continue the group above them.
    fn continued(entries: impl IntoIterator<Item = Entry>) -> Vec<bool> {
        let update = filled(Unread::No, entries).update();
        update.add.iter().map(|added| added.continues).collect()
    }

    #[test]
    fn messages_of_one_sender_are_grouped() {
        assert_eq!(
            continued([line(1, 0), line(1, 1), line(2, 2), line(1, 3), line(1, 4)]),
            [false, true, false, false, true]
        );
        assert_eq!(continued([notice(), notice()]), [false, false]);
        assert_eq!(
            continued([line(1, 0), notice(), line(1, 0)]),
            [false, false, false]
        );
        assert_eq!(
            continued([line(1, 0), line(1, GROUP_MILLIS)]),
            [false, false]
        );
        let mut action = message(1, 1);
        action.action = true;
        assert_eq!(
            continued([line(1, 0), Entry::Message(action), line(1, 2)]),
            [false, false, false],
            "an action is a sentence of its own"
        );
    }

    #[test]
    fn a_group_continues_over_updates() {
        let mut scrollback = filled(Unread::No, [line(1, 0)]);
        scrollback.update();
        scrollback.push(line(1, 1), Unread::No, Announcement::Aloud);
        assert!(scrollback.update().add[0].continues);
    }

    #[test]
    fn the_oldest_entries_are_removed_but_older_lines_have_room_of_their_own() {
        let mut scrollback = filled(Unread::No, (0..KEPT).map(|_| notice()));
        assert_eq!(scrollback.update().remove, 0);
        assert_eq!(
            scrollback.older(vec![message(1, 0), message(1, 1)]).len(),
            2
        );
        for _ in 1..AT_ONCE {
            scrollback.push(notice(), Unread::No, Announcement::Aloud);
        }
        let update = scrollback.update();
        assert_eq!(
            (update.remove, update.add.len()),
            (0, AT_ONCE - 1),
            "a few are kept"
        );
        scrollback.push(notice(), Unread::No, Announcement::Aloud);
        assert_eq!(scrollback.update().remove, AT_ONCE);
        assert_eq!(scrollback.update(), Update::default());
    }

    #[test]
    fn waiting_entries_are_bounded_and_the_newest_are_kept() {
        let mut scrollback = filled(Unread::First, (0..1_005).map(|id| line(id + 10, 0)));
        let update = scrollback.update();
        assert_eq!(update.add.len(), KEPT);
        assert_eq!(update.add[0].entry, line(15, 0));
        assert!(
            update.add[0].first_unread,
            "the divider moves to the first that is left"
        );
        assert!(update.add[1..].iter().all(|added| !added.first_unread));
    }

    #[test]
    fn messages_that_are_gone_are_neither_shown_nor_counted() {
        let mut scrollback = filled(Unread::No, [line(1, 0), line(2, 1), notice()]);
        scrollback.update();
        for (sender, unread) in [(1, Unread::First), (2, Unread::More), (1, Unread::More)] {
            scrollback.push(line(sender, 2), unread, Announcement::Aloud);
        }
        scrollback.remove(1, |message| message.sender == UserId(1));
        let update = scrollback.update();
        assert_eq!(update.add.len(), 1);
        assert_eq!(update.add[0].entry, line(2, 2));
        assert!(update.add[0].first_unread, "the divider moves");
        assert!(!update.add[0].continues);
        scrollback.remove(3, |_| true);
        assert!(scrollback.is_empty());
    }

    #[test]
    fn no_entry_is_left_above_those_that_were_dropped_while_they_waited() {
        let mut scrollback = filled(Unread::No, (0..7).map(|_| notice()));
        scrollback.update();
        scrollback.older(vec![message(1, 0), message(1, 1)]);
        for id in 0..=KEPT {
            scrollback.push(line(id as u64, 0), Unread::No, Announcement::Aloud);
        }
        let update = scrollback.update();
        assert_eq!((update.remove, update.add.len()), (9, KEPT));
        assert_eq!(scrollback.update(), Update::default());
    }

    #[test]
    fn a_notice_of_members_is_added_to_one_that_waits() {
        let left = |name: &str| Event::PresenceNotice {
            room: "hall".into(),
            joined: Vec::new(),
            left: vec![name.into()],
            renamed: Vec::new(),
        };
        let entry = Entry::Notice(Notice::Event(Rc::new(left("Ann"))));
        let mut scrollback = filled(Unread::No, [entry]);
        assert!(scrollback.add_presence(&left("Bob")));
        assert_eq!(scrollback.update().add.len(), 1);
        assert!(!scrollback.add_presence(&left("Cid")), "none waits");
        scrollback.push(line(1, 0), Unread::No, Announcement::Aloud);
        assert!(
            !scrollback.add_presence(&left("Cid")),
            "a line is in between"
        );
    }

    #[test]
    fn the_divider_goes_above_the_first_unread_entry_only() {
        let mut scrollback = filled(Unread::No, [line(OWN, 0), notice()]);
        for unread in [Unread::First, Unread::No, Unread::More] {
            scrollback.push(line(1, 0), unread, Announcement::Aloud);
        }
        let marks = |update: Update| -> Vec<bool> {
            update.add.iter().map(|added| added.first_unread).collect()
        };
        assert_eq!(
            marks(scrollback.update()),
            [false, false, true, false, false],
            "above the first unread one"
        );
        scrollback.push(line(1, 0), Unread::No, Announcement::Aloud);
        scrollback.push(line(1, 0), Unread::First, Announcement::Aloud);
        assert_eq!(marks(scrollback.update()), [false, true]);
    }

    #[test]
    fn an_update_with_a_silent_entry_is_not_read_aloud() {
        let mut scrollback = filled(Unread::No, [line(1, 0)]);
        assert!(!scrollback.update().silent);
        scrollback.push(line(1, 0), Unread::No, Announcement::Silent);
        scrollback.push(line(1, 0), Unread::No, Announcement::Aloud);
        assert!(scrollback.update().silent);
        assert!(!scrollback.update().silent);
    }
}
