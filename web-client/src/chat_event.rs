//! The session's events, rooms and errors as the JavaScript objects that
//! `chat_types.d.ts` describes.

mod changes;
mod moderation;
mod request_name;
mod room;

pub(crate) use moderation::sanction_value;
pub(crate) use room::room_value;

use guildhall_client::UserId;
use guildhall_client::info::Info;
use guildhall_client::session::{ChatLine, Event, FailReason, SendError, State};
use guildhall_protocol::{Member, RequestError};
use js_sys::{Array, Error, JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::client::Client;
use crate::clock::millis;
use crate::color::css_color;
use crate::json;

use self::room::removed_reason;

/// An event as an object with its `type`.
#[expect(
    clippy::too_many_lines,
    reason = "one branch for each event, and nothing else"
)]
pub(crate) fn event(event: Event) -> JsValue {
    match event {
        Event::State(state) => typed("state", &[("state", state_value(&state))]),
        Event::Welcomed { id, name, resumed } => typed(
            "welcomed",
            &[
                ("id", id.0.into()),
                ("name", name.into()),
                ("resumed", resumed.into()),
            ],
        ),
        Event::NameRefused(error) => typed("nameRefused", &[("failure", refusal(error))]),
        Event::RenamedSelf(name) => typed("renamedSelf", &[("name", name.into())]),
        Event::Joined {
            room,
            previous_name,
            resumed,
            rejoined,
            first_seq,
            last_seq,
        } => typed(
            "joined",
            &[
                ("room", room.into()),
                ("asked", previous_name.into()),
                ("resumed", resumed.into()),
                ("rejoined", rejoined.into()),
                ("firstSeq", first_seq.into()),
                ("lastSeq", last_seq.into()),
            ],
        ),
        Event::JoinDelayed { room, error } => typed(
            "joinDelayed",
            &[("room", room.into()), ("failure", refusal(error))],
        ),
        Event::RenameDelayed { name, error } => typed(
            "renameDelayed",
            &[("name", name.into()), ("failure", refusal(error))],
        ),
        Event::RoomChanged { room } => typed("roomChanged", &[("room", room.into())]),
        Event::SlowMode { room, until } => typed(
            "slowMode",
            &[
                ("room", room.into()),
                ("wait", Client::millis_until(until).into()),
            ],
        ),
        Event::Removed {
            room,
            reason,
            sanction,
        } => {
            let sanction = sanction.as_deref().map(moderation::removed_for);
            typed(
                "removed",
                &[
                    ("room", room.into()),
                    ("reason", removed_reason(reason).into()),
                    ("sanction", sanction.unwrap_or_default()),
                ],
            )
        }
        Event::TokenNeeded => typed("tokenNeeded", &[]),
        Event::Left { room } => typed("left", &[("room", room.into())]),
        Event::Line(line) => typed("line", &line_entries(line)),
        Event::History { room, lines, more } => typed(
            "history",
            &[
                ("room", room.into()),
                (
                    "lines",
                    list(lines, |line| object(&line_entries(line)).into()),
                ),
                ("more", more.into()),
            ],
        ),
        Event::Gap { room, from, to } => typed(
            "gap",
            &[
                ("room", room.into()),
                ("from", from.into()),
                ("to", to.into()),
            ],
        ),
        Event::Whisper { line, own } => typed(
            "whisper",
            &[
                ("seq", line.seq.into()),
                ("time", millis(line.time)),
                ("sender", line.sender.into()),
                ("senderName", line.sender_name.into()),
                ("receiver", line.receiver.into()),
                ("receiverName", line.receiver_name.into()),
                ("text", line.text.into()),
                ("action", line.action.into()),
                ("own", own.into()),
                ("nonce", line.nonce.into()),
                ("senderUser", line.sender_user.into()),
                ("senderInfo", info_value(&line.sender_info)),
                ("senderLook", look_value(&line.sender_info)),
                ("receiverUser", line.receiver_user.into()),
            ],
        ),
        Event::WhisperGap { from, to } => {
            typed("whisperGap", &[("from", from.into()), ("to", to.into())])
        }
        Event::MembersChanged {
            room,
            count,
            listed,
        } => typed(
            "members",
            &[
                ("room", room.into()),
                ("count", count.into()),
                ("listed", listed.into()),
            ],
        ),
        Event::MemberJoined { room, id, name } => typed("came", &member_entries(room, id, name)),
        Event::MemberLeft { room, id, name } => typed("went", &member_entries(room, id, name)),
        Event::MemberRenamed { room, id, old, new } => typed(
            "renamed",
            &[
                ("room", room.into()),
                ("id", id.0.into()),
                ("old", old.into()),
                ("name", new.into()),
            ],
        ),
        Event::PresenceNotice {
            room,
            joined,
            left,
            renamed,
        } => typed(
            "presenceNotice",
            &[
                ("room", room.into()),
                ("joined", list(joined, JsValue::from)),
                ("left", list(left, JsValue::from)),
                (
                    "renamed",
                    list(renamed, |(old, new)| {
                        object(&[("old", old.into()), ("name", new.into())]).into()
                    }),
                ),
            ],
        ),
        Event::Pending {
            nonce,
            room,
            to,
            text,
            action,
            reply_to,
        } => typed(
            "pending",
            &[
                ("nonce", nonce.0.into()),
                ("room", room.map_or(JsValue::UNDEFINED, JsValue::from)),
                ("to", to.into()),
                ("text", text.into()),
                ("action", action.into()),
                ("replyTo", reply_to.into()),
            ],
        ),
        Event::Sent { nonce } => typed("sent", &[("nonce", nonce.0.into())]),
        Event::Failed { nonce, reason } => typed(
            "failed",
            &[("nonce", nonce.0.into()), ("failure", failure(reason))],
        ),
        Event::RoomList { rooms, total } => typed(
            "roomList",
            &[
                (
                    "rooms",
                    list(rooms, |info| {
                        object(&[("name", info.room.into()), ("count", info.count.into())]).into()
                    }),
                ),
                ("total", total.into()),
            ],
        ),
        Event::MemberList {
            room,
            count,
            listed,
            members,
        } => typed(
            "memberList",
            &[
                ("room", room.into()),
                ("count", count.into()),
                ("listed", listed.into()),
                ("members", list(members, |it| member(&it))),
            ],
        ),
        Event::RequestFailed {
            request,
            subject,
            reason,
        } => typed(
            "refused",
            &[
                ("request", request_name::request_name(request).into()),
                ("subject", subject.into()),
                ("failure", failure(reason)),
            ],
        ),
        Event::ServerAnswers(answers) => typed("serverAnswers", &[("answers", answers.into())]),
        Event::BadMessage(problem) => typed("badMessage", &[("problem", problem.into())]),
        event => changes::event(event),
    }
}

/// A `ChatState`.
pub(crate) fn state_value(state: &State) -> JsValue {
    let kind = |kind: &str| ("kind", kind.into());
    let closed = |code: u16, reason: &str| [("code", code.into()), ("reason", reason.into())];
    let entries = match state {
        State::Idle => vec![kind("idle")],
        State::Connecting => vec![kind("connecting")],
        State::Online => vec![kind("online")],
        State::Waiting {
            until,
            code,
            reason,
        } => {
            let seconds = f64::from(Client::millis_until(*until)) / 1000.0;
            let mut entries = vec![kind("waiting"), ("seconds", seconds.into())];
            entries.extend(closed(*code, reason));
            entries
        }
        State::Closed { code, reason } => {
            let mut entries = vec![kind("closed")];
            entries.extend(closed(*code, reason));
            entries
        }
    };
    object(&entries).into()
}

/// The exception of a method that could not send.
pub(crate) fn send_error(error: &SendError) -> JsValue {
    let code = match error {
        SendError::Empty => "empty-text",
        SendError::TooLong { .. } => "text-too-long",
        SendError::TooManyPending => "too-many-pending",
        SendError::NotInRoom => "not-in-room",
        SendError::ReadOnly => "read-only",
        SendError::Muted => "muted",
        SendError::NotOnline => "not-online",
        SendError::NoSuchMessage => "no-such-message",
        SendError::NoSuchLine => "no-such-line",
    };
    let exception = coded(&error.to_string(), code);
    if let SendError::TooLong { limit, .. } = error {
        set(exception.unchecked_ref(), "limit", &(*limit).into());
    }
    exception
}

/// An `Error` with a `code`.
pub(crate) fn coded(message: &str, code: &str) -> JsValue {
    let error = Error::new(message);
    set(&error, "code", &code.into());
    error.into()
}

/// A new object with these properties. `JSON.stringify` can write it.
pub(crate) fn object(entries: &[(&str, JsValue)]) -> Object {
    extended(Object::new(), entries)
}

fn typed(name: &str, entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    set(&object, "type", &name.into());
    extended(object, entries).into()
}

fn extended(object: Object, entries: &[(&str, JsValue)]) -> Object {
    for (key, value) in entries {
        set(&object, key, value);
    }
    if entries.iter().any(|(_, value)| value.is_bigint()) {
        json::enable(&object);
    }
    object
}

fn line_entries(line: ChatLine) -> [(&'static str, JsValue); 18] {
    [
        ("room", line.room.into()),
        ("epoch", line.epoch.into()),
        ("seq", line.seq.into()),
        ("time", millis(line.time)),
        ("sender", line.sender.0.into()),
        ("name", line.name.into()),
        ("nonce", line.nonce.0.into()),
        ("text", line.text.into()),
        ("action", line.action.into()),
        ("own", line.own.into()),
        ("replay", line.replay.into()),
        ("replyTo", line.reply_to.into()),
        ("edited", millis(line.edited)),
        ("removed", line.removed.into()),
        ("reactions", changes::reactions(line.reactions)),
        ("user", line.user.into()),
        ("info", info_value(&line.info)),
        ("look", look_value(&line.info)),
    ]
}

fn member_entries(room: String, id: UserId, name: String) -> [(&'static str, JsValue); 3] {
    [
        ("room", room.into()),
        ("id", id.0.into()),
        ("name", name.into()),
    ]
}

pub(crate) fn member(member: &Member) -> JsValue {
    object(&[
        ("id", member.id.into()),
        ("name", member.name.as_str().into()),
        ("user", member.user.as_str().into()),
        ("info", info_value(&member.info)),
        ("look", look_value(&member.info)),
    ])
    .into()
}

/// All that the game shows of a user beside the name, as the object that it is.
fn info_value(info: &str) -> JsValue {
    let value = JSON::parse(info).ok().filter(JsValue::is_object);
    value.unwrap_or_else(|| Object::new().into())
}

/// The part of it that clients know: a `ChatLook`.
fn look_value(info: &str) -> JsValue {
    let Info {
        color,
        badge,
        avatar,
    } = Info::read(info);
    let look = Object::new();
    if let Some(color) = color {
        set(&look, "color", &css_color(color).into());
    }
    for (key, value) in [("badge", badge), ("avatar", avatar)] {
        if !value.is_empty() {
            set(&look, key, &value.into());
        }
    }
    look.into()
}

/// The game's `getToken` gave none.
pub(crate) fn token_failed(problem: &str) -> JsValue {
    typed("tokenFailed", &[("problem", problem.into())])
}

fn failure(reason: FailReason) -> JsValue {
    let code = match reason {
        FailReason::Refused(error) => return refusal(error),
        FailReason::Rejected(words) => {
            let arguments = Array::of1(&words.into());
            return failure_value("rejected", arguments, false, 0);
        }
        FailReason::Disconnected => "disconnected",
        FailReason::Uncertain => "uncertain",
        FailReason::NotInRoom => "not-in-room",
    };
    failure_value(code, Array::new(), false, 0)
}

fn refusal(error: RequestError) -> JsValue {
    let code = error.code().as_str_name();
    let code = code.strip_prefix("ERROR_CODE_").unwrap_or(code);
    let code = code.to_ascii_lowercase().replace('_', "-");
    let arguments = error.arguments.into_iter().map(JsValue::from).collect();
    failure_value(&code, arguments, error.temporary, error.retry_after)
}

fn failure_value(code: &str, arguments: Array, temporary: bool, retry_after: u32) -> JsValue {
    object(&[
        ("code", code.into()),
        ("arguments", arguments.into()),
        ("temporary", temporary.into()),
        ("retryAfter", retry_after.into()),
    ])
    .into()
}

fn list<T>(items: Vec<T>, value: impl Fn(T) -> JsValue) -> JsValue {
    items.into_iter().map(value).collect::<Array>().into()
}

pub(crate) fn set(object: &Object, key: &str, value: &JsValue) {
    // Fails only for a frozen object, and these are new.
    let _ = Reflect::set(object, &key.into(), value);
}
