//! Filters before publication: what an operator does not want to be said or to be a name. A filter
//! looks for words, links, repeats, capitals or mentions, and says what is done about them. Pure:
//! the settings are compiled once, and each check is a function of the text, of what the user has
//! said last, and of the time.
//!
//! Sessions call it before they accept a text or a name. `normal` has the forms in which words
//! are looked for, so that `f.u.c.k` is found and "Scunthorpe" is not.

mod counts;
mod letters;
mod links;
mod normal;
pub(crate) mod repeats;
mod words;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::policy::Pattern;

pub use self::links::{AllowedLinks, InvalidLinkHost};
pub use self::words::{WordList, WordListError, WordMatch};

use self::repeats::{MOST_TIMES, MessageId, RecentTexts};

/// The act that follows when a filter finds something in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterAct {
    /// It is refused.
    Block,
    /// It waits for a moderator. A whisper and a name are refused.
    Hold,
    /// The parts that were found are hidden behind `*`. A name is refused.
    Mask,
    /// It is said, and moderators get a report.
    Flag,
}

/// The thing that a filter looks for.
#[derive(Debug, Clone)]
pub enum Look {
    /// Words of a list.
    Words(Arc<WordList>),
    /// Links that are not allowed.
    Links(AllowedLinks),
    /// The same text again and again.
    Repeats(Repeats),
    /// Many capitals.
    Capitals(Capitals),
    /// Many mentions of users.
    Mentions(Mentions),
}

/// How often a user may say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// So many times. At most [`Repeats::MOST_TIMES`].
    pub times: usize,
    /// Within this time.
    pub within: Duration,
}

impl Repeats {
    /// The highest number of times.
    pub const MOST_TIMES: usize = MOST_TIMES;
}

/// How many capitals a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capitals {
    /// The most of a hundred letters.
    pub percent: u8,
    /// In texts of at least so many letters.
    pub least: usize,
}

/// How many users a text may mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mentions {
    /// The most.
    pub most: usize,
}

/// One filter.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The thing that it looks for.
    pub look: Look,
    /// The act that follows when it finds something.
    pub act: FilterAct,
    /// The rooms in which it looks. `None`: in all of them, in whispers, and in names.
    pub rooms: Option<Vec<Pattern>>,
    /// The name of it for moderators: a language, a file.
    pub label: Arc<str>,
}

/// All filters of a server, in the order of the settings.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    filters: Vec<Filter>,
}

/// The place where a text is going to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location<'a> {
    /// A line of this room.
    Room(&'a str),
    /// A whisper.
    Whisper,
    /// The name of a user.
    UserName,
    /// The name of a room.
    RoomName(&'a str),
}

/// Which kind of filter has found something, as the wire has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterKind {
    /// Words.
    Words,
    /// Links.
    Links,
    /// Repeats.
    Repeats,
    /// Capitals.
    Capitals,
    /// Mentions.
    Mentions,
    /// The game, by its hook.
    Game,
}

/// The findings of the filters about a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Why it is refused.
    pub refused: Option<FilterKind>,
    /// Why it waits for a moderator; not if it is refused.
    pub held: Option<FilterKind>,
    /// The text that is said in its place.
    pub masked: Option<String>,
    /// The filters by which moderators get a report: their kinds and labels.
    pub flags: Vec<(FilterKind, Arc<str>)>,
}

impl FilterKind {
    /// The word for it on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Links => "links",
            Self::Repeats => "repeats",
            Self::Capitals => "capitals",
            Self::Mentions => "mentions",
            Self::Game => "game",
        }
    }
}

impl FilterKind {
    /// The kind with this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        let all = [
            Self::Words,
            Self::Links,
            Self::Repeats,
            Self::Capitals,
            Self::Mentions,
            Self::Game,
        ];
        all.into_iter().find(|kind| kind.word() == word)
    }
}

impl Look {
    /// The kind of filter.
    #[must_use]
    pub const fn kind(&self) -> FilterKind {
        match self {
            Self::Words(_) => FilterKind::Words,
            Self::Links(_) => FilterKind::Links,
            Self::Repeats(_) => FilterKind::Repeats,
            Self::Capitals(_) => FilterKind::Capitals,
            Self::Mentions(_) => FilterKind::Mentions,
        }
    }

    /// Whether what it finds can be hidden.
    #[must_use]
    pub const fn can_mask(&self) -> bool {
        !matches!(self, Self::Repeats(_) | Self::Mentions(_))
    }
}

impl Filters {
    /// These filters.
    #[must_use]
    pub fn new(filters: Vec<Filter>) -> Self {
        Self { filters }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// Whether one of them has to know what a user has said last.
    #[must_use]
    pub fn has_repeats(&self) -> bool {
        let is_it = |filter: &Filter| matches!(filter.look, Look::Repeats(_));
        self.filters.iter().any(is_it)
    }

    /// Looks at a text that a user is about to say.
    #[must_use]
    pub fn check(&self, location: Location<'_>, text: &str) -> Checked {
        self.check_after(location, text, None)
    }

    /// The same for a user that has said these texts before, and says this one with this message
    /// now.
    pub(crate) fn check_after(
        &self,
        location: Location<'_>,
        text: &str,
        recent: Option<(&RecentTexts, Option<MessageId>, Instant)>,
    ) -> Checked {
        let mut checked = Checked::default();
        let mut hidden: Vec<Range<usize>> = Vec::new();
        let mut is_lower = false;
        // Made for the first filter that needs it.
        let mut forms = None;
        for filter in self
            .filters
            .iter()
            .filter(|filter| filter.looks_at(location))
        {
            let found = match &filter.look {
                Look::Words(list) => list.find(forms.get_or_insert_with(|| normal::forms(text))),
                Look::Links(allowed) => links::find(text, allowed),
                Look::Repeats(most) => {
                    let forms = forms.get_or_insert_with(|| normal::forms(text));
                    let said = (text, &forms[0].0);
                    let is_found = recent.is_some_and(|(recent, message, now)| {
                        recent.is_repeated(said, message, *most, now)
                    });
                    whole(is_found, text)
                }
                Look::Capitals(most) => whole(counts::has_too_many_capitals(text, *most), text),
                Look::Mentions(most) => whole(counts::has_too_many_mentions(text, *most), text),
            };
            if found.is_empty() {
                continue;
            }
            let kind = filter.look.kind();
            match filter.act.at(location) {
                FilterAct::Block => {
                    return Checked {
                        refused: Some(kind),
                        ..Checked::default()
                    };
                }
                FilterAct::Hold => checked.held = checked.held.or(Some(kind)),
                FilterAct::Mask if kind == FilterKind::Capitals => is_lower = true,
                FilterAct::Mask => hidden.extend(found),
                FilterAct::Flag => checked.flags.push((kind, Arc::clone(&filter.label))),
            }
        }
        if is_lower || !hidden.is_empty() {
            let masked = masked(text, &words::merged(hidden));
            checked.masked = Some(if is_lower {
                counts::without_capitals(&masked)
            } else {
                masked
            });
        }
        checked
    }

    /// Whether this cannot be a name of a user.
    #[must_use]
    pub fn refuse_user_name(&self, name: &str) -> Option<FilterKind> {
        self.check(Location::UserName, name).refused
    }

    /// Whether this cannot be the name of a room.
    #[must_use]
    pub fn refuse_room_name(&self, name: &str) -> Option<FilterKind> {
        self.check(Location::RoomName(name), name).refused
    }
}

impl Filter {
    fn looks_at(&self, location: Location<'_>) -> bool {
        let is_text = matches!(location, Location::Room(_) | Location::Whisper);
        // A name is not said often, and may have capitals.
        let is_of_texts = matches!(
            self.look,
            Look::Repeats(_) | Look::Capitals(_) | Look::Mentions(_)
        );
        if is_of_texts && !is_text {
            return false;
        }
        match (&self.rooms, location) {
            (None, _) => true,
            (Some(rooms), Location::Room(room) | Location::RoomName(room)) => {
                rooms.iter().any(|pattern| pattern.matches(room))
            }
            (Some(_), Location::Whisper | Location::UserName) => false,
        }
    }
}

impl FilterAct {
    /// The act that follows there: a name can be neither held nor masked, and no moderator reads
    /// whispers.
    const fn at(self, location: Location<'_>) -> Self {
        match (self, location) {
            (Self::Hold | Self::Mask, Location::UserName | Location::RoomName(_))
            | (Self::Hold, Location::Whisper) => Self::Block,
            _ => self,
        }
    }
}

/// All of a text, if something was found in it.
fn whole(is_found: bool, text: &str) -> Vec<Range<usize>> {
    if is_found {
        vec![0..text.len()]
    } else {
        Vec::new()
    }
}

/// The text with `*` for each character in these ranges, but for spaces. It has as many characters
/// as before.
fn masked(text: &str, hidden: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut hidden = hidden.iter().peekable();
    for (at, character) in text.char_indices() {
        while hidden.peek().is_some_and(|range| range.end <= at) {
            hidden.next();
        }
        let is_hidden = hidden.peek().is_some_and(|range| range.start <= at);
        masked.push(if is_hidden && !character.is_whitespace() {
            '*'
        } else {
            character
        });
    }
    masked
}

#[cfg(test)]
mod tests;
