//! Actions, events and the results of calls as JSON, as the README of the traces says.

use guildhall_client::session::{
    Action, ChatLine, Event, FailReason, LineChange, RequestKind, RoomView, SendError, Session,
    State,
};
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{Member, Reaction, RequestError, Role, Unread, decode};
use serde_json::{Value, json};

mod command;
mod moderation;

pub(crate) use command::parsed;
pub(crate) use moderation::standing;

pub(super) fn number(number: u64) -> String {
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
    let mut value = with_account(value, &line.user, &line.info);
    for (key, seq) in [("reply_to", line.reply_to), ("edited", line.edited)] {
        if seq > 0 {
            value[key] = number(seq).into();
        }
    }
    if line.removed {
        value["removed"] = true.into();
    }
    if !line.reactions.is_empty() {
        let reaction = |it: &Reaction| json!({ "reaction": it.reaction, "count": it.count });
        value["reactions"] = line.reactions.iter().map(reaction).collect();
    }
    value
}

/// The fields that all changes have.
fn change(event: &str, change: &LineChange) -> Value {
    let value = json!({
        "event": event, "room": change.room, "epoch": change.epoch, "seq": number(change.seq),
        "line": number(change.line), "time": number(change.time),
        "sender": number(change.sender.0), "name": change.name, "nonce": number(change.nonce.0),
        "own": change.own, "replay": change.replay,
    });
    with_account(value, &change.user, "")
}

fn unread(rooms: &[Unread]) -> Vec<Value> {
    let room = |unread: &Unread| {
        let read = unread.read.unwrap_or_default();
        json!({
            "room": unread.room, "epoch": read.epoch, "seq": number(read.seq),
            "lines": unread.lines, "mentions": unread.mentions, "more": unread.more,
        })
    };
    rooms.iter().map(room).collect()
}

fn joined(value: Value, room: Option<&RoomView>) -> Value {
    let mut value = value;
    if let Some(room) = room {
        if room.read_seq > 0 {
            value["read_seq"] = number(room.read_seq).into();
        }
        if room.durable {
            value["durable"] = true.into();
        }
    }
    value
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
        FailReason::Rejected(words) => json!({ "reason": "rejected", "words": words }),
    }
}

pub(super) fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Hello => "hello",
        RequestKind::Join => "join",
        RequestKind::Leave => "leave",
        RequestKind::Rename => "rename",
        RequestKind::Refresh => "refresh",
        RequestKind::ListRooms => "list_rooms",
        RequestKind::ListMembers => "list_members",
        RequestKind::FetchHistory => "fetch_history",
        RequestKind::ListUnread => "list_unread",
        RequestKind::Search => "search",
        RequestKind::Block => "block",
        RequestKind::Unblock => "unblock",
        RequestKind::ListBlocks => "list_blocks",
        RequestKind::Report => "report",
        RequestKind::Impose => "impose",
        RequestKind::Lift => "lift",
        RequestKind::ChangeRoom => "change_room",
        RequestKind::Clear => "clear",
        RequestKind::Purge => "purge",
        RequestKind::SetRole => "set_role",
        RequestKind::ListModerators => "list_moderators",
        RequestKind::ListSanctions => "list_sanctions",
    }
}

pub(super) fn members<'a>(members: impl IntoIterator<Item = &'a Member>) -> Vec<Value> {
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
    let mut value = json!({
        "topic": settings.topic, "slow_mode": settings.slow_mode,
        "text_bytes": settings.text_bytes, "read_only": settings.read_only,
        "announce_only": settings.announce_only, "no_history": settings.no_history,
        "no_members": settings.no_members,
    });
    for (key, may) in [
        ("may_remove", settings.may_remove),
        ("may_moderate", settings.may_moderate),
    ] {
        if may {
            value[key] = true.into();
        }
    }
    value
}

fn welcomed(id: UserId, name: &str, resumed: bool, session: &Session) -> Value {
    let mut value = json!({
        "event": "welcomed", "id": number(id.0), "name": name, "resumed": resumed,
    });
    if !session.user().is_empty() {
        value["session"] = number(session.session_number()).into();
        value["may_rename"] = session.may_rename().into();
    }
    if session.role() != Role::Unspecified {
        value["role"] = i32::from(session.role()).into();
    }
    with_account(value, session.user(), session.info())
}

/// The event that a request has to wait.
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
        } => {
            let value = json!({
                "event": "joined", "room": room, "asked": previous_name, "resumed": resumed,
                "rejoined": rejoined, "first_seq": number(*first_seq),
                "last_seq": number(*last_seq),
            });
            joined(value, session.room(room))
        }
        Event::JoinDelayed { room, error } => delayed("join_delayed", "room", room, error),
        Event::RenameDelayed { name, error } => delayed("rename_delayed", "name", name, error),
        Event::RoomChanged { room } => json!({
            "event": "room_changed", "room": room, "settings": settings(session.room(room)),
        }),
        Event::SlowMode { room, until } => json!({
            "event": "slow_mode", "room": room, "until": until,
        }),
        Event::Removed {
            room,
            reason,
            sanction: by,
        } => {
            let reason = i32::from(*reason);
            let mut value = json!({ "event": "removed", "room": room, "reason": reason });
            if let Some(by) = by {
                value["sanction"] = moderation::sanction(by);
            }
            value
        }
        Event::Moved { from, room } => json!({ "event": "moved", "from": from, "room": room }),
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
            reply_to,
        } => {
            let mut value = json!({
                "event": "pending", "nonce": number(nonce.0), "room": room, "to": to,
                "text": text, "action": action,
            });
            if *reply_to > 0 {
                value["reply_to"] = number(*reply_to).into();
            }
            value
        }
        Event::LineEdited { change: it, text } => {
            let mut value = change("line_edited", it);
            value["text"] = text.as_str().into();
            value
        }
        Event::LineRemoved(it) => change("line_removed", it),
        Event::LinesCleared(it) => change("lines_cleared", it),
        Event::LinesPurged { change: it, user } => {
            let mut value = change("lines_purged", it);
            value["of"] = number(user.0).into();
            value
        }
        Event::ReactionsChanged {
            change: it,
            reaction,
            count,
            taken_back,
        } => {
            let mut value = change("reactions_changed", it);
            value["reaction"] = reaction.as_str().into();
            value["count"] = (*count).into();
            value["taken_back"] = (*taken_back).into();
            value
        }
        Event::ChangeFailed {
            nonce,
            room,
            line,
            reason: why,
        } => json!({
            "event": "change_failed", "nonce": number(nonce.0), "room": room,
            "line": number(*line), "reason": reason(why),
        }),
        Event::ReadMark { room, seq } => json!({
            "event": "read_mark", "room": room, "seq": number(*seq),
        }),
        Event::UnreadList(rooms) => json!({ "event": "unread_list", "rooms": unread(rooms) }),
        Event::SearchPage {
            lines,
            more,
            is_first,
        } => json!({
            "event": "search_page", "lines": lines.iter().map(line).collect::<Vec<_>>(),
            "more": more, "first": is_first,
        }),
        Event::HistoryOf { room, lines, more } => json!({
            "event": "history_of", "room": room, "more": more,
            "lines": lines.iter().map(line).collect::<Vec<_>>(),
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
        event => moderation::event(event),
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
        SendError::Muted => json!({ "error": "muted" }),
        SendError::NotOnline => json!({ "error": "not_online" }),
        SendError::NoSuchMessage => json!({ "error": "no_such_message" }),
        SendError::NoSuchLine => json!({ "error": "no_such_line" }),
    }
}
