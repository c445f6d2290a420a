//! All that a player has asked for and was told: the newest state of each line that it knows, the
//! changes and whispers that it got, and what the server has acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_client::session::{ChatLine, LineChange};
use guildhall_protocol::{ChangeKind, Line, Reaction};

/// A line, as everybody should have it in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) sender: u64,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) time: u64,
    pub(super) reply_to: u64,
    /// 0 if it was removed: whoever was away then learns no more of it.
    pub(super) edited: u64,
    pub(super) removed: bool,
    /// How many users have which.
    pub(super) reactions: BTreeMap<String, u32>,
}

impl Said {
    pub(super) fn of_line(line: Line) -> Self {
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

    pub(super) fn of_chat(line: ChatLine) -> Self {
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
pub(super) struct Changed {
    /// The number of the line that it changes.
    pub(super) line: u64,
    pub(super) time: u64,
    pub(super) sender: u64,
    pub(super) what: What,
}

/// A change, by its kind. Whoever is told of it later is told what holds then: the newest
/// text, or that the line is removed, and how many have a reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Edited(String),
    Removed,
    Reacted(Reaction),
    TookBack(Reaction),
}

impl Changed {
    pub(super) fn new(change: &LineChange, what: What) -> Self {
        Self {
            line: change.line,
            time: change.time,
            sender: change.sender.0,
            what,
        }
    }

    /// The change that a line of the store is; `None` if something is said with it.
    pub(super) fn of_line(line: &Line) -> Option<Self> {
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

/// A request of a player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Say {
        text: String,
        reply_to: u64,
    },
    Edit {
        line: u64,
        text: String,
        /// Whether it has said the line. Else the server has to refuse.
        own: bool,
    },
    Remove {
        line: u64,
    },
    React {
        line: u64,
        reaction: &'static str,
        take_back: bool,
    },
    Whisper {
        /// The player's number.
        to: usize,
        text: String,
    },
}

/// All that a player has asked for and was told.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The newest state of the lines, by epoch and number.
    pub(super) heard: BTreeMap<(u32, u64), Said>,
    /// The changes that it was told of, by number.
    pub(super) changes: BTreeMap<u64, Changed>,
    /// The numbers of its own lines, and their texts at first.
    pub(super) own: Vec<(u64, String)>,
    /// All its requests, whether or not they were accepted.
    pub(super) asked: Vec<Asked>,
    /// The requests that the server has acknowledged, by ID.
    pub(super) acknowledged: BTreeMap<u64, Asked>,
    /// The requests that the server has refused.
    pub(super) refused: Vec<Asked>,
    /// The whispers from others: the sender's name and the text.
    pub(super) whispers: Vec<(String, String)>,
    /// The texts of its own whispers, as the server told them.
    pub(super) own_whispers: Vec<String>,
    /// The numbers that it had as a user.
    pub(super) ids: BTreeSet<u64>,
    /// How often its session was resumed.
    pub(super) resumed: usize,
}

impl Log {
    pub(super) fn hear(&mut self, line: ChatLine) {
        let place = (line.epoch, line.seq);
        if line.own {
            self.own.push((line.seq, line.text.clone()));
        }
        let is_change = self.changes.contains_key(&line.seq);
        let before = self.heard.insert(place, Said::of_chat(line));
        assert!(
            before.is_none() && !is_change,
            "line {} came twice",
            place.1
        );
    }

    pub(super) fn change(&mut self, about: &LineChange, what: What) {
        let change = Changed::new(about, what);
        if let Some(line) = self.heard.get_mut(&(about.epoch, about.line)) {
            line.change(&change);
        }
        let is_line = self.heard.contains_key(&(about.epoch, about.seq));
        let before = self.changes.insert(about.seq, change);
        assert!(
            before.is_none() && !is_line,
            "change {} came twice",
            about.seq
        );
    }
}
