//! The state of a text behind the filters and the game's hook, before it is published.

use crate::filter::FilterKind;
use crate::hook::{Answer as GameAnswer, Question};
use crate::ids::RequestId;
use crate::shared::flagged::Flag;

/// A text behind the filters and the game.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) outcome: Outcome,
    /// The findings that moderators get a report of, if it is published.
    pub(super) flags: Vec<Flag>,
}

/// How a text goes on.
#[derive(Debug, Default)]
pub(super) enum Outcome {
    /// It is published as it is.
    #[default]
    AsItIs,
    /// This is published in its place.
    As(String),
    /// This waits for a moderator, because of such a filter.
    Held(String, FilterKind),
    /// The game has to be asked first.
    Ask(Box<Question>),
}

/// A text about which the game is asked, or has answered.
#[derive(Debug)]
pub(super) struct AskedAbout {
    pub(super) nonce: RequestId,
    /// As it is behind the filters.
    pub(super) text: String,
    pub(super) flags: Vec<Flag>,
    pub(super) answer: Option<GameAnswer>,
}

impl Passed {
    /// The text that is published in place of this one.
    pub(super) fn text<'a>(&'a self, text: &'a str) -> &'a str {
        match &self.outcome {
            Outcome::As(other) | Outcome::Held(other, _) => other,
            Outcome::AsItIs | Outcome::Ask(_) => text,
        }
    }
}
