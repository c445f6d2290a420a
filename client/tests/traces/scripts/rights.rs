//! The settings of rooms, changes that the server makes unasked, and requests that have to wait.

use guildhall_protocol::{
    Joined, Line, PacketBody, Ping, Removed, RemovedReason, Renamed, ReplyResult, RoomChanged,
    RoomSettings, Welcome,
};

use crate::script::{Script, error, joined, joined_message, later, line, welcome, welcome_message};

fn joined_with(room: &str, settings: RoomSettings) -> ReplyResult {
    ReplyResult::Joined(Joined {
        settings: Some(settings),
        ..joined_message(room, 1, 0, false)
    })
}

fn changed(room: &str, settings: Option<RoomSettings>) -> PacketBody {
    PacketBody::RoomChanged(RoomChanged {
        room: room.into(),
        settings,
    })
}

pub(crate) fn settings(script: &mut Script) {
    let news = RoomSettings {
        topic: "What is new".into(),
        text_bytes: 10,
        announce_only: true,
        ..RoomSettings::default()
    };
    let listener = RoomSettings {
        read_only: true,
        ..news.clone()
    };
    script.online().join("news");
    script.say("news", "longer than ten");
    script.reply(2, joined_with("news", news.clone()));
    script.note("a room's own limit").say("news", "eleven byte");
    script.say("news", "ten bytes!");
    script
        .note("the same again is no news")
        .receive(changed("news", Some(news)));
    script.receive(changed("news", Some(listener.clone())));
    script.note("nothing is sent").say("news", "hi");
    script.note("a whisper is").whisper("bob", "hi");
    script.note("of no room").receive(changed("attic", None));
    script
        .note("anyone may say anything")
        .receive(changed("news", None));
    script.say("news", "hi, and more than ten bytes");
    script.reconnect(200, 350);
    script.at(400).reply(7, welcome(7, "alice", true));
    script
        .note("another setting since then")
        .reply(8, joined_with("news", listener));
    script
        .note("a topic that is far too long is cut")
        .receive(changed(
            "news",
            Some(RoomSettings {
                topic: "語".repeat(400),
                ..RoomSettings::default()
            }),
        ));
}

pub(crate) fn removed(script: &mut Script) {
    let removed = |room: &str, reason: RemovedReason| {
        PacketBody::Removed(Removed {
            sanction: None,
            room: room.into(),
            reason: reason.into(),
        })
    };
    script.in_lobby().say("lobby", "one");
    script
        .note("of no room")
        .receive(removed("attic", RemovedReason::Forbidden));
    script.receive(removed("lobby", RemovedReason::Forbidden));
    script
        .note("no line follows")
        .line(line("lobby", 2, 9, 9, "x"));
    script.note("nothing goes there").say("lobby", "two");
    script.note("20: it may not be joined").join("lobby");
    script.reply(4, error(20, &["lobby", "join"]));
    script.join("attic").reply(5, joined("attic", 1, 0, false));
    script
        .note("left and wanted again: the answer to that decides")
        .leave("attic")
        .join("attic")
        .receive(removed("attic", RemovedReason::Forbidden));
    script.reply(7, joined("attic", 1, 0, false));
    script
        .note("a reason of a later server")
        .receive(PacketBody::Removed(Removed {
            sanction: None,
            room: "attic".into(),
            reason: 99,
        }));
}

pub(crate) fn slow_mode(script: &mut Script) {
    let slow = |slow_mode| RoomSettings {
        slow_mode,
        ..RoomSettings::default()
    };
    script.online().join("raid");
    script.reply(2, joined_with("raid", slow(5_000)));
    script.at(1_000).say("raid", "one");
    script
        .note("the next one may go out at 6,050")
        .at(1_050)
        .line(line("raid", 1, 7, 3, "one"));
    script
        .note("others do not count")
        .line(line("raid", 2, 9, 9, "x"));
    script.at(2_000).say("raid", "two");
    script
        .note("22: it waits, and is sent again by itself")
        .at(2_050)
        .reply(4, later(22, &["raid"], 4_100));
    script.at(6_150).tick(0.0);
    script.at(6_200).line(line("raid", 3, 7, 4, "two"));
    script
        .note("what this user says in another session counts, too")
        .at(8_000)
        .line(Line {
            session: 70,
            ..line("raid", 4, 7, 1, "from elsewhere")
        });
    script
        .note("there is no slow mode any more")
        .receive(changed("raid", None));
    script.at(9_000).say("raid", "three");
    script.line(line("raid", 5, 7, 5, "three"));
}

pub(crate) fn join_delayed(script: &mut Script) {
    script.online().join("raid").join("inn");
    script
        .note("21: the room is full")
        .reply(2, later(21, &["raid", "40"], 1_500));
    script
        .note("9: the server's rooms")
        .reply(3, later(9, &[], 0));
    script.say("raid", "soon").at(1_100).tick(0.0);
    script
        .note("told once for each reason")
        .reply(5, later(9, &[], 0));
    script.at(1_600).tick(0.0).reply(6, later(17, &[], 100));
    script.note("each time later").at(3_100).tick(0.0);
    script.reply(7, joined("inn", 1, 0, false));
    script
        .at(3_600)
        .tick(0.0)
        .reply(8, later(21, &[], u32::MAX));
    script.at(50_000).receive(PacketBody::Ping(Ping {}));
    script.note("a minute at most").at(63_600).tick(0.0);
    script.reply(9, joined("raid", 1, 0, false));
    script.note("as ever").line(line("raid", 1, 7, 4, "soon"));
    script
        .note("a line is missing, and the room cannot be joined again at once")
        .line(line("raid", 3, 9, 9, "three"));
    script.reply(10, later(15, &[], 2_000));
    script
        .note("no second Join for that")
        .line(line("raid", 4, 9, 9, "four"));
    script.at(65_600).tick(0.0);
    script.reply(11, joined("raid", 2, 4, true));
    script.join("attic").reply(12, later(18, &[], 1_000));
    script.note("left: no Join follows").leave("attic");
    script.at(67_000).tick(0.0).join("cellar");
    script.reply(14, later(21, &[], 1_000));
    script
        .note("the next connection tries at once")
        .reconnect(67_100, 67_250);
    script.at(67_300).reply(15, welcome(7, "alice", true));
    script
        .note("refused for good")
        .reply(18, error(20, &["cellar", "join"]));
}

pub(crate) fn names(script: &mut Script) {
    script.online().rename("Bea");
    script
        .note("15: not now; the session asks again by itself")
        .reply(2, later(15, &[], 2_000));
    script.at(2_099).tick(0.0).at(2_100).tick(0.0);
    script.reply(3, ReplyResult::Renamed(Renamed { name: "Bea".into() }));
    script.rename("Cleo").reply(4, later(15, &[], 2_000));
    script.note("another wish instead").rename("Dora");
    script.at(10_000).tick(0.0).reply(5, later(15, &[], 2_000));
    script
        .note("the wish goes into the next Hello")
        .reconnect(10_000, 10_150);
    script.reply(6, welcome(7, "Dora", true));
    script
        .note("the server gives a guest another name, which the guest does not want")
        .receive(PacketBody::Renamed(Renamed {
            name: "Guest 7".into(),
        }));
    script.reconnect(20_000, 20_150);
    script.reply(
        7,
        ReplyResult::Welcome(Welcome {
            user: "user-7".into(),
            session_number: 70,
            ..welcome_message(7, "Mira", false)
        }),
    );
    script
        .note("a user's name is the same in all sessions")
        .receive(PacketBody::Renamed(Renamed {
            name: "Mira B".into(),
        }));
    script.reconnect(30_000, 30_150);
    script
        .note("23: the name is the game's")
        .reply(8, error(23, &[]));
}
