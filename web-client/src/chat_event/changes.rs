//! The events about lines that have changed, about what is unread and about what was found, as
//! objects of the library.

use guildhall_client::session::{Event, LineChange};
use guildhall_protocol::Reaction;
use wasm_bindgen::JsValue;

use crate::clock::millis;

use super::{failure, line_entries, list, moderation, object, typed};

/// One of these events; the others are in the parent.
pub(super) fn event(event: Event) -> JsValue {
    match event {
        Event::LineEdited { change, text } => {
            changed("lineEdited", change, &[("text", text.into())])
        }
        Event::LineRemoved(change) => changed("lineRemoved", change, &[]),
        Event::LinesCleared(change) => changed("linesCleared", change, &[]),
        Event::LinesPurged { change, user } => {
            changed("linesPurged", change, &[("of", user.0.into())])
        }
        Event::ReactionsChanged {
            change,
            reaction,
            count,
            taken_back,
        } => changed(
            "reactionsChanged",
            change,
            &[
                ("reaction", reaction.into()),
                ("count", count.into()),
                ("takenBack", taken_back.into()),
            ],
        ),
        Event::ChangeFailed {
            nonce,
            room,
            line,
            reason,
        } => typed(
            "changeFailed",
            &[
                ("nonce", nonce.0.into()),
                ("room", room.into()),
                ("line", line.into()),
                ("failure", failure(reason)),
            ],
        ),
        Event::ReadMark { room, seq } => {
            typed("readMark", &[("room", room.into()), ("seq", seq.into())])
        }
        Event::UnreadList(rooms) => {
            let room = |unread: guildhall_protocol::Unread| {
                let read = unread.read.unwrap_or_default();
                object(&[
                    ("room", unread.room.into()),
                    ("seq", read.seq.into()),
                    ("lines", unread.lines.into()),
                    ("mentions", unread.mentions.into()),
                    ("more", unread.more.into()),
                ])
                .into()
            };
            typed("unreadList", &[("rooms", list(rooms, room))])
        }
        Event::SearchPage {
            lines,
            more,
            is_first,
        } => {
            let lines = list(lines, |line| object(&line_entries(line)).into());
            typed(
                "searchPage",
                &[
                    ("lines", lines),
                    ("more", more.into()),
                    ("first", is_first.into()),
                ],
            )
        }
        Event::HistoryOf { room, lines, more } => {
            let lines = list(lines, |line| object(&line_entries(line)).into());
            typed(
                "historyOf",
                &[
                    ("room", room.into()),
                    ("lines", lines),
                    ("more", more.into()),
                ],
            )
        }
        event => moderation::event(event),
    }
}

/// The reactions to a line.
pub(super) fn reactions(reactions: Vec<Reaction>) -> JsValue {
    list(reactions, |it| {
        let (reaction, count) = (it.reaction.into(), it.count.into());
        object(&[("reaction", reaction), ("count", count)]).into()
    })
}

fn changed(name: &str, change: LineChange, more: &[(&str, JsValue)]) -> JsValue {
    let mut entries = vec![
        ("room", change.room.into()),
        ("epoch", change.epoch.into()),
        ("seq", change.seq.into()),
        ("line", change.line.into()),
        ("time", millis(change.time)),
        ("sender", change.sender.0.into()),
        ("name", change.name.into()),
        ("user", change.user.into()),
        ("nonce", change.nonce.0.into()),
        ("own", change.own.into()),
        ("replay", change.replay.into()),
    ];
    entries.extend_from_slice(more);
    typed(name, &entries)
}
