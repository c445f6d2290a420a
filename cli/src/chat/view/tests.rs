use super::*;
use crate::chat::lines::line::INDENT;
use crate::chat::test_chat::{message_by_ann, own_message};
use guildhall_client::conversations::Layout;
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{Member, Reaction, RoomInfo, Unread, WhisperLine};
use jiff::Timestamp;
use jiff::tz::TimeZone;

fn plain() -> View {
    View::new(Language::En, Palette::Plain, None)
}

/// A change of a line, in a room of this name and by a user of this name.
fn change_by(name: &str) -> LineChange {
    LineChange {
        room: name.into(),
        epoch: 1,
        seq: 2,
        line: 1,
        time: 0,
        sender: UserId(7),
        name: name.into(),
        user: String::new(),
        nonce: RequestId(0),
        own: false,
        replay: false,
    }
}

/// A user who is in no room.
fn nowhere() -> Conversations {
    Conversations::new(Layout::Stream)
}

/// The lines for an event, without colours.
fn show(event: Event) -> Vec<String> {
    let lines = plain().event(&event, &nowhere(), 0).into_iter();
    lines.map(|line| line.text).collect()
}

#[test]
fn older_lines_are_marked_at_both_ends() {
    let older = |count, more| {
        let replay = ChatLine {
            replay: true,
            ..message_by_ann()
        };
        show(Event::History {
            room: "lobby".into(),
            lines: vec![replay; count],
            more,
        })
    };
    let line = "· [lobby] Ann: hi";
    assert_eq!(
        older(2, true),
        [
            "-- [lobby] 2 older lines:",
            line,
            line,
            "-- [lobby] End of the older lines. /older shows more."
        ]
    );
    assert_eq!(
        older(1, false),
        [
            "-- [lobby] 1 older line:",
            line,
            "-- [lobby] End of the older lines. There are none before them."
        ]
    );
    assert_eq!(older(0, false), ["-- [lobby] There are no older lines."]);
    assert_eq!(
        older(0, true),
        ["-- [lobby] No older lines came. /older asks again."]
    );
}

#[test]
fn messages_have_a_time_and_each_day_has_a_line() {
    let noon = 1_790_856_000_000;
    let day = 24 * 60 * 60 * 1000;
    let today = Timestamp::from_millisecond(noon).unwrap();
    let clock = Clock::new(TimeZone::UTC, today);
    let mut view = View::new(Language::En, Palette::Plain, Some(clock));
    let noon = noon.unsigned_abs();
    let mut show = |event| {
        let lines = view.event(&event, &nowhere(), 0).into_iter();
        lines.map(|line| line.text).collect::<Vec<_>>()
    };
    let at = |time| ChatLine {
        time,
        ..message_by_ann()
    };
    assert_eq!(show(Event::Line(at(noon))), ["12:00 [lobby] Ann: hi"]);
    assert_eq!(show(Event::Line(at(0))), ["[lobby] Ann: hi"], "unknown");
    let whisper = WhisperLine {
        time: noon + day,
        sender_name: "Ann".into(),
        receiver_name: "Bob".into(),
        text: "psst".into(),
        ..WhisperLine::default()
    };
    let whisper = Event::Whisper {
        line: whisper,
        own: false,
    };
    assert_eq!(
        show(whisper),
        ["-- Friday, 2 October 2026", "12:00 → Bob ← Ann: psst"]
    );
    let history = Event::History {
        room: "lobby".into(),
        lines: vec![at(noon), at(noon + day)],
        more: false,
    };
    assert_eq!(
        show(history)[..5],
        [
            "-- [lobby] 2 older lines:",
            "-- Thursday, 1 October 2026",
            "12:00 [lobby] Ann: hi",
            "-- Friday, 2 October 2026",
            "12:00 [lobby] Ann: hi"
        ]
    );
}

/// Changes of lines and lists of them, in which others have written this.
fn changes_and_lists(evil: &str) -> Vec<Event> {
    vec![
        Event::Line(ChatLine {
            reply_to: 1,
            edited: 1,
            reactions: vec![Reaction {
                reaction: evil.into(),
                count: 1,
            }],
            ..message_by_ann()
        }),
        Event::LineEdited {
            change: change_by(evil),
            text: evil.into(),
        },
        Event::LineRemoved(change_by(evil)),
        Event::ReactionsChanged {
            change: change_by(evil),
            reaction: evil.into(),
            count: 1,
            taken_back: false,
        },
        Event::UnreadList(vec![Unread {
            room: evil.into(),
            lines: 1,
            ..Unread::default()
        }]),
        Event::SearchPage {
            lines: vec![ChatLine {
                room: evil.into(),
                name: evil.into(),
                text: evil.into(),
                ..message_by_ann()
            }],
            more: true,
            is_first: true,
        },
    ]
}

#[test]
fn all_that_others_write_is_sanitized() {
    let evil = "\x1b]0;owned\x07\x1b[2J\r\n\u{9b}31m\u{202e}";
    let member = Member {
        id: 7,
        name: evil.into(),
        ..Member::default()
    };
    let events = [
        Event::Line(ChatLine {
            room: evil.into(),
            name: evil.into(),
            text: evil.into(),
            ..message_by_ann()
        }),
        Event::Whisper {
            line: WhisperLine {
                sender_name: evil.into(),
                receiver_name: evil.into(),
                text: evil.into(),
                ..WhisperLine::default()
            },
            own: true,
        },
        Event::MemberList {
            room: evil.into(),
            count: 1,
            listed: true,
            members: vec![member],
        },
        Event::RoomList {
            rooms: vec![RoomInfo {
                room: evil.into(),
                count: 1,
            }],
            total: 2,
        },
        Event::State(State::Waiting {
            until: 0,
            code: 3000,
            reason: evil.into(),
        }),
        Event::PresenceNotice {
            room: evil.into(),
            joined: vec![evil.into()],
            left: vec![evil.into(), evil.into()],
            renamed: vec![(evil.into(), evil.into())],
        },
        Event::BadMessage(evil),
    ];
    let mut view = View::new(Language::De, Palette::Colours, None);
    let message = own_message(None, evil, evil);
    let own = [
        view.waiting(&message),
        view.failed(&message, &FailReason::Uncertain, true),
        view.system(evil, About::Chat),
    ];
    let changes = changes_and_lists(evil);
    let events = events.iter().chain(&changes);
    let shown = events.flat_map(|event| view.event(event, &nowhere(), 0));
    for Line { text, .. } in own.into_iter().chain(shown) {
        // The only escape sequences left are our own colours.
        for part in text.split('\x1b').skip(1) {
            let (colour, _) = part.split_once('m').expect("a colour");
            let digits = colour.strip_prefix('[').expect("a colour");
            assert!(
                digits.chars().all(|c| c.is_ascii_digit() || c == ';'),
                "{text:?}"
            );
        }
        // And the only line feeds are those of a text, with an indent.
        let plain = text.replace('\x1b', "").replace(&format!("\n{INDENT}"), "");
        assert!(!plain.chars().any(char::is_control), "{text:?}");
        assert!(!plain.contains('\u{202e}'), "{text:?}");
    }
}

#[test]
fn what_is_found_has_its_day_and_its_time() {
    let noon = 1_790_856_000_000;
    let now = Timestamp::from_millisecond(1_790_856_000_000).unwrap();
    let clock = Clock::new(TimeZone::UTC, now);
    let mut view = View::new(Language::En, Palette::Plain, Some(clock));
    let page = Event::SearchPage {
        lines: vec![ChatLine {
            time: noon - 24 * 60 * 60 * 1_000,
            replay: true,
            ..message_by_ann()
        }],
        more: false,
        is_first: true,
    };
    let lines = view.event(&page, &nowhere(), 0);
    let lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
    let expected = ["-- 1 message found:", "2026-09-30 12:00 [lobby] #1 Ann: hi"];
    assert_eq!(lines, expected);
}

#[test]
fn notices_about_a_room_name_it() {
    let changes = Event::PresenceNotice {
        room: "inn".into(),
        joined: vec!["Ann".into()],
        left: vec!["Bob".into(), "Cid".into()],
        renamed: Vec::new(),
    };
    assert_eq!(show(changes), ["-- [inn] Ann joined. Bob, Cid left."]);
    let gap = Event::Gap {
        room: "inn".into(),
        from: 3,
        to: 3,
    };
    let lines = show(gap);
    assert!(
        lines[0].starts_with("-- [inn] One message is missing"),
        "{lines:?}"
    );
    let joined = Event::Joined {
        room: "inn".into(),
        previous_name: "inn".into(),
        resumed: false,
        rejoined: false,
        first_seq: 1,
        last_seq: 0,
    };
    assert_eq!(show(joined), ["-- You joined “inn”."]);
    let members = Event::MembersChanged {
        room: "inn".into(),
        count: 2,
        listed: true,
    };
    assert!(show(members).is_empty());
}
