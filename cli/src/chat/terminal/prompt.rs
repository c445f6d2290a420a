//! What the line editor shows and completes: written by the chat's state, read by the
//! editor's thread.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_client::command;

use crate::chat::local_command::LocalCommand;
use crate::sanitize::sanitize;

/// A shared handle on it.
#[derive(Debug, Clone, Default)]
pub(in crate::chat) struct Prompt(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    /// Whether the terminal shows styles.
    has_styles: bool,
    /// The room that texts go to; empty if there is none.
    shown: String,
    /// Why the user cannot say anything there; empty: nothing keeps the user from it.
    silenced: String,
    /// The rooms that the user is in.
    rooms: Vec<String>,
    /// The names of the others in them.
    names: Vec<String>,
}

impl Prompt {
    /// A prompt of a terminal that shows styles, or not.
    pub(in crate::chat) fn new(has_styles: bool) -> Self {
        let prompt = Self::default();
        prompt.with(|contents| contents.has_styles = has_styles);
        prompt
    }

    /// The room that texts go to; empty if there is none.
    pub(in crate::chat) fn shown(&self) -> String {
        self.with(|contents| contents.shown.clone())
    }

    /// From now on texts go to this room. The user cannot say anything there, if there is a
    /// reason for that.
    pub(in crate::chat) fn show(&self, room: String, silenced: String) {
        self.with(|contents| {
            contents.shown = room;
            contents.silenced = silenced;
        });
    }

    /// Whether the prompt is dim: the user cannot say anything now.
    pub(in crate::chat) fn is_dim(&self) -> bool {
        self.with(|contents| contents.has_styles && !contents.silenced.is_empty())
    }

    /// The text before the line that is typed.
    pub(in crate::chat) fn text(&self) -> String {
        self.with(|contents| {
            let room = sanitize(&contents.shown);
            match &*contents.silenced {
                "" => format!("{room}> "),
                why => format!("{room} ({})> ", sanitize(why)),
            }
        })
    }

    /// Updates the rooms that the user is in, and the names of the others in them.
    pub(in crate::chat) fn know(&self, rooms: Vec<String>, names: Vec<String>) {
        self.with(|contents| {
            contents.rooms = rooms;
            contents.names = names;
        });
    }

    /// The whole lines that can complete `line`.
    pub(in crate::chat) fn complete(&self, line: &str) -> Vec<String> {
        let mut lines = self.with(|contents| {
            // A name that has to be sanitized cannot be typed.
            let is_clean = |name: &&str| matches!(sanitize(name), Cow::Borrowed(_));
            let names = contents.names.iter().map(String::as_str).filter(is_clean);
            let rooms = contents.rooms.iter().map(String::as_str).filter(is_clean);
            command::complete(line, names, rooms)
        });
        lines.extend(LocalCommand::complete(line));
        lines
    }

    fn with<T>(&self, what: impl FnOnce(&mut Contents) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_says_why_nothing_can_be_said() {
        for has_styles in [true, false] {
            let prompt = Prompt::new(has_styles);
            prompt.show("inn".into(), String::new());
            assert_eq!((prompt.text(), prompt.is_dim()), ("inn> ".into(), false));
            prompt.show("inn".into(), "muted until 15:40".into());
            assert_eq!(prompt.text(), "inn (muted until 15:40)> ");
            assert_eq!((&*prompt.shown(), prompt.is_dim()), ("inn", has_styles));
        }
    }

    #[test]
    fn only_names_that_can_be_typed_are_completed() {
        let prompt = Prompt::default();
        let names = ["Ann".to_owned(), "Ann\u{202e}a".to_owned()];
        prompt.know(vec!["Ante Room".into()], names.into());
        assert_eq!(prompt.complete("hey an"), ["hey Ann "]);
        assert_eq!(prompt.complete("/join an"), ["/join Ante Room"]);
        assert_eq!(
            prompt.complete("/re"),
            ["/reply ", "/remove ", "/react ", "/report ", "/retry"]
        );
        assert_eq!(prompt.complete("/q"), ["/quote ", "/quit"]);
        assert!(prompt.complete("").is_empty());
    }
}
