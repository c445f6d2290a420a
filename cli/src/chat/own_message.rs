//! A message of the user's own that is not in its room yet: it waits, or has
//! failed. Once it is there, the room's copy is shown, as anybody's.

use anstyle::{AnsiColor, Style};
use guildhall_client::session::FailReason;
use guildhall_client::texts::{self, Language};

use super::line::{About, Line, Palette, dim, place};

/// A message of the user's own that has no answer yet, or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnMessage {
    /// The room it is for; `None`: it is a whisper.
    pub(super) room: Option<String>,
    /// Whom a whisper is for.
    pub(super) to: String,
    /// What it says.
    pub(super) text: String,
}

impl OwnMessage {
    /// As one that cannot go out yet.
    pub(super) fn waiting(&self, palette: Palette) -> Line {
        let mut painted = palette.begin();
        painted.put(dim(), "… ");
        painted.put(dim(), &self.place());
        painted.put(dim(), &self.text);
        painted.line(About::Connection)
    }

    /// As one that failed. With `hint` the user is told how to send it again.
    pub(super) fn failed(
        &self,
        palette: Palette,
        language: Language,
        reason: &FailReason,
        hint: bool,
    ) -> Line {
        let mut painted = palette.begin();
        let red = AnsiColor::Red.on_default();
        painted.put(red, "!! ");
        painted.put(Style::new(), &self.place());
        painted.put(Style::new(), &self.text);
        painted.put(red, " – ");
        painted.put(red, &texts::fail_reason(language, reason));
        if hint {
            painted.put(red, " – /retry");
        }
        painted.line(About::Connection)
    }

    /// Where it is to go, as a line's beginning.
    fn place(&self) -> String {
        match &self.room {
            Some(room) => place(room),
            None => format!("→ {}: ", self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_message_says_what_why_and_what_now() {
        let message = OwnMessage {
            room: Some("inn".into()),
            to: String::new(),
            text: "hello".into(),
        };
        let failed = |hint| {
            let reason = FailReason::NotInRoom;
            let line = message.failed(Palette::Plain, Language::En, &reason, hint);
            line.text
        };
        assert!(failed(true).starts_with("!! [inn] hello – "));
        assert!(failed(true).ends_with(" – /retry"));
        assert!(!failed(false).contains("/retry"));
        assert_eq!(message.waiting(Palette::Plain).text, "… [inn] hello");
    }

    #[test]
    fn a_whisper_says_to_whom() {
        let message = OwnMessage {
            room: None,
            to: "Bob".into(),
            text: "psst".into(),
        };
        assert_eq!(message.waiting(Palette::Plain).text, "… → Bob: psst");
    }
}
