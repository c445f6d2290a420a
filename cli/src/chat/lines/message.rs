//! How a message is shown that was said in a room or whispered to one client. The line
//! may have begun already, with the time.

use anstyle::{AnsiColor, Style};
use guildhall_client::UserId;
use guildhall_client::conversations::KnownLine;
use guildhall_client::session::{ChatLine, LineChange};
use guildhall_client::texts::{self, Language};
use guildhall_protocol::WhisperLine;

use crate::chat::lines::line::{About, Line, Painted, dim, name_style, place};

/// Begins a message that was said before the user joined the room.
const REPLAY: &str = "· ";

/// How messages of rooms are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) struct Look {
    /// The language of what stands beside a message.
    pub(in crate::chat) language: Language,
    /// Whether each message has its number, so that the user can name it.
    pub(in crate::chat) has_numbers: bool,
}

/// A message of a room.
pub(in crate::chat) fn format_message(mut painted: Painted, line: &ChatLine, look: Look) -> Line {
    let faded = |style: Style| if line.replay { style.dimmed() } else { style };
    if line.replay {
        painted.put(dim(), REPLAY);
    }
    painted.put(dim(), &place(&line.room));
    if look.has_numbers {
        painted.put(dim(), &format!("#{} ", line.seq));
    }
    let sender = (line.sender, line.name.as_str(), line.info.as_str());
    put_message(&mut painted, sender, &line.text, line.action, faded);
    let reactions = line.reactions.iter();
    let reactions = reactions.map(|it| (it.reaction.as_str(), it.count));
    put_state(&mut painted, look, line.removed, line.edited, reactions);
    painted.line(About::Chat)
}

/// A message of a room that the client has, with its number.
pub(in crate::chat) fn format_known(
    mut painted: Painted,
    room: &str,
    line: &KnownLine,
    look: Look,
) -> Line {
    painted.put(dim(), &format!("{}#{} ", place(room), line.seq));
    let sender = (line.sender, line.name.as_str(), "");
    put_message(&mut painted, sender, &line.text, line.action, |style| style);
    let reactions = line.reactions.iter();
    let reactions = reactions.map(|it| (it.reaction.as_str(), it.count));
    put_state(&mut painted, look, line.removed, line.edited, reactions);
    painted.line(About::Chat)
}

/// Appends what has become of a message.
fn put_state<'a>(
    painted: &mut Painted,
    look: Look,
    removed: bool,
    edited: u64,
    reactions: impl Iterator<Item = (&'a str, u32)>,
) {
    if removed {
        let words = look.language.get(texts::MESSAGE_REMOVED);
        return painted.put(dim(), &format!("({words})"));
    }
    if edited > 0 {
        let words = look.language.get(texts::MESSAGE_EDITED);
        painted.put(dim(), &format!(" ({words})"));
    }
    let reactions: Vec<_> = reactions
        .map(|(reaction, count)| format!("{reaction} {count}"))
        .collect();
    if !reactions.is_empty() {
        painted.put(dim(), &format!(" [{}]", reactions.join(", ")));
    }
}

/// An earlier message of a room has another text now.
pub(in crate::chat) fn format_edited(
    mut painted: Painted,
    language: Language,
    change: &LineChange,
    text: &str,
) -> Line {
    let words = texts::line_was_edited(language, &change.name, &change.line.to_string());
    painted.put(dim(), &format!("-- {}{words} ", place(&change.room)));
    painted.put_text(Style::new(), text);
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
    use guildhall_protocol::Reaction;

    const LOOK: Look = Look {
        language: Language::En,
        has_numbers: false,
    };

    #[track_caller]
    fn check(message: ChatLine, expected: &str) {
        assert_eq!(
            format_message(Palette::Plain.begin(), &message, LOOK).text,
            expected
        );
    }

    #[test]
    fn a_message_says_what_has_become_of_it() {
        let reaction = |reaction: &str, count| Reaction {
            reaction: reaction.into(),
            count,
        };
        let changed = ChatLine {
            edited: 1,
            reactions: vec![reaction("+1", 2), reaction("\u{1f389}", 1)],
            ..message_by_ann()
        };
        check(
            changed.clone(),
            "[lobby] Ann: hi (edited) [+1 2, \u{1f389} 1]",
        );
        let removed = ChatLine {
            removed: true,
            text: String::new(),
            ..changed
        };
        check(removed, "[lobby] Ann: (message removed)");
    }

    #[test]
    fn a_message_has_its_number_if_the_user_wants_it() {
        let numbered = Look {
            has_numbers: true,
            ..LOOK
        };
        let line = ChatLine {
            seq: 12,
            ..message_by_ann()
        };
        let shown = format_message(Palette::Plain.begin(), &line, numbered);
        assert_eq!(shown.text, "[lobby] #12 Ann: hi");
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
        let colours = |message| format_message(Palette::Colours.begin(), message, LOOK).text;
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
