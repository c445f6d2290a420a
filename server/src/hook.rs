//! The game's hook: what the game is asked before something is said, what it can answer, and what
//! follows if it does not answer. Pure values; whoever starts a server brings the [`Game`] that
//! asks, which has threads of its own.
//!
//! Sessions hand a request back with the question, as they do with a token that has to be verified.

pub mod signature;

use std::fmt;
use std::sync::Arc;

use crate::policy::Pattern;

/// The game's hook.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The rooms in which it is asked.
    pub rooms: Vec<Pattern>,
    /// The answer that counts if it gives none.
    pub on_failure: OnFailure,
    /// The game.
    pub game: Arc<dyn Game>,
}

/// The fate of a text about which the game does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnFailure {
    /// It is said.
    #[default]
    Publish,
    /// It is refused.
    Reject,
    /// It waits for a moderator.
    Hold,
}

/// The game that is asked.
pub trait Game: fmt::Debug + Send + Sync {
    /// Asks, and calls `done` with the answer: on another thread, or at once if too much waits
    /// already. Never blocks.
    fn ask(&self, question: Question, done: Asked);
}

/// Called with the game's answer.
pub type Asked = Box<dyn FnOnce(Result<Answer, HookFailure>) + Send>;

/// A text that a user is about to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The kind of act.
    pub kind: QuestionKind,
    /// The room.
    pub room: Arc<str>,
    /// The text, behind the filters.
    pub text: String,
    /// Whether the text says what the user does.
    pub action: bool,
    /// The user's number.
    pub user: u64,
    /// Its account; empty: a guest.
    pub account: String,
    /// Its name.
    pub name: String,
    /// The number of its session.
    pub session: u64,
    /// The ID of its request, which is asked again with the same one; 0: it has none.
    pub nonce: u64,
    /// The number of the line that it edits.
    pub line: u64,
    /// When, in milliseconds since 1970.
    pub time: u64,
}

/// The act of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// It says something.
    Say,
    /// It edits what it has said.
    Edit,
}

/// The answer of the game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is said.
    Accept,
    /// It is refused, for this reason in the game's words, which may be empty.
    Reject(String),
    /// This is said in its place.
    Replace(String),
    /// It waits for a moderator.
    Hold,
}

/// Why the game has not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookFailure {
    /// Too much waits for an answer.
    #[error("too much waits for an answer")]
    Full,
    /// It did not answer in time, or not as it should.
    #[error("{0}")]
    Failed(String),
}

impl Hook {
    /// Whether the game is asked about this room.
    #[must_use]
    pub fn is_for(&self, room: &str) -> bool {
        self.rooms.iter().any(|pattern| pattern.matches(room))
    }
}

impl OnFailure {
    /// The answer that it stands for.
    #[must_use]
    pub fn answer(self) -> Answer {
        match self {
            Self::Publish => Answer::Accept,
            Self::Reject => Answer::Reject(String::new()),
            Self::Hold => Answer::Hold,
        }
    }
}

impl QuestionKind {
    /// The word for it in what the game gets.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Say => "say",
            Self::Edit => "edit",
        }
    }
}
