//! The calls about other users and about rooms.

use guildhall_client::UserId;
use guildhall_client::session::{Imposition, Recipient, Reportable, RoomChange, Session};
use guildhall_protocol::{Reason, Role, SanctionKind};
use serde_json::Value;

use crate::json;

/// Makes one of these calls.
pub(super) fn call(session: &mut Session, call: &Value) -> Value {
    let text = |key: &str| {
        let value = call[key].as_str();
        value.unwrap_or_else(|| panic!("{key}: {call}"))
    };
    let number = |key: &str| -> u64 { text(key).parse().expect("a number of 64 bits") };
    let done = match text("call") {
        "block" => {
            let take_back = call["take_back"].as_bool();
            let take_back = take_back.expect("whether to take it back");
            session.block(user(call), take_back)
        }
        "list_blocks" => session.list_blocks(),
        "report" => {
            let what = match (call.get("seq"), call.get("whisper")) {
                (Some(_), _) => Reportable::Line {
                    room: text("room"),
                    seq: number("seq"),
                },
                (None, Some(_)) => Reportable::Whisper(number("whisper")),
                (None, None) => Reportable::User(user(call)),
            };
            session.report(what, reason(call), text("note"))
        }
        "impose" => session.impose(&Imposition {
            kind: sanction_kind(call),
            room: text("room"),
            user: user(call),
            seconds: small(call, "seconds").expect("a time"),
            reason: reason(call),
            rule: text("rule"),
            note: text("note"),
            address: call["address"].as_bool().expect("an address or not"),
            report: number("report"),
        }),
        "lift" => {
            let (kind, room) = (sanction_kind(call), text("room"));
            session.lift(kind, room, user(call), text("note"))
        }
        "change_room" => {
            let change = RoomChange {
                topic: call["topic"].as_str().map(str::to_owned),
                slow_mode: small(call, "slow_mode"),
                announce_only: call["announce_only"].as_bool(),
            };
            session.change_room(text("room"), change)
        }
        "clear" => session.clear(text("room")),
        "purge" => session.purge(text("room"), user(call)),
        "set_role" => {
            let role = small(call, "role").and_then(|role| i32::try_from(role).ok());
            let role = role.and_then(|role| Role::try_from(role).ok());
            let role = role.expect("a role");
            session.set_role(user(call), text("room"), role)
        }
        "list_moderators" => session.list_moderators(text("room")),
        "list_sanctions" => session.list_sanctions(text("room")),
        other => panic!("no such call: {other}"),
    };
    json::done(done)
}

/// A number of at most 32 bits, if it is there.
fn small(call: &Value, key: &str) -> Option<u32> {
    let number = call.get(key)?.as_u64();
    number.and_then(|number| u32::try_from(number).ok())
}

/// The user that a call is about: `user_id` or `user_name`.
fn user(call: &Value) -> Recipient<'_> {
    match call.get("user_id").and_then(Value::as_str) {
        Some(id) => Recipient::Id(UserId(id.parse().expect("a number of 64 bits"))),
        None => Recipient::Name(call["user_name"].as_str().expect("a user")),
    }
}

fn reason(call: &Value) -> Reason {
    let reason = small(call, "reason").and_then(|it| i32::try_from(it).ok());
    let reason = reason.and_then(|it| Reason::try_from(it).ok());
    reason.expect("a reason")
}

fn sanction_kind(call: &Value) -> SanctionKind {
    let kind = small(call, "kind").and_then(|it| i32::try_from(it).ok());
    let kind = kind.and_then(|it| SanctionKind::try_from(it).ok());
    kind.expect("a kind of sanctions")
}
