//! How a message of the user's own is shown that is not in its room yet: it waits, or
//! has failed. Once it is there, the room's copy is shown, as anybody's.

use anstyle::{AnsiColor, Style};
use guildhall_client::conversations::OwnMessage;
use guildhall_client::session::FailReason;
use guildhall_client::texts::{self, Language};

use crate::chat::lines::line::{About, Line, Palette, dim, place};

/// A message that cannot go out yet, or has no answer for long.
pub(in crate::chat) fn format_waiting(palette: Palette, message: &OwnMessage) -> Line {
    let mut painted = palette.begin();
    painted.put(dim(), "… ");
    painted.put(dim(), &destination(message));
    painted.put_text(dim(), &message.text);
    painted.line(About::Connection)
}

/// A message that waits for a moderator, with these words behind it.
pub(in crate::chat) fn format_held(palette: Palette, message: &OwnMessage, words: &str) -> Line {
    let mut painted = palette.begin();
    painted.put(dim(), "… ");
    painted.put(dim(), &destination(message));
    painted.put_text(dim(), &message.text);
    painted.put(dim(), " – ");
    painted.put(dim(), words);
    painted.line(About::Connection)
}

/// A message that failed. With `hint` the user is told how to send it again.
pub(in crate::chat) fn format_failed(
    palette: Palette,
    language: Language,
    message: &OwnMessage,
    reason: &FailReason,
    hint: bool,
) -> Line {
    let mut painted = palette.begin();
    let red = AnsiColor::Red.on_default();
    painted.put(red, "!! ");
    painted.put(Style::new(), &destination(message));
    painted.put_text(Style::new(), &message.text);
    painted.put(red, " – ");
    painted.put(red, &texts::fail_reason(language, reason));
    if hint {
        painted.put(red, " – /retry");
    }
    painted.line(About::Connection)
}

/// Where a message goes, as the beginning of its line.
fn destination(message: &OwnMessage) -> String {
    match &message.room {
        Some(room) => place(room),
        None => format!("→ {}: ", message.to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::test_chat::own_message;

    #[test]
    fn a_failed_message_shows_the_reason_and_a_way_out() {
        let message = own_message(Some("inn"), "", "hello");
        let failed = |hint| {
            let reason = FailReason::NotInRoom;
            format_failed(Palette::Plain, Language::En, &message, &reason, hint).text
        };
        assert!(failed(true).starts_with("!! [inn] hello – "));
        assert!(failed(true).ends_with(" – /retry"));
        assert!(!failed(false).contains("/retry"));
        let waiting = format_waiting(Palette::Plain, &message);
        assert_eq!(waiting.text, "… [inn] hello");
    }

    #[test]
    fn a_whisper_shows_its_receiver() {
        let message = own_message(None, "Bob", "psst");
        let waiting = format_waiting(Palette::Plain, &message);
        assert_eq!(waiting.text, "… → Bob: psst");
    }
}
