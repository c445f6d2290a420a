//! What Up and Down bring back into the textbox: one's own last texts.

/// More are forgotten, the oldest first.
const KEPT: usize = 50;

/// The texts that were sent, and where in them the user is.
#[derive(Debug, Default)]
pub(crate) struct InputHistory {
    sent: Vec<String>,
    /// Which of `sent` is in the box.
    shown: Option<usize>,
}

impl InputHistory {
    /// `text` was sent and has left the box.
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

    /// Up was pressed with `text` in the box: what to put there instead.
    /// `None` leaves the key to the box, so that no draft is overwritten.
    pub(crate) fn older(&mut self, text: &str) -> Option<&str> {
        let index = match self.place(text) {
            Some(shown) => shown.checked_sub(1)?,
            None if text.is_empty() => self.sent.len().checked_sub(1)?,
            None => return None,
        };
        self.shown = Some(index);
        Some(&self.sent[index])
    }

    /// Down was pressed: the way back, which ends at the empty box.
    pub(crate) fn newer(&mut self, text: &str) -> Option<&str> {
        let index = self.place(text)? + 1;
        self.shown = (index < self.sent.len()).then_some(index);
        Some(self.sent.get(index).map_or("", String::as_str))
    }

    /// Where the user is, if `text` is a recalled one that was not edited.
    fn place(&self, text: &str) -> Option<usize> {
        self.shown.filter(|&index| self.sent[index] == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recall() -> InputHistory {
        let mut recall = InputHistory::default();
        for text in ["one", "two", "three"] {
            recall.sent(text.into());
        }
        recall
    }

    #[test]
    fn up_goes_back_and_down_returns() {
        let mut recall = recall();
        assert_eq!(recall.older(""), Some("three"));
        assert_eq!(recall.older("three"), Some("two"));
        assert_eq!(recall.older("two"), Some("one"));
        assert_eq!(recall.older("one"), None, "there is nothing older");
        assert_eq!(recall.newer("one"), Some("two"));
        assert_eq!(recall.newer("two"), Some("three"));
        assert_eq!(recall.newer("three"), Some(""));
        assert_eq!(recall.newer(""), None);
    }

    #[test]
    fn a_draft_is_never_overwritten() {
        let mut recall = recall();
        assert_eq!(recall.older("a draft"), None);
        recall.older("");
        assert_eq!(recall.older("three, edited"), None);
        assert_eq!(recall.newer("three, edited"), None);
    }

    #[test]
    fn sending_starts_at_the_newest_again() {
        let mut recall = recall();
        recall.older("");
        recall.older("three");
        recall.sent("four".into());
        assert_eq!(recall.older(""), Some("four"));
    }

    #[test]
    fn repeats_count_once_and_only_the_newest_are_kept() {
        let mut recall = InputHistory::default();
        assert_eq!(recall.older(""), None);
        for number in 0..=KEPT {
            recall.sent(number.to_string());
            recall.sent(number.to_string());
        }
        assert_eq!(recall.sent.len(), KEPT);
        assert_eq!(recall.sent[0], "1");
    }
}
