//! How a message is shown that was said in a room or whispered to one client. The line
//! may have begun already, with the time.

use anstyle::{AnsiColor, Style};
use guildhall_client::UserId;
use guildhall_client::session::ChatLine;
use guildhall_protocol::WhisperLine;

use crate::chat::lines::line::{About, Line, Painted, dim, name_style, place};

/// Begins a message that was said before the user joined the room.
const REPLAY: &str = "· ";

/// A message of a room.
pub(in crate::chat) fn format_message(mut painted: Painted, line: &ChatLine) -> Line {
    let faded = |style: Style| if line.replay { style.dimmed() } else { style };
    if line.replay {
        painted.put(dim(), REPLAY);
    }
    painted.put(dim(), &place(&line.room));
    let sender = (line.sender, line.name.as_str(), line.info.as_str());
    put_message(&mut painted, sender, &line.text, line.action, faded);
    painted.line(About::Chat)
}

/// A whisper. Its receiver stands between two arrows, so that a room's line cannot be
/// taken for one: a room's name stands in brackets.
pub(in crate::chat) fn format_whisper(mut painted: Painted, whisper: &WhisperLine) -> Line {
    let mark = AnsiColor::Magenta.on_default().bold();
    painted.put(mark, "→ ");
    painted.put(name_style(UserId(whisper.receiver)), &whisper.receiver_name);
    painted.put(mark, " ← ");
    let sender = (
        UserId(whisper.sender),
        whisper.sender_name.as_str(),
        whisper.sender_info.as_str(),
    );
    let as_it_is = |style| style;
    put_message(
        &mut painted,
        sender,
        &whisper.text,
        whisper.action,
        as_it_is,
    );
    painted.line(About::Chat)
}

/// Appends who says or does what.
fn put_message(
    painted: &mut Painted,
    (id, name, info): (UserId, &str, &str),
    text: &str,
    action: bool,
    faded: impl Fn(Style) -> Style,
) {
    if action {
        painted.put(faded(Style::new()), "* ");
        painted.put_name(id, name, info, &faded);
        painted.put(faded(Style::new()), " ");
    } else {
        painted.put_name(id, name, info, &faded);
        painted.put(faded(Style::new()), ": ");
    }
    painted.put_text(faded(Style::new()), text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::lines::line::Palette;
    use crate::chat::test_chat::message_by_ann;

    #[track_caller]
    fn check(message: ChatLine, expected: &str) {
        assert_eq!(
            format_message(Palette::Plain.begin(), &message).text,
            expected
        );
    }

    #[test]
    fn a_line_says_where_and_who() {
        check(message_by_ann(), "[lobby] Ann: hi");
        let action = ChatLine {
            action: true,
            text: "waves".into(),
            ..message_by_ann()
        };
        check(action, "[lobby] * Ann waves");
    }

    #[test]
    fn a_replayed_message_is_marked() {
        let replay = ChatLine {
            replay: true,
            ..message_by_ann()
        };
        check(replay.clone(), "· [lobby] Ann: hi");
        let colours = |message| format_message(Palette::Colours.begin(), message).text;
        assert!(colours(&replay).ends_with("\x1b[2mhi\x1b[0m"), "dimmed");
        assert!(colours(&message_by_ann()).ends_with(": hi"));
    }

    #[test]
    fn a_whisper_is_no_line_of_a_room() {
        let whisper = |action| {
            let whispered = WhisperLine {
                sender: 7,
                sender_name: "Ann".into(),
                receiver: 8,
                receiver_name: "Bob".into(),
                text: "psst".into(),
                action,
                ..WhisperLine::default()
            };
            format_whisper(Palette::Plain.begin(), &whispered).text
        };
        assert_eq!(whisper(false), "→ Bob ← Ann: psst");
        assert_eq!(whisper(true), "→ Bob ← * Ann psst");
    }
}
