//! All that a client was told of the lines of rooms: the newest state of each line, and the changes. Tests
//! compare it with what the server has, see [`crate::stored_room`].

use std::collections::BTreeMap;

use guildhall_client::session::{ChatLine, Event, LineChange};
use guildhall_protocol::{ChangeKind, Line, Reaction};

/// A line, as everybody should have it in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The number of the user who has said it.
    pub sender: u64,
    /// That user's name at that time.
    pub name: String,
    /// The text that it has now.
    pub text: String,
    /// When it was said, in milliseconds since 1970.
    pub time: u64,
    /// The number of the line that it replies to; 0: none.
    pub reply_to: u64,
    /// When it was edited, and 0 if it was removed: whoever was away then learns no more of it.
    pub edited: u64,
    /// Whether it was removed.
    pub removed: bool,
    /// How many users have which.
    pub reactions: BTreeMap<String, u32>,
}

impl Said {
    /// A line as the server sends it.
    pub fn of_line(line: Line) -> Self {
        Self {
            sender: line.sender,
            name: line.name,
            text: line.text,
            time: line.time,
            reply_to: line.reply_to,
            edited: if line.removed { 0 } else { line.edited },
            removed: line.removed,
            reactions: counts(line.reactions),
        }
    }

    /// A line as the client's session tells it.
    pub fn of_chat(line: ChatLine) -> Self {
        Self {
            sender: line.sender.0,
            name: line.name,
            text: line.text,
            time: line.time,
            reply_to: line.reply_to,
            edited: if line.removed { 0 } else { line.edited },
            removed: line.removed,
            reactions: counts(line.reactions),
        }
    }

    /// Does to it what a change says.
    fn change(&mut self, change: &Changed) {
        match &change.what {
            What::Edited(text) => {
                self.text.clone_from(text);
                self.edited = change.time;
            }
            What::Removed => {
                self.removed = true;
                self.edited = 0;
                self.text.clear();
                self.reactions.clear();
            }
            What::Reacted(Reaction { reaction, count })
            | What::TookBack(Reaction { reaction, count }) => {
                self.reactions.insert(reaction.clone(), *count);
                self.reactions.retain(|_, count| *count > 0);
            }
        }
    }
}

fn counts(reactions: Vec<Reaction>) -> BTreeMap<String, u32> {
    let counts = reactions.into_iter().map(|it| (it.reaction, it.count));
    counts.collect()
}

/// A change of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The number of the line that it changes.
    pub line: u64,
    /// When it was made, in milliseconds since 1970.
    pub time: u64,
    /// The number of the user who has made it.
    pub sender: u64,
    /// The kind, with what holds then.
    pub what: What,
}

/// A change, by its kind. Whoever is told of it later is told what holds then: the newest
/// text, or that the line is removed, and how many have a reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The line has this text.
    Edited(String),
    /// The line has no text any more.
    Removed,
    /// So many have this reaction now: one more.
    Reacted(Reaction),
    /// The same: one less.
    TookBack(Reaction),
}

impl What {
    /// The change of a line that an event of the client's session tells; `None`: it tells of
    /// something else.
    pub fn of(event: Event) -> Option<(LineChange, Self)> {
        match event {
            Event::LineEdited { change, text } => Some((change, Self::Edited(text))),
            Event::LineRemoved(change) => Some((change, Self::Removed)),
            Event::ReactionsChanged {
                change,
                reaction,
                count,
                taken_back,
            } => {
                let reaction = Reaction { reaction, count };
                let what = if taken_back {
                    Self::TookBack(reaction)
                } else {
                    Self::Reacted(reaction)
                };
                Some((change, what))
            }
            _ => None,
        }
    }
}

impl Changed {
    /// A change as the client's session tells it.
    pub fn new(change: &LineChange, what: What) -> Self {
        Self {
            line: change.line,
            time: change.time,
            sender: change.sender.0,
            what,
        }
    }

    /// The change that a line of the store is; `None` if something is said with it.
    pub fn of_line(line: &Line) -> Option<Self> {
        let change = line.change.as_ref()?;
        let reaction = change.reaction.clone().unwrap_or_default();
        let what = match change.kind() {
            ChangeKind::Edited => What::Edited(line.text.clone()),
            ChangeKind::Removed => What::Removed,
            ChangeKind::Reacted => What::Reacted(reaction),
            ChangeKind::TookBack => What::TookBack(reaction),
            ChangeKind::Unspecified | ChangeKind::Cleared | ChangeKind::Purged => {
                panic!("a change of nothing: {line:?}")
            }
        };
        Some(Self {
            line: change.seq,
            time: line.time,
            sender: line.sender,
            what,
        })
    }
}

/// All that a client was told of a room.
#[derive(Debug, Clone, Default)]
pub struct RoomLog {
    /// The newest state of the lines, by epoch and number.
    pub lines: BTreeMap<(u32, u64), Said>,
    /// The changes that it was told of, by number.
    pub changes: BTreeMap<u64, Changed>,
}

impl RoomLog {
    /// The client is told the next line.
    ///
    /// Fails the test if it knows the line already.
    pub fn hear(&mut self, line: ChatLine) {
        let place = (line.epoch, line.seq);
        let is_change = self.changes.contains_key(&line.seq);
        let before = self.lines.insert(place, Said::of_chat(line));
        assert!(
            before.is_none() && !is_change,
            "line {} came twice",
            place.1
        );
    }

    /// The client is told of a change.
    ///
    /// Fails the test if it knows of it already.
    pub fn change(&mut self, about: &LineChange, what: What) {
        let change = Changed::new(about, what);
        if let Some(line) = self.lines.get_mut(&(about.epoch, about.line)) {
            line.change(&change);
        }
        let is_line = self.lines.contains_key(&(about.epoch, about.seq));
        let before = self.changes.insert(about.seq, change);
        assert!(
            before.is_none() && !is_line,
            "change {} came twice",
            about.seq
        );
    }
}
