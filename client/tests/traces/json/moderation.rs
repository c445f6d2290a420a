//! The events, commands and views of moderation as JSON.

use guildhall_client::command::{ModerationCommand, Reported};
use guildhall_client::session::{Event, Session};
use guildhall_protocol::{Moderator, Sanction};
use serde_json::{Value, json};

use super::{kind, members, number};

/// One of these events; the others are in the parent.
pub(super) fn event(event: &Event) -> Value {
    match event {
        Event::Held { nonce } => json!({ "event": "held", "nonce": number(nonce.0) }),
        Event::Rejected { room, words } => json!({
            "event": "rejected", "room": room, "words": words,
        }),
        Event::Sanctioned { sanction: it, left } => json!({
            "event": "sanctioned", "sanction": sanction(it), "left": left,
        }),
        Event::SanctionEnded(it) => {
            json!({ "event": "sanction_ended", "sanction": sanction(it) })
        }
        Event::BlocksChanged => json!({ "event": "blocks_changed" }),
        Event::BlockList(users) => json!({ "event": "block_list", "users": members(users) }),
        Event::Reported { id } => json!({ "event": "reported", "id": number(*id) }),
        Event::ReportDecided { id, acted, words } => json!({
            "event": "report_decided", "id": number(*id), "acted": acted, "words": words,
        }),
        Event::Imposed(it) => json!({ "event": "imposed", "sanction": sanction(it) }),
        Event::Purged { user, rooms } => json!({
            "event": "purged", "user": user, "rooms": rooms,
        }),
        Event::ModeratorList {
            room,
            moderators: list,
        } => json!({
            "event": "moderator_list", "room": room, "moderators": moderators(list),
        }),
        Event::SanctionList {
            room,
            sanctions,
            more,
        } => json!({
            "event": "sanction_list", "room": room, "more": more,
            "sanctions": sanctions.iter().map(sanction).collect::<Vec<_>>(),
        }),
        Event::Done { request, subject } => json!({
            "event": "done", "what": kind(*request), "subject": subject,
        }),
        other => panic!("{other:?}"),
    }
}

/// A sanction; what only moderators get, only if it is there.
pub(super) fn sanction(sanction: &Sanction) -> Value {
    let mut value = json!({
        "id": number(sanction.id), "kind": sanction.kind, "room": sanction.room,
        "since": number(sanction.since), "until": number(sanction.until),
        "reason": sanction.reason, "rule": sanction.rule, "automated": sanction.automated,
        "appeal": sanction.appeal,
    });
    if let Some(user) = &sanction.user {
        value["user"] = members([user]).remove(0);
    }
    for (key, text) in [("by", &sanction.by), ("note", &sanction.note)] {
        if !text.is_empty() {
            value[key] = text.as_str().into();
        }
    }
    value
}

fn moderators(list: &[Moderator]) -> Vec<Value> {
    let moderator = |it: &Moderator| {
        let mut value = members([&it.member.clone().unwrap_or_default()]).remove(0);
        value["role"] = it.role.into();
        value["everywhere"] = it.everywhere.into();
        value["present"] = it.present.into();
        value
    };
    list.iter().map(moderator).collect()
}

/// The user's mutes, rooms to moderate and blocks after all events of a step, if there are any.
pub(crate) fn standing(session: &Session) -> Value {
    let muted: Vec<_> = session
        .rooms()
        .map(|room| room.name.as_str())
        .chain([""])
        .filter_map(|room| Some((room, session.muted(room)?)))
        .map(|(room, by)| json!({ "room": room, "by": number(by.id) }))
        .collect();
    let rooms = session.rooms().map(|room| room.name.as_str());
    let moderates = rooms.filter(|room| session.may_moderate(room));
    let moderates: Vec<_> = moderates.collect();
    let blocks = session.blocks().map(members);
    let mut value = json!({});
    if !muted.is_empty() {
        value["muted"] = muted.into();
    }
    if !moderates.is_empty() {
        value["moderates"] = moderates.into();
    }
    if let Some(blocks) = blocks {
        value["blocks"] = blocks.into();
    }
    value
}

/// A command that was parsed.
pub(super) fn parsed(command: ModerationCommand) -> Value {
    match command {
        ModerationCommand::Impose {
            kind,
            user,
            everywhere,
            address,
            seconds,
            reason,
            rule,
        } => json!({
            "command": "impose", "kind": i32::from(kind), "user": user, "everywhere": everywhere,
            "address": address, "seconds": seconds, "reason": i32::from(reason), "rule": rule,
        }),
        ModerationCommand::Lift {
            kind,
            user,
            everywhere,
        } => json!({
            "command": "lift", "kind": i32::from(kind), "user": user, "everywhere": everywhere,
        }),
        ModerationCommand::ChangeRoom(change) => {
            let mut value = json!({ "command": "change_room" });
            if let Some(topic) = change.topic {
                value["topic"] = topic.into();
            }
            if let Some(seconds) = change.slow_mode {
                value["slow_mode"] = seconds.into();
            }
            if let Some(is_on) = change.announce_only {
                value["announce_only"] = is_on.into();
            }
            value
        }
        ModerationCommand::Clear => json!({ "command": "clear" }),
        ModerationCommand::Purge { user, everywhere } => {
            json!({ "command": "purge", "user": user, "everywhere": everywhere })
        }
        ModerationCommand::SetRole {
            user,
            everywhere,
            role,
        } => json!({
            "command": "set_role", "user": user, "everywhere": everywhere,
            "role": i32::from(role),
        }),
        ModerationCommand::Moderators => json!({ "command": "moderators" }),
        ModerationCommand::Sanctions { everywhere } => {
            json!({ "command": "sanctions", "everywhere": everywhere })
        }
        ModerationCommand::Block { user, take_back } => {
            json!({ "command": "block", "user": user, "take_back": take_back })
        }
        ModerationCommand::Blocks => json!({ "command": "blocks" }),
        ModerationCommand::Report { what, reason, note } => {
            let mut value = json!({
                "command": "report", "reason": i32::from(reason), "note": note,
            });
            match what {
                Reported::Line(line) => value["line"] = number(line).into(),
                Reported::LastWhisper => value["whisper"] = true.into(),
                Reported::User(user) => value["user"] = user.into(),
            }
            value
        }
    }
}
