//! The lines of a room that the client has, as they are now: what a reply, an edit or a reaction
//! can be about, and what is shown of a line that has changed. Bounded; knows no session.

use alloc::string::String;
use alloc::vec::Vec;

use crate::UserId;
use crate::session::{ChatLine, Event, LineChange};

/// So many lines are known of each room. The oldest are forgotten.
const MOST_LINES: usize = 1_000;

/// So many different reactions to a line are known.
const MOST_REACTIONS: usize = 64;

/// The most characters of a quote.
const QUOTE_CHARACTERS: usize = 80;

/// A line of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says another thing of a line, and all can hold together"
)]
pub struct KnownLine {
    /// Its number.
    pub seq: u64,
    /// When it was said, by the server's clock, in milliseconds since 1970.
    pub time: u64,
    /// The sender's ID.
    pub sender: UserId,
    /// The sender's name at that time.
    pub name: String,
    /// The text that it has now; empty if it is removed.
    pub text: String,
    /// Whether it tells what the sender does.
    pub action: bool,
    /// Whether this user said it.
    pub own: bool,
    /// The number of the line that it replies to; 0: none.
    pub reply_to: u64,
    /// When it was edited the last time, in milliseconds since 1970; 0: never.
    pub edited: u64,
    /// Whether it was removed.
    pub removed: bool,
    /// The reactions to it, the oldest first.
    pub reactions: Vec<KnownReaction>,
    /// The sender's account; empty: a guest.
    pub user: String,
    /// Whether this user blocks the sender: then the line is not there for the user.
    is_hidden: bool,
}

/// A reaction to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownReaction {
    /// The reaction.
    pub reaction: String,
    /// How many users have it.
    pub count: u32,
    /// Whether this user has it, as far as this client has seen.
    pub own: bool,
}

/// The part of a line that a reply to it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The name of who said it.
    pub name: String,
    /// How it begins, in one line; empty if it was removed.
    pub text: String,
    /// Whether it was removed.
    pub removed: bool,
}

/// Known lines by rising number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct KnownLines(Vec<KnownLine>);

impl KnownLines {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn get(&self, seq: u64) -> Option<&KnownLine> {
        let index = self.0.binary_search_by_key(&seq, |line| line.seq).ok()?;
        self.0.get(index).filter(|line| !line.is_hidden)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &KnownLine> {
        self.0.iter().filter(|line| !line.is_hidden)
    }

    /// Hides the lines of users who are blocked, and shows those of all others again.
    pub(super) fn hide(&mut self, is_blocked: impl Fn(&KnownLine) -> bool) {
        for line in &mut self.0 {
            line.is_hidden = !line.own && is_blocked(line);
        }
    }

    /// Takes lines and their changes.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Line(line) => self.add(line),
            // The newest first: if there are too many, those are the ones to keep.
            Event::History { lines, .. } => lines.iter().rev().for_each(|line| self.add(line)),
            Event::LineEdited { change, text } => self.edit(change, text),
            Event::LineRemoved(change) => self.remove(change),
            Event::LinesCleared(change) => self.0.retain(|line| line.seq > change.line),
            Event::LinesPurged { change, user } => {
                let is_meant = |it: &KnownLine| it.sender == *user && it.seq <= change.line;
                self.0.retain(|line| !is_meant(line));
            }
            Event::ReactionsChanged {
                change,
                reaction,
                count,
                taken_back,
            } => self.react(change, reaction, *count, *taken_back),
            _ => {}
        }
    }

    /// Takes a line that was said. One that is older than all known ones has no place if there
    /// are too many already.
    fn add(&mut self, line: &ChatLine) {
        let known = KnownLine::new(line);
        match self.0.binary_search_by_key(&line.seq, |line| line.seq) {
            Ok(index) => {
                let before = core::mem::replace(&mut self.0[index], known);
                for own in before.reactions.iter().filter(|it| it.own) {
                    let mut reactions = self.0[index].reactions.iter_mut();
                    if let Some(same) = reactions.find(|it| it.reaction == own.reaction) {
                        same.own = true;
                    }
                }
            }
            Err(0) if self.0.len() >= MOST_LINES => {}
            Err(index) => {
                self.0.insert(index, known);
                if self.0.len() > MOST_LINES {
                    self.0.remove(0);
                }
            }
        }
    }

    fn edit(&mut self, change: &LineChange, text: &str) {
        if let Some(line) = self.changeable(change) {
            line.text = text.into();
            line.edited = change.time;
        }
    }

    fn remove(&mut self, change: &LineChange) {
        if let Some(line) = self.changeable(change) {
            line.removed = true;
            line.text.clear();
            line.reactions.clear();
        }
    }

    fn react(&mut self, change: &LineChange, reaction: &str, count: u32, taken_back: bool) {
        if let Some(line) = self.changeable(change) {
            line.react(reaction, count, change.own.then_some(!taken_back));
        }
    }

    /// A line that was removed stays so.
    fn changeable(&mut self, change: &LineChange) -> Option<&mut KnownLine> {
        let of = |line: &KnownLine| line.seq;
        let index = self.0.binary_search_by_key(&change.line, of).ok()?;
        self.0.get_mut(index).filter(|line| !line.removed)
    }
}

impl KnownLine {
    /// A line as it was said, or as it was when the server sent it.
    #[must_use]
    pub fn new(line: &ChatLine) -> Self {
        let mut known = Self {
            seq: line.seq,
            time: line.time,
            sender: line.sender,
            name: line.name.clone(),
            text: line.text.clone(),
            action: line.action,
            own: line.own,
            reply_to: line.reply_to,
            edited: line.edited,
            removed: line.removed,
            reactions: Vec::new(),
            user: line.user.clone(),
            is_hidden: false,
        };
        for reaction in &line.reactions {
            known.react(&reaction.reaction, reaction.count, None);
        }
        known
    }

    /// So many users have this reaction now; `own` says whether this user has it, if that is
    /// another now.
    fn react(&mut self, reaction: &str, count: u32, own: Option<bool>) {
        let is_it = |it: &KnownReaction| it.reaction == reaction;
        if count == 0 {
            self.reactions.retain(|it| !is_it(it));
        } else if let Some(known) = self.reactions.iter_mut().find(|it| is_it(it)) {
            known.count = count;
            known.own = own.unwrap_or(known.own);
        } else if self.reactions.len() < MOST_REACTIONS {
            self.reactions.push(KnownReaction {
                reaction: reaction.into(),
                count,
                own: own.unwrap_or(false),
            });
        }
    }

    /// Whether this user has this reaction, as far as this client has seen.
    #[must_use]
    pub fn has_own(&self, reaction: &str) -> bool {
        let mut reactions = self.reactions.iter();
        reactions.any(|it| it.own && it.reaction == reaction)
    }

    /// The part of this line that a reply to it shows.
    #[must_use]
    pub fn quote(&self) -> Quote {
        let mut text = String::new();
        let mut length = 0;
        for word in self.text.split([' ', '\n', '\r', '\t']) {
            if word.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            for character in word.chars() {
                if length == QUOTE_CHARACTERS {
                    text.push('…');
                    break;
                }
                length += 1;
                text.push(character);
            }
            if length == QUOTE_CHARACTERS {
                break;
            }
        }
        Quote {
            name: self.name.clone(),
            text,
            removed: self.removed,
        }
    }
}

/// Whether a text names the user: the name stands in it as a word, with A to Z in upper or lower
/// case.
#[must_use]
pub fn names(text: &str, name: &str) -> bool {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    // Letters of other scripts count as letters: their bytes are all above those of ASCII.
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let is_free = |beside: Option<&u8>| beside.is_none_or(|byte| !is_word(byte));
    let mut places = text.windows(name.len().max(1)).enumerate();
    !name.is_empty()
        && places.any(|(at, place)| {
            place.eq_ignore_ascii_case(name)
                && is_free(at.checked_sub(1).and_then(|before| text.get(before)))
                && is_free(text.get(at + name.len()))
        })
}

#[cfg(test)]
mod tests;
