//! Actions, events and the results of calls as JSON, as the README of the traces says.

use guildhall_client::command::{Command, CommandError};
use guildhall_client::session::{
    Action, ChatLine, Event, FailReason, RequestKind, RoomView, SendError, Session, State,
};
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{Member, RequestError, decode};
use serde_json::{Value, json};

fn number(number: u64) -> String {
    number.to_string()
}

/// The contents of a packet, for human readers.
pub(crate) fn note(bytes: &[u8]) -> String {
    match decode(bytes) {
        Ok(packet) => packet.msg.map_or_else(
            || "a packet without a body".to_owned(),
            |body| format!("{body:?}").replace('"', "'"),
        ),
        Err(_) => "no packet".to_owned(),
    }
}

pub(crate) fn action(action: &Action) -> Value {
    match action {
        Action::Open => json!({ "action": "open" }),
        Action::Send(bytes) => {
            json!({ "action": "send", "hex": hex::encode(bytes), "note": note(bytes) })
        }
        Action::Close(code) => json!({ "action": "hang", "code": code }),
    }
}

fn state(state: &State) -> Value {
    match state {
        State::Idle => json!({ "event": "state", "state": "idle" }),
        State::Connecting => json!({ "event": "state", "state": "connecting" }),
        State::Online => json!({ "event": "state", "state": "online" }),
        State::Waiting {
            until,
            code,
            reason,
        } => json!({
            "event": "state", "state": "waiting", "until": until, "code": code, "reason": reason,
        }),
        State::Closed { code, reason } => json!({
            "event": "state", "state": "closed", "code": code, "reason": reason,
        }),
    }
}

/// Adds what is not there without an account.
fn with_account(mut value: Value, user: &str, info: &str) -> Value {
    for (key, text) in [("user", user), ("info", info)] {
        if !text.is_empty() {
            value[key] = text.into();
        }
    }
    value
}

fn line(line: &ChatLine) -> Value {
    let value = json!({
        "room": line.room, "epoch": line.epoch, "seq": number(line.seq),
        "time": number(line.time), "sender": number(line.sender.0), "name": line.name,
        "nonce": number(line.nonce.0), "text": line.text, "action": line.action,
        "own": line.own, "replay": line.replay,
    });
    with_account(value, &line.user, &line.info)
}

fn error(error: &RequestError) -> Value {
    json!({
        "code": error.code, "arguments": error.arguments, "temporary": error.temporary,
        "retry_after": error.retry_after,
    })
}

fn reason(reason: &FailReason) -> Value {
    match reason {
        FailReason::Refused(refused) => json!({ "reason": "refused", "error": error(refused) }),
        FailReason::Disconnected => json!({ "reason": "disconnected" }),
        FailReason::Uncertain => json!({ "reason": "uncertain" }),
        FailReason::NotInRoom => json!({ "reason": "not_in_room" }),
    }
}

fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Hello => "hello",
        RequestKind::Join => "join",
        RequestKind::Leave => "leave",
        RequestKind::Rename => "rename",
        RequestKind::Refresh => "refresh",
        RequestKind::ListRooms => "list_rooms",
        RequestKind::ListMembers => "list_members",
        RequestKind::FetchHistory => "fetch_history",
    }
}

fn members<'a>(members: impl IntoIterator<Item = &'a Member>) -> Vec<Value> {
    let member = |member: &Member| {
        let value = json!({ "id": number(member.id), "name": member.name });
        with_account(value, &member.user, &member.info)
    };
    members.into_iter().map(member).collect()
}

fn known_members(room: Option<&RoomView>) -> Vec<Value> {
    members(room.into_iter().flat_map(|room| room.members.values()))
}

fn settings(room: Option<&RoomView>) -> Value {
    let settings = room.map(|room| room.settings.clone()).unwrap_or_default();
    json!({
        "topic": settings.topic, "slow_mode": settings.slow_mode,
        "text_bytes": settings.text_bytes, "read_only": settings.read_only,
        "announce_only": settings.announce_only, "no_history": settings.no_history,
        "no_members": settings.no_members,
    })
}

fn welcomed(id: UserId, name: &str, resumed: bool, session: &Session) -> Value {
    let mut value = json!({
        "event": "welcomed", "id": number(id.0), "name": name, "resumed": resumed,
    });
    if !session.user().is_empty() {
        value["session"] = number(session.session_number()).into();
        value["may_rename"] = session.may_rename().into();
    }
    with_account(value, session.user(), session.info())
}

/// What a request has to wait for.
fn delayed(event: &str, key: &str, subject: &str, why: &RequestError) -> Value {
    json!({ "event": event, key: subject, "error": error(why) })
}

#[expect(
    clippy::too_many_lines,
    reason = "one branch for each event, and nothing else"
)]
pub(crate) fn event(event: &Event, session: &Session) -> Value {
    match event {
        Event::State(new) => state(new),
        Event::Welcomed { id, name, resumed } => welcomed(*id, name, *resumed, session),
        Event::NameRefused(refused) => {
            json!({ "event": "name_refused", "error": error(refused) })
        }
        Event::Joined {
            room,
            previous_name,
            resumed,
            rejoined,
            first_seq,
            last_seq,
        } => json!({
            "event": "joined", "room": room, "asked": previous_name, "resumed": resumed,
            "rejoined": rejoined, "first_seq": number(*first_seq), "last_seq": number(*last_seq),
        }),
        Event::JoinDelayed { room, error } => delayed("join_delayed", "room", room, error),
        Event::RenameDelayed { name, error } => delayed("rename_delayed", "name", name, error),
        Event::RoomChanged { room } => json!({
            "event": "room_changed", "room": room, "settings": settings(session.room(room)),
        }),
        Event::SlowMode { room, until } => json!({
            "event": "slow_mode", "room": room, "until": until,
        }),
        Event::Removed { room, reason } => json!({
            "event": "removed", "room": room, "reason": i32::from(*reason),
        }),
        Event::TokenNeeded => json!({ "event": "token_needed" }),
        Event::Left { room } => json!({ "event": "left", "room": room }),
        Event::Line(said) => json!({ "event": "line", "line": line(said) }),
        Event::History { room, lines, more } => json!({
            "event": "history", "room": room, "more": more,
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
        }),
        Event::Gap { room, from, to } => json!({
            "event": "gap", "room": room, "from": number(*from), "to": number(*to),
        }),
        Event::Whisper { line, own } => with_account(
            json!({
                "event": "whisper", "seq": number(line.seq), "time": number(line.time),
                "sender": number(line.sender), "sender_name": line.sender_name,
                "receiver": number(line.receiver), "receiver_name": line.receiver_name,
                "nonce": number(line.nonce), "text": line.text, "action": line.action, "own": own,
            }),
            &line.sender_user,
            &line.sender_info,
        ),
        Event::WhisperGap { from, to } => json!({
            "event": "whisper_gap", "from": number(*from), "to": number(*to),
        }),
        Event::MembersChanged {
            room,
            count,
            listed,
        } => json!({
            "event": "members", "room": room, "count": count, "listed": listed,
            "members": known_members(session.room(room)),
        }),
        Event::MemberJoined { room, id, name } => json!({
            "event": "came", "room": room, "id": number(id.0), "name": name,
        }),
        Event::MemberLeft { room, id, name } => json!({
            "event": "went", "room": room, "id": number(id.0), "name": name,
        }),
        Event::MemberRenamed { room, id, old, new } => json!({
            "event": "renamed", "room": room, "id": number(id.0), "old": old, "new": new,
        }),
        Event::PresenceNotice {
            room,
            joined,
            left,
            renamed,
        } => json!({
            "event": "presence_notice", "room": room, "joined": joined, "left": left,
            "renamed": renamed,
        }),
        Event::Pending {
            nonce,
            room,
            to,
            text,
            action,
        } => json!({
            "event": "pending", "nonce": number(nonce.0), "room": room, "to": to, "text": text,
            "action": action,
        }),
        Event::Sent { nonce } => json!({ "event": "sent", "nonce": number(nonce.0) }),
        Event::Failed { nonce, reason: why } => json!({
            "event": "failed", "nonce": number(nonce.0), "reason": reason(why),
        }),
        Event::RenamedSelf(name) => json!({ "event": "my_name", "name": name }),
        Event::RoomList { rooms, total } => json!({
            "event": "room_list", "total": total,
            "rooms": rooms.iter()
                .map(|room| json!({ "room": room.room, "count": room.count }))
                .collect::<Vec<_>>(),
        }),
        Event::MemberList {
            room,
            count,
            listed,
            members: list,
        } => json!({
            "event": "member_list", "room": room, "count": count, "listed": listed,
            "members": members(list),
        }),
        Event::RequestFailed {
            request,
            subject,
            reason: why,
        } => json!({
            "event": "refused", "what": kind(*request), "subject": subject, "reason": reason(why),
        }),
        Event::ServerAnswers(answers) => json!({ "event": "server_answers", "answers": answers }),
        Event::BadMessage(_) => json!({ "event": "bad_message" }),
    }
}

pub(crate) fn nonce(result: Result<RequestId, SendError>) -> Value {
    result.map_or_else(send_error, |nonce| json!({ "nonce": number(nonce.0) }))
}

pub(crate) fn done(result: Result<(), SendError>) -> Value {
    result.map_or_else(send_error, |()| json!({ "ok": true }))
}

fn send_error(error: SendError) -> Value {
    match error {
        SendError::Empty => json!({ "error": "empty" }),
        SendError::TooLong { bytes, limit } => {
            json!({ "error": "too_long", "bytes": bytes, "most": limit })
        }
        SendError::TooManyPending => json!({ "error": "too_many_pending" }),
        SendError::NotInRoom => json!({ "error": "not_in_room" }),
        SendError::ReadOnly => json!({ "error": "read_only" }),
        SendError::NotOnline => json!({ "error": "not_online" }),
        SendError::NoSuchMessage => json!({ "error": "no_such_message" }),
    }
}

pub(crate) fn parsed(parsed: Result<Option<Command>, CommandError>) -> Value {
    match parsed {
        Ok(None) => Value::Null,
        Ok(Some(command)) => match command {
            Command::Say(text) => json!({ "command": "say", "text": text }),
            Command::Me(text) => json!({ "command": "me", "text": text }),
            Command::Whisper { to, text } => {
                json!({ "command": "whisper", "to": to, "text": text })
            }
            Command::Reply(text) => json!({ "command": "reply", "text": text }),
            Command::Join(room) => json!({ "command": "join", "room": room }),
            Command::Leave(room) => json!({ "command": "leave", "room": room }),
            Command::Who(room) => json!({ "command": "who", "room": room }),
            Command::Nick(name) => json!({ "command": "nick", "name": name }),
            Command::Rooms => json!({ "command": "rooms" }),
            Command::Help => json!({ "command": "help" }),
        },
        Err(CommandError::Unknown(command)) => json!({ "error": "unknown", "command": command }),
        Err(CommandError::Missing { command, .. }) => {
            json!({ "error": "missing", "command": command })
        }
    }
}
