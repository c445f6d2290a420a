//! Mutes, bans and kicks of the user, and the user's role.

use guildhall_protocol::{
    Joined, Member, PacketBody, Reason, Removed, RemovedReason, ReplyResult, Role, RoomChanged,
    RoomSettings, Sanction, SanctionKind, Sanctions, Welcome,
};
use serde_json::json;

use crate::script::{
    Script, TIME, edited, error, joined, joined_message, line, welcome, welcome_message,
};

pub(crate) fn sanction(id: u64, kind: SanctionKind, room: &str, until: u64) -> Sanction {
    Sanction {
        id,
        kind: kind.into(),
        room: room.into(),
        since: TIME,
        until,
        reason: Reason::Spam.into(),
        rule: "Say it once".into(),
        automated: false,
        appeal: "appeals@example.org".into(),
        ..Sanction::default()
    }
}

fn hold(sanctions: Vec<Sanction>) -> PacketBody {
    PacketBody::Sanctions(Sanctions { sanctions })
}

pub(crate) fn mutes(script: &mut Script) {
    let mute = |id, room: &str, until| sanction(id, SanctionKind::Mute, room, until);
    script.in_lobby().join("attic");
    script.reply(3, joined("attic", 1, 0, false));
    script.say("lobby", "on its way");
    script
        .note("until 10 s after Welcome, which was at 100")
        .at(1_100)
        .receive(hold(vec![mute(1, "lobby", TIME + 10_000)]));
    script
        .note("28: it came too late; it can be sent again later")
        .reply(
            4,
            error(28, &["lobby", "1767225610000", "1", "Say it once", "1", ""]),
        );
    script
        .note("nothing is sent")
        .say("lobby", "two")
        .reply_to("lobby", 1, "two")
        .edit("lobby", 1, "two")
        .react("lobby", 1, "+1");
    script.call(json!({ "call": "retry", "nonce": "4" }));
    script
        .note("one's own line can be removed, and other rooms and whispers are open")
        .remove("lobby", 1)
        .say("attic", "hi");
    script.whisper("bob", "hi");
    script
        .note("the same again is no news; another end is; the same number twice is one")
        .receive(hold(vec![mute(1, "lobby", TIME + 10_000)]))
        .receive(hold(vec![
            mute(1, "lobby", TIME + 20_000),
            mute(1, "lobby", TIME + 30_000),
        ]));
    script
        .note("everywhere, without an end, by no human")
        .receive(hold(vec![
            mute(1, "lobby", TIME + 20_000),
            Sanction {
                automated: true,
                rule: String::new(),
                ..mute(2, "", 0)
            },
        ]));
    script.whisper("bob", "hi").say("attic", "hi");
    script
        .note("one is lifted")
        .receive(hold(vec![mute(1, "lobby", TIME + 20_000)]));
    script.at(20_099).tick(0.0);
    script
        .note("it has ended: the client knows that by itself")
        .at(20_100)
        .tick(0.0);
    script.call(json!({ "call": "retry", "nonce": "4" }));
    script
        .note("what has ended already, a kick, and a kind of a later server hold nothing")
        .receive(hold(vec![
            mute(3, "lobby", TIME + 19_000),
            sanction(4, SanctionKind::Kick, "lobby", 0),
            Sanction {
                kind: 99,
                ..mute(5, "lobby", 0)
            },
        ]));
    script
        .note("what only moderators get is dropped, and what is far too long is cut")
        .receive(hold(vec![Sanction {
            user: Some(Member {
                id: 7,
                ..Member::default()
            }),
            by: "mod".into(),
            note: "a note".into(),
            rule: "語".repeat(400),
            ..mute(6, "lobby", TIME + 30_000)
        }]));
    script
        .note("Welcome says what holds, and the server's clock")
        .reconnect(21_000, 21_150);
    script.at(21_200).reply(
        9,
        ReplyResult::Welcome(Welcome {
            time: TIME + 21_000,
            sanctions: vec![mute(7, "attic", TIME + 60_000)],
            ..welcome_message(7, "alice", true)
        }),
    );
    script
        .note("without a connection, nothing ends by itself")
        .at(25_000)
        .closed(1006, "", 0.0);
    script.at(25_100).tick(0.0).at(25_150).opened();
    script
        .note("it does not hold any more")
        .reply(12, welcome(7, "alice", true));
}

pub(crate) fn bans(script: &mut Script) {
    let ban = |id, room: &str| sanction(id, SanctionKind::Ban, room, TIME + 86_400_000);
    script.in_lobby();
    script
        .note("taken out for once")
        .receive(PacketBody::Removed(Removed {
            room: "lobby".into(),
            reason: RemovedReason::Kicked.into(),
            sanction: Some(Sanction {
                by: "mod".into(),
                ..sanction(1, SanctionKind::Kick, "lobby", 0)
            }),
        }));
    script
        .note("it may come again")
        .join("lobby")
        .reply(3, joined("lobby", 2, 1, false));
    script
        .note("until it ends")
        .receive(hold(vec![ban(2, "lobby")]))
        .receive(PacketBody::Removed(Removed {
            room: "lobby".into(),
            reason: RemovedReason::Banned.into(),
            sanction: Some(ban(2, "lobby")),
        }));
    let arguments = ["lobby", "1767312000000", "1", "Say it once", "2", ""];
    script
        .note("29: banned from the room")
        .join("lobby")
        .reply(4, error(29, &arguments));
    script.join("attic").reply(5, joined("attic", 1, 0, false));
    script
        .note("the game has closed the room")
        .receive(PacketBody::Removed(Removed {
            room: "attic".into(),
            reason: RemovedReason::Closed.into(),
            sanction: None,
        }));
    script
        .note("off the server, once: no attempt follows by itself")
        .closed(3504, "kicked", 0.0);
    script.at(1_000).connect().at(1_050).opened();
    script.reply(6, welcome(7, "alice", true));
    script
        .note("banned from the server")
        .receive(hold(vec![ban(2, "lobby"), ban(3, "")]))
        .closed(3503, "banned", 0.0);
    script
        .note("29 in answer to Hello: the session is closed as by the server")
        .at(2_000)
        .connect()
        .at(2_050)
        .opened();
    let arguments = ["", "1767312000000", "1", "Say it once", "3", ""];
    script.reply(7, error(29, &arguments));
}

pub(crate) fn roles(script: &mut Script) {
    let moderated = |room: &str, may_moderate| Joined {
        settings: Some(RoomSettings {
            may_moderate,
            may_remove: may_moderate,
            ..RoomSettings::default()
        }),
        ..joined_message(room, 1, 1, false)
    };
    script.online().join("lobby").join("attic");
    script.reply(2, ReplyResult::Joined(moderated("lobby", true)));
    script.reply(3, ReplyResult::Joined(moderated("attic", false)));
    script.line(line("lobby", 1, 9, 3, "hi"));
    script
        .note("a moderator of another room, too")
        .receive(PacketBody::RoomChanged(RoomChanged {
            room: "attic".into(),
            settings: moderated("attic", true).settings,
        }));
    script.line(edited(2, 9, 4, 1, "hi!"));
    script.reconnect(200, 310);
    for (request, role) in [(4, Role::Admin), (7, Role::Unspecified)] {
        script.reply(
            request,
            ReplyResult::Welcome(Welcome {
                role: role.into(),
                ..welcome_message(7, "alice", true)
            }),
        );
        script.reply(request + 1, joined("lobby", 3, 2, true));
        script.reply(request + 2, joined("attic", 1, 0, true));
        script.reconnect(400 * request, 400 * request + 110);
    }
    script.note("a role of a later server").reply(
        10,
        ReplyResult::Welcome(Welcome {
            role: 99,
            ..welcome_message(7, "alice", true)
        }),
    );
}
