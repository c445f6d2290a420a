//! How notices are shown, which are lines that no user said: the state of the
//! connection, members who join and leave, lists that the user asked for, and what the
//! program itself has to say.

use std::fmt::Write as _;

use guildhall_client::UserId;
use guildhall_client::conversations::KnownLine;
use guildhall_client::session::{Event, LineChange, State};
use guildhall_client::texts::{self, Language};
use guildhall_protocol::{Member, RoomInfo, Sanction, Unread};

use crate::chat::lines::line::{About, Line, Palette, dim, place};

/// Begins each notice.
const SYSTEM: &str = "-- ";

/// A notice of the program.
pub(in crate::chat) fn format_notice(palette: Palette, text: &str, about: About) -> Line {
    let mut painted = palette.begin();
    painted.put(dim(), SYSTEM);
    painted.put(dim(), text);
    painted.line(about)
}

/// A notice about a room.
pub(in crate::chat) fn format_room_notice(palette: Palette, room: &str, text: &str) -> Line {
    format_notice(palette, &format!("{}{text}", place(room)), About::Chat)
}

/// The client crate's words for an event, with the room if they do not name it. `None`
/// if the event has no words.
pub(in crate::chat) fn format_event(
    palette: Palette,
    language: Language,
    event: &Event,
    room: Option<&str>,
    about: About,
) -> Option<Line> {
    let text = texts::event(language, event)?;
    let place = room.map(place).unwrap_or_default();
    Some(format_notice(palette, &format!("{place}{text}"), about))
}

/// The state of the connection, at `now` of the session's clock.
pub(in crate::chat) fn format_state(
    palette: Palette,
    language: Language,
    state: &State,
    now: u64,
) -> Line {
    let mut text = texts::state(language, state);
    if let State::Waiting { until, reason, .. } = state {
        // Rounded up: never less than what is left.
        let seconds = until.saturating_sub(now).div_ceil(1000);
        let _ = write!(text, " ({seconds} s)");
        if !reason.is_empty() {
            let _ = write!(text, " – {reason}");
        }
    }
    format_notice(palette, &text, About::Connection)
}

/// The list of rooms, of which the server has `total`.
pub(in crate::chat) fn format_rooms(palette: Palette, rooms: &[RoomInfo], total: u32) -> Vec<Line> {
    let listed = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
    let mut lines: Vec<_> = rooms
        .iter()
        .map(|room| format_room_notice(palette, &room.room, &room.count.to_string()))
        .collect();
    if total > listed {
        let rest = format!("… {listed}/{total}");
        lines.push(format_notice(palette, &rest, About::Chat));
    }
    lines
}

/// How much the user has not read, one line for each room; or that it has read everything.
pub(in crate::chat) fn format_unread(
    palette: Palette,
    language: Language,
    rooms: &[Unread],
) -> Vec<Line> {
    let mut lines = Vec::new();
    for unread in rooms.iter().filter(|unread| unread.lines > 0) {
        let count = u64::from(unread.lines);
        let mut text = if unread.more {
            texts::unread_in_more(language, count, &unread.room)
        } else {
            texts::unread_in(language, count, &unread.room)
        };
        if unread.mentions > 0 {
            text.push_str(", ");
            text += &texts::unread_mentions(language, unread.mentions.into());
        }
        lines.push(format_notice(palette, &text, About::Chat));
    }
    if lines.is_empty() {
        let text = language.get(texts::ALL_READ);
        lines.push(format_notice(palette, text, About::Chat));
    }
    lines
}

/// The sanctions of others, one line for each; or a line that there are none.
pub(in crate::chat) fn format_sanctions(
    palette: Palette,
    language: Language,
    sanctions: &[Sanction],
    more: bool,
) -> Vec<Line> {
    let notice = |text: &str| format_notice(palette, text, About::Chat);
    if sanctions.is_empty() {
        return vec![notice(language.get(texts::NO_SANCTIONS))];
    }
    let mut lines: Vec<_> = sanctions
        .iter()
        .map(|sanction| notice(&texts::imposed(language, sanction)))
        .collect();
    if more {
        lines.push(notice(language.get(texts::MORE_SANCTIONS)));
    }
    lines
}

/// The line that a message replies to, as it is now.
pub(in crate::chat) fn quote_words(language: Language, line: Option<&KnownLine>) -> String {
    match line.map(KnownLine::quote) {
        None => language.get(texts::REPLY_TO_UNKNOWN).into(),
        Some(quote) if quote.removed => {
            let removed = format!("({})", language.get(texts::MESSAGE_REMOVED));
            texts::reply_to(language, &quote.name, &removed)
        }
        Some(quote) => texts::reply_to(language, &quote.name, &quote.text),
    }
}

/// The sentence that tells a change of an earlier message, other than of its text.
pub(in crate::chat) fn change_words(
    language: Language,
    event: &Event,
    change: &LineChange,
    line: Option<&KnownLine>,
) -> String {
    let number = change.line.to_string();
    let Event::ReactionsChanged {
        reaction,
        taken_back,
        ..
    } = event
    else {
        return texts::line_was_removed(language, &change.name, &number);
    };
    let mut words = if *taken_back {
        texts::line_lost_reaction(language, &change.name, reaction, &number)
    } else {
        texts::line_got_reaction(language, &change.name, reaction, &number)
    };
    if let Some(quote) = line.map(KnownLine::quote) {
        let _ = write!(words, " ({}: {})", quote.name, quote.text);
    }
    words
}

/// The list of a room's members, of which there are `count`.
pub(in crate::chat) fn format_members(
    palette: Palette,
    room: &str,
    count: u32,
    members: &[Member],
) -> Line {
    let mut painted = palette.begin();
    painted.put(dim(), SYSTEM);
    painted.put(dim(), &place(room));
    painted.put(dim(), &format!("{count}"));
    for (index, member) in members.iter().enumerate() {
        painted.put(dim(), if index == 0 { ": " } else { ", " });
        painted.put_name(UserId(member.id), &member.name, &member.info, |style| style);
    }
    painted.line(About::Chat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_shows_when_the_next_attempt_is() {
        let waiting = State::Waiting {
            until: 4_200,
            code: 1001,
            reason: "bye".into(),
        };
        let line = format_state(Palette::Plain, Language::En, &waiting, 1_000);
        assert_eq!(line.about, About::Connection);
        assert!(line.text.ends_with("(4 s) – bye"), "{line:?}");
    }

    #[test]
    fn lists_are_lines() {
        let member = |id, name: &str| Member {
            id,
            name: name.into(),
            ..Member::default()
        };
        let listed = [member(1, "Ann"), member(2, "Bob")];
        let line = format_members(Palette::Plain, "inn", 2, &listed);
        assert_eq!(line.text, "-- [inn] 2: Ann, Bob");
        let room = |room: &str, count| RoomInfo {
            room: room.into(),
            count,
        };
        let lines = format_rooms(Palette::Plain, &[room("inn", 2), room("lobby", 1)], 7);
        let lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
        assert_eq!(lines, ["-- [inn] 2", "-- [lobby] 1", "-- … 2/7"]);
    }
}
