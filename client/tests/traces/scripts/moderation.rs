//! The requests of moderators.

use guildhall_protocol::{
    Cleared, Imposed, Lifted, Moderator, ModeratorList, Purged, ReplyResult, Role, RoleSet,
    RoomChanged, RoomSettings, Sanction, SanctionKind, SanctionList,
};
use serde_json::{Value, json};

use super::sanctions::sanction;
use crate::script::{Script, TIME, error, member};

fn impose(kind: u32, room: &str, user: &str) -> Value {
    json!({
        "call": "impose", "kind": kind, "room": room, "user_name": user, "seconds": 600,
        "reason": 1, "rule": "Say it once", "note": "third time", "address": false, "report": "0",
    })
}

fn with(mut call: Value, key: &str, value: &Value) -> Value {
    call[key] = value.clone();
    call
}

pub(crate) fn asked(script: &mut Script) {
    script.in_lobby();
    let told = sanctions(script);
    rooms(script);
    roles_and_lists(script, told);
}

/// Imposes and lifts sanctions. Returns the first.
fn sanctions(script: &mut Script) -> Sanction {
    let imposed = |sanction| {
        ReplyResult::Imposed(Imposed {
            sanction: Some(sanction),
        })
    };
    let told = Sanction {
        user: Some(member(9, "bob")),
        by: "alice".into(),
        note: "third time".into(),
        ..sanction(5, SanctionKind::Mute, "lobby", TIME + 600_000)
    };
    script
        .call(impose(1, "lobby", "bob"))
        .note("against another user: nothing holds against this one")
        .reply(3, imposed(told.clone()));
    let mut ban = with(impose(2, "", "bob"), "address", &true.into());
    ban["report"] = "41".into();
    ban["seconds"] = 0.into();
    script
        .note("everywhere, without an end, also by address, for a report")
        .call(ban)
        .reply(4, ReplyResult::Imposed(Imposed::default()));
    script
        .call(impose(3, "lobby", "carl"))
        .note("35: a moderator, too")
        .reply(5, error(35, &["carl"]));
    let too_long = Value::from("x".repeat(501));
    script
        .note("what fails at once")
        .call(impose(1, "lobby", ""))
        .call(with(impose(1, "lobby", "bob"), "rule", &too_long))
        .call(with(impose(1, "lobby", "bob"), "note", &too_long));
    let lift = json!({
        "call": "lift", "kind": 1, "room": "lobby", "user_name": "bob", "note": "sorry",
    });
    script
        .call(lift.clone())
        .reply(6, ReplyResult::Lifted(Lifted {}));
    script
        .note("34: nothing of this kind holds")
        .call(lift)
        .reply(7, error(34, &["bob"]));
    told
}

/// Changes settings of rooms.
fn rooms(script: &mut Script) {
    let changed = |settings| {
        ReplyResult::RoomChanged(RoomChanged {
            room: "lobby".into(),
            settings: Some(settings),
        })
    };
    script
        .call(json!({ "call": "change_room", "room": "lobby", "slow_mode": 30 }))
        .reply(
            8,
            changed(RoomSettings {
                slow_mode: 30_000,
                may_moderate: true,
                ..RoomSettings::default()
            }),
        );
    script
        .note("what is absent stays, and empty is not absent")
        .call(json!({
            "call": "change_room", "room": "lobby", "topic": "", "slow_mode": 0,
            "announce_only": false,
        }))
        .reply(9, changed(RoomSettings::default()));
    script
        .note("the same as before")
        .call(json!({ "call": "change_room", "room": "lobby", "topic": "" }))
        .reply(10, changed(RoomSettings::default()));
    script
        .note("a topic that no server takes")
        .call(json!({ "call": "change_room", "room": "lobby", "topic": "x".repeat(1_025) }));
    script
        .call(json!({ "call": "clear", "room": "lobby" }))
        .reply(11, ReplyResult::Cleared(Cleared {}));
    script
        .note("20: not a moderator of this room, in which the client need not be")
        .call(json!({ "call": "clear", "room": "attic" }))
        .reply(12, error(20, &["attic", "moderate"]));
    script
        .call(json!({ "call": "purge", "room": "", "user_id": "9" }))
        .reply(13, ReplyResult::Purged(Purged { rooms: 3 }));
}

fn roles_and_lists(script: &mut Script, told: Sanction) {
    let role = |role: i32| json!({ "call": "set_role", "user_name": "bob", "room": "lobby", "role": role });
    script
        .call(role(1))
        .reply(14, ReplyResult::RoleSet(RoleSet {}));
    script.call(role(0)).reply(15, error(31, &["bob"]));
    let moderator = |id, name: &str, role: Role, everywhere| Moderator {
        member: Some(member(id, name)),
        role: role.into(),
        everywhere,
        present: id == 9,
    };
    script
        .call(json!({ "call": "list_moderators", "room": "lobby" }))
        .reply(
            16,
            ReplyResult::Moderators(ModeratorList {
                room: "lobby".into(),
                moderators: vec![
                    moderator(9, "bob", Role::Moderator, false),
                    moderator(10, "carl", Role::Admin, true),
                    Moderator::default(),
                ],
            }),
        );
    script
        .note("of no joined room")
        .call(json!({ "call": "list_moderators", "room": "attic" }));
    script
        .note("of all rooms")
        .call(json!({ "call": "list_sanctions", "room": "" }))
        .reply(
            17,
            ReplyResult::Sanctions(SanctionList {
                sanctions: vec![told],
                more: true,
            }),
        );
    script
        .note("lost with the connection, in their order")
        .call(json!({ "call": "list_sanctions", "room": "lobby" }))
        .call(impose(1, "lobby", "bob"))
        .call(json!({ "call": "purge", "room": "lobby", "user_name": "bob" }))
        .call(json!({ "call": "clear", "room": "lobby" }))
        .at(200)
        .closed(1006, "", 0.0);
    script
        .note("without a connection")
        .call(json!({ "call": "clear", "room": "lobby" }))
        .call(json!({ "call": "list_sanctions", "room": "" }))
        .call(impose(1, "lobby", "bob"));
}
