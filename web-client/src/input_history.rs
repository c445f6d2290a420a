//! The user's last texts, which Up and Down bring back into the textbox.

/// How many texts are kept. Older ones are forgotten.
const KEPT: usize = 50;

/// The texts that were sent, and which of them is in the textbox.
#[derive(Debug, Default)]
pub(crate) struct InputHistory {
    sent: Vec<String>,
    /// The index in `sent` of the text that was brought back.
    shown: Option<usize>,
}

impl InputHistory {
    /// `text` was sent and has left the textbox.
    pub(crate) fn sent(&mut self, text: String) {
        self.shown = None;
        if self.sent.last() == Some(&text) {
            return;
        }
        if self.sent.len() == KEPT {
            self.sent.remove(0);
        }
        self.sent.push(text);
    }

    /// Returns what replaces `text` when the user presses Up. `None` leaves the key
    /// to the textbox, so that a draft is never overwritten.
    pub(crate) fn older(&mut self, text: &str) -> Option<&str> {
        let index = match self.index_of(text) {
            Some(shown) => shown.checked_sub(1)?,
            None if text.is_empty() => self.sent.len().checked_sub(1)?,
            None => return None,
        };
        self.shown = Some(index);
        Some(&self.sent[index])
    }

    /// Returns what replaces `text` when the user presses Down. After the newest
    /// text comes the empty textbox.
    pub(crate) fn newer(&mut self, text: &str) -> Option<&str> {
        let index = self.index_of(text)? + 1;
        self.shown = (index < self.sent.len()).then_some(index);
        Some(self.sent.get(index).map_or("", String::as_str))
    }

    /// The index of `text`, if it was brought back and not edited since.
    fn index_of(&self, text: &str) -> Option<usize> {
        self.shown.filter(|&index| self.sent[index] == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> InputHistory {
        let mut history = InputHistory::default();
        for text in ["one", "two", "three"] {
            history.sent(text.into());
        }
        history
    }

    #[test]
    fn up_goes_back_and_down_returns() {
        let mut history = filled();
        assert_eq!(history.older(""), Some("three"));
        assert_eq!(history.older("three"), Some("two"));
        assert_eq!(history.older("two"), Some("one"));
        assert_eq!(history.older("one"), None, "nothing is older");
        assert_eq!(history.newer("one"), Some("two"));
        assert_eq!(history.newer("two"), Some("three"));
        assert_eq!(history.newer("three"), Some(""));
        assert_eq!(history.newer(""), None);
    }

    #[test]
    fn a_draft_is_never_overwritten() {
        let mut history = filled();
        assert_eq!(history.older("a draft"), None);
        history.older("");
        assert_eq!(history.older("three, edited"), None);
        assert_eq!(history.newer("three, edited"), None);
    }

    #[test]
    fn after_sending_up_starts_at_the_newest_again() {
        let mut history = filled();
        history.older("");
        history.older("three");
        history.sent("four".into());
        assert_eq!(history.older(""), Some("four"));
    }

    #[test]
    fn a_repeated_text_is_kept_once_and_only_the_newest_are_kept() {
        let mut history = InputHistory::default();
        assert_eq!(history.older(""), None);
        for number in 0..=KEPT {
            history.sent(number.to_string());
            history.sent(number.to_string());
        }
        assert_eq!(history.sent.len(), KEPT);
        assert_eq!(history.sent[0], "1");
    }
}
